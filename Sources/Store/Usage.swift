/// What something used: counts that add up.
public struct UsageCounts: Sendable, Hashable {
    /// Runs that ended.
    public var runs: Int64 = 0
    /// Those that failed.
    public var failedRuns: Int64 = 0
    /// Milliseconds from their beginning to their end, together.
    public var runMs: Int64 = 0
    /// Calls of tools.
    public var toolCalls: Int64 = 0
    /// Calls of models, failed ones too.
    public var modelCalls: Int64 = 0
    /// Those that used tokens and have no price.
    public var unpricedCalls: Int64 = 0
    /// Tokens that models read, those from caches included.
    public var inputTokens: Int64 = 0
    /// Tokens that models wrote.
    public var outputTokens: Int64 = 0
    /// Tokens that came from caches.
    public var cachedTokens: Int64 = 0
    /// What it cost, millionths.
    public var costMicros: Int64 = 0

    /// Nothing.
    public init() {}

    /// Adds what something else used.
    public static func += (left: inout UsageCounts, right: UsageCounts) {
        left.runs += right.runs
        left.failedRuns += right.failedRuns
        left.runMs += right.runMs
        left.toolCalls += right.toolCalls
        left.modelCalls += right.modelCalls
        left.unpricedCalls += right.unpricedCalls
        left.inputTokens += right.inputTokens
        left.outputTokens += right.outputTokens
        left.cachedTokens += right.cachedTokens
        left.costMicros += right.costMicros
    }

    fileprivate var values: [SQLValue] {
        [
            runs, failedRuns, runMs, toolCalls, modelCalls, unpricedCalls, inputTokens, outputTokens, cachedTokens,
            costMicros,
        ].map { .integer($0) }
    }
}

/// What a run adds to the totals of its day.
public struct UsageRow: Sendable, Hashable {
    /// The run's tenant.
    public var tenant: String
    /// The run's project.
    public var project: String
    /// The day in UTC, counted from 1970-01-01.
    public var day: Int64
    /// The agent's id.
    public var agent: String
    /// The model as it is configured; empty for what is no model's: runs and tools.
    public var model: String
    /// The end user, as people see them; empty for nobody in particular.
    public var owner: String
    /// What it used.
    public var counts: UsageCounts

    /// A row from its parts.
    public init(
        tenant: String, project: String, day: Int64, agent: String, model: String, owner: String, counts: UsageCounts
    ) {
        self.tenant = tenant
        self.project = project
        self.day = day
        self.agent = agent
        self.model = model
        self.owner = owner
        self.counts = counts
    }

    /// Milliseconds of a day.
    public static let dayMs: Int64 = 86_400_000
}

/// Which totals are wanted, and by what they are told apart.
public struct UsageQuery: Sendable, Equatable {
    /// What totals are told apart by.
    public enum Group: String, Sendable, CaseIterable { case project, day, agent, model, user }

    /// The project; nil for all of the tenant.
    public var project: String?
    /// The first day.
    public var from: Int64
    /// The last day.
    public var through: Int64
    /// By what the totals are told apart.
    public var groups: Set<Group>
    /// Only this agent's; nil for all.
    public var agent: String?
    /// Only this model's; nil for all.
    public var model: String?
    /// Only this user's; nil for all.
    public var user: String?

    /// A query from its parts.
    public init(
        project: String? = nil, from: Int64, through: Int64, groups: Set<Group> = [.day], agent: String? = nil,
        model: String? = nil, user: String? = nil
    ) {
        self.project = project
        self.from = from
        self.through = through
        self.groups = groups
        self.agent = agent
        self.model = model
        self.user = user
    }
}

/// One total: what it is of, by the groups that were asked for, and the counts.
public struct UsageTotal: Sendable, Equatable {
    /// The project; nil unless totals are told apart by it. The same holds for the others.
    public var project: String?
    /// The day.
    public var day: Int64?
    /// The agent.
    public var agent: String?
    /// The model; empty for what is no model's.
    public var model: String?
    /// The end user; empty for nobody in particular.
    public var user: String?
    /// The counts.
    public var counts: UsageCounts
}

extension Store {
    /// Totals at most that one answer holds.
    public static let usageTotalsMax = 10_000

    /// The totals of a tenant, in the order of what they are of. One statement over the days that are asked for.
    ///
    /// - Returns: The totals, and whether there are more than `usageTotalsMax`.
    public func usage(of tenant: String, _ query: UsageQuery) async throws(StoreError) -> ([UsageTotal], isCut: Bool) {
        let values: [SQLValue] = [
            .text(tenant), .text(query.project ?? ""), .integer(query.from), .integer(query.through),
            .text(query.agent), .text(query.model), .text(query.user), .integer(Int64(Self.usageTotalsMax) + 1),
        ]
        var totals = try await database.read { connection in
            try connection.rows(UsageSQL.totals(query), values) { row in row.usageTotal(query.groups) }
        }
        let isCut = totals.count > Self.usageTotalsMax
        if isCut { totals.removeLast() }
        return (totals, isCut)
    }
}

