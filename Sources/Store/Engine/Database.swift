/// What a finished write survives.
public enum Durability: Sendable {
    /// Power loss: the data is on the disk before the write returns.
    case full
    /// The end of the process, by whatever signal; not power loss.
    case process
}

/// A database engine: the seam between the store and SQLite or PostgreSQL.
public protocol Database: Sendable {
    /// What is different about this engine's SQL.
    var dialect: Dialect { get }

    /// Runs `body` with a connection for reading. Each statement sees one moment; two may see different ones. The body
    /// may run twice, when a connection breaks. Throws what the body throws, as `StoreError(_:)`.
    func read<T: Sendable>(_ body: @Sendable @escaping (any Connection) throws -> T) async throws(StoreError) -> T

    /// Runs `body` in a transaction of its own and returns when it is as durable as asked. When the body throws,
    /// nothing of it is kept, and no other job is harmed. The body may run more than once: it must change nothing but
    /// the database. Throws what the body throws, as `StoreError(_:)`, or why the transaction could not be kept.
    func write<T: Sendable>(
        _ durability: Durability, _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T

    /// Tells all listeners of `channel`, in this process and others on the same database. `payload` ≤ 7,999 bytes.
    func notify(_ channel: String, _ payload: String) async throws(StoreError)

    /// What is told on `channel` from now on. Ends when the database closes or the reader goes away.
    func listen(_ channel: String) -> AsyncStream<Signal>

    /// Shows to other processes on the same database that this one is there, by a name unlike theirs, as long as it
    /// lives and the database is open. Where nobody else can be on the database, nothing.
    func attend(as name: String)

    /// How busy it is now.
    var load: DatabaseLoad { get }

    /// Finishes what is queued, refuses what comes later, and lets go of files and connections.
    func close() async
}

/// How busy a database is, as this process sees it.
public struct DatabaseLoad: Sendable, Equatable {
    /// Transactions that were committed since it was opened.
    public let commits: Int
    /// Jobs that wait for their turn.
    public let waiting: Int
}

/// What a listener hears.
public enum Signal: Sendable, Equatable {
    /// Somebody told this.
    case message(String)
    /// Messages may have been missed, for instance while the connection was down: look at the tables.
    case catchUp
}

/// A connection within one job. It must not leave the job's body.
public protocol Connection: AnyObject {
    /// What is different about this engine's SQL.
    var dialect: Dialect { get }

    /// Runs a statement to its end and hands each row to `row`. Throws `StoreError`, or what `row` throws.
    func query(_ statement: Statement, _ values: [SQLValue], _ row: (Row) throws -> Void) throws

    /// Runs a statement that changes rows and returns how many. Throws `StoreError`.
    @discardableResult func execute(_ statement: Statement, _ values: [SQLValue]) throws -> Int

    /// Rows that statements changed on this connection since it was opened, taken back or not: of two readings the
    /// difference tells whether anything was written between them.
    var rowsChanged: Int64 { get }

    /// Runs statements without parameters, separated by semicolons, marks of the dialect included. Throws `StoreError`.
    func script(_ sql: String) throws
}

extension Connection {
    /// All rows, each made into a value.
    public func rows<T>(_ statement: Statement, _ values: [SQLValue], _ make: (Row) throws -> T) throws -> [T] {
        var rows: [T] = []
        try query(statement, values) { rows.append(try make($0)) }
        return rows
    }

    /// The first row made into a value; nil when there is none.
    public func first<T>(_ statement: Statement, _ values: [SQLValue], _ make: (Row) throws -> T) throws -> T? {
        var first: T?
        try query(statement, values) { row in
            if first == nil { first = try make(row) }
        }
        return first
    }
}
