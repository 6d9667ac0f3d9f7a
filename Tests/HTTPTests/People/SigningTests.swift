import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// Accounts, sessions and passwords over the wire (manage spec §3.3, §3.4, §8 checks 1 and 2).
struct SigningTests {
    @Test func `sign up, in and out, with cookie and bearer`() async throws {
        var options = TestApp.Options.forPeople
        options.people.signUp = .open
        try await TestApp.run(options) { app in
            let wish: JSONValue = ["name": "Ann", "email": "Ann@Example.com", "password": .string(goodPassword)]
            let signedUp = try await app.client.send("POST", "/api/auth/sign-up/email", wish)
            let ann = try TestPerson(signedUp)
            #expect(signedUp.status == 200 && signedUp.json["user"]?["email"] == "Ann@Example.com")
            #expect(signedUp.headers["cache-control"] == "no-store")
            let again = try await app.client.send("POST", "/api/auth/sign-up/email", wish)
            #expect(again.status == 422 && again.json["code"] == "USER_ALREADY_EXISTS")

            let other = try await app.signIn("ann@example.COM")
            #expect(other.id == ann.id && other.token != ann.token)
            // The bearer token equals the cookie's, raw or signed.
            #expect(other.cookie.hasPrefix("better-auth.session_token=\(other.token)."))
            let signed = String(other.cookie.dropFirst("better-auth.session_token=".count))
            for headers: HTTPHeaders in [
                other.bearer, other.cookies, ["authorization": "Bearer \(signed)"],
                ["x-forwarded-cookie": other.cookie],
            ] {
                let reply = try await app.client.send("GET", "/api/auth/get-session", headers: headers)
                #expect(reply.json["user"]?["id"] == .string(ann.id), "\(headers) \(reply.text)")
                #expect(reply.json["session"]?["token"] == .string(other.token))
            }
            let out = try await app.client.send("POST", "/api/auth/sign-out", headers: other.cookiesFromPage)
            #expect(out.json == ["success": true] && out.headers["set-cookie"]?.contains("Max-Age=0") == true)
            for headers in [other.bearer, other.cookies, [:]] {
                let reply = try await app.client.send("GET", "/api/auth/get-session", headers: headers)
                #expect(reply.status == 200 && reply.json == .null && reply.text == "null")
            }
            #expect(try await app.client.send("GET", "/api/auth/list-sessions", headers: other.bearer).status == 401)
            #expect(try await app.client.send("GET", "/api/auth/list-sessions", headers: ann.bearer).status == 200)
        }
    }

    @Test func `without an invitation there is no account, and a bad password is told`() async throws {
        try await TestApp.run(.forPeople) { app in
            let path = "/api/auth/sign-up/email"
            let closed = try await app.client.send(
                "POST", path, ["name": "Ann", "email": "ann@x.io", "password": .string(goodPassword)])
            #expect(closed.status == 403 && closed.json["code"] == "SIGN_UP_CLOSED")
            let empty = try await app.client.send("POST", path, [:])
            #expect(empty.status == 400 && empty.json["code"] == "VALIDATION_ERROR")
            #expect(empty.json["message"]?.string?.contains("password: Required") == true)
        }
        var options = TestApp.Options.forPeople
        options.people.signUp = .open
        try await TestApp.run(options) { app in
            for (email, password, code) in [
                ("ann@x.io", "Short-1a", "PASSWORD_TOO_SHORT"), ("ann@x.io", "Password1234567!", "PASSWORD_TOO_WEAK"),
                ("ann", goodPassword, "INVALID_EMAIL"), ("a b@x.io", goodPassword, "INVALID_EMAIL"),
            ] {
                let reply = try await app.client.send(
                    "POST", "/api/auth/sign-up/email",
                    ["name": "Ann", "email": .string(email), "password": .string(password)])
                #expect(reply.status == 400 && reply.json["code"] == .string(code), "\(email) \(reply.text)")
            }
        }
    }

