import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Testing

@Suite struct QuotaTests {
    private static let secret = "manage-secret-of-the-quotas"

    @Test func `an address whose credentials are refused again and again is looked at no more`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: Self.secret)
        options.rateLimits.refused = RateLimit("refused", 3, per: .seconds(60))
        options.proxies = TrustedProxies([try #require(IPRange("127.0.0.1"))])
        try await TestApp.run(options) { app in
            func status(_ bearer: String, from address: String) async throws -> TestReply {
                try await app.client.send(
                    "GET", tenantPath + "/projects",
                    headers: ["authorization": "Bearer \(bearer)", "x-forwarded-for": address])
            }
            for _ in 0..<3 {
                #expect(try await status("no-such-secret-anywhere", from: "192.0.2.1").status == 401)
            }
            let late = try await status(Self.secret, from: "192.0.2.1")
            #expect(late.status == 429 && late.json["code"] == "too_many_requests")
            #expect(late.headers["retry-after"] == "21" && late.headers["ratelimit-policy"] == "\"refused\";q=3;w=60")
            #expect(try await status(Self.secret, from: "192.0.2.2").status == 200, "others are not concerned")
            #expect(try await status(Self.secret, from: "192.0.2.1, 192.0.2.2").status == 200, "the last hop counts")
            app.clock.advance(by: .seconds(21))
            #expect(try await status(Self.secret, from: "192.0.2.1").status == 200)
        }
    }

    @Test func `of IPv6 a client has a whole network`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: Self.secret)
        options.rateLimits.refused = RateLimit("refused", 2, per: .seconds(60))
        options.proxies = TrustedProxies([try #require(IPRange("127.0.0.1"))])
        try await TestApp.run(options) { app in
            let addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::3:4", "2001:db8:0:1::1"]
            let statuses = try await addresses.asyncMap { address in
                try await app.client.send(
                    "GET", tenantPath + "/projects", headers: ["x-forwarded-for": address]
                ).status
            }
            #expect(statuses == [401, 401, 429, 401])
        }
    }

    @Test func `a visitor who asks too often waits, and all of an app together`() async throws {
        var options = RunnerApp.options()
        options.rateLimits.visitor = RateLimit("visitor", 2, per: .seconds(60))
        options.rateLimits.app = RateLimit("app", 3, per: .seconds(60))
        try await RunnerApp.run(options) { app, manager in
            let id = try await manager.makeWidget()
            func ask(_ token: String) async throws -> TestReply {
                try await app.client.send("GET", "/run/v1/conversations", headers: RunnerApp.page(id, token))
            }
            let ann = try #require(try await app.client.visit(id).json["token"]?.string)
            let ben = try #require(try await app.client.visit(id).json["token"]?.string)
            let first = try await ask(ann)
            #expect(first.status == 200 && first.headers["ratelimit"] == "\"visitor\";r=1;t=1", "\(first.text)")
            #expect(try await ask(ann).status == 200)
            let late = try await ask(ann)
            #expect(late.status == 429 && late.headers["ratelimit-policy"] == "\"visitor\";q=2;w=60")
            let other = try await ask(ben)
            #expect(other.status == 429 && other.headers["ratelimit-policy"] == "\"app\";q=3;w=60")
            let key = try await manager.makeKey().key
            let machine = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.bearer(key))
            #expect(machine.status == 200, "a key is no visitor: \(machine.text)")
            app.clock.advance(by: .seconds(60))
            #expect(try await ask(ben).status == 200)
        }
    }

    @Test func `who is no trusted proxy is not believed about whom it asks for`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: Self.secret)
        options.rateLimits.refused = RateLimit("refused", 2, per: .seconds(60))
        try await TestApp.run(options) { app in
            let statuses = try await (1...4).asyncMap { number in
                try await app.client.send(
                    "GET", tenantPath + "/projects", headers: ["x-forwarded-for": "192.0.2.\(number)"]
                ).status
            }
            #expect(statuses == [401, 401, 429, 429])
        }
    }
}

extension Sequence {
    /// What an asynchronous function makes of each element, one after the other.
    fileprivate func asyncMap<T>(_ make: (Element) async throws -> T) async rethrows -> [T] {
        var made: [T] = []
        for element in self { made.append(try await make(element)) }
        return made
    }
}