extension Connection {
    /// Adds to the totals. `part` is the same for all rows of a run.
    func add(_ rows: [UsageRow], part: Int64) throws {
        // In one order, so that two runs that end at the same time wait for each other instead of forever.
        for row in rows.sorted(by: { ($0.day, $0.agent, $0.model) < ($1.day, $1.agent, $1.model) }) {
            let key: [SQLValue] = [
                .text(row.tenant), .text(row.project), .integer(row.day), .text(row.agent), .text(row.model),
                .text(row.owner), .integer(part),
            ]
            try execute(UsageSQL.add, key + row.counts.values)
        }
    }
}

extension Row {
    fileprivate func usageTotal(_ groups: Set<UsageQuery.Group>) -> UsageTotal {
        var counts = UsageCounts()
        (counts.runs, counts.failedRuns, counts.runMs) = (integer(5), integer(6), integer(7))
        (counts.toolCalls, counts.modelCalls, counts.unpricedCalls) = (integer(8), integer(9), integer(10))
        (counts.inputTokens, counts.outputTokens, counts.cachedTokens) = (integer(11), integer(12), integer(13))
        counts.costMicros = integer(14)
        return UsageTotal(
            project: groups.contains(.project) ? text(0) : nil, day: groups.contains(.day) ? integer(1) : nil,
            agent: groups.contains(.agent) ? text(2) : nil, model: groups.contains(.model) ? text(3) : nil,
            user: groups.contains(.user) ? text(4) : nil, counts: counts)
    }
}

private enum UsageSQL {
    private static let counts = [
        "runs", "failed_runs", "run_ms", "tool_calls", "model_calls", "unpriced_calls", "input_tokens",
        "output_tokens", "cached_tokens", "cost",
    ]

    static let add = Statement(
        """
        INSERT INTO usage_day (tenant, project, day, agent, model, owner, part, \(counts.joined(separator: ", ")))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (tenant, project, day, agent, model, owner, part) DO UPDATE SET
            \(counts.map { "\($0) = usage_day.\($0) + excluded.\($0)" }.joined(separator: ", "))
        """)

    /// One statement for each choice of groups, of one project or of a whole tenant.
    private static let all: [[Statement]] = [true, false].map { isOfProject in
        (0..<(1 << UsageQuery.Group.allCases.count)).map { make($0, isOfProject) }
    }

    static func totals(_ query: UsageQuery) -> Statement {
        let groups = UsageQuery.Group.allCases
        let choice = groups.indices.reduce(0) { query.groups.contains(groups[$1]) ? $0 | 1 << $1 : $0 }
        return all[query.project == nil ? 1 : 0][choice]
    }

    private static let columns: [UsageQuery.Group: String] = [
        .project: "project", .day: "day", .agent: "agent", .model: "model", .user: "owner",
    ]

    private static func make(_ choice: Int, _ isOfProject: Bool) -> Statement {
        let groups = UsageQuery.Group.allCases
        let chosen = groups.indices.filter { choice & 1 << $0 != 0 }.compactMap { columns[groups[$0]] }
        let shown = groups.map { group in
            let column = columns[group] ?? ""
            return chosen.contains(column) ? column : group == .day ? "0" : "''"
        }
        let grouping = chosen.isEmpty ? "" : "GROUP BY \(chosen.joined(separator: ", ")) "
        let order = chosen.isEmpty ? "" : "ORDER BY \(chosen.joined(separator: ", ")) "
        // PostgreSQL's sums of 64-bit numbers are decimals.
        let sums = counts.map { "CAST(coalesce(sum(\($0)), 0) AS BIGINT)" }.joined(separator: ", ")
        // A tenant's totals have no use for the project, and a statement takes all its values.
        let place = isOfProject ? "project = $2" : "CAST($2 AS TEXT) = ''"
        return Statement(
            """
            SELECT \(shown.joined(separator: ", ")), \(sums) FROM usage_day
            WHERE tenant = $1 AND \(place) AND day >= $3 AND day <= $4
                AND (CAST($5 AS TEXT) IS NULL OR agent = $5) AND (CAST($6 AS TEXT) IS NULL OR model = $6)
                AND (CAST($7 AS TEXT) IS NULL OR owner = $7)
            \(grouping)\(order)LIMIT $8
            """)
    }
}
