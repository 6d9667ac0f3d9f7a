import Catalog
import CoveyTesting
import Domain
import Foundation
import HTTP
import Outbound
import Store
import Testing

/// Every secret that the document declares, written over the wire: afterwards it is in no answer, no line of the log and
/// no file. A new secret, and a new operation that reads, are here by themselves.
@Suite(.timeLimit(.minutes(3))) struct SecretsTests {
    @Test func `what the store seals is what the document declares a secret`() throws {
        var count = 0
        for kind in Everything.kinds {
            let create: JSONValue = [
                "properties": .object(
                    JSONObject(kind.members.map { ($0.name, .object($0.schema)) }))
            ]
            let declared = Set(DeclaredSecrets(components: [:]).places(in: create))
            for place in kind.secrets?.declared ?? [] {
                count += 1
                #expect(declared.contains(place), "\(kind.name)\(place) is sealed: declare its schema writeOnly")
            }
        }
        #expect(count >= 8)
    }

    @Test func `a secret that was written is nowhere to be read`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(
            manageBypassSecret: SecretTrail.manageSecret, runBypassSecret: SecretTrail.runSecret)
        let log = LogCapture()
        options.log = log
        try await TestApp.run(options) { app in
            let trail = try await SecretTrail(app)
            try await trail.write()
            try await trail.writeElsewhere()
            let written = trail.written
            for operation in trail.operations where operation.takesBody && !operation.secrets.isEmpty {
                #expect(
                    written.contains(operation.id),
                    "\(operation) takes secrets: write them in SecretTrail, at \(operation.secrets)")
            }
            try await trail.misuse()
            try await trail.readAll()
            try await trail.searchStored()
            // The store fails beneath what is written: the cause is logged.
            try await trail.breakStore()
            #expect(log.text.contains("failed with 500"), "nothing was logged")
            trail.search(log.text, "the log")
        }
    }
}

/// Writes secrets to an app, and looks for them in all that comes out of it.
final class SecretTrail: Sendable {
    /// What every secret has in it. The eight characters before it may be shown (manage spec §2.18).
    private static let mark = "m4rk3r"
    static let manageSecret = "manage-m4rk3r-secret"
    static let runSecret = "run-m4rk3r-secret"

    let operations: [SecretOperation]
    let app: TestApp
    private let secrets: DeclaredSecrets
    private let state = Shared(State())

    private struct State {
        var count = 0
        var written: Set<String> = []
        /// The path of a collection, as the document has it, to the id of what was made in it.
        var ids: [String: String] = [:]
        /// Further texts to look for.
        var texts = [SecretTrail.mark]
        var calls: [Call] = []
    }

    /// A request with secrets that was taken.
    private struct Call {
        let operation: SecretOperation
        let method: String
        let path: String
        let body: JSONValue
    }

    /// The operations that were given all secrets that they take.
    var written: Set<String> { state.value.written }

    init(_ app: TestApp) async throws {
        self.app = app
        let document = try await app.client.send("GET", "/openapi.json").json
        let secrets = DeclaredSecrets(components: document["components"]?["schemas"]?.object ?? [:])
        self.secrets = secrets
        operations = try await DescribedOperation.all(app.client).map { operation in
            let item = document["paths"]?[operation.path]?[operation.methods[0].lowercased()]
            let request = item?["requestBody"]?["content"]?["application/json"]?["schema"]
            return SecretOperation(
                described: operation, request: request ?? [:], secrets: secrets.places(in: request))
        }
    }

    private func operation(_ id: String) throws -> SecretOperation {
        try #require(operations.first { $0.id == id }, "\(id) is gone")
    }

    // MARK: Looking

    /// Records an issue when a secret is in the text.
    func search(_ text: String, _ place: String) {
        for secret in state.value.texts {
            guard let found = text.range(of: secret) else { continue }
            let start = text.index(found.lowerBound, offsetBy: -80, limitedBy: text.startIndex) ?? text.startIndex
            Issue.record("a secret is in \(place): …\(text[start...].prefix(160))")
        }
    }

    private func search(_ reply: TestReply, _ place: String) {
        search(reply.text, place)
        for field in reply.headers.fields { search(field.value, "the header \(field.name) of \(place)") }
    }

