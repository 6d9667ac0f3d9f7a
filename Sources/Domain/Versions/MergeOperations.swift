import Catalog

/// Previews and merges of branches (manage spec §4.4).
enum MergeOperations {
    private static let path = Scope.project.path + "/branches/merge"

    static let all: [Operation] = [
        Operation(
            "merge-preview", .post, path + "/preview", tag: "Branches", summary: "Preview Merge", permission: .edit,
            request: OpenAPI.reference("MergePreviewRequest"),
            responses: [.init(200, "What a merge would do.", schema: OpenAPI.reference("MergePreviewResponse"))],
            effect: .read { try preview($0, $1) }),
        Operation(
            "merge-execute", .post, path, tag: "Branches", summary: "Execute Merge", permission: .edit,
            request: OpenAPI.reference("MergeExecuteRequest"),
            responses: [.init(200, "Merged.", schema: OpenAPI.reference("MergeExecuteResponse"))],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try execute($0, $1) }),
    ]

    private static func plan(_ source: String, _ target: String, _ workspace: Workspace) throws -> MergePlan {
        try workspace.requireProject()
        let (tenant, project) = (workspace.branch.tenant, workspace.branch.project)
        guard BranchKey.shortName(source, tenant, project) != BranchKey.shortName(target, tenant, project) else {
            throw Problem.badRequest("A branch cannot be merged into itself")
        }
        let (from, into) = (try workspace.requireBranch(source), try workspace.requireBranch(target))
        return try MergePlan(from: from, into: into, workspace)
    }

    // MARK: Preview

    private static func preview(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let pair = try MergePair(body: input.body)
        let plan = try plan(pair.sourceBranch, pair.targetBranch, workspace)
        let faults = try plan.changes(settledBy: [:]).faults(in: workspace.on(plan.target.name))
        let branch = workspace.branch
        var answer: JSONObject = [
            "hasConflicts": .bool(!plan.conflicts.isEmpty || !faults.isEmpty),
            "sourceHash": .string(plan.source.commit.hash(in: branch)),
            "targetHash": .string(plan.target.commit.hash(in: branch)),
            "canFastForward": .bool(plan.canFastForward),
            "diffSummary": .array(summary(plan)),
            "conflicts": .array(plan.conflicts.map { conflict($0, workspace) }),
        ]
        if !faults.isEmpty { answer["dangling"] = .array(faults.map(\.view)) }
        return .data(.object(answer))
    }

    /// One line a table with what the source has changed.
    private static func summary(_ plan: MergePlan) -> [JSONValue] {
        var tables: [String] = []
        var types: [String: Set<String>] = [:]
        for row in plan.rows {
            if types[row.kind.table] == nil { tables.append(row.kind.table) }
            types[row.kind.table, default: []].insert(difference(row.base, row.theirs))
        }
        return tables.map { table in
            let kinds = types[table] ?? []
            return [
                "table": .string(table), "diffType": .string(kinds.count == 1 ? kinds.first ?? "" : "modified"),
                "dataChange": true, "schemaChange": false,
            ]
        }
    }

    /// What a side did to a row.
    private static func difference(_ base: BaseDocument, _ side: Entry?) -> String {
        if side == nil { return "removed" }
        return base.document == nil ? "added" : "modified"
    }

    private static func conflict(_ row: MergePlan.Row, _ workspace: Workspace) -> JSONValue {
        let branch = workspace.branch
        func shown(_ document: JSONObject?, _ entry: Entry?) -> JSONValue {
            guard HistoryOperations.isVisible(row.key, document.map(JSONValue.object), workspace) else { return [:] }
            return document.map { .object(MergeRow.row($0, entry, row.key, row.kind, branch)) } ?? .null
        }
        return [
            "table": .string(row.kind.table),
            "primaryKey": .object(MergeRow.primaryKey(row.key, row.kind, branch)),
            "ourDiffType": .string(difference(row.base, row.ours)),
            "theirDiffType": .string(difference(row.base, row.theirs)),
            "base": shown(row.base.document, nil),
            "ours": shown(row.ours?.document.object, row.ours),
            "theirs": shown(row.theirs?.document.object, row.theirs),
        ]
    }

    // MARK: Merge

    private static func execute(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let order = try MergeOrder(body: input.body)
        let plan = try plan(order.sourceBranch, order.targetBranch, workspace)
        let branch = workspace.branch
        for (told, found) in [(order.sourceHash, plan.source), (order.targetHash, plan.target)] {
            guard try told == found.commit.hash(in: branch) || workspace.versions.commit(told) == found.commit else {
                throw Problem.conflict(
                    "Branch \(found.name) has changed since it was previewed; preview the merge again")
            }
        }
        let resolutions = try resolutions(order, plan, branch)
        let open = plan.conflicts.filter { resolutions[$0.key] == nil }
        guard open.isEmpty else {
            throw Problem(
                .conflict, "\(open.count) conflicts are not resolved",
                extras: ["conflicts": .array(open.map { conflict($0, workspace) })])
        }
        let target = try workspace.on(plan.target.name)
        try plan.changes(settledBy: resolutions).apply(to: target)
        let author = order.author.map { "\($0.name) <\($0.email)>" }
        try target.versions.record(
            MergeRecord(source: plan.source.commit, vector: plan.vector, message: order.message, author: author))
        let merged = try target.versions.branch(plan.target.name)?.commit ?? plan.target.commit
        return .data([
            "status": "success", "mergeCommitHash": .string(merged.hash(in: branch)),
            "sourceBranch": .string(order.sourceBranch), "targetBranch": .string(order.targetBranch),
        ])
    }

    /// The resolutions by what they resolve; every broken one is told at once.
    private static func resolutions(
        _ order: MergeOrder, _ plan: MergePlan, _ branch: BranchKey
    ) throws(Problem) -> [ResourceKey: Resolution] {
        var found: [ResourceKey: Resolution] = [:]
        var decoding = Decoding()
        for (position, resolution) in (order.resolutions ?? []).enumerated() {
            decoding.within("resolutions") { decoding in
                decoding.within(String(position)) { decoding in
                    guard let row = row(of: resolution, plan, branch, &decoding) else { return }
                    if found.updateValue(resolution, forKey: row.key) != nil {
                        decoding.fail("is resolved already", at: "primaryKey")
                    }
                    check(resolution, row, &decoding)
                }
            }
        }
        try decoding.finish()
        return found
    }

    private static func row(
        of resolution: Resolution, _ plan: MergePlan, _ branch: BranchKey, _ decoding: inout Decoding
    ) -> MergePlan.Row? {
        guard Everything.kinds.contains(where: { $0.isVersioned && $0.table == resolution.table }) else {
            decoding.fail("is no table", at: "table")
            return nil
        }
        let key = JSONObject(resolution.primaryKey.entries.map { ($0.name, .string($0.value)) })
        let row = plan.conflicts.first { row in
            row.kind.table == resolution.table && MergeRow.primaryKey(row.key, row.kind, branch) == key
        }
        if row == nil { decoding.fail("names no row that conflicts", at: "primaryKey") }
        return row
    }

    private static func check(_ resolution: Resolution, _ row: MergePlan.Row, _ decoding: inout Decoding) {
        let columns = resolution.columns?.entries ?? []
        if case .whole = row.outcome, !columns.isEmpty {
            return decoding.fail("cannot be picked of a row that one side has deleted", at: "columns")
        }
        let known = row.columns
        let fixed = Set(MergeRow.primaryKey(row.key, row.kind, BranchKey(tenant: "", project: "")).keys)
        for column in columns where known[column.name] == nil || fixed.contains(column.name) {
            decoding.within("columns") { $0.fail("is no column that can be picked", at: column.name) }
        }
    }
}
