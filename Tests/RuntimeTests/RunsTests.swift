import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

@Suite struct RunsTests {
    @Test func `a turn is answered, logged and stored`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .pieces("Hel", "lo", "!"))
        let handle = try await world.runs().start(world.turn("Hi", messageID: "m-1"))
        let log = try await handle.all()
        // Words that come while a commit is under way share an event, so only what is not text has a fixed place.
        let briefs = log.map(\.event).briefs
        #expect(briefs.first == "started router")
        #expect(briefs.suffix(2) == ["answered 0 ", "finished completed"])
        #expect(briefs.dropFirst().dropLast(2).map { $0.dropFirst("text 0 ".count) }.joined() == "Hello!")
        #expect(log.map(\.sequence) == Array(1...Int64(log.count)))
        #expect(
            try await world.messages(handle.conversation) == ["user >router chat: Hi", "agent router chat: Hello!"])
        let run = try await world.store.latestRun(world.key(handle.conversation))
        #expect(run?.key.id == handle.run)
        #expect(run?.status == .completed)
        #expect(run?.lease == nil)
        let stored = try await world.store.events(RunKey(tenant: "acme", project: "shop", id: handle.run))
        #expect(try stored.map { try LoggedEvent($0) } == log)
    }

    @Test func `a turn that is not streamed logs its text once`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .pieces("Hel", "lo", "!"))
        let log = try await world.runs().log(world.turn(isStreamed: false))
        #expect(log.briefs == ["started router", "text 0 Hello!", "answered 0 ", "finished completed"])
    }

    @Test
    func `a new conversation is answered with at most two commits, and a read only for the head of a shared branch`()
        async throws
    {
        let world = try await TestWorld()
        let counting = CountingDatabase(world.database)
        let store = try await Store.open(counting, containers: [])
        let runs = world.runs(store)
        world.models.set("router", .text("Hello"))
        _ = try await runs.log(world.turn())
        let (reads, writes) = counting.counts
        _ = try await runs.log(world.turn())
        #expect(counting.counts.reads - reads == (store.isShared ? 1 : 0))
        #expect(counting.counts.writes - writes <= 2)
    }

    @Test func `who has read the end of a turn can send the next message at once`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .text("Hello"))
        for _ in 1...300 { _ = try await runs.log(world.turn(conversation: "c1")) }
        #expect(try await world.store.messages(world.key("c1"), limit: 1000).count == 600)
    }

    @Test func `the next turn sees the conversation before`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .text("Hello Ann"), .text("Ann"))
        let first = try await runs.start(world.turn("I am Ann", conversation: "c1"))
        _ = try await first.all()
        _ = try await runs.log(world.turn("Who am I?", conversation: "c1"))
        let request = try #require(world.models.requests("router").last)
        #expect(
            request.messages == [
                .user(
                    """
                    <conversation_history>
                    user: \"""I am Ann\"""
                    router to User: \"""Hello Ann\"""
                    </conversation_history>
                    """),
                .user([.text("Who am I?")]),
            ])
        #expect(request.system.last?.text == "<core_instructions>\nYou are router.\n</core_instructions>")
    }

    @Test func `talk among sub-agents does not crowd out what the user said`() async throws {
        let world = try await TestWorld()
        world.definition.withLock { definition in
            for position in definition.subAgents.indices {
                definition.subAgents[position].history.limit = 4
                definition.subAgents[position].history.includesInternal = false
            }
        }
        let runs = world.runs()
        world.models.set("lookup", .text("found"))
        let delegating = Reply.calls(.delegate("lookup", "a", id: "a"), .delegate("lookup", "b", id: "b"))
        world.models.set("router", .text("First."), delegating, .text("Second."), .text("Third."))
        for text in ["One", "Two", "Three"] { _ = try await runs.log(world.turn(text, conversation: "c1")) }
        let history = try #require(world.models.requests("router").last?.messages.first?.text)
        #expect(
            history.split(separator: "\n").dropFirst().dropLast() == [
                #"user: """One""""#, #"router to User: """First.""""#, #"user: """Two""""#,
                #"router to User: """Second.""""#,
            ])
    }

    @Test func `a conversation goes on only for its owner, agent and project`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .text("Hello"))
        _ = try await runs.log(world.turn(conversation: "c1", owner: "ann"))
        var foreign = world.turn(conversation: "c1", owner: "ann")
        foreign.branch = BranchKey(tenant: "acme", project: "other")
        let gone = Problem.notFound("Conversation")
        for turn in [foreign, world.turn(conversation: "c1", owner: "bob"), world.turn(conversation: "c1")] {
            await #expect(throws: gone) { try await runs.start(turn) }
        }
        await #expect(throws: gone) { try await runs.latestRun(in: world.key("c1"), subject: "bob") }
        await #expect(throws: gone) { try await runs.cancel(world.key("c1"), subject: nil) }
        #expect(try await runs.latestRun(in: world.key("c1"), subject: "ann") != nil)
        #expect(try await runs.cancel(world.key("c1"), subject: "ann") == false)
        let other = ConversationKey(tenant: "acme", project: "other", id: "c1")
        await #expect(throws: gone) { try await runs.latestRun(in: other, subject: "ann") }
        #expect(try await world.messages("c1").count == 2, "nothing was added")
    }

    @Test func `what cannot be started says why`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .text("Hello"))
        var unknown = world.turn()
        unknown.agent = "nobody"
        await #expect(throws: Problem.notFound("Agent")) { try await runs.start(unknown) }
        await #expect(throws: Problem.badRequest("messageId must match /^[A-Za-z0-9_-]{1,64}$/")) {
            try await runs.start(world.turn(messageID: "a b"))
        }
        await #expect(throws: Problem.badRequest("The message is empty")) { try await runs.start(world.turn("")) }
        _ = try await runs.log(world.turn(messageID: "twice"))
        await #expect(
            throws: Problem.conflict("Message with id 'twice' already exists in this project")
        ) { try await runs.start(world.turn(messageID: "twice")) }
        world.definition.withLock { $0.subAgents = [] }
        let bare = world.runs()
        await #expect(throws: Problem(.notFound, "No default agent found in agent")) {
            try await bare.start(world.turn())
        }
        var chat = world.turn()
        chat.surface = .uiMessages
        await #expect(throws: Problem.badRequest("Agent does not have a default agent configured")) {
            try await bare.start(chat)
        }
        #expect(bare.registry.room == 2 * RuntimeLimits().activeRuns, "a refused turn leaves nothing behind")
    }

    @Test func `one turn at a time in a conversation, and no more runs than allowed`() async throws {
        let world = try await TestWorld()
        var limits = RuntimeLimits()
        limits.activeRuns = 1
        let runs = world.runs(limits: limits)
        let gate = Gate()
        world.models.set("router", .text("Hello", after: gate))
        let first = try await runs.start(world.turn(conversation: "c1"))
        await #expect { try await runs.start(world.turn(conversation: "c1")) } throws: {
            ($0 as? Problem)?.code == .conflict
        }
        await #expect { try await runs.start(world.turn(conversation: "c2")) } throws: {
            ($0 as? Problem)?.code == .serviceUnavailable && ($0 as? Problem)?.retryAfter == .seconds(1)
        }
        gate.open()
        _ = try await first.all()
        #expect(try await runs.log(world.turn(conversation: "c1")).briefs.last == "finished completed")
    }

    @Test func `a transfer changes who answers, now and in the next turn`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .calls(.call("transfer_to_billing")))
        world.models.set("billing", .text("Your bill is 7."), .text("Still 7."))
        let log = try await runs.log(world.turn("My bill?", conversation: "c1"))
        #expect(
            log.briefs == [
                "started router", "answered 0 transfer_to_billing", "tool_ended 0 c1", "transferred 0 router billing",
                "text 0 Your bill is 7.", "answered 0 ", "finished completed",
            ])
        let handedOver = try #require(world.models.requests("billing").first?.messages.last?.text)
        #expect(handedOver.hasPrefix("My bill?\n\n<handover>"))
        #expect(try await world.store.conversation(world.key("c1"))?.activeSubAgent == "billing")
        #expect(try await runs.log(world.turn("Really?", conversation: "c1")).briefs.first == "started billing")
        #expect(try await world.messages("c1").last == "agent billing chat: Still 7.")
    }

    @Test func `an active sub-agent that is gone gives way to the first`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .calls(.call("transfer_to_billing")))
        world.models.set("billing", .text("7"))
        _ = try await world.runs().log(world.turn(conversation: "c1"))
        world.definition.withLock { _ = $0.subAgents.remove(at: 1) }
        world.models.set("router", .text("Here."))
        #expect(try await world.runs().log(world.turn(conversation: "c1")).briefs.first == "started router")
    }

    @Test func `delegations overlap and are stored once each`() async throws {
        let world = try await TestWorld()
        let (lookupBegan, searchBegan) = (Gate(), Gate())
        world.models.set(
            "router", .calls(.delegate("lookup", "find 7", id: "a"), .delegate("search", "find 8", id: "b")),
            .text("Both."))
        // Each worker answers only once the other one has been asked.
        world.models.set("lookup", .text("seven", after: searchBegan, began: lookupBegan))
        world.models.set("search", .text("eight", after: lookupBegan, began: searchBegan))
        let handle = try await world.runs().start(world.turn(conversation: "c1"))
        let log = try await handle.all().map(\.event).briefs
        #expect(log.suffix(3) == ["text 0 Both.", "answered 0 ", "finished completed"])
        #expect(log.contains("returned 1 seven") && log.contains("returned 2 eight"))
        #expect(world.models.requests("lookup").first?.messages == [.user("find 7")])
        let results = try #require(world.models.requests("router").last?.messages.last)
        #expect(results.text == "seven\neight")
        let messages = try await world.messages("c1")
        #expect(messages.count == 6)
        for message in [
            "agent router>lookup a2a-request: find 7", "agent lookup>router a2a-response: seven",
            "agent router>search a2a-request: find 8", "agent search>router a2a-response: eight",
        ] { #expect(messages.filter { $0 == message }.count == 1) }
        #expect(messages.last == "agent router chat: Both.")
    }

    @Test func `tools are called, their failures are told to the model`() async throws {
        let world = try await TestWorld()
        world.models.set(
            "router",
            .calls(.call("clock", id: "a"), .call("pay", ["fails": "No money."], id: "b"), .call("zap", id: "z")),
            .text("Done."))
        let log = try await world.runs().log(world.turn())
        #expect(log.briefs.contains("tool_ended 0 b error"))
        let results = try #require(world.models.requests("router").last?.messages.last)
        #expect(
            results.text == """
                clock done
                No money.
                There is no tool named 'zap'. The tools are: transfer_to_billing, delegate_to_lookup, \
                delegate_to_search, clock, pay, send, compress_context.
                """)
        #expect(Set(world.toolCalls.withLock { $0 }) == ["clock", "pay"])
    }

    @Test func `what is not built is named in a failure that is stored`() async throws {
        let world = try await TestWorld()
        world.definition.withLock { $0.subAgents[0].needs = ["MCP tool 'weather'"] }
        let handle = try await world.runs().start(world.turn(conversation: "c1"))
        let end = try #require(try await handle.all().last?.event)
        guard case .finished(let ended) = end, case .failed(let failure) = ended.outcome else {
            Issue.record("not failed: \(end)")
            return
        }
        #expect(failure.code == "unsupported")
        #expect(failure.message.contains("MCP tool 'weather'"))
        #expect(try await world.messages("c1").last == "agent router chat:  [unsupported]")
    }

    @Test func `a missing model fails the run with its message, and works once it is there`() async throws {
        let world = try await TestWorld()
        world.definition.withLock { $0.subAgents[0].model = nil }
        let runs = world.runs()
        let log = try await runs.log(world.turn(conversation: "c1"))
        guard case .finished(let end) = log.last else { return }
        #expect(
            end.outcome
                == .failed(
                    RunFailure(
                        code: "configuration",
                        message: "Base model configuration is required. Please configure models at the project level."
                    )))
        world.definition.withLock { $0.model = ModelChoice(model: "test/router") }
        world.models.set("router", .text("Now."))
        #expect(try await world.runs().log(world.turn(conversation: "c1")).briefs.last == "finished completed")
    }

    /// So much text that a model has to wait for its commit, and each is an event of its own.
    private static let page = String(repeating: "x", count: 66_000)

    @Test func `readers early and late, fast and slow, get the same events`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let gate = Gate()
        world.models.set(
            "router",
            Reply { _, each in
                for _ in 0..<7 { try await each([.text(Self.page)]) }
                try await gate.wait()
                for _ in 0..<7 { try await each([.text(Self.page)]) }
                try await each([.finished(.endTurn)])
            })
        let handle = try await runs.start(world.turn(conversation: "c1"))
        let early = Task { try await handle.all() }
        let slow = Task {
            var log: [LoggedEvent] = []
            while true {
                let more = try await handle.next(after: log.last?.sequence ?? 0)
                guard let first = more.first else { return log }
                log.append(first)
                await Task.yield()
            }
        }
        gate.open()
        let log = try await early.value
        #expect(log.count == 17)
        #expect(try await slow.value == log)
        let late = try #require(try await runs.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await late.all() == log)
        #expect(try await handle.next(after: 17).isEmpty)
        #expect(
            try await world.runs(owner: "two").follow(run: handle.run, in: world.key("c1"), subject: nil).all() == log)
    }

    @Test func `what has left memory is read from the store`() async throws {
        let world = try await TestWorld()
        var limits = RuntimeLimits()
        limits.feedBytes = 200_000
        let gate = Gate()
        world.models.set(
            "router",
            Reply { _, each in
                for _ in 0..<10 { try await each([.text(Self.page)]) }
                try await gate.wait()
                try await each([.finished(.endTurn)])
            })
        let handle = try await world.runs(limits: limits).start(world.turn())
        let all = Task { try await handle.all() }
        var seen: Int64 = 0
        while seen < 11 { seen = try await handle.next(after: seen).last?.sequence ?? seen }
        #expect(try await handle.next(after: 0).first?.sequence == 1)
        gate.open()
        #expect(try await all.value.map(\.sequence) == Array(1...13))
    }

    @Test func `a reader that leaves does not stop the run`() async throws {
        let world = try await TestWorld()
        let gate = Gate()
        world.models.set("router", .text("Hello", after: gate))
        let handle = try await world.runs().start(world.turn(conversation: "c1"))
        let reader = Task { try await handle.all() }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        gate.open()
        #expect(try await handle.all().last?.event.brief == "finished completed")
    }
}
