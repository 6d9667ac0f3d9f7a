import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// The calls that the original's command line and SDK make, in their order (manage spec §5.3–§5.6): each is answered as
/// they expect it.
struct ReplayTests {
    private static let secret = "the-bypass-secret-of-a-team"
    static let full = tenantPath + "/project-full/" + SDKProject.id
    static let project = tenantPath + "/projects/" + SDKProject.id

    private static func options() -> TestApp.Options {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: secret)
        return options
    }

    /// Runs `body` with a client as a tool configures its own.
    private func run(_ body: @Sendable (TestApp, TestClient) async throws -> Void) async throws {
        try await TestApp.run(Self.options()) { app in
            var client = app.client
            client.headers = ["authorization": "Bearer \(Self.secret)", "accept": "application/json"]
            try await body(app, client)
        }
    }

    /// Runs `body` after a push.
    func runPushed(_ body: @Sendable (TestApp, TestClient) async throws -> Void) async throws {
        try await run { app, client in
            let pushed = try await client.send("PUT", Self.full, SDKProject.body)
            try #require(pushed.status == 201, "\(pushed.text)")
            try await body(app, client)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `push makes the project, and again changes nothing`() async throws {
        try await runPushed { app, client in
            let branch = BranchKey(tenant: "default", project: SDKProject.id)
            let head = try await app.store.head(of: branch)
            let again = try await client.send("PUT", Self.full, SDKProject.body)
            #expect(again.status == 200 && again.data["id"] == .string(SDKProject.id), "\(again.text)")
            #expect(try await app.store.head(of: branch) == head, "the same push twice")
            #expect(try await client.send("POST", tenantPath + "/project-full", SDKProject.body).status == 409)
            // Continuous integration sends its key under another name.
            var robot = app.client
            robot.headers = ["x-api-key": Self.secret]
            #expect(try await robot.send("PUT", Self.full, SDKProject.body).status == 200)
            #expect(try await app.store.head(of: branch) == head)
        }
    }

    /// Manage spec §8 check 14.
    @Test(.timeLimit(.minutes(8))) func `pull reads what push sent, and what it reads can be pushed`() async throws {
        try await runPushed { app, client in
            _ = try await client.send("GET", Self.project + "/branches/main")
            let pulled = try await client.send("GET", Self.full)
            #expect(pulled.status == 200)
            for (place, value) in Self.pulled {
                #expect(place.reduce(Optional(pulled.data)) { $0?[$1] } == value, "\(place.joined(separator: "/"))")
            }
            let branch = BranchKey(tenant: "default", project: SDKProject.id)
            let head = try await app.store.head(of: branch)
            #expect(try await client.send("PUT", Self.full, pulled.data).status == 200)
            #expect(try await app.store.head(of: branch) == head)
            #expect(try await client.send("GET", Self.full).bytes == pulled.bytes)
            var ids: [JSONValue] = []
            for page in 1... {
                let projects = try await client.send("GET", tenantPath + "/projects?page=\(page)&limit=100")
                #expect(projects.status == 200)
                guard let more = projects.data.array, !more.isEmpty else { break }
                ids += more.compactMap { $0["id"] }
            }
            #expect(ids == [.string(SDKProject.id)])
            let gone = try await client.send("GET", tenantPath + "/project-full/nothing")
            #expect(gone.status == 404 && gone.json["error"]?["message"] == "Project not found")
        }
    }

    /// What a pull must find of the push.
    private static let pulled: [(place: [String], value: JSONValue)] = [
        (["name"], "Helpdesk"), (["models", "summarizer", "model"], "mock/m"), (["stopWhen", "stepCountIs"], 50),
        (["tools", "weather", "credentialReferenceId"], "weather-key"),
        (["externalAgents", "billing-service", "baseUrl"], "https://billing.example.com/a2a"),
        (["credentialReferences", "weather-key", "retrievalParams", "key"], "WEATHER_KEY"),
        (["dataComponents", "order-card", "render", "mockData", "number"], "1042"),
        (["artifactComponents", "order", "name"], "Order"),
        (["functions", "add-tax", "dependencies"], [:]),
        (["agents", "support", "functionTools", "add-tax", "functionId"], "add-tax"),
        (["agents", "support", "contextConfig", "id"], "support-context"),
        (["agents", "support", "statusUpdates", "numEvents"], 3),
        (["agents", "support", "subAgents", "router", "canTransferTo"], ["orders"]),
        (["agents", "support", "subAgents", "router", "dataComponents"], ["order-card"]),
        (["agents", "support", "subAgents", "orders", "stopWhen", "stepCountIs"], 12),
        (["agents", "support", "teamAgents", "night", "name"], "Night"),
        (["agents", "night", "stopWhen", "transferCountIs"], 10),
        (["skills", "tone", "description"], "How to sound"),
    ]

    /// Manage spec §8 check 14.
    @Test(.timeLimit(.minutes(8))) func `a project that lost something in the code loses it here`() async throws {
        try await runPushed { _, client in
            var lacking = SDKProject.body.object ?? [:]
            lacking["artifactComponents"] = nil
            lacking["skills"] = nil
            var agents = lacking["agents"]?.object ?? [:]
            agents["support"] = nil
            lacking["agents"] = .object(agents)
            let pushed = try await client.send("PUT", Self.full, .object(lacking))
            #expect(pushed.status == 200, "\(pushed.text)")
            #expect(pushed.data["agents"]?.object?.keys == ["night"])
            #expect(pushed.data["artifactComponents"] == .null)
            #expect(pushed.data["skills"]?["tone"] != nil, "skills are never deleted by silence")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `list-agent and add --ui read what they show`() async throws {
        try await runPushed { _, client in
            let agents = try await client.send("GET", Self.project + "/agents?limit=100")
            #expect(agents.status == 200 && agents.data.array?.count == 2)
            #expect(agents.data.array?.allSatisfy { $0["id"]?.string != nil && $0["name"]?.string != nil } == true)
            let card = try await client.send("GET", Self.project + "/data-components/order-card")
            #expect(card.data["render"]?["component"]?.string?.contains("function OrderCard") == true)
            #expect(try await client.send("GET", Self.project + "/data-components/order").status == 404)
            #expect(try await client.send("GET", Self.project + "/artifact-components/order").status == 200)
            for segment in ["data-components", "artifact-components"] {
                let page = try await client.send("GET", Self.project + "/\(segment)?page=1&limit=100")
                #expect(page.status == 200 && page.data.array?.count == 1)
                #expect(page.json["pagination"]?["pages"] == 1)
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what inits by itself is put, and posted when it is not there`() async throws {
        try await run { _, client in
            try await client.make(
                "/projects", ["id": .string(SDKProject.id), "name": "H", "models": ["base": ["model": "mock/m"]]])
            let key: JSONValue = [
                "id": "weather-key", "name": "K", "type": "memory", "credentialStoreId": "memory-default", "usedBy": [],
            ]
            try await client.make("/projects/\(SDKProject.id)/credentials", key)
            for (segment, body) in SDKProject.alone {
                let item = "\(Self.project)/\(segment)/\(body["id"]?.string ?? "")"
                #expect(try await client.send("PUT", item, body).status == 404, "\(segment)")
                let made = try await client.send("POST", "\(Self.project)/\(segment)", body)
                #expect(made.status == 201 && made.data["id"] == body["id"], "\(segment): \(made.text)")
                let put = try await client.send("PUT", item, body)
                #expect(put.status == 200 && put.data["name"] == body["name"], "\(segment): \(put.text)")
            }
            let agent = Self.project + "/agent/night"
            #expect(try await client.send("PUT", agent, SDKProject.agent).status == 201)
            #expect(try await client.send("PUT", agent, SDKProject.agent).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a server's own client finds what it runs`() async throws {
        try await runPushed { _, client in
            let whole = try await client.send("GET", Self.full + "/with-relation-ids")
            let router = whole.data["agents"]?["support"]?["subAgents"]?["router"]
            #expect(router?["canTransferTo"]?[0]?["subAgentSubAgentRelationId"]?.string != nil, "\(whole.text)")
            #expect(try await client.send("GET", Self.project + "/agent/support").status == 200)
            #expect(try await client.send("GET", Self.project + "/tools/weather").status == 200)
            let tools = Self.project + "/agents/support/sub-agent-function-tools/sub-agent/router"
            #expect(try await client.send("GET", tools).data.array?.map { $0["id"] } == ["add-tax"])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `who is not let in reads why`() async throws {
        try await runPushed { app, _ in
            // An agent that inits by itself sends no credential at all.
            let bare = try await app.client.send("PUT", Self.project + "/agent/night", SDKProject.agent)
            #expect(bare.status == 401 && bare.json["error"]?["message"]?.string?.isEmpty == false)
            var stranger = app.client
            stranger.headers = ["x-api-key": "not-the-secret-of-the-team"]
            let pulled = try await stranger.send("GET", Self.full)
            #expect(pulled.status == 401 && pulled.json["error"]?["message"] == "Invalid Token")
        }
    }
}
