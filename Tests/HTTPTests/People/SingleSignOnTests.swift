import Access
import Catalog
import CoveyTesting
import Cryptography
import HTTP
import Outbound
import Store
import Testing

/// A provider whose answers the test chooses.
private final class FakeProvider: Sendable {
    static let issuer = "https://id.test"

    /// Two keys of Ed25519: RFC 8032 §7.1, tests 1 and 2.
    static let keys: [(id: String, private: String, public: String)] = [
        (
            "one", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        ),
        (
            "two", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        ),
    ]

    /// The ids of the keys that it publishes.
    let published = Shared(["one"])
    /// The token that it gives.
    let token = Shared("")
    /// What it was sent, by path.
    let asked = Shared<[(path: String, body: String, authorization: String)]>([])

    var client: HTTPClient {
        HTTPClient { [self] request throws(OutboundError) in
            let path = String(request.url.dropFirst(Self.issuer.count))
            let body = String(decoding: request.body ?? [], as: UTF8.self)
            asked.value += [(path, body, request.headers["authorization"] ?? "")]
            let bytes = Shared<[UInt8]?>(answer(path).jsonBytes)
            return HTTPResponse(
                status: 200, headers: [:],
                body: HTTPBody { () async throws(OutboundError) in
                    defer { bytes.value = nil }
                    return bytes.value
                })
        }
    }

    private func answer(_ path: String) -> JSONValue {
        switch path {
        case "/.well-known/openid-configuration":
            [
                "issuer": .string(Self.issuer), "authorization_endpoint": .string(Self.issuer + "/authorize"),
                "token_endpoint": .string(Self.issuer + "/token"), "jwks_uri": .string(Self.issuer + "/keys"),
            ]
        case "/keys":
            [
                "keys": .array(
                    Self.keys.filter { published.value.contains($0.id) }.map { key in
                        let x = Base64.url.text(Hexadecimal.bytes(key.public) ?? [])
                        return ["kty": "OKP", "crv": "Ed25519", "kid": .string(key.id), "x": .string(x)]
                    })
            ]
        default: ["id_token": .string(token.value), "access_token": "a", "token_type": "Bearer"]
        }
    }

    static func sign(_ claims: JSONObject, by id: String = "one") throws -> String {
        let key = try #require(keys.first { $0.id == id })
        let prefix = try #require(Hexadecimal.bytes("302e020100300506032b657004220420" + key.private))
        let signer = try #require(PrivateKey(der: prefix))
        return JSONWebToken(claims: claims, keyID: id).text(signedBy: .privateKey(signer, .edDSA))
    }

    var keysAsked: Int { asked.value.count { $0.path == "/keys" } }
}