    /// Sends a request as whoever may, and looks through the answer.
    @discardableResult
    private func send(
        _ operation: SecretOperation, _ method: String, _ path: String, _ body: JSONValue? = nil,
        headers: HTTPHeaders = [:], tells: Bool = false
    ) async throws -> TestReply {
        let reply = try await client(operation).send(method, path, body, headers: headers)
        if !tells { search(reply, "the answer of \(method) \(path) (\(reply.status))") }
        return reply
    }

    private func client(_ operation: SecretOperation) -> TestClient {
        var client = app.client
        if operation.described.side == .run { client = client.agent("a", of: "p", as: "ann") }
        let secret = operation.described.side == .run ? Self.runSecret : Self.manageSecret
        client.headers["authorization"] = "Bearer " + secret
        return client
    }

    // MARK: Writing

    private func secret() -> JSONValue {
        state.value.count += 1
        return .string("visible-\(Self.mark)-\(state.value.count)")
    }

    /// The body with a new secret in each place that the operation declares.
    private func marked(_ body: JSONValue, _ operation: SecretOperation) -> JSONValue {
        operation.secrets.reduce(body) { secrets.putting(secret(), at: $1, in: $0, operation.request) }
    }

    /// Makes a call with secrets wherever the operation takes them; it must succeed.
    @discardableResult
    func make(
        _ id: String, _ body: JSONValue, path values: [String: String] = [:], query: String = "", tells: Bool = false
    ) async throws -> TestReply {
        let operation = try operation(id)
        let (method, path) = (operation.described.methods[0], path(operation, values) + query)
        let body = marked(body, operation)
        state.value.count += 1
        let key: HTTPHeaders = ["idempotency-key": "key-\(state.value.count)"]
        let reply = try await send(operation, method, path, body, headers: key, tells: tells)
        try #require(reply.status < 300, "\(method) \(path) \(body.jsonText): \(reply.status) \(reply.text)")
        if operation.described.side == .manage {
            // The answer is kept, and told again to who sends the same.
            let again = try await send(operation, method, path, body, headers: key, tells: tells)
            #expect(again.bytes == reply.bytes, "\(id): the same answer again")
            try await send(operation, method, path, marked(body, operation), headers: key)
        }
        state.value.written.insert(id)
        if !operation.secrets.isEmpty {
            state.value.calls.append(Call(operation: operation, method: method, path: path, body: body))
        }
        let made = reply.data["id"] ?? reply.data["app"]?["id"] ?? reply.data["apiKey"]?["id"]
        if method == "POST", let made = made?.string, state.value.ids[operation.path] == nil {
            state.value.ids[operation.path] = made
        }
        return reply
    }

    /// The id of what was made in a collection; nil when nothing was.
    func id(at collection: String) -> String? { state.value.ids[collection] }

    /// Sets the id of what was made in a collection, where its path has a parameter.
    func name(_ id: String, at collection: String) { state.value.ids[collection] = id }

    /// Looks for another text from now on.
    func hide(_ text: String) { state.value.texts.append(text) }

    /// The path of an operation, with the ids of what was made.
    private func path(_ operation: SecretOperation, _ values: [String: String] = [:]) -> String {
        var (template, path) = ("", "")
        for segment in operation.path.split(separator: "/") {
            let name = segment.hasPrefix("{") ? String(segment.dropFirst().dropLast()) : nil
            let id = name.flatMap { values[$0] ?? SecretWrites.ids[$0] ?? state.value.ids[template] ?? "x" }
            path += "/" + (id ?? String(segment))
            template += "/\(segment)"
        }
        return path
    }
}

/// An operation with what its document says of secrets.
struct SecretOperation: Sendable, CustomStringConvertible {
    let described: DescribedOperation
    /// The schema of the body; empty when it takes none.
    let request: JSONValue
    /// Where secrets are in the body.
    let secrets: [DeclaredSecrets.Place]

    var id: String { described.id }
    var path: String { described.path }
    var takesBody: Bool { described.takesBody }
    var description: String { described.description }
}

// MARK: Reading and breaking

