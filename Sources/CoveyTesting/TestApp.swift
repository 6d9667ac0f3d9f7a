public import Access
public import Catalog
public import Cryptography
public import Files
import Foundation
public import HTTP
import Logging
import Models
public import Outbound
public import Runtime
public import Store
public import StoreTesting

/// The whole of Covey in the test's process, on a port of its own, over a real database that nobody else sees.
public struct TestApp: Sendable {
    /// How it is started.
    public struct Options: Sendable {
        /// Whom it lets in: everybody, as in development, unless set.
        public var authentication = Authenticator.Configuration(isDevelopment: true)
        /// The bounds of the server.
        public var limits = ServerLimits()
        /// The bounds of the runs.
        public var runtimeLimits = RuntimeLimits()
        /// The scripts of `scripted/…` models: names without ending, and their YAML.
        public var scripts: [String: String] = [:]
        /// The folder of an earlier app, to start on what it left; nil for an empty one that is removed afterwards.
        public var folder: String?
        /// The database; nil for one of its own.
        public var databaseURL: String?
        /// Whether the servers of tools are looked at; those on loopback are reached.
        public var looksAtTools = false
        /// The keys that seal what is stored; the same for every app unless set.
        public var keyring = TestApp.keyring
        /// Its address as clients see it; nil for the address where it listens.
        public var publicURL: String?
        /// Whether it is noted what statements run on the database (`TestApp.database`).
        public var watchesDatabase = false
        /// How many requests there may be: any number unless set.
        public var rateLimits: RateLimits = {
            var limits = RateLimits()
            (limits.signIn, limits.refused, limits.person, limits.visitor) = (nil, nil, nil, nil)
            return limits
        }()
        /// Who is believed about the addresses of clients.
        public var proxies = TrustedProxies()
        /// With what it proves who it is; nil where connections are not encrypted.
        public var certificates: Certificates?
        /// With what providers of identities are asked; nil when nobody is.
        public var identityClient: HTTPClient?
        /// How people get in.
        public var people = PeopleSettings()
        /// Whether functions are run, in workers of the built binary; packages are in the app's folder `functions`.
        public var runsFunctions = false
        /// Whether time goes by by itself, instead of standing still until the test moves it.
        public var usesLiveClock = false

        /// What opens `/metrics`; nil for this machine alone.
        public var metricsToken: String?

        /// Where the files of messages are; nil for the folder of the app.
        public var blobs: BlobStore?

        /// What keeps all that it logs; nil for nothing.
        public var log: LogCapture?

        /// An empty server for development.
        public init() {}
    }

    /// Sends requests to it.
    public let client: TestClient
    /// The port on 127.0.0.1.
    public let port: Int
    /// The time of server and runs; it moves only by the test, unless `usesLiveClock`.
    public let clock: StepClock
    /// The time of the mock and scripted models, likewise.
    public let modelClock: StepClock
    /// Its data and scripts.
    public let folder: String
    /// Its database.
    public let databaseURL: String
    /// Its store.
    public let store: Store
    /// The database beneath the store; nil unless it was to be watched.
    public let database: WatchedDatabase?
    /// Its people.
    public let people: People
    /// Stops it gracefully; its `run` returns when it has.
    public let stop: @Sendable () async -> Void

