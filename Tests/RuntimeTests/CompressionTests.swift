import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// What is too long for a model is summarized, in the log, once.
@Suite struct CompressionTests {
    private static let long = String(repeating: "word ", count: 400)

    /// A world whose models read `window` tokens at once; `search` gives 2,000 bytes.
    private func world(window: Int = 2000, summarizerWindow: Int = 2000) async throws -> TestWorld {
        let world = try await TestWorld()
        world.definition.withLock { agent in
            agent.subAgents[0].model = ModelChoice(
                model: "test/router", providerOptions: ["contextWindowSize": .integer(Int64(window))])
            agent.summarizer = ModelChoice(
                model: "test/summarizer", providerOptions: ["contextWindowSize": .integer(Int64(summarizerWindow))])
            agent.subAgents[0].tools = [
                Toolset.Tool(
                    definition: ToolDefinition(name: "search", description: "Finds.", inputSchema: ["type": "object"]),
                    rule: RunToolRule("search", isIdempotent: true)
                ) { _, _ in ToolOutput(.string(Self.long)) }
            ]
        }
        return world
    }

    private static let runSummary = """
        {"high_level":"Searched.","user_intent":"To know","decisions":[],"open_questions":[],
        "next_steps":{"for_agent":["Answer"],"for_user":[]},"related_artifacts":[]}
        """

    private func compressions(_ log: [RunEvent]) -> [RunCompression] {
        log.compactMap { if case .compressed(_, let compression) = $0 { compression } else { nil } }
    }

    private func text(_ request: ModelRequest) -> String { request.messages.map(\.text).joined(separator: "\n") }

    // MARK: In a turn

    @Test func `before a step what was done is summarized, and the next request has the summary in its place`()
        async throws
    {
        let world = try await world(window: 1500, summarizerWindow: 100_000)
        let many = (1...3).map { ModelEvent.call("search", id: "s\($0)") }
        world.models.set("router", Reply { _, each in try await each(many + [.finished(.toolCalls)]) }, .text("Found."))
        world.models.set("summarizer", .text("Here: ```json\n\(Self.runSummary)\n```"))
        let log = try await world.runs().log(world.turn(conversation: "c"))
        let compression = try #require(compressions(log).first)
        #expect(compression.kind == .run && compression.reason == .automatic)
        #expect(compression.messages == 2 && compression.outcomes == 3)
        #expect(compression.before > compression.after && compression.count == .estimate)
        #expect(compression.usage == Usage(inputTokens: 3, outputTokens: 2))
        let last = try #require(world.models.requests("router").last)
        #expect(!last.messages.contains { if case .toolResults = $0 { true } else { false } })
        #expect(text(last).contains("high_level: Searched."))
        #expect(text(last).contains("answer now"))
        #expect(log.briefs.last == "finished completed")
        guard case .finished(let end)? = log.last else { return }
        #expect(end.usage == Usage(inputTokens: 6, outputTokens: 4), "what summarizing took counts")
    }

    @Test func `what the provider counted counts where it is more than the estimate`() async throws {
        let world = try await world(window: 3000, summarizerWindow: 100_000)
        world.models.set(
            "router",
            Reply { _, each in
                try await each([
                    .call("search", id: "s1"), .usage(Usage(inputTokens: 2900, outputTokens: 10)),
                    .finished(.toolCalls),
                ])
            }, .text("Found."))
        world.models.set("summarizer", .text(Self.runSummary))
        let log = try await world.runs().log(world.turn(conversation: "c"))
        #expect(compressions(log).first?.count == .provider)
        #expect(compressions(log).first.map { $0.before > 2900 } == true)
    }

