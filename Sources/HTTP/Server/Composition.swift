public import Access
public import Catalog
public import Logging
import MCP
public import Outbound
public import Runtime
public import Store

extension HTTPServer {
    /// What the server is made of, beside the store and the runs.
    public struct Parts: Sendable {
        /// Where to listen.
        public var address: Address
        /// The operations on configuration.
        public var operations: [Operation]
        /// The schemas that they refer to.
        public var schemas: [(name: String, schema: JSONObject)]
        /// The name of the kind that a tenant's list of projects shows.
        public var projectKind: String
        /// Seals the secrets in what is stored.
        public var sealing: Sealing
        /// Whom it lets in.
        public var authentication: Authenticator.Configuration
        /// Its bounds.
        public var limits: ServerLimits
        /// The time.
        public var clock: RuntimeClock
        /// How long event streams may go on once the server is told to stop.
        public var streamGrace: Duration
        /// Where errors go.
        public var logger: Logger
        /// The version in its description.
        public var version: String
        /// Its address as clients see it; nil for the address where it listens.
        public var publicURL: String?
        /// Why the server sends no request to an address, for people; nil when it does.
        public var refusalOfAddress: @Sendable (String) -> String?
        /// Who is believed about the addresses of clients.
        public var proxies = TrustedProxies()
        /// How many requests there may be.
        public var rateLimits = RateLimits()
        /// With what the server proves who it is; nil where connections are not encrypted.
        public var certificates: Certificates?
        /// What is counted.
        public var metrics = Metrics()
        /// What opens `/metrics`; nil for this machine alone.
        public var metricsToken: String?
        /// With what people sign in to servers of tools; nil where they do not.
        public var outbound: HTTPClient?

        /// Parts with the defaults of a server on this machine.
        public init(
            address: Address, operations: [Operation], schemas: [(name: String, schema: JSONObject)],
            projectKind: String, sealing: Sealing, authentication: Authenticator.Configuration,
            limits: ServerLimits = ServerLimits(), clock: RuntimeClock = .live, streamGrace: Duration = .zero,
            logger: Logger, version: String, publicURL: String? = nil,
            refusalOfAddress: @escaping @Sendable (String) -> String? = { _ in nil }
        ) {
            self.address = address
            self.operations = operations
            self.schemas = schemas
            self.projectKind = projectKind
            self.sealing = sealing
            self.authentication = authentication
            self.limits = limits
            self.clock = clock
            self.streamGrace = streamGrace
            self.logger = logger
            self.version = version
            self.publicURL = publicURL
            self.refusalOfAddress = refusalOfAddress
        }

        /// Its address as clients see it, without a slash at its end.
        var clientURL: String {
            let url = publicURL ?? "\(certificates == nil ? "http" : "https")://\(address.host):\(address.port)"
            return url.hasSuffix("/") ? String(url.dropLast()) : url
        }
    }

    /// A server over a store that is open.
    ///
    /// - Parameters:
    ///   - runs: The runs over the same store.
    ///   - people: Who gets in.
    ///   - audit: Where what was done and refused is put on record.
    ///   - runners: Recognises those who run agents over the same store.
    ///   - health: Finds out about the servers of tools over the same store; nil when nobody does.
    ///   - onListening: Told the port when the server accepts connections.
    public init(
        _ parts: Parts, store: Store, runs: Runs, audit: AuditTrail, runners: Runners, people: People,
        health: HealthMonitor? = nil,
        onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        let turns = Turns(runs: runs, store: store)
        let files = ConversationFiles(blobs: runs.blobs, now: parts.clock.now)
        var endpoints = [ChatCompletions.endpoint(turns), UIChat.endpoint(turns)]
        endpoints += ConversationRuns.endpoints(turns) + UserConversations.endpoints(turns, files)
        endpoints += Executions.endpoints(turns) + RunTraces.endpoints(turns) + RunReplays.endpoints(turns)
        endpoints += UsageReports.endpoints(store, now: parts.clock.now)
        endpoints += BudgetEndpoints(store: store, terms: runs.terms, now: parts.clock.now).endpoints
        endpoints += PriceEndpoints(store: store, terms: runs.terms, now: parts.clock.now).endpoints
        let streams = StreamRegistry(streamsMax: parts.limits.streamsMax)
        endpoints.append(
            MetricsEndpoint(
                metrics: parts.metrics, store: store, runs: runs, streams: streams, token: parts.metricsToken,
                version: parts.version
            ).endpoint)
        endpoints += [
            MCPEndpoint.endpoint(turns, version: parts.version),
            AgentCards.endpoint(runs, publicURL: parts.publicURL),
        ]
        endpoints +=
            ManageConversations.endpoints(store, files) + Accounts.endpoints(store) + Health.endpoints(store: store)
        endpoints += [Capabilities.endpoint, AuditRecords.endpoint(store, audit)]
        let door = AppDoor(runners: runners, audit: audit, now: parts.clock.now)
        endpoints += AppSessions.endpoints(door, store) + WorkChallenges.endpoints(door)
        endpoints.append(PlaygroundAccess.endpoint(runners, store))
        let origins = TrustedOrigins(
            publicURL: parts.publicURL, people.settings, trustsThisMachine: parts.authentication.isDevelopment)
        let signIn = ToolSignIn(
            store: store, sealing: parts.sealing, projectKind: parts.projectKind,
            authorization: parts.outbound.map { AuthorizationProtocol(http: $0) }, publicURL: parts.clientURL,
            now: parts.clock.now)
        endpoints += signIn.endpoints
        endpoints += ManagePeople.endpoints(people) + ManageInvitations.endpoints(people)
        let described = parts.operations + endpoints.map(\.operation)
        endpoints += Documents.endpoints(
            operations: described, schemas: parts.schemas + AppSessions.schemas, version: parts.version,
            publicURL: parts.clientURL)
        endpoints.append(ToolSignInPage.endpoint(openers: origins.named))
        endpoints += PeopleEndpoints(people: people, origins: origins, sealing: parts.sealing).endpoints
        var routes = Routes<Dispatcher.Target>()
        let targets = endpoints.map(Dispatcher.Target.endpoint) + parts.operations.map(Dispatcher.Target.operation)
        for target in targets {
            for method in [target.operation.method] + target.operation.aliases {
                routes.add(method, target.operation.path, target)
            }
        }
        let crossOrigin = CrossOrigin(trusted: origins)
        self.init(
            address: parts.address,
            dispatcher: Dispatcher(
                routes: routes, authenticator: Authenticator(parts.authentication, runners, people, origins),
                store: store,
                now: parts.clock.now,
                limits: parts.limits, logger: parts.logger, projectKind: parts.projectKind,
                surroundings: Surroundings(publicURL: parts.clientURL, refusalOfAddress: parts.refusalOfAddress),
                watch: health.map { Watch($0) } ?? Watch.nobody,
                sealing: parts.sealing, gate: Gate(store: store), audit: audit,
                quotas: Quotas(limits: parts.rateLimits, now: parts.clock.now), crossOrigin: crossOrigin,
                metrics: parts.metrics),
            proxies: parts.proxies, crossOrigin: crossOrigin, certificates: parts.certificates,
            isSecure: parts.clientURL.hasPrefix("https://"),
            streams: streams, date: HTTPDate(now: parts.clock.now),
            clock: parts.clock, streamGrace: parts.streamGrace, logger: parts.logger, onListening: onListening)
    }
}
