import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// What runs may use, and what they used.
@Suite struct BudgetTests {
    static func set(_ world: TestWorld, _ runs: Runs, _ budgets: Budget...) async throws {
        for budget in budgets {
            let row = BudgetRow(id: budget.id, document: budget.document, createdAt: 0, updatedAt: 0)
            _ = try await world.store.putBudget(row, of: "acme")
        }
        try await runs.terms.changed("acme")
    }

    static func budget(
        _ id: String, _ measure: Budget.Measure, _ limit: Int, per holder: Budget.Holder, _ window: Budget.Window? = nil
    ) -> Budget {
        var budget = Budget()
        (budget.id, budget.measure, budget.limit, budget.per) = (id, measure, limit, holder)
        budget.window = window
        return budget
    }

    /// How many accounts there are, of all budgets.
    static func accounts(_ world: TestWorld) async throws -> Int64? {
        let count = Statement("SELECT count(*) FROM budget_use")
        return try await world.store.database.read { try $0.first(count, []) { $0.integer(0) } }
    }

    private static func used(_ world: TestWorld, _ budget: String, since: Int64 = 0, _ subject: String) async throws
        -> Int64
    {
        let account = BudgetAccount(tenant: "acme", budget: budget, since: since, subject: subject)
        return try await world.store.used(of: [account])[0]
    }

    @Test func `a run whose calls of models are used up ends with what it said, and the next turn is refused`()
        async throws
    {
        let world = try await TestWorld()
        let runs = world.runs()
        try await Self.set(world, runs, Self.budget("few", .modelCalls, 2, per: .user, .day))
        world.models.set(
            "router",
            Reply { _, each in
                try await each([.text("So far."), .call("clock", id: "c"), .finished(.toolCalls)])
            })
        let log = try await runs.log(world.turn(conversation: "c1", owner: "ann"))
        #expect(log.briefs.filter { $0.hasPrefix("answered") }.count == 2)
        #expect(log.briefs.last == "finished failed budget")
        let said = try await world.messages("c1")
        #expect(said.last?.hasPrefix("agent router chat: So far.") == true && said.last?.hasSuffix("[budget]") == true)
        await #expect(throws: Problem.self) { try await runs.start(world.turn(owner: "ann")) }
        do {
            _ = try await runs.start(world.turn(owner: "ann"))
        } catch let problem as Problem {
            #expect(problem.status == 429 && problem.detail.contains("'few'"))
            #expect(problem.retryAfter == .seconds(14 * 3600), "until the day ends in UTC")
        }
        // Others have an account of their own, and the next day begins anew.
        world.models.set("router", .text("Hello"))
        #expect(try await runs.log(world.turn(owner: "bob")).briefs.last == "finished completed")
        world.clock.advance(by: .seconds(14 * 3600))
        #expect(try await runs.log(world.turn(owner: "ann")).briefs.last == "finished completed")
    }

