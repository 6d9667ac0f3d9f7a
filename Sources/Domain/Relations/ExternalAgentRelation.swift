public import Catalog

/// That a sub-agent may call an external agent (manage spec §2.12).
public struct ExternalAgentRelation: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// Who may.
    public var subAgentId = ""
    /// Whom.
    public var externalAgentId = ""
    /// Headers sent with each call; nil for none.
    public var headers: HeaderMap?
    /// Its place in the sub-agent's list; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "sub-agent-external-agent-relation", title: "External agent relation",
        plural: "external-agent-relations", in: .subAgent, tags: ["SubAgents", "External Agents"],
        names: OperationNames(
            list: "list-sub-agent-external-agent-relations", get: "get-sub-agent-external-agent-relation-by-id",
            create: "create-sub-agent-external-agent-relation", update: "update-sub-agent-external-agent-relation",
            delete: "delete-sub-agent-external-agent-relation"), schemaName: "SubAgentExternalAgentRelation",
        label: "Sub Agent External Agent Relation",
        identity: .derived(["externalAgentId"]), onDuplicate: .unprocessable, unique: ["externalAgentId"],
        filters: [("externalAgentId", "externalAgentId")], refusesEmptyUpdate: true)

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from the rest.", .fromPath),
        field("subAgentId", \.subAgentId, .resourceID, "Who may.", .fromPath),
        field(
            "externalAgentId", \.externalAgentId, .resourceID, "The external agent.", required: true,
            reference: .to("external-agent")),
        field("headers", \.headers, .headerMap, "Headers sent with each call."),
        field("position", \.position, .integer(), "Its place in the sub-agent's list.", .hidden),
    ]
}
