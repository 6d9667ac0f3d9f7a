/// Which runs of a project a list wants. Members that are nil demand nothing.
public struct RunQuery: Sendable, Equatable {
    /// A place in the list: the run that a page ended with.
    public struct Place: Sendable, Equatable {
        /// When that run was started, milliseconds since 1970.
        public let startedAt: Int64
        /// Its id.
        public let id: String

        /// A place from its parts.
        public init(startedAt: Int64, id: String) {
            self.startedAt = startedAt
            self.id = id
        }
    }

    /// Those of this conversation.
    public var conversation: String?
    /// Those of this agent.
    public var agent: String?
    /// Those that stand so.
    public var status: RunStatus?
    /// Not started before, milliseconds since 1970.
    public var from: Int64?
    /// Started before, milliseconds since 1970.
    public var until: Int64?
    /// After this place; nil for the newest.
    public var after: Place?

    /// A query from its parts.
    public init(
        conversation: String? = nil, agent: String? = nil, status: RunStatus? = nil, from: Int64? = nil,
        until: Int64? = nil, after: Place? = nil
    ) {
        self.conversation = conversation
        self.agent = agent
        self.status = status
        self.from = from
        self.until = until
        self.after = after
    }
}

/// One page of a project's runs.
public struct RunPage: Sendable {
    /// The runs, the newest first.
    public let runs: [RunRow]
    /// Where the next page begins; nil when there is none. A page may have fewer runs than asked for, or none, and
    /// still have a next one: each looks at no more than `Store.runsLookedAt` runs.
    public let next: RunQuery.Place?
}

extension Store {
    /// Runs that one page looks at when it looks for an agent or a status: its cost does not grow with what is stored.
    public static let runsLookedAt = 2000

    /// One page of a project's runs, the last started first. One statement.
    ///
    /// - Parameter limit: how many, 1–200.
    public func runs(
        tenant: String, project: String, _ query: RunQuery, limit: Int
    ) async throws(StoreError) -> RunPage {
        let limit = min(max(limit, 1), 200)
        let isSelective = query.agent != nil || query.status != nil
        let window = isSelective ? Self.runsLookedAt : limit + 1
        let before = query.until.map { $0 - 1 } ?? .max
        let after = query.after.map { $0.startedAt > before ? RunQuery.Place(startedAt: before, id: "") : $0 }
        let values: [SQLValue] = [
            .text(tenant), .text(project), .integer(query.from ?? .min), .integer(after?.startedAt ?? before),
            .text(after?.id ?? ""), .integer(Int64(window)),
        ]
        return try await database.read { connection in
            let statement = query.conversation == nil ? RunListSQL.inProject : RunListSQL.inConversation
            var (runs, looked, last): ([RunRow], Int, RunQuery.Place?) = ([], 0, nil)
            var isMore = false
            try connection.query(statement, values + (query.conversation.map { [.text($0)] } ?? [])) { row in
                if runs.count == limit {
                    isMore = true
                    return
                }
                looked += 1
                last = RunQuery.Place(startedAt: row.integer(8), id: row.text(2))
                if let agent = query.agent, row.text(4) != agent { return }
                if let status = query.status, row.text(6) != status.rawValue { return }
                runs.append(try row.run())
            }
            return RunPage(runs: runs, next: isMore || looked == window ? last : nil)
        }
    }

    /// How many runs wait for a person, in all tenants, counted up to `conversationsCounted`.
    public func waitingRuns() async throws(StoreError) -> Int {
        try await database.read { connection in
            let bound = SQLValue.integer(Int64(Self.conversationsCounted))
            return Int(try connection.first(RunListSQL.waiting, [bound]) { $0.integer(0) } ?? 0)
        }
    }
}

private enum RunListSQL {
    /// Columns as `Row.run` reads them; `$3` to `$5` are the range of the page.
    private static func page(_ index: String, _ more: String) -> Statement {
        Statement(
            """
            SELECT \(JournalSQL.runColumns) FROM run {index \(index)}
            WHERE tenant = $1 AND project = $2 \(more)
                AND started_at >= $3 AND started_at <= $4 AND (started_at < $4 OR id > $5)
            ORDER BY started_at DESC, id LIMIT $6
            """)
    }

    static let inProject = page("run_in_project", "")
    static let inConversation = page("run_in_conversation", "AND conversation = $7")

    static let waiting = Statement(
        "SELECT count(*) FROM (SELECT 1 FROM run {index run_waiting} WHERE status = 'waiting' LIMIT $1) AS counted")
}
