public import Catalog

/// That a sub-agent has a skill (manage spec §2.17).
public typealias SkillRelation = Association<Skill>

extension Skill: Associable {
    /// How a sub-agent has a skill.
    public struct Use: Sendable, Equatable {
        /// Whether its text is in every prompt, instead of being loaded when it is needed.
        public var alwaysLoaded = false
    }

    /// Loaded when it is needed.
    public static var detailDefault: Use { Use() }
    /// The member of the association that names it.
    public static let associationMember = "skillId"
    /// The members of the association.
    public static let associationFields = SkillRelation.fields(
        to: .project,
        [
            field(
                "alwaysLoaded", \.detail.alwaysLoaded, .flag.described(["default": false]), "Whether it is always read."
            )
        ],
        position: field(
            "index", \.index, .integer(0...Int.max), "Its place in the sub-agent's list.", required: true))
    /// The kind of the association.
    public static let associationKind = Kind(
        SkillRelation.self, "sub-agent-skill", title: "Sub-agent skill", plural: "sub-agent-skills", in: .agent,
        tags: ["Skills"], schemaName: "SubAgentSkill", identity: .derived(SkillRelation.identifying),
        onDuplicate: .replace, unique: SkillRelation.identifying)

    static let link = Link(
        associationKind, to: kind, member: associationMember,
        names: Link.Names(
            associate: "create-subagent-skill", list: "get-skills-for-subagent", remove: "delete-subagent-skill"),
        segments: Link.Segments(user: "agent", used: "skill", users: "agents", person: "Sub-Agent"),
        verbs: Link.Verbs(associate: "Attach", list: "List", remove: "Detach", with: "to"),
        order: "index", removal: .empty,
        shows: [
            ("subAgentSkillId", "id"), ("subAgentId", "subAgentId"), ("index", "index"),
            ("alwaysLoaded", "alwaysLoaded"),
        ])
}

extension Association where Target == Skill {
    /// Its place in the sub-agent's list, which clients choose.
    public var index: Int {
        get { position ?? 0 }
        set { position = newValue }
    }
}