extension SecretTrail {
    /// Calls every operation that reads, in each of its forms.
    func readAll() async throws {
        let history = try await send(operation("get-project-history"), "GET", tenantPath + "/projects/p/history")
        let number = try #require(history.data[0]?["number"]?.integer)
        for operation in operations where operation.described.methods[0] == "GET" {
            let path = path(operation)
            let reply = try await send(operation, "GET", path)
            #expect(
                reply.status < 300,
                "\(operation): make in SecretWrites what it reads: \(reply.status) \(path) \(reply.text.prefix(200))")
            for query in ["?at=\(number)", "?at=\(number - 2)", "?ref=dev", "?limit=100", "?format=vercel"] {
                try await send(operation, "GET", path + query)
            }
            for others in SecretWrites.otherIDs { try await send(operation, "GET", self.path(operation, others)) }
            try await send(operation, "GET", path, headers: ["authorization": "Bearer wrong-\(Self.mark)"])
        }
    }

    /// Sends all that was taken once more, in ways that are refused or come to nothing.
    func misuse() async throws {
        for call in state.value.calls {
            let text = "visible-\(Self.mark)-broken"
            let broken: [JSONValue] = [
                [.string(text)], ["inside": .string(text)], .string(text + String(repeating: "x", count: 20_000)),
                .string(text + "\r\nx: \(text)\0"),
            ]
            let operation = call.operation
            for place in operation.secrets {
                for value in broken {
                    let body = secrets.putting(value, at: place, in: call.body, operation.request)
                    try await send(operation, call.method, call.path + "?dryRun=true", body)
                }
            }
            var members = call.body.object ?? [:]
            for name in ["id", "name", "key", "config", "agents", "subAgents", "relationType"] { members[name] = 7 }
            try await send(operation, call.method, call.path, .object(members))
            try await send(operation, call.method, call.path + "?dryRun=true", marked(call.body, operation))
            try await send(operation, call.method, call.path, call.body, headers: ["if-match": "\"\(Self.mark)"])
            try await send(operation, call.method, call.path, call.body, headers: ["authorization": "Basic x"])
            try await send(operation, call.method, call.path + "?ref=nowhere", call.body)
            try await send(operation, call.method, call.path, [call.body])
            let bytes = call.body.jsonBytes
            for (sent, type) in [
                (Array(bytes.dropLast()), "application/json"), (bytes + bytes, "application/json"),
                (bytes, "text/plain"), (Array("{\"a\":\(text)".utf8), "application/json"),
            ] {
                let reply = try await client(operation).send(call.method, call.path, bytes: sent, type: type)
                search(reply, "the refusal of \(call.method) \(call.path)")
                #expect((400..<500).contains(reply.status), "\(call.path): \(reply.text)")
            }
        }
    }

    /// Looks through every row of the database, and every file beside it.
    func searchStored() async throws {
        let database: any Database
        let tables: Statement
        if app.databaseURL.hasPrefix("sqlite:") {
            database = try SQLiteDatabase(path: String(app.databaseURL.dropFirst("sqlite:".count)))
            tables = Statement("SELECT name FROM sqlite_master WHERE type = 'table'")
        } else {
            database = try PostgresDatabase(url: app.databaseURL)
            tables = Statement("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        }
        let isPostgres = !app.databaseURL.hasPrefix("sqlite:")
        if !isPostgres {
            _ = try await database.write(.full) { try $0.rows(Statement("SELECT 1"), []) { $0.integer(0) } }
        }
        let names = try await database.read { try $0.rows(tables, []) { $0.text(0) } }
        #expect(names.count > 10)
        if isPostgres {
            for name in names {
                let rows = try await database.read {
                    try $0.rows(Statement("SELECT row_to_json(t)::text FROM \"\(name)\" t"), []) { $0.text(0) }
                }
                for row in rows { search(row, "the table \(name)") }
            }
        }
        await database.close()
        let files = FileManager.default.enumerator(atPath: app.folder)
        while let name = files?.nextObject() as? String {
            guard let bytes = FileManager.default.contents(atPath: "\(app.folder)/\(name)") else { continue }
            search(String(decoding: bytes, as: UTF8.self), "the file \(name)")
        }
    }

    /// Takes tables away beneath the server and sends all that was taken once more.
    func breakStore() async throws {
        let isSQLite = app.databaseURL.hasPrefix("sqlite:")
        let database: any Database =
            isSQLite
            ? try SQLiteDatabase(path: String(app.databaseURL.dropFirst("sqlite:".count)))
            : try PostgresDatabase(url: app.databaseURL)
        try await database.write(.full) { connection in
            for table in ["change", "credential_entry"] {
                try connection.script("ALTER TABLE \"\(table)\" RENAME TO \"\(table)_elsewhere\"")
            }
        }
        await database.close()
        for call in state.value.calls {
            try await send(call.operation, call.method, call.path, marked(call.body, call.operation))
        }
    }
}
