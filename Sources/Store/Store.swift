import Synchronization

/// Everything that Covey keeps: configuration as a versioned graph of documents, conversations, and the journal of
/// runs.
///
/// All SQL is here, one text for both engines, and every query is scoped by tenant and project.
public final class Store: Sendable {
    /// The engine beneath.
    public let database: any Database
    /// What it was told of the kinds that it keeps.
    let declared: Declarations
    /// Heads in memory; nil where another process may move them.
    let heads: HeadCache?
    /// The credentials that this process alone keeps.
    let credentialMemory = CredentialMemory()
    /// Writes with a key so far.
    let keyedWrites = Atomic<Int>(0)

    /// The store over an engine that is open and has its schema.
    init(database: any Database, _ declared: Declarations) {
        self.database = database
        self.declared = declared
        heads = Self.isShared(database) ? nil : HeadCache()
    }

    /// Opens the database at `url` and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - url: `sqlite:PATH` (the folder must exist; `sqlite::memory:` vanishes on `close`), or `postgres://…`.
    ///   - containers: the kinds whose resources others live in; what lives in one is deleted with it.
    ///   - facets: by kind the members that lists filter by and that are no links (`Kind.facets`). Other ones than at
    ///     the last opening make what is kept of them anew, once.
    ///   - links: what a document refers to, for states that are made from the log.
    /// - Throws: `StoreError.newerSchema` when a newer Covey wrote the database, `.unavailable` when it cannot be
    ///   opened.
    public static func open(
        url: String, containers: Set<String>, facets: [String: [String]] = [:],
        links: @escaping Declarations.Links = Declarations.unknown
    ) async throws(StoreError) -> Store {
        try await open(database(at: url), containers: containers, facets: facets, links: links)
    }

    /// The store over `database`, whose schema is brought up to date. If that fails the database is closed.
    public static func open(
        _ database: any Database, containers: Set<String>, facets: [String: [String]] = [:],
        links: @escaping Declarations.Links = Declarations.unknown
    ) async throws(StoreError) -> Store {
        let declared = Declarations(containers: containers, facets: facets, links: links)
        do throws(StoreError) {
            try await Migrations.run(on: database)
            try await Facets.renew(declared, on: database)
        } catch {
            await database.close()
            throw error
        }
        return Store(database: database, declared)
    }

    /// The engine for `url` (`open(url:containers:facets:links:)`), without a look at what is in it.
    public static func database(at url: String) async throws(StoreError) -> any Database {
        let filePrefix = "sqlite:"
        if url.hasPrefix(filePrefix) { return try SQLiteDatabase(path: String(url.dropFirst(filePrefix.count))) }
        if url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") { return try PostgresDatabase(url: url) }
        throw .conflict("A database is named sqlite:PATH or postgres://…, not \(url.prefix { $0 != ":" }):….")
    }

    private static let one = Statement("SELECT 1")

    /// Whether several processes may share the database, so that a lease of another owner may be alive.
    public var isShared: Bool { Self.isShared(database) }

    private static func isShared(_ database: any Database) -> Bool { database.dialect.name != Dialect.sqlite.name }

    /// Throws when the database cannot answer.
    public func ping() async throws(StoreError) {
        try await database.read { connection in try connection.query(Self.one, []) { _ in } }
    }

    /// Tells all listeners of `channel`, in every process on this database. `payload` ≤ 7,999 bytes: send ids only.
    public func notify(_ channel: String, _ payload: String) async throws(StoreError) {
        try await database.notify(channel, payload)
    }

    /// What is told on `channel` from now on; `.catchUp` when something may have been missed.
    public func listen(_ channel: String) -> AsyncStream<Signal> { database.listen(channel) }

    /// How busy the database is now.
    public var load: DatabaseLoad { database.load }

    /// Finishes what is queued and lets go of the database.
    public func close() async { await database.close() }
}
