import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// The process dies after any of its commits, and another one goes on.
@Suite struct RecoveryTests {
    /// Plays a turn with a tool, two delegations and a transfer, loses the database after `commits` commits, and lets a
    /// second process pick up what is left.
    private func crash(after commits: Int, isStreamed: Bool) async throws -> (TestWorld, RunHandle?) {
        let world = try await TestWorld()
        world.models.set(
            "router",
            Reply { request, each in
                // Depends on the request alone, as the first process may have asked already.
                guard request.messages.count > 1 else {
                    try await each([.text("Let me see.")])
                    try await each([
                        .call("clock", id: "a"), .delegate("lookup", "7", id: "b"), .delegate("search", "8", id: "c"),
                        .finished(.toolCalls),
                    ])
                    return
                }
                try await each([.call("transfer_to_billing", id: "t"), .finished(.toolCalls)])
            })
        world.models.set("lookup", .text("seven"))
        world.models.set("search", .text("eight"))
        world.models.set("billing", .pieces("The ", "end."))
        let dying = try await DyingDatabase.store(on: world.database, commits: commits)
        let first = try? await world.runs(dying).start(world.turn("Go", conversation: "c1", isStreamed: isStreamed))
        _ = try? await first?.all()
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        guard try await world.store.conversation(world.key("c1")) != nil else { return (world, nil) }
        return (world, try await second.latestRun(in: world.key("c1"), subject: nil))
    }

    @Test(arguments: 0..<16, [true, false])
    func `a run that dies at any commit is finished by the next process`(commits: Int, isStreamed: Bool) async throws {
        let (world, found) = try await crash(after: commits, isStreamed: isStreamed)
        guard let handle = found else {
            #expect(commits == 0, "a turn whose first commit was made is there")
            return
        }
        let log = try await handle.all()
        #expect(log.map(\.sequence) == Array(1...Int64(log.count)))
        #expect(log.last?.event.brief == "finished completed")
        let messages = try await world.messages("c1")
        #expect(messages.first == "user >router chat: Go")
        #expect(messages.last == "agent billing chat: Let me see.\n\nThe end.")
        #expect(messages.filter { $0.contains(" chat: ") }.count == 2)
        #expect(messages.filter { $0 == "agent lookup>router a2a-response: seven" }.count == 1)
        #expect(messages.filter { $0 == "agent router>search a2a-request: 8" }.count == 1)
        var folded = AnswerText()
        for event in log { folded.add(event.event) }
        #expect(folded.text == "Let me see.\n\nThe end.")
        #expect(try await world.store.latestRun(world.key("c1"))?.status == .completed)
    }

    @Test(arguments: [true, false])
    func `a call whose outcome is not known is made again only if it is safe, or a person says so`(
        isApproved: Bool
    ) async throws {
        let world = try await TestWorld()
        let gate = Gate()
        let answer = Reply { request, each in
            guard request.messages.count > 1 else {
                // After the first commit: else the calls may be part of it, and the database is never lost.
                try await gate.wait()
                try await each([
                    .call("pay", ["hangs": "once"], id: "p"), .call("clock", id: "k"), .finished(.toolCalls),
                ])
                return
            }
            try await each([.text(request.messages.last?.text ?? ""), .finished(.endTurn)])
        }
        world.models.set("router", answer)
        let dying = try await DyingDatabase.store(on: world.database, commits: 2)
        let handle = try await world.runs(dying).start(world.turn(conversation: "c1"))
        gate.open()
        _ = try? await handle.all()
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        let run = try #require(try await second.latestRun(in: world.key("c1"), subject: nil))
        try await run.reach(.suspended)
        let waiting = try #require(try await second.waitingRun(in: world.key("c1"), subject: nil))
        #expect(waiting.calls.all.map(\.reason) == [.unknownOutcome])
        let decision = RunApprovalDecision(callID: "p", isApproved: isApproved, reason: "I looked.", by: "me")
        #expect(try await second.decide(decision, in: waiting.run) == .taken)
        #expect(try await run.all().last?.event.brief == "finished completed")
        let text = try #require(try await world.messages("c1").last)
        #expect(text.contains("whether it took effect is unknown") == !isApproved && text.contains("clock done"))
        #expect(text.contains("I looked.") == !isApproved && text.contains("pay done") == isApproved)
        #expect(world.toolCalls.withLock { $0.filter { $0 == "pay" }.count } == (isApproved ? 2 : 1))
    }

