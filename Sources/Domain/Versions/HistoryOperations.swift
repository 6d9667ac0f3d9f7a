import Catalog

/// What was done to a resource, an agent or a project, and the way back: beyond the contract, read from the log.
enum HistoryOperations {
    /// What a history is of, and what a restore brings back.
    private struct Item: Sendable {
        let id: String
        let path: String
        let tag: String
        let label: String
        /// What a path names.
        let subject: @Sendable (Workspace, OperationInput) throws -> HistoryQuery.Subject
        /// Whether a resource that is no part of the subject goes with it nevertheless.
        var holds: @Sendable (OperationInput, Entry) -> Bool = { _, _ in false }
    }

    /// Of every kind on branches, from its declaration; and of projects.
    static let all: [Operation] = items.flatMap { [history($0), restore($0)] }

    private static let items: [Item] =
        Everything.kinds.filter { $0.isVersioned && $0.scope != .tenant }.compactMap(item)
        + Everything.links.map(item) + [skill, skillFile]
        + [Item(id: "project", path: Scope.project.path, tag: "Projects", label: "Project") { _, _ in .everything }]

    /// A kind whose resources are read alone, under their ids.
    private static func item(_ kind: Kind) -> Item? {
        guard let path = kind.operations.first(where: { $0.method == .get && $0.path.hasSuffix("}") })?.path,
            let tag = kind.tags.first
        else { return nil }
        return Item(id: kind.name, path: path, tag: tag, label: kind.label) { _, input in
            let key = kind.key(input.parameter(kind.itemParameter), input.path)
            return Scope.containers.contains(kind.name) ? .container(key) : .resource(key)
        }
    }

    /// Associations are named by their two ends.
    private static func item(_ link: Link) -> Item {
        Item(id: link.kind.name, path: link.pairPath, tag: link.kind.tags.first ?? "", label: link.kind.label) {
            workspace, input in .resource(try link.pairKey(workspace, input))
        }
    }

    /// A skill's history is that of its `SKILL.md`; its other files, which have their own, go back with it.
    private static let skill = Item(
        id: Skill.kind.name, path: Scope.project.path + "/skills/{id}", tag: "Skills", label: Skill.kind.label,
        subject: { _, input in .resource(Skill.key(input.parameter("id"))) },
        holds: { input, entry in
            entry.key.kind == SkillFile.kind.name && SkillFile(entry).skillId == input.parameter("id")
        })

    private static let skillFile = Item(
        id: SkillFile.kind.name, path: SkillFileOperations.item, tag: "Skills", label: SkillFile.kind.label
    ) { workspace, input in .resource(SkillFileOperations.key(input, in: workspace.branch)) }

    private static func history(_ item: Item) -> Operation {
        Operation(
            "get-\(item.id)-history", .get, item.path + "/history", tag: item.tag,
            summary: "Get \(item.label) History", permission: .view, parameters: Page.parameters + order.parameters,
            responses: [
                .init(
                    200, "One page of what was done.", schema: OpenAPI.listEnvelope(OpenAPI.reference("HistoryEntry")))
            ],
            effect: .read { workspace, input in
                try lines(try subject(item, workspace, input), workspace, input)
            })
    }

    private static func restore(_ item: Item) -> Operation {
        Operation(
            "restore-\(item.id)", .post, item.path + "/restore", tag: item.tag,
            summary: "Restore \(item.label) to an Earlier Change", permission: .edit,
            request: OpenAPI.reference("RestoreRequest"),
            responses: [.init(200, "What was changed.", schema: OpenAPI.reference("RestoreResponse"))],
            errors: (Operation.commonErrors + [409]).sorted(),
            effect: .write { workspace, input in try restore(item, workspace, input) })
    }

    /// What a path names in a project that is there.
    private static func subject(
        _ item: Item, _ workspace: Workspace, _ input: OperationInput
    ) throws -> HistoryQuery.Subject {
        try workspace.requireProject()
        return try item.subject(workspace, input)
    }

    // MARK: History

