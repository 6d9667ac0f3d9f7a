import Catalog
import CoveyTesting
import Domain
import Foundation
import Outbound
import Store
import Testing

/// Every secret that the document declares, written over the wire: afterwards it is in no answer, no line of the log
/// and no file. A new secret, and a new operation that reads, are here by themselves.
@Suite(.timeLimit(.minutes(8))) struct SecretsTests {
    @Test func `what the store seals is what the document declares a secret`() throws {
        var count = 0
        for kind in Everything.kinds {
            let properties = JSONObject(kind.members.map { ($0.name, .object($0.schema)) })
            let declared = Set(DeclaredSecrets(components: [:]).places(in: ["properties": .object(properties)]))
            for place in kind.secrets?.declared ?? [] {
                count += 1
                #expect(declared.contains(place), "\(kind.name)\(place) is sealed: declare its schema writeOnly")
            }
        }
        #expect(count >= 8)
    }

    @Test func `a secret that was written is nowhere to be read`() async throws {
        var options = TestApp.Options()
        options.authentication = EveryWrite.authentication
        let log = LogCapture()
        options.log = log
        try await TestApp.run(options) { app in
            let search = SecretSearch()
            let writes = try await EveryWrite(app) { search.look(through: $0, $1) }
            try await writes.write()
            let key = try await writes.writeElsewhere()
            search.hide(String(try #require(key.split(separator: ".").last)))
            for operation in writes.operations where !operation.secrets.isEmpty {
                #expect(
                    writes.calls.contains { $0.operation.id == operation.id },
                    "\(operation) takes secrets: write them in EveryWrite.write(), at \(operation.secrets)")
            }
            let calls = writes.calls.filter { !$0.operation.secrets.isEmpty }
            for call in calls { try await Self.misuse(call, writes) }
            try await Self.readAll(writes)
            try await Self.searchStored(app, search)
            // The store fails beneath what is written: the cause is logged.
            try await app.hideTables("change", "credential_entry")
            for call in calls {
                try await writes.send(call.operation, call.path, writes.marked(call.body, call.operation))
            }
            #expect(log.text.contains("failed with 500"), "nothing was logged")
            search.look(through: log.text, "the log")
        }
    }

    /// Sends what was taken once more, in ways that are refused or come to nothing.
    private static func misuse(_ call: EveryWrite.Call, _ writes: EveryWrite) async throws {
        let (operation, path, body) = (call.operation, call.path, call.body)
        let text = "visible-\(EveryWrite.mark)-broken"
        let broken: [JSONValue] = [
            [.string(text)], ["inside": .string(text)], .string(text + String(repeating: "x", count: 20_000)),
            .string(text + "\r\nx: \(text)\0"),
        ]
        for place in operation.secrets {
            for value in broken {
                let body = writes.secrets.putting(value, at: place, in: body, operation.request)
                try await writes.send(operation, path + "?dryRun=true", body)
            }
        }
        var members = body.object ?? [:]
        for name in ["id", "name", "key", "config", "agents", "subAgents", "relationType"] { members[name] = 7 }
        try await writes.send(operation, path, .object(members))
        try await writes.send(operation, path, [body])
        try await writes.send(operation, path + "?dryRun=true", writes.marked(body, operation))
        try await writes.send(operation, path + "?ref=nowhere", body)
        let refused: [HTTPHeaders] = [
            ["if-match": "\"nothing\""], ["authorization": "Bearer wrong-\(EveryWrite.mark)"],
        ]
        for headers in refused { try await writes.send(operation, path, body, headers: headers) }
        let bytes = body.jsonBytes
        for (sent, type) in [
            (Array(bytes.dropLast()), "application/json"), (bytes + bytes, "application/json"), (bytes, "text/plain"),
            (Array("{\"a\":\(text)".utf8), "application/json"),
        ] {
            let reply = try await writes.send(operation, path, bytes: sent, type: type)
            #expect((400..<500).contains(reply.status), "\(path): \(reply.text)")
        }
    }

    /// Calls every operation that reads, in each of its forms.
    private static func readAll(_ writes: EveryWrite) async throws {
        let history = try await writes.send(writes.operation("get-project-history"), tenantPath + "/projects/p/history")
        let number = try #require(history.data[0]?["number"]?.integer)
        let runs = try await writes.send(writes.operation("list-runs"), tenantPath + "/projects/p/runs")
        writes.name(try #require(runs.data["runs"]?[0]?["id"]?.string), at: Scope.project.path + "/runs")
        // They begin and end a sign-in at somebody else's server: `ToolSignInTests`.
        let elsewhere: Set<String> = ["initiate-tool-oauth-login", "mcp-oauth-callback"]
        for operation in writes.operations where operation.method == "GET" {
            let path = writes.path(operation)
            let reply = try await writes.send(operation, path)
            #expect(
                reply.status < 300 || elsewhere.contains(operation.id),
                "\(operation): make in EveryWrite what it reads: \(reply.status) \(path) \(reply.text.prefix(200))")
            for query in ["?at=\(number)", "?at=\(number - 2)", "?ref=dev", "?limit=100", "?format=vercel"] {
                let more = path.contains("?") ? "&" + query.dropFirst() : query
                try await writes.send(operation, path + more)
            }
            for others in EveryWrite.otherIDs { try await writes.send(operation, writes.path(operation, others)) }
            try await writes.send(operation, path, headers: ["authorization": "Bearer wrong-\(EveryWrite.mark)"])
        }
    }

    /// Looks through every row of the database, and every file beside it.
    private static func searchStored(_ app: TestApp, _ search: SecretSearch) async throws {
        if !app.isOnSQLite {
            let tables = Statement("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            let rows = try await app.store.database.read { connection in
                try connection.rows(tables, []) { $0.text(0) }.flatMap { name in
                    let rows = Statement("SELECT row_to_json(t)::text FROM \"\(name)\" t")
                    return try connection.rows(rows, []) { "\(name): \($0.text(0))" }
                }
            }
            #expect(rows.count > 100)
            for row in rows { search.look(through: row, "the database") }
        }
        // With SQLite the database and its log of writes are among them.
        let files = FileManager.default.enumerator(atPath: app.folder)
        while let name = files?.nextObject() as? String {
            guard let bytes = FileManager.default.contents(atPath: "\(app.folder)/\(name)") else { continue }
            search.look(through: String(decoding: bytes, as: UTF8.self), "the file \(name)")
        }
    }
}

/// Looks for secrets in what comes out of an app.
private final class SecretSearch: Sendable {
    private let texts = Shared([EveryWrite.mark])

    /// Looks for one more text from now on.
    func hide(_ text: String) { texts.value.append(text) }

    /// Records an issue when a secret is in the text.
    func look(through text: String, _ place: String) {
        for secret in texts.value {
            guard let found = text.range(of: secret) else { continue }
            let start = text.index(found.lowerBound, offsetBy: -80, limitedBy: text.startIndex) ?? text.startIndex
            Issue.record("a secret is in \(place): …\(text[start...].prefix(160))")
        }
    }

    /// Records an issue when a secret is in an answer, header fields included.
    func look(through reply: TestReply, _ request: String) {
        look(through: reply.text, "the answer to \(request)")
        for field in reply.headers.fields {
            look(through: field.value, "the header \(field.name) of the answer to \(request)")
        }
    }
}
