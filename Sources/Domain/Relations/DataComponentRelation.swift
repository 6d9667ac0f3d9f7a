public import Catalog

/// That a sub-agent may answer with a data component (manage spec §1.19).
public struct DataComponentRelation: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// Who may.
    public var subAgentId = ""
    /// What.
    public var dataComponentId = ""
    /// Its place in the sub-agent's list; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "sub-agent-data-component", title: "Data component association",
        plural: "sub-agent-data-components", in: .agent, tags: ["Agents", "Data Components"],
        schemaName: "SubAgentDataComponent", identity: .derived(identifying), unique: identifying)

    /// The members that say which relation it is; its id follows from them.
    static let identifying = ["subAgentId", "dataComponentId"]

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from the rest.", .fromPath),
        field(
            "subAgentId", \.subAgentId, .resourceID, "Who may.", required: true,
            reference: .to("sub-agent", .sameAgent)),
        field(
            "dataComponentId", \.dataComponentId, .resourceID, "What.", required: true,
            reference: .to("data-component")),
        field("position", \.position, .integer(), "Its place in the sub-agent's list.", .hidden),
    ]

    static let link = Link(
        kind, to: DataComponent.kind, member: "dataComponentId",
        names: Link.Names(
            associate: "associate-data-component-with-agent", list: "get-data-components-for-agent",
            remove: "remove-data-component-from-agent", exists: "check-data-component-agent-association",
            users: "get-agents-using-data-component"),
        segments: Link.Segments(user: "agent", used: "component", users: "agents", person: "Agent"))
}
