public import Catalog

/// What a sub-agent knows how to do: instructions that it has always, or loads when it needs them (manage spec §2.17).
/// A skill is written as files of which `SKILL.md` is the entry. That file is not stored: it is made of the members
/// here, so that there is one truth, and two branches that change its description and its text can be merged.
public struct Skill: Resource, Equatable {
    /// The id, which is also the name.
    public var id = ""
    /// When the skill is of use, told to the model.
    public var description = ""
    /// The Markdown of `SKILL.md` below its front-matter.
    public var content = ""
    /// What its author notes of it; nil for nothing.
    public var metadata: OrderedMap<String>?
    /// Other members of the front-matter, kept as they came; nil for none.
    public var otherFrontMatter: JSONObject?

    /// The name: always the id.
    public var name: String {
        get { id }
        set { id = newValue }
    }

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "skill", title: "Skill", plural: "skills", in: .project, tags: ["Skills"],
        names: OperationNames(list: "list-skills", delete: "delete-skill"), hasOwnBodies: true)

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .skillName, "The skill's id, which is its name.", .fromPath),
        field("name", \.name, .skillName, "The skill's name.", .readOnly),
        field("description", \.description, .skillDescription, "When the skill is of use.", required: true),
        field(
            "content", \.content, .text(0...SkillFile.contentLengthMax), "The Markdown below the front-matter.",
            required: true),
        field("metadata", \.metadata, .textMap, "What its author notes of it."),
        field("otherFrontMatter", \.otherFrontMatter, .jsonObject, "Other members of the front-matter.", .hidden),
    ]

    /// The key of the skill `id`.
    static func key(_ id: String) -> ResourceKey { ResourceKey(kind: kind.name, id: id) }
}

extension FieldType where Value == String {
    /// The name of a skill: 1–64 lower-case letters, digits and single inner hyphens; not `new` (manage spec §2.17).
    static let skillName = FieldType.text(1...64)
        .described(["pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"])
        .checked { name in
            if name == "new" { return "must not be the reserved word new" }
            let words = name.split(separator: "-", omittingEmptySubsequences: false)
            let isName = words.allSatisfy { word in
                !word.isEmpty && word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
            }
            return isName ? nil : "must be lower-case letters, digits and single hyphens between them"
        }

    /// When a skill is of use.
    static let skillDescription = FieldType.text(1...1024, trimmed: true)
}
