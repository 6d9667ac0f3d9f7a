import Catalog

/// The operations on single files of a skill (manage spec §2.17). The entry `SKILL.md` can be read and changed here
/// like the others; what changes is the skill.
enum SkillFileOperations {
    private static let collection = Scope.project.path + "/skills/{id}/files"
    static let item = collection + "/{fileId}"
    private static let answer = OpenAPI.reference("SkillFileResponse")

    static let all: [Operation] = [
        Operation(
            "create-skill-file", .post, collection, tag: "Skills", summary: "Create Skill File", permission: .edit,
            request: OpenAPI.reference("SkillFileCreate"), responses: [.init(201, "Created.", schema: answer)],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try create($0, $1) }),
        Operation(
            "get-skill-file", .get, item, tag: "Skills", summary: "Get Skill File", permission: .view,
            responses: [.init(200, "The file.", schema: answer)], effect: .read { try get($0, $1) }),
        Operation(
            "update-skill-file", .patch, aliases: [.put], item, tag: "Skills", summary: "Update Skill File",
            permission: .edit, request: OpenAPI.reference("SkillFileUpdate"),
            responses: [.init(200, "The updated file.", schema: answer)], effect: .write { try update($0, $1) }),
        Operation(
            "delete-skill-file", .delete, item, tag: "Skills", summary: "Delete Skill File", permission: .edit,
            responses: [.init(204, "Deleted.")], effect: .write { try delete($0, $1) }),
    ]

    /// The key of what a path names: a file, or for the entry the skill.
    static func key(_ input: OperationInput, in branch: BranchKey) -> ResourceKey {
        let (skill, id) = (input.parameter("id"), input.parameter("fileId"))
        return id == SkillView.entryID(skill, in: branch)
            ? Skill.key(skill) : ResourceKey(kind: SkillFile.kind.name, id: id)
    }

    /// What a path names: the skill, and one of its files, nil for its entry.
    private static func find(
        _ workspace: Workspace, _ input: OperationInput
    ) throws -> (skill: Entry, file: Entry?) {
        let skill = try SkillOperations.entry(workspace, input)
        let key = key(input, in: workspace.branch)
        if key == skill.key { return (skill, nil) }
        guard let file = try workspace.get(key), SkillFile(file).skillId == skill.key.id else {
            throw Problem.notFound(SkillFile.kind.title)
        }
        return (skill, file)
    }

    private static func shown(_ file: Entry, _ workspace: Workspace, status: Int = 200) -> OperationOutput {
        .data(.object(SkillFile.kind.view(file, in: workspace.branch)), status: status)
    }

    private static func shownEntry(_ skill: Entry, _ workspace: Workspace) -> OperationOutput {
        .data(.object(SkillView.entryFile(skill, in: workspace.branch)))
    }

    private static func get(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let (skill, file) = try find(workspace, input)
        return file.map { shown($0, workspace) } ?? shownEntry(skill, workspace)
    }

    private static func create(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let skill = try SkillOperations.entry(workspace, input).key.id
        let sent = SkillFile(stored: try SkillFile.kind.create(input.body))
        guard sent.filePath != SkillFile.entryPath else {
            throw Problem(.unprocessableEntity, "Every skill has a SKILL.md: change it instead")
        }
        let stored = try SkillFile.stored(of: skill, in: workspace)
        guard stored.count + 1 < SkillFile.countMax else {
            throw Problem(.unprocessableEntity, "A skill has at most \(SkillFile.countMax) files")
        }
        let paths = [SkillFile.entryPath] + stored.map { SkillFile($0).filePath }
        let folders = SkillDraft.folders(of: sent.filePath)
        let clash = paths.first { path in
            path == sent.filePath || folders.contains(path) || SkillDraft.folders(of: path).contains(sent.filePath)
        }
        if let clash { throw Problem.conflict("Skill file already exists: \(clash)") }
        let file = SkillFile(sent.filePath, of: skill, content: sent.content, in: workspace.branch)
        return shown(try workspace.put(file), workspace, status: 201)
    }

    private static func update(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let (skill, stored) = try find(workspace, input)
        guard input.body["content"] != nil else { throw Problem.invalid([.init(["content"], "Required")]) }
        if let stored {
            let document = try SkillFile.kind.update(stored.document, input.body)
            return shown(try workspace.put(SkillFile(stored: document)), workspace)
        }
        // The rules of a file's text hold for the entry's too.
        let text = SkillFile(stored: try SkillFile.kind.update(SkillFile().document, input.body)).content
        var decoding = Decoding()
        let changed = decoding.within("content") { FrontMatter.read(text, &$0) }
        try decoding.finish()
        guard let changed else { return shownEntry(skill, workspace) }
        try SkillOperations.requireName(changed, skill.key.id)
        return shownEntry(try workspace.put(changed), workspace)
    }

    private static func delete(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        guard let file = try find(workspace, input).file else {
            throw Problem(.unprocessableEntity, "SKILL.md is part of every skill: delete the skill instead")
        }
        try workspace.delete(file.key)
        return OperationOutput(204)
    }
}
