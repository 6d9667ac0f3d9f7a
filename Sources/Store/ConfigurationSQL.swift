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

    private static let columns = "kind, parent, id, document, created_at, updated_at, revision"
    private static let inBranch = "tenant = $1 AND project = $2 AND branch = $3"

    static let get = Statement(
        "SELECT \(columns) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5 AND id = $6")

    static let all = Statement(
        """
        SELECT \(columns) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5
        ORDER BY created_at, id
        """)

    static let everything = Statement("SELECT \(columns) FROM resource WHERE \(inBranch) ORDER BY created_at, id")

    static let count = Statement("SELECT count(*) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5")

    static let page = Statement(
        """
        SELECT \(columns) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5
        ORDER BY created_at DESC, id LIMIT $6 OFFSET $7
        """)

    private static let refers = """
        EXISTS (
            SELECT 1 FROM link
            WHERE link.tenant = $1 AND link.project = $2 AND link.branch = $3
                AND to_kind = $6 AND to_parent = $7 AND to_id = $8
                AND from_kind = $4 AND from_parent = $5 AND from_id = resource.id)
        """

    static let countReferring = Statement(
        "SELECT count(*) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5 AND \(refers)")

    static let pageReferring = Statement(
        """
        SELECT \(columns) FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5 AND \(refers)
        ORDER BY created_at DESC, id LIMIT $9 OFFSET $10
        """)

    static let tenantCount = Statement(
        "SELECT count(*) FROM resource WHERE tenant = $1 AND kind = $2 AND branch = $3")

    static let tenantPage = Statement(
        """
        SELECT \(columns) FROM resource WHERE tenant = $1 AND kind = $2 AND branch = $3
        ORDER BY created_at DESC, id LIMIT $4 OFFSET $5
        """)

    static let inTenantPage = Statement(
        """
        SELECT \(columns), project FROM resource
        WHERE tenant = $1 AND branch = $3 AND kind = $6 AND parent = '' AND project IN (
            SELECT project FROM resource WHERE tenant = $1 AND kind = $2 AND branch = $3
            ORDER BY created_at DESC, id LIMIT $4 OFFSET $5)
        ORDER BY created_at, id, project
        """)

    static let linksFrom = Statement(
        """
        SELECT to_kind, to_parent, to_id, role, rule FROM link
        WHERE \(inBranch) AND from_kind = $4 AND from_parent = $5 AND from_id = $6
        """)

    static let linksTo = Statement(
        """
        SELECT from_kind, from_parent, from_id, role, rule FROM link
        WHERE \(inBranch) AND to_kind = $4 AND to_parent = $5 AND to_id = $6
        ORDER BY from_kind, from_parent, from_id
        """)

    /// What lives in a place, or in a place within it. The upper bound is the prefix with the next character after `/`.
    static let inside = Statement(
        """
        SELECT \(columns) FROM resource
        WHERE \(inBranch) AND (parent = $4 OR (parent >= $5 AND parent < $6))
        """)

    static let insert = Statement(
        """
        INSERT INTO resource
            (tenant, project, branch, kind, parent, id, document, created_at, updated_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """)

    static let update = Statement(
        """
        UPDATE resource SET document = $7, updated_at = $8, revision = revision + 1
        WHERE \(inBranch) AND kind = $4 AND parent = $5 AND id = $6
        """)

    static let delete = Statement(
        "DELETE FROM resource WHERE \(inBranch) AND kind = $4 AND parent = $5 AND id = $6")

    static let insertLink = Statement(
        """
        INSERT INTO link
            (tenant, project, branch, from_kind, from_parent, from_id, to_kind, to_parent, to_id, role, rule)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """)

    static let deleteLinksFrom = Statement(
        "DELETE FROM link WHERE \(inBranch) AND from_kind = $4 AND from_parent = $5 AND from_id = $6")

    static let deleteLink = Statement(
        """
        DELETE FROM link WHERE \(inBranch) AND from_kind = $4 AND from_parent = $5 AND from_id = $6
            AND role = $7 AND to_kind = $8 AND to_parent = $9 AND to_id = $10
        """)

    static let insertChange = Statement(
        """
        INSERT INTO change
            (tenant, project, branch, number, at, actor, action, kind, parent, id, before, after, batch,
            created_at, before_updated_at, before_revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """)

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
