/// The statements on conversations and runs.
enum JournalSQL {
    static let putConversation = Statement(
        """
        INSERT INTO conversation
            (tenant, project, id, agent, active_sub_agent, owner, ref, title, metadata, user_properties, properties,
            last_position, created_at, updated_at, subject, parent_run)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $16, $12, $13, $14, $15)
        ON CONFLICT (tenant, id) DO UPDATE SET
            agent = excluded.agent, ref = excluded.ref, updated_at = excluded.updated_at,
            last_position = conversation.last_position + excluded.last_position,
            active_sub_agent = coalesce(excluded.active_sub_agent, conversation.active_sub_agent),
            title = coalesce(excluded.title, conversation.title),
            metadata = coalesce(excluded.metadata, conversation.metadata),
            user_properties = coalesce(excluded.user_properties, conversation.user_properties),
            properties = coalesce(excluded.properties, conversation.properties)
        WHERE conversation.project = excluded.project AND conversation.subject IS NOT DISTINCT FROM excluded.subject
            AND conversation.parent_run IS NOT DISTINCT FROM excluded.parent_run
        RETURNING last_position
        """)

    private static let conversationColumns = """
        id, agent, active_sub_agent, owner, ref, title, metadata, user_properties, properties, created_at, updated_at,
        subject, parent_run
        """

    static let conversation = Statement(
        "SELECT \(conversationColumns) FROM conversation WHERE tenant = $1 AND id = $2 AND project = $3")

    static let isTaken = Statement("SELECT 1 FROM conversation WHERE tenant = $1 AND id = $2")

    /// A page of conversations in each of its two orders, which are each other backwards.
    struct ConversationPages: Sendable {
        let newestFirst: Statement
        let oldestFirst: Statement

        fileprivate init(_ columns: String, _ condition: String, limit: Int) {
            let rows = "SELECT \(columns) FROM conversation WHERE \(condition)"
            let window = "LIMIT $\(limit) OFFSET $\(limit + 1)"
            newestFirst = Statement("\(rows) ORDER BY updated_at DESC, id \(window)")
            oldestFirst = Statement("\(rows) ORDER BY updated_at, id DESC \(window)")
        }
    }

    private static let inProject = "tenant = $1 AND project = $2"

    /// The statements on the conversations that a list chooses from.
    struct Selection: Sendable {
        /// How many there are, up to a bound.
        let count: Statement
        let pages: ConversationPages
        /// What they are searched by.
        let texts: ConversationPages

        fileprivate init(_ condition: String, limit: Int) {
            count = Statement(
                "SELECT count(*) FROM (SELECT 1 FROM conversation WHERE \(condition) LIMIT $\(limit)) AS counted")
            pages = ConversationPages(conversationColumns, condition, limit: limit)
            texts = ConversationPages("id, title", condition, limit: limit)
        }
    }

    /// Without those that agents have among each other.
    private static let listed = "\(inProject) AND parent_run IS NULL"
    private static let all = Selection(listed, limit: 3)
    private static let ofOwner = Selection("\(listed) AND owner = $3", limit: 4)
    private static let ofSubject = Selection("\(listed) AND subject = $3", limit: 4)

    static func selection(_ whose: ConversationQuery.Whose) -> Selection {
        switch whose {
        case .all: all
        case .owner: ofOwner
        case .subject: ofSubject
        }
    }

    /// Conversations read by their ids at most.
    static let conversationsMax = 200

    static let conversationsByID = Statement(
        """
        SELECT \(conversationColumns) FROM (VALUES \(ids)) AS wanted CROSS JOIN conversation
        WHERE \(inProject) AND id = wanted.column1
        """)

    private static let ids = (0..<conversationsMax).map { "($\(3 + $0))" }.joined(separator: ", ")

    static let deleteConversation = Statement(
        "DELETE FROM conversation WHERE tenant = $1 AND id = $2 AND project = $3")

    static let activeSubAgent = Statement(
        """
        UPDATE conversation SET active_sub_agent = $4, updated_at = $5 WHERE tenant = $1 AND id = $2 AND project = $3
        """)

    static let reservePositions = Statement(
        """
        UPDATE conversation SET last_position = last_position + $5, updated_at = $4
        WHERE tenant = $1 AND id = $2 AND project = $3 RETURNING last_position
        """)