    @Test func `where nobody can summarize the oldest is dropped, and every outcome keeps its call`() async throws {
        let world = try await world(window: 3000, summarizerWindow: 100_000)
        let steps = (1...6).map { step in Reply.calls(.call("search", id: "s\(step)")) }
        world.models.set("router", steps[0], steps[1], steps[2], steps[3], steps[4], steps[5], .text("Found."))
        world.models.set("summarizer", .fails(.auth))
        let log = try await world.runs().log(world.turn(conversation: "c"))
        let compression = try #require(compressions(log).first)
        #expect(compression.summary == nil)
        #expect(compression.kept > 0 && compression.messages > 0)
        for request in world.models.requests("router") {
            var open: Set<String> = []
            for message in request.messages {
                switch message {
                case .assistant(_, let calls): open.formUnion(calls.map(\.id))
                case .toolResults(let results):
                    for result in results { #expect(open.remove(result.callID) != nil, "an outcome without its call") }
                case .user: continue
                }
            }
            #expect(open.isEmpty)
        }
        #expect(log.briefs.last == "finished completed")
    }

    @Test func `a model may ask for it, and reads what was found in an outcome that is gone`() async throws {
        let world = try await world(window: 1_000_000)
        world.definition.withLock { $0.subAgents[0].artifacts = [ArtifactRules(id: "doc", name: "Doc")] }
        world.models.set("router", .calls(.call("search", id: "s1")))
        let outcome = SummarizedOutcome.all(in: [
            .toolResults([ToolResult(callID: "s1", name: "search", output: .string(Self.long))])
        ])[0]
        world.models.set(
            "router", .calls(.call("search", id: "s1")), .calls(.call("compress_context", ["reason": "long"], id: "z")),
            .calls(.call("get_reference_artifact", ["artifactId": .string(outcome.id), "toolCallId": "s1"], id: "g")),
            .text("Done."))
        world.models.set(
            "summarizer",
            .text(
                """
                {"high_level":"x","related_artifacts":[{"id":"\(outcome.id)","key_findings":["it is 42"]}]}
                """))
        let log = try await world.runs().log(world.turn(conversation: "c"))
        #expect(compressions(log).map(\.reason) == [.manual])
        let outcomes = log.compactMap { if case .toolEnded(_, let outcome) = $0 { outcome } else { nil } }
        #expect(outcomes[1].output["status"] == "compression_requested")
        #expect(outcomes[2].output["status"] == "already_summarized")
        #expect(outcomes[2].output["key_findings"] == ["it is 42"])
    }

    @Test func `a restart sees the same summary and makes none anew`() async throws {
        let world = try await world(window: 1500, summarizerWindow: 100_000)
        let gate = Gate()
        let began = Gate()
        let many = (1...3).map { ModelEvent.call("search", id: "s\($0)") }
        world.models.set(
            "router", Reply { _, each in try await each(many + [.finished(.toolCalls)]) },
            .text("never", after: gate, began: began))
        world.models.set("summarizer", .text(Self.runSummary))
        let runs = world.runs()
        let cut = try await runs.start(world.turn(conversation: "c"))
        try await began.wait()
        for active in runs.registry.all { active.abandon(because: CancellationError()) }
        world.outliveLease()
        world.models.set("router", .text("Found."))
        let second = world.runs(owner: "two")
        await second.recover()
        let log = try await second.follow(run: cut.run, in: world.key("c"), subject: nil).all().map(\.event)
        #expect(log.briefs.last == "finished completed")
        #expect(compressions(log).count == 1)
        #expect(world.models.requests("summarizer").count == 1)
        #expect(text(try #require(world.models.requests("router").last)).contains("high_level: Searched."))
    }

    @Test func `it can be turned off`() async throws {
        let world = try await world(window: 1000)
        world.models.set("router", .calls(.call("search", id: "s1")), .text("Found."))
        var limits = RuntimeLimits()
        limits.compresses = false
        let log = try await world.runs(limits: limits).log(world.turn(conversation: "c"))
        #expect(compressions(log).isEmpty)
        #expect(world.models.requests("router").allSatisfy { !$0.tools.map(\.name).contains("compress_context") })
    }

    // MARK: Between turns

    private static let historySummary = """
        {"type":"conversation_history_summary_v1","conversation_overview":"They spoke of words.",
        "user_goals":{"primary":"words","secondary":[]}}
        """

    @Test func `a history that is too long is summarized once, and later turns read the summary`() async throws {
        let world = try await world(window: 100_000, summarizerWindow: 1000)
        let runs = world.runs()
        world.models.set("router", .text(Self.long))
        world.models.set("summarizer", .text(Self.historySummary))
        for turn in 1...3 { _ = try await runs.log(world.turn("Question \(turn)", conversation: "c")) }
        let summarized = try await runs.log(world.turn("Question 4", conversation: "c"))
        let all = world.models.requests("summarizer").count
        let stored = try await world.store.messages(world.key("c"), limit: 50)
        let summaries = stored.filter { $0.type == "compression_summary" }
        #expect(!summaries.isEmpty && summaries.count == all)
        #expect(summaries.allSatisfy { $0.role == "system" && $0.visibility == "internal" })
        let last = text(try #require(world.models.requests("router").last))
        #expect(last.contains("conversation_overview: They spoke of words."))
        #expect(!last.contains("Question 1"))
        #expect(last.contains("Question 4"))
        #expect(summarized.briefs.last == "finished completed")
    }

    @Test func `a summary is read however many messages ago it was made, after a restart too`() async throws {
        let world = try await world(window: 100_000, summarizerWindow: 1000)
        var limits = RuntimeLimits()
        limits.historyMessages = 3
        let runs = world.runs(limits: limits)
        world.models.set("router", .text(Self.long), .text("Short."))
        world.models.set("summarizer", .text(Self.historySummary))
        for turn in 1...6 { _ = try await runs.log(world.turn("Question \(turn)", conversation: "c")) }
        let last = text(try #require(world.models.requests("router").last))
        #expect(last.contains("They spoke of words.") && last.contains("Question 5") && !last.contains("Question 2"))
        #expect(world.models.requests("summarizer").count == 1)
        let began = Gate()
        world.models.set("router", .text("never", after: Gate(), began: began))
        _ = try await runs.start(world.turn("Question 7", conversation: "c"))
        try await began.wait()
        let before = text(try #require(world.models.requests("router").last))
        for active in runs.registry.all { active.abandon(because: CancellationError()) }
        world.outliveLease()
        world.models.set("router", .text("Found."))
        let second = world.runs(limits: limits, owner: "two")
        await second.recover()
        let run = try #require(try await second.latestRun(in: world.key("c"), subject: nil))
        #expect(try await run.all().last?.event.brief == "finished completed")
        #expect(text(try #require(world.models.requests("router").last)) == before)
    }

    @Test func `a summary is not made again while what follows is short`() async throws {
        let world = try await world(window: 100_000, summarizerWindow: 1000)
        let runs = world.runs()
        world.models.set("router", .text(Self.long), .text("Short."), .text("Short."), .text("Short."))
        world.models.set("summarizer", .text(Self.historySummary))
        for turn in 1...4 { _ = try await runs.log(world.turn("Question \(turn)", conversation: "c")) }
        #expect(world.models.requests("summarizer").count == 1)
        let last = text(try #require(world.models.requests("router").last))
        #expect(last.contains("They spoke of words."))
        #expect(last.contains("Question 2") && last.contains("Question 3") && !last.contains("Question 1"))
    }

    @Test func `where it fails the history is used as it is, and the log says so`() async throws {
        let world = try await world(window: 100_000, summarizerWindow: 1000)
        let runs = world.runs()
        world.models.set("router", .text(Self.long))
        world.models.set("summarizer", .text("I would rather not."))
        _ = try await runs.log(world.turn("Question 1", conversation: "c"))
        let log = try await runs.log(world.turn("Question 2", conversation: "c"))
        #expect(
            log.contains { if case .notice(0, let notice) = $0 { notice.code == "compression_failed" } else { false } })
        #expect(text(try #require(world.models.requests("router").last)).contains("Question 1"))
        #expect(world.models.requests("summarizer").count == 1)
        #expect(log.briefs.last == "finished completed")
    }

    // MARK: When

    @Test(
        arguments: [
            (nil, 120_000, 20_000), (8000, 6800, 800), (200_000, 180_000, 14_000), (1_000_000, 950_000, 40_000),
        ] as [(Int?, Int, Int)])
    func `how much a model reads decides when`(window: Int?, limit: Int, buffer: Int) {
        let threshold = CompressionThreshold(duringRun: window, RuntimeLimits())
        #expect(threshold.limit == limit && threshold.buffer == buffer && threshold.trigger == limit - buffer)
    }

    @Test(arguments: [
        ("gpt-4o-mini", 128_000), ("gpt-4-0613", 8192), ("gpt-4.1-nano", 1_047_576),
        ("anthropic/claude-sonnet-4-5", 200_000),
        ("models/gemini-2.5-pro", 1_048_576), ("something", nil),
    ])
    func `windows are known by the family of the model`(name: String, tokens: Int?) {
        #expect(ContextWindow.size(ModelOptions(model: name)) == tokens)
        var options = ModelOptions(model: name)
        options.contextWindowSize = 7
        #expect(ContextWindow.size(options) == 7)
    }
}
