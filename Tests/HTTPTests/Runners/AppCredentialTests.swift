import Access
import Catalog
import CoveyTesting
import Cryptography
import Outbound
import Store
import Testing

/// Apps and the signed tokens of their users (run spec §1.6).
@Suite struct AppCredentialTests {
    private static let now = StepClock.origin / 1000
    private static let rsa = PrivateKey.random(for: .rs256)
    private static let elliptic = PrivateKey.random(for: .es256)
    private static let edwards = PrivateKey.random(for: .edDSA)

    private static func stored(_ key: PrivateKey, _ algorithm: PublicKey.Algorithm, _ kid: String) -> JSONValue {
        ["kid": .string(kid), "publicKey": .string(key.publicKey.pem), "algorithm": .string(algorithm.rawValue)]
    }

    private static let keys = [
        stored(rsa, .rs256, "rsa"), stored(elliptic, .es256, "elliptic"), stored(edwards, .edDSA, "edwards"),
    ]

    private static func token(
        _ changed: JSONObject = [:], key: PrivateKey = edwards, _ algorithm: PublicKey.Algorithm = .edDSA,
        kid: String? = "edwards"
    ) -> String {
        var claims: JSONObject = ["sub": "ann", "iat": .integer(now), "exp": .integer(now + 3600)]
        for (name, value) in changed { claims[name] = value.isNull ? JSONValue?.none : value }
        return JSONWebToken(claims: claims, keyID: kid).text(signedBy: .privateKey(key, algorithm))
    }

    private static func chat(
        _ name: String, _ app: String, _ token: String?, origin: String? = RunnerApp.origin, agent: String? = nil,
        _ status: Int, _ text: String = ""
    ) -> Scenario {
        var headers = RunnerApp.page(app, token, origin: origin)
        headers["x-inkeep-agent-id"] = agent
        return Scenario(
            name, "POST", RunnerApp.chat, RunnerApp.turn(), headers: headers, status: status, contains: [text])
    }

