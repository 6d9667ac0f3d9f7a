import Catalog

/// The statements on branches, their lives, and the log. `$1` and `$2` are always tenant and project.
extension SQL {
    private static let ofLife = "tenant = $1 AND project = $2 AND life = $3"

    // MARK: Branches

    private static let branchColumns = """
        SELECT b.name, b.life, b.head, l.started, l.source, l.base
        FROM branch b JOIN branch_life l ON l.tenant = b.tenant AND l.project = b.project AND l.life = b.life
        WHERE b.tenant = $1 AND b.project = $2
        """

    static let branch = Statement("\(branchColumns) AND b.name = $3")

    static let branches = Statement("\(branchColumns) ORDER BY b.name")

    static let branchesHolding = Statement(
        """
        \(branchColumns) AND EXISTS (
            SELECT 1 FROM resource r
            WHERE r.tenant = b.tenant AND r.project = b.project AND r.branch = b.name
                AND r.kind = $3 AND r.parent = $4 AND r.id = $5)
        ORDER BY b.name
        """)

    /// The highest number that was ever used under a branch's name; null when none was.
    static let lastNumber = Statement(
        """
        SELECT max(number) FROM (
            SELECT max(number) AS number FROM change WHERE \(inBranch)
            UNION ALL
            SELECT max(ended) FROM branch_life WHERE tenant = $1 AND project = $2 AND name = $3) used
        """)

    static let createBranch = Statement(
        """
        INSERT INTO branch (tenant, project, name, head, base, source, created_at, life)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """)

    static let copyResources = Statement(
        """
        INSERT INTO resource
            (tenant, project, branch, kind, parent, id, document, created_at, updated_at, revision, name, search)
        SELECT tenant, project, $3, kind, parent, id, document, created_at, updated_at, revision, name, search
        FROM resource WHERE tenant = $1 AND project = $2 AND branch = $4
        """)

    static let copyLinks = Statement(
        """
        INSERT INTO link
            (tenant, project, branch, from_kind, from_parent, from_id, to_kind, to_parent, to_id, role, rule)
        SELECT tenant, project, $3, from_kind, from_parent, from_id, to_kind, to_parent, to_id, role, rule
        FROM link WHERE tenant = $1 AND project = $2 AND branch = $4
        """)

    /// One deletion in the log for every resource of every branch, numbered on from each branch's head.
    static let logProjectDeletion = Statement(
        """
        INSERT INTO change
            (tenant, project, branch, number, at, actor, action, kind, parent, id, before, after, batch,
            created_at, before_updated_at, before_revision)
        SELECT r.tenant, r.project, r.branch,
            b.head + row_number() OVER (PARTITION BY r.branch ORDER BY r.kind, r.parent, r.id),
            $3, $4, 'delete', r.kind, r.parent, r.id, r.document, NULL, b.head + 1,
            r.created_at, r.updated_at, r.revision
        FROM resource r JOIN branch b ON b.tenant = r.tenant AND b.project = r.project AND b.name = r.branch
        WHERE r.tenant = $1 AND r.project = $2
        """)

    static let deleteProject = [
        Statement("DELETE FROM branch WHERE tenant = $1 AND project = $2"),
        Statement("DELETE FROM credential_entry WHERE tenant = $1 AND project = $2"),
        // One for each of the indexes that have a project's conversations.
        Statement("DELETE FROM conversation WHERE tenant = $1 AND project = $2 AND parent_run IS NULL"),
        Statement("DELETE FROM conversation WHERE tenant = $1 AND project = $2 AND parent_run IS NOT NULL"),
        Statement("DELETE FROM project_member WHERE tenant = $1 AND project = $2"),
    ]

