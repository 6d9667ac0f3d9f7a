extension Kind {
    /// The operations on the kind that the contract names, in the order list, get, create, update, delete.
    public var operations: [Operation] {
        [listOperation, getOperation, createOperation, updateOperation, deleteOperation].compactMap(\.self)
    }

    private var collection: String { "\(scope.path)/\(plural)" }
    private var item: String { "\(collection)/{\(itemParameter)}" }
    private var itemProject: Operation.ProjectPlace? { scope == .tenant ? .path(itemParameter) : nil }

    /// What follows the schema's name in that of answers to creates and updates.
    private var changeSuffix: String { warns ? "WithWarningResponse" : "Response" }

    private func reference(_ suffix: String) -> JSONObject { OpenAPI.reference(schemaName + suffix) }

    private func operation(
        _ id: String, _ method: Operation.Method, aliases: [Operation.Method] = [], _ path: String, _ summary: String,
        _ permission: Operation.Permission, project: Operation.ProjectPlace? = nil,
        parameters: [Operation.Parameter] = [], request: JSONObject? = nil, responses: [Operation.Response],
        moreErrors: [Int] = [], effect: Operation.Effect
    ) -> Operation {
        Operation(
            id, method, aliases: aliases, path, tags: tags, summary: summary, permission: permission, project: project,
            isVersioned: isVersioned, parameters: parameters, request: request, responses: responses,
            errors: (Operation.commonErrors + moreErrors).sorted(), effect: effect)
    }

    private var listOperation: Operation? {
        names.list.map { id in
            operation(
                id, .get, collection, "List \(label)s", permissions.list,
                parameters: Page.parameters + listOrder.parameters + filterParameters + listParameters,
                responses: [Operation.Response(200, "One page.", schema: reference("ListResponse"))],
                effect: .read { workspace, input in try list(workspace, input) })
        }
    }

    /// The resource that a path names, for kinds of which something is found out.
    private var observedKey: (@Sendable ([String: String]) -> ResourceKey)? {
        if statuses.isEmpty, handle == nil { return nil }
        return { path in key(path[itemParameter] ?? "", path) }
    }

    private var getOperation: Operation? {
        names.get.map { id in
            operation(
                id, .get, item, names.getSummary ?? "Get \(label)", permissions.get, project: itemProject,
                responses: [Operation.Response(200, "The \(title).", schema: reference("Response"))],
                effect: .read { workspace, input in
                    let entry = try entry(workspace, input)
                    var view = try shown(entry, workspace)
                    for (name, member) in try actions.onGet(entry, workspace) { view[name] = member }
                    return .data(.object(view))
                }
            ).observing(observedKey)
        }
    }

    private var createOperation: Operation? {
        names.create.map { id in
            let responses = createStatuses.map {
                Operation.Response(
                    $0, $0 == 201 ? "Created." : "Took another's place.", schema: reference(changeSuffix))
            }
            return operation(
                id, .post, collection, "Create \(label)", permissions.create,
                project: scope == .tenant ? .body("id") : nil,
                request: OpenAPI.reference(bodyName + "Create"), responses: responses,
                moreErrors: onDuplicate == .conflict ? [409] : [],
                effect: .write { workspace, input in
                    let (entry, status) = try create(workspace, input)
                    return try answer(entry, workspace, status: status)
                })
        }
    }

    private var updateOperation: Operation? {
        names.update.map { id in
            operation(
                id, .patch, aliases: [.put], item, "Update \(label)", permissions.update, project: itemProject,
                request: OpenAPI.reference(bodyName + "Update"),
                responses: [Operation.Response(200, "The updated \(title).", schema: reference(changeSuffix))],
                moreErrors: updateErrors,
                effect: .write { workspace, input in try answer(update(workspace, input), workspace, status: 200) })
        }
    }

    private var deleteOperation: Operation? {
        names.delete.map { id in
            operation(
                id, .delete, item, "Delete \(label)", permissions.delete, project: itemProject,
                responses: [Operation.Response(204, "Deleted.")], moreErrors: deleteErrors,
                effect: .write { workspace, input in
                    try delete(workspace, input)
                    return OperationOutput(204)
                })
        }
    }

    // MARK: What they do

    /// The resource that a path names; throws a 404 that names the outermost thing missing.
    public func entry(_ workspace: Workspace, _ input: OperationInput) throws -> Entry {
        let key = key(input.parameter(itemParameter), input.path)
        if let entry = try workspace.get(key), ownership(workspace)?.isMet(by: entry.document) != false {
            return entry
        }
        try workspace.requireContainers(of: scope, input.path)
        throw Problem.notFound(title)
    }

    /// The resource as an operation answers with it.
    public func shown(_ entry: Entry, _ workspace: Workspace) throws -> JSONObject {
        var view = view(entry, in: workspace.branch)
        for (name, member) in try actions.inContext(entry, workspace) { view[name] = member }
        return view
    }

    /// The answer to a create or an update.
    private func answer(_ entry: Entry, _ workspace: Workspace, status: Int) throws -> OperationOutput {
        var body: JSONObject = ["data": .object(try shown(entry, workspace))]
        if let warning = actions.warning(entry) { body["warning"] = .string(warning) }
        return OperationOutput(status, .object(body))
    }

    /// Changes the resource that a path names as the body says, and answers with it.
    public func update(_ workspace: Workspace, _ input: OperationInput) throws -> Entry {
        try actions.update(entry(workspace, input), input.body, workspace)
    }

    /// Makes the resource that a body describes where the path says. Answers with it and the status.
    public func create(_ workspace: Workspace, _ input: OperationInput) throws -> (entry: Entry, status: Int) {
        if scope == .tenant {
            // The body is checked before the project that it names is looked for.
            _ = try create(input.body)
            if try workspace.exists() { throw Problem.conflict("\(title) already exists: \(workspace.branch.project)") }
            try workspace.createBranch()
        } else {
            try workspace.requireContainers(of: scope, input.path)
        }
        return try actions.create(input.body, input.path, workspace)
    }

    private func delete(_ workspace: Workspace, _ input: OperationInput) throws {
        let entry = try entry(workspace, input)
        guard scope == .tenant else { return try actions.delete(entry, workspace) }
        guard workspace.branch.branch == BranchKey.main else {
            throw Problem.badRequest("A project can only be deleted on its main branch")
        }
        try workspace.deleteProject()
    }

    private func list(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let query = listQuery(input, workspace)
        let page = Page(query: input.query)
        if scope == .tenant {
            let (entries, total) = try workspace.projects(query)
            return try answer(entries, total, page, workspace, input) {
                BranchKey(tenant: workspace.branch.tenant, project: $0.key.id)
            }
        }
        let workspace = try observed(workspace, input)
        let (entries, total) = try standingPage(workspace, input, query) ?? workspace.page(query)
        if total == 0 { try workspace.requireContainers(of: scope, input.path) }
        return try answer(entries, total, page, workspace, input) { _ in workspace.branch }
    }

    private func answer(
        _ entries: [Entry], _ total: Int, _ page: Page, _ workspace: Workspace, _ input: OperationInput,
        branch: (Entry) -> BranchKey
    ) throws -> OperationOutput {
        let extras = try actions.onList(entries.map(\.key.id), page, input.query, workspace)
        let views = try entries.map { entry -> JSONValue in
            var view = scope == .tenant ? view(entry, in: branch(entry)) : try shown(entry, workspace)
            for (name, member) in extras[entry.key.id] ?? [:] { view[name] = member }
            return .object(view)
        }
        return page.answer(views, total: total)
    }

    /// The workspace as a list sees it that may say that what was found out does not count.
    private func observed(_ workspace: Workspace, _ input: OperationInput) throws -> Workspace {
        guard !statuses.isEmpty, input.query["skipDiscovery"] == "true" else { return workspace }
        var workspace = workspace
        workspace.observations = .none
        return workspace
    }

    /// The page of those that stand as the query asks, counted as such; nil when it does not ask.
    private func standingPage(
        _ workspace: Workspace, _ input: OperationInput, _ query: ListQuery
    ) throws -> (entries: [Entry], total: Int)? {
        guard !statuses.isEmpty, let wanted = input.query["status"] else { return nil }
        let observations = try workspace.observations.statuses(name)
        var found: [Entry] = []
        var whole = query
        whole.limit = Page.limitMax
        whole.page = 1
        while true {
            let (entries, total) = try workspace.page(whole)
            found += try entries.filter { try actions.status($0, observations[$0.key.id], workspace) == wanted }
            if entries.isEmpty || whole.page * whole.limit >= total { break }
            whole.page += 1
        }
        let start = min((query.page - 1) * query.limit, found.count)
        return (Array(found.dropFirst(start).prefix(query.limit)), found.count)
    }
}

extension Kind {
    /// The schemas that the document keeps for the kind: as shown, as created, as updated, and the two envelopes.
    public var documentSchemas: [(name: String, schema: JSONObject)] {
        let view = OpenAPI.reference(schemaName)
        var warned = OpenAPI.envelope(view)
        warned["properties"] = ["data": .object(view), "warning": ["type": "string"]]
        let withWarning = warns ? [(name: schemaName + "WithWarningResponse", schema: warned)] : []
        let bodies = [(bodyName + "Create", schemas.create), (bodyName + "Update", schemas.update)]
        return withWarning + [(schemaName, schemas.view)] + (hasOwnBodies ? [] : bodies) + [
            (schemaName + "Response", OpenAPI.envelope(view)),
            (schemaName + "ListResponse", OpenAPI.listEnvelope(view)),
        ]
    }
}
