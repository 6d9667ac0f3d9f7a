public import Catalog

/// That a sub-agent may call another agent of the project (manage spec §2.13).
public struct TeamAgentRelation: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// Who may.
    public var subAgentId = ""
    /// Which agent.
    public var targetAgentId = ""
    /// Headers sent with each call; nil for none.
    public var headers: HeaderMap?
    /// Its place in the sub-agent's list; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "sub-agent-team-agent-relation", title: "Team agent relation", plural: "team-agent-relations",
        in: .subAgent, tags: ["SubAgents"],
        names: OperationNames(
            list: "list-sub-agent-team-agent-relations", get: "get-sub-agent-team-agent-relation-by-id",
            create: "create-sub-agent-team-agent-relation", update: "update-sub-agent-team-agent-relation",
            delete: "delete-sub-agent-team-agent-relation"), schemaName: "SubAgentTeamAgentRelation",
        label: "Sub Agent Team Agent Relation",
        identity: .derived(["targetAgentId"]), onDuplicate: .unprocessable, unique: ["targetAgentId"],
        filters: [("targetAgentId", "targetAgentId")], refusesEmptyUpdate: true)

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from the rest.", .fromPath),
        field("subAgentId", \.subAgentId, .resourceID, "Who may.", .fromPath),
        field(
            "targetAgentId", \.targetAgentId, .resourceID, "The agent.", required: true, reference: .to("agent")),
        field("headers", \.headers, .headerMap, "Headers sent with each call."),
        field("position", \.position, .integer(), "Its place in the sub-agent's list.", .hidden),
    ]
}
