import Catalog
import CoveyTesting
import Domain
import Store
import Testing

/// Every kind through its operations over the wire: the rows say what is sent, the kinds say where.
struct KindsTests {
    /// One kind's smallest body, and a change to it.
    struct Row: Sendable {
        let kind: String
        let body: JSONValue
        let change: JSONValue
        /// A member of the body that must be there; nil for kinds without one.
        let required: String?
    }

    private static let props: JSONValue = [
        "type": "object", "properties": ["n": ["type": "string", "description": "number"]], "required": ["n"],
    ]

    private static func named(_ kind: String, _ members: JSONObject, required: String = "name") -> Row {
        var body: JSONObject = ["id": .string("the-" + kind), "name": "First"]
        for (name, value) in members { body[name] = value }
        return Row(kind: kind, body: .object(body), change: ["name": "Second"], required: required)
    }

    /// In the order in which they can be made: the fixture is project `p`, agents `a` and `b`, sub-agents `s` and `t`.
    static let rows: [Row] = [
        named("project", ["models": ["base": ["model": "mock/m"]]], required: "models"),
        named("credential", ["type": "memory", "credentialStoreId": "memory-default"], required: "type"),
        Row(
            kind: "function",
            body: [
                "id": "the-function", "executeCode": "() => 1", "inputSchema": ["type": "object", "properties": [:]],
            ],
            change: ["executeCode": "() => 2"], required: "executeCode"),
        named(
            "tool", ["config": ["type": "mcp", "mcp": ["server": ["url": "https://mcp.example.com/mcp"]]]],
            required: "config"),
        named("external-agent", ["baseUrl": "https://crm.example.com/a2a"], required: "baseUrl"),
        named("data-component", ["props": props], required: "props"),
        named("artifact-component", ["props": props]),
        named("agent", [:]),
        Row(
            kind: "context-config", body: ["id": "the-context-config", "contextVariables": [:]],
            change: ["headersSchema": ["type": "object", "properties": [:]]], required: nil),
        named("function-tool", ["functionId": "the-function"], required: "functionId"),
        named("sub-agent", [:]),
        Row(
            kind: "sub-agent-relation",
            body: ["sourceSubAgentId": "s", "targetSubAgentId": "t", "relationType": "transfer"],
            change: ["relationType": "delegate"], required: "relationType"),
        Row(
            kind: "sub-agent-external-agent-relation", body: ["externalAgentId": "the-external-agent"],
            change: ["headers": ["x-a": "1"]], required: "externalAgentId"),
        Row(
            kind: "sub-agent-team-agent-relation", body: ["targetAgentId": "b"], change: ["headers": ["x-a": "1"]],
            required: "targetAgentId"),
        Row(
            kind: "sub-agent-tool-relation", body: ["subAgentId": "s", "toolId": "the-tool"],
            change: ["headers": ["x-a": "1"]], required: "toolId"),
        named("trigger", ["messageTemplate": "New: {{title}}", "dispatchDelayMs": 5]),
        named("scheduled-trigger", ["cronExpression": "0 8 * * 1-5", "payload": ["team": "ops"]]),
        named(
            "webhook-destination", ["url": "https://hooks.example.com/x", "eventTypes": ["conversation.created"]],
            required: "eventTypes"),
    ]

    static func path(_ operation: Operation, _ id: String = "", project: String = "p") -> String {
        operation.path.split(separator: "/").map { segment in
            switch segment {
            case "{tenantId}": "/default"
            case "{projectId}": "/\(project)"
            case "{agentId}": "/a"
            case "{subAgentId}": "/s"
            default: segment.hasPrefix("{") ? "/\(id)" : "/\(segment)"
            }
        }.joined()
    }

    static func makeFixture(_ client: TestClient) async throws {
        try await client.makeProject()
        for agent in ["a", "b"] {
            try await client.make("/projects/p/agents", ["id": .string(agent), "name": "Agent"])
        }
        for subAgent in ["s", "t"] {
            try await client.make("/projects/p/agents/a/sub-agents", ["id": .string(subAgent), "name": "Sub"])
        }
    }

    @Test func `every kind with operations has a row`() {
        let operated = Everything.kinds.filter { $0.operations.contains { $0.method == .post } }.map(\.name)
        #expect(Set(operated) == Set(Self.rows.map(\.kind)), "add the new kind's smallest body to the rows")
    }

    @Test(.timeLimit(.minutes(8))) func `every kind is made, read, changed, listed and deleted`() async throws {
        try await TestApp.run { app in
            try await Self.makeFixture(app.client)
            var made: [(row: Row, id: String, operations: [Operation])] = []
            for row in Self.rows {
                let kind = try #require(Everything.kindsByName[row.kind])
                let id = try await Self.create(row, kind, app.client)
                made.append((row, id, kind.operations))
                try await Self.readAndChange(row, id, kind, app.client)
            }
            for (row, id, operations) in made.reversed() where row.kind != "project" {
                let delete = try #require(operations.first { $0.method == .delete })
                let path = Self.path(delete, id)
                #expect(try await app.client.send("DELETE", path).status == 204, "\(row.kind)")
                #expect(try await app.client.send("DELETE", path).status == 404, "\(row.kind)")
                #expect(try await app.client.send("GET", path).status == 404, "\(row.kind)")
                #expect(try await app.client.send("PATCH", path, row.change).status == 404, "\(row.kind)")
            }
        }
    }

