public import Catalog
public import Outbound

/// Speaks the Model Context Protocol with servers over HTTP: revision 2026-07-28, which has no handshake, and with
/// servers that do not know it the newest older one that both know.
public struct MCPClient: Sendable {
    private let http: HTTPClient
    private let version: String
    private let elapsed: @Sendable () -> Duration
    /// The bounds of each session.
    public let limits: MCPLimits

    /// A client.
    ///
    /// - Parameters:
    ///   - http: what connections are made with; its policy says where to.
    ///   - version: the version of Covey, which servers are told.
    ///   - limits: the bounds of each session.
    ///   - elapsed: time since some moment; never goes back.
    public init(
        http: HTTPClient, version: String, limits: MCPLimits = MCPLimits(),
        elapsed: @escaping @Sendable () -> Duration
    ) {
        self.http = http
        self.version = version
        self.limits = limits
        self.elapsed = elapsed
    }

    /// Opens a session, works in it, and ends it.
    ///
    /// - Throws: why the server could not be spoken to, or what `body` throws.
    public func session<Value: Sendable>(
        with address: MCPServerAddress, _ body: @escaping @Sendable (MCPSession) async throws(MCPFailure) -> Value
    ) async throws(MCPFailure) -> Value {
        switch address.transport {
        case .streamableHTTP:
            do throws(MCPFailure) {
                return try await work(StreamableHTTP(address, http, limits).link, address, body)
            } catch .sessionEnded where address.sessionID != nil {
                var fresh = address
                fresh.sessionID = nil
                return try await work(StreamableHTTP(fresh, http, limits).link, fresh, body)
            }
        case .serverSentEvents:
            return try await EventStream.open(address, http, limits) { link async throws(MCPFailure) in
                try await self.work(link, address, body)
            }
        }
    }

    private func work<Value: Sendable>(
        _ link: Link, _ address: MCPServerAddress,
        _ body: @Sendable (MCPSession) async throws(MCPFailure) -> Value
    ) async throws(MCPFailure) -> Value {
        let handshake = Handshake(
            calls: Calls(link: link, limits: limits, elapsed: elapsed),
            client: ["name": "covey", "version": .string(version)])
        do throws(MCPFailure) {
            let session: MCPSession
            if address.sessionID != nil {
                session = handshake.resumed
            } else if address.transport == .streamableHTTP {
                session = try await handshake.discover()
            } else {
                session = try await handshake.initialize()
            }
            let value = try await body(session)
            await link.close()
            return value
        } catch {
            await link.close()
            throw error
        }
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

/// One tool of a server.
public struct MCPToolDescription: Sendable, Equatable {
    /// Its name, unique within the server.
    public var name: String
    /// What it does, told to the model.
    public var description: String?
    /// The JSON Schema of its arguments.
    public var inputSchema: JSONObject

    /// A tool from its parts.
    public init(name: String, description: String? = nil, inputSchema: JSONObject) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}