    static let insertMessage = Statement(
        """
        INSERT INTO message
            (tenant, project, conversation, position, id, role, from_sub_agent, to_sub_agent, visibility, type, run,
            content, metadata, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """)

    private static let messageColumns = """
        id, position, role, from_sub_agent, to_sub_agent, visibility, type, run, content, metadata, created_at
        """

    private static let inConversation = "tenant = $1 AND conversation = $2 AND project = $3"

    static let messages = Statement(
        """
        SELECT \(messageColumns) FROM message WHERE \(inConversation) AND position < $4
        ORDER BY position DESC LIMIT $5
        """)

    /// By an index of its own.
    static let latestSummary = Statement(
        """
        SELECT \(messageColumns) FROM message
        WHERE \(inConversation) AND type = 'compression_summary' AND position < $4
        ORDER BY position DESC LIMIT 1
        """)

    static let shownMessages = Statement(
        """
        SELECT \(messageColumns) FROM message
        WHERE \(inConversation) AND position < $4 AND visibility = 'user-facing'
        ORDER BY position DESC LIMIT $5
        """)

    static let shownCount = Statement(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM message WHERE \(inConversation) AND visibility = 'user-facing' LIMIT $4) AS counted
        """)

    static let shownPage = Statement(
        """
        SELECT \(messageColumns) FROM message WHERE \(inConversation) AND visibility = 'user-facing'
        ORDER BY position LIMIT $4 OFFSET $5
        """)

    static let message = Statement("SELECT \(messageColumns) FROM message WHERE \(inConversation) AND id = $4")

    static let insertRun = Statement(
        """
        INSERT INTO run
            (id, tenant, project, conversation, agent, branch, status, request, started_at, updated_at, finished_at,
            lease_owner, lease_until, attempt)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """)

    static let runColumns = """
        tenant, project, id, conversation, agent, branch, status, request, started_at, updated_at, finished_at,
        lease_owner, lease_until, attempt
        """

    static let run = Statement("SELECT \(runColumns) FROM run WHERE id = $1 AND tenant = $2 AND project = $3")

    static let latestRun = Statement(
        """
        SELECT \(runColumns) FROM run WHERE tenant = $1 AND conversation = $2 AND project = $3
        ORDER BY started_at DESC, id DESC LIMIT 1
        """)

    static let updateRun = Statement(
        """
        UPDATE run SET status = $4, lease_owner = $5, lease_until = $6, updated_at = $7, finished_at = $8
        WHERE id = $1 AND tenant = $2 AND project = $3
        """)

    static let updateHeldRun = Statement(
        """
        UPDATE run SET status = $4, lease_owner = $5, lease_until = $6, updated_at = $7, finished_at = $8
        WHERE id = $1 AND tenant = $2 AND project = $3 AND lease_owner = $9
        """)

    static let insertEvent = Statement(
        "INSERT INTO run_event (run, seq, at, type, body) VALUES ($1, $2, $3, $4, $5)")

    static let events = Statement(
        """
        SELECT seq, at, type, body FROM run_event
        WHERE run = $1 AND seq > $4
            AND EXISTS (SELECT 1 FROM run WHERE run.id = $1 AND run.tenant = $2 AND run.project = $3)
        ORDER BY seq LIMIT $5
        """)

    static let claim = Statement(
        """
        UPDATE run SET lease_owner = $1, lease_until = $2, updated_at = $3, attempt = attempt + 1
        WHERE id IN (
            SELECT id FROM run
            WHERE status = 'running' AND lease_until <= $3
            ORDER BY lease_until LIMIT $4 {skip locked})
        RETURNING \(runColumns)
        """)

    static let renew = Statement(
        "UPDATE run SET lease_until = $3 WHERE id = $1 AND lease_owner = $2 AND finished_at IS NULL RETURNING id")

    static let releaseAll = Statement(
        """
        UPDATE run SET lease_owner = NULL, lease_until = 0
        WHERE status = 'running' AND lease_until > 0 AND lease_owner <> $1
        """)

    static let absentOwners = Statement(
        """
        SELECT DISTINCT lease_owner FROM run
        WHERE status = 'running' AND lease_until > $1 AND {absent lease_owner}
        """)

    static let releaseAbsent = Statement(
        """
        UPDATE run SET lease_owner = NULL, lease_until = 0
        WHERE status = 'running' AND lease_until > 0 AND lease_owner = $1 AND {absent lease_owner}
        """)
}
