import Catalog
import CoveyTesting
import HTTP
import Outbound
import Testing

/// What callers learn of themselves, and of the agents they may run.
struct AccountTests {
    private static let secret = "manage-secret-0123456789"

    private static let bearer: HTTPHeaders = ["authorization": "Bearer \(secret)"]

    @Test func `cli me tells who the secret and the developer are`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: Self.secret, isDevelopment: true)
        try await TestApp.run(options) { app in
            let path = "/manage/api/cli/me"
            let system = try await app.client.send("GET", path, headers: Self.bearer)
            #expect(
                system.json == [
                    "user": ["id": "system", "email": "", "name": nil],
                    "organization": ["id": "default", "name": "default", "slug": "default", "role": "owner"],
                ])
            var elsewhere = Self.bearer
            elsewhere["x-inkeep-tenant-id"] = "acme"
            let other = try await app.client.send("GET", path, headers: elsewhere)
            #expect(other.json["organization"]?["id"] == "acme")
            #expect(try await app.client.send("GET", path).json["user"]?["id"] == "development")
            try await app.client.check([
                Scenario("a bad token", "GET", path, headers: ["authorization": "Bearer nobody-nobody-1"], status: 401)
            ])
        }
        options.authentication.isDevelopment = false
        try await TestApp.run(options) { app in
            try await app.client.check([
                Scenario("nobody asks who they are", "GET", "/manage/api/cli/me", status: 401),
                Scenario("nobody asks what they may run", "GET", "/manage/available-agents", status: 401),
            ])
        }
    }

    @Test func `the agents of all projects are listed, and no other tenant's`() async throws {
        try await TestApp.run { app in
            for project in ["p", "q"] { try await app.client.makeProject(project) }
            for (agent, project) in [("a", "p"), ("b", "q"), ("c", "p")] {
                app.clock.advance(by: .seconds(1))
                try await app.client.makeAgent(agent, in: project)
            }
            let reply = try await app.client.send("GET", "/manage/available-agents")
            #expect(
                reply.data == [
                    ["agentId": "a", "agentName": "Agent", "projectId": "p"],
                    ["agentId": "b", "agentName": "Agent", "projectId": "q"],
                    ["agentId": "c", "agentName": "Agent", "projectId": "p"],
                ])
            let other = try await app.client.send(
                "GET", "/manage/available-agents", headers: ["x-inkeep-tenant-id": "acme"])
            #expect(other.data == [])
        }
    }

    @Test func `an agent's card speaks for the sub-agent that takes new conversations`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            let subAgent = "\(tenantPath)/projects/p/agents/a/sub-agents/main"
            let path = "/run/agents/.well-known/agent.json"
            let client = app.client.agent("a", of: "p")
            #expect(try await client.send("GET", path).json["description"] == "AI Agent")
            let change: JSONValue = ["description": "Answers product questions"]
            #expect(try await app.client.send("PATCH", subAgent, change).status == 200)
            let card = try await client.send("GET", path).json
            #expect(card["name"] == "Main" && card["description"] == "Answers product questions")
            #expect(card["url"]?.string == "http://127.0.0.1:\(app.port)/run/agents/a2a")
            #expect(card["version"] == "1.0.0" && card["skills"] == [])
            #expect(card["defaultInputModes"] == ["text", "text/plain"])
            try await app.client.make("/projects/p/agents", ["id": "empty", "name": "Empty"])
            for agent in ["empty", "none"] {
                try await app.client.agent(agent, of: "p").check([
                    Scenario("no agent", "GET", path, status: 404, contains: ["Agent not found"])
                ])
            }
        }
    }
}