    @Test func `management takes sessions, and who may do what follows from roles`() async throws {
        try await TestApp.run(.forPeople) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            let member = try await app.person("member@x.io")
            let stranger = try await app.person("stranger@x.io", in: "elsewhere")
            let project: JSONValue = ["id": "p", "name": "P", "models": ["base": ["model": "mock/m"]]]
            let path = tenantPath + "/projects"
            #expect(try await app.client.send("POST", path, project, headers: member.bearer).status == 403)
            #expect(try await app.client.send("POST", path, project, headers: owner.bearer).status == 201)
            #expect(try await app.client.send("GET", path + "/p", headers: owner.cookies).status == 200)
            #expect(try await app.client.send("GET", path + "/p", headers: member.cookies).status == 404)
            #expect(try await app.client.send("GET", path + "/p", headers: stranger.bearer).status == 404)
            #expect(try await app.client.send("GET", path, headers: stranger.bearer).status == 403)
            let asKey: HTTPHeaders = ["x-api-key": owner.token]
            #expect(try await app.client.send("GET", path + "/p", headers: asKey).status == 200)
            let wrong = try await app.client.send("GET", path, headers: ["authorization": "Bearer \(goodPassword)"])
            #expect(wrong.status == 401 && wrong.json["code"] == "unauthorized")
            let everything = try await app.client.send("GET", path, headers: TestApp.operatorHeaders)
            #expect(everything.status == 200)

            let me = try await app.client.send("GET", "/manage/api/cli/me", headers: stranger.bearer)
            #expect(
                me.json["organization"] == [
                    "id": "elsewhere", "name": "elsewhere", "slug": "elsewhere", "role": "member",
                ])
            #expect(me.json["user"]?["email"] == "stranger@x.io" && me.json["user"]?["name"] == "A Tester")
        }
    }

    @Test func `a cookie changes something only for pages that are trusted`() async throws {
        var options = TestApp.Options.forPeople
        options.people.consoleURL = "https://console.test"
        options.people.trustedOrigins = ["https://other.test:8443/"]
        try await TestApp.run(options) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            let project: JSONValue = ["id": "p", "name": "P", "models": ["base": ["model": "mock/m"]]]
            for (origin, status) in [
                (nil, 403), ("null", 403), ("https://covey.test", 403), ("http://covey.test.evil.io", 403),
                ("http://covey.test:80", 201), ("https://console.test", 409), ("https://other.test:8443", 409),
            ] {
                var headers = owner.cookies
                headers["origin"] = origin
                let reply = try await app.client.send("POST", tenantPath + "/projects", project, headers: headers)
                #expect(reply.status == status, "\(origin ?? "none"): \(reply.text)")
                if status == 403 { #expect(reply.json["reason"] == "INVALID_ORIGIN") }
            }
            // Reading needs none; a bearer token is sent by nobody's browser on its own.
            #expect(try await app.client.send("GET", tenantPath + "/projects/p", headers: owner.cookies).status == 200)
            let path = "/api/auth/sign-in/email"
            let login: JSONValue = ["email": "owner@x.io", "password": .string(goodPassword)]
            let foreign = try await app.client.send("POST", path, login, headers: ["origin": "https://evil.io"])
            #expect(foreign.status == 403 && foreign.json["code"] == "INVALID_ORIGIN")
            #expect(try await app.client.send("POST", path, login).status == 200)
        }
    }

    @Test func `sessions slide for a week, and end at once when they are revoked`() async throws {
        try await TestApp.run(.forPeople) { app in
            let ann = try await app.person("ann@x.io")
            let phone = try await app.signIn("ann@x.io")
            func isIn(_ person: TestPerson) async throws -> Bool {
                try await app.client.send("GET", "/api/auth/get-session", headers: person.bearer).json != .null
            }
            // Each day of use moves the end; the other session ends a week after it was begun.
            for _ in 0..<10 {
                app.clock.advance(by: .seconds(86_400))
                #expect(try await isIn(ann))
            }
            #expect(try await !isIn(phone))
            let laptop = try await app.signIn("ann@x.io")
            let list = try await app.client.send("GET", "/api/auth/list-sessions", headers: ann.bearer).json.array
            let ids = try #require(list).compactMap { $0["token"]?.string }
            #expect(ids.count == 2 && ids.contains(ann.token) && !ids.contains(laptop.token))
            let other = try #require(ids.first { $0 != ann.token })
            let bob = try await app.person("bob@x.io")
            let body: JSONValue = ["token": .string(other)]
            // Nobody ends a session of somebody else.
            #expect(
                try await app.client.send("POST", "/api/auth/revoke-session", body, headers: bob.bearer).status == 200)
            #expect(try await isIn(laptop))
            #expect(
                try await app.client.send("POST", "/api/auth/revoke-session", body, headers: ann.bearer).status == 200)
            #expect(try await !isIn(laptop))
            let tablet = try await app.signIn("ann@x.io")
            _ = try await app.client.send("POST", "/api/auth/revoke-other-sessions", headers: tablet.bearer)
            #expect(try await !isIn(ann))
            #expect(try await isIn(tablet))
        }
    }

    @Test func `guessing is locked out, for longer each time, and the owner gets in again`() async throws {
        try await TestApp.run(.forPeople) { app in
            _ = try await app.person("ann@x.io")
            let path = "/api/auth/sign-in/email"
            func attempt(_ password: String, _ email: String = "ann@x.io") async throws -> TestReply {
                try await app.client.send(
                    "POST", path, ["email": .string(email), "password": .string(password)])
            }
            for email in ["ann@x.io", "nobody@x.io"] {
                for _ in 0..<5 {
                    let reply = try await attempt("Wrong-Horse-9-Battery", email)
                    #expect(reply.status == 401 && reply.json["code"] == "INVALID_EMAIL_OR_PASSWORD")
                }
                for seconds in ["1", "2", "4"] {
                    #expect(try await attempt("Wrong-Horse-9-Battery", email).status == 401)
                    // Even the right password waits.
                    let locked = try await attempt(goodPassword, email)
                    #expect(locked.status == 429 && locked.json["code"] == "TOO_MANY_ATTEMPTS")
                    #expect(locked.headers["retry-after"] == seconds)
                    app.clock.advance(by: .seconds(try #require(Int(seconds))))
                }
            }
            #expect(try await attempt(goodPassword).status == 200)
            // The account is free again; the address has its own count.
            #expect(try await attempt("Wrong-Horse-9-Battery").status == 401)
            let record = try await app.audited()
            #expect(record.count { $0 == "sign-in refused" } == 9 && record.contains("sign-in done"))
        }
    }

    @Test func `a password is changed, and set anew by a link that is good once`() async throws {
        try await TestApp.run(.forPeople) { app in
            let admin = try await app.person("admin@x.io", as: .admin)
            let ann = try await app.person("ann@x.io")
            let phone = try await app.signIn("ann@x.io")
            func change(_ old: String, _ new: String) async throws -> TestReply {
                try await app.client.send(
                    "POST", "/api/auth/change-password",
                    ["currentPassword": .string(old), "newPassword": .string(new), "revokeOtherSessions": true],
                    headers: ann.bearer)
            }
            #expect(
                try await change("Wrong-Horse-9-Battery", "Another-Horse-8-Cell").json["code"] == "INVALID_PASSWORD")
            #expect(try await change(goodPassword, "short").json["code"] == "PASSWORD_TOO_SHORT")
            #expect(try await change(goodPassword, "Another-Horse-8-Cell").json["user"]?["id"] == .string(ann.id))
            let gone = try await app.client.send("GET", "/api/auth/get-session", headers: phone.bearer)
            #expect(gone.json == .null)
            _ = try await app.signIn("ann@x.io", "Another-Horse-8-Cell")

            let links = tenantPath + "/password-reset-links"
            let wish: JSONValue = ["email": "ann@x.io"]
            #expect(try await app.client.send("POST", links, wish, headers: ann.bearer).status == 403)
            let made = try await app.client.send("POST", links, wish, headers: admin.bearer)
            let url = try #require(made.json["url"]?.string, "\(made.text)")
            #expect(url.hasPrefix("http://covey.test/reset-password?token="))
            let token = String(url.dropFirst("http://covey.test/reset-password?token=".count))
            func reset(_ token: String, _ new: String) async throws -> TestReply {
                try await app.client.send(
                    "POST", "/api/auth/reset-password", ["newPassword": .string(new), "token": .string(token)])
            }
            #expect(try await reset(token, "short").json["code"] == "PASSWORD_TOO_SHORT")
            #expect(try await reset(token, "Third-Horse-7-Stable").json == ["status": true])
            #expect(try await reset(token, "Fourth-Horse-6-Stall").json["code"] == "INVALID_TOKEN")
            #expect(try await app.client.send("GET", "/api/auth/get-session", headers: ann.bearer).json == .null)
            _ = try await app.signIn("ann@x.io", "Third-Horse-7-Stable")
            // Half an hour later a link is none, and nobody gets one for who is not theirs.
            let late = try await app.client.send("POST", links, wish, headers: admin.bearer).json["url"]?.string
            app.clock.advance(by: .seconds(1801))
            let lateToken = try #require(late?.split(separator: "=").last)
            #expect(try await reset(String(lateToken), "Fourth-Horse-6-Stall").status == 400)
            _ = try await app.person("owner@x.io", as: .owner)
            _ = try await app.people.admit("ann@x.io", name: nil, password: nil, to: "elsewhere", as: .member)
            for (email, status) in [("owner@x.io", 403), ("ann@x.io", 403), ("nobody@x.io", 404)] {
                let reply = try await app.client.send(
                    "POST", links, ["email": .string(email)], headers: admin.bearer)
                #expect(reply.status == status, "\(email) \(reply.text)")
            }
            for email in ["ann@x.io", "nobody@x.io"] {
                let reply = try await app.client.send(
                    "POST", "/api/auth/request-password-reset", ["email": .string(email)])
                #expect(reply.status == 200 && reply.json == ["status": true])
            }
            let record = try await app.audited()
            for line in [
                "change-password refused", "change-password done", "make-password-link done",
                "reset-password done", "request-password-reset done",
            ] {
                #expect(record.contains(line), "\(line): \(record)")
            }
        }
    }

    @Test func `cookies of https are for https, and replicas know each other's`() async throws {
        var options = TestApp.Options.forPeople
        options.publicURL = "https://covey.example"
        try await TestApp.run(options) { app in
            let ann = try await app.person("ann@x.io")
            #expect(ann.cookie.hasPrefix("__Secure-better-auth.session_token="))
            var replica = TestApp.Options.forPeople
            replica.publicURL = "https://covey.example"
            replica.databaseURL = app.databaseURL
            replica.folder = app.folder
            try await TestApp.run(replica) { other in
                let reply = try await other.client.send("GET", "/api/auth/get-session", headers: ann.cookies)
                #expect(reply.json["user"]?["id"] == .string(ann.id), "\(reply.text)")
            }
            // The key of the signatures is kept sealed.
            let kept = try await app.store.serverSecret("auth", orKeep: { "none" }, at: 0)
            #expect(kept.hasPrefix("v1."))
        }
    }
}
