import Access
import Catalog
import CoveyTesting
import Foundation
import HTTP
import Outbound
import Testing

/// Signing in at a real OpenID provider on loopback: one from PyPI, on authlib.
struct OpenIDProviderTests {
    /// The provider, running until it is let go.
    private struct Provider {
        private let program: PythonProgram
        let issuer: String

        init() async throws {
            program = try await PythonProgram.start("openid_provider.py")
            issuer = "http://localhost:\(try program.port())"
        }
    }

    private static let http = HTTPClient.live(policy: .unrestricted)

    /// Goes from Covey to the provider, signs in there as `user`, and comes back; answers the last reply.
    private static func journey(_ app: TestApp, as user: String) async throws -> TestReply {
        let begun = try await app.client.send("POST", "/api/auth/sign-in/sso", ["providerId": "corp"])
        let address = try #require(begun.json["url"]?.string, "\(begun.text)")
        let cookie = String(try #require(begun.headers["set-cookie"]).prefix { $0 != ";" })
        let form = Array("sub=\(user.replacing("@", with: "%40"))".utf8)
        let granted = try await http.send(
            HTTPRequest(
                method: "POST", url: address, headers: ["content-type": "application/x-www-form-urlencoded"],
                body: form))
        let back = try #require(granted.headers["location"], "\(granted.status)")
        let path = try #require(back.firstRange(of: "/api/auth/sso/callback/corp")).lowerBound
        return try await app.client.send("GET", String(back[path...]), headers: ["cookie": cookie])
    }

    private static func put(_ address: String, _ method: String = "PUT", _ body: JSONValue = [:]) async throws {
        var request = HTTPRequest(method: method, url: address, headers: [:], body: body.jsonBytes)
        request.headers["content-type"] = "application/json"
        let response = try await http.send(request)
        try #require(response.status == 204, "\(response.status)")
    }

    @Test(.enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(8)))
    func `people sign in at a real provider, also after it has changed its key`() async throws {
        let provider = try await Provider()
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: "manage-secret-of-people")
        options.publicURL = "http://covey.test"
        options.usesLiveClock = true
        options.identityClient = .live(policy: .development)
        let issuer = provider.issuer
        try await TestApp.run(options) { app in
            let registered = try await app.client.send(
                "POST", "/api/auth/sso/register",
                [
                    "providerId": "corp", "issuer": .string(issuer), "domain": "x.io", "organizationId": "default",
                    "autoProvision": true, "clientId": "covey", "clientSecret": "secret of covey",
                ], headers: ["authorization": "Bearer manage-secret-of-people"])
            try #require(registered.status == 200, "\(registered.text)")
            try await Self.put(
                "\(issuer)/users/ann%40x.io", "PUT", ["email": "ann@x.io", "email_verified": true, "name": "Ann"])
            let arrived = try await Self.journey(app, as: "ann@x.io")
            #expect(arrived.status == 302 && arrived.headers["location"] == "http://covey.test/", "\(arrived.text)")
            let cookie = try #require(
                arrived.headers.fields.map(\.value).first { $0.hasPrefix("better-auth.session_token=") })
            let me = try await app.client.send(
                "GET", "/manage/api/cli/me", headers: ["cookie": String(cookie.prefix { $0 != ";" })])
            #expect(me.json["user"]?["email"] == "ann@x.io" && me.json["user"]?["name"] == "Ann", "\(me.text)")
            // Of an address that it does not vouch for nobody is let in.
            let unverified = try await Self.journey(app, as: "bob@x.io")
            #expect(unverified.headers["location"]?.hasSuffix("error=EMAIL_NOT_VERIFIED") == true)
            // A new key within the minute is not asked for yet.
            try await Self.put("\(issuer)/rotate", "POST")
            let rotated = try await Self.journey(app, as: "ann@x.io")
            #expect(rotated.headers["location"]?.hasSuffix("error=INVALID_ID_TOKEN") == true)
        }
        withExtendedLifetime(provider) {}
    }
}
