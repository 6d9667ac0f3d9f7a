public import Catalog

/// That a sub-agent may answer with an artifact component (manage spec §1.14).
public typealias ArtifactComponentRelation = Association<ArtifactComponent>

extension ArtifactComponent: Associable {
    /// The member of the association that names it.
    public static let associationMember = "artifactComponentId"
    /// The members of the association.
    public static let associationFields = ArtifactComponentRelation.fields(to: .project)
    /// The kind of the association.
    public static let associationKind = Kind(
        ArtifactComponentRelation.self, "sub-agent-artifact-component", title: "Artifact component association",
        plural: "sub-agent-artifact-components", in: .agent, tags: ["Agents", "Artifact Components"],
        schemaName: "SubAgentArtifactComponent", identity: .derived(ArtifactComponentRelation.identifying),
        unique: ArtifactComponentRelation.identifying, times: [.created])

    static let link = Link(
        associationKind, to: kind, member: associationMember,
        names: Link.Names(
            associate: "associate-artifact-component-with-agent", list: "get-artifact-components-for-agent",
            remove: "remove-artifact-component-from-agent", exists: "check-artifact-component-agent-association",
            users: "get-agents-using-artifact-component"),
        segments: Link.Segments(user: "agent", used: "component", users: "agents", person: "Agent"))
}
