public import Outbound

/// Where an MCP server is and what every request to it carries.
public struct MCPServerAddress: Sendable {
    /// The transports of the protocol over HTTP.
    public enum Transport: Sendable, Equatable {
        /// One address for everything (revisions from 2025-03-26).
        case streamableHTTP
        /// One stream of events, which names the address to post to (revision 2024-11-05).
        case serverSentEvents
    }

    /// Its http or https address.
    public var url: String
    /// How it is spoken to.
    public var transport: Transport
    /// Header fields of every request, credentials among them. Those of the protocol itself cannot be overridden.
    public var headers: HTTPHeaders
    /// A session of streamable HTTP to go on with; nil for a new one.
    public var sessionID: String?
    /// For whom it is spoken to: where requests may go depends on it. Nil for nobody in particular.
    public var scope: EgressScope?

    /// An address from its parts.
    public init(
        url: String, transport: Transport = .streamableHTTP, headers: HTTPHeaders = [:], sessionID: String? = nil
    ) {
        self.url = url
        self.transport = transport
        self.headers = headers
        self.sessionID = sessionID
    }
}

/// The bounds of one session. What a server sends beyond them is its fault, not ours.
public struct MCPLimits: Sendable, Equatable {
    /// The longest time of one request, connection included.
    public var request: Duration = .seconds(15)
    /// How long a server may take to answer whether it speaks a revision without handshake, before it is taken for one
    /// that does not.
    public var discovery: Duration = .seconds(5)
    /// The longest time of a session; nil for no limit.
    public var session: Duration? = .seconds(30)
    /// Bytes of one message of the server.
    public var messageBytesMax = 4 * 1024 * 1024
    /// Messages that come before the answer to one request.
    public var messagesMax = 1000
    /// Pages of a list.
    public var pagesMax = 100
    /// Tools of a server.
    public var toolsMax = 1000
    /// Bytes of all tools of a server, as JSON.
    public var toolsBytesMax = 4 * 1024 * 1024
    /// Bytes of a tool's name.
    public var nameBytesMax = 256
    /// Bytes of a tool's description, of instructions.
    public var textBytesMax = 64 * 1024
    /// How deeply an input schema may nest.
    public var schemaDepthMax = 64

    /// The defaults named at the fields.
    public init() {}
}
