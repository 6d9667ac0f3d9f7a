public import Catalog

/// That a sub-agent may use a function tool (manage spec §2.9).
public typealias FunctionToolRelation = Association<FunctionTool>

extension FunctionTool: Associable {
    /// What holds for the calls of a sub-agent.
    public struct Use: Sendable, Equatable {
        /// Under `*` or the tool's name; nil for nothing.
        public var toolPolicies: ToolPolicies?
    }

    /// Nothing holds for the calls.
    public static var detailDefault: Use { Use() }
    /// The member of the association that names it.
    public static let associationMember = "functionToolId"
    /// The members of the association.
    public static let associationFields = FunctionToolRelation.fields(
        to: .sameAgent,
        [field("toolPolicies", \.detail.toolPolicies, .map(of: .structure), "What holds for the calls.")])
    /// The kind of the association.
    public static let associationKind = Kind(
        FunctionToolRelation.self, "sub-agent-function-tool-relation", title: "Sub-agent function tool relation",
        plural: "sub-agent-function-tools", in: .agent, tags: ["SubAgents", "Function Tools"],
        schemaName: "SubAgentFunctionToolRelation", identity: .derived(FunctionToolRelation.identifying),
        unique: FunctionToolRelation.identifying)

    static let link = Link(
        associationKind, to: kind, member: associationMember,
        names: Link.Names(
            associate: "associate-function-tool-with-sub-agent", list: "get-function-tools-for-sub-agent",
            remove: "remove-function-tool-from-sub-agent", exists: "check-function-tool-sub-agent-association",
            users: "get-sub-agents-using-function-tool"),
        segments: Link.Segments(user: "sub-agent", used: "function-tool", users: "sub-agents", person: "SubAgent"),
        hasPagination: true, shows: [("relationshipId", "id")])
}