    private static func create(_ row: Row, _ kind: Kind, _ client: TestClient) async throws -> String {
        let create = try #require(kind.operations.first { $0.method == .post })
        let reply = try await client.send("POST", path(create), row.body)
        try #require(reply.status == 201, "\(row.kind): \(reply.text)")
        for (name, value) in row.body.object ?? [:] {
            #expect(contains(reply.data[name], value), "\(row.kind).\(name): \(reply.text)")
        }
        #expect(reply.data["createdAt"] == "2026-01-05T10:00:00.000Z")
        if let required = row.required {
            var lacking = row.body.object ?? [:]
            lacking[required] = nil
            let refused = try await client.send("POST", path(create), .object(lacking))
            #expect(refused.status == 400, "\(row.kind) without \(required): \(refused.text)")
            #expect(refused.text.contains("\"pointer\":\"/\(required)"), "\(refused.text)")
        }
        if kind.scope != .tenant {
            let elsewhere = try await client.send("POST", path(create, project: "q"), row.body)
            #expect(elsewhere.status == 404 && elsewhere.json["detail"] == "Project not found", "\(elsewhere.text)")
        }
        return try #require(reply.data["id"]?.string)
    }

    private static func readAndChange(_ row: Row, _ id: String, _ kind: Kind, _ client: TestClient) async throws {
        let get = try #require(kind.operations.first { $0.method == .get && $0.path.hasSuffix("}") })
        let list = try #require(kind.operations.first { $0.method == .get && !$0.path.hasSuffix("}") })
        let item = path(get, id)
        let before = try await client.send("GET", item)
        #expect(before.status == 200 && before.data["id"] == .string(id), "\(row.kind): \(before.text)")
        for method in ["PATCH", "PUT"] {
            let changed = try await client.send(method, item, row.change)
            #expect(changed.status == 200, "\(row.kind): \(changed.text)")
            for (name, value) in kind.masking(row.change).object ?? [:] {
                #expect(changed.data[name] == value, "\(row.kind).\(name): \(changed.text)")
            }
        }
        let page = try await client.send("GET", path(list) + "?limit=100")
        #expect(page.status == 200)
        #expect(page.data.array?.contains { $0["id"] == .string(id) } == true, "\(row.kind): \(page.text)")
        #expect((page.json["pagination"]?["total"]?.integer ?? 0) >= 1)
    }

    /// Whether what is shown has all that was sent.
    private static func contains(_ shown: JSONValue?, _ sent: JSONValue) -> Bool {
        guard let sent = sent.object else { return shown == sent }
        return sent.allSatisfy { contains(shown?[$0.key], $0.value) }
    }

    @Test(.timeLimit(.minutes(8))) func `a whole agent is put, read, put again without a change, and deleted`()
        async throws
    {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let path = tenantPath + "/projects/p/agent"
            let agent: JSONValue = [
                "id": "desk", "name": "Desk", "defaultSubAgentId": "router",
                "subAgents": [
                    "router": [
                        "id": "router", "type": "internal", "name": "Router", "prompt": "Route.", "canUse": [],
                        "canTransferTo": ["billing"],
                    ],
                    "billing": [
                        "id": "billing", "type": "internal", "name": "Billing", "prompt": "Bill.", "canUse": [],
                    ],
                ],
            ]
            #expect(try await app.client.send("POST", path, agent).status == 201)
            #expect(try await app.client.send("POST", path, agent).status == 409)
            let shown = try await app.client.send("GET", path + "/desk")
            #expect(shown.status == 200)
            #expect(shown.data["subAgents"]?["router"]?["canTransferTo"] == ["billing"])
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            #expect(try await app.client.send("PUT", path + "/desk", shown.data).status == 200)
            #expect(try await app.store.head(of: branch) == head, "what was read and put back changes nothing")
            #expect(try await app.client.send("DELETE", path + "/desk").status == 204)
            #expect(try await app.client.send("GET", path + "/desk").status == 404)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a whole project is put where there was none, rehearsed, and deleted`()
        async throws
    {
        try await TestApp.run { app in
            let path = tenantPath + "/project-full"
            let project: JSONValue = [
                "id": "shop", "name": "Shop", "models": ["base": ["model": "mock/m"]], "tools": [:],
                "agents": [
                    "desk": [
                        "id": "desk", "name": "Desk", "defaultSubAgentId": "main",
                        "subAgents": [
                            "main": [
                                "id": "main", "type": "internal", "name": "Main", "prompt": "Answer.", "canUse": [],
                            ]
                        ],
                    ]
                ],
            ]
            let rehearsed = try await app.client.send("PUT", path + "/shop?dryRun=true", project)
            #expect(rehearsed.status == 200 && rehearsed.json["dryRun"] == true, "\(rehearsed.text)")
            #expect(try await app.client.send("GET", path + "/shop").status == 404)
            let made = try await app.client.send("PUT", path + "/shop", project)
            #expect(made.status == 201, "\(made.text)")
            #expect(try await app.client.send("PUT", path + "/shop", project).status == 200)
            let turn: JSONValue = ["model": "x", "messages": messages("Hi")]
            let answer = try await app.client.agent("desk", of: "shop").send("POST", "/run/v1/chat/completions", turn)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await app.client.send("DELETE", path + "/shop").status == 204)
            #expect(try await app.client.send("GET", path + "/shop").status == 404)
            let gone = try await app.client.agent("desk", of: "shop").send("POST", "/run/v1/chat/completions", turn)
            #expect(gone.status == 404 && gone.json["detail"] == "Project not found")
        }
    }
}
