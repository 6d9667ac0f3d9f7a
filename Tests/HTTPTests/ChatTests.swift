import Catalog
import CoveyTesting
import Outbound
import Testing

/// The two chat endpoints over the wire: formats, resuming, stopping, leaving.
struct ChatTests {
    private static let completions = "/run/v1/chat/completions"
    private static let slow = """
        delayMs: 10
        turns:
          - say: "one two three four five six seven eight"
        """

    private static func withAgent(
        scripts: [String: String] = [:], model: String = "mock/m", _ change: (inout TestApp.Options) -> Void = { _ in },
        _ body: @Sendable (TestApp, TestClient) async throws -> Void
    ) async throws {
        var options = TestApp.Options()
        options.scripts = scripts
        change(&options)
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: model)
            try await app.client.makeAgent()
            try await body(app, app.client.agent("a", of: "p"))
        }
    }

    private static func turn(_ text: String, _ conversation: String? = nil, stream: Bool? = nil) -> JSONValue {
        var body: JSONObject = ["model": "x", "messages": messages(text)]
        body["conversationId"] = conversation.map(JSONValue.string)
        body["stream"] = stream.map(JSONValue.bool)
        return .object(body)
    }

    @Test func `a plain answer is one document, with its conversation's id`() async throws {
        try await Self.withAgent { _, client in
            let reply = try await client.send("POST", Self.completions, Self.turn("Hello", "c1"))
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "application/json")
            #expect(reply.headers["x-conversation-id"] == "c1")
            let choice = reply.json["choices"]?[0]
            #expect(choice?["message"]?["content"]?.string?.contains("Last user message: \"Hello\"") == true)
            #expect(choice?["finish_reason"] == "stop")
            #expect(reply.json["object"] == "chat.completion")
            #expect((reply.json["usage"]?["total_tokens"]?.integer ?? 0) > 0)
            let fresh = try await client.send("POST", Self.completions, Self.turn("Hello"))
            #expect(fresh.headers["x-conversation-id"]?.count == 21)
        }
    }

    @Test func `a stream joins to the same answer and ends in DONE`() async throws {
        try await Self.withAgent { _, client in
            var stream = try await client.stream("POST", Self.completions, Self.turn("Hello", "c1", stream: true))
            #expect(stream.status == 200)
            #expect(stream.headers["content-type"] == "text/event-stream")
            #expect(stream.headers["cache-control"] == "no-cache")
            #expect(stream.headers["x-conversation-id"] == "c1")
            let events = try await stream.rest()
            #expect(events.last?.text == "[DONE]")
            let joined = try events.dropLast().map { event in
                try JSONValue(parsing: event.text)["choices"]?[0]?["delta"]?["content"]?.string ?? ""
            }.joined()
            let plain = try await client.send("POST", Self.completions, Self.turn("Hello", "c2"))
            #expect(joined == plain.json["choices"]?[0]?["message"]?["content"]?.string)
        }
    }

    @Test func `without stream the Accept header decides, and a chat widget gets a stream`() async throws {
        try await Self.withAgent { _, client in
            let event: HTTPHeaders = ["accept": "text/event-stream"]
            var stream = try await client.stream("POST", Self.completions, Self.turn("Hi"), headers: event)
            #expect(stream.headers["content-type"] == "text/event-stream")
            _ = try await stream.rest()
            let forced = try await client.send("POST", Self.completions, Self.turn("Hi", stream: false), headers: event)
            #expect(forced.headers["content-type"] == "application/json")
            var widget = try await client.stream("POST", "/run/api/chat", ["messages": messages("Hi")])
            #expect(widget.headers["x-vercel-ai-ui-message-stream"] == "v1")
            #expect(widget.headers["x-vercel-ai-data-stream"] == "v2")
            #expect(try await widget.rest().last?.text == "[DONE]")
            let plain = try await client.send("POST", "/run/api/chat", ["messages": messages("Hi"), "stream": false])
            #expect(plain.json["object"] == "chat.completion")
        }
    }

    @Test func `a turn that cannot begin is a problem`() async throws {
        try await Self.withAgent { app, client in
            try await app.client.make("/projects/p/agents", ["id": "empty", "name": "Empty"])
            let empty = app.client.agent("empty", of: "p")
            try await client.check([
                Scenario("no messages", "POST", Self.completions, ["model": "x"], status: 400, contains: ["/messages"]),
                Scenario(
                    "no user", "POST", Self.completions,
                    ["model": "x", "messages": [["role": "system", "content": "x"]]], status: 400,
                    contains: ["role is user"]),
                Scenario(
                    "no content", "POST", Self.completions, ["model": "x", "messages": messages("")], status: 400),
                Scenario(
                    "a bad message id", "POST", Self.completions,
                    ["model": "x", "messages": messages("x"), "messageId": "a b"], status: 400,
                    contains: ["messageId must match"]),
            ])
            try await empty.check([
                Scenario(
                    "no sub-agent", "POST", Self.completions, Self.turn("x"), status: 404,
                    contains: ["No default agent found in agent"]),
                Scenario(
                    "no sub-agent", "POST", "/run/api/chat", ["messages": messages("x")], status: 400,
                    contains: ["Agent does not have a default agent configured"]),
            ])
            let named: JSONValue = ["model": "x", "messages": messages("x"), "messageId": "m1"]
            #expect(try await client.send("POST", Self.completions, named).status == 200)
            let again = try await client.send("POST", Self.completions, named)
            #expect(again.status == 409)
            #expect(again.json["detail"] == "Message with id 'm1' already exists in this project")
        }
    }

    @Test func `a conversation is its owner's, its project's and its agent's alone`() async throws {
        try await Self.withAgent { app, client in
            try await app.client.makeProject("q")
            try await app.client.makeAgent("a", in: "q")
            try await app.client.makeAgent("b", in: "p")
            let ann = app.client.agent("a", of: "p", as: "ann")
            #expect(try await ann.send("POST", Self.completions, Self.turn("Hi", "c1")).status == 200)
            let others = [
                app.client.agent("a", of: "p", as: "bob"), client, app.client.agent("a", of: "q", as: "ann"),
                app.client.agent("b", of: "p", as: "ann"),
            ]
            for other in others {
                try await other.check([
                    Scenario(
                        "its stream", "GET", "/run/v1/conversations/c1/stream", status: 404,
                        contains: ["Conversation not found"]),
                    Scenario(
                        "its end", "POST", "/run/v1/conversations/c1/cancel", status: 404,
                        contains: ["Conversation not found"]),
                ])
            }
            for other in [others[0], others[1], others[3]] {
                let reply = try await other.send("POST", Self.completions, Self.turn("Hi", "c1"))
                #expect(reply.status == 404)
            }
            #expect(try await ann.send("POST", Self.completions, Self.turn("Again", "c1")).status == 200)
        }
    }

    @Test func `a stream taken up after any event is the rest, byte for byte`() async throws {
        let script = ["talk": "turns:\n  - say: \"one two three four\"\n"]
        try await Self.withAgent(scripts: script, model: "scripted/talk") { _, client in
            var whole = try await client.stream(
                "POST", "/run/api/chat", ["messages": messages("Hi"), "conversationId": "c1"])
            let events = try await whole.rest()
            #expect(events.count > 8)
            let path = "/run/v1/conversations/c1/stream"
            let all = try await client.send("GET", path)
            #expect(all.text == whole.text)
            for event in events {
                let id = try #require(event.id)
                let mark = try #require(whole.text.firstRange(of: "id: \(id)\n"))
                let end = try #require(whole.text[mark.upperBound...].firstRange(of: "\n\n"))
                let rest = whole.text[end.upperBound...]
                #expect(try await client.send("GET", path, headers: ["last-event-id": id]).text == rest)
                #expect(try await client.send("GET", "\(path)?after=\(id)").text == rest)
            }
            try await client.check([
                Scenario("an id that is none", "GET", path + "?after=what", status: 400, contains: ["what"]),
                Scenario("an id of no run", "GET", path + "?after=zzz-1-1", status: 404),
                Scenario("no conversation", "GET", "/run/v1/conversations/c2/stream", status: 404),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8)))
    func `a client that leaves does not stop the run, and can come back`() async throws {
        try await Self.withAgent(scripts: ["slow": Self.slow], model: "scripted/slow") { app, client in
            let body: JSONValue = ["messages": messages("Hi"), "conversationId": "c1"]
            var seen: String?
            do {
                var stream = try await client.stream("POST", "/run/api/chat", body)
                await app.modelClock.waitForSleepers()
                app.modelClock.advance(by: .milliseconds(10))
                seen = try await stream.next(with: "text-delta")?.id
            }
            var stream = try await client.stream(
                "GET", "/run/v1/conversations/c1/stream", headers: ["last-event-id": try #require(seen)])
            async let rest = stream.rest()
            // Seven more words, and the end of the call.
            for _ in 0..<8 {
                await app.modelClock.waitForSleepers()
                app.modelClock.advance(by: .milliseconds(10))
            }
            let events = try await rest
            #expect(events.last?.text == "[DONE]")
            #expect(events.contains { $0.text.contains("eight") })
            #expect(!events.contains { $0.text.contains("\"one") })
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a cancel ends the stream and frees the conversation`() async throws {
        let script = "turns:\n  - when: {user: hang}\n    say: thinking\n    hang: true\n  - say: well\n"
        try await Self.withAgent(scripts: ["hang": script], model: "scripted/hang") { _, client in
            let body: JSONValue = ["messages": messages("hang"), "conversationId": "c1"]
            var stream = try await client.stream("POST", "/run/api/chat", body)
            #expect(try await stream.next(with: "thinking") != nil)
            let second = try await client.send("POST", Self.completions, Self.turn("x", "c1"))
            #expect(second.status == 409)
            let path = "/run/v1/conversations/c1/cancel"
            #expect(try await client.send("POST", path).json == ["cancelled": true])
            let rest = try await stream.rest()
            #expect(rest.contains { $0.text.contains("\"abort\"") })
            #expect(try await client.send("POST", path).json == ["cancelled": false])
            #expect(try await client.send("POST", Self.completions, Self.turn("x", "c1")).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a model that fails is a problem, or an error in the stream`() async throws {
        let script = "turns:\n  - fail: {kind: auth, message: The key was refused}\n"
        try await Self.withAgent(scripts: ["bad": script], model: "scripted/bad") { _, client in
            let plain = try await client.send("POST", Self.completions, Self.turn("x", "c1"))
            #expect(plain.status == 502)
            #expect(plain.json["failure"] == "auth")
            #expect(plain.json["conversationId"] == "c1")
            var stream = try await client.stream("POST", Self.completions, Self.turn("x", "c1", stream: true))
            #expect(stream.status == 200)
            let events = try await stream.rest()
            #expect(events.contains { $0.text.contains("\"error\"") })
            var parts = try await client.stream(
                "POST", "/run/api/chat", ["messages": messages("x"), "conversationId": "c1"])
            #expect(try await parts.rest().contains { $0.text.hasPrefix("{\"type\":\"error\"") })
        }
    }
}
