import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Runs by their own id: begun, looked at, read again from any chunk, and asked about approvals.
struct ExecutionTests {
    private static let path = "/run/api/executions"
    private static let script = """
        turns:
          - when: {user: hang}
            say: thinking
            hang: true
          - say: "one two three four"
        """

    private static func withAgent(_ body: @Sendable (TestApp, TestClient) async throws -> Void) async throws {
        var options = TestApp.Options()
        options.scripts = ["talk": script]
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: "scripted/talk")
            try await app.client.makeAgent()
            try await body(app, app.client.agent("a", of: "p", as: "ann"))
        }
    }

    @Test func `an execution streams, can be looked at, and is read again from any chunk`() async throws {
        try await Self.withAgent { _, client in
            let body: JSONValue = ["messages": messages("Hi"), "forwardedHeaders": ["x-shop": "7"]]
            var stream = try await client.stream("POST", Self.path, body)
            #expect(stream.status == 200 && stream.headers["content-type"] == "text/event-stream")
            let id = try #require(stream.headers["x-workflow-run-id"])
            let events = try await stream.rest()
            #expect(events.last?.text == "[DONE]")
            let said = try events.dropLast().map {
                try JSONValue(parsing: $0.text)["choices"]?[0]?["delta"]?["content"]?.string ?? ""
            }
            #expect(said.joined() == "one two three four")
            let execution = try await client.send("GET", "\(Self.path)/\(id)").json
            #expect(execution["id"]?.string == id && execution["status"] == "completed")
            #expect(execution["agentId"] == "a")
            #expect(execution["conversationId"]?.string == stream.headers["x-conversation-id"])
            #expect(execution["createdAt"] == "2026-01-05T10:00:00.000Z")
            let again = "\(Self.path)/\(id)/stream"
            #expect(try await client.send("GET", again).text == stream.text)
            for (index, event) in events.enumerated() {
                let id = try #require(event.id)
                let mark = try #require(stream.text.firstRange(of: "id: \(id)\n"))
                let end = try #require(stream.text[mark.upperBound...].firstRange(of: "\n\n"))
                let rest = stream.text[end.upperBound...]
                let last: HTTPHeaders = ["last-event-id": id]
                #expect(try await client.send("GET", again, headers: last).text == rest)
                let skipped: HTTPHeaders = ["x-stream-start-index": "\(index + 1)"]
                #expect(try await client.send("GET", again, headers: skipped).text == rest)
            }
            try await client.check([
                Scenario("no index", "GET", again, headers: ["x-stream-start-index": "-1"], status: 400),
                Scenario("another run's event", "GET", again + "?after=zzz-1-1", status: 400, contains: ["zzz-1-1"]),
            ])
        }
    }

    @Test func `an execution is its owner's alone`() async throws {
        try await Self.withAgent { app, client in
            var stream = try await client.stream("POST", Self.path, ["messages": messages("Hi")])
            _ = try await stream.rest()
            let id = try #require(stream.headers["x-workflow-run-id"])
            try await app.client.makeProject("q")
            let approval: JSONValue = ["approved": true]
            for other in [
                app.client.agent("a", of: "p", as: "bob"), app.client.agent("a", of: "p"),
                app.client.agent("a", of: "q", as: "ann"), app.client.agent("b", of: "p", as: "ann"),
            ] {
                try await other.check([
                    Scenario(
                        "it", "GET", "\(Self.path)/\(id)", status: 404, contains: ["Execution not found"]),
                    Scenario("its stream", "GET", "\(Self.path)/\(id)/stream", status: 404),
                    Scenario("its approvals", "POST", "\(Self.path)/\(id)/approvals/c", approval, status: 404),
                ])
            }
            try await client.check([
                Scenario("none", "GET", "\(Self.path)/none", status: 404, contains: ["Execution not found"]),
                Scenario("no such call", "POST", "\(Self.path)/\(id)/approvals/c", approval, status: 404),
                Scenario(
                    "a broken answer", "POST", "\(Self.path)/\(id)/approvals/c", ["reason": 7], status: 400,
                    contains: ["/approved", "/reason"]),
                Scenario(
                    "broken", "POST", Self.path,
                    ["messages": messages(""), "forwardedHeaders": ["x": 1, "te": "a", "b": "1\r\n2"]],
                    status: 400,
                    contains: [
                        "/forwardedHeaders/x", "/forwardedHeaders/te", "/forwardedHeaders/b", "/messages/0",
                    ]),
                Scenario("no messages", "POST", Self.path, [:], status: 400, contains: ["/messages"]),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `an execution goes on without its reader, and may be stopped`() async throws {
        try await Self.withAgent { _, client in
            let id: String
            do {
                let body: JSONValue = ["messages": messages("hang"), "conversationId": "c1"]
                var stream = try await client.stream("POST", Self.path, body)
                id = try #require(stream.headers["x-workflow-run-id"])
                #expect(try await stream.next(with: "thinking") != nil)
            }
            #expect(try await client.send("GET", "\(Self.path)/\(id)").json["status"] == "running")
            #expect(try await client.send("POST", "/run/v1/conversations/c1/cancel").json == ["cancelled": true])
            #expect(try await client.send("GET", "\(Self.path)/\(id)").json["status"] == "failed")
            let rest = try await client.send("GET", "\(Self.path)/\(id)/stream").text
            #expect(rest.contains("thinking") && rest.hasSuffix("data: [DONE]\n\n"))
        }
    }

    @Test func `an approval is taken only for a call that waits`() async throws {
        try await Self.withAgent { app, client in
            let first = try await client.send(
                "POST", "/run/api/chat", ["messages": messages("Hi"), "conversationId": "c1", "stream": false])
            try #require(first.status == 200)
            try await waitingRun("r9", in: ConversationKey(tenant: "default", project: "p", id: "c1"), app)
            let path = "\(Self.path)/r9"
            #expect(try await client.send("GET", path).json["status"] == "suspended")
            let approval: JSONValue = ["approved": false, "reason": "No"]
            try await client.check([
                Scenario("made already", "POST", path + "/approvals/call-1", approval, status: 409),
                Scenario("waits", "POST", path + "/approvals/call-2", approval, status: 200),
                Scenario("none", "POST", path + "/approvals/call-3", approval, status: 404),
            ])
        }
    }
}

/// A run that waits, as the log of one has it: a call that was made, and one that was only asked for.
func waitingRun(_ id: String, in conversation: ConversationKey, _ app: TestApp) async throws {
    app.clock.advance(by: .seconds(1))
    let key = RunKey(tenant: conversation.tenant, project: conversation.project, id: id)
    let bodies: [(String, JSONValue)] = [
        (
            "answered",
            [
                "frame": 1, "subAgent": "main", "usage": [:], "stop": "tool_calls",
                "calls": [
                    ["id": "call-1", "name": "look", "input": [:]],
                    ["id": "call-2", "name": "pay", "input": ["sum": 7]],
                ],
            ]
        ), ("tool_started", ["frame": 1, "callId": "call-1"]),
        ("approval_requested", ["frame": 1, "callId": "call-2", "reason": "policy"]),
    ]
    let events = bodies.enumerated().map { index, event in
        StoredEvent(sequence: Int64(index) + 1, at: app.clock.now, type: event.0, body: event.1.jsonBytes)
    }
    let run = RunRow(
        key: key, conversation: conversation.id, agent: "a", branch: "main", request: [:],
        startedAt: app.clock.now, updatedAt: app.clock.now)
    try await app.store.commit(
        [.runStarted(run), .events(key, events), .runUpdated(key, .waiting, lease: nil, at: app.clock.now)],
        durability: .process)
}
