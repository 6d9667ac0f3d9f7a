public import Access
public import Catalog
public import Cryptography
import Domain
public import Files
import Functions
public import Logging
import MCP
public import Models
public import Outbound
public import Runtime
import ServiceLifecycle
public import Store
public import UnixSignals

/// The whole of Covey in one process: a store, the runs over it, and the HTTP server in front.
public struct Application: Sendable {
    /// How it is to be run.
    public struct Settings: Sendable {
        /// Where to listen.
        public var address: HTTPServer.Address
        /// Whom it lets in.
        public var authentication: Authenticator.Configuration
        /// The bounds of the server.
        public var limits: ServerLimits
        /// The bounds of the runs.
        public var runtimeLimits: RuntimeLimits
        /// The version in the description of the API.
        public var version: String
        /// Its address as clients see it; nil for the address where it listens.
        public var publicURL: String?
        /// How people get in.
        public var people = PeopleSettings()
        /// With what providers of identities are asked; nil for what asks the servers of tools.
        public var identityClient: HTTPClient?
        /// Why the server sends no request to an address, for people; nil when it does.
        public var refusalOfAddress: @Sendable (String) -> String? = { _ in nil }
        /// Who is believed about the addresses of clients.
        public var proxies = TrustedProxies()
        /// How many requests there may be.
        public var rateLimits = RateLimits()
        /// Where functions are run; nil where none are: then agents that need one say so.
        public var functions: FunctionHome?
        /// With what the server proves who it is; nil where connections are not encrypted.
        public var certificates: Certificates?
        /// What opens `/metrics`; nil for this machine alone.
        public var metricsToken: String?
        /// The server's environment, as far as it is open to templates.
        public var templateEnvironment = TemplateEnvironment()
        /// To what collector traces are handed, and with what; nil for none.
        public var traces: (export: TraceExport, client: HTTPClient)?

        /// Settings of a server on this machine that lets nobody in.
        public init(
            address: HTTPServer.Address, authentication: Authenticator.Configuration = .init(),
            limits: ServerLimits = ServerLimits(), runtimeLimits: RuntimeLimits = RuntimeLimits(),
            version: String = "0", publicURL: String? = nil
        ) {
            self.address = address
            self.authentication = authentication
            self.limits = limits
            self.runtimeLimits = runtimeLimits
            self.version = version
            self.publicURL = publicURL
        }
    }

    private let group: ServiceGroup
    /// The people who use it.
    public let people: People

