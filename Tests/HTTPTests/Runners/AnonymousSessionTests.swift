import Access
import Catalog
import CoveyTesting
import Cryptography
import Outbound
import Store
import Testing

/// Anonymous visitors of apps (run spec §2.1).
@Suite struct AnonymousSessionTests {
    @Test(.timeLimit(.minutes(8))) func `a visitor is given a token, stays who they are, and chats`() async throws {
        try await RunnerApp.run { app, manager in
            let id = try await manager.makeWidget()
            let first = try await app.client.visit(id)
            try #require(first.status == 200, "\(first.text)")
            let token = try #require(first.json["token"]?.string)
            let made = try claims(token)
            #expect(made["iss"] == "inkeep" && made["type"] == "anonymous" && made["app"] == .string(id))
            #expect(made["tid"] == "default" && made["pid"] == "p")
            let subject = try #require(made["sub"]?.string)
            #expect(
                subject.wholeMatch(of: /anon_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                    != nil, "\(subject)")
            let end = try #require(made["exp"]?.integer)
            #expect(first.json["expiresAt"]?.string == Timestamp.text(Int64(end) * 1000))
            #expect(Int64(end) * 1000 == StepClock.origin + 2_592_000_000)

            app.clock.advance(by: .seconds(3600))
            let again = try await app.client.visit(id, with: token)
            let later = try claims(try #require(again.json["token"]?.string))
            #expect(later["sub"] == .string(subject) && later["exp"]?.integer == end + 3600)
            for wrong in ["nonsense", token + "x", "a.b.c"] {
                let fresh = try await app.client.visit(id, with: wrong)
                #expect(try claims(try #require(fresh.json["token"]?.string))["sub"] != .string(subject))
            }

            let reply = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.page(id, token))
            #expect(reply.status == 200, "\(reply.text)")
            let list = try await app.client.send("GET", "/run/v1/conversations", headers: RunnerApp.page(id, token))
            #expect(list.json["pagination"]?["total"] == 1, "\(list.text)")
            let shown = try await manager.send("GET", tenantPath + "/projects/p/conversations")
            #expect(shown.data["conversations"]?[0]?["userId"] == .string(subject), "\(shown.text)")
            let conversation = try #require(shown.data["conversations"]?[0]?["id"]?.string)
            let row = try await app.store.conversation(.init(tenant: "default", project: "p", id: conversation))
            #expect(row?.metadata?["initiatedBy"] == ["type": "user", "id": .string(subject)])
            #expect(row?.metadata?["externalUserId"] == nil && row?.metadata?["appId"] == .string(id))
        }
    }

    @Test(.timeLimit(.minutes(8))) func `who gets no session is told why, in this order`() async throws {
        try await RunnerApp.run { app, manager in
            let closed = try await manager.makeWidget(anonymous: false)
            let open = try await manager.makeWidget()
            let disabled = try await manager.makeWidget()
            let path = tenantPath + "/projects/p/apps/\(disabled)"
            #expect(try await manager.send("PATCH", path, ["enabled": false]).status == 200)
            let program = try await manager.make(
                "/projects/p/apps", ["name": "P", "type": "api", "config": ["type": "api"]])
            let api = try #require(program["app"]?["id"]?.string)
            func row(_ name: String, _ id: String, _ origin: String?, _ status: Int, _ text: String) -> Scenario {
                Scenario(
                    name, "POST", "/run/auth/apps/\(id)/anonymous-session",
                    headers: RunnerApp.page(id, origin: origin), status: status, contains: [text])
            }
            let elsewhere = "https://evil.example.org"
            try await app.client.check([
                row("unknown", "app_x", elsewhere, 404, "App not found or disabled"),
                row("disabled", disabled, elsewhere, 404, "App not found or disabled"),
                row("a program", api, elsewhere, 400, "Anonymous sessions are only available for web_client apps"),
                row(
                    "no visitors", closed, elsewhere, 401,
                    "Anonymous sessions are disabled for this app. Authentication is required."),
                row("another page", open, elsewhere, 403, "Origin not allowed"),
                row("no page", open, nil, 403, "Origin not allowed"),
                row("a page below", open, "https://a.example.dev", 200, "token"),
                row("a page at the top", open, "https://example.dev", 200, "token"),
                row("a page that looks so", open, "https://badexample.dev", 403, "Origin not allowed"),
                row("a page whose host hides", open, "https://evil.org/docs.example.com", 403, "Origin not allowed"),
                row("a page with a user", open, "https://docs.example.com@evil.org", 403, "Origin not allowed"),
                row("a page with its port", open, "http://localhost:3000", 200, "token"),
                row("a page with another port", open, "http://localhost:3001", 403, "Origin not allowed"),
                row("a page without a host", open, "null", 403, "Origin not allowed"),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `tokens end by time, by app, by subject, and with the app`() async throws {
        let options = RunnerApp.options { $0.anonymousLifetime = .seconds(60) }
        try await RunnerApp.run(options) { app, manager in
            let id = try await manager.makeWidget()
            let other = try await manager.makeWidget()
            func token(_ id: String) async throws -> String {
                try #require(try await app.client.visit(id).json["token"]?.string)
            }
            func status(_ token: String, _ id: String) async throws -> Int {
                try await app.client.send(
                    "GET", "/run/v1/conversations", headers: RunnerApp.page(id, token)
                ).status
            }
            let (one, two, foreign) = (try await token(id), try await token(id), try await token(other))
            #expect(try await [status(one, id), status(two, id)] == [200, 200])
            #expect(try await status(foreign, id) == 401, "a token of another app")

            let sessions = tenantPath + "/projects/p/apps/\(id)/anonymous-sessions"
            let subject = try #require(try claims(one)["sub"]?.string)
            #expect(try await manager.send("DELETE", "\(sessions)?subject=\(subject)").status == 204)
            #expect(try await [status(one, id), status(two, id)] == [401, 200])
            let again = try #require(try await app.client.visit(id, with: one).json["token"]?.string)
            #expect(try claims(again)["sub"] != .string(subject), "what was taken back is not refreshed")

            #expect(try await manager.send("DELETE", sessions).status == 204)
            #expect(try await [status(two, id), status(again, id), status(foreign, other)] == [401, 401, 200])
            let fresh = try await token(id)
            #expect(try await status(fresh, id) == 200, "a token of the same second is good")

            #expect(
                try await manager.send("DELETE", tenantPath + "/projects/q/apps/\(id)/anonymous-sessions").status == 404
            )
            #expect(try await app.client.send("DELETE", sessions).status == 401)

            app.clock.advance(by: .seconds(63))
            #expect(try await status(fresh, id) == 401)
            let path = tenantPath + "/projects/p/apps/\(other)"
            let last = try await token(other)
            #expect(try await status(last, other) == 200)
            #expect(try await manager.send("PATCH", path, ["enabled": false]).status == 200)
            #expect(try await status(last, other) == 401)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `replicas take each other's tokens`() async throws {
        try await RunnerApp.run { app, manager in
            let id = try await manager.makeWidget()
            let token = try #require(try await app.client.visit(id).json["token"]?.string)
            var options = RunnerApp.options()
            options.databaseURL = app.databaseURL
            try await TestApp.run(options) { second in
                let reply = try await second.client.send(
                    "GET", "/run/v1/conversations", headers: RunnerApp.page(id, token))
                #expect(reply.status == 200, "\(reply.text)")
            }
            let sealed = try await app.store.serverSecret("anonymous-sessions", orKeep: { "" }, at: 0)
            #expect(sealed.hasPrefix("v1."))
        }
    }
}