    // Changes have numbers, and no names.
    private static let order = ListOrder([], otherwise: "by number, the newest first")

    private static func lines(
        _ subject: HistoryQuery.Subject, _ workspace: Workspace, _ input: OperationInput
    ) throws -> OperationOutput {
        let page = Page(query: input.query)
        if let key = subject.key { try requireVisible(key, workspace) }
        let (lines, total) = try workspace.versions.history(
            HistoryQuery(
                subject, page: page.number, limit: page.limit,
                order: ListOrder.order(input.query) ?? .descending))
        if total == 0, let key = subject.key, try workspace.get(key) == nil {
            throw Problem.notFound(Everything.kindsByName[key.kind]?.title ?? "Resource")
        }
        return page.answer(lines.map { view($0, workspace) }, total: total)
    }

    /// Whether the caller may see a resource, whatever the branch: one that somebody else has alone is not shown.
    static func isVisible(_ key: ResourceKey, _ document: JSONValue?, _ workspace: Workspace) -> Bool {
        guard let document, let ownership = Everything.kindsByName[key.kind]?.ownership(workspace) else { return true }
        return ownership.isMet(by: document)
    }

    private static func requireVisible(_ key: ResourceKey, _ workspace: Workspace) throws {
        if try isVisible(key, workspace.get(key)?.document, workspace) { return }
        throw Problem.notFound(Everything.kindsByName[key.kind]?.title ?? "Resource")
    }

    private static func view(_ line: HistoryLine, _ workspace: Workspace) -> JSONValue {
        let change = line.change
        let key = change.key
        let isShown =
            isVisible(key, change.before, workspace) && isVisible(key, change.after, workspace)
        return [
            "number": .integer(change.number), "hash": .string(line.commit.hash(in: workspace.branch)),
            "branch": .string(line.branch), "at": .string(Timestamp.text(change.at)), "actor": .string(change.actor),
            "action": .string(change.action.rawValue), "kind": .string(key.kind), "parent": .string(key.parent),
            "id": .string(key.id), "batch": .integer(change.batch), "members": .array(isShown ? members(change) : []),
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
        _ item: Item, _ workspace: Workspace, _ input: OperationInput
    ) throws -> OperationOutput {
        let order = try RestoreOrder(body: input.body)
        let subject = try subject(item, workspace, input)
        if let key = subject.key { try requireVisible(key, workspace) }
        let versions = workspace.versions
        guard let past = try versions.past(Int64(order.at)), let now = try versions.standing()?.commit else {
            throw Problem(.notFound, "Unknown change: \(order.at)")
        }
        let read = try versions.reader(past)
        if let key = subject.key, try read([key])[key] == nil {
            let title = Everything.kindsByName[key.kind]?.title ?? "Resource"
            guard try workspace.get(key) == nil else {
                throw Problem(.notFound, "\(title) was not there after change \(order.at)")
            }
            throw Problem.notFound(title)
        }
        let keys = try versions.touched(past, now).sorted { place(of: $0) < place(of: $1) }
        let (before, after) = (try read(keys), try workspace.several(keys))
        let rows = keys.map { (key: $0, old: after[$0], entry: before[$0]) }.filter { row in
            guard row.old?.document != row.entry?.document,
                isVisible(row.key, row.old?.document, workspace), isVisible(row.key, row.entry?.document, workspace)
            else { return false }
            return subject.holds(row.key) || (row.entry ?? row.old).map { item.holds(input, $0) } == true
        }
        try ChangeSet(rows.map { ($0.key, $0.entry) }).apply(to: workspace)
        let state = try versions.standing()?.commit ?? now
        let changes = rows.map { row -> JSONValue in
            let action = row.entry == nil ? Change.Action.delete : row.old == nil ? .create : .update
            return [
                "action": .string(action.rawValue), "kind": .string(row.key.kind), "parent": .string(row.key.parent),
                "id": .string(row.key.id),
            ]
        }
        return .data([
            "restoredTo": .integer(Int64(order.at)), "hash": .string(state.hash(in: workspace.branch)),
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
