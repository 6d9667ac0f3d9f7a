import Catalog
import CoveyTesting
import Store
import StoreTesting
import Testing

/// What operations on configuration ask of the database: as little for a large agent as for a small one.
struct StatementTests {
    private static let agents = tenantPath + "/projects/p/agents"

    /// A server whose database is watched, with the project `p` of ten tools.
    private static func withProject(
        _ body: @Sendable @escaping (TestApp, WatchedDatabase) async throws -> Void
    ) async throws {
        var options = TestApp.Options()
        options.watchesDatabase = true
        try await TestApp.run(options) { app in
            try await app.client.makeProject()
            for number in 0..<10 {
                let config: JSONValue = ["type": "mcp", "mcp": ["server": ["url": "http://127.0.0.1:1/mcp"]]]
                let tool: JSONValue = ["id": .string("tool-\(number)"), "name": "Tool", "config": config]
                try await app.client.make("/projects/p/tools", tool)
            }
            try await body(app, try #require(app.database))
        }
    }

    /// An agent each of whose sub-agents hands over to the next and uses two tools.
    private static func whole(_ id: String, subAgents count: Int, prompt: String = "Answer.") -> JSONValue {
        let subAgents = (0..<count).map { number -> (String, JSONValue) in
            let uses = [number, number + 1].map { use -> JSONValue in ["toolId": .string("tool-\(use % 10)")] }
            let subAgent: JSONValue = [
                "id": .string("sub-\(number)"), "type": "internal", "name": "Sub", "prompt": .string(prompt),
                "canTransferTo": [.string("sub-\((number + 1) % count)")], "canUse": .array(uses),
            ]
            return ("sub-\(number)", subAgent)
        }
        return [
            "id": .string(id), "name": "Whole", "defaultSubAgentId": "sub-0",
            "subAgents": .object(JSONObject(subAgents)),
        ]
    }

    /// The statements on configuration that `body` runs.
    private static func statements(
        _ database: WatchedDatabase, _ body: () async throws -> Void
    ) async rethrows -> [String] {
        let tables = ["resource", "link", "outside_link", "change", "branch", "facet", "tally"]
        return try await database.watching(body).filter { text in
            tables.contains { table in
                ["FROM", "INTO", "UPDATE"].contains { text.contains("\($0) \(table) ") }
            }
        }
    }

    private static func writes(_ statements: [String]) -> [String] {
        statements.filter { text in ["INSERT", "UPDATE", "DELETE"].contains { text.hasPrefix($0) } }
    }

    @Test func `a whole agent that is put back unchanged writes nothing`() async throws {
        try await Self.withProject { app, database in
            let path = tenantPath + "/projects/p/agent/a"
            let body = Self.whole("a", subAgents: 7)
            #expect(try await app.client.send("PUT", path, body).status == 201)
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            let shown = try await app.client.send("GET", path)
            app.clock.advance(by: .seconds(5))
            for again in [body, shown.data] {
                var reply: TestReply?
                let statements = try await Self.statements(database) {
                    reply = try await app.client.send("PUT", path, again)
                }
                #expect(reply?.status == 200)
                #expect(reply?.data == shown.data, "times too")
                #expect(Self.writes(statements) == [])
            }
            #expect(try await app.store.head(of: branch) == head)
            #expect(try await app.store.changes(of: branch, after: head ?? 0).isEmpty)
        }
    }

    @Test func `a large agent takes no more statements than a small one`() async throws {
        try await Self.withProject { app, database in
            var counts: [[Int]] = []
            for size in [12, 60] {
                let id = "a\(size)"
                let path = tenantPath + "/projects/p/agent/\(id)"
                func statements(_ method: String, _ body: JSONValue?, _ status: Int) async throws -> [String] {
                    try await Self.statements(database) {
                        let reply = try await app.client.send(method, path, body)
                        #expect(reply.status == status, "\(method) \(reply.text)")
                    }
                }
                let made = try await statements("PUT", Self.whole(id, subAgents: size), 201)
                let kept = try await statements("PUT", Self.whole(id, subAgents: size), 200)
                let changed = try await statements("PUT", Self.whole(id, subAgents: size, prompt: "New."), 200)
                let shown = try await statements("GET", nil, 200)
                counts.append([made, made.filter { !$0.hasPrefix("INSERT") }, kept, shown].map(\.count))
                // A resource is a row in the log too; a relation has two links.
                let rows = (1 + size + 3 * size) * 2 + 3 * size * 2
                #expect(Self.writes(made).count < rows / 5, "\(made.count)")
                #expect(Self.writes(changed).count < size, "\(changed.count)")
            }
            #expect(counts[0][1...] == counts[1][1...], "\(counts)")
            #expect(counts[1][1...].allSatisfy { $0 < 16 }, "\(counts)")
        }
    }

    @Test func `an agent alone takes few statements`() async throws {
        try await Self.withProject { app, database in
            let agent: JSONValue = ["id": "one", "name": "One"]
            let calls: [(method: String, path: String, body: JSONValue?, most: Int)] = [
                ("POST", Self.agents, agent, 6), ("GET", Self.agents + "/one", nil, 1),
                ("PATCH", Self.agents + "/one", ["name": "Two"], 6),
                ("PATCH", Self.agents + "/one", ["name": "Two"], 3), ("GET", Self.agents, nil, 2),
                ("DELETE", Self.agents + "/one", nil, 12),
            ]
            for call in calls {
                let statements = try await Self.statements(database) {
                    let reply = try await app.client.send(call.method, call.path, call.body)
                    #expect(reply.status < 300, "\(call.method) \(reply.text)")
                }
                #expect(statements.count <= call.most, "\(call.method): \(statements.joined(separator: "\n"))")
            }
        }
    }
}
