import Catalog
import CoveyTesting
import Testing

/// Acceptance checks of the manage spec that are of no single kind; the others say their number beside their tests.
struct AcceptanceTests {
    private static let projects = tenantPath + "/projects"
    private static let agents = projects + "/p/agents"
    private static let whole = projects + "/p/agent"

    private func serve(_ body: @Sendable (TestClient) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await body(app.client)
        }
    }

    private static func subAgent(_ id: String, _ members: JSONObject = [:]) -> JSONValue {
        let body: JSONObject = [
            "id": .string(id), "type": "internal", "name": .string(id), "prompt": "Answer.", "canUse": [],
        ]
        return .object(body.with(members))
    }

    /// §8 check 3; what a member may see of projects comes with members.
    @Test func `projects are made once, by ids that are fine, and say their branch`() async throws {
        try await serve { client in
            let body: JSONValue = ["id": "shop", "name": "Shop", "models": ["base": ["model": "mock/m"]]]
            let made = try await client.send("POST", Self.projects, body)
            #expect(made.status == 201 && made.data["mainBranchName"] == "default_shop_main", "\(made.text)")
            try await client.check([
                Scenario("there", "POST", Self.projects, body, status: 409, contains: ["conflict", "shop"]),
                Scenario(
                    "a bad id", "POST", Self.projects,
                    ["id": "Shop_1", "name": "S", "models": body["models"] ?? .null],
                    status: 400, contains: ["\"/id\""]),
                Scenario("none", "GET", Self.projects + "/hidden", status: 404, contains: ["Project not found"]),
                Scenario(
                    "all", "GET", Self.projects, status: 200,
                    contains: ["\"shop\"", "\"p\"", "\"total\":2", "default_p_main"]),
            ])
        }
    }

    /// §8 check 6.
    @Test func `a whole agent is created by PUT, then replaced, and must agree with itself`() async throws {
        try await serve { client in
            let desk = Self.whole + "/desk"
            let body: JSONObject = [
                "id": "desk", "name": "Desk", "defaultSubAgentId": "main", "subAgents": ["main": Self.subAgent("main")],
            ]
            #expect(try await client.send("PUT", desk, .object(body)).status == 201)
            #expect(try await client.send("PUT", desk, .object(body)).status == 200)
            try await client.check([
                Scenario(
                    "another id", "PUT", desk, .object(body.with(["id": "other"])), status: 400, contains: ["other"]),
                Scenario(
                    "a default of nobody", "PUT", desk, .object(body.with(["defaultSubAgentId": "nobody"])),
                    status: 400, contains: ["\"/defaultSubAgentId\""]),
                Scenario(
                    "another key", "PUT", desk, .object(body.with(["subAgents": ["other": Self.subAgent("main")]])),
                    status: 400, contains: ["subAgents"]),
            ])
        }
    }

    private static let trigger: JSONValue = [
        "id": "hook", "name": "Hook", "messageTemplate": "New", "enabled": true,
    ]

    private static let desk: JSONObject = [
        "id": "desk", "name": "Desk", "defaultSubAgentId": "main",
        "subAgents": [
            "main": subAgent("main", ["canUse": [["toolId": "tax"], ["toolId": "t"]], "canTransferTo": ["second"]]),
            "second": subAgent("second"),
        ],
        "functions": ["tax-code": ["id": "tax-code", "executeCode": "() => 1"]],
        "functionTools": ["tax": ["id": "tax", "name": "tax", "functionId": "tax-code"]],
        "triggers": ["hook": trigger],
    ]

    /// §8 check 7.
    @Test func `what a second PUT leaves out goes, but for what belongs to the project, and triggers`() async throws {
        try await serve { client in
            try await client.makeTool("t")
            let path = Self.whole + "/desk"
            let made = try await client.send("PUT", path, .object(Self.desk))
            try #require(made.status == 201, "\(made.text)")
            func data() async throws -> JSONValue { try await client.send("GET", path).data }
            func count(_ collection: String) async throws -> JSONValue? {
                try await client.send("GET", Self.projects + "/p" + collection).json["pagination"]?["total"]
            }
            var less = Self.desk
            less["subAgents"] = ["main": Self.subAgent("main")]
            less["functionTools"] = nil
            less["functions"] = nil
            less["triggers"] = nil
            #expect(try await client.send("PUT", path, .object(less)).status == 200)
            let left = try await data()
            #expect(left["subAgents"]?.object?.keys == ["main"], "\(left.jsonText)")
            #expect(left["subAgents"]?["main"]?["canTransferTo"] == [])
            #expect(left["functionTools"]?.object?.isEmpty ?? true)
            #expect(try await count("/agents/desk/function-tools") == 0)
            #expect(try await count("/agents/desk/sub-agent-relations") == 0)
            #expect(try await count("/agents/desk/sub-agent-tool-relations") == 0)
            #expect(try await count("/functions") == 1, "functions belong to the project")
            #expect(try await count("/tools") == 1, "and so do tools")
            #expect(try await count("/agents/desk/triggers") == 1, "silence keeps triggers")
            #expect(try await client.send("PUT", path, .object(less.with(["triggers": [:]]))).status == 200)
            #expect(try await count("/agents/desk/triggers") == 0)
        }
    }

    /// §8 check 11.
    @Test func `the default sub-agent is deleted when it is the default no more`() async throws {
        try await serve { client in
            try await client.makeAgent()
            let subAgents = Self.agents + "/a/sub-agents"
            try await client.make("/projects/p/agents/a/sub-agents", ["id": "second", "name": "Second"])
            let refused = try await client.send("DELETE", subAgents + "/main")
            #expect(refused.status == 409 && refused.json["code"] == "conflict", "\(refused.text)")
            #expect(try await client.send("GET", subAgents + "/main").status == 200, "nothing of it was done")
            #expect(try await client.send("PATCH", Self.agents + "/a", ["defaultSubAgentId": "second"]).status == 200)
            #expect(try await client.send("DELETE", subAgents + "/main").status == 204)
            #expect(try await client.send("GET", subAgents + "/main").status == 404)
        }
    }
}
