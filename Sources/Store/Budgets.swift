public import Catalog

/// A budget as it is stored. What it says is the runtime's to understand.
public struct BudgetRow: Sendable, Equatable {
    /// The id, unique in the tenant.
    public var id: String
    /// What it bounds.
    public var document: JSONValue
    /// When it was made, milliseconds since 1970.
    public var createdAt: Int64
    /// When it was changed last, milliseconds since 1970.
    public var updatedAt: Int64

    /// A budget from its parts.
    public init(id: String, document: JSONValue, createdAt: Int64, updatedAt: Int64) {
        self.id = id
        self.document = document
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// What is counted apart of a budget: a span of time and whose it is.
public struct BudgetAccount: Sendable, Hashable {
    /// The budget's tenant.
    public var tenant: String
    /// The budget's id.
    public var budget: String
    /// When the time began that it is for, milliseconds since 1970; 0 for all time.
    public var since: Int64
    /// Whose it is: a project, an agent, a user, a conversation, a run; empty for the tenant's.
    public var subject: String

    /// An account from its parts.
    public init(tenant: String, budget: String, since: Int64, subject: String) {
        self.tenant = tenant
        self.budget = budget
        self.since = since
        self.subject = subject
    }

    fileprivate var values: [SQLValue] { [.text(tenant), .text(budget), .integer(since), .text(subject)] }
}

/// How much a call may come to use of an account.
public struct BudgetDemand: Sendable, Hashable {
    /// Of what.
    public var account: BudgetAccount
    /// How much the account has in all.
    public var limit: Int64
    /// How much is wanted.
    public var wanted: Int64
    /// With how much less the call could be made; as much as is wanted where it could not.
    public var least: Int64

    /// A demand from its parts.
    public init(account: BudgetAccount, limit: Int64, wanted: Int64, least: Int64) {
        self.account = account
        self.limit = limit
        self.wanted = wanted
        self.least = least
    }
}

/// What became of demands.
public enum BudgetAnswer: Sendable, Equatable {
    /// All were met, with this much each, between the least and what was wanted.
    case held([Int64])
    /// The account of the demand at this place has less left than the least.
    case refused(Int)
}

/// A call that ended, and what it really used of an account.
public struct BudgetCharge: Sendable, Hashable {
    /// Of what.
    public var account: BudgetAccount
    /// The call whose hold ends.
    public var call: String
    /// How much was used.
    public var used: Int64

    /// A charge from its parts.
    public init(account: BudgetAccount, call: String, used: Int64) {
        self.account = account
        self.call = call
        self.used = used
    }
}

/// Budgets, and what was used of them: shared by all replicas.
extension Store {
    /// A tenant's budgets, by id.
    public func budgets(of tenant: String) async throws(StoreError) -> [BudgetRow] {
        try await database.read { connection in
            try connection.rows(BudgetSQL.all, [.text(tenant)]) { row in
                BudgetRow(
                    id: row.text(0), document: try row.json(1) ?? .null, createdAt: row.integer(2),
                    updatedAt: row.integer(3))
            }
        }
    }

    /// Makes a budget, or puts another document in its place; what was used of it stays. Whether it is new. Throws
    /// `KeyedRequestError` where the request is under way or has another's key, else `StoreError`.
    public func putBudget(
        _ row: BudgetRow, of tenant: String, once keyed: KeyedWrite<Bool>? = nil
    ) async throws -> Once<Bool> {
        let values: [SQLValue] = [
            .text(tenant), .text(row.id), .utf8(row.document.jsonBytes), .integer(row.createdAt),
            .integer(row.updatedAt),
        ]
        return try await write(.full, once: keyed) { connection in
            let isThere = try connection.first(BudgetSQL.one, Array(values.prefix(2))) { _ in true } ?? false
            try connection.execute(BudgetSQL.put, values)
            return !isThere
        }
    }

    /// Deletes a budget and what was counted of it. False when there is none of that id. Throws as `putBudget` does.
    public func deleteBudget(
        _ id: String, of tenant: String, once keyed: KeyedWrite<Bool>? = nil
    ) async throws -> Once<Bool> {
        try await write(.full, once: keyed) { connection in
            try connection.execute(BudgetSQL.delete, [.text(tenant), .text(id)]) > 0
        }
    }

    /// What was used of these accounts so far, in their order; calls under way are not in it.
    public func used(of accounts: [BudgetAccount]) async throws(StoreError) -> [Int64] {
        try await database.read { connection in
            try accounts.map { account in
                try connection.first(BudgetSQL.used, account.values) { $0.integer(0) } ?? 0
            }
        }
    }

    /// Holds what a call may come to use, of all accounts or of none. A hold that was not ended by a charge no longer
    /// counts after `until`: whoever held it is gone.
    ///
    /// - Parameters:
    ///   - run: the run's id; with `call` it names the hold.
    ///   - now: milliseconds since 1970.
    ///   - until: milliseconds since 1970.
    public func hold(
        _ demands: [BudgetDemand], run: String, call: String, now: Int64, until: Int64
    ) async throws(StoreError) -> BudgetAnswer {
        // In one order, so that two calls that want the same accounts wait for each other instead of forever.
        let places = demands.indices.sorted { left, right in
            let (left, right) = (demands[left].account, demands[right].account)
            return (left.budget, left.since, left.subject) < (right.budget, right.since, right.subject)
        }
        return try await database.write(.process) { connection in
            var held = demands.map(\.wanted)
            for place in places {
                let demand = demands[place]
                let account = demand.account.values
                try connection.execute(BudgetSQL.open, account)
                guard let used = try connection.first(BudgetSQL.lockedUse, account, { $0.integer(0) }) else {
                    // The budget was deleted meanwhile.
                    continue
                }
                try connection.execute(BudgetSQL.dropOverdue, account + [.integer(now)])
                let others = account + [.text(run), .text(call)]
                let heldByOthers = try connection.first(BudgetSQL.heldByOthers, others) { $0.integer(0) } ?? 0
                let left = demand.limit - used - heldByOthers
                // Nothing is held yet: what was opened on the way may stay.
                if left < demand.least { return .refused(place) }
                held[place] = min(demand.wanted, left)
            }
            for (place, demand) in demands.enumerated() {
                let values: [SQLValue] = [
                    .text(run), .text(call), .integer(held[place]), .integer(until),
                ]
                try connection.execute(BudgetSQL.hold, demand.account.values + values)
            }
            return .held(held)
        }
    }
}

extension Connection {
    /// Ends holds and counts what was really used. What became of the budget meanwhile does not matter.
    func charge(_ charges: [BudgetCharge], run: String) throws {
        let ordered = charges.sorted { left, right in
            (left.account.budget, left.account.since, left.account.subject)
                < (right.account.budget, right.account.since, right.account.subject)
        }
        for charge in ordered {
            let account = charge.account.values
            try execute(BudgetSQL.letGo, account + [.text(run), .text(charge.call)])
            guard charge.used > 0 else { continue }
            // One for all time was opened by a hold. Where it is gone, so is whose it was.
            if charge.account.since > 0 { try execute(BudgetSQL.open, account) }
            try execute(BudgetSQL.use, account + [.integer(charge.used)])
        }
    }

    /// Forgets accounts that nobody will use any more: those of a run that ended.
    func close(_ accounts: [BudgetAccount]) throws {
        for account in accounts { try execute(BudgetSQL.forget, account.values) }
    }
}

private enum BudgetSQL {
    private static let account = "tenant = $1 AND budget = $2 AND since = $3 AND subject = $4"

    static let all = Statement(
        "SELECT id, document, created_at, updated_at FROM budget WHERE tenant = $1 ORDER BY id")
    static let one = Statement("SELECT 1 FROM budget WHERE tenant = $1 AND id = $2")
    static let put = Statement(
        """
        INSERT INTO budget (tenant, id, document, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
        """)
    static let delete = Statement("DELETE FROM budget WHERE tenant = $1 AND id = $2")

    /// Only where the budget is still there.
    static let open = Statement(
        """
        INSERT INTO budget_use (tenant, budget, since, subject, used)
        SELECT tenant, id, CAST($3 AS BIGINT), CAST($4 AS TEXT), 0 FROM budget WHERE tenant = $1 AND id = $2
        ON CONFLICT (tenant, budget, since, subject) DO NOTHING
        """)
    static let used = Statement("SELECT used FROM budget_use WHERE \(account)")
    static let lockedUse = Statement("SELECT used FROM budget_use WHERE \(account) {for update}")
    static let use = Statement("UPDATE budget_use SET used = used + $5 WHERE \(account)")
    static let dropOverdue = Statement("DELETE FROM budget_hold WHERE \(account) AND until <= $5")
    static let heldByOthers = Statement(
        """
        SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM budget_hold
        WHERE \(account) AND NOT (run = $5 AND call = $6)
        """)
    static let hold = Statement(
        """
        INSERT INTO budget_hold (tenant, budget, since, subject, run, call, amount, until)
        SELECT tenant, id, CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT),
            CAST($7 AS BIGINT), CAST($8 AS BIGINT)
        FROM budget WHERE tenant = $1 AND id = $2
        ON CONFLICT (tenant, budget, since, subject, run, call) DO UPDATE SET
            amount = excluded.amount, until = excluded.until
        """)
    static let letGo = Statement("DELETE FROM budget_hold WHERE \(account) AND run = $5 AND call = $6")
    static let forget = Statement("DELETE FROM budget_use WHERE \(account)")
}
