import Access
import Catalog
import CoveyTesting
import Cryptography
import Outbound
import Store
import Testing

/// Tokens of services and of the playground (run spec §1.5, manage spec §3.9, §2.33).
@Suite struct ServiceTokenTests {
    private static let now = StepClock.origin / 1000

    private static func token(_ changed: JSONObject = [:], secret: String = RunnerApp.serviceSecret) -> String {
        var claims: JSONObject = [
            "iss": "inkeep-agents", "sub": "a", "aud": "main", "tenantId": "default", "projectId": "p",
            "initiatedBy": ["type": "user", "id": "u1"], "iat": .integer(now), "exp": .integer(now + 3600),
        ]
        for (name, value) in changed { claims[name] = value.isNull ? JSONValue?.none : value }
        return JSONWebToken(claims: claims).text(signedBy: .secret(Array(secret.utf8)))
    }

    @Test(.timeLimit(.minutes(8))) func `a service calls on behalf of a user`() async throws {
        try await RunnerApp.run { app, _ in
            func row(_ name: String, _ token: String, for target: String? = nil, _ status: Int) -> Scenario {
                var headers = RunnerApp.bearer(token)
                headers["x-inkeep-sub-agent-id"] = target
                return Scenario(name, "POST", RunnerApp.chat, RunnerApp.turn(), headers: headers, status: status)
            }
            try await app.client.check([
                row("good", Self.token(), 200), row("for this one", Self.token(), for: "main", 200),
                row("for another one", Self.token(), for: "other", 403),
                row("of another secret", Self.token(secret: String(repeating: "x", count: 40)), 401),
                row("of another issuer", Self.token(["iss": "inkeep"]), 401),
                row("over", Self.token(["exp": .integer(Self.now - 61)]), 401),
                row("too long", Self.token(["exp": .integer(Self.now + 3601)]), 401),
                row("without a project", Self.token(["projectId": .null]), 401),
                row("by an odd initiator", Self.token(["initiatedBy": ["type": "root", "id": "x"]]), 401),
                row("without an initiator", Self.token(["initiatedBy": .null]), 200),
            ])
            let made = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn("c1"), headers: RunnerApp.bearer(Self.token()))
            #expect(made.status == 200)
            let row = try await app.store.conversation(.init(tenant: "default", project: "p", id: "c1"))
            #expect(row?.owner == "u1" && row?.metadata?["initiatedBy"] == ["type": "user", "id": "u1"])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `without a secret no service is known`() async throws {
        try await RunnerApp.run(RunnerApp.options { $0.serviceSecret = nil }) { app, _ in
            for secret in [RunnerApp.serviceSecret, "", "inkeep"] {
                let reply = try await app.client.send(
                    "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(Self.token(secret: secret)))
                #expect(reply.status == 401)
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a token of the playground runs its agent for an hour`() async throws {
        try await RunnerApp.run { app, manager in
            let path = tenantPath + "/playground/token"
            let made = try await manager.send("POST", path, ["projectId": "p", "agentId": "a"])
            try #require(made.status == 200, "\(made.text)")
            #expect(made.json["appId"] == "app_playground")
            #expect(made.json["expiresAt"]?.string == Timestamp.text(StepClock.origin + 3_600_000))
            let token = try #require(made.json["apiKey"]?.string)
            let made2 = try claims(token)
            #expect(made2["tid"] == "default" && made2["pid"] == "p" && made2["agentId"] == "a")
            func chat(_ agent: String? = nil, origin: String? = nil) async throws -> TestReply {
                var headers = RunnerApp.page("app_playground", token, origin: origin)
                headers["x-inkeep-agent-id"] = agent
                return try await app.client.send("POST", RunnerApp.chat, RunnerApp.turn(), headers: headers)
            }
            #expect(try await chat().status == 200)
            #expect(try await chat("a", origin: "http://localhost:3000").status == 200)
            #expect(try await chat("b").status == 403)
            let plain = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(token))
            #expect(plain.status == 401, "it goes with its app alone")
            let agents = try await app.client.send(
                "GET", "/manage/available-agents", headers: RunnerApp.bearer(token))
            #expect(agents.status == 200, "\(agents.text)")
            let others = try await app.client.send(
                "GET", tenantPath + "/projects/p/agents", headers: RunnerApp.bearer(token))
            #expect(others.status == 401)
            app.clock.advance(by: .seconds(3661))
            #expect(try await chat().status == 401)

            try await manager.check([
                Scenario("no project", "POST", path, ["projectId": "x", "agentId": "a"], status: 404),
                Scenario("no agent", "POST", path, ["projectId": "p", "agentId": "x"], status: 404),
                Scenario("nothing", "POST", path, [:], status: 400),
            ])
            #expect(try await app.client.send("POST", path, ["projectId": "p", "agentId": "a"]).status == 401)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a person's token does what the person may, while they may`() async throws {
        try await RunnerApp.run { app, manager in
            let runners = Runners(
                RunnerConfiguration(), store: app.store, keyring: TestApp.keyring, now: { app.clock.now })
            let place = BranchKey(tenant: "default", project: "p")
            let made = try await runners.playground.make(user: "u1", account: "u1", in: place, agent: "a")
            func chat() async throws -> TestReply {
                try await app.client.send(
                    "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.page("app_playground", made.token))
            }
            func write(_ statement: String) async throws {
                try await app.store.database.write(.full) { try $0.script(statement) }
            }
            let refused = try await chat()
            #expect(refused.status == 403, "\(refused.text)")
            #expect(refused.json["detail"] == "Access denied: insufficient permissions")
            try await write(
                """
                INSERT INTO organization (id, name, settings, created_at) VALUES ('default', 'Default', 'null', 1)
                    ON CONFLICT (id) DO NOTHING;
                INSERT INTO account (id, email, email_key, name, is_verified, created_at, updated_at)
                    VALUES ('u1', 'u1@example.com', 'u1@example.com', 'U', 1, 1, 1);
                INSERT INTO organization_member (tenant, account, id, role, created_at)
                    VALUES ('default', 'u1', 'm1', 'member', 1);
                INSERT INTO project_member (tenant, project, account, role, created_at)
                    VALUES ('default', 'p', 'u1', 'project_member', 1);
                """)
            #expect(try await chat().status == 200)
            let agents = try await app.client.send(
                "GET", "/manage/available-agents", headers: RunnerApp.bearer(made.token))
            #expect(agents.status == 200, "\(agents.text)")
            #expect(agents.data.array?.compactMap { $0["projectId"]?.string } == ["p", "p"], "\(agents.text)")
            try await write("UPDATE project_member SET role = 'project_viewer' WHERE account = 'u1'")
            #expect(try await chat().status == 403)
        }
    }
}
