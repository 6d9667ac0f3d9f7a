import Catalog
import CoveyTesting
import Dispatch
import Domain
import Foundation
import Outbound
import Store
import Testing

/// Writes that are sent again because their answer was lost: done once, answered alike.
struct IdempotencyTests {
    private static let agents = "\(tenantPath)/projects/p/agents"
    private static let body: JSONValue = ["id": "a", "name": "Agent"]
    private static let branch = BranchKey(tenant: "default", project: "p")

    private static func key(_ key: String) -> HTTPHeaders { ["idempotency-key": key] }

    private static func rows(_ app: TestApp) async throws -> Int64? {
        try await app.store.database.read {
            try $0.first(Statement("SELECT count(*) FROM idempotency"), []) { $0.integer(0) }
        }
    }

    @Test func `the same request with the same key gets the same answer, and is done once`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let first = try await app.client.send("POST", Self.agents, Self.body, headers: Self.key("k1"))
            #expect(first.status == 201 && first.headers["idempotent-replayed"] == nil)
            let head = try await app.store.head(of: Self.branch)
            app.clock.advance(by: .seconds(60))
            let again = try await app.client.send(
                "POST", Self.agents, bytes: Array(" { \"id\": \"a\",\"name\":\"Agent\"}".utf8),
                type: "application/json; charset=utf-8", headers: Self.key("k1"))
            #expect(again.status == 201 && again.bytes == first.bytes)
            #expect(again.headers["idempotent-replayed"] == "true")
            #expect(again.headers["content-type"] == "application/json")
            #expect(try await app.store.head(of: Self.branch) == head)
            #expect(try await app.client.send("POST", Self.agents, Self.body).status == 409, "without a key")
            let deleted = try await app.client.send("DELETE", Self.agents + "/a", headers: Self.key("k1"))
            #expect(deleted.status == 204 && deleted.headers["idempotent-replayed"] == nil, "another operation")
            let gone = try await app.client.send("DELETE", Self.agents + "/a", headers: Self.key("k1"))
            #expect(gone.status == 204 && gone.bytes.isEmpty && gone.headers["idempotent-replayed"] == "true")
            #expect(try await app.client.send("GET", Self.agents + "/a").status == 404, "a replay makes nothing")
        }
    }

    @Test func `a conditional change keeps its tag, and its condition is not asked again`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.make("/projects/p/agents", Self.body)
            let path = Self.agents + "/a"
            let tag = try #require(try await app.client.send("GET", path).headers["etag"])
            let headers: HTTPHeaders = ["idempotency-key": "k", "if-match": tag]
            let first = try await app.client.send("PATCH", path, ["name": "New"], headers: headers)
            let again = try await app.client.send("PATCH", path, ["name": "New"], headers: headers)
            #expect(first.status == 200 && again.status == 200 && again.bytes == first.bytes)
            #expect(again.headers["etag"] == first.headers["etag"] && first.headers["etag"] != nil)
            let other: HTTPHeaders = ["idempotency-key": "k", "if-match": "\"x\""]
            #expect(try await app.client.send("PATCH", path, ["name": "New"], headers: other).status == 422)
        }
    }

    @Test func `a key that was used for another request is refused`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.make("/projects/p/agents", Self.body)
            try await app.client.make("/projects/p/agents", ["id": "b", "name": "B"])
            let path = Self.agents + "/a"
            let used = Self.key("k")
            #expect(try await app.client.send("PATCH", path, ["name": "N"], headers: used).status == 200)
            try await app.client.check([
                Scenario("another body", "PATCH", path, ["name": "M"], headers: used, status: 422),
                Scenario("another method", "PUT", path, ["name": "N"], headers: used, status: 422),
                Scenario("another path", "PATCH", Self.agents + "/b", ["name": "N"], headers: used, status: 422),
                Scenario("another query", "PATCH", path + "?x=1", ["name": "N"], headers: used, status: 422),
                Scenario(
                    "the same in other words", "PATCH", path + "?", ["name": "N"], headers: used, status: 200,
                    contains: ["\"N\""]),
                Scenario(
                    "a rehearsal takes no part", "PATCH", path + "?dryRun=true", ["name": "M"], headers: used,
                    status: 200, contains: ["\"dryRun\":true"]),
                Scenario(
                    "another tenant's key", "POST", "/manage/tenants/other/projects",
                    ["id": "p", "name": "P", "models": ["base": ["model": "mock/m"]]], headers: used, status: 201),
            ])
            let reply = try await app.client.send("PATCH", path, ["name": "M"], headers: used)
            #expect(reply.json["code"] == "unprocessable_entity" && reply.text.contains("Idempotency-Key"))
        }
    }

    @Test func `what failed, and what was rehearsed, is not kept`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            for broken in [["id": "a", "name": ""], ["id": "a", "name": 3]] as [JSONValue] {
                #expect(try await app.client.send("POST", Self.agents, broken, headers: Self.key("k")).status == 400)
            }
            let path = Self.agents + "?dryRun=true"
            #expect(try await app.client.send("POST", path, Self.body, headers: Self.key("k")).status == 200)
            #expect(try await Self.rows(app) == 0)
            let made = try await app.client.send("POST", Self.agents, Self.body, headers: Self.key("k"))
            #expect(made.status == 201 && made.headers["idempotent-replayed"] == nil)
        }
    }

    @Test func `a key has 1 to 255 visible characters`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            for key in ["", "a b", "ä", String(repeating: "k", count: 256)] {
                let reply = try await app.client.send("POST", Self.agents, Self.body, headers: Self.key(key))
                #expect(reply.status == 400 && reply.text.contains("Idempotency-Key"), "\(key): \(reply.text)")
            }
            let longest = String(repeating: "~", count: 255)
            #expect(
                try await app.client.send("POST", Self.agents, Self.body, headers: Self.key(longest)).status == 201)
        }
    }

    @Test func `an answer is kept for a day, and then removed`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            #expect(
                try await app.client.send("POST", Self.agents, Self.body, headers: Self.key("k")).status == 201)
            app.clock.advance(by: .seconds(24 * 60 * 60 - 1))
            #expect(
                try await app.client.send("POST", Self.agents, Self.body, headers: Self.key("k")).status == 201)
            app.clock.advance(by: .seconds(1))
            let late = try await app.client.send("POST", Self.agents, Self.body, headers: Self.key("k"))
            #expect(late.status == 409, "it is done anew")
            for number in 0..<40 {
                let body: JSONValue = ["name": .string("N\(number)")]
                let path = Self.agents + "/a"
                let reply = try await app.client.send("PATCH", path, body, headers: Self.key("n\(number)"))
                #expect(reply.status == 200)
            }
            #expect(try await Self.rows(app) == 40, "the old one went along with one of them")
        }
    }

    /// Keeps the branch locked until what is returned is called. A thread of the database waits, none of the tests'.
    private static func hold(_ app: TestApp) async throws -> @Sendable () -> Void {
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        let end = DispatchSemaphore(value: 0)
        Task {
            try await app.store.write(in: branch, actor: "holder", at: 0) { _ in
                beginning.yield()
                end.wait()
            }
        }
        for await _ in begun { break }
        return { end.signal() }
    }

    private static func sendTwice(to one: TestClient, _ other: TestClient, holding app: TestApp) async throws {
        let (replies, saying) = AsyncStream.makeStream(of: TestReply.self)
        var iterator = replies.makeAsyncIterator()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let release = try await hold(app)
            defer { release() }
            for client in [one, other] {
                group.addTask { saying.yield(try await client.send("POST", agents, body, headers: key("k"))) }
            }
            // The one that comes second is refused while the first waits for the branch.
            let refused = await iterator.next()
            #expect(refused?.status == 409 && refused?.headers["retry-after"] == "1", "\(refused?.text ?? "")")
            #expect(refused?.text.contains("still being done") == true)
            release()
            #expect(await iterator.next()?.status == 201)
            try await group.waitForAll()
        }
        let again = try await other.send("POST", agents, body, headers: key("k"))
        #expect(again.status == 201 && again.headers["idempotent-replayed"] == "true")
    }

    @Test(.timeLimit(.minutes(8))) func `a second one that comes meanwhile is refused`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await Self.sendTwice(to: app.client, app.client, holding: app)
        }
    }

    private static let isThere = TestDatabase.postgres != nil

    @Test(
        .enabled(if: isThere, "two servers are left out: run under Scripts/postgres with"), .timeLimit(.minutes(8)))
    func `a second one that comes to another server meanwhile is refused`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            var options = TestApp.Options()
            options.databaseURL = app.databaseURL
            try await TestApp.run(options) { other in
                try await Self.sendTwice(to: app.client, other.client, holding: app)
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `every kind is made and deleted once`() async throws {
        try await TestApp.run { app in
            try await KindsTests.makeFixture(app.client)
            for row in KindsTests.rows {
                let kind = try #require(Everything.kindsByName[row.kind])
                let create = try #require(kind.operations.first { $0.method == .post })
                let path = KindsTests.path(create)
                let first = try await app.client.send("POST", path, row.body, headers: Self.key("k"))
                #expect(first.status == 201, "\(row.kind): \(first.text)")
                let again = try await app.client.send("POST", path, row.body, headers: Self.key("k"))
                #expect(again.status == 201 && again.bytes == first.bytes, "\(row.kind): \(again.text)")
                #expect(again.headers["idempotent-replayed"] == "true", "\(row.kind)")
            }
        }
    }

    @Test func `budgets, prices and forks are changed once, and put on record once`() async throws {
        var options = TestApp.Options()
        options.scripts = ["word": "turns: [{say: \"A word\"}]"]
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: "scripted/word")
            try await app.client.makeAgent()
            let run = try await Self.finishedRun(app)
            let budget: JSONValue = ["measure": "modelCalls", "limit": 9, "per": "tenant"]
            let prices: JSONValue = [
                "prices": [["model": "m", "inputMicrosPerMillion": 1, "outputMicrosPerMillion": 2]]
            ]
            let fork = "\(tenantPath)/projects/p/runs/\(run)/fork"
            let calls: [(String, String, JSONValue?, Int)] = [
                ("PUT", "\(tenantPath)/budgets/b", budget, 201), ("DELETE", "\(tenantPath)/budgets/b", nil, 204),
                ("PUT", "\(tenantPath)/prices", prices, 200), ("POST", fork, ["step": 1], 201),
            ]
            for (number, (method, path, body, status)) in calls.enumerated() {
                let headers = Self.key("k\(number)")
                let first = try await app.client.send(method, path, body, headers: headers)
                #expect(first.status == status && first.headers["idempotent-replayed"] == nil, "\(path): \(first.text)")
                let again = try await app.client.send(method, path, body, headers: headers)
                #expect(again.status == status && again.bytes == first.bytes, "\(path): \(again.text)")
                #expect(again.headers["idempotent-replayed"] == "true", "\(path)")
                let mark = try await app.client.send(method, path + "?x=1", body, headers: headers)
                #expect(mark.status == 422, "another request: \(mark.text)")
            }
            let missing = try await app.client.send("DELETE", "\(tenantPath)/budgets/b", headers: Self.key("new"))
            #expect(missing.status == 404)
            #expect(try await Self.rows(app) == 4, "what was refused is not kept")
            let bounds = try await app.client.send("PUT", "\(tenantPath)/budgets/b", budget, headers: Self.key("new"))
            #expect(bounds.status == 201, "the key of another operation: \(bounds.text)")
            let replayed = try await app.client.send("PUT", "\(tenantPath)/budgets/b", budget, headers: Self.key("k0"))
            #expect(replayed.status == 201 && replayed.headers["idempotent-replayed"] == "true")
            let conversations = try await app.store.database.read {
                try $0.first(Statement("SELECT count(*) FROM conversation"), []) { $0.integer(0) }
            }
            #expect(conversations == 2, "the run's and that of one fork")
        }
    }

    /// A run that ended, by its id.
    private static func finishedRun(_ app: TestApp) async throws -> String {
        let turn: JSONValue = ["messages": [["role": "user", "content": "Hi"]], "stream": false]
        let reply = try await app.client.agent("a", of: "p").send("POST", "/run/api/chat", turn)
        try #require(reply.status == 200, "\(reply.text)")
        let runs = try await app.store.database.read {
            try $0.rows(Statement("SELECT id FROM run"), []) { $0.text(0) }
        }
        return try #require(runs.first)
    }

    @Test func `every write is described with the header, and no read is`() async throws {
        let writes = Set(
            Everything.operations.filter { if case .write = $0.effect { true } else { false } }.map(\.id))
        try await TestApp.run { app in
            let document = try await app.client.send("GET", "/openapi.json").json
            var described: Set<String> = []
            for item in document["paths"]?.object?.values ?? [] {
                for operation in item.object?.values ?? [] {
                    let names = (operation["parameters"]?.array ?? []).map { parameter in
                        let shared = parameter["$ref"]?.string?.split(separator: "/").last.map(String.init)
                        return shared.flatMap { document["components"]?["parameters"]?[$0]?["name"] }
                            ?? parameter["name"]
                    }
                    guard names.contains("Idempotency-Key") else { continue }
                    described.insert(operation["operationId"]?.string ?? "")
                    // The report of a rehearsal, which is never replayed, may have a status of its own.
                    let told = (operation["responses"]?.object ?? [:]).contains { status, response in
                        status < "300" && response["headers"]?["Idempotent-Replayed"] != nil
                    }
                    #expect(told, "\(operation["operationId"] ?? .null)")
                    #expect(operation["responses"]?["409"] != nil && operation["responses"]?["422"] != nil)
                }
            }
            #expect(described == writes.union(RefsTests.aboutRuns))
        }
    }
}