    /// Starts an app, runs `body` with it, and stops it.
    public static func run(
        _ options: Options = Options(), _ body: @Sendable (TestApp) async throws -> Void
    ) async throws {
        // An app beside another one on the same database must not wait for it.
        let isGuest = options.databaseURL != nil
        if !isGuest { await places.take() }
        defer { if !isGuest { places.give() } }
        let folder = try options.folder ?? makeFolder()
        defer { if options.folder == nil { try? FileManager.default.removeItem(atPath: folder) } }
        try write(options.scripts, to: folder)
        let url: String
        if let given = options.databaseURL { url = given } else { url = try await TestDatabase.make(in: folder) }
        let database = try await Store.database(at: url)
        let watched = options.watchesDatabase ? WatchedDatabase(database) : nil
        let store = try await Application.openStore(over: watched ?? database)
        do {
            try await serve(options, folder, url, store, watched, body)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// Whether its database is a file in its folder; else it is on a PostgreSQL server.
    public var isOnSQLite: Bool { databaseURL.hasPrefix(TestDatabase.sqlite) }

    /// Takes tables away beneath the server: what needs them fails in the engine.
    public func hideTables(_ names: String...) async throws {
        try await store.database.write(.full) { connection in
            for name in names { try connection.script("ALTER TABLE \"\(name)\" RENAME TO \"\(name)_hidden\"") }
        }
    }

    /// The keys of apps that are given no others.
    public static let keyring = Keyring(key(7))

    /// What seals by these keys for a test that works on the store itself, on kinds without secrets.
    public static let sealing = Sealing(keyring, kinds: [])

    /// The key all of whose bytes are these.
    public static func key(_ byte: UInt8) -> SecretKey {
        guard let key = SecretKey([UInt8](repeating: byte, count: SecretKey.length)) else {
            preconditionFailure("keys have \(SecretKey.length) bytes")
        }
        return key
    }

    /// Apps at once: each has threads and, on PostgreSQL, connections of its own, of which a server has not many.
    private static let places = Places(8)

    private static func serve(
        _ options: Options, _ folder: String, _ url: String, _ store: Store, _ database: WatchedDatabase?,
        _ body: @Sendable (TestApp) async throws -> Void
    ) async throws {
        let (clock, modelClock) = (StepClock(), StepClock())
        let models = ModelResolver(
            client: .live(policy: .development), environment: [:], scripts: ScriptLibrary(folder: folder + "/scripts"),
            clock: options.usesLiveClock ? live : modelClock.models)
        let (ports, heard) = AsyncStream.makeStream(of: Int.self)
        let logger = options.log?.logger ?? silence
        var settings = Application.Settings(
            address: HTTPServer.Address(host: "127.0.0.1", port: 0), authentication: options.authentication,
            limits: options.limits, runtimeLimits: options.runtimeLimits, publicURL: options.publicURL)
        settings.rateLimits = options.rateLimits
        settings.proxies = options.proxies
        settings.certificates = options.certificates
        settings.people = options.people
        settings.identityClient = options.identityClient
        settings.metricsToken = options.metricsToken
        if options.runsFunctions, let binary = BuiltBinary.covey {
            settings.functions = FunctionHome(
                executable: binary.path(percentEncoded: false), packages: folder + "/functions",
                http: .live(policy: .development))
        }
        settings.refusalOfAddress = { EgressPolicy.publicOnly.refusal(of: $0) }
        let application = Application(
            settings, store: store, keyring: options.keyring, models: models,
            clock: options.usesLiveClock ? .live : clock.runtime, logger: logger,
            files: MessageFiles(
                options.blobs ?? .folder(folder + "/files"),
                remote: .live(.live(policy: .development), ports: nil) { _ in }),
            outbound: options.looksAtTools ? HTTPClient.live(policy: .development) : nil
        ) { port in heard.yield(port) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { heard.finish() }
                try await application.run()
            }
            guard let port = await ports.first(where: { _ in true }) else { return try await group.waitForAll() }
            let app = TestApp(
                client: TestClient(address: "http://127.0.0.1:\(port)"), port: port, clock: clock,
                modelClock: modelClock, folder: folder, databaseURL: url, store: store, database: database,
                people: application.people
            ) { await application.stop() }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(app))
            } catch {
                outcome = .failure(error)
            }
            await application.stop()
            try await group.waitForAll()
            try outcome.get()
        }
    }

    private static var silence: Logger {
        var logger = Logger(label: "covey.test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }

    private static let live = ModelClock(
        timestamp: { Timestamp.text(RuntimeClock.live.now()) }, sleep: RuntimeClock.live.sleep)

    /// A new, empty folder.
    public static func makeFolder() throws -> String {
        let path = NSTemporaryDirectory() + "covey-test-\(RandomID.make())"
        try FileManager.default.createDirectory(atPath: path + "/scripts", withIntermediateDirectories: true)
        return path
    }

    /// Removes a folder that `makeFolder` made.
    public static func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: folder) }

    private static func write(_ scripts: [String: String], to folder: String) throws {
        for (name, text) in scripts {
            try text.write(toFile: "\(folder)/scripts/\(name).yaml", atomically: true, encoding: .utf8)
        }
    }
}
