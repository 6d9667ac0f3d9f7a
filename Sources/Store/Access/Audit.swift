public import Catalog
import Cryptography

/// Something that was done, or refused: who, what, from where. Secrets are never part of it.
public struct AuditRecord: Sendable, Hashable {
    /// How it ended.
    public enum Outcome: String, Sendable, CaseIterable {
        case done
        /// Who asked may not, or is not known.
        case refused
        case failed
    }

    /// The tenant; empty for what belongs to none.
    public var tenant: String
    /// When, milliseconds since 1970.
    public var at: Int64
    /// Who: an account's id, or what a machine was recognised by.
    public var actor: String
    /// By what kind of credential.
    public var means: String
    /// What: an operation's id, or a word for what is none: `sign-in`.
    public var action: String
    /// To what: a path, an id; empty where the action says it all.
    public var target: String
    /// How it ended.
    public var outcome: Outcome
    /// The client's address; empty where there was none.
    public var address: String
    /// The request's id; of several the first's.
    public var request: String
    /// How often it was done since the record before of its like: more than once for refusals and uses of keys.
    public var amount: Int

    /// A record from its parts.
    public init(
        tenant: String, at: Int64, actor: String, means: String, action: String, target: String = "",
        outcome: Outcome = .done, address: String = "", request: String = "", amount: Int = 1
    ) {
        self.tenant = tenant
        self.at = at
        self.actor = actor
        self.means = means
        self.action = action
        self.target = target
        self.outcome = outcome
        self.address = address
        self.request = request
        self.amount = amount
    }

    /// The digest of the record at its place in a tenant's chain: it covers every member, and by `previous` every
    /// record before. Each part is preceded by its length, so that no two records have the same text.
    func digest(sequence: Int64, after previous: String) -> String {
        let parts = [
            previous, tenant, String(sequence), String(at), actor, means, action, target, outcome.rawValue, address,
            request, String(amount),
        ]
        return SHA256.hexadecimal(parts.map { "\($0.utf8.count):\($0)" }.joined())
    }
}

/// A record at its place in its tenant's chain.
public struct AuditEntry: Sendable, Equatable {
    /// The place, from 1.
    public let sequence: Int64
    /// What was done.
    public let record: AuditRecord
    /// The digest that covers it and all before: 64 hexadecimal digits.
    public let digest: String
}

/// Which records a reader wants. Members that are nil demand nothing.
public struct AuditQuery: Sendable, Equatable {
    /// By whom.
    public var actor: String?
    /// What.
    public var action: String?
    /// How it ended.
    public var outcome: AuditRecord.Outcome?
    /// Not before, milliseconds since 1970.
    public var from: Int64?
    /// Before, milliseconds since 1970.
    public var until: Int64?
    /// Which end of the chain comes first.
    public var order: ListQuery.Order

    /// A query from its parts; the newest first unless told.
    public init(
        actor: String? = nil, action: String? = nil, outcome: AuditRecord.Outcome? = nil, from: Int64? = nil,
        until: Int64? = nil, order: ListQuery.Order = .descending
    ) {
        self.actor = actor
        self.action = action
        self.outcome = outcome
        self.from = from
        self.until = until
        self.order = order
    }
}

/// What a look at a tenant's chain found.
public struct AuditVerdict: Sendable, Equatable {
    /// Records that were looked at.
    public let records: Int64
    /// The digest of the last record, to compare with one that was noted elsewhere; empty without records.
    public let head: String
    /// The place of the first record that is not what was written, or is missing; nil when all is well.
    public let broken: Int64?
}

extension Store {
    /// Appends records, each to its tenant's chain, fully durable.
    ///
    /// - Parameter strangers: Records of those who belong to no tenant and may name any: of a tenant without a chain
    ///   they go to the chain of none.
    public func append(
        _ records: [AuditRecord], ofStrangers strangers: [AuditRecord] = []
    ) async throws(StoreError) {
        guard !records.isEmpty || !strangers.isEmpty else { return }
        try await database.write(.full) { connection in
            try Audit.append(records + Audit.placed(strangers, connection), connection)
        }
    }

    /// One page of a tenant's records, newest first, and how many there are in all, counted up to
    /// `conversationsCounted`. Two statements.
    public func audit(
        of tenant: String, _ query: AuditQuery, _ page: Page
    ) async throws(StoreError) -> (entries: [AuditEntry], total: Int) {
        try await database.read { connection in
            let values: [SQLValue] = [
                .text(tenant), .text(query.actor), .text(query.action), .text(query.outcome?.rawValue),
                .integer(query.from ?? .min), .integer(query.until ?? .max),
            ]
            let bound = SQLValue.integer(Int64(Self.conversationsCounted))
            let statements = AuditSQL.statements(query)
            let counted = try connection.first(statements.count, values + [bound]) { $0.integer(0) } ?? 0
            let window = SQLValue.Window(page.number, page.limit)
            let page = query.order == .ascending ? statements.oldestFirst : statements.newestFirst
            let entries = try connection.rows(page, values + window.values) { $0.auditEntry }
            return (entries, window.total(counted, rows: entries.count, false))
        }
    }

    /// The tenants that have records, in order.
    public func auditedTenants() async throws(StoreError) -> [String] {
        try await database.read { try $0.rows(AuditSQL.tenants, []) { $0.text(0) } }
    }

