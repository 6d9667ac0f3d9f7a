public import Catalog

/// That a sub-agent may answer with an artifact component (manage spec §1.14).
public struct ArtifactComponentRelation: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// Who may.
    public var subAgentId = ""
    /// What.
    public var artifactComponentId = ""
    /// Its place in the sub-agent's list; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "sub-agent-artifact-component", title: "Artifact component association",
        plural: "sub-agent-artifact-components", in: .agent, tags: ["Agents", "Artifact Components"],
        schemaName: "SubAgentArtifactComponent", identity: .derived(identifying), unique: identifying)

    /// The members that say which relation it is; its id follows from them.
    static let identifying = ["subAgentId", "artifactComponentId"]

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from the rest.", .fromPath),
        field(
            "subAgentId", \.subAgentId, .resourceID, "Who may.", required: true,
            reference: .to("sub-agent", .sameAgent)),
        field(
            "artifactComponentId", \.artifactComponentId, .resourceID, "What.", required: true,
            reference: .to("artifact-component")),
        field("position", \.position, .integer(), "Its place in the sub-agent's list.", .hidden),
    ]

    static let link = Link(
        kind, to: ArtifactComponent.kind, member: "artifactComponentId",
        names: Link.Names(
            associate: "associate-artifact-component-with-agent", list: "get-artifact-components-for-agent",
            remove: "remove-artifact-component-from-agent", exists: "check-artifact-component-agent-association",
            users: "get-agents-using-artifact-component"),
        segments: Link.Segments(user: "agent", used: "component", users: "agents", person: "Agent"))
}
