import Catalog
import CoveyTesting
import Outbound
import Runtime
import Testing

/// An agent whose sub-agent uses tools of MCP servers, with a model that plays a script.
struct ToolScene {
    /// A server that the sub-agent uses.
    struct Server {
        var id: String
        var path: String
        var name: String?
        /// Members of the configuration beside the address.
        var mcp: JSONObject = [:]
        /// Members of the tool beside the usual.
        var tool: JSONObject = [:]
        /// Members of the relation beside its ends.
        var relation: JSONObject = [:]

        init(
            _ id: String, _ path: String, name: String? = nil, mcp: JSONObject = [:], tool: JSONObject = [:],
            relation: JSONObject = [:]
        ) {
            (self.id, self.path, self.name) = (id, path, name)
            (self.mcp, self.tool, self.relation) = (mcp, tool, relation)
        }
    }

    let app: TestApp
    let servers: MCPTestServer
    let client: TestClient

    /// Calls a tool and says what came of it.
    static func calling(_ tool: String, _ input: String = "{}") -> String {
        """
        turns:
          - when: {step: 0}
            call: {tool: \(tool), input: \(input)}
          - say: "Result: {{tool.output}}"
        """
    }

    static func run(
        _ script: String, _ uses: [Server], options change: (inout TestApp.Options) -> Void = { _ in },
        _ body: @Sendable (ToolScene) async throws -> Void
    ) async throws {
        let servers = try await MCPTestServer.start()
        var options = TestApp.Options()
        options.looksAtTools = true
        options.publicURL = "http://localhost:3002"
        options.scripts = ["tools": script]
        // Nobody else asks the servers.
        options.runtimeLimits.toolHealthIntervalMs = 0
        change(&options)
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: "scripted/tools")
            try await app.client.makeAgent()
            for use in uses { try await make(use, app.client, servers) }
            try await body(ToolScene(app: app, servers: servers, client: app.client.agent("a", of: "p")))
        }
    }

    private static func make(_ use: Server, _ client: TestClient, _ servers: MCPTestServer) async throws {
        let url = use.path.hasPrefix("http") ? use.path : servers.url(use.path)
        var mcp: JSONObject = ["server": ["url": .string(url)]]
        if use.path.hasSuffix("-sse") { mcp["transport"] = ["type": "sse"] }
        let tool: JSONObject = [
            "id": .string(use.id), "name": .string(use.name ?? use.id),
            "config": ["type": "mcp", "mcp": .object(mcp.merging(use.mcp))],
        ]
        try await client.make("/projects/p/tools", .object(tool.merging(use.tool)))
        let relation: JSONObject = ["subAgentId": "main", "toolId": .string(use.id)]
        try await client.make(
            "/projects/p/agents/a/sub-agent-tool-relations", .object(relation.merging(use.relation)))
    }

    /// The answer to a message by chat completions.
    func answer(_ text: String = "Go", as user: String? = nil, headers: HTTPHeaders = [:]) async throws -> String {
        let client = user.map { app.client.agent("a", of: "p", as: $0) } ?? client
        let body: JSONValue = ["model": "x", "messages": messages(text), "stream": false]
        let reply = try await client.send("POST", "/run/v1/chat/completions", body, headers: headers)
        return reply.json["choices"]?[0]?["message"]?["content"]?.string ?? reply.text
    }

    /// The parts of the answer to a message by the chat of user interfaces.
    func parts(_ text: String = "Go", conversation: String? = nil) async throws -> [JSONValue] {
        var body: JSONObject = ["messages": messages(text)]
        body["conversationId"] = conversation.map(JSONValue.string)
        var stream = try await client.stream("POST", "/run/api/chat", .object(body))
        return try await stream.rest().compactMap { try? JSONValue(parsing: $0.text) }
    }
}

extension [JSONValue] {
    /// The text of an answer in parts.
    var spoken: String {
        compactMap { $0["type"] == "text-delta" ? $0["delta"]?.string : nil }.joined()
    }

    /// The notices and errors in it: severity, code and message.
    var notices: [(severity: String, code: String, message: String)] {
        compactMap { part in
            guard part["type"] == "data-operation", let data = part["data"], data["type"] == "error" else { return nil }
            return (data["severity"]?.string ?? "", data["code"]?.string ?? "", data["message"]?.string ?? "")
        }
    }
}