    /// Looks at every record of a tenant's chain, in bounded pieces. What is appended meanwhile is looked at too.
    public func verifyAudit(of tenant: String) async throws(StoreError) -> AuditVerdict {
        let head = try await database.read { connection in
            try connection.first(AuditSQL.head, [.text(tenant)]) { (sequence: $0.integer(0), digest: $0.text(1)) }
        }
        var (sequence, digest) = (Int64(0), "")
        while true {
            let after = sequence
            let entries = try await database.read { connection in
                try connection.rows(AuditSQL.after, [.text(tenant), .integer(after)]) { $0.auditEntry }
            }
            for entry in entries {
                let expected = entry.record.digest(sequence: sequence + 1, after: digest)
                let isHead = entry.sequence != head?.sequence || entry.digest == head?.digest
                guard entry.sequence == sequence + 1, entry.digest == expected, isHead else {
                    return AuditVerdict(records: sequence, head: digest, broken: sequence + 1)
                }
                (sequence, digest) = (entry.sequence, entry.digest)
            }
            if entries.isEmpty { break }
        }
        let isCut = sequence < (head?.sequence ?? 0)
        return AuditVerdict(records: sequence, head: digest, broken: isCut ? sequence + 1 : nil)
    }
}

/// Appending within a transaction.
enum Audit {
    /// Appends to the chains. Whoever appends to a tenant's chain waits for whoever does; tenants are taken in order.
    static func append(_ records: [AuditRecord], _ connection: any Connection) throws {
        for (tenant, records) in Dictionary(grouping: records, by: \.tenant).sorted(by: { $0.key < $1.key }) {
            try connection.execute(AuditSQL.begin, [.text(tenant)])
            let head = try connection.first(AuditSQL.lockedHead, [.text(tenant)]) { ($0.integer(0), $0.text(1)) }
            guard var (sequence, digest) = head else { throw StoreError.corrupt("the head of an audit chain is gone") }
            for record in records {
                sequence += 1
                digest = record.digest(sequence: sequence, after: digest)
                try connection.execute(AuditSQL.insert, record.values(sequence, digest))
            }
            try connection.execute(AuditSQL.moveHead, [.text(tenant), .integer(sequence), .text(digest)])
        }
    }
}

extension Audit {
    /// The records, with those of tenants that have no chain put down to none.
    fileprivate static func placed(
        _ records: [AuditRecord], _ connection: any Connection
    ) throws -> [AuditRecord] {
        let unknown = try Set(records.map(\.tenant)).filter { tenant in
            try connection.first(AuditSQL.head, [.text(tenant)]) { _ in true } == nil
        }
        return records.map { record in
            var record = record
            if unknown.contains(record.tenant) { record.tenant = "" }
            return record
        }
    }
}

extension AuditRecord {
    fileprivate func values(_ sequence: Int64, _ digest: String) -> [SQLValue] {
        [
            .text(tenant), .integer(sequence), .integer(at), .text(actor), .text(means), .text(action), .text(target),
            .text(outcome.rawValue), .text(address), .text(request), .integer(Int64(amount)), .text(digest),
        ]
    }
}

extension Row {
    /// Reads the columns of `AuditSQL.columns`.
    fileprivate var auditEntry: AuditEntry {
        // An outcome that no Covey writes is one that somebody changed; the digest tells.
        let record = AuditRecord(
            tenant: text(0), at: integer(2), actor: text(3), means: text(4), action: text(5), target: text(6),
            outcome: AuditRecord.Outcome(rawValue: text(7)) ?? .failed, address: text(8), request: text(9),
            amount: Int(integer(10)))
        return AuditEntry(sequence: integer(1), record: record, digest: text(11))
    }
}

/// The statements on the record of what was done.
private enum AuditSQL {
    static let columns =
        "tenant, sequence, at, actor, means, action, target, outcome, address, request, amount, digest"

    static let begin = Statement(
        "INSERT INTO audit_head (tenant, sequence, digest) VALUES ($1, 0, '') ON CONFLICT (tenant) DO NOTHING")
    static let lockedHead = Statement("SELECT sequence, digest FROM audit_head WHERE tenant = $1 {for update}")
    static let head = Statement("SELECT sequence, digest FROM audit_head WHERE tenant = $1")
    static let moveHead = Statement("UPDATE audit_head SET sequence = $2, digest = $3 WHERE tenant = $1")
    static let insert = Statement(
        """
        INSERT INTO audit (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """)
    static let tenants = Statement("SELECT tenant FROM audit_head ORDER BY tenant")
    static let after = Statement(
        "SELECT \(columns) FROM audit WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT 1000")

    struct Query: Sendable {
        let count: Statement
        let newestFirst: Statement
        let oldestFirst: Statement
    }

    /// The statements of a query: by the index of what it names first.
    static func statements(_ query: AuditQuery) -> Query {
        switch (query.actor != nil, query.action != nil) {
        case (true, _): byActor
        case (false, true): byAction
        case (false, false): all
        }
    }

    private static let all = make("CAST($2 AS TEXT) IS NULL AND CAST($3 AS TEXT) IS NULL")
    private static let byActor = make("actor = $2 AND (CAST($3 AS TEXT) IS NULL OR action = $3)")
    private static let byAction = make("CAST($2 AS TEXT) IS NULL AND action = $3")

    private static func make(_ named: String) -> Query {
        let wanted = """
            tenant = $1 AND \(named) AND (CAST($4 AS TEXT) IS NULL OR outcome = $4) AND at >= $5 AND at < $6
            """
        let rows = "SELECT \(columns) FROM audit WHERE \(wanted)"
        return Query(
            count: Statement("SELECT count(*) FROM (SELECT 1 FROM audit WHERE \(wanted) LIMIT $7) AS found"),
            newestFirst: Statement("\(rows) ORDER BY sequence DESC LIMIT $7 OFFSET $8"),
            oldestFirst: Statement("\(rows) ORDER BY sequence LIMIT $7 OFFSET $8"))
    }
}