    /// What goes with a branch: its row takes its resources along, and what was recorded on it follows. The main branch
    /// goes only with its project, so the index of what is on other branches may leave it out.
    static let deleteBranch = [
        Statement("DELETE FROM branch WHERE tenant = $1 AND project = $2 AND name = $3"),
        Statement("DELETE FROM conversation WHERE tenant = $1 AND project = $2 AND ref = $3 AND ref <> 'main'"),
    ]

    // MARK: Lives

    static let life = Statement(
        "SELECT life, name, started, source, base, ended IS NULL, vector FROM branch_life WHERE \(ofLife)")

    static let lifeEnd = Statement("SELECT ended FROM branch_life WHERE \(ofLife)")

    static let createLife = Statement(
        """
        INSERT INTO branch_life
            (tenant, project, life, name, started, source, base, vector, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """)

    static let endLife = Statement(
        "UPDATE branch_life SET ended = $4, ended_at = $5, ended_by = $6 WHERE \(ofLife)")

    static let endLives = Statement(
        """
        UPDATE branch_life SET ended_at = $3, ended_by = $4, ended = (
            SELECT head FROM branch b
            WHERE b.tenant = branch_life.tenant AND b.project = branch_life.project AND b.name = branch_life.name)
        WHERE tenant = $1 AND project = $2 AND ended IS NULL
        """)

    static let createMerge = Statement(
        """
        INSERT INTO merge
            (tenant, project, life, sequence, number, source, source_number, vector, at, actor, author, message)
        SELECT $1, $2, $3, (SELECT coalesce(max(sequence), 0) + 1 FROM merge WHERE \(ofLife)),
            $4, $5, $6, $7, $8, $9, $10, $11
        """)

    static let mergedVector = Statement(
        "SELECT vector FROM merge WHERE \(ofLife) AND number <= $4 ORDER BY sequence DESC LIMIT 1")

    // MARK: The log

    static let changesWithin = Statement(
        """
        SELECT number, at, action, kind, parent, id, before, after, created_at, before_updated_at, before_revision
        FROM change WHERE \(inBranch) AND number > $4 AND number <= $5 ORDER BY number
        """)

    /// A key may come more than once: for `DISTINCT` SQLite would walk through the whole log.
    static let keysWithin = Statement(
        "SELECT kind, parent, id FROM change WHERE \(inBranch) AND number > $4 AND number <= $5")

    private static let line = "number, at, actor, action, kind, parent, id, before, after, batch"
    private static let within = "\(inBranch) AND number > $4 AND number <= $5"
    private static let ofResource = "kind = $6 AND parent = $7 AND id = $8"

    /// A page of the log in each of its two orders.
    struct Pages: Sendable {
        let newestFirst: Statement
        let oldestFirst: Statement

        fileprivate init(_ lines: String, limit: Int) {
            let window = "LIMIT $\(limit) OFFSET $\(limit + 1)"
            newestFirst = Statement("\(lines) ORDER BY number DESC \(window)")
            oldestFirst = Statement("\(lines) ORDER BY number \(window)")
        }
    }

    static let history = Pages("SELECT \(line) FROM change WHERE \(within)", limit: 6)

    static let historyCount = Statement("SELECT count(*) FROM change WHERE \(within)")

    static let resourceHistory = Pages("SELECT \(line) FROM change WHERE \(within) AND \(ofResource)", limit: 9)

    static let resourceHistoryCount = Statement("SELECT count(*) FROM change WHERE \(within) AND \(ofResource)")

    /// A resource and what lives in it: `$9` is the place within it, `$10` and `$11` bound the places within that.
    private static func containerHistory(_ columns: String) -> [String] {
        [ofResource, "parent = $9", "parent >= $10 AND parent < $11"].map {
            "SELECT \(columns) FROM change WHERE \(within) AND \($0)"
        }
    }

    static let containerHistory = Pages(containerHistory(line).joined(separator: " UNION ALL "), limit: 12)

    static let containerHistoryCount = Statement(
        "SELECT \(containerHistory("count(*)").map { "(\($0))" }.joined(separator: " + "))")
}
