import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Answers in components, contracts, skills and artifacts over the wire, as configured.
struct AnswerTests {
    private static let agent = "/projects/p/agents/a"
    private static let chat = "/run/api/chat"

    private static let script = """
        turns:
          - when: {user: seven}
            say: '{"dataComponents":[{"id":"t","name":"Text","props":{"text":"Look here."}},\
            {"id":"c1","name":"Card","props":{"title":"Seven","note":null}}]}'
          - when: {tool: load_skill}
            say: '{"dataComponents":[{"id":"t","name":"Text","props":{"text":"Loaded."}},\
            {"id":"c2","name":"Card","props":{"title":"Two"}}]}'
          - when: {user: skill}
            call: [{tool: load_skill, input: {name: refunds}}]
          - say: "Nothing but prose."
        """

    private static func withAgent(
        _ contract: JSONValue? = nil, _ body: @Sendable (TestApp, TestClient) async throws -> Void
    ) async throws {
        var options = TestApp.Options()
        options.scripts = ["card": script]
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: "scripted/card")
            try await app.client.makeAgent()
            let props: JSONValue = [
                "type": "object", "required": ["title"],
                "properties": [
                    "title": ["type": "string", "description": "T"], "note": ["type": "string", "description": "N"],
                ],
            ]
            try await app.client.make("/projects/p/data-components", ["id": "card", "name": "Card", "props": props])
            try await app.client.make(
                agent + "/sub-agent-data-components", ["subAgentId": "main", "dataComponentId": "card"])
            try await app.client.make(
                "/projects/p/skills",
                [
                    "files": [
                        [
                            "filePath": "SKILL.md",
                            "content": "---\nname: refunds\ndescription: How to refund\n---\nAsk first.",
                        ]
                    ]
                ])
            try await app.client.make(
                agent + "/sub-agent-skills", ["subAgentId": "main", "skillId": "refunds", "index": 0])
            if let contract {
                let reply = try await app.client.send(
                    "PUT", tenantPath + agent + "/sub-agents/main",
                    ["name": "Main", "prompt": "Answer.", "outputContract": contract])
                try #require(reply.status == 200, "\(reply.text)")
            }
            try await body(app, app.client.agent("a", of: "p", as: "ann"))
        }
    }

    private static func turn(_ text: String, stream: Bool = true) -> JSONValue {
        ["messages": messages(text), "conversationId": "c", "stream": .bool(stream)]
    }

    private static func parts(_ client: TestClient, _ text: String) async throws -> [JSONValue] {
        var stream = try await client.stream("POST", chat, turn(text))
        return try await stream.rest().compactMap { try? JSONValue(parsing: $0.text) }
    }

    @Test func `components come in the stream and are read back with the conversation`() async throws {
        try await Self.withAgent { app, client in
            let parts = try await Self.parts(client, "seven, please")
            let text = parts.filter { $0["type"] == "text-delta" }.compactMap { $0["delta"]?.string }.joined()
            #expect(text == "Look here.")
            let card: JSONValue = ["id": "c1", "name": "Card", "props": ["title": "Seven"]]
            #expect(parts.filter { $0["type"] == "data-component" } == [["type": "data-component", "data": card]])
            let detail = try await client.send("GET", "/run/v1/conversations/c").data
            #expect(
                detail["messages"]?[1]?["parts"]
                    == [["type": "text", "text": "Look here."], ["type": "data-component", "data": card]])
        }
    }

    @Test func `a skill is loaded out of sight`() async throws {
        try await Self.withAgent { _, client in
            let parts = try await Self.parts(client, "a skill, please")
            #expect(!parts.contains { $0["type"]?.string?.hasPrefix("tool-") == true })
            #expect(parts.contains { $0["type"] == "data-component" && $0["data"]?["id"] == "c2" })
        }
    }

    @Test func `an answer that never keeps its contract fails and shows nothing of what broke it`() async throws {
        try await Self.withAgent(["requireComponent": ["card"], "retryBudget": 1]) { _, client in
            let parts = try await Self.parts(client, "anything")
            #expect(!parts.contains { $0["type"] == "text-delta" })
            let reason = "The answer of 'main' breaks its output contract: it must have the component 'Card'."
            #expect(parts.contains(["type": "error", "errorText": .string(reason)]))
            let good = try await Self.parts(client, "seven, please")
            #expect(good.contains { $0["type"] == "data-component" })
        }
    }

    @Test func `an artifact is read back as the ledger has it, one that is hidden or gone is left out`() async throws {
        try await Self.withAgent { app, client in
            _ = try await client.send("POST", Self.chat, Self.turn("anything", stream: false))
            let key = ConversationKey(tenant: "default", project: "p", id: "c")
            let data: [JSONValue] = ["a1", "hidden", "gone"].map {
                ["kind": "data", "data": ["artifactId": $0, "toolCallId": "s1"]]
            }
            func artifact(_ id: String, visibility: String) -> ArtifactRow {
                ArtifactRow(
                    conversation: key, id: id, toolCall: "s1", run: "r", subAgent: "main", type: "Doc",
                    name: "Final name", summary: ["title": "T"], full: [:], visibility: visibility,
                    createdAt: app.clock.now)
            }
            let message = MessageRow(
                conversation: key, id: "m9", role: "agent", content: ["text": "See", "parts": .array(data)],
                createdAt: app.clock.now)
            try await app.store.commit(
                [
                    .artifact(artifact("a1", visibility: "user-facing")),
                    .artifact(artifact("hidden", visibility: "internal")), .message(message),
                ], durability: .process)
            let expected: JSONValue = [
                [
                    "type": "data-artifact",
                    "data": [
                        "artifactId": "a1", "toolCallId": "s1", "name": "Final name", "description": "", "type": "Doc",
                        "artifactSummary": ["title": "T"],
                    ],
                ]
            ]
            let own = try await client.send("GET", "/run/v1/conversations/c").data
            #expect(own["messages"]?.array?.last?["parts"] == expected)
            let managed = try await app.client.send(
                "GET", tenantPath + "/projects/p/conversations/c?format=vercel"
            ).data
            #expect(managed["messages"]?.array?.last?["parts"] == expected)
        }
    }
}
