import Access
import Catalog
import CoveyTesting
import Cryptography
import Domain
import Outbound
import Store
import Testing

/// API keys as credentials (run spec §1.4).
@Suite struct RunnerKeyTests {
    private static let unknown = "sk_AAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    @Test(.timeLimit(.minutes(8))) func `a key runs its own agent, whatever the headers say`() async throws {
        try await RunnerApp.run { app, manager in
            let (key, id) = try await manager.makeKey("a")
            let headers = RunnerApp.bearer(
                key, ["x-inkeep-agent-id": "b", "x-inkeep-project-id": "q", "x-inkeep-tenant-id": "other"])
            let reply = try await app.client.send("POST", RunnerApp.chat, RunnerApp.turn("c1"), headers: headers)
            #expect(reply.status == 200, "\(reply.text)")
            let row = try #require(
                try await app.store.conversation(.init(tenant: "default", project: "p", id: "c1")))
            #expect(row.agent == "a" && row.owner == nil)
            #expect(row.metadata?["initiatedBy"] == ["type": "api_key", "id": .string(id)])
            let list = try await app.client.send("GET", "/run/v1/conversations", headers: headers)
            #expect(list.status == 401)
            #expect(list.json["detail"] == "End-user authentication required to list conversations")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what is no key is told the same whatever is wrong with it`() async throws {
        try await RunnerApp.run { app, manager in
            let (key, id) = try await manager.makeKey()
            let half = key.dropLast()
            for wrong in [
                Self.unknown, "\(half)", "\(half)_", key + "x", String(key.replacing(".", with: "")),
                "sk_short.AAAAAAAAAAAAAAAAAAAA", "x" + key.dropFirst(2).dropFirst(), "....................",
            ] {
                for _ in 0..<2 {
                    let reply = try await app.client.send(
                        "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(wrong))
                    #expect(reply.status == 401 && reply.json["detail"] == "Invalid Token", "\(wrong) \(reply.text)")
                    #expect(reply.json["code"] == "unauthorized" && reply.headers["www-authenticate"] == "Bearer")
                }
            }
            let path = tenantPath + "/projects/p/api-keys/\(id)"
            func status() async throws -> Int {
                try await app.client.send("POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(key))
                    .status
            }
            #expect(try await status() == 200)
            let end = Timestamp.text(StepClock.origin + 10_000)
            #expect(try await manager.send("PATCH", path, ["expiresAt": .string(end)]).status == 200)
            #expect(try await status() == 200)
            app.clock.advance(by: .seconds(10))
            #expect(try await status() == 401, "it has expired")
            #expect(try await manager.send("PATCH", path, ["expiresAt": .null]).status == 200)
            #expect(try await status() == 200)
            #expect(try await manager.send("DELETE", path).status == 204)
            #expect(try await status() == 401, "it was deleted")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a replica forgets a deleted key at once`() async throws {
        try await RunnerApp.run { app, manager in
            let (key, id) = try await manager.makeKey()
            var options = RunnerApp.options()
            options.databaseURL = app.databaseURL
            try await TestApp.run(options) { second in
                func status() async throws -> Int {
                    try await second.client.send(
                        "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(key)
                    ).status
                }
                let before = try await status()
                _ = try await manager.send("DELETE", tenantPath + "/projects/p/api-keys/\(id)")
                let after = try await status()
                #expect([before, after] == [200, 401])
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a key that another server hashed is good`() async throws {
        try await RunnerApp.run { app, manager in
            let (_, id) = try await manager.makeKey()
            let text = "sk_-bcdEFGH0123.MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
            let place = BranchKey(tenant: "default", project: "p", branch: BranchKey.unversioned)
            let key = ResourceKey(kind: APIKey.kind.name, id: id)
            try await app.store.write(in: place, actor: "import", at: 1) { transaction in
                var entry = APIKey(try #require(try transaction.get(key)))
                entry.publicId = "-bcdEFGH0123"
                entry.keyHash = SecretHash.make(text)
                try transaction.delete(key)
                try transaction.put(key, entry.document, [])
                try transaction.setHandle(key, entry.publicId)
            }
            let reply = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(text))
            #expect(reply.status == 200, "\(reply.text)")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `its last use is shown, and changes no state that is demanded`() async throws {
        try await RunnerApp.run { app, manager in
            let (key, id) = try await manager.makeKey()
            let path = tenantPath + "/projects/p/api-keys/\(id)"
            let before = try await manager.send("GET", path)
            #expect(before.data["lastUsedAt"] == .null)
            _ = try await app.client.send("POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(key))
            let last = try await settled(app) { try await manager.send("GET", path).data["lastUsedAt"]?.string }
            #expect(last == Timestamp.text(StepClock.origin), "\(String(describing: last))")
            let tag = try #require(before.headers["etag"])
            let renamed = try await manager.send("PATCH", path, ["name": "new"], headers: ["if-match": tag])
            #expect(renamed.status == 200, "\(renamed.text)")
            let listed = try await manager.send("GET", tenantPath + "/projects/p/api-keys")
            #expect(listed.data[0]?["lastUsedAt"]?.string == last)
        }
    }

    /// What `look` finds once the server has written what waits: its clock is moved until then.
    private func settled(_ app: TestApp, _ look: () async throws -> String?) async throws -> String? {
        for _ in 0..<100 {
            if let found = try await look() { return found }
            app.clock.advance(by: .seconds(1))
        }
        return nil
    }

    @Test(.timeLimit(.minutes(8))) func `on the side of management it reads one conversation`() async throws {
        try await RunnerApp.run { app, manager in
            let (key, _) = try await manager.makeKey()
            let (foreign, _) = try await manager.makeKey("a", in: "q")
            let made = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn("c1"), headers: RunnerApp.bearer(key))
            #expect(made.status == 200)
            let conversation = tenantPath + "/projects/p/conversations/c1"
            func row(_ name: String, _ path: String, _ key: String, _ status: Int) -> Scenario {
                Scenario(name, "GET", path, headers: RunnerApp.bearer(key), status: status)
            }
            try await app.client.check([
                row("its project's conversation", conversation, key, 200),
                row("another project's", conversation, foreign, 403),
                row("of another tenant", "/manage/tenants/other/projects/p/conversations/c1", key, 404),
                row("the list", tenantPath + "/projects/p/conversations", key, 401),
                row("agents", tenantPath + "/projects/p/agents", key, 401),
                row("keys", tenantPath + "/projects/p/api-keys", key, 401),
                row("who it is", "/manage/api/cli/me", key, 401),
                row("what may be run", "/manage/available-agents", key, 401),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a key that many requests bring at once is checked once`() async throws {
        try await RunnerApp.run { app, manager in
            let (key, _) = try await manager.makeKey()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await app.client.send(
                            "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(key)
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count == 40 && Set(statuses) == [200], "\(statuses)")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `the time does not tell whether a key exists`() async throws {
        try await RunnerApp.run { app, manager in
            let (key, _) = try await manager.makeKey()
            let clock = ContinuousClock()
            var times: [[Duration]] = [[], []]
            for number in 1000..<1011 {
                let known = "\(key.dropLast(4))\(number)"
                let unknown = "sk_AAAAAAAA\(number).\(known.drop { $0 != "." }.dropFirst())"
                for (place, wrong) in [known, unknown].enumerated() {
                    times[place].append(
                        try await clock.measure {
                            let reply = try await app.client.send(
                                "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(wrong))
                            try #require(reply.status == 401)
                        })
                }
            }
            let medians = times.map { $0.sorted()[$0.count / 2] }
            #expect(medians[0] < medians[1] * 4 && medians[1] < medians[0] * 4, "\(medians)")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `uses and refusals of keys are on record`() async throws {
        var options = RunnerApp.options()
        let folder = try TestApp.makeFolder()
        defer { TestApp.remove(folder) }
        options.folder = folder
        options.databaseURL = "sqlite:\(folder)/covey.db"
        let made = Shared(("", ""))
        try await RunnerApp.run(options) { app, manager in
            let (key, id) = try await manager.makeKey()
            made.value = (key, id)
            for token in [key, key, Self.unknown] {
                _ = try await app.client.send(
                    "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(token))
            }
        }
        // What waited was written when the server ended.
        try await TestApp.run(options) { app in
            func records(_ tenant: String, _ query: AuditQuery) async throws -> [AuditRecord] {
                try await app.store.audit(of: tenant, query, Page(query: [:])).entries.map(\.record)
            }
            let uses = try await records("default", AuditQuery(actor: "apikey:\(made.value.1)"))
            #expect(uses.reduce(0) { $0 + $1.amount } == 2 && Set(uses.map(\.means)) == ["api-key"], "\(uses)")
            let refusals = try await records("", AuditQuery(outcome: .refused))
            #expect(refusals.reduce(0) { $0 + $1.amount } == 1, "\(refusals)")
            let all = try await records("default", AuditQuery())
            #expect(!all.isEmpty && !"\(all)".contains(made.value.0))
        }
    }
}
