import Catalog
import CoveyTesting
import Outbound
import Runtime
import Testing

/// Several servers on one PostgreSQL: any of them answers for all (DESIGN.md, decision 5).
struct ReplicasTests {
    private static let isThere = TestDatabase.postgres != nil

    private static let script = """
        turns:
          - when: {user: hang}
            say: thinking
            hang: true
          - say: well
        """

    /// Two servers on one database.
    private static func withTwo(_ body: @Sendable @escaping (TestClient, TestClient) async throws -> Void) async throws
    {
        var options = TestApp.Options()
        options.usesLiveClock = true
        options.scripts["hang"] = script
        options.runtimeLimits.shutdownMs = 0
        try await TestApp.run(options) { first in
            var others = TestApp.Options()
            others.usesLiveClock = true
            others.scripts["hang"] = script
            others.databaseURL = first.databaseURL
            try await TestApp.run(others) { second in try await body(first.client, second.client) }
        }
    }

    @Test(
        .enabled(if: isThere, "two servers are left out: run under Scripts/postgres with"), .timeLimit(.minutes(8)))
    func `what one server changes the other knows at once`() async throws {
        try await Self.withTwo { one, other in
            try await one.makeProject(model: "scripted/hang")
            try await other.makeAgent()
            let turn: JSONValue = ["model": "x", "messages": messages("Hi"), "conversationId": "c1"]
            for client in [one, other, one] {
                let reply = try await client.agent("a", of: "p").send("POST", "/run/v1/chat/completions", turn)
                #expect(reply.status == 200, "\(reply.text)")
            }
            let path = tenantPath + "/projects/p/agents/a"
            #expect(try await other.send("PATCH", path, ["name": "Renamed"]).status == 200)
            let reply = try await one.agent("a", of: "p").send("POST", "/run/v1/chat/completions", turn)
            #expect(reply.json["model"] == "Renamed")
        }
    }

    @Test(
        .enabled(if: isThere, "two servers are left out: run under Scripts/postgres with"), .timeLimit(.minutes(8)))
    func `of two merges at once into one branch one is done, whole, and the other refused`() async throws {
        try await Self.withTwo { one, other in
            try await one.makeProject()
            let branches = ["left", "right"]
            for round in 0..<5 {
                for name in branches {
                    let ref = "\(name)-\(round)"
                    try await one.make("/projects/p/branches", ["name": .string(ref)])
                    for number in 0..<20 { try await one.makeTool("\(ref)-\(number)", ref: ref) }
                }
                let left = try await one.order("left-\(round)", "main", [])
                let right = try await one.order("right-\(round)", "main", [])
                let merge = "\(BranchTests.branches)/merge"
                async let first = one.send("POST", merge, left)
                async let second = other.send("POST", merge, right)
                let statuses = try await [first.status, second.status]
                #expect(statuses.sorted() == [200, 409], "round \(round)")
                for (name, status) in zip(branches, statuses) {
                    let found = try await other.send(
                        "GET", "\(BranchTests.project)/tools?limit=100&q=\(name)-\(round)-"
                    ).json
                    #expect(found["pagination"]?["total"] == (status == 200 ? 20 : 0), "\(name) \(round): \(status)")
                }
            }
        }
    }

    @Test(
        .enabled(if: isThere, "two servers are left out: run under Scripts/postgres with"), .timeLimit(.minutes(8)))
    func `a run is followed and stopped from the server that does not drive it`() async throws {
        try await Self.withTwo { one, other in
            try await one.makeProject(model: "scripted/hang")
            try await one.makeAgent()
            let (driver, reader) = (one.agent("a", of: "p"), other.agent("a", of: "p"))
            let body: JSONValue = ["messages": messages("hang"), "conversationId": "c1"]
            var stream = try await driver.stream("POST", "/run/api/chat", body)
            #expect(try await stream.next(with: "thinking") != nil)
            var followed = try await reader.stream("GET", "/run/v1/conversations/c1/stream")
            #expect(try await followed.next(with: "thinking") != nil)
            let second = try await reader.send("POST", "/run/api/chat", body)
            #expect(second.status == 409, "\(second.text)")
            #expect(try await reader.send("POST", "/run/v1/conversations/c1/cancel").json == ["cancelled": true])
            #expect(try await stream.rest().contains { $0.text.contains("\"abort\"") })
            #expect(try await followed.rest().contains { $0.text.contains("\"abort\"") })
            #expect(followed.text == stream.text)
        }
    }
}
