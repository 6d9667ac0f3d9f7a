import Catalog

/// What was done to a resource, an agent or a project, and the way back: beyond the contract, read from the log.
enum HistoryOperations {
    /// Of every kind that is read alone, from its declaration; and of projects.
    static let all: [Operation] =
        Everything.kinds.filter { $0.isVersioned && $0.scope != .tenant }.flatMap(operations)
        + [
            history("get-project-history", Scope.project.path, "Projects", "Project") { _ in .everything },
            restore("restore-project", Scope.project.path, "Projects", "Project") { _ in .everything },
        ]

    private static func operations(of kind: Kind) -> [Operation] {
        guard let item = kind.operations.first(where: { $0.method == .get && $0.path.hasSuffix("}") }),
            let name = item.pathParameters.last, let tag = kind.tags.first
        else { return [] }
        @Sendable func subject(_ input: OperationInput) -> HistoryQuery.Subject {
            let key = kind.key(input.parameter(name), input.path)
            return Scope.containers.contains(kind.name) ? .container(key) : .resource(key)
        }
        return [
            history("get-\(kind.name)-history", item.path, tag, kind.label, subject),
            restore("restore-\(kind.name)", item.path, tag, kind.label, subject),
        ]
    }

    private static func history(
        _ id: String, _ path: String, _ tag: String, _ label: String,
        _ subject: @escaping @Sendable (OperationInput) -> HistoryQuery.Subject
    ) -> Operation {
        Operation(
            id, .get, path + "/history", tag: tag, summary: "Get \(label) History", permission: .view,
            parameters: Page.parameters,
            responses: [
                .init(
                    200, "One page of what was done, newest first.",
                    schema: OpenAPI.listEnvelope(OpenAPI.reference("HistoryEntry")))
            ], effect: .read { workspace, input in try lines(subject(input), workspace, input) })
    }

    private static func restore(
        _ id: String, _ path: String, _ tag: String, _ label: String,
        _ subject: @escaping @Sendable (OperationInput) -> HistoryQuery.Subject
    ) -> Operation {
        Operation(
            id, .post, path + "/restore", tag: tag, summary: "Restore \(label) to an Earlier Change", permission: .edit,
            request: OpenAPI.reference("RestoreRequest"),
            responses: [.init(200, "What was changed.", schema: OpenAPI.reference("RestoreResponse"))],
            errors: (Operation.commonErrors + [409]).sorted(),
            effect: .write { workspace, input in try restore(subject(input), workspace, input) })
    }

    // MARK: History

    private static func lines(
        _ subject: HistoryQuery.Subject, _ workspace: Workspace, _ input: OperationInput
    ) throws -> OperationOutput {
        let page = try Page(query: input.query)
        try workspace.requireProject()
        let (lines, total) = try workspace.versions.history(
            HistoryQuery(subject, page: page.number, limit: page.limit))
        if total == 0, let key = subject.key, try workspace.get(key) == nil {
            throw Problem.notFound(Everything.kindsByName[key.kind]?.title ?? "Resource")
        }
        return page.answer(lines.map { view($0, workspace.branch) }, total: total)
    }

    private static func view(_ line: HistoryLine, _ branch: BranchKey) -> JSONValue {
        let change = line.change
        let key = change.key
        return [
            "number": .integer(change.number), "hash": .string(line.commit.hash(in: branch)),
            "branch": .string(line.branch), "at": .string(Timestamp.text(change.at)), "actor": .string(change.actor),
            "action": .string(change.action.rawValue), "kind": .string(key.kind), "parent": .string(key.parent),
            "id": .string(key.id), "batch": .integer(change.batch), "members": .array(members(change)),
        ]
    }

    /// The members that differ, before and after. Of secrets only that they differ.
    private static func members(_ change: Change) -> [JSONValue] {
        let kind = Everything.kindsByName[change.key.kind]
        func masked(_ document: JSONValue?) -> JSONObject { document.flatMap { kind?.masked($0) } ?? [:] }
        let (before, after) = (masked(change.before), masked(change.after))
        let names = after.keys + before.keys.filter { after[$0] == nil }
        return names.filter { change.before?[$0] != change.after?[$0] }.map { name in
            ["name": .string(name), "before": before[name] ?? .null, "after": after[name] ?? .null]
        }
    }

    // MARK: Restore

    private static func restore(
        _ subject: HistoryQuery.Subject, _ workspace: Workspace, _ input: OperationInput
    ) throws -> OperationOutput {
        let order = try RestoreOrder(body: input.body)
        try workspace.requireProject()
        let versions = workspace.versions
        guard let past = try versions.past(Int64(order.at)), let now = try versions.standing()?.commit else {
            throw Problem(.notFound, "Unknown change: \(order.at)")
        }
        let read = try versions.reader(past)
        if let key = subject.key, try read(key) == nil {
            let title = Everything.kindsByName[key.kind]?.title ?? "Resource"
            guard try workspace.get(key) == nil else {
                throw Problem(.notFound, "\(title) was not there after change \(order.at)")
            }
            throw Problem.notFound(title)
        }
        let keys = try versions.touched(past, now).filter(subject.holds).sorted { place(of: $0) < place(of: $1) }
        let rows = try keys.map { (key: $0, old: try workspace.get($0), entry: try read($0)) }
            .filter { $0.old?.document != $0.entry?.document }
        try ChangeSet(rows.map { ($0.key, $0.entry) }).apply(to: workspace)
        let after = try versions.standing()?.commit ?? now
        let changes = rows.map { row -> JSONValue in
            let action = row.entry == nil ? Change.Action.delete : row.old == nil ? .create : .update
            return [
                "action": .string(action.rawValue), "kind": .string(row.key.kind), "parent": .string(row.key.parent),
                "id": .string(row.key.id),
            ]
        }
        return .data([
            "restoredTo": .integer(Int64(order.at)), "hash": .string(after.hash(in: workspace.branch)),
            "changes": .array(changes),
        ])
    }

    private static func place(of key: ResourceKey) -> (String, String, String) { (key.parent, key.kind, key.id) }
}

extension HistoryQuery.Subject {
    /// The resource, unless it is all of them.
    var key: ResourceKey? {
        switch self {
        case .everything: nil
        case .resource(let key), .container(let key): key
        }
    }

    /// Whether a resource is of it.
    func holds(_ other: ResourceKey) -> Bool {
        switch self {
        case .everything: true
        case .resource(let key): other == key
        case .container(let key):
            other == key || other.parent == key.place || other.parent.hasPrefix(key.place + "/")
        }
    }
}
