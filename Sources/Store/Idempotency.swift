public import Catalog
import Synchronization

/// A write that its client knows by a key, so that it can be asked for again without being done again.
public struct KeyedRequest: Sendable, Hashable {
    /// What tells keyed requests apart: the same key of another tenant, caller or operation is another one.
    public struct Name: Sendable, Hashable {
        let tenant: String
        let caller: String
        let operation: String
        let key: String

        /// A name from its parts.
        public init(tenant: String, caller: String, operation: String, key: String) {
            self.tenant = tenant
            self.caller = caller
            self.operation = operation
            self.key = key
        }

        var values: [SQLValue] { [.text(tenant), .text(caller), .text(operation), .text(key)] }

        /// A number for the lock of the name; others may have the same one, and then wait for nothing but are refused.
        var lock: Int64 {
            let digits = DeterministicID.make([tenant, caller, operation, key]).prefix(16)
            return Int64(bitPattern: UInt64(digits, radix: 16) ?? 0)
        }
    }

    /// What it is known by.
    public let name: Name
    /// Equal for the same request: what was sent, as a digest.
    public let fingerprint: String

    /// A request from its parts.
    public init(_ name: Name, fingerprint: String) {
        self.name = name
        self.fingerprint = fingerprint
    }

    /// How long an answer is kept, milliseconds.
    public static let lifetimeMs: Int64 = 24 * 60 * 60 * 1000
}

/// What was answered to a write that had a key.
public struct KeptAnswer: Sendable, Equatable {
    /// The HTTP status.
    public let status: Int
    /// The body as text, sealed by whoever keeps it; nil for none.
    public let body: String?
    /// The entity tag; nil for none.
    public let entityTag: String?

    /// An answer from its parts.
    public init(status: Int, body: String?, entityTag: String?) {
        self.status = status
        self.body = body
        self.entityTag = entityTag
    }
}

/// A write outside branches that has a key, and what is kept of it.
public struct KeyedWrite<Made: Sendable>: Sendable {
    let request: KeyedRequest
    let at: Int64
    let keep: @Sendable (Made) -> KeptAnswer?

    /// A write from its parts.
    ///
    /// - Parameters:
    ///   - at: the time, milliseconds since 1970.
    ///   - keep: the answer to what was made; nil where it was nothing, and may be tried again with the key.
    public init(_ request: KeyedRequest, at: Int64, keep: @escaping @Sendable (Made) -> KeptAnswer?) {
        self.request = request
        self.at = at
        self.keep = keep
    }
}

/// Why a write with a key is not done.
public enum KeyedRequestError: Error, Sendable {
    /// It is being done just now.
    case underWay
    /// The key belongs to a request that was not the same.
    case otherRequest
}

extension Store {
    /// Changes one branch as `write(in:actor:at:_:)` does, unless the request was answered before. The answer is kept
    /// in the transaction of the change: there are both or neither. What throws keeps nothing.
    ///
    /// - Parameters:
    ///   - request: the request; nil for one without a key, of which nothing is kept.
    ///   - body: makes the change, and says what to keep; nil keeps nothing.
    /// - Returns: what the body made, or what was kept of the same request.
    /// - Throws: `KeyedRequestError` when the change was not tried.
    public func write<T: Sendable>(
        in branch: BranchKey, actor: String, at: Int64, once request: KeyedRequest?, audit: AuditRecord? = nil,
        _ body: @Sendable @escaping (ConfigurationTransaction) throws -> (made: T, kept: KeptAnswer?)
    ) async throws -> Once<T> {
        guard let request else {
            return .made(try await write(in: branch, actor: actor, at: at, audit: audit) { try body($0).made })
        }
        let sweeps = isTimeToSweep()
        let (once, _) = try await write(
            in: branch, actor: actor, at: at, audit: audit,
            unless: { connection in
                try Self.known(request, at, connection).map { (Once<T>.kept($0), nil) }
            },
            { transaction in
                let (made, kept) = try body(transaction)
                return (Once.made(made), kept)
            },
            keep: { outcome, connection in
                if let kept = outcome.1 { try Self.keep(kept, of: request, at, connection) }
                if sweeps { try Self.sweep(at, connection) }
            })
        return once
    }

