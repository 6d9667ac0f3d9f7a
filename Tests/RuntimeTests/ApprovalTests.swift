import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// A person is asked before a tool is called.
@Suite struct ApprovalTests {
    private static let ask = Reply { request, each in
        guard case .toolResults(let results)? = request.messages.last else {
            try await each([
                .text("I would."), .call("send", ["to": "Ann"], id: "s"), .call("clock", id: "k"),
                .finished(.toolCalls),
            ])
            return
        }
        try await each([.text(results.map(\.outputText).joined(separator: "; ")), .finished(.endTurn)])
    }

    private func waiting(_ world: TestWorld, _ runs: Runs) async throws -> RunHandle {
        world.models.set("router", Self.ask)
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await handle.reach(.suspended)
        // Once more it is looked whether anybody has decided meanwhile.
        await runs.claims.drain()
        return handle
    }

    private func row(_ world: TestWorld, _ handle: RunHandle) async throws -> RunRow {
        try #require(try await world.store.run(handle.key))
    }

    @Test func `a run that waits is in no memory and has no lease, and goes on where it was`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let handle = try await waiting(world, runs)
        #expect(runs.registry.all.isEmpty)
        let row = try await row(world, handle)
        #expect(row.status == .waiting && row.lease == nil)
        #expect(world.toolCalls.withLock { $0 } == ["clock"])
        let decision = RunApprovalDecision(callID: "s", isApproved: true, by: "me")
        #expect(try await runs.decide(decision, in: row) == .taken)
        #expect(
            try await handle.all().map(\.event.brief) == [
                "started router", "text 0 I would.", "answered 0 send,clock", "approval_requested 0 s policy",
                "tool_started 0 k", "tool_ended 0 k", "suspended", "approval_decided 0 s true", "tool_started 0 s",
                "tool_ended 0 s", "text 0 \n\nsend done; clock done", "answered 0 ", "finished completed",
            ])
        #expect(try await world.messages("c1").last == "agent router chat: I would.\n\nsend done; clock done")
        #expect(try await world.store.letters(of: handle.key).isEmpty)
    }

    @Test func `a refusal reaches the model with its reason, and the call is never made`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let handle = try await waiting(world, runs)
        let no = RunApprovalDecision(callID: "s", isApproved: false, reason: "Wrong person.", by: "me")
        #expect(try await runs.decide(no, in: row(world, handle)) == .taken)
        _ = try await handle.all()
        let answer = try #require(try await world.messages("c1").last)
        #expect(answer.contains("declined the call of 'send'") && answer.contains("Wrong person."))
        #expect(world.toolCalls.withLock { $0 } == ["clock"])
        #expect(try await runs.decide(no, in: row(world, handle)) == .alreadyDecided)
    }

    @Test func `a person may change the arguments, and the model reads what was called`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let handle = try await waiting(world, runs)
        let decision = RunApprovalDecision(callID: "s", isApproved: true, input: ["to": "Bob"], by: "me")
        #expect(try await runs.decide(decision, in: row(world, handle)) == .taken)
        _ = try await handle.all()
        let asked = try #require(world.models.requests("router").last)
        let calls = asked.messages.compactMap { message -> [ToolCall]? in
            if case .assistant(_, let calls) = message { calls } else { nil }
        }
        #expect(calls.last?.map(\.input) == [["to": "Bob"], [:]])
    }

    @Test func `another process may decide, days later and after a restart`() async throws {
        let world = try await TestWorld()
        let handle = try await waiting(world, world.runs())
        world.clock.advance(by: .seconds(3 * 86_400))
        let other = world.runs(owner: "two")
        await other.recover()
        #expect(other.registry.all.isEmpty, "nobody claims a run that waits")
        let decision = RunApprovalDecision(callID: "s", isApproved: true, by: "me")
        #expect(try await other.decide(decision, in: row(world, handle)) == .taken)
        let run = try #require(try await other.latestRun(in: world.key("c1"), subject: nil))
        let log = try await run.all().map(\.event)
        #expect(log.last?.brief == "finished completed")
        #expect(!log.contains { $0.brief.hasPrefix("resumed") }, "nothing was cut off")
    }

    @Test func `a decision that was taken is not lost when the process dies before it reads it`() async throws {
        let world = try await TestWorld()
        let handle = try await waiting(world, world.runs())
        let letter = Letter.decision(RunApprovalDecision(callID: "s", isApproved: true, by: "me"))
        #expect(
            try await world.store.send(RunLetter(id: letter.id, at: 1, body: letter.json), to: handle.key))
        #expect(try await row(world, handle).status == .running, "whoever comes claims it")
        let next = world.runs(owner: "two")
        await next.recover()
        let run = try #require(try await next.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await run.all().last?.event.brief == "finished completed")
        #expect(world.toolCalls.withLock { $0 } == ["clock", "send"])
    }

    @Test func `two decisions at once: one counts`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let handle = try await waiting(world, runs)
        let row = try await row(world, handle)
        let outcomes = try await withThrowingTaskGroup(of: Runs.Decided.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await runs.decide(
                        RunApprovalDecision(callID: "s", isApproved: true, by: "person \(number)"), in: row)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .taken } >= 1)
        let log = try await handle.all().map(\.event)
        #expect(log.count { $0.brief.hasPrefix("approval_decided") } == 1)
        #expect(world.toolCalls.withLock { $0.count { $0 == "send" } } == 1)
    }

    @Test func `what nobody decides on is refused when its time is up`() async throws {
        let world = try await TestWorld()
        var limits = RuntimeLimits()
        limits.approvalMs = 60_000
        let runs = world.runs(limits: limits)
        let handle = try await waiting(world, runs)
        #expect(try await world.store.wakeOverdue(now: world.clock.runtime.now()) == 0)
        world.clock.advance(by: .seconds(61))
        #expect(try await world.store.wakeOverdue(now: world.clock.runtime.now()) == 1)
        await runs.claimUnfinished()
        _ = try await handle.all()
        #expect(try await world.messages("c1").last?.contains("Tool approval timeout for send (s)") == true)
    }

    @Test func `a run that was woken for nothing waits again`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let handle = try await waiting(world, runs)
        let nothing = RunLetter(id: "what", at: 1, body: ["type": "unknown"])
        #expect(try await world.store.send(nothing, to: handle.key))
        await runs.claimUnfinished()
        #expect(try await row(world, handle).status == .waiting)
        #expect(try await world.store.letters(of: handle.key).isEmpty)
        #expect(try await handle.log().count == 7)
    }

    @Test func `a new message ends what waited, and a cancel does`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let first = try await waiting(world, runs)
        world.models.set("router", .text("Hello."))
        _ = try await runs.start(world.turn("Forget it", conversation: "c1")).all()
        #expect(try await first.all().last?.event.brief == "finished cancelled")
        #expect(
            try await world.messages("c1") == [
                "user >router chat: Hello", "assistant router tool-result: clock done",
                "agent router chat: I would. [cancelled]", "user >router chat: Forget it",
                "agent router chat: Hello.",
            ])
        let second = try await waiting(world, runs)
        #expect(try await runs.cancel(world.key("c1"), subject: nil))
        #expect(try await second.all().last?.event.brief == "finished cancelled")
        #expect(!world.toolCalls.withLock { $0.contains("send") })
    }

    @Test func `only calls that wait can be decided on`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let handle = try await waiting(world, runs)
        let row = try await row(world, handle)
        await #expect(throws: Problem.self) {
            try await runs.decide(RunApprovalDecision(callID: "k", isApproved: true), in: row)
        }
        await #expect(throws: Problem.self) {
            try await runs.decide(RunApprovalDecision(callID: "none", isApproved: true), in: row)
        }
    }
}
