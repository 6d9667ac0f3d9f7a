/// The statements on configuration. `$1`, `$2`, `$3` are always tenant, project and branch.
enum SQL {
    static let head = Statement("SELECT head FROM branch WHERE tenant = $1 AND project = $2 AND name = $3")

    static let lockedHead = Statement(
        "SELECT head, life FROM branch WHERE tenant = $1 AND project = $2 AND name = $3 {for update}")

    static let moveHead = Statement("UPDATE branch SET head = $4 WHERE tenant = $1 AND project = $2 AND name = $3")

    static let graph = Statement(
        """
        SELECT 0, CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), head, 0, 0,
            CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT)
        FROM branch WHERE tenant = $1 AND project = $2 AND name = $3
        UNION ALL
        SELECT 1, kind, parent, id, document, created_at, updated_at, revision, NULL, NULL, NULL, NULL, NULL
        FROM resource WHERE tenant = $1 AND project = $2 AND branch = $3
        UNION ALL
        SELECT 2, from_kind, from_parent, from_id, NULL, 0, 0, 0, to_kind, to_parent, to_id, role, rule
        FROM link WHERE tenant = $1 AND project = $2 AND branch = $3
        """)

    static let columns = "kind, parent, id, document, created_at, updated_at, revision"
    static let inBranch = "tenant = $1 AND project = $2 AND branch = $3"

    static let get = Statement(
        "SELECT \(columns) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5 AND id = $6")

    /// Keys of one look at several resources at most.
    static let severalMax = 100

    /// Each row of values is a key; one that is doubled gives its resource twice.
    static let several = Statement(
        """
        SELECT \(columns) FROM (VALUES \(severalKeys)) AS wanted CROSS JOIN resource
        WHERE \(inBranch) AND kind = wanted.column1 AND parent = wanted.column2 AND id = wanted.column3
        """)

    private static let severalKeys = (0..<severalMax).map { row in
        "($\(4 + row * 3), $\(5 + row * 3), $\(6 + row * 3))"
    }.joined(separator: ", ")

    static let all = Statement(
        """
        SELECT \(columns) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5
        ORDER BY created_at, id
        """)

    static let everything = Statement("SELECT \(columns) FROM resource WHERE \(inBranch) ORDER BY created_at, id")

    /// The statements on links: those among the resources of a branch, and those of what lives outside branches to the
    /// main one.
    struct Links: Sendable {
        let table: RowTable
        let from: Statement
        /// Of all of the branch, with who refers.
        let all: Statement
        /// Of what lives in a place, with who refers.
        let inside: Statement
        let to: Statement
        let deleteFrom: Statement
        let delete: Statement

        fileprivate init(in table: String, _ rows: RowTable) {
            self.table = rows
            from = Statement(
                """
                SELECT to_kind, to_parent, to_id, role, rule FROM \(table)
                WHERE \(inBranch) AND from_kind = $4 AND from_parent = $5 AND from_id = $6
                """)
            let columns = "from_kind, from_parent, from_id, to_kind, to_parent, to_id, role, rule"
            all = Statement("SELECT \(columns) FROM \(table) WHERE \(inBranch)")
            inside = SQL.inside(
                columns,
                """
                JOIN \(table) l ON l.tenant = resource.tenant AND l.project = resource.project
                    AND l.branch = resource.branch AND from_kind = kind AND from_parent = parent AND from_id = id
                """)
            to = Statement(
                """
                SELECT from_kind, from_parent, from_id, role, rule FROM \(table) {index \(table)_to}
                WHERE \(inBranch) AND to_kind = $4 AND to_parent = $5 AND to_id = $6
                """)
            deleteFrom = Statement(
                "DELETE FROM \(table) WHERE \(inBranch) AND from_kind = $4 AND from_parent = $5 AND from_id = $6")
            delete = Statement(
                """
                DELETE FROM \(table) WHERE \(inBranch) AND from_kind = $4 AND from_parent = $5 AND from_id = $6
                    AND role = $7 AND to_kind = $8 AND to_parent = $9 AND to_id = $10
                """)
        }
    }

    static let links = Links(in: "link", .link)
    static let outsideLinks = Links(in: "outside_link", .outsideLink)

    /// What lives in a place, or in a place within it, of the table or a join that begins with it. `$5` and `$6` bound
    /// the places within: the place with `/` and with the next character. Two searches and no `OR`, for which SQLite
    /// would look at all of the branch.
    private static func inside(_ columns: String, _ join: String = "") -> Statement {
        let parts = ["parent = $4", "parent >= $5 AND parent < $6"].map { place in
            """
            SELECT \(columns) FROM resource {index resource_inside} \(join)
            WHERE resource.tenant = $1 AND resource.project = $2 AND resource.branch = $3 AND \(place)
            """
        }
        return Statement(parts.joined(separator: " UNION ALL "))
    }

    static let inside = inside(columns)

    static let delete = Statement(
        "DELETE FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5 AND id = $6")

    static let insertHandle = Statement(
        """
        INSERT INTO handle (tenant, project, branch, kind, parent, id, name) VALUES ($1, $2, $3, $4, $5, $6, $7)
        """)

    static let byHandle = Statement(
        """
        SELECT r.kind, r.parent, r.id, r.document, r.created_at, r.updated_at, r.revision, r.tenant, r.project, r.branch
        FROM handle h JOIN resource r ON r.tenant = h.tenant AND r.project = h.project AND r.branch = h.branch
            AND r.kind = h.kind AND r.parent = h.parent AND r.id = h.id
        WHERE h.kind = $1 AND h.name = $2
        """)

    static let changes = Statement(
        """
        SELECT number, at, actor, action, kind, parent, id, before, after, batch FROM change
        WHERE \(inBranch) AND number > $4 ORDER BY number LIMIT $5
        """)
}
