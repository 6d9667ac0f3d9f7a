public import Catalog

/// That a sub-agent may answer with a data component (manage spec §1.19).
public typealias DataComponentRelation = Association<DataComponent>

extension DataComponent: Associable {
    /// The member of the association that names it.
    public static let associationMember = "dataComponentId"
    /// The members of the association.
    public static let associationFields = DataComponentRelation.fields(to: .project)
    /// The kind of the association.
    public static let associationKind = Kind(
        DataComponentRelation.self, "sub-agent-data-component", title: "Data component association",
        plural: "sub-agent-data-components", in: .agent, tags: ["Agents", "Data Components"],
        schemaName: "SubAgentDataComponent", identity: .derived(DataComponentRelation.identifying),
        unique: DataComponentRelation.identifying, times: [.created])

    static let link = Link(
        associationKind, to: kind, member: associationMember,
        names: Link.Names(
            associate: "associate-data-component-with-agent", list: "get-data-components-for-agent",
            remove: "remove-data-component-from-agent", exists: "check-data-component-agent-association",
            users: "get-agents-using-data-component"),
        segments: Link.Segments(user: "agent", used: "component", users: "agents", person: "Agent"))
}
