import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// What goes wrong around a run, and what becomes of it.
@Suite struct RunFaultTests {
    @Test func `a call is made again after a wait that doubles, and as long as the provider asks`() async throws {
        let world = try await TestWorld()
        world.models.set(
            "router", .fails(.overloaded), .fails(.rateLimited, retryAfter: .seconds(7)), .text("At last."))
        let handle = try await world.runs().start(world.turn(conversation: "c1"))
        await world.clock.sleepers(1)
        world.clock.advance(by: .milliseconds(500))
        await world.clock.sleepers(1)
        world.clock.advance(by: .seconds(7))
        let log = try await handle.all().map(\.event)
        #expect(
            log.briefs == [
                "started router", "retried 0 overloaded 1", "retried 0 rate_limited 2", "text 0 At last.",
                "answered 0 ", "finished completed",
            ])
        #expect(world.clock.slept == [.milliseconds(500), .seconds(7)])
        #expect(try await world.messages("c1").last == "agent router chat: At last.")
    }

    @Test(arguments: [
        (ModelFailure.Kind.auth, "auth"), (.contextLength, "context_length"), (.refused, "refused"),
        (.badRequest, "bad_request"), (.notFound, "not_found"),
    ])
    func `what will not pass fails at once, and the conversation goes on`(
        kind: ModelFailure.Kind, code: String
    ) async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .fails(kind), .text("Better."))
        #expect(
            try await runs.log(world.turn("One?", conversation: "c1")).briefs == [
                "started router", "finished failed \(code)",
            ])
        #expect(try await runs.log(world.turn("Two?", conversation: "c1")).briefs.last == "finished completed")
        #expect(
            try await world.messages("c1") == [
                "user >router chat: One?", "agent router chat:  [\(code)]", "user >router chat: Two?",
                "agent router chat: Better.",
            ])
        let history = try #require(world.models.requests("router").last?.messages.first?.text)
        #expect(history.contains(#"router to User: """[The answer broke off: It failed.]""""#))
    }

    @Test func `a stream that is cut keeps the text it showed`() async throws {
        let world = try await TestWorld()
        world.models.set("router", Reply { _, each in try await each([.text("Half a")]) })
        let log = try await world.runs().log(world.turn(conversation: "c1"))
        #expect(log.briefs == ["started router", "text 0 Half a", "finished failed cut"])
        #expect(try await world.messages("c1").last == "agent router chat: Half a [cut]")
    }

    @Test func `a model that hangs is stopped at its time and asked again`() async throws {
        let world = try await TestWorld()
        world.definition.withLock {
            $0.subAgents[0].model = ModelChoice(model: "test/router", providerOptions: ["maxDuration": 5])
        }
        let runs = world.runs()
        let (began, never) = (Gate(), Gate())
        world.models.set("router", .text("never", after: never, began: began), .text("Here."))
        let handle = try await runs.start(world.turn())
        try await began.wait()
        world.clock.advance(by: .seconds(4))
        runs.registry.all.first?.endOverdue()
        #expect(try await handle.next(after: 0).count == 1)
        world.clock.advance(by: .seconds(1))
        runs.registry.all.first?.endOverdue()
        await world.clock.sleepers(1)
        world.clock.advance(by: .seconds(1))
        #expect(
            try await handle.all().map(\.event).briefs == [
                "started router", "retried 0 timed_out 1", "text 0 Here.", "answered 0 ", "finished completed",
            ])
    }

    @Test func `a run ends at its time limit, whatever it does`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let supervision = Task { await runs.supervise() }
        let (began, never) = (Gate(), Gate())
        world.models.set("router", .text("never", after: never, began: began))
        world.definition.withLock { $0.subAgents[0].model?.providerOptions = ["maxDuration": 100_000] }
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        await world.clock.sleepers(1)
        world.clock.advance(by: .milliseconds(RuntimeLimits().runMs))
        #expect(try await handle.all().last?.event.brief == "finished failed timed_out")
        supervision.cancel()
        await supervision.value
    }

    @Test func `a lease that ran out here before it was renewed ends nothing`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let (began, gate) = (Gate(), Gate())
        world.models.set("router", .text("Here.", after: gate, began: began))
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        world.clock.advance(by: .milliseconds(RuntimeLimits().leaseMs + 1))
        await runs.claimUnfinished()
        gate.open()
        #expect(try await handle.all().last?.event.brief == "finished completed")
        #expect(world.models.requests("router").count == 1)
    }

    @Test func `cancelling reaches the model call and keeps the text so far`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let (began, never, stopped) = (Gate(), Gate(), Gate())
        world.models.set(
            "router",
            Reply { _, each in
                try await each([.text("Well, ")])
                began.open()
                do { try await never.wait() } catch {
                    stopped.open()
                    throw error
                }
            })
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        #expect(try await runs.cancel(world.key("c1"), subject: nil))
        try await stopped.wait()
        #expect(try await handle.all().last?.event.brief == "finished cancelled")
        #expect(try await world.messages("c1").last == "agent router chat: Well,  [cancelled]")
        #expect(try await runs.cancel(world.key("c1"), subject: nil) == false)
        world.models.set("router", .text("Again."))
        #expect(try await runs.log(world.turn(conversation: "c1")).briefs.last == "finished completed")
    }

    @Test func `cancelling while tools and workers are busy leaves no call open`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let (began, never) = (Gate(), Gate())
        world.models.set("router", .calls(.call("pay", ["hangs": true], id: "p"), .delegate("lookup", "7", id: "d")))
        world.models.set("lookup", .text("never", after: never, began: began))
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        #expect(try await runs.cancel(world.key("c1"), subject: nil))
        #expect(
            try await handle.all().map(\.event).briefs.suffix(3) == [
                "tool_ended 0 p error", "tool_ended 0 d error", "finished cancelled",
            ])
    }

    @Test func `a tool that hangs is given up at its time`() async throws {
        let world = try await TestWorld()
        var limits = RuntimeLimits()
        limits.toolCallMs = 3000
        let runs = world.runs(limits: limits)
        world.models.set("router", .calls(.call("pay", ["hangs": true])), .text("It took too long."))
        let handle = try await runs.start(world.turn())
        var seen: [LoggedEvent] = []
        while !seen.contains(where: { $0.event.brief == "tool_started 0 c1" }) {
            seen += try await handle.next(after: seen.last?.sequence ?? 0)
        }
        // The tool has begun once it has noted its call.
        while world.toolCalls.withLock({ $0.isEmpty }) { await Task.yield() }
        world.clock.advance(by: .seconds(3))
        runs.registry.all.first?.endOverdue()
        #expect(try await handle.all().last?.event.brief == "finished completed")
        let result = try #require(world.models.requests("router").last?.messages.last)
        #expect(result.text == "The tool did not answer within 3 seconds.")
    }

    @Test(arguments: [
        (StoreError.full, Problem.Code.insufficientStorage), (.unavailable(retryable: false), .serviceUnavailable),
    ])
    func `a store that fails at the start refuses the turn and leaves nothing behind`(
        error: StoreError, code: Problem.Code
    ) async throws {
        let world = try await TestWorld()
        let dying = try await DyingDatabase.store(on: world.database, commits: 0, error: error)
        world.models.set("router", .text("Hello"))
        let runs = world.runs(dying)
        await #expect { try await runs.start(world.turn(conversation: "c1")) } throws: {
            ($0 as? Problem)?.code == code
        }
        #expect(runs.registry.all.isEmpty)
        #expect(try await world.store.conversation(world.key("c1")) == nil)
        #expect(try await world.runs().log(world.turn(conversation: "c1")).briefs.last == "finished completed")
    }

    @Test func `a server that stops lets runs finish and gives up the others`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let (began, never) = (Gate(), Gate())
        world.models.set("router", .text("never", after: never, began: began))
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        let stopping = Task { await runs.shutdown() }
        await world.clock.sleepers(1)
        await #expect { try await runs.start(world.turn()) } throws: { ($0 as? Problem)?.code == .serviceUnavailable }
        world.clock.advance(by: .milliseconds(RuntimeLimits().shutdownMs))
        await stopping.value
        await #expect(throws: CancellationError.self) { try await handle.all() }
        #expect(try await world.store.latestRun(world.key("c1"))?.lease == nil)
        world.models.set("router", .text("Here I am."))
        let next = world.runs(owner: "two")
        world.outliveLease()
        await next.recover()
        let run = try #require(try await next.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await run.all().map(\.event).briefs.contains("resumed 2"))
        #expect(try await world.messages("c1").last == "agent router chat: Here I am.")
    }

    @Test func `a server without runs stops at once`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .text("Hello"))
        let runs = world.runs()
        _ = try await runs.log(world.turn())
        await runs.shutdown()
    }
}