    /// Writes outside branches, unless the request was answered before; as with changes of branches there are both the
    /// write and what is kept of it, or neither.
    ///
    /// - Parameter keyed: the request; nil for one without a key, of which nothing is kept.
    /// - Throws: `KeyedRequestError` when nothing was tried, else `StoreError`.
    func write<T: Sendable>(
        _ durability: Durability, once keyed: KeyedWrite<T>?,
        _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws -> Once<T> {
        let sweeps = keyed != nil && isTimeToSweep()
        do throws(StoreError) {
            return try await database.write(durability) { connection in
                guard let keyed else { return .made(try body(connection)) }
                if let known = try Self.known(keyed.request, keyed.at, connection) { return .kept(known) }
                let made = try body(connection)
                if let answer = keyed.keep(made) { try Self.keep(answer, of: keyed.request, keyed.at, connection) }
                if sweeps { try Self.sweep(keyed.at, connection) }
                return .made(made)
            }
        } catch {
            if case .other(let cause as KeyedRequestError) = error { throw cause }
            throw error
        }
    }

    private func isTimeToSweep() -> Bool {
        keyedWrites.wrappingAdd(1, ordering: .relaxed).oldValue % Self.writesPerSweep == 0
    }

    /// The outcome of a write that may have been done before.
    public enum Once<T: Sendable>: Sendable {
        /// It was done now.
        case made(T)
        /// It was done before; this was answered.
        case kept(KeptAnswer)
    }

    /// After so many writes with a key some old answers are removed.
    static let writesPerSweep = 32
    /// Old answers removed at once.
    static let sweepMax = 256

    private static func known(
        _ request: KeyedRequest, _ now: Int64, _ connection: any Connection
    ) throws -> KeptAnswer? {
        // Whoever holds the lock may wait for the branch: nobody waits for the lock.
        let isFree = try connection.first(IdempotencySQL.lock, [.integer(request.name.lock)]) { $0.bool(0) } ?? false
        guard isFree else { throw KeyedRequestError.underWay }
        let oldest: [SQLValue] = [.integer(now - KeyedRequest.lifetimeMs)]
        let known = try connection.first(IdempotencySQL.find, request.name.values + oldest) { row in
            let answer = KeptAnswer(
                status: Int(row.integer(1)), body: row.optionalText(2), entityTag: row.optionalText(3))
            return (fingerprint: row.text(0), answer: answer)
        }
        guard let known else { return nil }
        guard known.fingerprint == request.fingerprint else { throw KeyedRequestError.otherRequest }
        return known.answer
    }

    private static func keep(
        _ answer: KeptAnswer, of request: KeyedRequest, _ now: Int64, _ connection: any Connection
    ) throws {
        let values: [SQLValue] = [
            .text(request.fingerprint), .integer(Int64(answer.status)), .text(answer.body), .text(answer.entityTag),
            .integer(now),
        ]
        try connection.execute(IdempotencySQL.keep, request.name.values + values)
    }

    private static func sweep(_ now: Int64, _ connection: any Connection) throws {
        let values: [SQLValue] = [.integer(now - KeyedRequest.lifetimeMs), .integer(Int64(sweepMax))]
        try connection.execute(IdempotencySQL.sweep, values)
    }
}

extension Store.Once: Equatable where T: Equatable {}

/// The statements on kept answers. They go by tenant and caller; removing old ones looks across all, by their age.
private enum IdempotencySQL {
    static let lock = Statement("SELECT {try lock}")

    static let find = Statement(
        """
        SELECT fingerprint, status, body, entity_tag FROM idempotency
        WHERE tenant = $1 AND caller = $2 AND operation = $3 AND name = $4 AND created_at > $5
        """)

    /// One that is there is too old to be found, and gives way.
    static let keep = Statement(
        """
        INSERT INTO idempotency (tenant, caller, operation, name, fingerprint, status, body, entity_tag, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (tenant, caller, operation, name) DO UPDATE SET
            fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
            entity_tag = excluded.entity_tag, created_at = excluded.created_at
        """)

    static let sweep = Statement(
        """
        DELETE FROM idempotency WHERE (tenant, caller, operation, name) IN (
            SELECT tenant, caller, operation, name FROM idempotency
            WHERE created_at <= $1 ORDER BY created_at LIMIT $2 {skip locked})
        """)
}
