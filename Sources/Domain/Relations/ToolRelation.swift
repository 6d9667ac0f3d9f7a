public import Catalog

/// That a sub-agent may use an MCP tool (manage spec §2.6).
public struct ToolRelation: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// Who may.
    public var subAgentId = ""
    /// What.
    public var toolId = ""
    /// The server's tools that it may use; nil for all, empty for none.
    public var selectedTools: [String]?
    /// Headers sent to the server; nil for none.
    public var headers: HeaderMap?
    /// What holds for single tools of the server; nil for nothing.
    public var toolPolicies: ToolPolicies?
    /// Its place in the sub-agent's list; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "sub-agent-tool-relation", title: "Sub-agent tool relation", plural: "sub-agent-tool-relations",
        in: .agent, tags: ["SubAgents", "Tools"],
        names: OperationNames(
            list: "list-subagent-tool-relations", get: "get-subagent-tool-relation",
            create: "create-subagent-tool-relation", update: "update-subagent-tool-relation",
            delete: "delete-subagent-tool-relation"), schemaName: "SubAgentToolRelation",
        label: "SubAgent Tool Relation",
        identity: .derived(identifying), onDuplicate: .unprocessable, unique: identifying,
        filters: [("subAgentId", "subAgentId"), ("toolId", "toolId")], refusesEmptyUpdate: true)

    /// The members that say which relation it is; its id follows from them.
    static let identifying = ["subAgentId", "toolId"]

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from the rest, whatever is sent.", .createOnly),
        field(
            "subAgentId", \.subAgentId, .resourceID, "Who may.", required: true,
            reference: .to("sub-agent", .sameAgent)),
        field("toolId", \.toolId, .resourceID, "What.", required: true, reference: .to("tool")),
        field(
            "selectedTools", \.selectedTools, .list(of: .text()), "The server's tools that it may use; null for all."),
        field("headers", \.headers, .headerMap, "Headers sent to the server."),
        field("toolPolicies", \.toolPolicies, .map(of: .structure), "What holds for single tools."),
        field("position", \.position, .integer(), "Its place in the sub-agent's list.", .hidden),
    ]

    /// Which sub-agents use a tool.
    static let reverse = Operation(
        "get-subagents-for-tool", .get, Scope.agent.path + "/sub-agent-tool-relations/tool/{toolId}/sub-agents",
        tags: ["SubAgents", "Tools"], summary: "Get SubAgents for Tool", permission: .view,
        parameters: Page.parameters + kind.listOrder.parameters + kind.filterParameters.filter { $0.name != "toolId" },
        responses: [
            Operation.Response(
                200, "The relations with the tool.", schema: OpenAPI.reference("SubAgentToolRelationListResponse"))
        ],
        effect: .read { workspace, input in
            var query = kind.listQuery(input, workspace)
            query.referringTo = ResourceKey(kind: Tool.kind.name, id: input.parameter("toolId"))
            let (entries, total) = try workspace.page(query)
            if total == 0 { try workspace.requireContainers(of: .agent, input.path) }
            let views = entries.map { JSONValue.object(kind.view($0, in: workspace.branch)) }
            return Page(query: input.query).answer(views, total: total)
        })
}