    @Test func `tokens are held before a call and settled after it, and a reply gets what is left`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        try await Self.set(world, runs, Self.budget("t", .tokens, 3000, per: .tenant))
        let gate = Gate()
        let began = Gate()
        world.models.set(
            "router",
            Reply { _, each in
                began.open()
                try await gate.wait()
                try await each([
                    .text("Hi"), .usage(Usage(inputTokens: 30, outputTokens: 12)), .finished(.endTurn),
                ])
            })
        let first = try await runs.start(world.turn())
        try await began.wait()
        // All that is left is held, so another call finds nothing, though nothing was used yet.
        let other = try await runs.log(world.turn())
        #expect(other.briefs.last == "finished failed budget")
        gate.open()
        #expect(try await first.all().last?.event.brief == "finished completed")
        #expect(try await Self.used(world, "t", "") == 42)
        let asked = try #require(world.models.requests("router").first)
        let most = try #require(asked.options.parameters["maxOutputTokens"]?.integer)
        #expect(most < 3000 && most > 100)
        #expect(try await runs.log(world.turn()).briefs.last == "finished completed")
    }

    @Test func `money needs prices, is counted in millionths, and what has no price costs nothing known`() async throws
    {
        let world = try await TestWorld()
        let runs = world.runs()
        try await world.store.setPrices(
            [ModelPrice(model: "test/*", inputMicros: 2_000_000, outputMicros: 10_000_000, cachedInputMicros: 500_000)],
            of: "acme", at: 0)
        try await Self.set(world, runs, Self.budget("m", .costMicros, 60_000, per: .project, .month))
        world.models.set(
            "router",
            Reply { _, each in
                let usage = Usage(inputTokens: 1000, outputTokens: 200, cachedInputTokens: 400)
                try await each([.text("Hi"), .usage(usage), .finished(.endTurn)])
            })
        guard
            case .answered(_, let answer)? = try await runs.log(world.turn()).first(where: { $0.brief == "answered 0 " }
            )
        else {
            Issue.record("no answer")
            return
        }
        // 600 × 2 + 400 × 0.5 + 200 × 10 dollars for a million.
        #expect(answer.call?.costMicros == 3400)
        let january: Int64 = 1_767_225_600_000
        #expect(try await Self.used(world, "m", since: january, "shop") == 3400)
        try await Self.set(world, runs, Self.budget("m", .costMicros, 3400, per: .project, .month))
        do {
            _ = try await runs.start(world.turn())
            Issue.record("nothing is left")
        } catch let problem as Problem {
            #expect(problem.status == 402)
        }
    }

    @Test func `each run has its own bounds of tool calls, depth and time, and leaves no account behind`() async throws
    {
        let world = try await TestWorld()
        let runs = world.runs()
        try await Self.set(world, runs, Self.budget("tools", .toolCalls, 1, per: .run))
        world.models.set("router", .calls(.call("clock", id: "a"), .call("clock", id: "b")), .text("done"))
        #expect(try await runs.log(world.turn()).briefs.last == "finished failed budget")
        #expect(world.toolCalls.withLock { $0 }.count <= 1)
        world.models.set("router", .calls(.call("clock", id: "a")), .text("done"))
        #expect(try await runs.log(world.turn()).briefs.last == "finished completed")
        #expect(try await Self.accounts(world) == 0)
        try await Self.set(world, runs, Self.budget("flat", .depth, 0, per: .run))
        world.models.set("router", .calls(.delegate("lookup", "x")), .text("done"))
        let log = try await runs.log(world.turn())
        #expect(log.briefs.contains("tool_ended 0 d1 error") && !log.briefs.contains { $0.hasPrefix("delegated") })
        try await Self.set(world, runs, Self.budget("short", .runMs, 5000, per: .run))
        let began = Gate()
        world.models.set("router", .text("late", after: Gate(), began: began))
        let handle = try await runs.start(world.turn())
        try await began.wait()
        world.clock.advance(by: .seconds(6))
        for run in runs.registry.all { run.endOverdue() }
        #expect(try await handle.all().last?.event.brief == "finished failed budget")
    }

    @Test func `what a dead process held is free again when its time is over, and used no more than it was`()
        async throws
    {
        let world = try await TestWorld()
        let first = world.runs()
        try await Self.set(world, first, Self.budget("t", .modelCalls, 3, per: .tenant))
        let (gate, began) = (Gate(), Gate())
        world.models.set("router", .text("cut", after: gate, began: began))
        _ = try await first.start(world.turn(conversation: "c1"))
        try await began.wait()
        first.registry.all.first?.abandon(because: CancellationError())
        world.models.set("router", .text("whole"))
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        let run = try #require(try await second.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await run.all().last?.event.brief == "finished completed")
        // The same call was made again under its own name: it held one place, not two.
        #expect(try await Self.used(world, "t", "") == 1)
        #expect(try await second.log(world.turn()).briefs.last == "finished completed")
        #expect(try await Self.used(world, "t", "") == 2)
    }

    @Test func `many calls at once never use more than there is`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        try await Self.set(world, runs, Self.budget("t", .modelCalls, 7, per: .tenant))
        world.models.set("router", .text("Hi"))
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    guard let log = try? await runs.log(world.turn()) else { return false }
                    return log.briefs.last == "finished completed"
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(outcomes == 7)
        #expect(try await Self.used(world, "t", "") == 7)
    }

    @Test func `a run without budgets asks and writes nothing for them`() async throws {
        let world = try await TestWorld()
        let counting = CountingDatabase(world.database)
        let runs = world.runs(try await Store.open(counting, containers: []))
        world.models.set("router", .calls(.call("clock", id: "a")), .text("Hi"))
        _ = try await runs.log(world.turn())
        let before = counting.counts
        _ = try await runs.log(world.turn())
        let used = (counting.counts.reads - before.reads, counting.counts.writes - before.writes)
        #expect(used.0 <= 1 && used.1 <= 5, "\(used)")
    }
}
