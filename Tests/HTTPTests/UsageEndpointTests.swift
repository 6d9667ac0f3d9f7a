import Catalog
import CoveyTesting
import Outbound
import Testing

/// Usage, prices and budgets over REST.
struct UsageEndpointTests {
    private static let budgets = tenantPath + "/budgets"
    private static let prices = tenantPath + "/prices"

    private static func withAgent(_ body: @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await body(app)
        }
    }

    private static func say(_ app: TestApp, as user: String? = nil) async throws -> TestReply {
        let body: JSONValue = ["messages": messages("Hello"), "stream": false]
        return try await app.client.agent("a", of: "p", as: user).send("POST", "/run/api/chat", body)
    }

    @Test func `prices are set as a whole, and cost what runs use from then on`() async throws {
        try await Self.withAgent { app in
            #expect(try await app.client.send("GET", Self.prices).data == ["prices": []])
            #expect(try await Self.say(app, as: "ann").status == 200)
            let price: JSONValue = [
                "model": "mock/*", "inputMicrosPerMillion": 1_000_000, "outputMicrosPerMillion": 2_000_000,
            ]
            let set = try await app.client.send("PUT", Self.prices, ["prices": [price]])
            #expect(set.status == 200 && set.data["prices"]?[0]?["model"] == "mock/*", "\(set.text)")
            #expect(try await Self.say(app, as: "bob").status == 200)
            let usage = try await app.client.send("GET", tenantPath + "/projects/p/usage?by=user,day").data
            let totals = usage["totals"]?.array ?? []
            #expect(totals.map { $0["userId"] } == ["ann", "bob"] && totals[0]["day"] == "2026-01-05")
            #expect(totals[0]["costMicros"] == .null && (totals[1]["costMicros"]?.integer ?? 0) > 0)
            #expect(usage["sum"]?["runs"] == 2 && usage["sum"]?["unpricedCalls"] == 1)
            let all = try await app.client.send("GET", tenantPath + "/usage?by=project,model").data
            #expect(all["totals"]?.array?.allSatisfy { $0["projectId"] == "p" } == true)
            #expect(all["sum"]?["modelCalls"] == 2 && all["isCut"] == false)
            try await app.client.check([
                Scenario(
                    "twice", "PUT", Self.prices, ["prices": [price, price]], status: 400,
                    contains: ["/prices/1/model"]),
                Scenario(
                    "a broken price", "PUT", Self.prices, ["prices": [["model": "", "inputMicrosPerMillion": -1]]],
                    status: 400, contains: ["/prices/0/model", "inputMicrosPerMillion", "outputMicrosPerMillion"]),
                Scenario("too many days", "GET", tenantPath + "/usage?from=2020-01-01T00:00:00Z", status: 400),
                Scenario("an odd group", "GET", tenantPath + "/usage?by=moon", status: 400, contains: ["/by"]),
                Scenario("no project", "GET", tenantPath + "/projects/q/usage", status: 404),
            ])
            #expect(try await app.client.send("GET", Self.prices).data["prices"]?.array?.count == 1)
        }
    }

    @Test func `a budget is made, changed, kept and deleted, and holds from the next turn on`() async throws {
        try await Self.withAgent { app in
            let budget: JSONValue = ["measure": "modelCalls", "limit": 1, "per": "user", "window": "day"]
            let made = try await app.client.send("PUT", Self.budgets + "/each", budget)
            #expect(made.status == 201 && made.data["id"] == "each" && made.data["projectId"] == .null, "\(made.text)")
            #expect(try await Self.say(app, as: "ann").status == 200)
            let refused = try await Self.say(app, as: "ann")
            #expect(refused.status == 429 && refused.json["budget"] == "each" && refused.headers["retry-after"] != nil)
            #expect(try await Self.say(app, as: "bob").status == 200)
            let more: JSONValue = ["measure": "modelCalls", "limit": 2, "per": "user", "window": "day"]
            #expect(try await app.client.send("PUT", Self.budgets + "/each", more).status == 200)
            #expect(try await Self.say(app, as: "ann").status == 200)
            #expect(try await Self.say(app, as: "ann").status == 429)
            #expect(try await app.client.send("GET", Self.budgets).data["budgets"]?.array?.count == 1)
            #expect(try await app.client.send("DELETE", Self.budgets + "/each").status == 204)
            #expect(try await app.client.send("DELETE", Self.budgets + "/each").status == 404)
            #expect(try await Self.say(app, as: "ann").status == 200)
            try await app.client.check([
                Scenario(
                    "broken", "PUT", Self.budgets + "/x", ["measure": "joy", "limit": -1], status: 400,
                    contains: ["/measure", "/limit", "/per"]),
                Scenario(
                    "depth of a tenant", "PUT", Self.budgets + "/x", ["measure": "depth", "limit": 1, "per": "tenant"],
                    status: 400, contains: ["/per"]),
                Scenario(
                    "days of a run", "PUT", Self.budgets + "/x",
                    ["measure": "tokens", "limit": 1, "per": "run", "window": "day"], status: 400,
                    contains: ["/window"]),
            ])
        }
    }
}
