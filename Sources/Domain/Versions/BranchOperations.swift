import Catalog

/// The operations on branches and references (manage spec §4.2, §4.3).
enum BranchOperations {
    private static let collection = Scope.project.path + "/branches"
    private static let item = collection + "/{branchName}"
    private static let list = Operation.Response(200, "The branches.", schema: OpenAPI.reference("BranchListResponse"))
    /// How branches are listed: by name, which is their id.
    static let listed = WholeList(ListOrder([.name], searched: "name"))

    private static func one(_ status: Int, _ help: String) -> Operation.Response {
        Operation.Response(status, help, schema: OpenAPI.reference("BranchResponse"))
    }

    static let all: [Operation] = [
        Operation(
            "list-branches", .get, collection, tag: "Branches", summary: "List Branches", permission: .view,
            parameters: listed.parameters, responses: [list],
            effect: .read { workspace, input in try all(workspace, input, holding: nil) }),
        Operation(
            "create-branch", .post, collection, tag: "Branches", summary: "Create Branch", permission: .edit,
            request: OpenAPI.reference("CreateBranchRequest"), responses: [one(201, "The branch.")],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try create($0, $1) }),
        Operation(
            "list-branches-for-agent", .get, collection + "/agents/{agentId}", tag: "Branches",
            summary: "List Branches for Agent", permission: .view, parameters: listed.parameters, responses: [list],
            effect: .read { workspace, input in
                let agent = ResourceKey(kind: Agent.kind.name, id: input.parameter("agentId"))
                return try all(workspace, input, holding: agent)
            }),
        Operation(
            "get-branch", .get, item, tag: "Branches", summary: "Get Branch", permission: .view,
            responses: [one(200, "The branch.")],
            effect: .read { workspace, input in
                try workspace.requireProject()
                return .data(view(try workspace.requireBranch(input.parameter("branchName")), workspace))
            }),
        Operation(
            "delete-branch", .delete, item, tag: "Branches", summary: "Delete Branch", permission: .edit,
            parameters: [
                Operation.Parameter(
                    "force", in: .query, "Whether it is deleted although no other branch has its changes.",
                    schema: ["type": "string", "enum": ["true", "false"], "default": "false"])
            ], responses: [Operation.Response(204, "Deleted.")],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try delete($0, $1) }),
        Operation(
            "resolve-ref", .get, Scope.project.path + "/refs/resolve", tag: "Refs", summary: "Resolve Ref",
            permission: .view,
            responses: [
                .init(200, "What the reference leads to.", schema: OpenAPI.reference("ResolvedRefResponse"))
            ], effect: .read { workspace, _ in try resolve(workspace) }),
    ]

    private static func all(
        _ workspace: Workspace, _ input: OperationInput, holding key: ResourceKey?
    ) throws -> OperationOutput {
        try workspace.requireProject()
        let branches = try workspace.versions.branches(key)
        return listed.answer(
            branches.map { WholeList.Element(id: $0.name, name: $0.name, view: view($0, workspace)) }, input.query)
    }

    private static func view(_ branch: Branch, _ workspace: Workspace) -> JSONValue {
        let project = workspace.branch
        let key = BranchKey(tenant: project.tenant, project: project.project, branch: branch.name)
        return [
            "baseName": .string(branch.name), "fullName": .string(key.fullName),
            "hash": .string(branch.commit.hash(in: project)),
        ]
    }

    private static func create(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let body = try NewBranch(body: input.body)
        try workspace.requireProject()
        let project = workspace.branch
        let name = BranchKey.shortName(body.name, project.tenant, project.project)
        if try workspace.versions.branch(name) != nil { throw Problem.conflict("Branch already exists: \(name)") }
        let source: Commit
        if let hash = body.fromCommit {
            guard let commit = try workspace.versions.commit(hash) else {
                throw Problem(.notFound, "Commit not found: \(hash)")
            }
            source = commit
        } else {
            source = try workspace.requireBranch(body.fromBranch ?? BranchKey.main).commit
        }
        return .data(view(try workspace.versions.create(name, source), workspace), status: 201)
    }

    private static func delete(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        // Refused before anything is touched (manage spec §7, 23).
        let project = workspace.branch
        let name = BranchKey.shortName(input.parameter("branchName"), project.tenant, project.project)
        try workspace.requireProject()
        if name == BranchKey.main { throw Problem(.forbidden, "The main branch cannot be deleted") }
        let branch = try workspace.requireBranch(name)
        if input.query["force"] != "true", try !isMerged(branch, workspace) {
            throw Problem.conflict(
                "No other branch has all changes of \(name); give force=true to delete it nevertheless")
        }
        try workspace.versions.remove(name)
        try letSchedulesGo(of: name, workspace)
        return OperationOutput(204)
    }

    /// Deletes the schedules that run on a branch which is gone (manage spec §4.3).
    private static func letSchedulesGo(of name: String, _ workspace: Workspace) throws {
        let (tenant, project) = (workspace.branch.tenant, workspace.branch.project)
        let outside = try workspace.on(BranchKey.unversioned)
        for entry in try outside.everything() where entry.key.kind == ScheduledTrigger.kind.name {
            let ref = ScheduledTrigger(entry).ref
            if BranchKey.shortName(ref, tenant, project) == name { try outside.delete(entry.key) }
        }
    }

    /// Whether another branch has all that was changed on this one.
    private static func isMerged(_ branch: Branch, _ workspace: Workspace) throws -> Bool {
        try workspace.versions.branches(nil).contains { other in
            try other.name != branch.name && workspace.versions.vector(other.own).contains(branch.commit)
        }
    }

    private static func resolve(_ workspace: Workspace) throws -> OperationOutput {
        try workspace.requireProject()
        guard let (ref, isBranch, commit) = try workspace.versions.standing() else { throw Problem.notFound("Project") }
        let hash = commit.hash(in: workspace.branch)
        return .data([
            "type": isBranch ? "branch" : "commit",
            "name": .string(isBranch ? workspace.branch.fullName : ref), "hash": .string(hash),
        ])
    }
}

extension Workspace {
    /// The branch of this name, with or without the project's prefix; throws a 404 when there is none.
    func requireBranch(_ name: String) throws -> Branch {
        let short = BranchKey.shortName(name, branch.tenant, branch.project)
        guard let found = try versions.branch(short) else { throw Problem(.notFound, "Branch not found: \(short)") }
        return found
    }
}
