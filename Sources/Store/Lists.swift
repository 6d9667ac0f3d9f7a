public import Catalog

extension ConfigurationTransaction {
    /// One page, and how many there are in all. Costs two statements. How many there are of a kind in a place is
    /// known; where only some are wanted they are counted.
    public func page(_ query: ListQuery) throws -> (entries: [Entry], total: Int) {
        try page(query, .branch)
    }

    /// One page of the tenant's resources of a kind that each project has one of, on this branch's name in all its
    /// projects, and how many there are in all. Filters are for branches; here they do not count.
    public func tenantPage(_ query: ListQuery) throws -> (entries: [Entry], total: Int) {
        try page(query, .tenant)
    }

    /// One page of the tenant's resources of a kind at the top of all its projects, on this branch's name in each, and
    /// how many there are in all.
    func everywhere(_ query: ListQuery) throws -> (entries: [Entry], total: Int) {
        try page(query, .everywhere)
    }

    private func page(_ query: ListQuery, _ place: ListShape.Place) throws -> (entries: [Entry], total: Int) {
        let shape = ListShape(query, place, in: branch)
        let statements = ListSQL.statements(shape)
        let values = ListSQL.values(query, branch, place)
        let total =
            shape.isWhole && place == .branch
            ? try amount(query.kind, query.parent)
            : try connection.first(statements.count, values) { $0.integer(0) } ?? 0
        let limit = query.limit.clamped(to: 1...1000)
        let offset = Int64(max(query.page, 1) - 1).multipliedReportingOverflow(by: limit)
        guard !offset.overflow, offset.partialValue < total else { return ([], Int(total)) }
        let shown = min(limit, total - offset.partialValue)
        let behind = total - offset.partialValue - shown
        let isNearEnd = behind < offset.partialValue
        let window: [SQLValue] = [.integer(shown), .integer(isNearEnd ? behind : offset.partialValue)]
        let entries = try connection.rows(
            isNearEnd ? statements.pageFromEnd : statements.page, values + window
        ) { try $0.entry(from: 0) }
        return (entries, Int(total))
    }

    /// How many resources of a kind live in a place.
    private func amount(_ kind: String, _ parent: String) throws -> Int64 {
        let kept = try connection.first(SQL.tally, branch.values + [.text(kind), .text(parent)]) { $0.integer(0) }
        return (kept ?? 0) + (moved[Place(kind: kind, parent: parent)] ?? 0)
    }

    /// All resources of `kind` at the top of these projects, at most 100, oldest first, in one statement.
    public func atTop(of projects: [String], kind: String) throws -> [(project: String, entry: Entry)] {
        guard let last = projects.last else { return [] }
        let names = projects.prefix(SQL.atTopMax)
        let rest = repeatElement(SQLValue.text(last), count: SQL.atTopMax - names.count)
        let values: [SQLValue] = [.text(branch.tenant), .text(kind), .text(branch.branch)]
        return try connection.rows(SQL.atTop, values + names.map(SQLValue.text) + rest) { row in
            (row.text(7), try row.entry(from: 0))
        }
    }

    /// Adds what was made and deleted in this transaction to what is known of each place.
    func keepTally() throws {
        for (place, amount) in moved where amount != 0 {
            let values = branch.values + [.text(place.kind), .text(place.parent)]
            try connection.execute(SQL.moveTally, values + [.integer(amount)])
            if amount < 0 { try connection.execute(SQL.dropTally, values) }
        }
        moved = [:]
    }
}

extension SQL {
    static let tally = Statement("SELECT amount FROM tally WHERE \(inBranch) AND kind = $4 AND parent = $5")

    static let moveTally = Statement(
        """
        INSERT INTO tally (tenant, project, branch, kind, parent, amount) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, project, branch, kind, parent) DO UPDATE SET amount = tally.amount + excluded.amount
        """)

    /// A place in which nothing is left is forgotten: agents come and go.
    static let dropTally = Statement("DELETE FROM tally WHERE \(inBranch) AND kind = $4 AND parent = $5 AND amount = 0")

    static let copyTally = Statement(
        """
        INSERT INTO tally (tenant, project, branch, kind, parent, amount)
        SELECT tenant, project, $3, kind, parent, amount
        FROM tally WHERE tenant = $1 AND project = $2 AND branch = $4
        """)

    /// Projects of a page at most.
    static let atTopMax = 100

    static let atTop = Statement(
        """
        SELECT \(columns), project FROM resource
        WHERE tenant = $1 AND branch = $3 AND kind = $2 AND parent = ''
            AND project IN (\((4..<4 + atTopMax).map { "$\($0)" }.joined(separator: ", ")))
        ORDER BY created_at, id, project
        """)

    static let deleteFacets = Statement(
        "DELETE FROM facet WHERE \(inBranch) AND kind = $4 AND parent = $5 AND id = $6")

    static let copyFacets = Statement(
        """
        INSERT INTO facet (tenant, project, branch, kind, parent, id, member, value)
        SELECT tenant, project, $3, kind, parent, id, member, value
        FROM facet WHERE tenant = $1 AND project = $2 AND branch = $4
        """)
}
