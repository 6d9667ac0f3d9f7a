public import Catalog

extension ConfigurationTransaction {
    /// Whether the branch exists.
    public func exists() throws -> Bool {
        if writing != nil { return head != nil }
        return try connection.first(SQL.head, branch.values) { $0.integer(0) } != nil
    }

    // MARK: Resources

    /// The resource, or nil.
    public func get(_ key: ResourceKey) throws -> Entry? {
        if let entry = known[key] { return entry }
        let entry = try connection.first(SQL.get, branch.values + key.values) { try $0.entry(from: 0) }
        if writing != nil { known.note(entry, at: key) }
        return entry
    }

    /// Those of these resources that are there, by key, up to 100 in one statement.
    public func several(_ keys: [ResourceKey]) throws -> [ResourceKey: Entry] {
        var found: [ResourceKey: Entry] = [:]
        var unknown: [ResourceKey] = []
        for key in keys {
            if let entry = known[key] { found[key] = entry } else { unknown.append(key) }
        }
        // One or two are found faster by themselves than among a hundred.
        guard unknown.count > 2 else {
            for key in unknown { found[key] = try get(key) }
            return found
        }
        for start in stride(from: 0, to: unknown.count, by: SQL.severalMax) {
            let wanted = unknown[start...].prefix(SQL.severalMax)
            let filled = wanted + repeatElement(unknown[start], count: SQL.severalMax - wanted.count)
            let entries = try connection.rows(SQL.several, branch.values + filled.flatMap(\.values)) {
                try $0.entry(from: 0)
            }
            for entry in entries { found[entry.key] = entry }
            if writing != nil { for key in wanted { known.note(found[key], at: key) } }
        }
        return found
    }

    /// All resources of a kind in one place, oldest first.
    public func all(_ kind: String, _ parent: String) throws -> [Entry] {
        try connection.rows(SQL.all, branch.values + [.text(kind), .text(parent)]) { try $0.entry(from: 0) }
    }

    /// All resources of the branch, oldest first.
    public func everything() throws -> [Entry] {
        if let entries = known.everything(in: .branch) { return entries }
        let entries = try connection.rows(SQL.everything, branch.values) { try $0.entry(from: 0) }
        if writing != nil { known.note(entries, in: .branch) }
        return entries
    }

    /// What lives in a resource, or in what lives in it, oldest first; nothing lives in what is no container.
    public func contents(of key: ResourceKey) throws -> [Entry] {
        guard declared.containers.contains(key.kind) else { return [] }
        if let entries = known.everything(in: .place(key.place)) { return entries }
        let entries = try connection.rows(SQL.inside, values(inside: key.place)) { try $0.entry(from: 0) }.oldestFirst
        if writing != nil { known.note(entries, in: .place(key.place)) }
        return entries
    }

    private func values(inside place: String) -> [SQLValue] {
        // `0` follows `/`: the places that begin with `path/` and no others.
        branch.values + [place, place + "/", place + "0"].map(SQLValue.text)
    }

    // MARK: Links

    /// Who refers to a resource, each once.
    public func referrers(_ key: ResourceKey) throws -> [ResourceKey] {
        try linksTo(key).reduce(into: []) { keys, link in
            if keys.last != link.source { keys.append(link.source) }
        }
    }

    /// What a resource refers to.
    public func links(from key: ResourceKey) throws -> [ResourceLink] {
        try connection.rows(links.from, branch.values + key.values) { try $0.link(from: 0) }
    }

    /// What a resource of a job that writes refers to. Where all resources are known, the links of all are read.
    func knownLinks(from key: ResourceKey) throws -> Set<ResourceLink> {
        if let links = known.links(from: key) { return links }
        guard let whole = known.whole(holding: key) else {
            let links = Set(try links(from: key))
            known.note(links, from: key)
            return links
        }
        var found: [ResourceKey: Set<ResourceLink>] = [:]
        let (statement, values) =
            switch whole {
            case .branch: (links.all, branch.values)
            case .place(let place): (links.inside, self.values(inside: place))
            }
        try connection.query(statement, values) { row in
            found[row.key(from: 0), default: []].insert(try row.link(from: 3))
        }
        for (key, links) in found { known.note(links, from: key) }
        known.noteLinks(of: whole)
        return found[key] ?? []
    }

    struct Referral {
        let source: ResourceKey
        let link: ResourceLink
    }

    /// The links to a resource, in the order of who refers.
    func linksTo(_ key: ResourceKey) throws -> [Referral] {
        let referrals = try connection.rows(links.to, branch.values + key.values) { row in
            guard let rule = Reference.Rule(rawValue: row.text(4)) else { throw StoreError.corrupt("rule of a link") }
            return Referral(
                source: row.key(from: 0), link: ResourceLink(target: key, role: row.text(3), rule: rule))
        }
        return referrals.sorted { left, right in
            let (left, right) = (left.source, right.source)
            return (left.kind, left.parent, left.id) < (right.kind, right.parent, right.id)
        }
    }
}
