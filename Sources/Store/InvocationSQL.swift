import Catalog

/// The statements on invocations. `$1`, `$2`, `$3` are always tenant, project and branch.
enum InvocationSQL {
    private static let columns = """
        kind, parent, source, id, status, due_at, started_at, ended_at, conversations, batch, run_as_user, ref, request,
        payload, error, attempt, idempotency_key, created_at
        """
    private static let ofSource =
        "tenant = $1 AND project = $2 AND branch = $3 AND kind = $4 AND parent = $5 AND source = $6"

    static let insert = Statement(
        """
        INSERT INTO invocation (tenant, project, branch, \(columns))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """)

    static let update = Statement(
        """
        UPDATE invocation SET status = $8, started_at = $9, ended_at = $10, conversations = $11, ref = $12,
            payload = $13, error = $14, attempt = $15
        WHERE \(ofSource) AND id = $7
        """)

    static let get = Statement("SELECT \(columns) FROM invocation WHERE \(ofSource) AND id = $7")

    private static let inTime = "due_at >= $7 AND due_at <= $8"

    static let count = Statement("SELECT count(*) FROM invocation WHERE \(ofSource) AND \(inTime)")

    /// A page in each of its two orders, which are each other backwards.
    struct Pages: Sendable {
        private let firstDue: Statement
        private let lastDue: Statement
        private let usual: ListQuery.Order

        fileprivate init(
            _ condition: String, ties: (first: String, last: String), limit: Int, usual: ListQuery.Order = .descending
        ) {
            self.usual = usual
            func page(_ order: String) -> Statement {
                Statement(
                    """
                    SELECT \(columns) FROM invocation WHERE \(condition)
                    ORDER BY \(order) LIMIT $\(limit) OFFSET $\(limit + 1)
                    """)
            }
            firstDue = page("due_at, \(ties.first)")
            lastDue = page("due_at DESC, \(ties.last)")
        }

        func statement(_ order: ListQuery.Order?) -> Statement { (order ?? usual) == .ascending ? firstDue : lastDue }
    }

    static let page = Pages("\(ofSource) AND \(inTime)", ties: ("id DESC", "id"), limit: 9)

    static let countByStatus = Statement(
        "SELECT count(*) FROM invocation WHERE \(ofSource) AND \(inTime) AND status = $9")

    static let pageByStatus = Pages(
        "\(ofSource) AND \(inTime) AND status = $9", ties: ("id DESC", "id"), limit: 10)

    // The words of the partial index, and then those that are wanted of them.
    private static let open = """
        tenant = $1 AND project = $2 AND branch = $3 AND kind = $4 AND parent = $5
            AND status IN ('pending', 'running') AND (status = 'pending' OR $6 = 1)
        """

    static let countOpen = Statement("SELECT count(*) FROM invocation WHERE \(open)")

    static let pageOpen = Pages(open, ties: ("id", "id DESC"), limit: 7, usual: .ascending)

    static let latest = Statement(
        """
        SELECT \(columns) FROM invocation WHERE \(ofSource) AND due_at = (
            SELECT due_at FROM invocation WHERE \(ofSource) AND started_at IS NOT NULL ORDER BY due_at DESC LIMIT 1)
        ORDER BY id LIMIT 1000
        """)
}
