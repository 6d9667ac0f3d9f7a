public import Catalog

/// A tool on a branch.
public struct ToolKey: Sendable, Hashable {
    /// The branch.
    public let branch: BranchKey
    /// The tool's id.
    public let tool: String

    /// A key from its parts.
    public init(branch: BranchKey, tool: String) {
        self.branch = branch
        self.tool = tool
    }
}

/// How often a server was asked in vain, and when it is asked again.
public struct ToolSchedule: Sendable, Equatable {
    /// Failures in a row.
    public var failures: Int
    /// When it is due, milliseconds since 1970.
    public var nextAt: Int64

    /// A schedule from its parts.
    public init(failures: Int, nextAt: Int64) {
        self.failures = failures
        self.nextAt = nextAt
    }
}

/// What was found out about the servers of tools: not configuration, shared by all processes on the database.
extension Store {
    /// The tools that are due, the longest first, those never looked at before them all.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - limit: 1–1,000.
    ///   - findsNew: whether tools never looked at are searched for, which takes time with every tool there is.
    public func dueTools(now: Int64, limit: Int, findsNew: Bool) async throws(StoreError) -> [ToolKey] {
        try await database.read { connection in
            let room = limit.clamped(to: 1...1000)
            var keys: [ToolKey] = []
            if findsNew { keys = try connection.rows(HealthSQL.new, [.integer(room)]) { $0.toolKey } }
            guard keys.count < limit else { return keys }
            return keys + (try connection.rows(HealthSQL.due, [.integer(now), .integer(room)]) { $0.toolKey })
        }
    }

    /// Takes a tool for this process. Nil when another has it, or has just looked at it.
    ///
    /// - Parameters:
    ///   - basis: what decides about the tool now; another than what is known makes it due.
    ///   - now: milliseconds since 1970.
    ///   - until: when another process may take it all the same, milliseconds since 1970.
    /// - Returns: how often it failed before.
    public func claimTool(
        _ key: ToolKey, basis: String, now: Int64, until: Int64
    ) async throws(StoreError) -> ToolSchedule? {
        try await database.write(.process) { connection in
            // The branch may be gone by now; then there is nothing to take.
            guard try connection.first(SQL.head, key.branch.values, { _ in true }) != nil else { return nil }
            return try connection.first(
                HealthSQL.claim, key.values + [.integer(until), .integer(now), .text(basis)]
            ) { ToolSchedule(failures: Int($0.integer(0)), nextAt: $0.integer(1)) }
        }
    }

    /// Keeps what was found out about a tool, gives it back, and says when it is due again.
    public func keep(
        _ observation: Observation, of key: ToolKey, _ schedule: ToolSchedule
    ) async throws(StoreError) {
        let values: [SQLValue] = [
            .text(observation.basis), .text(observation.status),
            .utf8(JSONValue.object(observation.document).jsonBytes),
            .integer(observation.at), .integer(Int64(schedule.failures)), .integer(schedule.nextAt),
        ]
        try await database.write(.process) { connection in
            _ = try connection.execute(HealthSQL.keep, key.values + values)
        }
    }

    /// Forgets a tool that is not there any more.
    public func forgetTool(_ key: ToolKey) async throws(StoreError) {
        try await database.write(.process) { connection in _ = try connection.execute(HealthSQL.forget, key.values) }
    }
}

extension ConfigurationTransaction {
    /// What was found out about a tool; nil while nothing was.
    public func observation(of tool: String) throws -> Observation? {
        try connection.first(HealthSQL.get, branch.values + [.text(tool)]) { row in
            Observation(
                basis: row.text(0), status: row.text(1), document: try row.json(2)?.object ?? [:], at: row.integer(3))
        }.flatMap { $0.basis.isEmpty ? nil : $0 }
    }

    /// What was found out about every tool of the branch, but for the documents, by the tools' ids.
    public func observedStatuses() throws -> [String: Observation] {
        var found: [String: Observation] = [:]
        try connection.query(HealthSQL.statuses, branch.values) { row in
            found[row.text(0)] = Observation(basis: row.text(1), status: row.text(2), at: row.integer(3))
        }
        return found
    }
}

extension ToolKey {
    fileprivate var values: [SQLValue] { branch.values + [.text(tool)] }
}

extension Row {
    fileprivate var toolKey: ToolKey {
        ToolKey(branch: BranchKey(tenant: text(0), project: text(1), branch: text(2)), tool: text(3))
    }
}

/// The statements on the health of tools.
private enum HealthSQL {
    private static let isTool = "tenant = $1 AND project = $2 AND branch = $3 AND tool = $4"

    static let get = Statement("SELECT basis, status, document, checked_at FROM tool_health WHERE \(isTool)")

    static let statuses = Statement(
        """
        SELECT tool, basis, status, checked_at FROM tool_health
        WHERE tenant = $1 AND project = $2 AND branch = $3 AND basis <> ''
        """)

    static let due = Statement(
        """
        SELECT tenant, project, branch, tool FROM tool_health
        WHERE next_at <= $1 AND claimed_until <= $1 ORDER BY next_at LIMIT $2
        """)

    static let new = Statement(
        """
        SELECT tenant, project, branch, id FROM resource WHERE kind = 'tool' AND NOT EXISTS (
            SELECT 1 FROM tool_health h WHERE h.tenant = resource.tenant AND h.project = resource.project
                AND h.branch = resource.branch AND h.tool = resource.id)
        LIMIT $1
        """)

    /// A row without a basis says no more than who looks at the tool.
    static let claim = Statement(
        """
        INSERT INTO tool_health
            (tenant, project, branch, tool, basis, status, document, checked_at, failures, next_at, claimed_until)
        VALUES ($1, $2, $3, $4, '', 'unknown', 'null', 0, 0, $5, $5)
        ON CONFLICT (tenant, project, branch, tool) DO UPDATE SET claimed_until = excluded.claimed_until
        WHERE tool_health.claimed_until <= $6 AND (tool_health.next_at <= $6 OR tool_health.basis <> $7)
        RETURNING failures, next_at
        """)

    static let keep = Statement(
        """
        UPDATE tool_health SET basis = $5, status = $6, document = $7, checked_at = $8, failures = $9, next_at = $10,
            claimed_until = 0
        WHERE \(isTool)
        """)

    static let forget = Statement("DELETE FROM tool_health WHERE \(isTool)")
}
