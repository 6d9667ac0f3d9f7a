#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// SQLite in a file of this process: one writer, a few readers, write-ahead log.
public final class SQLiteDatabase: Database {
    /// Connections for reading.
    public static let readerCount = 4

    /// SQL as this engine takes it.
    public let dialect = Dialect.sqlite
    private let writer: SQLiteWriter
    private let readers: SQLiteReaders
    private let hub = SignalHub()
    /// The folder of a database that is to vanish when it closes; nil for one that is to stay.
    private let temporaryFolder: String?

    /// Opens the database in the file `path`, which is made if it is missing; its folder must exist. `:memory:` is a
    /// file in memory, or in the temporary folder, that vanishes on `close`.
    ///
    /// - Throws: `StoreError.unavailable` when the file cannot be opened, `.corrupt` when it is no database.
    public init(path: String) throws(StoreError) {
        var path = path
        temporaryFolder = path == ":memory:" ? try Self.makeTemporaryFolder() : nil
        if let temporaryFolder { path = temporaryFolder + "/covey.db" }
        writer = try SQLiteWriter(path: path)
        readers = try SQLiteReaders(path: path, count: Self.readerCount)
    }

    private static func makeTemporaryFolder() throws(StoreError) -> String {
        for parent in ["/dev/shm", "/tmp"] {
            var template = Array("\(parent)/covey-XXXXXX".utf8CString)
            if mkdtemp(&template) != nil { return String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self) }
        }
        throw .unavailable(retryable: false)
    }

    /// Runs `body` on the calling thread with one of the reading connections, when one is free.
    public func read<T: Sendable>(
        _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        try await readers.read(body)
    }

    /// Runs `body` in a transaction: on the calling thread when the writer is idle and the disk need not be waited for,
    /// otherwise on the writer's thread, in one commit with others.
    public func write<T: Sendable>(
        _ durability: Durability, _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        try await writer.write(durability, body)
    }

    /// Tells the listeners of this process.
    public func notify(_ channel: String, _ payload: String) async throws(StoreError) {
        hub.deliver(payload, on: channel)
    }

    /// What is told on `channel` in this process from now on.
    public func listen(_ channel: String) -> AsyncStream<Signal> { hub.listen(channel) }

    /// Commits of the writer, and jobs that wait for it.
    public var load: DatabaseLoad { writer.load }

    /// Nothing: no other process uses the file.
    public func attend(as name: String) {}

    /// Finishes the queued writes and empties the log into the file.
    public func close() async {
        hub.close()
        await writer.close()
        readers.close()
        guard let temporaryFolder else { return }
        for suffix in ["", "-wal", "-shm"] { unlink("\(temporaryFolder)/covey.db\(suffix)") }
        rmdir(temporaryFolder)
    }
}
