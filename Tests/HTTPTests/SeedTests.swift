import Catalog
import CoveyTesting
import Domain
import HTTP
import Outbound
import Store
import Testing

/// The management operations of the seeds, one by one: what each answers, member by member, and what it refuses. Paths
/// have the ids that the seeds' own examples have.
struct SeedTests {
    private static let branch = BranchKey(tenant: "tenant_123", project: "project_456")
    static let project = "/manage/tenants/tenant_123/projects/project_456"
    static let agent = project + "/agents/resource_789"
    private static let secret = "the-secret-of-the-seeds"

    /// More than what these tests send.
    static let bodyBytesMax = 20_000

    /// The operations by their names in the contract, and the path parameters that are no ids of resources there.
    static let ids = [
        "create-full-agent", "get-full-agent", "delete-full-agent", "update-full-agent", "list-agents", "create-agent",
        "get-full-agent-definition", "associate-artifact-component-with-agent", "get-artifact-components-for-agent",
        "remove-artifact-component-from-agent", "check-artifact-component-agent-association",
        "get-agents-using-artifact-component", "associate-data-component-with-agent", "get-data-components-for-agent",
        "remove-data-component-from-agent", "check-data-component-agent-association",
        "get-agents-using-data-component", "get-related-agent-infos", "get-agent", "delete-agent", "update-agent",
    ]

    static func operation(_ id: String) throws -> Operation {
        try #require(Everything.operations.first { $0.id == id }, "\(id) is not served")
    }

    static func path(_ operation: Operation, _ values: [String: String] = [:]) -> String {
        let examples = [
            "tenantId": "tenant_123", "projectId": "project_456", "subAgentId": "sub_agent_123",
        ].merging(values) { $1 }
        return operation.path.split(separator: "/").map { segment in
            segment.hasPrefix("{")
                ? "/" + (examples[String(segment.dropFirst().dropLast())] ?? "resource_789") : "/\(segment)"
        }.joined()
    }

