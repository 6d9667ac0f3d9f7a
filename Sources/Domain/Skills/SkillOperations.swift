import Catalog

/// The operations on whole skills whose bodies and answers are files (manage spec §2.17); listing and deleting follow
/// from the kind.
enum SkillOperations {
    private static let collection = Scope.project.path + "/skills"
    private static let item = collection + "/{id}"
    private static let answer = OpenAPI.reference("SkillWithFilesResponse")

    static let all: [Operation] = [
        Operation(
            "create-skill", .post, collection, tag: "Skills", summary: "Create Skill", permission: .edit,
            request: OpenAPI.reference("SkillCreate"), responses: [.init(201, "Created.", schema: answer)],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try create($0, $1) }),
        Operation(
            "get-skill", .get, item, tag: "Skills", summary: "Get Skill", permission: .view,
            responses: [.init(200, "The skill with its files.", schema: answer)],
            effect: .read { workspace, input in
                .data(.object(try view(try entry(workspace, input), workspace)))
            }),
        Operation(
            "update-skill", .patch, aliases: [.put], item, tag: "Skills", summary: "Update Skill", permission: .edit,
            request: OpenAPI.reference("SkillUpdate"),
            responses: [.init(200, "The skill, its files replaced.", schema: answer)],
            effect: .write { try update($0, $1) }),
    ]

    /// The skill that a path names; throws a 404 that names the outermost thing missing.
    static func entry(_ workspace: Workspace, _ input: OperationInput) throws -> Entry {
        try Skill.kind.entry(workspace, input)
    }

    private static func view(_ entry: Entry, _ workspace: Workspace) throws -> JSONObject {
        SkillView.withFiles(entry, try SkillFile.stored(of: entry.key.id, in: workspace), in: workspace.branch)
    }

    private static func create(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let draft = try read(input.body)
        let key = Skill.key(draft.skill.id)
        if try workspace.get(key) != nil { throw Problem.conflict("Skill already exists: \(key.id)") }
        return try write(draft, over: [], workspace, status: 201)
    }

    private static func update(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let old = try entry(workspace, input)
        let draft = try read(input.body)
        try requireName(draft.skill, old.key.id)
        return try write(
            draft, over: try SkillFile.stored(of: old.key.id, in: workspace), workspace, status: 200)
    }

    private static func read(_ body: JSONValue) throws -> SkillDraft {
        var decoding = Decoding()
        let draft = SkillDraft(body, &decoding)
        try decoding.finish()
        // Nothing is nil that was not noted.
        guard let draft else { throw Problem.badRequest("The body holds no skill") }
        return draft
    }

    private static func write(
        _ draft: SkillDraft, over stored: [Entry], _ workspace: Workspace, status: Int
    ) throws -> OperationOutput {
        try draft.write(over: stored, workspace)
        guard let entry = try workspace.get(Skill.key(draft.skill.id)) else { throw Problem.notFound(Skill.kind.title) }
        return .data(.object(try view(entry, workspace)), status: status)
    }

    /// A skill keeps its name: the id in addresses, relations and other skills' texts (manage spec §2.17).
    static func requireName(_ skill: Skill, _ id: String) throws {
        guard skill.id == id else {
            throw Problem(.unprocessableEntity, "The front-matter names the skill \(skill.id), the address \(id)")
        }
    }
}
