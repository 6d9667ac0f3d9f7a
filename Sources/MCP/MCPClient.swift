public import Catalog
public import Outbound

/// Speaks the Model Context Protocol with servers over HTTP: revision 2026-07-28, which has no handshake, and with
/// servers that do not know it the newest older one that both know.
public struct MCPClient: Sendable {
    private let http: HTTPClient
    private let version: String
    private let clock: MCPClock
    private let eras: ServerEras
    /// The bounds of each session.
    public let limits: MCPLimits

    /// A client.
    ///
    /// - Parameters:
    ///   - http: what connections are made with; its policy says where to.
    ///   - version: the version of Covey, which servers are told.
    ///   - limits: the bounds of each session.
    ///   - clock: the time.
    public init(http: HTTPClient, version: String, limits: MCPLimits = MCPLimits(), clock: MCPClock) {
        self.http = http
        self.version = version
        self.limits = limits
        self.clock = clock
        eras = ServerEras(clock: clock)
    }

    /// Opens a session, works in it, and ends it.
    ///
    /// - Throws: why the server could not be spoken to, or what `body` throws.
    public func session<Value: Sendable>(
        with address: MCPServerAddress, _ body: @Sendable (MCPSession) async throws(MCPFailure) -> Value
    ) async throws(MCPFailure) -> Value {
        do throws(MCPFailure) {
            return try await work(address, body)
        } catch .sessionEnded where address.sessionID != nil {
            var fresh = address
            fresh.sessionID = nil
            return try await work(fresh, body)
        }
    }

    private func work<Value: Sendable>(
        _ address: MCPServerAddress, _ body: @Sendable (MCPSession) async throws(MCPFailure) -> Value
    ) async throws(MCPFailure) -> Value {
        let session = try await open(address)
        do throws(MCPFailure) {
            let value = try await body(session)
            await session.close()
            return value
        } catch {
            await session.close()
            throw error
        }
    }

    /// Opens a session that lasts until it is closed.
    ///
    /// - Parameter known: What the server said of itself before; one of a revision without handshake is not asked
    ///   again. Nil when nothing is known.
    /// - Throws: why the server could not be spoken to; then nothing has to be closed.
    public func open(
        _ address: MCPServerAddress, knowing known: MCPServerDescription? = nil
    ) async throws(MCPFailure) -> MCPSession {
        var link: Link
        switch address.transport {
        case .streamableHTTP: link = StreamableHTTP(address, http, limits).link
        case .serverSentEvents:
            let stream = try await EventStream.open(address, http, limits)
            let reader = stream.readAside()
            link = stream.link
            link.close = { reader.cancel() }
        }
        let calls = Calls(link: link, limits: limits, clock: clock)
        let handshake = Handshake(calls: calls, client: ["name": "covey", "version": .string(version)])
        do throws(MCPFailure) {
            if address.sessionID != nil { return handshake.resumed }
            guard address.transport == .streamableHTTP else { return try await handshake.initialize() }
            if let known, let session = handshake.resumed(knowing: known) { return session }
            return try await eras.begin(handshake, with: address.url)
        } catch {
            await calls.close()
            throw error
        }
    }
}

/// Time as a client sees it: a struct of functions, so that tests step it.
public struct MCPClock: Sendable {
    /// Time since some moment; never goes back.
    public let elapsed: @Sendable () -> Duration
    /// Waits. Throws when the task is cancelled.
    public let pause: @Sendable (Duration) async throws -> Void

    /// A clock from its functions.
    public init(
        elapsed: @escaping @Sendable () -> Duration, pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.elapsed = elapsed
        self.pause = pause
    }
}

/// What a server says of itself. All of it is optional but the revision, and none of it is to be trusted.
public struct MCPServerDescription: Sendable, Equatable {
    /// The revision of the protocol that is spoken; nil in a session that was gone on with.
    public var revision: String?
    /// Its name.
    public var name: String?
    /// Its version.
    public var version: String?
    /// What it can do: an object for each thing, by name.
    public var capabilities: JSONObject = [:]
    /// How to use it, told to the model; nil for nothing.
    public var instructions: String?
}

/// The tools of a server.
public struct MCPToolList: Sendable, Equatable {
    /// The tools, in its order.
    public var tools: [MCPToolDescription]
    /// How long the server says that it holds; nil when it does not say.
    public var isFreshFor: Duration?
}

/// One tool of a server.
public struct MCPToolDescription: Sendable, Equatable {
    /// Its name, unique within the server.
    public var name: String
    /// What it does, told to the model.
    public var description: String?
    /// The JSON Schema of its arguments.
    public var inputSchema: JSONObject
    /// The arguments that calls repeat as header fields.
    var parameterHeaders = ParameterHeaders()

    /// A tool from its parts.
    public init(name: String, description: String? = nil, inputSchema: JSONObject) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}