    /// An application over a store that is open.
    ///
    /// - Parameters:
    ///   - keyring: Seals the secrets in what is stored, and opens them for whoever acts with them.
    ///   - models: Finds the model that a configuration names.
    ///   - clock: The time, for all of it.
    ///   - logger: Where errors go.
    ///   - signals: What ends `run`, beside `stop`.
    ///   - files: What users attach to their messages; kept in memory unless given.
    ///   - outbound: With what the servers of tools are looked at; nil when nobody looks at them.
    ///   - onListening: Told the port when the server accepts connections.
    public init(
        _ settings: Settings, store: Store, keyring: Keyring, models: ModelResolver, clock: RuntimeClock,
        logger: Logger, stoppingOn signals: [UnixSignal] = [], files: MessageFiles = MessageFiles(.memory()),
        outbound: HTTPClient? = nil, onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        var parts = HTTPServer.Parts(
            address: settings.address, operations: Everything.operations, schemas: Everything.schemas,
            projectKind: Project.kind.name, sealing: Sealing(keyring, kinds: Everything.kinds),
            authentication: settings.authentication, limits: settings.limits, clock: clock,
            streamGrace: .milliseconds(settings.runtimeLimits.shutdownMs), logger: logger, version: settings.version,
            publicURL: settings.publicURL, refusalOfAddress: settings.refusalOfAddress)
        parts.proxies = settings.proxies
        parts.rateLimits = settings.rateLimits
        parts.certificates = settings.certificates
        parts.metricsToken = settings.metricsToken
        let report = RunReporter { logger.take($0) }
        let exporter = settings.traces.map { traces in
            TraceExporter(
                traces.export, client: traces.client, metrics: parts.metrics, clock: clock, report: report)
        }
        let functions = settings.functions.map { home in
            Self.functionPool(home, limits: settings.runtimeLimits.functions, clock: clock, logger: logger)
        }
        parts.outbound = outbound
        let outside = Outside(
            keyring: keyring, client: outbound ?? .refusing, environment: settings.templateEnvironment,
            servers: outbound.map { http in
                MCPServers(
                    http: http, version: settings.version, store: store, keyring: keyring, clock: clock,
                    limits: settings.runtimeLimits)
            },
            functions: functions)
        let runs = Runs(
            store: store,
            configuration: ConfigurationCache(
                store: store, models: ModelSource(models), limits: settings.runtimeLimits,
                outside: outside, clock: clock),
            files: files, limits: settings.runtimeLimits, clock: clock, metrics: parts.metrics, report: report,
            exporter: exporter)
        let health = outbound.map { http in
            HealthMonitor(
                store: store, keyring: keyring,
                client: MCPClient(http: http, version: settings.version, clock: clock.mcp), clock: clock,
                limits: settings.runtimeLimits)
        }
        let audit = AuditTrail(store)
        let runners = Runners(
            settings.authentication.runners, store: store, keyring: keyring, now: clock.now)
        people = Self.people(
            settings.people, store: store, keyring: keyring, publicURL: parts.clientURL, clock: clock,
            outbound: settings.identityClient ?? outbound)
        let server = HTTPServer(
            parts, store: store, runs: runs, audit: audit, runners: runners, people: people, health: health,
            onListening: onListening)
        // They stop in the reverse order: first nobody is let in, then the runs are put away.
        let watching: [any Service] = health.map { [HealthService(monitor: $0)] } ?? []
        let recording = AuditService(trail: audit, uses: runners.uses, clock: clock, logger: logger)
        let exporting: [any Service] = exporter.map { [TraceService(exporter: $0, store: store)] } ?? []
        let working: [any Service] = functions.map { [FunctionService(pool: $0)] } ?? []
        let services: [any Service] =
            [recording] + exporting + watching + working + [RunsService(runs: runs), server]
        var configuration = ServiceGroupConfiguration(
            services: services.map(Self.configuration), gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = settings.limits.shutdown
        group = ServiceGroup(configuration: configuration)
    }

    /// A service whose end is the end of all. Without a name it would be called by the text of all that it holds, which
    /// is slow to make and full of secrets.
    private static func configuration(_ service: any Service) -> ServiceGroupConfiguration.ServiceConfiguration {
        .init(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "\(type(of: service))")
    }

    /// The people of a store. Passwords are hashed one at a time, beside what else is slow.
    public static func people(
        _ settings: PeopleSettings, store: Store, keyring: Keyring, publicURL: String, clock: RuntimeClock = .live,
        outbound: HTTPClient? = nil
    ) -> People {
        let worker = SlowWorker()
        return People(
            settings, store: store, keyring: keyring, publicURL: publicURL, now: clock.now, outbound: outbound
        ) { await worker.run($0) }
    }

    /// Opens the database at `url` (`Store.open`) for the kinds that the application has.
    public static func openStore(at url: String) async throws(StoreError) -> Store {
        try await openStore(over: Store.database(at: url))
    }

    /// The same over an engine that is open.
    public static func openStore(over database: any Database) async throws(StoreError) -> Store {
        try await Store.open(
            database, containers: Scope.containers, facets: Everything.facets, links: Everything.references)
    }

    /// Runs until it is told to stop, and returns when all is put away.
    ///
    /// - Throws: What a service failed with, for instance because the port is taken.
    public func run() async throws { try await group.run() }

    /// Makes `run` return: open requests and runs may finish within `ServerLimits.shutdown`.
    public func stop() async { await group.triggerGracefulShutdown() }
}

/// The monitor of the servers of tools as a service.
private struct HealthService: Service {
    let monitor: HealthMonitor

    func run() async {
        await cancelWhenGracefulShutdown {
            await monitor.supervise()
            // Where there is nothing to do the service waits for the end, which others would take for theirs.
            try? await gracefulShutdown()
        }
    }
}

/// The records of what was done and of what was used as a service: writes what waits every moment, and the rest at the
/// end.
private struct AuditService: Service {
    let trail: AuditTrail
    let uses: LastUses
    let clock: RuntimeClock
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await clock.pause(for: AuditTrail.wait)) != nil { await flush(at: clock.now()) }
        }
        await flush(at: nil)
    }

    private func flush(at now: Int64?) async {
        do {
            try await trail.flush(at: now)
        } catch {
            logger.error("the audit could not be written, and waits: \(error)")
        }
        do {
            try await uses.flush()
        } catch {
            logger.error("when keys were used last could not be written, and waits: \(error)")
        }
    }
}

/// The exporter of traces as a service: hands over what is left when the runs are put away.
private struct TraceService: Service {
    let exporter: TraceExporter
    let store: Store

    func run() async {
        await withGracefulShutdownHandler {
            await exporter.run(store)
        } onGracefulShutdown: {
            exporter.stop()
        }
    }
}

extension Logger {
    /// Writes what a run reports, with what it is about as metadata.
    fileprivate func take(_ report: RunReport) {
        let level: Logger.Level =
            switch report.level {
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
        log(level: level, "\(report.message)", metadata: report.fields.mapValues { "\($0)" })
    }
}

/// The runs as a service: picks up what a crash left, keeps leases and time limits, and puts runs away at the end.
private struct RunsService: Service {
    let runs: Runs

    func run() async {
        await cancelWhenGracefulShutdown { await runs.supervise() }
        await runs.shutdown()
    }
}
