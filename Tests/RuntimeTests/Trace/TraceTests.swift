import Catalog
import Events
import Models
import Outbound
import Store
import Synchronization
import Testing

@testable import Runtime

/// A run's trace, made of its log.
@Suite struct TraceTests {
    /// A run with everything in it: a retry, a delegation that calls a tool, a tool that fails, a transfer.
    private static func richRun(_ world: TestWorld, _ runs: Runs) async throws -> RunHandle {
        world.models.set(
            "router", .fails(.overloaded),
            .calls(.delegate("lookup", "find it", id: "d"), .call("clock", ["fails": "broken"], id: "t")),
            .calls(.call("transfer_to_billing", id: "x")))
        world.models.set("lookup", .text("found"))
        world.models.set("billing", .pieces("All ", "done"))
        let handle = try await runs.start(world.turn("Hi", owner: "ann"))
        await world.clock.sleepers(1)
        world.clock.advance(by: .seconds(2))
        return handle
    }

    private static func fold(_ log: some Sequence<LoggedEvent>, content: Bool = false) -> RunTrace? {
        var fold = TraceFold(run: "r", keepsContent: content)
        for event in log { fold.add(event) }
        return fold.trace
    }

    /// The spans as `kind name status`, indented by how deep they are.
    private static func outline(_ trace: RunTrace) -> [String] {
        func lines(_ parent: String, _ depth: Int) -> [String] {
            trace.spans.filter { $0.parent == parent }.flatMap { span in
                ["\(String(repeating: " ", count: depth))\(span.kind.rawValue) \(span.name) \(span.status.rawValue)"]
                    + lines(span.id, depth + 1)
            }
        }
        return ["run \(trace.root.name) \(trace.root.status.rawValue)"] + lines(trace.root.id, 1)
    }

