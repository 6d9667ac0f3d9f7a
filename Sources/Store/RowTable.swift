import Catalog

/// The tables that configuration puts rows into, in an order in which no row comes before what it refers to. Their
/// first columns are tenant, project and branch.
enum RowTable: Int, CaseIterable, Sendable {
    /// Resources that were not there.
    case resource
    /// Resources in place of those under their keys.
    case replacedResource
    case facet
    case link
    case outsideLink
    case change

    /// A statement that puts so many rows in.
    struct Insert: Sendable {
        let rows: Int
        let statement: Statement
    }

    /// Columns at the beginning that all rows of a statement share.
    private static let sharedColumns = 3

    private static let inserts = allCases.map { table in
        [32, 4, 1].map { Insert(rows: $0, statement: table.statement(rows: $0)) }
    }

    /// The table's statements, that with the most rows first and that with one row last.
    var inserts: [Insert] { Self.inserts[rawValue] }

    /// How many columns behind the shared ones tell rows apart that must not be in one statement; 0 where no two rows
    /// are the same.
    var keyColumns: Int { self == .replacedResource ? 3 : 0 }

    private var name: String {
        switch self {
        case .resource, .replacedResource: "resource"
        case .facet: "facet"
        case .link: "link"
        case .outsideLink: "outside_link"
        case .change: "change"
        }
    }

    private var columns: [String] {
        switch self {
        case .resource, .replacedResource:
            ["kind", "parent", "id", "document", "created_at", "updated_at", "revision", "name", "search"]
        case .facet: ["kind", "parent", "id", "member", "value"]
        case .link, .outsideLink:
            ["from_kind", "from_parent", "from_id", "to_kind", "to_parent", "to_id", "role", "rule"]
        case .change:
            [
                "number", "at", "actor", "action", "kind", "parent", "id", "before", "after", "batch", "created_at",
                "before_updated_at", "before_revision",
            ]
        }
    }

    private func statement(rows: Int) -> Statement {
        let lists = (0..<rows).map { row in
            let own = columns.indices.map { "$\(Self.sharedColumns + row * columns.count + $0 + 1)" }
            return "($1, $2, $3, \(own.joined(separator: ", ")))"
        }
        let names = (["tenant", "project", "branch"] + columns).joined(separator: ", ")
        var text = "INSERT INTO \(name) (\(names)) VALUES \(lists.joined(separator: ", "))"
        if self == .replacedResource {
            let changing = ["document", "updated_at", "revision", "name", "search"]
            text += " ON CONFLICT (tenant, project, branch, kind, parent, id) DO UPDATE SET "
            text += changing.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        }
        return Statement(text)
    }
}

/// A connection that keeps rows back to put them in many at a time. Whatever else is asked of the database finds them
/// there: they are put in before. Where the engine is a server each statement is a journey.
final class BatchingConnection: Connection {
    private struct Rows {
        var values: [[SQLValue]] = []
        var keys: Set<[SQLValue]> = []
    }

    /// Rows kept back at most.
    private static let waitingMax = 1024

    private let inner: any Connection
    private var waiting: [RowTable: [BranchKey: Rows]] = [:]
    private var count = 0

    /// Keeps back what goes to `inner`.
    init(_ inner: any Connection) { self.inner = inner }

    var dialect: Dialect { inner.dialect }
    /// Without the rows that are kept back.
    var rowsChanged: Int64 { inner.rowsChanged }

    /// Puts a row into a table of a branch, at the latest before anything else is asked.
    ///
    /// - Parameter row: The values behind those of the branch.
    func put(_ row: [SQLValue], into table: RowTable, of branch: BranchKey) throws {
        if table.keyColumns > 0 {
            let key = Array(row.prefix(table.keyColumns))
            // The later row must win.
            if waiting[table]?[branch]?.keys.contains(key) == true { try flush() }
            waiting[table, default: [:]][branch, default: Rows()].keys.insert(key)
        }
        waiting[table, default: [:]][branch, default: Rows()].values.append(row)
        count += 1
        if count >= Self.waitingMax { try flush() }
    }

    /// Puts in all rows that were kept back.
    func flush() throws {
        guard count > 0 else { return }
        let waiting = waiting
        self.waiting = [:]
        count = 0
        for table in RowTable.allCases {
            for (branch, rows) in waiting[table] ?? [:] { try put(rows.values, by: table.inserts, branch) }
        }
    }

    private func put(_ rows: [[SQLValue]], by inserts: [RowTable.Insert], _ branch: BranchKey) throws {
        var rest = rows[...]
        for insert in inserts {
            while rest.count >= insert.rows {
                try inner.execute(insert.statement, branch.values + rest.prefix(insert.rows).joined())
                rest = rest.dropFirst(insert.rows)
            }
        }
    }

    func query(_ statement: Statement, _ values: [SQLValue], _ row: (Row) throws -> Void) throws {
        try flush()
        try inner.query(statement, values, row)
    }

    @discardableResult func execute(_ statement: Statement, _ values: [SQLValue]) throws -> Int {
        try flush()
        return try inner.execute(statement, values)
    }

    func script(_ sql: String) throws {
        try flush()
        try inner.script(sql)
    }
}
