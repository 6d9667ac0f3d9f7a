public import Catalog
public import Outbound

/// A small HTTP client for tests, on the product's own.
public struct TestClient: Sendable {
    /// The server's address, without a slash at its end.
    public let address: String
    /// Header fields that every request has.
    public var headers: HTTPHeaders = [:]
    private let http = HTTPClient.live(policy: .unrestricted)

    /// A client of the server at `address`.
    public init(address: String) { self.address = address }

    /// The same client for the agents of a project.
    public func agent(_ agent: String, of project: String, as user: String? = nil) -> TestClient {
        var client = self
        client.headers["x-inkeep-tenant-id"] = "default"
        client.headers["x-inkeep-project-id"] = project
        client.headers["x-inkeep-agent-id"] = agent
        client.headers["x-inkeep-run-as-user-id"] = user
        return client
    }

    /// Sends a request with a JSON body, or none, and reads the whole reply.
    public func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: HTTPHeaders = [:]
    ) async throws -> TestReply {
        try await send(method, path, bytes: body?.jsonBytes, type: "application/json", headers: headers)
    }

    /// Sends a request with these bytes as its body, and reads the whole reply.
    public func send(
        _ method: String, _ path: String, bytes: [UInt8]?, type: String?, headers: HTTPHeaders = [:]
    ) async throws -> TestReply {
        let response = try await begin(method, path, bytes, type, headers)
        return TestReply(
            status: response.status, headers: response.headers, bytes: try await response.body.collect())
    }

    /// Sends a request and returns when the reply's head is here: its events are read one by one.
    public func stream(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: HTTPHeaders = [:]
    ) async throws -> TestStream {
        TestStream(try await begin(method, path, body?.jsonBytes, "application/json", headers))
    }

    private func begin(
        _ method: String, _ path: String, _ body: [UInt8]?, _ type: String?, _ headers: HTTPHeaders
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(method: method, url: address + path, headers: self.headers, body: body)
        if body != nil, let type { request.headers["content-type"] = type }
        for field in headers.fields { request.headers[field.name] = field.value }
        return try await http.send(request)
    }
}

/// A whole reply.
public struct TestReply: Sendable {
    /// The status.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body.
    public let bytes: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The body as JSON; null when it is none.
    public var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
    /// The member `data` of the body.
    public var data: JSONValue { json["data"] ?? .null }
}

/// A reply whose events are read as they come.
public struct TestStream: Sendable {
    /// The status.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    private let body: HTTPBody
    private var parser = ServerSentEvents.Parser()
    private var events: [ServerSentEvents.Event] = []
    /// All bytes that were read.
    public private(set) var bytes: [UInt8] = []

    init(_ response: HTTPResponse) {
        status = response.status
        headers = response.headers
        body = response.body
    }

    /// All bytes as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The next event; nil at the end.
    public mutating func next() async throws -> ServerSentEvents.Event? {
        while events.isEmpty {
            guard let more = try await body.next() else { return nil }
            bytes += more
            events += try parser.feed(more)
        }
        return events.removeFirst()
    }

    /// Reads on to the first event whose data has `text`; nil when the stream ends before.
    public mutating func next(with text: String) async throws -> ServerSentEvents.Event? {
        while let event = try await next() { if event.text.contains(text) { return event } }
        return nil
    }

    /// Reads on until these bytes have come, comments included; false when the stream ends before.
    public mutating func read(until text: String) async throws -> Bool {
        while !self.text.contains(text) {
            guard let more = try await body.next() else { return false }
            bytes += more
            events += try parser.feed(more)
        }
        return true
    }

    /// All events to the end.
    public mutating func rest() async throws -> [ServerSentEvents.Event] {
        var all: [ServerSentEvents.Event] = []
        while let event = try await next() { all.append(event) }
        return all
    }
}
