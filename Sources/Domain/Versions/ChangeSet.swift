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
    /// What is to be stored, by where it lives.
    private let places: [Place: [Entry]]

    private struct Place: Hashable {
        let kind: String
        let parent: String

        init(_ key: ResourceKey) {
            kind = key.kind
            parent = key.parent
        }
    }

    init(_ rows: [(key: ResourceKey, entry: Entry?)]) {
        self.rows = rows
        byKey = Dictionary(rows.map { ($0.key, $0.entry) }, uniquingKeysWith: { $1 })
        places = Dictionary(grouping: rows.compactMap(\.entry)) { Place($0.key) }
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
        let needs = rows.compactMap(\.entry).map { (entry: $0, others: needed(by: $0)) }
        let others = needs.flatMap { need in need.others.map(\.key) }.filter { byKey[$0] == nil }
        let known = Set(try workspace.several(others.unique).keys)
        for (entry, others) in needs { faults += missing(entry, others, known) }
        for (key, entry) in rows {
            if let entry {
                faults += try clashes(entry, workspace)
            } else {
                faults += try left(behind: key, workspace)
            }
        }
        return faults
    }

    /// What a resource refers to and lives in, with the word for it.
    private func needed(by entry: Entry) -> [(key: ResourceKey, verb: String)] {
        let key = entry.key
        var needed = Everything.references(key, entry.document).map { (key: $0.target, verb: "refers to") }
        let places = key.parent.split(separator: "/").map(String.init)
        if let agent = places.first { needed.append((ResourceKey(kind: Scope.agentKind, id: agent), "lives in")) }
        if places.count > 1 {
            let subAgent = ResourceKey(kind: Scope.subAgentKind, parent: places[0], id: places[1])
            needed.append((subAgent, "lives in"))
        }
        return needed
    }

    private func missing(
        _ entry: Entry, _ needed: [(key: ResourceKey, verb: String)], _ known: Set<ResourceKey>
    ) -> [Fault] {
        needed.filter { need in byKey[need.key].map { $0 == nil } ?? !known.contains(need.key) }.map { target, verb in
            let (who, what) = ("\(entry.key.kind) \(entry.key.id)", "\(target.kind) \(target.id)")
            return Fault(key: entry.key, reason: "\(who) \(verb) the \(what), which would not exist")
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
        guard let kind = Everything.kindsByName[key.kind], !kind.unique.isEmpty else { return [] }
        func agrees(_ other: Entry) -> Bool {
            kind.unique.allSatisfy { other.document[$0] == entry.document[$0] }
        }
        if let old = try workspace.get(key), agrees(old) { return [] }
        let others = try kind.rivals(key, entry.document, in: workspace).filter { byKey[$0.key] == nil }
        let changed = (places[Place(key)] ?? []).filter { $0.key != key && agrees($0) }
        return (others + changed).map { other in
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