    /// Runs `body` on a project that was made elsewhere: a new one may not have such an id.
    func run(_ body: @Sendable (TestApp, TestClient) async throws -> Void) async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: Self.secret)
        options.limits.bodyBytesMax = Self.bodyBytesMax
        try await TestApp.run(options) { app in
            try await app.store.write(in: Self.branch, actor: "test", at: app.clock.now) { transaction in
                try transaction.createBranch()
                let document: JSONValue = [
                    "id": "project_456", "name": "P", "models": ["base": ["model": "mock/m"]],
                ]
                try transaction.put(ResourceKey(kind: "project", id: "project_456"), document, [])
            }
            var client = app.client
            client.headers = ["authorization": "Bearer \(Self.secret)"]
            try await body(app, client)
        }
    }

    // MARK: What is answered

    /// Manage spec §8 check 4.
    @Test(.timeLimit(.minutes(8))) func `plain agents are made, shown, changed by either verb, and deleted`()
        async throws
    {
        try await run { _, client in
            let agents = Self.project + "/agents"
            let made = try await client.send("POST", agents, ["id": "resource_789", "name": "string"])
            #expect(made.status == 201)
            Self.agentShape.check(made.json, "create")
            #expect(try await client.send("POST", agents, ["id": "resource_789", "name": "x"]).status == 409)
            let shown = try await client.send("GET", Self.agent)
            #expect(shown.status == 200 && shown.json == made.json)
            for (verb, name) in [("PUT", "By put"), ("PATCH", "By patch")] {
                let body: JSONValue = [
                    "id": "ignored", "name": .string(name), "createdAt": "1", "models": Self.slots,
                    "statusUpdates": Self.whole["statusUpdates"] ?? .null, "stopWhen": ["transferCountIs": 3],
                ]
                let changed = try await client.send(verb, Self.agent, body)
                #expect(changed.status == 200 && changed.data["name"] == .string(name), "\(changed.text)")
                #expect(changed.data["id"] == "resource_789" && changed.data["models"] == Self.slots)
                Self.agentShape.check(changed.json, verb)
            }
            #expect(try await client.send("PUT", Self.agent, [:]).status == 200, "nothing is a change too")
            let listed = try await client.send("GET", agents)
            for shape in Self.pageShapes { shape.check(listed.json, "list") }
            let deleted = try await client.send("DELETE", Self.agent)
            #expect(deleted.status == 204 && deleted.bytes.isEmpty)
            for _ in 0...1 {
                let again = try await client.send("DELETE", Self.agent)
                #expect(again.status == 404)
                Self.checkBoth(again.json, "not_found")
            }
            #expect(try await client.send("GET", Self.agent).status == 404)
            #expect(try await client.send("PUT", Self.agent, ["name": "x"]).status == 404)
        }
    }

    /// A body that satisfies both documented shapes of errors: a problem's members, and `message` and `details`.
    private static func checkBoth(_ body: JSONValue, _ code: String) {
        for member in ["code", "title", "status", "detail", "error", "message", "details", "instance", "requestId"] {
            #expect(body[member] != nil, "\(member) is missing: \(body.jsonText)")
        }
        #expect(body["code"] == .string(code) && body["error"]?["code"] == .string(code))
        #expect(body["message"] == body["detail"] && body["message"] == body["error"]?["message"])
    }

    /// Manage spec §8 check 5.
    @Test(.timeLimit(.minutes(8))) func `pages are counted as they should be`() async throws {
        try await run { app, client in
            let agents = Self.project + "/agents"
            let empty = try await client.send("GET", agents)
            #expect(empty.json == ["data": [], "pagination": ["page": 1, "limit": 10, "total": 0, "pages": 0]])
            for number in 1...12 {
                app.clock.advance(by: .seconds(1))
                let body: JSONValue = ["id": .string("a\(number)"), "name": "A"]
                try #require(try await client.send("POST", agents, body).status == 201)
            }
            let rows: [(query: String, first: String?, count: Int, page: Int64, limit: Int64, pages: Int64)] = [
                ("", "a12", 10, 1, 10, 2), ("?page=2", "a2", 2, 2, 10, 2), ("?limit=5&page=3", "a2", 2, 3, 5, 3),
                ("?limit=5&page=4", nil, 0, 4, 5, 3), ("?limit=100", "a12", 12, 1, 100, 1),
                ("?limit=12", "a12", 12, 1, 12, 1), ("?limit=1&page=12", "a1", 1, 12, 1, 12),
                ("?page=1000000", nil, 0, 1_000_000, 10, 2),
            ]
            for row in rows {
                let reply = try await client.send("GET", agents + row.query)
                #expect(reply.status == 200, "\(row.query)")
                #expect(
                    reply.data.array?.count == row.count && reply.data[0]?["id"]?.string == row.first, "\(row.query)")
                #expect(
                    reply.json["pagination"] == [
                        "page": .integer(row.page), "limit": .integer(row.limit), "total": 12,
                        "pages": .integer(row.pages),
                    ], "\(row.query)")
            }
            for query in ["?limit=0", "?limit=101", "?page=0", "?page=abc", "?page=-1", "?limit=", "?page=NaN"] {
                let reply = try await client.send("GET", agents + query)
                #expect(reply.status == 400 && reply.json["errors"]?[0]?["name"] != nil, "\(query): \(reply.text)")
            }
        }
    }

    /// Manage spec §8 check 8.
    @Test(.timeLimit(.minutes(8))) func `whole agents have every member of the seeds`() async throws {
        try await run { _, client in
            try await Self.makeBeside(client)
            let collection = Self.project + "/agent"
            let made = try await client.send("POST", collection, Self.whole)
            #expect(made.status == 201, "\(made.text)")
            for shape in Self.fullShapes { shape.check(made.json, "create full") }
            let conflict = try await client.send("POST", collection, Self.whole)
            #expect(conflict.status == 409)
            Self.checkBoth(conflict.json, "conflict")
            let shown = try await client.send("GET", collection + "/resource_789")
            #expect(shown.status == 200 && shown.json == made.json)
            #expect(try await client.send("GET", Self.agent + "/full").bytes == shown.bytes)
            for verb in ["PUT", "PATCH"] {
                let put = try await client.send(verb, collection + "/resource_789", shown.data)
                #expect(put.status == 200 && put.json == shown.json, "\(put.text)")
            }
            #expect(try await client.send("GET", collection + "/resource_789").bytes == shown.bytes)
            var renamed = Self.whole.object ?? [:]
            renamed["id"] = "another"
            let mismatch = try await client.send("PUT", collection + "/resource_789", .object(renamed))
            #expect(mismatch.status == 400 && mismatch.text.contains("another"))
            #expect(try await client.send("PUT", collection + "/another", .object(renamed)).status == 201)
            #expect(try await client.send("DELETE", collection + "/another").status == 204)
            let gone = try await client.send("DELETE", collection + "/another")
            #expect(gone.status == 404)
            Self.checkBoth(gone.json, "not_found")
        }
    }

    /// Manage spec §8 check 10.
    @Test(.timeLimit(.minutes(8))) func `related sub-agents come once, on one page`() async throws {
        try await run { _, client in
            try await Self.makeBeside(client)
            try #require(try await client.send("POST", Self.project + "/agent", Self.whole).status == 201)
            let related = try await client.send("GET", Self.agent + "/sub-agents/sub_agent_123/related")
            #expect(
                related.json == [
                    "data": [["id": "other", "name": "O", "description": ""]],
                    "pagination": ["page": 1, "limit": 1, "total": 1, "pages": 1],
                ])
            let none = try await client.send("GET", Self.agent + "/sub-agents/nobody/related")
            #expect(none.json == ["data": [], "pagination": ["page": 1, "limit": 0, "total": 0, "pages": 1]])
            let nowhere = try await client.send("GET", Self.project + "/agents/none/sub-agents/x/related")
            #expect(nowhere.status == 404 && nowhere.json["detail"] == "Agent not found")
        }
    }

    static func association(
        _ member: String, subAgent: String = "sub_agent_123", component: String = "resource_789"
    ) -> JSONValue {
        var body: JSONObject = ["agentId": "string", "subAgentId": .string(subAgent)]
        body[member] = .string(component)
        return .object(body)
    }

    /// The two sorts of components, which are associated in the same way.
    static let sorts = ["data", "artifact"]

    /// Manage spec §8 check 9.
    @Test(.timeLimit(.minutes(8)), arguments: sorts) func `components are associated, seen and removed`(
        sort: String
    ) async throws {
        try await run { _, client in
            try await Self.makeBeside(client)
            for agent in ["resource_789", "second"] {
                try #require(
                    try await client.send("POST", Self.project + "/agents", ["id": .string(agent), "name": "A"]).status
                        == 201)
                let subAgents = "\(Self.project)/agents/\(agent)/sub-agents"
                try #require(
                    try await client.send("POST", subAgents, ["id": "sub_agent_123", "name": "S"]).status == 201)
            }
            let base = Self.agent + "/sub-agent-\(sort)-components"
            let member = sort + "ComponentId"
            let body = Self.association(member)
            let pair = base + "/agent/sub_agent_123/component/resource_789"
            #expect(try await client.send("GET", pair + "/exists").json == ["exists": false])
            let made = try await client.send("POST", base, body)
            #expect(made.status == 201, "\(made.text)")
            Shape("data", "createdAt id subAgentId \(member)").check(made.json, "associate")
            let again = try await client.send("POST", base, body)
            #expect(again.status == 409)
            Self.checkBoth(again.json, "conflict")
            #expect(try await client.send("GET", pair + "/exists").json == ["exists": true])
            let listed = try await client.send("GET", base + "/agent/sub_agent_123")
            Shape("", "data").check(listed.json, "list")
            Shape("data/0", "createdAt description id name props render updatedAt").check(listed.json, "list")
            // The same in another agent is none of this one's.
            let second = base.replacing("resource_789", with: "second")
            try #require(try await client.send("POST", second, body).status == 201)
            let users = try await client.send("GET", base + "/component/resource_789/agents")
            #expect(users.data.array?.count == 1)
            Shape("data/0", "createdAt subAgentId").check(users.json, "users")
            let removed = try await client.send("DELETE", pair)
            #expect(removed.status == 200 && removed.json["removed"] == true)
            Shape("", "message removed").check(removed.json, "remove")
            #expect(try await client.send("DELETE", pair).status == 404)
            #expect(try await client.send("GET", pair + "/exists").json == ["exists": false])
            #expect(try await client.send("GET", base + "/component/resource_789/agents").data == [])
            for (subAgent, component, detail) in [
                ("nobody", "resource_789", "Sub-agent not found"),
                (
                    "sub_agent_123", "nothing",
                    sort == "data" ? "Data component not found" : "Artifact component not found"
                ),
            ] {
                let other = Self.association(member, subAgent: subAgent, component: component)
                let refused = try await client.send("POST", base, other)
                #expect(refused.status == 404 && refused.json["detail"] == .string(detail))
            }
        }
    }

    // MARK: What is refused

    @Test(.timeLimit(.minutes(8))) func `every operation refuses in the same words`() async throws {
        let operations = try Self.ids.map(Self.operation)
        try await run { (app: TestApp, client: TestClient) async throws -> Void in
            let agent = try await client.send("POST", Self.project + "/agents", Self.good("create-agent"))
            try #require(agent.status == 201)
            for operation in operations {
                try await Self.checkPlaces(operation, client, stranger: app.client)
                if operation.request != nil { try await Self.checkBodies(operation, client) }
            }
        }
        for operation in operations {
            #expect(operation.errors.contains(422) && operation.errors.contains(500), "\(operation.id)")
        }
    }

    /// Who calls, and what the path names.
    private static func checkPlaces(_ operation: Operation, _ client: TestClient, stranger: TestClient) async throws {
        let (method, id, body) = (operation.method.rawValue, operation.id, good(operation.id))
        let unknown = try await stranger.send(method, path(operation), body)
        #expect(unknown.status == 401 && unknown.json["code"] == "unauthorized", "\(id)")
        let misled = try await client.send(method, path(operation, ["projectId": "a%20b"]), body)
        #expect(misled.status == 400 && misled.text.contains("projectId"), "\(id): \(misled.text)")
        let lost = try await client.send(method, path(operation, ["projectId": "nowhere"]), body)
        #expect(lost.status == 404 && lost.json["detail"] == "Project not found", "\(id): \(lost.text)")
        checkBoth(lost.json, "not_found")
        let elsewhere = try await client.send(method, path(operation) + "?ref=nothing", body)
        #expect(elsewhere.status == 404, "\(id): \(elsewhere.text)")
    }

    /// What the body is.
    private static func checkBodies(_ operation: Operation, _ client: TestClient) async throws {
        let (method, path) = (operation.method.rawValue, path(operation))
        let list: JSONValue = [1]
        let listed = try await client.send(method, path, list)
        #expect(listed.status == 400, "\(operation.id): \(listed.text)")
        #expect(listed.headers["content-type"] == "application/problem+json")
        let bare = try await client.send(method, path, bytes: Array("{}".utf8), type: nil)
        #expect(bare.status == 415, "\(operation.id)")
        let half = try await client.send(method, path, bytes: Array("{".utf8), type: "application/json")
        #expect(half.status == 400, "\(operation.id)")
    }

    /// A body of an operation that is fine in itself.
    private static func good(_ id: String) -> JSONValue? {
        switch id {
        case "create-full-agent", "update-full-agent": ["id": "resource_789", "name": "x", "subAgents": [:]]
        case "create-agent": ["id": "resource_789", "name": "x"]
        case "update-agent": [:]
        case "associate-artifact-component-with-agent":
            ["agentId": "a", "subAgentId": "s", "artifactComponentId": "c"]
        case "associate-data-component-with-agent": ["agentId": "a", "subAgentId": "s", "dataComponentId": "c"]
        default: nil
        }
    }
}
