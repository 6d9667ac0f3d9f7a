import Catalog

/// Changes of a branch that are made together, from a merge or an earlier state, past the rules of single operations.
/// What would be left without what it needs is found before anything is written.
struct ChangeSet {
    /// A resource and what it lacks or clashes with.
    struct Fault {
        let key: ResourceKey
        let reason: String
    }

    /// What is to be stored; nil for what is to be deleted.
    let rows: [(key: ResourceKey, entry: Entry?)]
    private let byKey: [ResourceKey: Entry?]

    init(_ rows: [(key: ResourceKey, entry: Entry?)]) {
        self.rows = rows
        byKey = Dictionary(rows.map { ($0.key, $0.entry) }, uniquingKeysWith: { $1 })
    }

    /// Writes all of it on the workspace's branch.
    ///
    /// - Throws: A 409 that names what would be left dangling, or clash.
    func apply(to workspace: Workspace) throws {
        let faults = try faults(in: workspace)
        guard faults.isEmpty else { throw Self.problem(faults) }
        try workspace.versions.apply(rows)
    }

    /// How many faults a refusal tells in its sentence.
    private static let toldMax = 5

    static func problem(_ faults: [Fault]) -> Problem {
        var told = faults.prefix(toldMax).map(\.reason)
        if faults.count > told.count { told.append("\(faults.count - told.count) more") }
        return Problem(.conflict, told.joined(separator: "; "), extras: ["dangling": .array(faults.map(\.view))])
    }

    /// What would be wrong afterwards.
    func faults(in workspace: Workspace) throws -> [Fault] {
        var faults: [Fault] = []
        for (key, entry) in rows {
            if let entry {
                faults += try missing(entry, workspace) + clashes(entry, workspace)
            } else {
                faults += try left(behind: key, workspace)
            }
        }
        return faults
    }

    private func exists(_ key: ResourceKey, _ workspace: Workspace) throws -> Bool {
        if let known = byKey[key] { return known != nil }
        return try workspace.get(key) != nil
    }

    private func missing(_ entry: Entry, _ workspace: Workspace) throws -> [Fault] {
        let key = entry.key
        var needed = Everything.references(key, entry.document).map { ($0.target, "refers to") }
        let places = key.parent.split(separator: "/").map(String.init)
        if let agent = places.first { needed.append((ResourceKey(kind: Scope.agentKind, id: agent), "lives in")) }
        if places.count > 1 {
            let subAgent = ResourceKey(kind: Scope.subAgentKind, parent: places[0], id: places[1])
            needed.append((subAgent, "lives in"))
        }
        return try needed.filter { try !exists($0.0, workspace) }.map { target, verb in
            Fault(
                key: key,
                reason: "\(key.kind) \(key.id) \(verb) the \(target.kind) \(target.id), which would not exist")
        }
    }

    /// What needs a resource that goes, and stays as it is. What is changed too is looked at by itself.
    private func left(behind key: ResourceKey, _ workspace: Workspace) throws -> [Fault] {
        var users = try workspace.referrers(key)
        if Scope.containers.contains(key.kind) {
            for kind in Everything.kinds where kind.isVersioned && (kind.scope == .agent || kind.scope == .subAgent) {
                users += try workspace.all(kind.name, key.place).map(\.key)
            }
        }
        return users.filter { byKey[$0] == nil }.map { user in
            Fault(key: user, reason: "\(user.kind) \(user.id) needs the \(key.kind) \(key.id), which would not exist")
        }
    }

    /// Others in the same place that agree in the members that together name the thing.
    private func clashes(_ entry: Entry, _ workspace: Workspace) throws -> [Fault] {
        let key = entry.key
        guard let names = Everything.kindsByName[key.kind]?.unique, !names.isEmpty else { return [] }
        let old = try workspace.get(key)
        if let old, names.allSatisfy({ old.document[$0] == entry.document[$0] }) { return [] }
        var others = try workspace.all(key.kind, key.parent).filter { byKey[$0.key] == nil }
        others += rows.compactMap(\.entry).filter { $0.key.kind == key.kind && $0.key.parent == key.parent }
        return others.filter { other in
            other.key != key && names.allSatisfy { other.document[$0] == entry.document[$0] }
        }.map { other in
            Fault(key: key, reason: "\(key.kind) \(key.id) would be the same as \(other.key.id)")
        }
    }
}

extension ChangeSet.Fault {
    var view: JSONValue {
        [
            "kind": .string(key.kind), "parent": .string(key.parent), "id": .string(key.id), "reason": .string(reason),
        ]
    }
}
