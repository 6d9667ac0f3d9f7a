import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// What those who manage a project read of its runs.
struct RunTracesTests {
    private static let path = tenantPath + "/projects/p/runs"

    private static func withRuns(_ body: @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            for agent in ["a", "b"] { try await app.client.makeAgent(agent) }
            for (agent, conversation) in [("a", "c1"), ("b", "c2"), ("a", "c1"), ("a", "c3")] {
                app.clock.advance(by: .seconds(1))
                let client = app.client.agent(agent, of: "p", as: "ann")
                let body: JSONValue = [
                    "messages": messages("Hello"), "conversationId": .string(conversation), "stream": false,
                ]
                let reply = try await client.send(
                    "POST", "/run/api/chat", body, headers: ["x-request-id": "req-\(conversation)"])
                try #require(reply.status == 200, "\(reply.text)")
            }
            try await body(app)
        }
    }

    private static func list(_ query: String, _ client: TestClient) async throws -> (runs: [JSONValue], next: String?) {
        let reply = try await client.send("GET", path + query)
        try #require(reply.status == 200, "\(reply.text)")
        return (reply.data["runs"]?.array ?? [], reply.data["next"]?.string)
    }

    @Test func `runs are listed newest first, page by page, and by what is asked for`() async throws {
        try await Self.withRuns { app in
            let all = try await Self.list("", app.client).runs
            #expect(all.map { $0["conversationId"]?.string } == ["c3", "c1", "c2", "c1"])
            var paged: [JSONValue] = []
            var next: String? = ""
            while let place = next {
                let page = try await Self.list("?limit=1" + (place.isEmpty ? "" : "&after=\(place)"), app.client)
                #expect(page.runs.count <= 1)
                paged += page.runs
                next = page.next
            }
            #expect(paged == all)
            func conversations(_ query: String) async throws -> [String?] {
                try await Self.list(query, app.client).runs.map { $0["conversationId"]?.string }
            }
            #expect(try await conversations("?agentId=b") == ["c2"])
            #expect(try await conversations("?conversationId=c1") == ["c1", "c1"])
            #expect(try await conversations("?conversationId=c1&limit=1") == ["c1"])
            #expect(try await conversations("?status=failed") == [])
            #expect(try await conversations("?status=completed&agentId=a") == ["c3", "c1", "c1"])
            #expect(
                try await conversations("?from=2026-01-05T10:00:02.000Z&until=2026-01-05T10:00:04.000Z") == [
                    "c1", "c2",
                ]
            )
            let wrong = try await app.client.send("GET", Self.path + "?after=nonsense&status=completed")
            #expect(wrong.status == 400 && wrong.text.contains("/after"))
        }
    }

    @Test func `a trace has tokens and times, and what was said only for who asks for it`() async throws {
        try await Self.withRuns { app in
            let id = try #require(try await Self.list("", app.client).runs[0]["id"]?.string)
            let reply = try await app.client.send("GET", Self.path + "/\(id)/trace")
            let trace = reply.data
            #expect(trace["runId"] == .string(id) && trace["status"] == "completed" && trace["userId"] == "ann")
            #expect(trace["requestId"] == "req-c3" && trace["costMicros"] == .null)
            #expect((trace["usage"]?["outputTokens"]?.integer ?? 0) > 0)
            let spans = trace["spans"]?.array ?? []
            #expect(spans.map { $0["kind"]?.string } == ["run", "sub_agent", "model_call"])
            #expect(spans.last?["model"]?.string?.hasPrefix("mock/") == true)
            #expect(!reply.text.contains("Hello") && !reply.text.contains("\"content\""))
            let told = try await app.client.send("GET", Self.path + "/\(id)/trace?content=true").data
            #expect(told["spans"]?.array?.last?["content"]?["text"]?.string?.isEmpty == false)
            try await app.client.makeProject("q")
            try await app.client.check([
                Scenario("another project's", "GET", tenantPath + "/projects/q/runs/\(id)/trace", status: 404),
                Scenario("none", "GET", Self.path + "/none/trace", status: 404, contains: ["Run not found"]),
            ])
        }
    }
}
