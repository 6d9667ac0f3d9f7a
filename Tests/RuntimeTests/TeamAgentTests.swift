import Catalog
import Cryptography
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// Tasks that an agent gives to another one of the project (run spec §7.4).
@Suite(.timeLimit(.minutes(2))) struct TeamAgentTests {
    /// The agent of the test world, whose router may also delegate to the agent `books`. Its only sub-agent is `clerk`
    /// with the tool `send`, which needs approval; `clerk` may delegate back to the agent `desk`.
    private static func world() async throws -> TestWorld {
        let world = try await TestWorld()
        var clerk = SubAgentDefinition(
            id: "clerk", name: "Clerk", prompt: "You are clerk.", model: ModelChoice(model: "test/clerk"))
        clerk.tools = [world.tool("send", isSafe: false, needsApproval: true)]
        clerk.components = [ComponentRules(id: "card", name: "Card", description: nil, schema: ["type": "object"])]
        clerk.otherAgents = [team("desk")]
        world.colleagues.withLock { [clerk] in $0 = [AgentDefinition(id: "books", name: "Books", subAgents: [clerk])] }
        world.definition.withLock { $0.subAgents[0].otherAgents = [team("books")] }
        return world
    }

    private static func team(_ id: String) -> OtherAgent {
        TeamAgent(
            id: id, name: id, description: "It is \(id).",
            relations: [(OtherAgent.handsOverTo, [OtherAgent.Named(name: "Auditor", description: "Checks")])],
            headers: ServerHeaders(), keyring: Keyring(.random())
        ).otherAgent(RuntimeLimits())
    }

    /// Asks `books` for each of these at once, and says what came of it.
    private static func asking(_ tasks: String..., then gate: Gate? = nil, began: Gate? = nil) -> Reply {
        Reply { request, each in
            if let results = request.messages.last, case .toolResults = results {
                return try await each([.text(results.text), .finished(.endTurn)])
            }
            began?.open()
            try await gate?.wait()
            let calls = tasks.enumerated().map { ModelEvent.delegate("books", $1, id: "d\($0)") }
            try await each(calls + [.finished(.toolCalls)])
        }
    }

    /// The components are JSON.
    private static func saying(_ text: String) -> Reply {
        .text(#"{"dataComponents":[{"id":"1","name":"Text","props":{"text":"\#(text)"}}]}"#)
    }

    private static func childRuns(_ world: TestWorld) async throws -> [RunRow] {
        try await world.store.runs(tenant: "acme", project: "shop", RunQuery(agent: "books"), limit: 100).runs
    }

    @Test func `another agent does a task in a run and a conversation of its own`() async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("Sum up March"))
        world.models.set("clerk", Self.saying("42 euros"))
        let runs = world.runs()
        var turn = world.turn("How was March?", conversation: "c1", owner: "ann")
        turn.metadata = ["initiatedBy": ["type": "user", "id": "u1"]]
        let log = try await runs.log(turn)
        #expect(
            log.briefs == [
                "started router", "answered 0 delegate_to_books", "delegated 0 books outside", "tool_started 0 d0",
                "tool_ended 0 d0", "text 0 42 euros", "answered 0 ", "finished completed",
            ])
        #expect(
            try await world.messages("c1") == [
                "user >router chat: How was March?", "agent router a2a-request: Sum up March",
                "agent >router a2a-response: 42 euros", "agent router chat: 42 euros",
            ])
        let rows = try await world.store.messages(world.key("c1"), limit: 9)
        #expect(rows.map(\.visibility) == ["user-facing", "internal", "internal", "user-facing"])
        #expect(rows[1].metadata?["toTeamAgentId"] == "books" && rows[2].metadata?["fromTeamAgentId"] == "books")
        let child = try #require(try await Self.childRuns(world).first)
        #expect(child.status == .completed && child.branch == "main")
        let conversation = try #require(try await world.store.conversation(world.key(child.conversation)))
        #expect(conversation.agent == "books" && conversation.subject == "ann" && conversation.owner == "ann")
        #expect(conversation.metadata == ["initiatedBy": ["type": "user", "id": "u1"]])
        #expect(
            try await world.messages(child.conversation) == [
                "user >clerk chat: Sum up March", "agent clerk chat: 42 euros",
            ])
        let listed = try await world.store.conversations(tenant: "acme", project: "shop", ConversationQuery())
        #expect(listed.conversations.map(\.key.id) == ["c1"])
        for whose in [ConversationQuery.Whose.owner("ann"), .subject("ann")] {
            let own = try await world.store.conversations(tenant: "acme", project: "shop", ConversationQuery(of: whose))
            #expect(own.conversations.map(\.key.id) == ["c1"] && own.total == 1)
        }
    }

    @Test func `nobody goes on with the conversation of two agents, reads it or stops it`() async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("Sum up March"))
        world.models.set("clerk", Self.saying("42 euros"))
        let runs = world.runs()
        _ = try await runs.log(world.turn(owner: "ann"))
        let child = try #require(try await Self.childRuns(world).first)
        var turn = world.turn("And April?", conversation: child.conversation, owner: "ann")
        turn.agent = "books"
        await #expect(throws: Problem.notFound("Conversation")) { try await runs.start(turn) }
        await #expect(throws: Problem.notFound("Conversation")) {
            try await runs.latestRun(in: world.key(child.conversation), subject: "ann")
        }
        await #expect(throws: Problem.notFound("Conversation")) {
            try await runs.cancel(world.key(child.conversation), subject: "ann")
        }
        await #expect(throws: Problem.notFound("Execution")) { try await runs.ownRun(child.key, subject: "ann") }
    }

    @Test(arguments: [Budget.Holder.run, .conversation])
    func `what is bounded for a run is bounded for all who work for it together`(_ holder: Budget.Holder) async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("March", "April"))
        world.models.set("clerk", Self.saying("42 euros"))
        let runs = world.runs()
        try await BudgetTests.set(world, runs, BudgetTests.budget("b", .modelCalls, 3, per: holder))
        #expect(try await runs.log(world.turn()).briefs.last == "finished failed budget")
        #expect(try await Self.childRuns(world).map(\.status) == [.completed, .completed])
        #expect(try await BudgetTests.accounts(world) == (holder == .run ? 0 : 1))
    }

    @Test func `what bounds one agent alone bounds all its tasks of a run, and leaves no account behind`() async throws
    {
        let world = try await Self.world()
        world.models.set("router", Self.asking("March", "April"))
        world.models.set("clerk", Self.saying("42 euros"))
        let runs = world.runs()
        var budget = BudgetTests.budget("b", .modelCalls, 1, per: .run)
        budget.agentId = "books"
        try await BudgetTests.set(world, runs, budget)
        let log = try await runs.log(world.turn())
        #expect(log.briefs.last == "finished completed")
        #expect(log.briefs.count { $0.hasPrefix("tool_ended") && $0.hasSuffix("error") } == 1)
        #expect(try await Set(Self.childRuns(world).map(\.status)) == [.completed, .failed])
        #expect(try await BudgetTests.accounts(world) == 0)
    }

    @Test func `the model is told whom it may ask and what for`() async throws {
        let world = try await Self.world()
        world.models.set("router", .text("Hello"))
        _ = try await world.runs().log(world.turn())
        let tool = try #require(
            world.models.requests("router").first?.tools.first { $0.name == "delegate_to_books" })
        for line in ["Id: books", "Description: It is books.", "- Auditor: Checks", "Type: team"] {
            #expect(tool.description.contains(line))
        }
        #expect(tool.inputSchema["required"] == ["message"])
    }

    @Test func `several tasks are done at the same time, each in a run of its own`() async throws {
        let world = try await Self.world()
        let (first, second) = (Gate(), Gate())
        world.models.set("router", Self.asking("March", "April"))
        // Each goes on only when the other has begun.
        world.models.set(
            "clerk",
            Reply { request, each in
                let isMarch = request.messages.last?.text.contains("March") == true
                (isMarch ? first : second).open()
                try await (isMarch ? second : first).wait()
                let text = #"{"dataComponents":[{"id":"1","name":"Text","props":{"text":"\#(isMarch ? "3" : "4")"}}]}"#
                try await each([.text(text), .finished(.endTurn)])
            })
        _ = try await world.runs().log(world.turn(conversation: "c1"))
        #expect(try await Self.childRuns(world).count == 2)
        let answers = try await world.messages("c1").filter { $0.contains("a2a-response") }
        #expect(Set(answers) == ["agent >router a2a-response: 3", "agent >router a2a-response: 4"])
    }

    @Test func `components come as data beside the text`() async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("March"))
        world.models.set(
            "clerk",
            .text(
                #"{"dataComponents":[{"id":"1","name":"Text","props":{"text":"See"}},"#
                    + #"{"id":"2","name":"Card","props":{"sum":42}}]}"#))
        let log = try await world.runs().log(world.turn())
        let outcome = log.compactMap { event -> JSONValue? in
            guard case .toolEnded(_, let outcome) = event else { return nil }
            return outcome.output
        }
        let card: JSONValue = ["id": "2", "name": "Card", "props": ["sum": 42]]
        #expect(outcome == [["text": "See", "data": [["type": "component", "data": card]]]])
    }

    @Test(arguments: 0..<14)
    func `a process that dies at any commit leaves one run for the task, which the next one follows`(
        commits: Int
    ) async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("March"))
        world.models.set("clerk", Self.saying("42 euros"))
        let dying = try await DyingDatabase.store(on: world.database, commits: commits)
        let first = try? await world.runs(dying).start(world.turn("Go", conversation: "c1"))
        _ = try? await first?.all()
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        guard try await world.store.conversation(world.key("c1")) != nil else {
            #expect(commits == 0)
            return
        }
        let run = try #require(try await second.latestRun(in: world.key("c1"), subject: nil))
        #expect(try await run.all().last?.event.brief == "finished completed")
        let messages = try await world.messages("c1")
        #expect(messages.last == "agent router chat: 42 euros")
        #expect(messages.filter { $0.contains("a2a-") }.count == 2)
        let children = try await Self.childRuns(world)
        #expect(children.map(\.status) == [.completed])
        #expect(try await world.messages(children[0].conversation).count == 2)
    }

    /// The run that does a task, once it is stored: a model is asked while the beginning of its run is being written.
    private static func child(_ world: TestWorld, of runs: Runs) async throws -> RunRow {
        for active in runs.registry.all { _ = try await active.next(after: 0) }
        return try #require(try await childRuns(world).first)
    }

    @Test func `who stops a run stops those that work for it`() async throws {
        let world = try await Self.world()
        let (began, never) = (Gate(), Gate())
        world.models.set("router", Self.asking("March"))
        world.models.set("clerk", .text("never", after: never, began: began))
        let runs = world.runs()
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        let child = try await Self.child(world, of: runs)
        #expect(try await runs.cancel(world.key("c1"), subject: nil))
        #expect(try await runs.follow(child).all().last?.event.brief == "finished cancelled")
        #expect(try await handle.all().last?.event.brief == "finished cancelled")
    }

    @Test func `a run that nobody waits for any more is stopped where it is picked up`() async throws {
        let world = try await Self.world()
        let (began, never) = (Gate(), Gate())
        world.models.set("router", Self.asking("March"))
        world.models.set("clerk", .text("never", after: never, began: began), Self.saying("late"))
        let first = world.runs()
        let handle = try await first.start(world.turn(conversation: "c1"))
        try await began.wait()
        let child = try await Self.child(world, of: first)
        // The process dies between the end of the run and that of the one that works for it.
        first.registry.run(child.key.id)?.abandon(because: StoreError.full)
        #expect(try await first.cancel(world.key("c1"), subject: nil))
        _ = try await handle.all()
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        #expect(try await second.follow(child).all().last?.event.brief == "finished cancelled")
    }

    @Test func `a call that needs a person is told to the one who asked, and the task is ended`() async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("March"))
        world.models.set("clerk", .calls(.call("send", id: "s")), Self.saying("Sent"))
        let runs = world.runs()
        let log = try await runs.log(world.turn(conversation: "c1"))
        #expect(log.briefs.contains("notice 0 delegation_failed") && log.briefs.contains("tool_ended 0 d0 error"))
        let text = try #require(try await world.messages("c1").last)
        #expect(text.contains("'books' could not answer: it wants to call 'send', which a person has to allow"))
        let child = try #require(try await Self.childRuns(world).first)
        #expect(try await runs.follow(child).all().last?.event.brief == "finished cancelled")
        #expect(world.toolCalls.withLock { $0 }.isEmpty)
    }

    @Test func `agents that ask each other in a ring come to an end`() async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("March"))
        world.models.set(
            "clerk",
            Reply { request, each in
                if let results = request.messages.last, case .toolResults = results {
                    let text = JSONValue.string(results.text).jsonText
                    let component = #"{"dataComponents":[{"id":"1","name":"Text","props":{"text":\#(text)}}]}"#
                    return try await each([.text(component), .finished(.endTurn)])
                }
                try await each([.delegate("desk", "And you?", id: "d"), .finished(.toolCalls)])
            })
        let log = try await world.runs().log(world.turn(conversation: "c1"))
        #expect(log.last?.brief == "finished completed")
        #expect(try await world.messages("c1").last?.contains("delegations may nest 5 deep") == true)
        let all = try await world.store.runs(tenant: "acme", project: "shop", RunQuery(), limit: 100).runs
        #expect(all.count == 6 && all.allSatisfy { $0.status == .completed })
    }

    @Test func `a task that fails is an error for the model, and the run goes on`() async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking("March"))
        world.models.set("clerk", .fails(.auth))
        let log = try await world.runs().log(world.turn(conversation: "c1"))
        #expect(log.last?.brief == "finished completed")
        #expect(try await world.messages("c1").last == "agent router chat: 'books' could not answer: It failed.")
        #expect(try await !world.messages("c1").contains { $0.contains("a2a-response") })
        world.colleagues.withLock { $0 = [] }
        let runs = world.runs()
        _ = try await runs.log(world.turn(conversation: "c2"))
        #expect(try await world.messages("c2").last?.hasSuffix("'books' could not answer: Agent not found") == true)
    }

    @Test func `a server full of runs still lets those finish that wait for others`() async throws {
        let world = try await Self.world()
        var limits = RuntimeLimits()
        limits.activeRuns = 1
        world.models.set("router", Self.asking("March"))
        world.models.set("clerk", Self.saying("42 euros"))
        let runs = world.runs(limits: limits)
        #expect(try await runs.log(world.turn()).last?.brief == "finished completed")
        // Two at once, and one place beyond that of the run: one of them is refused with a sentence.
        world.models.set("router", Self.asking("March", "April"))
        let gate = Gate()
        let april = #"{"dataComponents":[{"id":"1","name":"Text","props":{"text":"4"}}]}"#
        world.models.set("clerk", .text(april, after: gate))
        let handle = try await runs.start(world.turn(conversation: "c2"))
        var log: [LoggedEvent] = []
        while !log.contains(where: { $0.event.brief.hasPrefix("tool_ended") }) {
            log += try await handle.next(after: log.last?.sequence ?? 0)
        }
        gate.open()
        let outcomes = try await handle.all().compactMap { logged -> RunToolOutcome? in
            guard case .toolEnded(_, let outcome) = logged.event else { return nil }
            return outcome
        }
        #expect(outcomes.filter(\.isError).count == 1)
        #expect(outcomes.contains { $0.output.string?.contains("as many runs under way as it may") == true })
    }

    @Test func `a stopping server lets runs finish that hand out work, and begins no others`() async throws {
        let world = try await Self.world()
        let (asked, gate) = (Gate(), Gate())
        world.models.set("router", Self.asking("March", then: gate, began: asked))
        world.models.set("clerk", Self.saying("42 euros"))
        let runs = world.runs()
        let handle = try await runs.start(world.turn(conversation: "c1"))
        try await asked.wait()
        async let stopped: Void = runs.shutdown()
        await world.clock.sleepers(1)
        await #expect(throws: Problem.self) { try await runs.start(world.turn(conversation: "c2")) }
        gate.open()
        #expect(try await handle.all().last?.event.brief == "finished completed")
        await stopped
        #expect(try await world.messages("c1").last == "agent router chat: 42 euros")
    }

    @Test(arguments: [true, false])
    func `a task that a crash left with an agent elsewhere is handed out again only if a person says so`(
        isApproved: Bool
    ) async throws {
        let world = try await Self.world()
        let (began, never) = (Gate(), Gate())
        let asked = Mutex(0)
        let elsewhere = OtherAgent(
            kind: .external, id: "books", name: "Books", description: nil, isIdempotent: false, longestMs: 60_000
        ) { _, _ in
            let isFirst = asked.withLock { count in
                count += 1
                return count == 1
            }
            if isFirst {
                began.open()
                try await never.wait()
            }
            return ToolOutput("42 euros")
        }
        world.definition.withLock { $0.subAgents[0].otherAgents = [elsewhere] }
        world.models.set("router", Self.asking("March"))
        let first = world.runs()
        _ = try await first.start(world.turn(conversation: "c1"))
        try await began.wait()
        for run in first.registry.all { run.abandon(because: StoreError.full) }
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        let run = try #require(try await second.latestRun(in: world.key("c1"), subject: nil))
        try await run.reach(.suspended)
        let waiting = try #require(try await second.waitingRun(in: world.key("c1"), subject: nil))
        #expect(waiting.calls.all.map(\.reason) == [.unknownOutcome])
        _ = try await second.decide(RunApprovalDecision(callID: "d0", isApproved: isApproved), in: waiting.run)
        let log = try await run.all().map(\.event)
        #expect(log.briefs.filter { $0.hasPrefix("delegated") } == ["delegated 0 books outside"])
        #expect(asked.withLock { $0 } == (isApproved ? 2 : 1))
        let rows = try await world.store.messages(world.key("c1"), limit: 9)
        #expect(rows.filter { $0.type == "a2a-request" }.map(\.visibility) == ["external"])
        #expect(rows.filter { $0.type == "a2a-response" }.count == (isApproved ? 1 : 0))
        #expect(rows.first { $0.type == "a2a-request" }?.metadata?["toExternalAgentId"] == "books")
    }

    @Test func `a task without words is refused before anybody is asked`() async throws {
        let world = try await Self.world()
        world.models.set("router", Self.asking(""))
        let log = try await world.runs().log(world.turn())
        #expect(log.briefs.contains("tool_ended 0 d0 error") && !log.briefs.contains("tool_started 0 d0"))
        #expect(try await Self.childRuns(world).isEmpty)
    }
}
