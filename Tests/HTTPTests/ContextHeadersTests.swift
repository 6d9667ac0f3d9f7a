import Catalog
import CoveyTesting
import Outbound
import Testing

/// Headers that an agent asks for (run spec §12.2), at every endpoint that runs agents.
struct ContextHeadersTests {
    private static let script = """
        turns:
          - say: "well done"
        """

    private static func withAgent(_ body: @Sendable (TestApp, TestClient) async throws -> Void) async throws {
        var options = TestApp.Options()
        options.scripts = ["talk": script]
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: "scripted/talk")
            try await app.client.makeAgent()
            let agent = "/projects/p/agents/a"
            let config = try await app.client.make(
                "\(agent)/context-configs",
                [
                    "id": "ctx",
                    "headersSchema": [
                        "type": "object", "required": ["X-Shop-Id"],
                        "properties": ["X-Shop-Id": ["type": "string", "pattern": "^[0-9]+$"]],
                    ],
                ])
            #expect(config["id"] == "ctx")
            let linked = try await app.client.send(
                "PUT", "\(tenantPath)\(agent)", ["name": "Agent", "contextConfigId": "ctx"])
            try #require(linked.status == 200, "\(linked.text)")
            try await body(app, app.client.agent("a", of: "p"))
        }
    }

    @Test(arguments: ["/run/v1/chat/completions", "/run/api/chat", "/run/api/executions"])
    func `headers that do not fit are a 400 that says which`(path: String) async throws {
        try await Self.withAgent { _, client in
            let body: JSONValue = ["model": "x", "messages": messages("Hi"), "stream": false]
            for value in [nil, "seven"] as [String?] {
                var client = client
                client.headers["X-Shop-Id"] = value
                let reply = try await client.send("POST", path, body)
                #expect(reply.status == 400, "\(reply.text)")
                #expect(reply.json["detail"]?.string?.hasPrefix("Invalid headers: ") == true, "\(reply.text)")
                #expect(reply.text.contains("x-shop-id"))
                #expect(!reply.text.contains("seven"))
            }
            var good = client
            good.headers["X-Shop-Id"] = "7"
            let reply = try await good.send("POST", path, body)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.text.contains("well") && reply.text.contains("done"))
        }
    }

    @Test func `the MCP endpoint refuses them as well`() async throws {
        try await Self.withAgent { _, client in
            var client = client
            client.headers["accept"] = "application/json, text/event-stream"
            let hello: JSONValue = [
                "jsonrpc": "2.0", "id": 0, "method": "initialize",
                "params": [
                    "protocolVersion": "2025-11-25", "capabilities": [:],
                    "clientInfo": ["name": "test", "version": "1"],
                ],
            ]
            let begun = try await client.send("POST", "/run/v1/mcp", hello)
            client.headers["mcp-session-id"] = begun.headers["mcp-session-id"]
            client.headers["mcp-protocol-version"] = "2025-11-25"
            let call: JSONValue = [
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": ["name": "send-query-to-agent", "arguments": ["query": "Hi"]],
            ]
            let refused = try await client.send("POST", "/run/v1/mcp", call)
            #expect(refused.status == 400, "\(refused.text)")
            #expect(refused.text.contains("Invalid headers: "))
            client.headers["X-Shop-Id"] = "7"
            let taken = try await client.send("POST", "/run/v1/mcp", call)
            #expect(taken.status == 200 && taken.text.contains("well done"), "\(taken.text)")
        }
    }
}
