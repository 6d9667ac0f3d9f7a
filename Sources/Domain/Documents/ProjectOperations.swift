import Catalog

/// The operations on whole projects (manage spec §4.1).
enum ProjectOperations {
    private static let collection = Scope.tenant.path + "/project-full"
    private static let item = collection + "/{projectId}"
    private static let body = OpenAPI.reference("FullProjectDefinition")
    private static let answer = OpenAPI.reference("FullProjectSelectResponse")

    static let all: [Operation] = [
        Operation(
            "create-full-project", .post, collection, tag: "Projects", summary: "Create Full Project",
            permission: .admin, project: .body("id"), request: body,
            responses: [.init(201, "The project.", schema: answer)],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try create($0, $1) }),
        Operation(
            "get-full-project", .get, item, tag: "Projects", summary: "Get Full Project", permission: .view,
            responses: [.init(200, "The project.", schema: answer)],
            effect: .read { workspace, _ in .data(try document(workspace, .inProject)) }),
        Operation(
            "get-full-project-with-relation-ids", .get, item + "/with-relation-ids", tag: "Projects",
            summary: "Get Full Project with Relation IDs", permission: .view,
            responses: [
                .init(
                    200, "The project, relations among sub-agents with their ids.",
                    schema: OpenAPI.reference("FullProjectSelectWithRelationIdsResponse"))
            ], effect: .read { workspace, _ in .data(try document(workspace, .withRelationIDs)) }),
        Operation(
            "update-full-project", .put, aliases: [.patch], item, tag: "Projects", summary: "Update Full Project",
            permission: .edit, request: body,
            responses: [
                .init(200, "The project, replaced.", schema: answer),
                .init(201, "The project, created.", schema: answer),
            ], effect: .write { try put($0, $1) }),
        Operation(
            "delete-full-project", .delete, item, tag: "Projects", summary: "Delete Full Project", permission: .admin,
            responses: [.init(204, "Deleted.")],
            effect: .write { workspace, _ in
                try workspace.requireProject()
                guard workspace.branch.branch == BranchKey.main else {
                    throw Problem.badRequest("A project can only be deleted on its main branch")
                }
                try workspace.deleteProject()
                return OperationOutput(204)
            }),
    ]

    /// What is shown of a project that names no model (manage spec §4.1).
    private static let modelsDefault: Models = {
        var models = Models()
        models.base = ModelSettings()
        models.base?.model = "anthropic/claude-sonnet-4-5"
        return models
    }()

    private static func create(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        if try workspace.exists() { throw Problem.conflict("Project already exists: \(workspace.branch.project)") }
        try write(workspace, input.body, id: workspace.branch.project)
        return .data(try document(workspace, .inProject), status: 201)
    }

    private static func put(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let id = input.parameter("projectId")
        guard let named = input.body["id"]?.string else { throw Problem.invalid([.init(["id"], "Required")]) }
        guard named == id else {
            throw Problem.invalid([.init(["id"], "The path names project \(id), the body project \(named)")])
        }
        let isNew = try !workspace.exists()
        guard !isNew || workspace.branch.branch == BranchKey.main else { throw Problem.notFound("Project") }
        try write(workspace, input.body, id: id)
        return .data(try document(workspace, .inProject), status: isNew ? 201 : 200)
    }

    private static func write(_ workspace: Workspace, _ body: JSONValue, id: String) throws {
        let isNew = try !workspace.exists()
        let old = isNew ? nil : try workspace.get(Project.self, id)
        var decoding = Decoding()
        let read = decoding.read(body, id: id, over: old)
        guard var project = read else {
            // The rest is read all the same, so that everything broken is told at once.
            let shelf = Shelf(isNew ? [] : try workspace.everything())
            _ = try ProjectDraft(body, old ?? Project(), shelf, workspace, &decoding)
            return try decoding.finish()
        }
        if old?.models == nil, !isNew, project.models == modelsDefault { project.models = nil }
        if isNew {
            // Nothing is there to read before there is a branch; all is undone if the body is broken.
            try workspace.createBranch()
        }
        try workspace.put(project)
        try Project.passOnBounds(from: old, to: project, workspace)
        let shelf = Shelf(try workspace.everything())
        let draft = try ProjectDraft(body, project, shelf, workspace, &decoding)
        try decoding.finish()
        try draft.write(project, shelf, workspace)
    }

    private static func document(_ workspace: Workspace, _ style: AgentDocument.Style) throws -> JSONValue {
        let branch = workspace.branch
        try workspace.requireProject()
        let shelf = Shelf(try workspace.everything())
        guard let entry = shelf[ResourceKey(kind: Project.kind.name, id: branch.project)] else {
            throw Problem.notFound(Project.kind.title)
        }
        var project = Project(entry)
        if project.models == nil { project.models = modelsDefault }
        var document = project.members(withNulls: true)
        let agents = AgentDocument(style: style, branch: branch, project: project, stored: shelf.several)
        document["agents"] = .object(
            JSONObject(
                try shelf.entries(Agent.kind, "").map { ($0.key.id, .object(try agents.assemble($0, shelf))) }))
        document["tools"] = .object(
            JSONObject(
                shelf.entries(Tool.kind, "").map { ($0.key.id, .object(Tool($0).members(withNulls: true).stamped($0))) }
            ))
        document["functionTools"] = .null
        for (name, kind) in ProjectDraft.maps where kind.name != Tool.kind.name {
            let ownership = kind.ownership(workspace)
            let entries = shelf.entries(kind, "").filter { ownership?.isMet(by: $0.document) != false }
            let map = JSONObject(entries.map { ($0.key.id, .object(kind.view($0, in: branch))) })
            document[name] = map.isEmpty ? .null : .object(map)
        }
        document["statusUpdates"] = .null
        let files = Dictionary(grouping: shelf.entries(SkillFile.kind, "")) { SkillFile($0).skillId }
        document["skills"] = .object(
            JSONObject(
                shelf.entries(Skill.kind, "").map { skill in
                    let own = SkillFile.inOrder(files[skill.key.id] ?? [])
                    return (skill.key.id, .object(SkillView.withFiles(skill, own, in: branch)))
                }))
        return .object(document.stamped(entry))
    }
}
