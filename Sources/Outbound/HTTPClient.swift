/// Outbound HTTP as a function, so that tests hand in their own. `HTTPClient.live` is the real one.
public struct HTTPClient: Sendable {
    /// Sends one request and returns when the reply's headers are here; the body follows through `HTTPResponse.body`.
    /// Cancelling the task, or dropping the body, ends the transfer at once.
    public let send: @Sendable (HTTPRequest) async throws(OutboundError) -> HTTPResponse

    /// A client that answers with `send`.
    public init(send: @escaping @Sendable (HTTPRequest) async throws(OutboundError) -> HTTPResponse) {
        self.send = send
    }

    /// A client that sends nothing anywhere.
    public static let refusing = HTTPClient { request async throws(OutboundError) in
        throw .refusedByPolicy(URLParts(request.url)?.host ?? "anything")
    }
}

/// The bounds of one live client.
public struct HTTPLimits: Sendable, Hashable {
    /// Bytes of a body that wait for their reader before the connection is held back; one read of the network more
    /// may come on top.
    public var bufferBytesMax = 256 * 1024
    /// Requests at once; more fail with `tooManyTransfers`.
    public var transfersMax = 8192
    /// Connections kept open without a request on them.
    public var idleConnectionsMax = 1024
    /// Redirects that one request may follow.
    public var redirectsMax = 5
    /// Bytes of the header fields of one reply.
    public var headerBytesMax = 64 * 1024

    /// The defaults named at the fields.
    public init() {}
}

/// How long the phases of a request may take.
public struct HTTPTimeouts: Sendable, Hashable {
    /// Name look-up, connection and TLS handshake together.
    public var connect: Duration
    /// The longest wait for the next byte of the reply, the first included; nil for no limit. Time during which the
    /// reader holds the connection back does not count.
    public var idle: Duration?
    /// From the call to the last byte of the body; nil for no limit.
    public var total: Duration?

    /// Ten seconds to connect, a minute between bytes, no limit for the whole unless given.
    public init(connect: Duration = .seconds(10), idle: Duration? = .seconds(60), total: Duration? = nil) {
        self.connect = connect
        self.idle = idle
        self.total = total
    }
}

/// One request.
public struct HTTPRequest: Sendable {
    /// The largest body that a reply may have unless the request says otherwise.
    public static let bodyBytesMaxDefault = 64 * 1024 * 1024

    /// The method in capitals, for instance `POST`.
    public var method: String
    /// The absolute http or https address.
    public var url: String
    /// The header fields. `Host`, `Content-Length` and `Accept` are added where missing.
    public var headers: HTTPHeaders
    /// The body; nil for none.
    public var body: [UInt8]?
    /// How long the phases may take.
    public var timeouts: HTTPTimeouts
    /// Whether redirects are followed, each checked against the egress policy anew. Credentials are not sent on to
    /// another origin.
    public var followsRedirects: Bool
    /// The largest body that the reply may have, in bytes.
    public var bodyBytesMax: Int
    /// Whom it is made for; nil for nobody in particular, who reaches what everybody may.
    public var scope: EgressScope?

    /// A request that follows no redirect.
    public init(
        method: String = "GET", url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
        timeouts: HTTPTimeouts = HTTPTimeouts(), followsRedirects: Bool = false,
        bodyBytesMax: Int = HTTPRequest.bodyBytesMaxDefault
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.followsRedirects = followsRedirects
        self.bodyBytesMax = bodyBytesMax
    }
}

/// The head of a reply, and its body as it comes.
public struct HTTPResponse: Sendable {
    /// The status code; informational ones are passed over.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body.
    public let body: HTTPBody
    /// What the egress policy said of each address that was connected to on the way, redirects included. None where a
    /// connection was used again.
    public let decisions: [EgressDecision]

    /// A reply of these parts.
    public init(
        status: Int, headers: HTTPHeaders = [:], body: HTTPBody, decisions: [EgressDecision] = []
    ) {
        self.decisions = decisions
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// A body that is pulled. It has one reader.
public struct HTTPBody: Sendable {
    private let pull: @Sendable () async throws(OutboundError) -> [UInt8]?

    /// A body that `pull` gives: all bytes that came since the last call, never empty, and nil at the end.
    public init(pull: @escaping @Sendable () async throws(OutboundError) -> [UInt8]?) { self.pull = pull }

    /// All bytes that came since the last call, waiting for the first one; nil after the last.
    public func next() async throws(OutboundError) -> [UInt8]? { try await pull() }

    /// The whole body.
    ///
    /// - Throws: `tooLarge` where it is longer than `bytesMax`, and what `next` throws.
    public func collect(bytesMax: Int = HTTPRequest.bodyBytesMaxDefault) async throws(OutboundError) -> [UInt8] {
        var whole: [UInt8] = []
        while let bytes = try await pull() {
            guard whole.count + bytes.count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
            if whole.isEmpty { whole = bytes } else { whole += bytes }
        }
        return whole
    }
}
