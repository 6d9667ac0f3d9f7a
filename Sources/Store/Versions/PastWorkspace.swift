import Catalog

extension ConfigurationTransaction {
    /// A state as what operations read from. Nothing can be changed in it.
    func workspace(of state: Commit, _ tools: WorkspaceTools) throws -> Workspace {
        let past = try past(state)
        guard let anchor = past.anchor else { throw Problem(.notFound, "Unknown ref: \(state.hash(in: branch))") }
        let view = PastView(past: past, anchor: anchor, links: declared.links)
        var workspace = Workspace(
            branch: branch, now: tools.now, makeID: tools.makeID, get: past.get, several: past.several,
            contents: view.contents, all: view.all, everything: view.everything, page: view.page,
            projects: { try self.projects($0, tools) }, inProjects: { try self.atTop(of: $1, kind: $0) },
            referrers: view.referrers, put: { _, _, _ in throw Self.isPast }, delete: { _ in throw Self.isPast },
            exists: { true }, createBranch: { throw Self.isPast }, deleteProject: { throw Self.isPast },
            on: { try self.on($0).workspace(tools) }, setHandle: { _, _ in throw Self.isPast },
            versions: versions(at: state))
        place(&workspace, tools)
        return workspace
    }

    private static let isPast = Problem.badRequest("A past state cannot be changed")
}

/// Reads of a state: those of the branch that it was made from, put right by what differs.
private struct PastView {
    let past: Past
    let anchor: ConfigurationTransaction
    let links: Declarations.Links

    func all(_ kind: String, _ parent: String) throws -> [Entry] {
        try corrected(anchor.all(kind, parent)) { $0.kind == kind && $0.parent == parent }
    }

    func contents(_ key: ResourceKey) throws -> [Entry] {
        try corrected(anchor.contents(of: key)) { $0.parent == key.place || $0.parent.hasPrefix(key.place + "/") }
    }

    func everything() throws -> [Entry] { try corrected(anchor.everything()) { _ in true } }

    private func corrected(_ entries: [Entry], where wanted: (ResourceKey) -> Bool) -> [Entry] {
        var corrected = entries.filter { past.entries[$0.key] == nil }
        let kept = corrected.count
        for case let (key, entry?) in past.entries where wanted(key) { corrected.append(entry) }
        if corrected.count > kept { corrected.sort { ($0.createdAt, $0.key.id) < ($1.createdAt, $1.key.id) } }
        return corrected
    }

    func page(_ query: ListQuery) throws -> (entries: [Entry], total: Int) {
        let differs = past.entries.keys.contains { $0.kind == query.kind && $0.parent == query.parent }
        guard differs else { return try anchor.page(query) }
        let users = try query.referringTo.map { Set(try referrers($0)) }
        let found = try all(query.kind, query.parent).filter { users?.contains($0.key) ?? true }
        var rest = query
        rest.referringTo = nil
        return rest.page(of: found, links: { _ in [ResourceLink]() })
    }

    func referrers(_ key: ResourceKey) throws -> [ResourceKey] {
        var found = try anchor.referrers(key).filter { past.entries[$0] == nil }
        for case let (source, entry?) in past.entries where refers(source, entry, to: key) { found.append(source) }
        return found.sorted { ($0.kind, $0.parent, $0.id) < ($1.kind, $1.parent, $1.id) }
    }

    private func refers(_ source: ResourceKey, _ entry: Entry, to key: ResourceKey) -> Bool {
        links(source, entry.document).contains { $0.target == key && $0.rule != .loose }
    }
}
