public import Catalog

/// A file of a skill beside its entry `SKILL.md` (manage spec §2.17): text that the skill refers to by its path.
public struct SkillFile: Resource, Equatable {
    /// The id, which follows from skill and path: the same file has the same id on every branch.
    public var id = ""
    /// The skill.
    public var skillId = ""
    /// Where the file lies in the skill, segments separated by `/`.
    public var filePath = ""
    /// The text.
    public var content = ""

    /// The path of the file that every skill has.
    public static let entryPath = "SKILL.md"
    /// Characters of one file at most.
    public static let contentLengthMax = 1_000_000
    /// Files of one skill at most, the entry among them.
    public static let countMax = 100

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "skill-file", title: "Skill file", plural: "skill-files", in: .project, tags: ["Skills"],
        identity: .derived(identifying), unique: identifying)

    /// The members that say which file it is; its id follows from them.
    static let identifying = ["skillId", "filePath"]

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Follows from skill and path.", .fromPath),
        field("skillId", \.skillId, .skillName, "The skill.", .fromPath, reference: .to("skill")),
        field("filePath", \.filePath, .filePath, "Where it lies in the skill.", .createOnly, required: true),
        field("content", \.content, .text(0...contentLengthMax), "The text.", required: true),
    ]

    /// The file at `path` of a skill.
    init(_ path: String, of skill: String, content: String, in branch: BranchKey) {
        self.init()
        skillId = skill
        filePath = path
        self.content = content
        // Nobody else can have the id: it is a digest of what never changes.
        id = DerivedID.make(Self.kind, "", Self.identifying, document, branch) { _ in false }
    }

    /// The stored files of a skill, by path.
    static func stored(of skill: String, in workspace: Workspace) throws -> [Entry] {
        var query = ListQuery(kind: kind.name, limit: countMax)
        query.referringTo = Skill.key(skill)
        var files: [Entry] = []
        // A merge of branches may have brought more together than a skill may be given.
        while true {
            let (entries, total) = try workspace.page(query)
            files += entries
            if entries.isEmpty || files.count >= total { return inOrder(files) }
            query.page += 1
        }
    }

    /// Files by path.
    static func inOrder(_ files: [Entry]) -> [Entry] {
        files.sorted { (SkillFile($0).filePath, $0.key.id) < (SkillFile($1).filePath, $1.key.id) }
    }
}

extension FieldType where Value == String {
    /// The path of a file in a skill: relative, segments separated by `/` (manage spec §2.17).
    static let filePath = FieldType.text(1...1024, trimmed: true).checked { path in
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        if segments.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return "must be a relative path without empty, . or .. segments"
        }
        let isPlain = path.unicodeScalars.allSatisfy { $0 != "\\" && $0.properties.generalCategory != .control }
        return isPlain ? nil : "must not have backslashes or control characters"
    }
}
