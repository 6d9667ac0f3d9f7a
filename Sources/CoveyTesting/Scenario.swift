public import Catalog
public import Outbound

/// One row of a table of requests: what is sent, and what the answer must be.
public struct Scenario: Sendable, CustomStringConvertible {
    /// What it shows, as a sentence.
    public let name: String
    /// The method.
    public let method: String
    /// The path and query.
    public let path: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body; nil for none.
    public var body: [UInt8]?
    /// The body's media type; nil to leave it out.
    public var type: String?
    /// The status that must come.
    public let status: Int
    /// What the body must contain.
    public let contains: [String]
    /// What it must not contain.
    public let lacks: [String]

    /// A row with a JSON body, or none.
    public init(
        _ name: String, _ method: String, _ path: String, _ body: JSONValue? = nil, headers: HTTPHeaders = [:],
        status: Int, contains: [String] = [], lacks: [String] = []
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body?.jsonBytes
        type = "application/json"
        self.status = status
        self.contains = contains
        self.lacks = lacks
    }

    /// A row with any body.
    public init(
        _ name: String, _ method: String, _ path: String, text: String, type: String?, headers: HTTPHeaders = [:],
        status: Int, contains: [String] = [], lacks: [String] = []
    ) {
        self.init(name, method, path, nil, headers: headers, status: status, contains: contains, lacks: lacks)
        body = Array(text.utf8)
        self.type = type
    }

    /// The name.
    public var description: String { name }

    /// Sends it.
    ///
    /// - Returns: What is not as it must be; empty when all is well.
    public func failures(_ client: TestClient) async throws -> [String] {
        let reply = try await client.send(method, path, bytes: body, type: type, headers: headers)
        var failures: [String] = []
        if reply.status != status { failures.append("\(name): status \(reply.status), not \(status): \(reply.text)") }
        for text in contains where !reply.text.contains(text) {
            failures.append("\(name): the body lacks \(text): \(reply.text)")
        }
        for text in lacks where reply.text.contains(text) {
            failures.append("\(name): the body contains \(text): \(reply.text)")
        }
        return failures
    }
}
