import Catalog
import CoveyTesting
import Store
import Testing

/// Apps and their public keys (manage spec §2.22).
struct AppsTests {
    private static let path = tenantPath + "/projects/p/apps"

    private static func serve(_ body: @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            for agent in ["a", "b"] {
                try await app.client.make("/projects/p/agents", ["id": .string(agent), "name": "Agent"])
            }
            try await body(app)
        }
    }

    private static let widget: JSONValue = [
        "name": "Docs widget", "type": "web_client", "defaultProjectId": "p", "defaultAgentId": "a", "enabled": true,
        "config": [
            "type": "web_client",
            "webClient": [
                "allowedDomains": ["docs.example.com", "*.example.dev", "localhost:3000"], "allowAnonymous": true,
                "audience": "https://docs.example.com",
            ],
        ],
    ]

    private static func make(_ client: TestClient, _ body: JSONValue = widget) async throws -> String {
        let made = try await client.send("POST", path, body)
        try #require(made.status == 201, "\(made.text)")
        return try #require(made.data["app"]?["id"]?.string)
    }

    /// Public keys made for this test; their private halves were thrown away.
    static let keys = [
        "RS256": """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmn3oxObAJjRA61N0Yz5w
        QqWThoZGzQ6H8XeaQp0xGxOIh8ZBxvVEM2oxW+QfaTF35/DVDHkZT/YLmDB3iPqB
        5+2gX6yu2Z5ewjXF4xqTtQXXL0liNF+QlPyU+1zrNkFdnaNRMF0BGSQOKXumP/fa
        pWqVHqMU5VWnohNt9LV1aErFEeaxE0Ep4l86Tj+zOSGJxR1yb/I8PiWvYfJ6xjk7
        E1V/DizjwmHLvB1SsCaGZiTB8f66gq0cDHjf9xV44jab94NseuzMZ2XQ5yAwDH63
        9RhWyPoSO3O9iepKtpxHjqRpmyLpubZn0Jc5hi6GyZcNuS1lKdDBUPpr0qMQsrV+
        5QIDAQAB
        -----END PUBLIC KEY-----
        """,
        "ES256": """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQVXCZAQrD7r7EkDeZ1ZYdbbu3dRV
        +5A1lnkPzs5/Wki3+NLb0mVn71A37bhyCf1g64TkwDQVXh2ckNonCNKc9A==
        -----END PUBLIC KEY-----
        """,
        "EdDSA": """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAu6tHy634AS8jSmt9pFONdIeWNwnX4cNGWmXTAS+/QvI=
        -----END PUBLIC KEY-----
        """,
    ]

    @Test(.timeLimit(.minutes(8))) func `an app is made, found by its id alone, listed and deleted`() async throws {
        try await Self.serve { app in
            let made = try await app.client.send("POST", Self.path, Self.widget)
            let shown = try #require(made.data["app"], "\(made.text)")
            let id = try #require(shown["id"]?.string)
            #expect(id.wholeMatch(of: /app_[a-z0-9]{21}/) != nil)
            #expect(shown["tenantId"] == "default" && shown["projectId"] == "p" && shown["lastUsedAt"] == .null)
            #expect(shown["config"]?["webClient"]?["publicKeys"] == [])
            #expect(shown["config"]?["api"] == nil && shown["config"]?["supportCopilot"] == nil)
            let found = try await app.store.resource(of: "app", handle: id)
            #expect(try #require(found).branch.project == "p")
            let other = try await Self.make(
                app.client, ["name": "Program", "type": "api", "config": ["type": "api"]])
            let copilot = try await Self.make(
                app.client,
                [
                    "name": "Copilot", "type": "support_copilot",
                    "config": [
                        "type": "support_copilot",
                        "supportCopilot": [
                            "platform": "zendesk",
                            "quickActions": [
                                ["group": "Reply", "actions": [["label": "Draft", "prompt": "Draft it"]]]
                            ],
                        ],
                    ],
                ])
            let all = try await app.client.send("GET", Self.path)
            #expect(Set(all.data.array?.compactMap { $0["id"]?.string } ?? []) == [id, other, copilot])
            let programs = try await app.client.send("GET", Self.path + "?type=api")
            #expect(programs.data.array?.compactMap { $0["id"]?.string } == [other])
            #expect(try await app.client.send("DELETE", "\(Self.path)/\(id)").status == 204)
            #expect(try await app.client.send("DELETE", "\(Self.path)/\(id)").status == 404)
            #expect(try await app.store.resource(of: "app", handle: id) == nil)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what is wrong with an app is a 400 that names it`() async throws {
        try await Self.serve { app in
            let id = try await Self.make(app.client)
            func config(_ members: JSONValue) -> JSONValue {
                ["config": ["type": "web_client", "webClient": members]]
            }
            let rows: [(JSONValue, String)] = [
                (["name": ""], "/name"), (["config": ["type": "web_client"]], "/config/webClient"),
                (["config": ["type": "api"]], "/config/type"), (["config": ["type": "odd"]], "/config/type"),
                (config(["allowedDomains": []]), "/config/webClient/allowedDomains"),
                (config(["allowedDomains": ["http://x"]]), "/config/webClient/allowedDomains/0"),
                (config(["allowedDomains": ["*", "*.x:80"]]), "/config/webClient/allowedDomains/1"),
                (config(["allowedDomains": ["x:99999"]]), "/config/webClient/allowedDomains/0"),
                (["defaultAgentId": "nobody"], "/defaultAgentId"), (["defaultProjectId": "q"], "/defaultProjectId"),
            ]
            for (patch, pointer) in rows {
                let reply = try await app.client.send("PATCH", "\(Self.path)/\(id)", patch)
                #expect(reply.status == 400 && reply.text.contains("\"pointer\":\"\(pointer)"), "\(reply.text)")
            }
            for (member, pointer) in [("name", "/name"), ("type", "/type"), ("config", "/config")] {
                var body = try #require(Self.widget.object)
                body[member] = nil
                let reply = try await app.client.send("POST", Self.path, .object(body))
                #expect(reply.status == 400 && reply.text.contains("\"pointer\":\"\(pointer)"), "\(reply.text)")
            }
            let credential: JSONValue = [
                "name": "C", "type": "support_copilot",
                "config": [
                    "type": "support_copilot",
                    "supportCopilot": ["platform": "zendesk", "credentialReferenceId": "nobody"],
                ],
            ]
            let reply = try await app.client.send("POST", Self.path, credential)
            #expect(reply.status == 400 && reply.text.contains("/config/supportCopilot/credentialReferenceId"))
            let typed = try await app.client.send("PATCH", "\(Self.path)/\(id)", ["type": "api"])
            #expect(typed.data["type"] == "web_client")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `public keys are added, listed, kept by updates, and removed`() async throws {
        try await Self.serve { app in
            let id = try await Self.make(app.client)
            let keys = "\(Self.path)/\(id)/auth/keys"
            for (algorithm, pem) in Self.keys {
                let body: JSONValue = [
                    "kid": .string("key/\(algorithm)"), "publicKey": .string(pem), "algorithm": .string(algorithm),
                ]
                let added = try await app.client.send("POST", keys, body)
                #expect(added.status == 201 && added.data["addedAt"] == "2026-01-05T10:00:00.000Z", "\(added.text)")
                #expect(try await app.client.send("POST", keys, body).status == 409)
            }
            let listed = try await app.client.send("GET", keys).data
            #expect(listed.array?.count == 3)
            let config: JSONValue = [
                "type": "web_client", "webClient": ["allowedDomains": ["*"], "publicKeys": []],
            ]
            let patched = try await app.client.send("PATCH", "\(Self.path)/\(id)", ["config": config])
            #expect(patched.data["config"]?["webClient"]?["publicKeys"] == listed, "\(patched.text)")
            let shown = try await app.client.send("GET", "\(Self.path)/\(id)").data
            #expect(try await app.client.send("PUT", "\(Self.path)/\(id)", shown).data == shown)
            #expect(try await app.client.send("DELETE", keys + "/key%2FRS256").status == 204)
            #expect(try await app.client.send("DELETE", keys + "/key%2FRS256").status == 404)
            #expect(try await app.client.send("GET", keys).data.array?.count == 2)

            let rsa = JSONValue.string(Self.keys["RS256"] ?? "")
            let rows: [(JSONValue, String)] = [
                (["kid": "k", "publicKey": "nonsense", "algorithm": "RS256"], "/publicKey"),
                (["kid": "k", "publicKey": rsa, "algorithm": "ES256"], "/publicKey"),
                (["kid": "k", "publicKey": rsa, "algorithm": "HS256"], "/algorithm"),
                (["kid": "", "publicKey": rsa, "algorithm": "RS256"], "/kid"), (["publicKey": rsa], "/kid"),
            ]
            for (body, pointer) in rows {
                let reply = try await app.client.send("POST", keys, body)
                #expect(reply.status == 400 && reply.text.contains("\"pointer\":\"\(pointer)"), "\(reply.text)")
            }
            let program = try await Self.make(
                app.client, ["name": "Program", "type": "api", "config": ["type": "api"]])
            let good: JSONValue = ["kid": "k", "publicKey": rsa, "algorithm": "RS256"]
            #expect(try await app.client.send("POST", "\(Self.path)/\(program)/auth/keys", good).status == 400)
            #expect(try await app.client.send("GET", "\(Self.path)/\(program)/auth/keys").data == [])
            #expect(try await app.client.send("POST", "\(Self.path)/none/auth/keys", good).status == 404)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a tenant's list shows the apps of all its projects`() async throws {
        try await Self.serve { app in
            let all = tenantPath + "/apps"
            let none = try await app.client.send("GET", all)
            #expect(none.json["tenantHasAnyApps"] == false && none.json["role"] == "owner", "\(none.text)")
            _ = try await Self.make(app.client)
            try await app.client.makeProject("q")
            let program: JSONValue = ["name": "Program", "type": "api", "config": ["type": "api"]]
            #expect(try await app.client.send("POST", tenantPath + "/projects/q/apps", program).status == 201)
            let two = try await app.client.send("GET", all + "?limit=1")
            #expect(two.json["pagination"] == ["page": 1, "limit": 1, "total": 2, "pages": 2])
            let typed = try await app.client.send("GET", all + "?type=api")
            #expect(typed.data.array?.compactMap { $0["projectId"]?.string } == ["q"])
            let copilots = try await app.client.send("GET", all + "?type=support_copilot")
            #expect(copilots.data == [] && copilots.json["tenantHasAnyApps"] == true)
            #expect(try await app.client.send("GET", all + "?type=odd").status == 400)
            #expect(try await app.client.send("GET", "/manage/tenants/other/apps").json["tenantHasAnyApps"] == false)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `an agent that goes is no app's default any more, in its project alone`()
        async throws
    {
        try await Self.serve { app in
            let id = try await Self.make(app.client)
            try await app.client.makeProject("q")
            try await app.client.make("/projects/q/agents", ["id": "a", "name": "Agent"])
            let program: JSONValue = [
                "name": "Program", "type": "api", "defaultAgentId": "a", "config": ["type": "api"],
            ]
            let elsewhere = tenantPath + "/projects/q/apps"
            #expect(try await app.client.send("POST", elsewhere, program).status == 201)
            #expect(try await app.client.send("DELETE", tenantPath + "/projects/p/agents/a").status == 204)
            let cleared = try await app.client.send("GET", "\(Self.path)/\(id)")
            #expect(cleared.status == 200 && cleared.data["defaultAgentId"] == .null, "\(cleared.text)")
            #expect(try await app.client.send("GET", elsewhere).data[0]?["defaultAgentId"] == "a")
        }
    }
}
