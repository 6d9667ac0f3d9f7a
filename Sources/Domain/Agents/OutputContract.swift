public import Catalog

/// What a sub-agent's answer must be like (manage spec §2.1). Unknown members are kept.
public struct OutputContract: Structure, Equatable {
    /// What happens to an answer that is not like that.
    public enum Violation: String, CaseIterable, Sendable { case retry, reject, warn }

    /// Whether plain text may be in the answer; nil means yes.
    public var allowText: Bool?
    /// Data components of which the answer must have each, by name or id.
    public var requireComponent: [String]?
    /// Artifact components of which the answer must have each, by name or id.
    public var requireArtifact: [String]?
    /// Whether the sub-agent must hand over instead of answering; nil means no.
    public var requireTransfer: Bool?
    /// What happens otherwise; nil means retry.
    public var onViolation: Violation?
    /// Retries at most; nil for the server's default.
    public var retryBudget: Int?
    /// Members that are not declared.
    public var others = JSONObject()

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("allowText", \.allowText, .flag, "Whether plain text is allowed."),
        field("requireComponent", \.requireComponent, .list(of: .text()), "Data components that must be there."),
        field("requireArtifact", \.requireArtifact, .list(of: .text()), "Artifacts that must be there."),
        field("requireTransfer", \.requireTransfer, .flag, "Whether it must hand over."),
        field("onViolation", \.onViolation, .choice, "What happens to an answer that is not so."),
        field("retryBudget", \.retryBudget, .integer(0...100), "Retries at most."),
    ]
    /// What becomes of members that are not declared.
    public static let unknownMembers = UnknownMembers<Self>.keep(\.others)

    /// The rules across members.
    public func check(_ decoding: inout Decoding) {
        let requiresAny = requireComponent?.isEmpty == false || requireArtifact?.isEmpty == false
        if requireTransfer == true, requiresAny {
            decoding.fail("excludes requireComponent and requireArtifact", at: "requireTransfer")
        }
    }

    /// This without requirements for what is in neither list (manage spec §1.11).
    ///
    /// - Parameters:
    ///   - dataComponents: The names and ids of the sub-agent's data components.
    ///   - artifactComponents: The names and ids of its artifact components.
    func reconciled(dataComponents: Set<String>, artifactComponents: Set<String>) -> OutputContract {
        var contract = self
        contract.requireComponent = requireComponent?.filter(dataComponents.contains)
        contract.requireArtifact = requireArtifact?.filter(artifactComponents.contains)
        return contract
    }
}
