public import Catalog

/// That a sub-agent may use a function tool (manage spec §2.9).
public struct FunctionToolRelation: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// Who may.
    public var subAgentId = ""
    /// What.
    public var functionToolId = ""
    /// What holds for the calls, under `*` or the tool's name; nil for nothing.
    public var toolPolicies: ToolPolicies?
    /// Its place in the sub-agent's list; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "sub-agent-function-tool-relation", title: "Sub-agent function tool relation",
        plural: "sub-agent-function-tools", in: .agent, tags: ["SubAgents", "Function Tools"],
        schemaName: "SubAgentFunctionToolRelation", identity: .derived(identifying), unique: identifying)

    /// The members that say which relation it is; its id follows from them.
    static let identifying = ["subAgentId", "functionToolId"]

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from the rest.", .fromPath),
        field(
            "subAgentId", \.subAgentId, .resourceID, "Who may.", required: true,
            reference: .to("sub-agent", .sameAgent)),
        field(
            "functionToolId", \.functionToolId, .resourceID, "What.", required: true,
            reference: .to("function-tool", .sameAgent)),
        field("toolPolicies", \.toolPolicies, .map(of: .structure), "What holds for the calls."),
        field("position", \.position, .integer(), "Its place in the sub-agent's list.", .hidden),
    ]

    static let link = Link(
        kind, to: FunctionTool.kind, member: "functionToolId",
        names: Link.Names(
            associate: "associate-function-tool-with-sub-agent", list: "get-function-tools-for-sub-agent",
            remove: "remove-function-tool-from-sub-agent", exists: "check-function-tool-sub-agent-association",
            users: "get-sub-agents-using-function-tool"),
        segments: Link.Segments(user: "sub-agent", used: "function-tool", users: "sub-agents", person: "SubAgent"),
        hasPagination: true)
}