    @Test func `a run that keeps killing its process ends as interrupted`() async throws {
        let world = try await TestWorld()
        let never = Gate()
        world.models.set("router", .text("never", after: never))
        let first = world.runs(owner: "p0")
        _ = try await first.start(world.turn(conversation: "c1"))
        for attempt in 1...3 {
            for run in first.registry.all { run.abandon(because: CancellationError()) }
            let next = world.runs(owner: "p\(attempt)")
            world.outliveLease()
            await next.recover()
            if attempt == 3 {
                let run = try #require(try await next.latestRun(in: world.key("c1"), subject: nil))
                #expect(try await run.all().last?.event.brief == "finished failed interrupted")
            }
        }
        #expect(try await world.messages("c1").last == "agent router chat:  [interrupted]")
    }

    @Test func `a run that was given up is taken up again here when its lease has run out`() async throws {
        let world = try await TestWorld()
        let (began, never) = (Gate(), Gate())
        world.models.set("router", .text("never", after: never, began: began), .text("Now."))
        let runs = world.runs()
        _ = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        runs.registry.all.first?.abandon(because: StoreError.full)
        await runs.claimUnfinished()
        #expect(runs.registry.all.isEmpty, "the lease stands")
        world.outliveLease()
        await runs.claimUnfinished()
        let run = try #require(try await runs.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await run.all().last?.event.brief == "finished completed")
    }

    @Test func `a run whose conversation has gone on meanwhile ends as interrupted`() async throws {
        let world = try await TestWorld()
        // On a shared database nobody starts a turn while another process may still be on the one before.
        guard !world.store.isShared else { return }
        let (began, never) = (Gate(), Gate())
        world.models.set("router", .text("never", after: never, began: began))
        let runs = world.runs()
        let first = try await runs.start(world.turn("One?", conversation: "c1"))
        try await began.wait()
        runs.registry.all.first?.abandon(because: StoreError.full)
        let second = try await runs.start(world.turn("Two?", conversation: "c1"))
        world.outliveLease()
        await runs.renewLeases()
        await runs.claimUnfinished()
        let run = try await runs.follow(run: first.run, in: world.key("c1"), subject: nil)
        #expect(try await run.all().last?.event.brief == "finished failed interrupted")
        #expect(runs.registry.all.map(\.key.id) == [second.run])
        #expect(try await runs.cancel(world.key("c1"), subject: nil))
    }

    @Test func `a run whose agent is gone fails with a sentence`() async throws {
        let world = try await TestWorld()
        let dying = try await DyingDatabase.store(on: world.database, commits: 1)
        let gate = Gate()
        world.models.set("router", .text("Hello", after: gate))
        let handle = try await world.runs(dying).start(world.turn(conversation: "c1"))
        gate.open()
        _ = try? await handle.all()
        world.definition.withLock { $0.id = "renamed" }
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        #expect(try await world.messages("c1").last == "agent router chat:  [configuration]")
    }

    @Test func `the time and the files of the user's message survive`() async throws {
        let world = try await TestWorld()
        let dying = try await DyingDatabase.store(on: world.database, commits: 1)
        var turn = world.turn(conversation: "c1")
        turn.parts = [
            .text("What is this?"), .image(Attachment(.base64("iVBORw0KGgo="), mediaType: "image/png"), detail: "low"),
            .file(Attachment(.base64("JVBERi0="), mediaType: "application/pdf", filename: "a.pdf")),
            .file(Attachment(.base64("SGkh"), mediaType: "text/plain", filename: "a.txt")),
        ]
        turn.appPrompt = "Speak of penguins."
        turn.clientTime = ClientTime(timeZone: "Europe/Berlin", timestamp: "2025-03-03T08:05:07.000Z")
        let gate = Gate()
        world.models.set("router", .text("Hello", after: gate))
        let handle = try await world.runs(dying).start(turn)
        gate.open()
        _ = try? await handle.all()
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        _ = try await second.latestRun(in: world.key("c1"), subject: nil)?.all()
        let requests = world.models.requests("router")
        #expect(requests.count == 2)
        #expect(requests.first?.messages == requests.last?.messages)
        #expect(requests.first?.system == requests.last?.system)
        #expect(requests.last?.system.last?.text.hasPrefix("<app_context>\nSpeak of penguins.\n</app_context>") == true)
        #expect(requests.last?.messages.last?.text.contains("Monday, March 3, 2025 at 9:05:07 AM GMT+1") == true)
    }

    @Test func `a lease that was lost stops its run here, and the other's goes on`() async throws {
        let world = try await TestWorld()
        let (began, never) = (Gate(), Gate())
        world.models.set("router", .text("late", after: never, began: began), .text("Mine."))
        let first = world.runs(owner: "one")
        let handle = try await first.start(world.turn(conversation: "c1"))
        try await began.wait()
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        let run = try #require(try await second.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await run.all().last?.event.brief == "finished completed")
        await first.renewLeases()
        #expect(try await handle.all().last?.event.brief == "finished completed", "readers go on with the other")
        never.open()
        #expect(try await world.messages("c1") == ["user >router chat: Hello", "agent router chat: Mine."])
    }
}
