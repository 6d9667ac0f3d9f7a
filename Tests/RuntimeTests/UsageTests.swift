import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// The totals that runs add to as they end.
@Suite struct UsageTests {
    private static let day: Int64 = 1_767_607_200_000 / UsageRow.dayMs

    @Test func `runs add up by day, agent, model and user in the commit of their end`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        try await world.store.setPrices(
            [ModelPrice(model: "test/lookup", inputMicros: 1_000_000, outputMicros: 1_000_000)], of: "acme", at: 0)
        world.models.set("lookup", .text("found"))
        for user in ["ann", "bob", "ann"] {
            world.models.set("router", .calls(.delegate("lookup", "x"), .call("clock", id: "t")), .text("done"))
            #expect(try await runs.log(world.turn(owner: user)).briefs.last == "finished completed")
        }
        world.models.set("router", .fails(.auth))
        #expect(try await runs.log(world.turn(owner: "bob")).briefs.last == "finished failed auth")
        func totals(_ groups: Set<UsageQuery.Group>, user: String? = nil) async throws -> [UsageTotal] {
            let query = UsageQuery(
                project: "shop", from: Self.day, through: Self.day, groups: groups, user: user)
            return try await world.store.usage(of: "acme", query).0
        }
        let all = try #require(try await totals([]).first).counts
        #expect(all.runs == 4 && all.failedRuns == 1 && all.toolCalls == 3)
        #expect(all.modelCalls == 10 && all.inputTokens == 18 && all.outputTokens == 12)
        #expect(all.costMicros == 15 && all.unpricedCalls == 3)
        let models = try await totals([.model, .day])
        #expect(models.map(\.model) == ["", "test/lookup", "test/router"] && models.allSatisfy { $0.day == Self.day })
        #expect(models[0].counts.runs == 4 && models[1].counts.modelCalls == 3 && models[2].counts.modelCalls == 7)
        let users = try await totals([.user])
        #expect(users.map(\.user) == ["ann", "bob"] && users.map(\.counts.runs) == [2, 2])
        #expect(try await totals([.agent], user: "ann").map(\.counts.runs) == [2])
        let others = UsageQuery(project: "other", from: 0, through: .max)
        #expect(try await world.store.usage(of: "acme", others).0.isEmpty)
        #expect(try await world.store.usage(of: "acme", UsageQuery(from: 0, through: .max)).0.map(\.counts.runs) == [4])
    }

    @Test func `answers that were refused before anybody saw them are used all the same`() async throws {
        for isKept in [true, false] {
            let world = try await TestWorld()
            world.definition.withLock {
                $0.subAgents[0].contract = ContractRules(requiresTransfer: true, retries: 1)
            }
            try await world.store.setPrices(
                [ModelPrice(model: "test/router", inputMicros: 1_000_000, outputMicros: 1_000_000)], of: "acme", at: 0)
            world.models.set("billing", .text("Paid."))
            world.models.set(
                "router", .text("No."), isKept ? .calls(.call("transfer_to_billing", id: "t")) : .text("No."))
            let log = try await world.runs().log(world.turn())
            #expect(log.briefs.last == (isKept ? "finished completed" : "finished failed contract_violation"))
            guard case .finished(let end)? = log.last else { return #expect(Bool(false), "\(log.briefs)") }
            let total = try await world.store.usage(
                of: "acme", UsageQuery(from: 0, through: .max, groups: [.model])
            ).0.filter { $0.model == "test/router" }
            let counts = try #require(total.first).counts
            #expect(counts.modelCalls == 2 && counts.inputTokens == (isKept ? 3 : 6), "\(counts)")
            #expect(counts.costMicros == (isKept ? 5 : 10) && end.usage.inputTokens == 6)
        }
    }

    @Test func `what the last call of a worker used that gave up counts, in totals, budgets and traces`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        try await world.store.setPrices(
            [ModelPrice(model: "test/*", inputMicros: 1_000_000, outputMicros: 1_000_000)], of: "acme", at: 0)
        try await BudgetTests.set(world, runs, BudgetTests.budget("t", .tokens, 100_000, per: .tenant))
        world.models.set(
            "lookup",
            Reply { _, each in
                try await each([.usage(Usage(inputTokens: 30, outputTokens: 12)), .finished(.contentFilter)])
            })
        world.models.set("router", .calls(.delegate("lookup", "x")), .text("done"))
        let handle = try await runs.start(world.turn())
        let log = try await handle.all().map(\.event)
        #expect(log.briefs.contains("tool_ended 0 d1 error") && log.briefs.last == "finished completed")
        guard case .finished(let end)? = log.last else { return }
        #expect(end.usage.totalTokens == 47)
        let query = UsageQuery(from: 0, through: .max, groups: [.model])
        let total = try await world.store.usage(of: "acme", query).0.first { $0.model == "test/lookup" }
        #expect(total?.counts.modelCalls == 1 && total?.counts.inputTokens == 30 && total?.counts.costMicros == 42)
        let account = BudgetAccount(tenant: "acme", budget: "t", since: 0, subject: "")
        #expect(try await world.store.used(of: [account]) == [47])
        let row = try #require(try await world.store.run(handle.key))
        let trace = try #require(try await runs.trace(of: row, keepsContent: false))
        let calls = trace.spans.filter { $0.kind == .modelCall && $0.name == "test/lookup" }
        #expect(calls.map(\.status) == [.error])
    }

    @Test func `a run that a crash cut in two counts once, with what both parts used`() async throws {
        let world = try await TestWorld()
        let (gate, began) = (Gate(), Gate())
        world.models.set("router", .calls(.call("clock", id: "t")), .text("cut", after: gate, began: began))
        let first = world.runs()
        _ = try await first.start(world.turn(conversation: "c1"))
        try await began.wait()
        first.registry.all.first?.abandon(because: CancellationError())
        world.models.set("router", .text("whole"))
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        let run = try #require(try await second.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await run.all().last?.event.brief == "finished completed")
        let (totals, _) = try await world.store.usage(of: "acme", UsageQuery(from: 0, through: .max, groups: []))
        #expect(totals.map(\.counts.runs) == [1] && totals[0].counts.toolCalls == 1)
        #expect(totals[0].counts.modelCalls == 2, "the call that was cut has no end in the log")
        #expect(totals[0].counts.runMs == Int64(RuntimeLimits().leaseMs) + 1)
    }

    @Test func `a price fits by the whole name first, then by the longest beginning, and is rounded up`() {
        let prices = PriceList([
            ModelPrice(model: "openai/*", inputMicros: 1, outputMicros: 1),
            ModelPrice(model: "openai/gpt-5*", inputMicros: 2_000_000, outputMicros: 3_000_000),
            ModelPrice(model: "openai/gpt-5-mini", inputMicros: 0, outputMicros: 0),
        ])
        let usage = Usage(inputTokens: 10, outputTokens: 10)
        #expect(prices.cost(of: usage, "openai/gpt-5-mini") == 0)
        #expect(prices.cost(of: usage, "openai/gpt-5-large") == 50)
        #expect(prices.cost(of: usage, "openai/o9") == 1, "less than a millionth is one")
        #expect(prices.cost(of: usage, "anthropic/claude") == nil)
        let much = Usage(inputTokens: .max, outputTokens: .max)
        #expect((prices.cost(of: much, "openai/gpt-5-large") ?? 0) > 0, "what is too much does not overflow")
    }
}
