import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Testing

/// Every write of the document, called once so that it succeeds: what all operations read is there afterwards, and what
/// was sent can be sent again in other forms. Where an operation takes secrets, it is given some.
final class EveryWrite: Sendable {
    /// What every secret has in it. The eight characters before it may be shown (manage spec §2.18).
    static let mark = "m4rk3r"
    static let authentication = Authenticator.Configuration(
        manageBypassSecret: "manage-\(mark)-secret", runBypassSecret: "run-\(mark)-secret",
        runners: RunnerConfiguration(workSecret: "work-\(mark)-secret-of-32-characters-and-more", workDifficulty: 10))

    /// A request that was taken.
    struct Call: Sendable {
        let operation: WrittenOperation
        let path: String
        let body: JSONValue
    }

    let app: TestApp
    let operations: [WrittenOperation]
    let secrets: DeclaredSecrets
    private let state = Shared(State())
    private let look: @Sendable (TestReply, String) -> Void

    private struct State {
        var count = 0
        /// The path of a collection, as the document has it, to the id of what was made in it.
        var ids: [String: String] = [:]
        var calls: [Call] = []
    }

    /// What was sent and taken, in order; the first of each operation.
    var calls: [Call] { state.value.calls }

    /// For an app that lets in by `authentication`.
    ///
    /// - Parameter look: Is shown each answer, with the name of its request.
    init(_ app: TestApp, look: @escaping @Sendable (TestReply, String) -> Void = { _, _ in }) async throws {
        self.app = app
        self.look = look
        let document = try await app.client.send("GET", "/openapi.json").json
        let secrets = DeclaredSecrets(components: document["components"]?["schemas"]?.object ?? [:])
        self.secrets = secrets
        operations = try await DescribedOperation.all(app.client).map { operation in
            let item = document["paths"]?[operation.path]?[operation.methods[0].lowercased()]
            let request = item?["requestBody"]?["content"]?["application/json"]?["schema"]
            return WrittenOperation(
                described: operation, request: request ?? [:], secrets: secrets.places(in: request))
        }
    }

    func operation(_ id: String) throws -> WrittenOperation {
        try #require(operations.first { $0.id == id }, "\(id) is gone")
    }

    // MARK: Sending

    /// Sends a request as whoever may, and shows the answer.
    @discardableResult
    func send(
        _ operation: WrittenOperation, _ path: String, _ body: JSONValue? = nil, headers: HTTPHeaders = [:],
        tells: Bool = false
    ) async throws -> TestReply {
        try await send(
            operation, path, bytes: body?.jsonBytes, type: "application/json", headers: headers, tells: tells)
    }

    /// Sends a request with these bytes as its body.
    @discardableResult
    func send(
        _ operation: WrittenOperation, _ path: String, bytes: [UInt8]?, type: String?, headers: HTTPHeaders = [:],
        tells: Bool = false
    ) async throws -> TestReply {
        let reply = try await client(operation).send(
            operation.method, path, bytes: bytes, type: type, headers: headers)
        if !tells { look(reply, "\(operation.method) \(path) (\(reply.status))") }
        return reply
    }

    private func client(_ operation: WrittenOperation) -> TestClient {
        let isRun = operation.described.side == .run
        var client = isRun ? app.client.agent("a", of: "p", as: "ann") : app.client
        // Pages ask for challenges.
        if operation.path.hasPrefix("/run/auth/") { client.headers["origin"] = "https://page.example" }
        client.headers["authorization"] = "Bearer \(isRun ? "run" : "manage")-\(Self.mark)-secret"
        return client
    }

    // MARK: Writing

    private func secret() -> JSONValue {
        state.value.count += 1
        return .string("visible-\(Self.mark)-\(state.value.count)")
    }

    /// The body with a new secret in each place that the operation declares.
    func marked(_ body: JSONValue, _ operation: WrittenOperation) -> JSONValue {
        operation.secrets.reduce(body) { secrets.putting(secret(), at: $1, in: $0, operation.request) }
    }

    /// Makes a call with secrets wherever the operation takes them; it must succeed, but for what is not there yet.
    ///
    /// - Parameter tells: Whether the answer tells a secret, once.
    @discardableResult
    func make(
        _ id: String, _ body: JSONValue, path values: [String: String] = [:], query: String = "", tells: Bool = false,
        expecting expected: Int? = nil
    ) async throws -> TestReply {
        let operation = try operation(id)
        let path = path(operation, values) + query
        let body = marked(body, operation)
        state.value.count += 1
        let key: HTTPHeaders = ["idempotency-key": "key-\(state.value.count)"]
        let reply = try await send(operation, path, body, headers: key, tells: tells)
        let isFine = expected.map { $0 == reply.status } ?? (reply.status < 300)
        try #require(isFine, "\(operation.method) \(path) \(body.jsonText): \(reply.status) \(reply.text)")
        if operation.described.side == .manage, expected == nil {
            // The answer is kept, and told again to who sends the same.
            let again = try await send(operation, path, body, headers: key, tells: tells)
            #expect(again.bytes == reply.bytes, "\(id): the same answer again")
            try await send(operation, path, marked(body, operation), headers: key)
        }
        if !calls.contains(where: { $0.operation.id == id }) {
            state.value.calls.append(Call(operation: operation, path: path, body: body))
        }
        let made = reply.data["id"] ?? reply.data["app"]?["id"] ?? reply.data["apiKey"]?["id"]
        if operation.method == "POST", let made = made?.string, self.id(at: operation.path) == nil {
            name(made, at: operation.path)
        }
        return reply
    }

    /// The id of what was made in a collection; nil when nothing was.
    func id(at collection: String) -> String? { state.value.ids[collection] }

    /// Sets the id of what was made in a collection, where its path has a parameter.
    func name(_ id: String, at collection: String) { state.value.ids[collection] = id }

    /// The path of an operation, with the ids of what was made.
    func path(_ operation: WrittenOperation, _ values: [String: String] = [:]) -> String {
        var (template, path) = ("", "")
        for segment in operation.path.split(separator: "/") {
            let name = segment.hasPrefix("{") ? String(segment.dropFirst().dropLast()) : nil
            let id = name.flatMap { values[$0] ?? Self.ids[$0] ?? state.value.ids[template] ?? "x" }
            path += "/" + (id ?? String(segment))
            template += "/\(segment)"
        }
        return path + operation.described.query(state.value.ids["app"] ?? "x")
    }
}

/// An operation with what its document says of its body.
struct WrittenOperation: Sendable, CustomStringConvertible {
    let described: DescribedOperation
    /// The schema of the body; empty when it takes none.
    let request: JSONValue
    /// Where secrets are in the body.
    let secrets: [DeclaredSecrets.Place]

    var id: String { described.id }
    var path: String { described.path }
    /// The method that the document shows.
    var method: String { described.methods[0] }
    var takesBody: Bool { described.takesBody }
    var description: String { described.description }
}
