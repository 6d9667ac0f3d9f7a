public import Catalog

/// What holds for the calls of one tool.
public struct ToolPolicy: Structure, Equatable {
    /// Whether a person must agree to each call; nil means no.
    public var needsApproval: Bool?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("needsApproval", \.needsApproval, .flag, "Whether a person must agree to each call.")
    ]
}

/// Policies by the name of the tool (manage spec §2.1).
public typealias ToolPolicies = OrderedMap<ToolPolicy>
