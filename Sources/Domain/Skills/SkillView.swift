import Catalog

/// Skills as answers show them.
enum SkillView {
    /// The id of the entry file of a skill.
    static func entryID(_ skill: String, in branch: BranchKey) -> String {
        SkillFile(SkillFile.entryPath, of: skill, content: "", in: branch).id
    }

    /// The entry file, which is made of the skill.
    static func entryFile(_ entry: Entry, in branch: BranchKey) -> JSONObject {
        let skill = Skill(entry)
        let file = SkillFile(
            SkillFile.entryPath, of: skill.id, content: FrontMatter.text(skill), in: branch)
        return file.members(withNulls: true).stamped(entry)
    }

    /// A skill with its files, the entry first.
    static func withFiles(_ entry: Entry, _ files: [Entry], in branch: BranchKey) -> JSONObject {
        var view = Skill.kind.view(entry, in: branch)
        let others = files.map { JSONValue.object(SkillFile.kind.view($0, in: branch)) }
        view["files"] = .array([.object(entryFile(entry, in: branch))] + others)
        return view
    }

    /// The schemas of the answers, and of the bodies that are no resource's members.
    static let schemas: [(name: String, schema: JSONObject)] = [
        ("SkillCreate", SkillDraft.SentFiles.schema), ("SkillUpdate", SkillDraft.SentFiles.schema),
        (
            "SkillWithFiles",
            [
                "allOf": [
                    .object(OpenAPI.reference(Skill.kind.schemaName)),
                    [
                        "type": "object",
                        "properties": [
                            "files": [
                                "type": "array", "items": .object(OpenAPI.reference(SkillFile.kind.schemaName)),
                            ]
                        ],
                        "required": ["files"],
                    ],
                ]
            ]
        ),
        ("SkillWithFilesResponse", OpenAPI.envelope(OpenAPI.reference("SkillWithFiles"))),
    ]
}
