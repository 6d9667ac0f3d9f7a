public import Store
import Synchronization

/// A database that notes what statements run on it.
public final class WatchedDatabase: Database {
    /// Told of a statement before it runs, with the connection beneath and its values.
    public typealias Look = @Sendable (any Connection, Statement, [SQLValue]) throws -> Void

    private let inner: any Database
    private let look: Look?
    private let statements = Mutex<[String]>([])

    /// Watches `inner`; tells `look` too, if there is one.
    public init(_ inner: any Database, look: Look? = nil) {
        self.inner = inner
        self.look = look
    }

    /// That of the database beneath.
    public var dialect: Dialect { inner.dialect }

    /// Reads, watched.
    public func read<T: Sendable>(
        _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        try await inner.read { [self] in try body(WatchedConnection($0, self)) }
    }

    /// Writes, watched.
    public func write<T: Sendable>(
        _ durability: Durability, _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        try await inner.write(durability) { [self] in try body(WatchedConnection($0, self)) }
    }

    /// As the database beneath.
    public func notify(_ channel: String, _ payload: String) async throws(StoreError) {
        try await inner.notify(channel, payload)
    }

    /// As the database beneath.
    public func listen(_ channel: String) -> AsyncStream<Signal> { inner.listen(channel) }

    /// As the database beneath.
    public func attend(as name: String) { inner.attend(as: name) }

    /// That of the database beneath.
    public var load: DatabaseLoad { inner.load }

    /// As the database beneath.
    public func close() async { await inner.close() }

    /// The statements that `body` runs, marks of the dialect in them.
    public func watching(_ body: () async throws -> Void) async rethrows -> [String] {
        statements.withLock { $0 = [] }
        try await body()
        return statements.withLock { $0 }
    }

    fileprivate func note(_ connection: any Connection, _ statement: Statement, _ values: [SQLValue]) throws {
        statements.withLock { $0.append(statement.text) }
        try look?(connection, statement, values)
    }
}

private final class WatchedConnection: Connection {
    let inner: any Connection
    let database: WatchedDatabase

    init(_ inner: any Connection, _ database: WatchedDatabase) {
        self.inner = inner
        self.database = database
    }

    var dialect: Dialect { inner.dialect }
    var rowsChanged: Int64 { inner.rowsChanged }

    func query(_ statement: Statement, _ values: [SQLValue], _ row: (Row) throws -> Void) throws {
        try database.note(inner, statement, values)
        try inner.query(statement, values, row)
    }

    func execute(_ statement: Statement, _ values: [SQLValue]) throws -> Int {
        try database.note(inner, statement, values)
        return try inner.execute(statement, values)
    }

    func script(_ sql: String) throws { try inner.script(sql) }
}
