/// What a kind does, while its type is known. Its results are erased into `Kind.Actions`.
struct TypedActions<R: Resource>: Sendable {
    let rules: Rules<R>
    let extras: Extras<R>
    let showsUnset: Bool
    let times: [Kind.Time]

    var erased: Kind.Actions {
        Kind.Actions(
            create: create, update: update, delete: delete, view: view, masked: { R(stored: $0).masked },
            inContext: { entry, workspace in try extras.inContext?(R(entry), entry.key, workspace) ?? [:] },
            status: { try extras.standing?.status(R($0), $1, $2) },
            warning: { extras.warning?(R($0)) },
            onGet: { entry, workspace in try extras.onGet?(R(entry), entry.key, workspace) ?? [:] },
            onList: { ids, page, query, workspace in try extras.onList?(ids, page, query, workspace) ?? [:] },
            decode: { body, stored throws(Problem) in
                try Self.decode(body, over: stored.map { R(stored: $0) }, path: [:]).document
            })
    }

    /// Reads a body over a stored value, or a new one, and what the path says.
    static func decode(_ body: JSONValue, over old: R?, path: [String: String]) throws(Problem) -> R {
        var value = old ?? R()
        var decoding = Decoding()
        _ = value.assign(body, creating: old == nil, &decoding)
        if old == nil {
            for field in R.fields where field.mode == .fromPath {
                if let text = path[field.name] { field.assign(.string(text), &value, &decoding) }
            }
        }
        value.keepSecrets(of: old, &decoding)
        try decoding.finish()
        return value
    }

    private func create(
        _ body: JSONValue, _ path: [String: String], _ workspace: Workspace
    ) throws -> (entry: Entry, status: Int) {
        var value = try Self.decode(body, over: nil, path: path)
        let kind = R.kind
        switch kind.identity {
        case .chosen: break
        case .generated: if value.id.isEmpty { value.id = workspace.makeID() }
        case .prefixed(let prefix): value.id = prefix + workspace.makeID()
        case .derived(let names):
            let document = value.document
            value.id = try DerivedID.make(kind, kind.scope.parent(path), names, document, workspace.branch) { id in
                guard let other = try workspace.get(kind.key(id, path)) else { return false }
                return !names.allSatisfy { other.document[$0] == document[$0] }
            }
        }
        let key = kind.key(value.id, path)
        let old = try workspace.get(key)
        if let old, kind.onDuplicate != .replace { throw refusal(of: old.key) }
        if let clash = try clash(value, key, workspace) { throw refusal(of: clash) }
        let replaced = try rules.replaces?(value, key, workspace)
        let entry = try put(value, over: old, key, workspace)
        if let replaced, replaced != key, let other = try workspace.get(replaced) { try delete(other, workspace) }
        return (entry, replaced == nil ? 201 : 200)
    }

    private func refusal(of key: ResourceKey) -> Problem {
        let detail = "\(R.kind.title) already exists: \(key.id)"
        return R.kind.onDuplicate == .unprocessable ? Problem(.unprocessableEntity, detail) : .conflict(detail)
    }

    /// Another resource in the same place that agrees in the members that name the thing.
    private func clash(_ value: R, _ key: ResourceKey, _ workspace: Workspace) throws -> ResourceKey? {
        try R.kind.rivals(key, value.document, in: workspace).first?.key
    }

    private func update(_ entry: Entry, _ patch: JSONValue, _ workspace: Workspace) throws -> Entry {
        if R.kind.refusesEmptyUpdate, let members = patch.object {
            let writable = R.fields.filter { $0.mode.takes(creating: false) }
            if !writable.contains(where: { members[$0.name] != nil }) {
                throw Problem.badRequest("No fields to update")
            }
        }
        let value = try Self.decode(patch, over: R(entry), path: [:])
        if let clash = try clash(value, entry.key, workspace) { throw refusal(of: clash) }
        return try put(value, over: entry, entry.key, workspace)
    }

    private func put(_ value: R, over old: Entry?, _ key: ResourceKey, _ workspace: Workspace) throws -> Entry {
        var placement = Placement(value: value, old: old.map { R($0) }, key: key)
        try rules.beforePut?(&placement, workspace)
        let document = placement.value.document
        let broken = try R.kind.brokenReferences(key, document, old: old?.document, in: workspace)
        if !broken.isEmpty { throw Problem.invalid(broken) }
        let entry = try workspace.put(key, document, R.kind.links(key, document))
        if old == nil, let member = R.kind.handle {
            try workspace.setHandle(key, member == "id" ? key.id : document[member]?.string ?? "")
        }
        try rules.afterPut?(placement, workspace)
        return entry
    }

    private func delete(_ entry: Entry, _ workspace: Workspace) throws {
        try rules.beforeDelete?(R(entry), entry.key, workspace)
        try workspace.delete(entry.key)
        try rules.afterDelete?(R(entry), entry.key, workspace)
    }

    private func view(_ entry: Entry, _ branch: BranchKey) -> JSONObject {
        let value = R(entry)
        var object = value.members(withNulls: showsUnset)
        for (name, member) in extras.always(value, branch) { object[name] = member }
        for time in times {
            object[time.rawValue] = .string(Timestamp.text(time == .created ? entry.createdAt : entry.updatedAt))
        }
        return object
    }
}

/// Ids that follow from what a resource says and where it lives.
public enum DerivedID {
    /// The id of the resource of `kind` in `parent` whose document has these members.
    ///
    /// - Parameter isTaken: Whether an id belongs to something else: a relation that was changed keeps the id that
    ///   followed from what it said before. The next one in a fixed order is used then.
    public static func make(
        _ kind: Kind, _ parent: String, _ members: [String], _ document: JSONValue, _ branch: BranchKey,
        isTaken: (String) throws -> Bool
    ) rethrows -> String {
        let values = members.map { document[$0]?.string ?? "" }
        let parts = [branch.tenant, branch.project, kind.name, parent] + values
        var id = DeterministicID.make(parts)
        var attempt = 1
        while try isTaken(id) {
            id = DeterministicID.make(parts + [String(attempt)])
            attempt += 1
        }
        return id
    }
}

extension Workspace {
    /// Stores a typed value as its kind declares it, without asking the rules of single operations: whole documents
    /// keep those themselves. Equal values write nothing.
    @discardableResult public func put<R: Resource>(_ value: R, in parent: String = "") throws -> Entry {
        let key = ResourceKey(kind: R.kind.name, parent: parent, id: value.id)
        let document = value.document
        return try put(key, document, R.kind.links(key, document))
    }

    /// The typed value of a resource, or nil.
    public func get<R: Resource>(_ type: R.Type, _ id: String, in parent: String = "") throws -> R? {
        try get(ResourceKey(kind: R.kind.name, parent: parent, id: id)).map { R($0) }
    }

    /// All values of a kind in one place, oldest first.
    public func all<R: Resource>(_ type: R.Type, in parent: String = "") throws -> [R] {
        try all(R.kind.name, parent).map { R($0) }
    }
}
