import Catalog

/// What a merge of one branch into another does, resource by resource. "Ours" is the target, "theirs" the source.
struct MergePlan {
    /// One resource that the source has changed in another way than the target.
    struct Row {
        let key: ResourceKey
        let kind: Kind
        let base: BaseDocument
        let ours: Entry?
        let theirs: Entry?
        let outcome: ThreeWayMerge.Outcome

        var isConflict: Bool { if case .settled = outcome { false } else { true } }
    }

    let source: Branch
    let target: Branch
    /// Whether nothing was changed on the target that the source does not have.
    let canFastForward: Bool
    /// What is in the target after the merge.
    let vector: VersionVector
    /// In the order of kinds, places and ids.
    let rows: [Row]

    /// The plan for two branches of the workspace's project.
    init(from source: Branch, into target: Branch, _ workspace: Workspace) throws {
        self.source = source
        self.target = target
        let versions = workspace.versions
        let (ours, theirs) = (try versions.vector(target.own), try versions.vector(source.own))
        canFastForward = theirs.contains(target.commit)
        vector = ours.union(theirs)
        let base = try MergeBase.find(ours, theirs, versions)
        var touched: Set<ResourceKey> = []
        for commit in base.commits {
            touched.formUnion(try versions.touched(commit, source.commit))
            touched.formUnion(try versions.touched(commit, target.commit))
        }
        rows = try Self.rows(Array(touched), base, source, target, workspace)
    }

    /// What differs in the resources of these keys, which are all that is read.
    private static func rows(
        _ keys: [ResourceKey], _ base: MergeBase, _ source: Branch, _ target: Branch, _ workspace: Workspace
    ) throws -> [Row] {
        let target = try workspace.on(target.name)
        let (allOurs, allTheirs) = (try target.several(keys), try workspace.on(source.name).several(keys))
        let bases = try base.read(keys.filter { allOurs[$0]?.document != allTheirs[$0]?.document })
        return keys.compactMap { key -> Row? in
            guard let kind = Everything.kindsByName[key.kind] else { return nil }
            let ours = allOurs[key]
            var (base, theirs) = (bases[key] ?? BaseDocument(nil), allTheirs[key])
            align(&base, ours, &theirs, target)
            guard ours?.document != theirs?.document else { return nil }
            let outcome = ThreeWayMerge.merge(base, ours: ours?.document.object, theirs: theirs?.document.object)
            if case .settled(let document) = outcome, document == ours?.document.object { return nil }
            return Row(key: key, kind: kind, base: base, ours: ours, theirs: theirs, outcome: outcome)
        }.sorted { order($0) < order($1) }
    }

    /// Brings secrets that are the same in two of the three documents into one form, so that what was set to the same
    /// on both sides is no conflict. Ours has the form that stays.
    private static func align(_ base: inout BaseDocument, _ ours: Entry?, _ theirs: inout Entry?, _ target: Workspace) {
        guard let kind = (ours ?? theirs)?.key.kind else { return }
        func aligned(_ document: JSONValue, with other: JSONValue?) -> JSONValue {
            other.map { target.aligned(document, kind, $0) } ?? document
        }
        if let document = base.document {
            base.document = aligned(.object(document), with: ours?.document).object
        }
        if let entry = theirs {
            let document = aligned(
                aligned(entry.document, with: ours?.document), with: base.document.map(JSONValue.object))
            theirs = Entry(
                key: entry.key, document: document, createdAt: entry.createdAt, updatedAt: entry.updatedAt,
                revision: entry.revision)
        }
    }

    private static let places = Dictionary(
        uniqueKeysWithValues: Everything.kinds.enumerated().map { ($0.element.name, $0.offset) })

    private static func order(_ row: Row) -> (Int, String, String) {
        (places[row.key.kind] ?? 0, row.key.parent, row.key.id)
    }

    var conflicts: [Row] { rows.filter(\.isConflict) }

    /// The changes of the target, with each conflict settled as told.
    func changes(settledBy resolutions: [ResourceKey: Resolution]) throws -> ChangeSet {
        ChangeSet(
            try rows.map { row in
                let document: JSONObject?
                switch (row.outcome, resolutions[row.key]) {
                case (.settled(let settled), _): document = settled
                case (.members(let names, let merged), let resolution?):
                    document = try row.settle(names, merged, by: resolution)
                case (.whole, let resolution?):
                    document = (resolution.rowDefaultPick == .ours ? row.ours : row.theirs)?.document.object
                case (_, nil): document = row.ours?.document.object
                }
                return (row.key, document.flatMap { row.entry($0) })
            })
    }
}

extension MergePlan.Row {
    /// The document as an entry of the target.
    func entry(_ document: JSONObject) -> Entry? {
        (ours ?? theirs).map {
            Entry(
                key: key, document: .object(document), createdAt: $0.createdAt, updatedAt: $0.updatedAt,
                revision: $0.revision)
        }
    }

    /// The members by the names of their columns.
    var columns: [String: String] {
        let names = [base.document, ours?.document.object, theirs?.document.object].flatMap { $0?.keys ?? [] }
        return Dictionary(names.map { (MergeRow.column($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The merged document with the picked side in what conflicts, and in each column that is named.
    func settle(_ conflicting: [String], _ merged: JSONObject, by resolution: Resolution) throws -> JSONObject {
        var document = merged
        func take(_ side: Side, _ member: String) {
            document[member] = (side == .ours ? ours : theirs)?.document[member]
        }
        for member in conflicting { take(resolution.rowDefaultPick, member) }
        for (column, side) in resolution.columns?.entries ?? [] {
            if let member = columns[column] { take(side, member) }
        }
        return document
    }
}

/// Rows as merges show them: tables and columns with the names that clients know (manage spec §4.4, Appendix B).
enum MergeRow {
    /// The name of the column of a member: `baseUrl` is `base_url`.
    static func column(_ member: String) -> String {
        var name = ""
        for character in member {
            if character.isUppercase { name += "_" }
            name += character.lowercased()
        }
        return name
    }

    /// The columns that name a row.
    static func primaryKey(_ key: ResourceKey, _ kind: Kind, _ branch: BranchKey) -> JSONObject {
        var columns: JSONObject = ["tenant_id": .string(branch.tenant)]
        if kind.scope != .tenant { columns["project_id"] = .string(branch.project) }
        let places = key.parent.split(separator: "/", omittingEmptySubsequences: true)
        for (name, place) in zip(["agent_id", "sub_agent_id"], places) { columns[name] = .string(String(place)) }
        columns["id"] = .string(key.id)
        return columns
    }

    /// A whole row, its secrets masked.
    static func row(
        _ document: JSONObject, _ entry: Entry?, _ key: ResourceKey, _ kind: Kind, _ branch: BranchKey
    ) -> JSONObject {
        var columns = primaryKey(key, kind, branch)
        for (member, value) in kind.masked(.object(document)) where columns[column(member)] == nil {
            columns[column(member)] = value
        }
        if let entry {
            columns["created_at"] = .string(Timestamp.text(entry.createdAt))
            columns["updated_at"] = .string(Timestamp.text(entry.updatedAt))
        }
        return columns
    }
}