    @Test(.timeLimit(.minutes(8))) func `a user whom the app's issuer vouches for chats as themselves`() async throws {
        try await RunnerApp.run { app, manager in
            let id = try await manager.makeWidget(anonymous: false, keys: Self.keys)
            for token in [
                Self.token(), Self.token(key: Self.rsa, .rs256, kid: "rsa"),
                Self.token(key: Self.elliptic, .es256, kid: "elliptic"),
            ] {
                let reply = try await app.client.send(
                    "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.page(id, token))
                #expect(reply.status == 200, "\(reply.text)")
            }
            let token = Self.token(["plan": "gold", "tid": "other", "iss": "x", "nbf": .integer(Self.now)])
            let reply = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn("c1"), headers: RunnerApp.page(id, token))
            #expect(reply.status == 200, "\(reply.text)")
            let row = try #require(
                try await app.store.conversation(.init(tenant: "default", project: "p", id: "c1")))
            #expect(row.owner == "ann" && row.agent == "a")
            #expect(row.metadata?["verifiedClaims"] == ["plan": "gold"], "\(String(describing: row.metadata))")
            #expect(row.metadata?["externalUserId"] == "ann")
            #expect(row.metadata?["initiatedBy"] == ["type": "user", "id": "ann"])
            let list = try await app.client.send("GET", "/run/v1/conversations", headers: RunnerApp.page(id, token))
            #expect(list.json["pagination"]?["total"] == 4)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what is wrong with a token is said`() async throws {
        try await RunnerApp.run { app, manager in
            let id = try await manager.makeWidget(
                anonymous: false, keys: Self.keys, audience: "https://docs.example.com")
            func good(_ changed: JSONObject = [:]) -> JSONObject {
                var claims: JSONObject = ["aud": "https://docs.example.com"]
                for (name, value) in changed { claims[name] = value }
                return claims
            }
            let other = PrivateKey.random(for: .edDSA)
            let large = JSONValue.string(String(repeating: "x", count: 1015))
            func row(_ name: String, _ token: String, _ text: String) -> Scenario {
                Self.chat(name, id, token, 401, text)
            }
            try await app.client.check([
                Self.chat("all is well", id, Self.token(good()), 200),
                row("no header", "nonsense-nonsense", "Failed to decode JWT header"),
                row("no key", Self.token(good(), kid: nil), "JWT missing kid header"),
                row("an unknown key", Self.token(good(), kid: "other"), #"kid \"other\" not found on app"#),
                row("another's signature", Self.token(good(), key: other), "Signature verification failed"),
                row(
                    "another algorithm", Self.token(good(), key: Self.rsa, .rs512, kid: "rsa"),
                    "JWT verification failed"),
                row(
                    "another key's name", Self.token(good(), key: Self.rsa, .rs256, kid: "edwards"),
                    "JWT verification failed"),
                row("no subject", Self.token(good(["sub": .null])), "JWT missing required sub claim"),
                row("no beginning", Self.token(good(["iat": .null])), "JWT missing required iat claim"),
                row("no end", Self.token(good(["exp": .null])), "JWT missing required exp claim"),
                row("over", Self.token(good(["exp": .integer(Self.now - 61)])), "Token expired"),
                row(
                    "too long", Self.token(good(["exp": .integer(Self.now + 86_401)])),
                    "Token lifetime exceeds 24 hours"),
                row("not yet", Self.token(good(["nbf": .integer(Self.now + 61)])), "JWT claim validation failed"),
                row("for others", Self.token(good(["aud": "x"])), "JWT claim validation failed"),
                row(
                    "much to say", Self.token(good(["data": large])),
                    "Token custom claims exceed 1KB limit (1026 bytes)"),
                Self.chat("short", id, "short", 401, "Invalid API key format"),
                Self.chat("none", id, nil, 401, "Missing or invalid authorization header"),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `pages, agents and kinds of apps have their refusals`() async throws {
        try await RunnerApp.run { app, manager in
            let signed = try await manager.makeWidget(anonymous: false, keys: Self.keys)
            let both = try await manager.makeWidget(keys: Self.keys)
            let keyless = try await manager.makeWidget(anonymous: false)
            let visited = try await manager.makeWidget()
            let aimless = try await manager.makeWidget(agent: nil, keys: Self.keys)
            func other(_ type: String, _ config: JSONValue) async throws -> String {
                let made = try await manager.make(
                    "/projects/p/apps", ["name": "P", "type": .string(type), "config": config])
                return try #require(made["app"]?["id"]?.string)
            }
            let program = try await other("api", ["type": "api"])
            let copilot = try await other(
                "support_copilot", ["type": "support_copilot", "supportCopilot": ["platform": "zendesk"]])
            let visitor = try #require(try await app.client.visit(both).json["token"]?.string)
            let elsewhere = "https://evil.example.org"
            let page = "Origin not allowed for this app"
            try await app.client.check([
                Self.chat("another page", signed, Self.token(), origin: elsewhere, 403, page),
                Self.chat("no page", signed, Self.token(), origin: nil, 403, page),
                Self.chat("another page, nonsense", signed, "nonsense-nonsense", origin: elsewhere, 403, page),
                Self.chat("from a server", signed, Self.token(["internal": true]), origin: nil, 200),
                Self.chat(
                    "from a server, forged", signed,
                    Self.token(["internal": true], key: PrivateKey.random(for: .edDSA)), origin: nil, 403, page),
                Self.chat("its agent", signed, Self.token(), agent: "a", 200),
                Self.chat(
                    "another agent", signed, Self.token(), agent: "b", 403,
                    "Requested agent is not authorized for this app"),
                Self.chat("no agent", aimless, Self.token(), 500, "internal_server_error"),
                Self.chat(
                    "no keys", keyless, Self.token(), 401,
                    "Authentication is required but no public keys are configured for this app"),
                Self.chat("a visitor where users sign in too", both, visitor, 200),
                Self.chat(
                    "nobody where users sign in too", both, Self.token(kid: "x"), 401, "Invalid or expired token"),
                Self.chat("nobody where visitors come", visited, Self.token(), 401, "Invalid Token"),
                Self.chat("a visitor of another app", visited, visitor, 401, "Invalid Token"),
                Self.chat("an unknown app", "app_x", Self.token(), 401, "Invalid Token"),
                Self.chat("a program", program, Self.token(), 401, "Invalid Token"),
                Self.chat("a copilot", copilot, Self.token(), 401, "Invalid OAuth client"),
                Self.chat("the operator's secret", signed, RunnerApp.runSecret, 401, "Failed to decode JWT header"),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `in development a token that is none is still refused`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            let id = try await app.client.makeWidget(anonymous: false, keys: Self.keys)
            try await app.client.check([
                Self.chat("wrong", id, Self.token(["exp": 1]), 401, "Token expired"),
                Self.chat("right", id, Self.token(), 200),
            ])
        }
    }

    @Test func `an app's prompt goes with the runs that come through it`() async throws {
        try await RunnerApp.run { app, manager in
            let id = try await manager.makeWidget()
            let path = tenantPath + "/projects/p/apps/\(id)"
            #expect(try await manager.send("PATCH", path, ["prompt": "Speak of penguins."]).status == 200)
            let token = try #require(try await app.client.visit(id).json["token"]?.string)
            let headers = RunnerApp.page(id, token)
            #expect(
                try await app.client.send("POST", RunnerApp.chat, RunnerApp.turn("c1"), headers: headers).status == 200)
            let key = ConversationKey(tenant: "default", project: "p", id: "c1")
            #expect(try await app.store.latestRun(key)?.request["appPrompt"] == "Speak of penguins.")
            let machine = try await manager.makeKey().key
            let other = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn("c2"), headers: RunnerApp.bearer(machine))
            #expect(other.status == 200)
            let second = ConversationKey(tenant: "default", project: "p", id: "c2")
            #expect(try await app.store.latestRun(second)?.request["appPrompt"] == nil)
        }
    }
}
