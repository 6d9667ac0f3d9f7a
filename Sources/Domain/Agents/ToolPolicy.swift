public import Catalog

/// What holds for the calls of one tool.
public struct ToolPolicy: Structure, Equatable {
    /// Whether a person must agree to each call; nil means no.
    public var needsApproval: Bool?
    /// Whether a call whose outcome is unknown may simply be made again, because making it twice does what once does;
    /// nil means no.
    public var idempotent: Bool?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("needsApproval", \.needsApproval, .flag, "Whether a person must agree to each call."),
        field("idempotent", \.idempotent, .flag, "Whether a call may be made twice without harm."),
    ]
}

/// Policies by the name of the tool (manage spec §2.1).
public typealias ToolPolicies = OrderedMap<ToolPolicy>