/// Signing in at OpenID providers (manage spec §3.3), each thing wrong that can be wrong with what comes back.
struct SingleSignOnTests {
    private static func run(
        _ body: @Sendable (TestApp, FakeProvider, TestPerson) async throws -> Void
    ) async throws {
        let provider = FakeProvider()
        var options = TestApp.Options.forPeople
        options.identityClient = provider.client
        options.people.socialProviders = [
            SocialProvider(name: "google", issuer: FakeProvider.issuer, clientID: "social", clientSecret: "s3cret")
        ]
        try await TestApp.run(options) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            try await body(app, provider, owner)
        }
    }

    private static func register(
        _ app: TestApp, _ headers: HTTPHeaders, id: String = "corp", autoProvision: Bool = true
    ) async throws -> TestReply {
        try await app.client.send(
            "POST", "/api/auth/sso/register",
            [
                "providerId": .string(id), "issuer": .string(FakeProvider.issuer), "domain": "x.io",
                "organizationId": "default", "autoProvision": .bool(autoProvision),
                "oidcConfig": ["clientId": "client", "clientSecret": "very-secret-of-the-client"],
            ], headers: headers)
    }

    /// A browser on its way through a provider.
    private struct Journey: Sendable {
        let app: TestApp
        let cookie: String
        let query: [String: String]
        var path = "/api/auth/sso/callback/corp"

        init(_ app: TestApp, _ start: String = "/api/auth/sign-in/sso", _ body: JSONValue = ["email": "ann@x.io"])
            async throws
        {
            self.app = app
            let reply = try await app.client.send("POST", start, body)
            let url = try #require(reply.json["url"]?.string, "\(reply.text)")
            cookie = String(try #require(reply.headers["set-cookie"]).prefix { $0 != ";" })
            var query: [String: String] = [:]
            for pair in url.split(separator: "?")[1].split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                query[String(parts[0])] = String(parts[1])
            }
            self.query = query
        }

        var claims: JSONObject {
            get throws {
                let now = app.clock.now / 1000
                return [
                    "iss": .string(FakeProvider.issuer), "sub": "ann-at-id", "aud": "client",
                    "exp": .integer(now + 300), "iat": .integer(now), "nonce": .string(try #require(query["nonce"])),
                    "email": "ann@x.io", "email_verified": true, "name": "Ann",
                ]
            }
        }

        func arrive(cookie: String? = nil, state: String? = nil, code: String = "code") async throws -> TestReply {
            let state = try state ?? #require(query["state"])
            return try await app.client.send(
                "GET", "\(path)?code=\(code)&state=\(state)", headers: ["cookie": cookie ?? self.cookie])
        }
    }

    private static func session(_ reply: TestReply) -> String? {
        reply.headers.fields.lazy.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
            .first { $0.hasPrefix("better-auth.session_token=") && !$0.contains("Max-Age=0") }
            .map { String($0.prefix { $0 != ";" }) }
    }

    @Test func `somebody comes back, is made a member, and the provider is asked as it must be`() async throws {
        try await Self.run { app, provider, owner in
            let registered = try await Self.register(app, owner.bearer)
            #expect(registered.status == 200 && !registered.text.contains("very-secret"), "\(registered.text)")
            #expect(registered.json["redirectURI"] == "http://covey.test/api/auth/sso/callback/corp")
            let kept = try await app.store.readAccess { access in
                try access.identityProvider("corp").map { JSONValue.object($0.document).jsonText } ?? ""
            }
            #expect(kept.contains("clientSecret") && !kept.contains("very-secret"))
            let journey = try await Journey(app)
            #expect(
                journey.query["code_challenge_method"] == "S256" && journey.query["scope"] == "openid%20email%20profile"
            )
            provider.token.value = try FakeProvider.sign(try journey.claims)
            let reply = try await journey.arrive(code: "c0de")
            #expect(reply.status == 302 && reply.headers["location"] == "http://covey.test/", "\(reply.text)")
            let cookie = try #require(Self.session(reply))
            let me = try await app.client.send("GET", "/manage/api/cli/me", headers: ["cookie": cookie])
            #expect(me.json["user"]?["email"] == "ann@x.io" && me.json["organization"]?["role"] == "member")
            let sent = try #require(provider.asked.value.first { $0.path == "/token" })
            let basic = Base64.standard.text(Array("client:very-secret-of-the-client".utf8))
            #expect(sent.authorization == "Basic \(basic)" && sent.body.contains("code=c0de"))
            let verifier = try #require(sent.body.split(separator: "&").first { $0.hasPrefix("code_verifier=") })
            let challenge = Base64.url.text(SHA256.digest(Array(verifier.dropFirst("code_verifier=".count).utf8)))
            #expect(journey.query["code_challenge"] == challenge)
            // The state is good once.
            #expect(try await journey.arrive().json["code"] == "INVALID_STATE")
            #expect(try await app.audited().contains("sign-in done"))
        }
    }

    @Test func `another browser, a made-up state, and one of long ago are refused`() async throws {
        try await Self.run { app, provider, owner in
            _ = try await Self.register(app, owner.bearer)
            let other = try await Journey(app)
            for attempt in 0..<4 {
                let journey = try await Journey(app)
                provider.token.value = try FakeProvider.sign(try journey.claims)
                if attempt == 3 { app.clock.advance(by: .seconds(601)) }
                let reply =
                    switch attempt {
                    case 0: try await journey.arrive(cookie: other.cookie)
                    case 1: try await journey.arrive(cookie: "a=b")
                    case 2: try await journey.arrive(state: "made-up")
                    default: try await journey.arrive()
                    }
                #expect(reply.status == 400 && reply.json["code"] == "INVALID_STATE", "\(attempt) \(reply.text)")
                #expect(Self.session(reply) == nil)
            }
        }
    }

    @Test func `a token that is not the provider's, for us, for now and for this sign-in is refused`() async throws {
        try await Self.run { app, provider, owner in
            _ = try await Self.register(app, owner.bearer)
            let now = app.clock.now / 1000
            let wrong: [(String, JSONObject)] = [
                ("issuer", ["iss": "https://evil.test"]), ("audience", ["aud": "another"]),
                ("party", ["aud": ["client", "another"]]), ("party", ["azp": "another"]),
                ("end", ["exp": .integer(now - 61)]), ("no end", ["exp": .null]),
                ("begin", ["iat": .integer(now + 300)]), ("nonce", ["nonce": "another"]),
                ("no nonce", ["nonce": .null]),
                ("no subject", ["sub": .null]), ("long subject", ["sub": .string(String(repeating: "s", count: 256))]),
            ]
            for (what, change) in wrong {
                let journey = try await Journey(app)
                provider.token.value = try FakeProvider.sign(try journey.claims.merging(change))
                let reply = try await journey.arrive()
                #expect(
                    reply.headers["location"] == "http://covey.test/?error=INVALID_ID_TOKEN", "\(what) \(reply.text)")
                #expect(Self.session(reply) == nil)
            }
            for forge in 0..<4 {
                let journey = try await Journey(app)
                let good = try FakeProvider.sign(try journey.claims)
                let parts = good.split(separator: ".").map(String.init)
                let none = Base64.url.text(Array(#"{"alg":"none"}"#.utf8))
                provider.token.value =
                    switch forge {
                    case 0: "\(none).\(parts[1])."
                    case 1: "\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))"
                    case 2:
                        JSONWebToken(claims: try journey.claims, keyID: "one").text(
                            signedBy: .secret(Array(FakeProvider.keys[0].public.utf8)))
                    default: ""
                    }
                let reply = try await journey.arrive()
                #expect(reply.headers["location"]?.contains("error=INVALID_ID_TOKEN") == true, "\(forge)")
            }
        }
    }

    @Test func `new keys are asked for when a token names one, once a minute`() async throws {
        try await Self.run { app, provider, owner in
            _ = try await Self.register(app, owner.bearer)
            func arrive(_ key: String) async throws -> Bool {
                let journey = try await Journey(app)
                provider.token.value = try FakeProvider.sign(try journey.claims, by: key)
                return Self.session(try await journey.arrive()) != nil
            }
            #expect(try await arrive("one"))
            #expect(provider.keysAsked == 1)
            for _ in 0..<5 { #expect(try await !arrive("two")) }
            #expect(provider.keysAsked == 1)
            provider.published.value = ["two"]
            app.clock.advance(by: .seconds(60))
            #expect(try await arrive("two"))
            #expect(provider.keysAsked == 2)
            // The old one is gone with the new.
            #expect(try await !arrive("one"))
        }
    }

    @Test func `a provider lets in whom it may speak for, and nobody else`() async throws {
        try await Self.run { app, provider, owner in
            let admin = try await app.person("admin@x.io", as: .admin)
            #expect(try await Self.register(app, admin.bearer).status == 403)
            _ = try await Self.register(app, owner.bearer, autoProvision: false)
            #expect(try await Self.register(app, owner.bearer).status == 409)
            func arrive(_ email: String, sub: String, verified: Bool = true) async throws -> String? {
                let journey = try await Journey(app)
                provider.token.value = try FakeProvider.sign(
                    try journey.claims.merging([
                        "email": .string(email), "sub": .string(sub), "email_verified": .bool(verified),
                    ]))
                let reply = try await journey.arrive()
                if Self.session(reply) != nil { return nil }
                return reply.headers["location"]?.split(separator: "=").last.map(String.init)
            }
            #expect(try await arrive("new@x.io", sub: "1") == "SIGN_UP_CLOSED")
            #expect(try await arrive("new@y.io", sub: "1") == "EMAIL_OF_ANOTHER_DOMAIN")
            #expect(try await arrive("new@x.io.y.io", sub: "1") == "EMAIL_OF_ANOTHER_DOMAIN")
            #expect(try await arrive("admin@x.io", sub: "2", verified: false) == "EMAIL_NOT_VERIFIED")
            // Who belongs to another tenant too is not this one's to let in.
            _ = try await app.people.admit("both@x.io", name: nil, password: nil, to: "default", as: .member)
            _ = try await app.people.admit("both@x.io", name: nil, password: nil, to: "elsewhere", as: .member)
            #expect(try await arrive("both@x.io", sub: "3") == "ACCOUNT_NOT_LINKED")
            _ = try await app.people.admit("other@x.io", name: nil, password: nil, to: "elsewhere", as: .owner)
            #expect(try await arrive("other@x.io", sub: "4") == "ACCOUNT_NOT_LINKED")
            #expect(try await arrive("admin@x.io", sub: "5") == nil)
            // From now on the subject counts, whatever address it comes with.
            #expect(try await arrive("someone@y.io", sub: "5", verified: false) == nil)
            let sent = try await app.client.send(
                "POST", "/manage/api/invitations",
                ["emails": ["new@x.io"], "role": "admin", "organizationId": "default"], headers: owner.bearer)
            #expect(sent.status == 200)
            #expect(try await arrive("new@x.io", sub: "1") == nil)
            let roles = try await app.people.members(of: "default").map {
                "\($0.account.email) \($0.member.role.rawValue)"
            }
            #expect(roles.contains("new@x.io admin"))
        }
    }

    @Test func `pages that are not trusted are nowhere to come back to, and a provider is removed`() async throws {
        try await Self.run { app, provider, owner in
            _ = try await Self.register(app, owner.bearer)
            for (page, status) in [
                ("/projects?x=1", 200), ("http://covey.test/a", 200), ("https://evil.io/", 400), ("//evil.io", 400),
                ("/\\evil.io", 400), ("javascript:alert(1)", 400), ("http://covey.test@evil.io/", 400),
            ] {
                let reply = try await app.client.send(
                    "POST", "/api/auth/sign-in/sso", ["providerId": "corp", "callbackURL": .string(page)])
                #expect(reply.status == status, "\(page) \(reply.text)")
            }
            let refused = try await Journey(app)
            let reply = try await app.client.send(
                "GET", "/api/auth/sso/callback/corp?error=access_denied&state=\(try #require(refused.query["state"]))",
                headers: ["cookie": refused.cookie])
            #expect(reply.headers["location"] == "http://covey.test/?error=access_denied")
            let list = try await app.client.send("GET", "/api/auth/sso/providers", headers: owner.bearer)
            #expect(list.json["providers"]?.array?.count == 1)
            let change = try await app.client.send(
                "POST", "/api/auth/sso/update-provider", ["providerId": "corp", "domain": "y.io"], headers: owner.bearer
            )
            #expect(change.json["domain"] == "y.io" && change.json["oidcConfig"]?["clientId"] == "client")
            _ = try await app.client.send(
                "POST", "/api/auth/sso/delete-provider", ["providerId": "corp"], headers: owner.bearer)
            let gone = try await app.client.send("POST", "/api/auth/sign-in/sso", ["providerId": "corp"])
            #expect(gone.status == 404 && gone.json["code"] == "NO_PROVIDER_FOUND")
            _ = provider
        }
    }

    @Test func `a social provider signs in whose address it is, but not into an account that waits for them`()
        async throws
    {
        try await Self.run { app, provider, owner in
            func arrive(_ email: String, sub: String) async throws -> TestReply {
                var journey = try await Journey(app, "/api/auth/sign-in/social", ["provider": "google"])
                journey.path = "/api/auth/callback/google"
                provider.token.value = try FakeProvider.sign(
                    try journey.claims.merging(["aud": "social", "email": .string(email), "sub": .string(sub)]))
                return try await journey.arrive()
            }
            #expect(Self.session(try await arrive("owner@x.io", sub: "o")) != nil)
            let stranger = try await arrive("new@x.io", sub: "n")
            #expect(stranger.headers["location"]?.hasSuffix("error=SIGN_UP_CLOSED") == true)
            // Made by somebody who only said that the address was theirs.
            try await app.store.writeAccess { access in
                try access.insert(
                    Account(id: "waiting", email: "victim@x.io", name: "V", password: "hash", createdAt: 1))
            }
            let victim = try await arrive("victim@x.io", sub: "v")
            #expect(victim.headers["location"]?.hasSuffix("error=ACCOUNT_NOT_LINKED") == true)
            let providers = try await app.client.send(
                "POST", "/manage/api/users/providers", ["userIds": [.string(owner.id)], "organizationId": "default"],
                headers: owner.bearer)
            #expect(providers.json.array?.first?["providers"] == ["credential", "google"])
        }
    }
}
