public import Catalog

/// That one sub-agent may hand over to, or call, another of the same agent (manage spec §2.4).
public struct SubAgentRelation: Resource, Equatable {
    /// What the source may do.
    public enum RelationType: String, CaseIterable, Sendable {
        /// Hand the conversation over.
        case transfer
        /// Call as a sub-task and get an answer.
        case delegate
    }

    /// The id, unique within its kind and place.
    public var id = ""
    /// Who may.
    public var sourceSubAgentId = ""
    /// To whom; never nil in what is stored.
    public var targetSubAgentId: String?
    /// What.
    public var relationType = RelationType.transfer
    /// Its place in the source's list; nil when it was made alone.
    public var position: Int?
    /// Targets that have relations of their own; refused here with the place to go.
    var externalSubAgentId: String?
    var teamSubAgentId: String?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "sub-agent-relation", title: "Sub-agent relation", plural: "sub-agent-relations", in: .agent,
        tags: ["SubAgents"],
        names: OperationNames(
            list: "list-sub-agent-relations", get: "get-sub-agent-relation-by-id", create: "create-sub-agent-relation",
            update: "update-sub-agent-relation", delete: "delete-sub-agent-relation"),
        label: "Sub Agent Relation",
        identity: .derived(identifying), onDuplicate: .unprocessable, unique: identifying,
        filters: [
            ("sourceSubAgentId", "sourceSubAgentId"), ("targetSubAgentId", "targetSubAgentId"),
            ("externalSubAgentId", "externalSubAgentId"), ("teamSubAgentId", "teamSubAgentId"),
        ], refusesEmptyUpdate: true)

    /// The members that say which relation it is; its id follows from them.
    static let identifying = ["sourceSubAgentId", "targetSubAgentId", "relationType"]

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from the rest, whatever is sent.", .createOnly),
        field(
            "sourceSubAgentId", \.sourceSubAgentId, .resourceID, "Who may.", required: true,
            reference: .to("sub-agent", .sameAgent)),
        field(
            "targetSubAgentId", \.targetSubAgentId, .resourceID, "To whom.", reference: .to("sub-agent", .sameAgent)),
        field("relationType", \.relationType, .choice, "Hand over, or call and get an answer.", required: true),
        field("externalSubAgentId", \.externalSubAgentId, .resourceID, "Made at external-agent-relations.", .writeOnly),
        field("teamSubAgentId", \.teamSubAgentId, .resourceID, "Made at team-agent-relations.", .writeOnly),
        field("position", \.position, .integer(), "Its place in the source's list.", .hidden),
    ]

    /// The rules across members.
    public func check(_ decoding: inout Decoding) {
        if externalSubAgentId != nil {
            decoding.fail("is made at the sub-agent's external-agent-relations", at: "externalSubAgentId")
        }
        if teamSubAgentId != nil {
            decoding.fail("is made at the sub-agent's team-agent-relations", at: "teamSubAgentId")
        }
        if targetSubAgentId == nil { decoding.fail("must name exactly one target", at: "targetSubAgentId") }
    }
}
