import Catalog
import CoveyTesting
import Outbound
import Testing

/// Tasks for another agent of the project, configured over REST (run spec §7.4).
struct TeamAgentTests {
    private static let script = """
        turns:
          - when: {system: "You keep the books of shop of Ann"}
            say: "42 euros"
          - when: {offers: delegate_to_books, step: 0}
            call: {tool: delegate_to_books, input: {message: "Sum up"}}
          - say: "They say: {{tool.output}}"
        """

    /// The agent `a` that may ask the agent `books`, which knows the shop by a header.
    private static func run(
        headers: JSONValue, _ body: @Sendable @escaping (TestApp, TestClient) async throws -> Void
    ) async throws {
        var options = TestApp.Options()
        options.scripts = ["team": script]
        try await TestApp.run(options) { app in
            let client = app.client
            try await client.makeProject(model: "scripted/team")
            try await client.makeAgent()
            try await context(client, "a", ["X-User": ["type": "string"]], required: [])
            try await client.make(
                "/projects/p/agents",
                ["id": "books", "name": "Books", "description": "Knows the money.", "defaultSubAgentId": "clerk"])
            try await client.make(
                "/projects/p/agents/books/sub-agents",
                ["id": "clerk", "name": "Clerk", "prompt": "You keep the books of {{headers.x-shop}}."])
            try await context(client, "books", ["X-Shop": ["type": "string"]], required: ["X-Shop"])
            try await client.make(
                "/projects/p/agents/a/sub-agents/main/team-agent-relations",
                ["targetAgentId": "books", "headers": headers])
            try await body(app, client.agent("a", of: "p", as: "ann"))
        }
    }

    private static func context(
        _ client: TestClient, _ agent: String, _ properties: JSONValue, required: JSONValue
    ) async throws {
        try await client.make(
            "/projects/p/agents/\(agent)/context-configs",
            ["id": "ctx", "headersSchema": ["type": "object", "required": required, "properties": properties]])
        let linked = try await client.send(
            "PUT", "\(tenantPath)/projects/p/agents/\(agent)", ["name": .string(agent), "contextConfigId": "ctx"])
        try #require(linked.status == 200, "\(linked.text)")
    }

    private static func parts(_ client: TestClient, _ headers: HTTPHeaders) async throws -> [JSONValue] {
        var client = client
        for field in headers.fields { client.headers[field.name] = field.value }
        client.headers["x-emit-operations"] = "true"
        let body: JSONValue = ["messages": messages("How much?"), "conversationId": "c1"]
        var stream = try await client.stream("POST", "/run/api/chat", body)
        return try await stream.rest().compactMap { try? JSONValue(parsing: $0.text) }
    }

    @Test func `the stream shows the delegation, and the relation's headers reach the other agent`() async throws {
        try await Self.run(headers: ["X-Shop": "shop of {{headers.x-user}}"]) { app, client in
            let parts = try await Self.parts(client, ["X-User": "Ann"])
            #expect(parts.spoken == "They say: 42 euros", "\(parts.notices)")
            let operations = parts.compactMap { $0["type"] == "data-operation" ? $0["data"] : nil }
            let sent = operations.first { $0["type"] == "delegation_sent" }?["details"]?["data"]
            #expect(sent?["type"] == "team" && sent?["targetSubAgent"] == "books")
            #expect(sent?["taskDescription"] == "Sum up")
            let returned = operations.first { $0["type"] == "delegation_returned" }?["details"]?["data"]
            #expect(returned?["type"] == "team" && returned?["result"] == "42 euros")
            #expect(returned?["delegationId"] == sent?["delegationId"])
            #expect(!parts.contains { $0["toolName"] == "delegate_to_books" })
            let listed = try await client.send("GET", "/run/v1/conversations").json["data"]?.array ?? []
            #expect(listed.map { $0["id"]?.string } == ["c1"])
            let all = try await app.client.send("GET", tenantPath + "/projects/p/conversations").json
            #expect(all["data"]?["pagination"]?["total"] == 1)
            let told = try await app.client.send(
                "GET", tenantPath + "/projects/p/conversations/c1?includeInternal=true")
            #expect(told.text.contains("Sum up"))
        }
    }

    @Test func `a header without a value is an error that names it, and nobody is asked`() async throws {
        try await Self.run(headers: ["X-Shop": "{{headers.x-user}}"]) { _, client in
            let parts = try await Self.parts(client, [:])
            #expect(parts.spoken.contains("its header X-Shop needs 'headers.x-user'"), "\(parts.spoken)")
            #expect(parts.notices.map(\.code) == ["delegation_failed"])
        }
    }

    @Test func `headers that the other agent does not take are an error that says which`() async throws {
        try await Self.run(headers: ["X-Other": "1"]) { _, client in
            let parts = try await Self.parts(client, ["X-User": "Ann"])
            #expect(parts.spoken.contains("Invalid headers: ") && parts.spoken.contains("x-shop"), "\(parts.spoken)")
        }
    }
}
