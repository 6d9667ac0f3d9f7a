import Store
import Synchronization

/// Counts the jobs of a database.
final class CountingDatabase: Database {
    private let base: any Database
    private let state = Mutex((reads: 0, writes: 0))

    init(_ base: any Database) { self.base = base }

    var counts: (reads: Int, writes: Int) { state.withLock { $0 } }
    var dialect: Dialect { base.dialect }
    var load: DatabaseLoad { base.load }

    func attend(as name: String) { base.attend(as: name) }

    func read<T: Sendable>(_ body: @Sendable @escaping (any Connection) throws -> T) async throws(StoreError) -> T {
        state.withLock { $0.reads += 1 }
        return try await base.read(body)
    }

    func write<T: Sendable>(
        _ durability: Durability, _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        state.withLock { $0.writes += 1 }
        return try await base.write(durability, body)
    }

    func notify(_ channel: String, _ payload: String) async throws(StoreError) {
        try await base.notify(channel, payload)
    }
    func listen(_ channel: String) -> AsyncStream<Signal> { base.listen(channel) }
    func close() async { await base.close() }
}

/// A database that a process loses after a number of commits: the later ones never happen, as after `kill -9`.
final class DyingDatabase: Database {
    private let base: any Database
    private let left = Mutex(Int.max)
    private let error: StoreError

    private init(_ base: any Database, _ error: StoreError) {
        self.base = base
        self.error = error
    }

    /// A store on `base` that is lost after `commits` commits, with this error.
    static func store(
        on base: any Database, commits: Int, error: StoreError = .unavailable(retryable: false)
    ) async throws -> Store {
        let database = DyingDatabase(base, error)
        let store = try await Store.open(database, containers: [])
        database.left.withLock { $0 = commits }
        return store
    }

    var dialect: Dialect { base.dialect }
    var load: DatabaseLoad { base.load }

    func attend(as name: String) { base.attend(as: name) }

    func read<T: Sendable>(_ body: @Sendable @escaping (any Connection) throws -> T) async throws(StoreError) -> T {
        try await base.read(body)
    }

    func write<T: Sendable>(
        _ durability: Durability, _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        let isAlive = left.withLock { left in
            left -= 1
            return left >= 0
        }
        guard isAlive else { throw error }
        return try await base.write(durability, body)
    }

    func notify(_ channel: String, _ payload: String) async throws(StoreError) {
        try await base.notify(channel, payload)
    }
    func listen(_ channel: String) -> AsyncStream<Signal> { base.listen(channel) }
    func close() async { await base.close() }
}