    @Test func `a trace shows all that a run did, each in what it was done for`() async throws {
        let world = try await TestWorld()
        let handle = try await Self.richRun(world, world.runs())
        let log = try await handle.all()
        let trace = try #require(Self.fold(log))
        let lines = Self.outline(trace)
        #expect(
            Set(lines) == [
                "run desk ok", " sub_agent router ok", "  model_call test/router error", "  model_call test/router ok",
                "  delegation lookup ok", "   sub_agent lookup ok", "    model_call test/lookup ok",
                "  tool_call clock error", "  transfer router → billing ok", " sub_agent billing ok",
                "  model_call test/billing ok",
            ])
        #expect(lines.count == 12, "two of the router's model calls went well: \(lines)")
        let retried = try #require(trace.spans.first { $0.kind == .modelCall && $0.status == .error })
        #expect(retried.failure?.code == "overloaded" && retried.call?.model == "test/router")
        let billing = try #require(trace.spans.last { $0.kind == .modelCall })
        #expect(billing.usage == Usage(inputTokens: 3, outputTokens: 2) && billing.stop == "end_turn")
        #expect(billing.call?.firstTokenMs == 0 && trace.firstTokenMs == 2000)
        #expect(trace.start.origin.user == "ann")
        #expect(trace.spans.allSatisfy { $0.content.isEmpty }, "contents come only where they are asked for")
        let told = try #require(Self.fold(log, content: true))
        let tool = try #require(told.spans.first { $0.kind == .toolCall })
        #expect(tool.content["input"] == ["fails": "broken"] && tool.content["output"] == "broken")
        #expect(told.spans.first { $0.kind == .delegation }?.content["task"] == "find it")
    }

    @Test func `whatever part of a log there is, its spans hang together, and ids stay`() async throws {
        let world = try await TestWorld()
        let log = try await Self.richRun(world, world.runs()).all()
        let whole = try #require(Self.fold(log))
        for count in 1...log.count {
            let trace = try #require(Self.fold(log.prefix(count)))
            var ids: Set<String> = []
            for span in trace.spans {
                #expect(span.parent == nil ? ids.isEmpty : true, "the run comes first")
                #expect(ids.insert(span.id).inserted, "\(span.name) twice")
                #expect((span.endedAt ?? .max) >= span.startedAt)
            }
            #expect(trace.spans.allSatisfy { span in span.parent.map(ids.contains) ?? (span == trace.root) })
            #expect(ids.isSubset(of: whole.spans.map(\.id)))
            #expect(trace.spans.contains { $0.status == .running } == (count < log.count))
        }
    }

    @Test func `a run that fails or is cancelled leaves nothing open, and says which model failed`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .fails(.auth))
        let failed = try #require(Self.fold(try await runs.start(world.turn()).all()))
        #expect(
            Self.outline(failed) == ["run desk error", " sub_agent router error", "  model_call test/router error"])
        #expect(failed.root.failure?.code == "auth")
        let gate = Gate()
        let began = Gate()
        world.models.set("router", .text("never", after: gate, began: began))
        let handle = try await runs.start(world.turn())
        try await began.wait()
        try await runs.cancel(handle)
        let cancelled = try #require(Self.fold(try await handle.all()))
        #expect(
            Self.outline(cancelled) == [
                "run desk cancelled", " sub_agent router cancelled", "  model_call model cancelled",
            ])
    }

    @Test func `logs from before calls were noted have a trace too`() {
        let usage = Usage(inputTokens: 1, outputTokens: 2)
        let events: [RunEvent] = [
            .started(.sample()), .text(frame: 0, "Hi"),
            .answered(frame: 0, RunAnswer(subAgent: "router", usage: usage, stop: .endTurn)),
            .finished(
                RunEnd(outcome: .completed, subAgent: "router", iteration: 1, stop: .endTurn, usage: usage)),
        ]
        let log = events.enumerated().map { (position, event) in
            LoggedEvent(sequence: Int64(position + 1), at: Int64(position) * 10, event: event)
        }
        let call = Self.fold(log)?.spans.first { $0.kind == .modelCall }
        #expect(call?.startedAt == 0 && call?.endedAt == 20 && call?.name == "model" && call?.usage == usage)
    }

    @Test func `a crash ends the model call that was under way, and its second try is a span of its own`() async throws
    {
        let world = try await TestWorld()
        let (gate, began) = (Gate(), Gate())
        world.models.set("router", .text("cut", after: gate, began: began))
        let first = world.runs()
        let handle = try await first.start(world.turn())
        try await began.wait()
        first.registry.all.first?.abandon(because: CancellationError())
        world.models.set("router", .text("whole"))
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        let row = try #require(
            try await world.store.run(RunKey(tenant: "acme", project: "shop", id: handle.run)))
        _ = try await second.follow(row).all()
        let trace = try #require(try await second.trace(of: row, keepsContent: false))
        let calls = trace.spans.filter { $0.kind == .modelCall }
        #expect(calls.map(\.failure?.code) == ["interrupted", nil])
        #expect(calls.map(\.status) == [.error, .ok])
    }

    @Test func `requests that a run makes belong to its trace, and that to its caller's`() async throws {
        let world = try await TestWorld()
        let parents = Mutex<[String]>([])
        world.models.set(
            "router",
            Reply { _, each in
                parents.withLock { $0.append(OutboundTrace.parent ?? "none") }
                try await each([.text("Hi"), .finished(.endTurn)])
            })
        var turn = world.turn()
        turn.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        let runs = world.runs()
        let handle = try await runs.start(turn)
        let log = try await handle.all()
        var fold = TraceFold(run: handle.run, keepsContent: false)
        for event in log { fold.add(event) }
        let trace = try #require(fold.trace)
        #expect(trace.trace == "0af7651916cd43dd8448eb211c80319c" && trace.root.parent == "b7ad6b7169203331")
        let call = try #require(trace.spans.first { $0.kind == .modelCall })
        #expect(parents.withLock { $0 } == ["00-0af7651916cd43dd8448eb211c80319c-\(call.id)-00"])
        turn.traceparent = "nonsense"
        let alone = try await runs.start(turn)
        guard case .started(let start)? = try await alone.all().first?.event else {
            Issue.record("no beginning")
            return
        }
        #expect(start.origin.traceparent == nil)
    }

    @Test(arguments: [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
        ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-later-versions-add", true),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01", false), ("", false), ("----", false),
    ]) func `a traceparent is read as the standard has it`(header: String, isOne: Bool) {
        #expect((TraceParent(header) != nil) == isOne)
    }
}
