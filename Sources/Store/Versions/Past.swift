import Catalog

/// A state that is made from the log: what differs from a branch that there is.
struct Past {
    /// The branch as it is now; nil when the project has none.
    let anchor: ConfigurationTransaction?
    /// What differs, as it was in the state; nil for what was not there.
    let entries: [ResourceKey: Entry?]

    func get(_ key: ResourceKey) throws -> Entry? {
        if let known = entries[key] { return known }
        return try anchor?.get(key)
    }

    func several(_ keys: [ResourceKey]) throws -> [ResourceKey: Entry] {
        var found = try anchor?.several(keys.filter { entries[$0] == nil }) ?? [:]
        for key in keys { if let entry = entries[key] ?? nil { found[key] = entry } }
        return found
    }
}

extension ConfigurationTransaction {
    /// A state, made from the nearest branch that there is by undoing its changes and, where the state's own branch was
    /// deleted, doing those of it again. Costs what was changed between the two.
    func past(_ commit: Commit) throws -> Past {
        let line = try lineage(of: commit)
        guard let position = line.lastIndex(where: \.life.isAlive) else { return Past(anchor: nil, entries: [:]) }
        let (life, number) = line[position]
        let anchor = try on(life.name)
        var entries: [ResourceKey: Entry?] = [:]
        try undo(life, after: number, &entries)
        for (life, number) in line[(position + 1)...] { try redo(life, upTo: number, over: anchor, &entries) }
        return Past(anchor: anchor, entries: entries)
    }

    private func range(_ life: Life, _ from: Int64, _ to: Int64) -> [SQLValue] {
        [.text(branch.tenant), .text(branch.project), .text(life.name), .integer(from), .integer(to)]
    }

    /// What the first change after `number` found is what was there before all of them.
    private func undo(_ life: Life, after number: Int64, _ entries: inout [ResourceKey: Entry?]) throws {
        try connection.query(SQL.changesWithin, range(life, number, .max)) { row in
            let key = row.key(from: 3)
            guard entries[key] == nil else { return }
            guard let before = try row.json(6) else {
                entries[key] = .some(nil)
                return
            }
            let createdAt = row.integer(8)
            entries[key] = Entry(
                key: key, document: before, createdAt: createdAt, updatedAt: row.optionalInteger(9) ?? createdAt,
                revision: row.optionalInteger(10) ?? 1)
        }
    }

    private func redo(
        _ life: Life, upTo number: Int64, over anchor: ConfigurationTransaction, _ entries: inout [ResourceKey: Entry?]
    ) throws {
        try connection.query(SQL.changesWithin, range(life, life.started, number)) { row in
            let key = row.key(from: 3)
            guard let after = try row.json(7) else {
                entries[key] = .some(nil)
                return
            }
            let at = row.integer(1)
            entries[key] = Entry(
                key: key, document: after, createdAt: row.optionalInteger(8) ?? at, updatedAt: at,
                revision: (row.optionalInteger(10) ?? 0) + 1)
        }
    }

    /// The resources that were changed on the way from either state to the last one that both come from.
    func touched(_ one: Commit, _ other: Commit) throws -> Set<ResourceKey> {
        let (first, second) = (try lineage(of: one), try lineage(of: other))
        let shared = zip(first, second).prefix { $0.life.life == $1.life.life }.count
        var keys: Set<ResourceKey> = []
        func note(_ life: Life, _ from: Int64, _ to: Int64) throws {
            try connection.query(SQL.keysWithin, range(life, from, to)) { keys.insert($0.key(from: 0)) }
        }
        if shared > 0 {
            let (left, right) = (first[shared - 1].number, second[shared - 1].number)
            try note(first[shared - 1].life, min(left, right), max(left, right))
        }
        for line in [first, second] {
            for (life, number) in line.dropFirst(shared) { try note(life, life.started, number) }
        }
        return keys
    }

    // MARK: History

    /// The lines of the log that led to a state, by number, and how many there are in all.
    func history(_ query: HistoryQuery, to commit: Commit) throws -> (lines: [HistoryLine], total: Int) {
        var lines: [HistoryLine] = []
        var total = 0
        var skipped = (query.page - 1) * query.limit
        let line = try lineage(of: commit)
        for (life, number) in query.order == .ascending ? line : line.reversed() {
            let range = range(life, life.started, number)
            let (count, page, subject) = statements(query)
            let found = Int(try connection.first(count, range + subject) { $0.integer(0) } ?? 0)
            total += found
            let wanted = query.limit - lines.count
            if wanted > 0, skipped < found {
                let window: [SQLValue] = [.integer(Int64(wanted)), .integer(Int64(skipped))]
                lines += try connection.rows(page, range + subject + window) { row in
                    let change = try row.change()
                    return HistoryLine(
                        change: change, commit: Commit(life: life.life, number: change.number), branch: life.name)
                }
            }
            skipped = max(0, skipped - found)
        }
        return (lines, total)
    }

    private func statements(
        _ query: HistoryQuery
    ) -> (count: Statement, page: Statement, values: [SQLValue]) {
        func page(_ pages: SQL.Pages) -> Statement {
            query.order == .ascending ? pages.oldestFirst : pages.newestFirst
        }
        switch query.subject {
        case .everything: return (SQL.historyCount, page(SQL.history), [])
        case .resource(let key): return (SQL.resourceHistoryCount, page(SQL.resourceHistory), key.values)
        case .container(let key):
            let place = key.place
            return (
                SQL.containerHistoryCount, page(SQL.containerHistory),
                key.values + [.text(place), .text(place + "/"), .text(place + "0")]
            )
        }
    }

    // MARK: Writing

    /// Stores resources as they are given; nil deletes one and nothing else.
    func apply(_ rows: [(key: ResourceKey, entry: Entry?)]) throws {
        // What refers comes after or with what it refers to: the database looks when the transaction ends.
        for case let (key, entry?) in rows {
            let links = Set(declared.links(key, entry.document).filter { $0.rule != .loose })
            if let old = try get(key) {
                _ = try replace(old, by: entry.document, links)
            } else {
                _ = try create(key, entry.document, links, createdAt: entry.createdAt)
            }
        }
        for (key, entry) in rows where entry == nil {
            if let old = try get(key) { try remove(old) }
        }
    }
}
