import Catalog
import CoveyTesting
import Testing

/// Where events are sent, as configuration (manage spec §2.20).
struct WebhookDestinationsTests {
    private static let path = tenantPath + "/projects/p/webhook-destinations"

    private static func serve(_ body: @Sendable (TestClient) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            for agent in ["a", "b"] {
                try await app.client.make("/projects/p/agents", ["id": .string(agent), "name": "Agent"])
            }
            try await body(app.client)
        }
    }

    private static let body: JSONValue = [
        "id": "ops", "name": "Ops", "url": "https://ops.example.com/hook", "agentIds": ["a"],
        "eventTypes": ["conversation.created", "conversation.tool.error"],
    ]

    @Test(.timeLimit(.minutes(8))) func `a destination has one place to send to, which may be reached`() async throws {
        try await Self.serve { client in
            #expect(try await client.send("POST", Self.path, Self.body).status == 201)
            #expect(try await client.send("POST", Self.path, Self.body).status == 409)
            let rows: [(JSONValue, String)] = [
                (["url": .null], "/url"), (["url": "ftp://x.example"], "/url"), (["url": "http://localhost/x"], "/url"),
                (["url": "http://127.0.0.1:9/"], "/url"), (["url": "http://[::1]/"], "/url"),
                (["url": "http://10.1.2.3"], "/url"), (["url": "http://169.254.169.254/latest"], "/url"),
                (["url": "http://2130706433/"], "/url"), (["url": "http://0x7f.1/"], "/url"),
                (["url": "http://api.localhost/"], "/url"),
                (["url": .null, "slackChannelId": "C1"], "/slackChannelId"), (["eventTypes": []], "/eventTypes"),
                (["eventTypes": ["conversation.ended"]], "/eventTypes/0"), (["name": ""], "/name"),
                (["evaluatorIds": ["e"]], "/evaluatorIds"), (["agentIds": ["nobody"]], "/agentIds"),
                (["headers": ["content-length": "1"]], "/headers/content-length"),
            ]
            for (patch, pointer) in rows {
                let reply = try await client.send("PATCH", Self.path + "/ops", patch)
                #expect(reply.status == 400 && reply.text.contains("\"pointer\":\"\(pointer)"), "\(reply.text)")
            }
            let evaluators = try await client.send("PATCH", Self.path + "/ops", ["evaluatorIds": ["e"]])
            #expect(evaluators.text.contains("evaluators are not available"))
            let shown = try await client.send("GET", Self.path + "/ops").data
            #expect(shown["agentIds"] == ["a"] && shown["evaluatorIds"] == [] && shown["slackChannelId"] == .null)
            #expect(try await client.send("PUT", Self.path + "/ops", shown).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `agents are linked, filtered by, and let go when they are deleted`()
        async throws
    {
        try await Self.serve { client in
            #expect(try await client.send("POST", Self.path, Self.body).status == 201)
            let all: JSONValue = [
                "id": "all", "name": "All", "url": "https://all.example.com", "eventTypes": ["event.created"],
            ]
            #expect(try await client.send("POST", Self.path, all).data["agentIds"] == [])
            func ids(_ query: String) async throws -> [String]? {
                try await client.send("GET", Self.path + query).data.array?.compactMap { $0["id"]?.string }
            }
            #expect(try await ids("?agentId=a") == ["ops"])
            #expect(try await ids("?agentId=b") == [])
            let both = try await client.send("PATCH", Self.path + "/ops", ["agentIds": ["a", "b"]])
            #expect(both.data["agentIds"] == ["a", "b"])
            #expect(try await ids("?agentId=b") == ["ops"])
            #expect(try await client.send("DELETE", tenantPath + "/projects/p/agents/a").status == 204)
            let left = try await client.send("GET", Self.path + "/ops")
            #expect(left.data["agentIds"] == ["b"], "\(left.text)")
            #expect(try await client.send("DELETE", tenantPath + "/projects/p/agents/b").status == 204)
            #expect(try await client.send("GET", Self.path + "/ops").data["agentIds"] == [])
            #expect(try await client.send("PATCH", Self.path + "/ops", ["agentIds": []]).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a test delivery is checked, and then said to be unavailable`() async throws {
        try await Self.serve { client in
            #expect(try await client.send("POST", Self.path, Self.body).status == 201)
            let reply = try await client.send("POST", Self.path + "/ops/test")
            #expect(reply.status == 501, "\(reply.text)")
            #expect(reply.json["detail"]?.string?.contains("test-webhook-destination") == true)
            #expect(try await client.send("POST", Self.path + "/none/test").status == 404)
        }
    }
}
