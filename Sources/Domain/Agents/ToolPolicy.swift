public import Catalog

/// What holds for the calls of one tool.
public struct ToolPolicy: Structure, Equatable {
    /// Whether a person must agree to each call; nil means no.
    public var needsApproval: Bool?
    /// Whether a call whose outcome is unknown may simply be made again, because making it twice does what once does;
    /// nil means no.
    public var idempotent: Bool?
    /// The hosts that a function may send requests to, `*.example.org` for all below one; nil for none. Of function
    /// tools alone.
    public var allowedHosts: [String]?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("needsApproval", \.needsApproval, .flag, "Whether a person must agree to each call."),
        field("idempotent", \.idempotent, .flag, "Whether a call may be made twice without harm."),
        field(
            "allowedHosts", \.allowedHosts, .list(of: .hostPattern, countMax: 100),
            "The hosts that a function may send requests to."),
    ]
}

/// Policies by the name of the tool (manage spec §2.1).
public typealias ToolPolicies = OrderedMap<ToolPolicy>

extension FieldType where Value == String {
    /// A host, or `*.` and a host for all hosts below it.
    fileprivate static let hostPattern = FieldType.text(1...255).checked { text in
        let labels = text.dropFirst(text.hasPrefix("*.") ? 2 : 0).split(
            separator: ".", omittingEmptySubsequences: false)
        let isHost = labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
        return isHost ? nil : "must be a host as api.example.org, or *.example.org for all below one"
    }
}
