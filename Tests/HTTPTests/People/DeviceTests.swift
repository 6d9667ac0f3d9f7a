import Catalog
import CoveyTesting
import HTTP
import Outbound
import Testing

/// Device login over the wire (manage spec §3.10, §8 check 16; RFC 8628).
struct DeviceTests {
    private static let grant = "urn:ietf:params:oauth:grant-type:device_code"

    private struct Device: Sendable {
        let app: TestApp
        let code: String
        let userCode: String

        init(_ app: TestApp) async throws {
            self.app = app
            let reply = try await app.client.send("POST", "/api/auth/device/code", ["client_id": "inkeep-cli"])
            #expect(reply.status == 200 && reply.json["interval"] == 5 && reply.json["expires_in"] == 3600)
            code = try #require(reply.json["device_code"]?.string)
            userCode = try #require(reply.json["user_code"]?.string)
            #expect(
                reply.json["verification_uri_complete"] == .string("http://covey.test/device?user_code=\(userCode)"))
        }

        func poll(_ client: String = "inkeep-cli") async throws -> TestReply {
            try await app.client.send(
                "POST", "/api/auth/device/token",
                ["grant_type": .string(DeviceTests.grant), "device_code": .string(code), "client_id": .string(client)])
        }

        func decide(_ word: String, _ headers: HTTPHeaders) async throws -> TestReply {
            try await app.client.send(
                "POST", "/api/auth/device/\(word)", ["userCode": .string(userCode)], headers: headers)
        }
    }

    @Test func `pending, approved, a token that is a session`() async throws {
        try await TestApp.run(.forPeople) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            let device = try await Device(app)
            #expect(device.userCode.count == 8 && device.userCode.allSatisfy { $0.isUppercase || $0.isNumber })
            let pending = try await device.poll()
            #expect(pending.status == 400 && pending.json["error"] == "authorization_pending")
            let hasty = try await device.poll()
            #expect(hasty.json["error"] == "slow_down")
            app.clock.advance(by: .seconds(9))
            #expect(try await device.poll().json["error"] == "slow_down")
            app.clock.advance(by: .seconds(15))
            #expect(try await device.poll().json["error"] == "authorization_pending")

            #expect(try await device.decide("approve", [:]).status == 401)
            // A page from elsewhere must not approve for who is signed in.
            let foreign = owner.cookies.with("origin", "https://evil.io")
            #expect(try await device.decide("approve", foreign).json["code"] == "INVALID_ORIGIN")
            let typed = "\(device.userCode.prefix(4))-\(device.userCode.suffix(4))".lowercased()
            let shown = try await app.client.send("GET", "/api/auth/device?user_code=\(typed)")
            #expect(shown.json["status"] == "pending" && shown.json["user_code"] == .string(device.userCode))
            #expect(try await device.decide("approve", owner.cookiesFromPage).json == ["success": true])
            #expect(try await device.decide("deny", owner.cookiesFromPage).status == 400)

            app.clock.advance(by: .seconds(20))
            #expect(try await device.poll("another-client").json["error"] == "invalid_grant")
            let token = try await device.poll()
            #expect(token.status == 200 && token.json["token_type"] == "Bearer" && token.json["expires_in"] == 604_800)
            let access = try #require(token.json["access_token"]?.string)
            let bearer: HTTPHeaders = ["authorization": "Bearer \(access)"]
            let me = try await app.client.send("GET", "/manage/api/cli/me", headers: bearer)
            #expect(
                me.json["user"] == ["id": .string(owner.id), "email": "owner@x.io", "name": "A Tester"])
            #expect(me.json["organization"]?["role"] == "owner")
            // The code is good once.
            #expect(try await device.poll().json["error"] == "invalid_grant")
            let record = try await app.audited()
            #expect(record.contains("approve-device done"))
        }
    }

    @Test func `denied, expired, unknown, and guessed at`() async throws {
        try await TestApp.run(.forPeople) { app in
            let ann = try await app.person("ann@x.io")
            let denied = try await Device(app)
            _ = try await denied.decide("deny", ann.bearer)
            #expect(try await denied.poll().json["error"] == "access_denied")
            let late = try await Device(app)
            app.clock.advance(by: .seconds(3601))
            #expect(try await late.poll().json["error"] == "expired_token")
            #expect(try await late.decide("approve", ann.bearer).status == 400)
            let grant = try await app.client.send(
                "POST", "/api/auth/device/token",
                ["grant_type": "password", "device_code": "x", "client_id": "inkeep-cli"])
            #expect(grant.json["error"] == "unsupported_grant_type")
            let nothing = try await app.client.send("POST", "/api/auth/device/code", [:])
            #expect(nothing.status == 400 && nothing.json["error"] == "invalid_request")
            var locked = 0
            for guess in 0..<20 {
                let reply = try await app.client.send("GET", "/api/auth/device?user_code=BBBBBB\(10 + guess)")
                if reply.status == 429 { locked += 1 }
            }
            #expect(locked > 0)
        }
    }

    @Test func `the pages of people come whole, and only their own script runs`() async throws {
        try await TestApp.run(.forPeople) { app in
            for path in ["/", "/device", "/setup", "/reset-password"] {
                let page = try await app.client.send("GET", path)
                #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
                #expect(page.headers["cache-control"] == "no-store" && page.headers["referrer-policy"] == "no-referrer")
                let policy = try #require(page.headers["content-security-policy"])
                #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
                #expect(!page.text.contains("http://") && !page.text.contains("https://"))
            }
        }
    }
}
