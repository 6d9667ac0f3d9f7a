/// In which form a sub-agent answers (run spec §16).
public struct AnswerRules: Sendable, Hashable {
    /// The components that it may answer in, in the order in which the model is told of them.
    public var components: [ComponentRules]
    /// The forms in which it may make artifacts.
    public var artifacts: [ArtifactRules]
    /// Whether it may cite artifacts: some sub-agent of its agent makes them.
    public var mayCite: Bool
    /// What its answers must be like; nil for anything.
    public var contract: ContractRules?
    /// The largest artifact that its model may read at once, bytes of JSON text.
    public var artifactBytesMax: Int

    /// Rules from their parts.
    public init(
        components: [ComponentRules] = [], artifacts: [ArtifactRules] = [], mayCite: Bool = false,
        contract: ContractRules? = nil, artifactBytesMax: Int = 144_000
    ) {
        self.components = components
        self.artifacts = artifacts
        self.mayCite = mayCite || !artifacts.isEmpty
        self.contract = contract
        self.artifactBytesMax = artifactBytesMax
    }

    /// Whether it answers in components instead of text (run spec §16.1).
    public var isStructured: Bool { !components.isEmpty || (contract?.allowsText == false && !artifacts.isEmpty) }

    /// Whether texts may be among the components.
    var allowsText: Bool { contract?.allowsText ?? true }

    /// Whether answers are held back until they are seen to be as they must be.
    var isGated: Bool { contract.map { $0.violation != .warn } ?? false }

    /// Reads what a model of the sub-agent answers.
    var reader: AnswerReader { AnswerReader(components: isStructured, artifacts: mayCite) }

    /// The component that models call by this name, or by its id.
    func component(_ name: String) -> ComponentRules? {
        components.first { $0.name == name } ?? components.first { $0.id == name }
    }

    /// The form of artifacts that models call by this name, or by its id.
    func artifact(_ name: String) -> ArtifactRules? {
        artifacts.first { $0.name == name } ?? artifacts.first { $0.id == name || $0.toolName == name }
    }
}

/// What the answers of a sub-agent must be like (run spec §16.3).
public struct ContractRules: Sendable, Hashable {
    /// What becomes of an answer that is not like that.
    public enum Violation: String, Sendable, Hashable { case retry, reject, warn }

    /// Whether there may be plain text.
    public var allowsText: Bool
    /// Names of components of which there must be one each.
    public var components: [String]
    /// Names of the forms of artifacts of which one each must be made or cited.
    public var artifacts: [String]
    /// Whether it must hand over.
    public var requiresTransfer: Bool
    /// What happens otherwise.
    public var violation: Violation
    /// How many times the model is asked again.
    public var retries: Int

    /// Rules from their parts.
    public init(
        allowsText: Bool = true, components: [String] = [], artifacts: [String] = [], requiresTransfer: Bool = false,
        violation: Violation = .retry, retries: Int = 2
    ) {
        self.allowsText = allowsText
        self.components = components
        self.artifacts = artifacts
        self.requiresTransfer = requiresTransfer
        self.violation = violation
        self.retries = retries
    }

    /// What an answer consists of, as far as a contract looks at it.
    struct Given: Sendable, Hashable {
        var hasText = false
        /// Names of the components.
        var components: Set<String> = []
        /// Forms of the artifacts that were made or cited.
        var artifacts: Set<String> = []
    }

    /// What is wrong with an answer that is complete and hands over to nobody, in words for model and people; nil when
    /// it is as it must be.
    func violation(of given: Given) -> String? {
        var faults: [String] = []
        if requiresTransfer { faults.append("it must hand the conversation over, and it did not") }
        if !allowsText, given.hasText { faults.append("plain text is not allowed in it") }
        if !allowsText, given.components.isEmpty, given.artifacts.isEmpty, !requiresTransfer {
            faults.append("it must consist of components, and it has none")
        }
        let missing = components.filter { !given.components.contains($0) }
        if !missing.isEmpty { faults.append("it must have the component \(Self.list(missing))") }
        let unmade = artifacts.filter { !given.artifacts.contains($0) }
        if !unmade.isEmpty { faults.append("it must make or cite an artifact of type \(Self.list(unmade))") }
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }

    private static func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: " and ") }
}
