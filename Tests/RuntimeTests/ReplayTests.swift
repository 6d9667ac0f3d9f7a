import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// Recorded runs that happen again, and runs that go on from a place in another one.
@Suite struct ReplayTests {
    /// A run with an earlier turn, two delegations beside each other, a tool and a transfer.
    private static func recorded(_ world: TestWorld, _ runs: Runs) async throws -> (RunRow, RunRecording) {
        world.models.set("router", .text("Hello Ann"))
        _ = try await runs.log(world.turn("I am Ann", conversation: "c1"))
        world.models.set("lookup", .text("found it"))
        world.models.set("search", .text("looked it up"))
        world.models.set(
            "router",
            .calls(
                .delegate("lookup", "find", id: "d1"), .delegate("search", "look", id: "d2"), .call("clock", id: "t")),
            .pieces("One ", "moment."), .text("unused"))
        _ = try await runs.log(world.turn("Where is it?", conversation: "c1"))
        let row = try #require(try await world.store.latestRun(world.key("c1")))
        return (row, try await runs.recording(of: row))
    }

    private static func steps(_ recording: RunRecording, _ kind: String) -> [JSONValue] {
        recording.steps.compactMap { $0[kind] }
    }

    @Test func `a recording that is read back does the same, and nobody is asked`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let (row, recording) = try await Self.recorded(world, runs)
        #expect(Self.steps(recording, "model").count == 4 && Self.steps(recording, "tool").count == 1)
        #expect(Self.steps(recording, "delegation").map { $0["to"] } == ["lookup", "search"])
        #expect(recording.steps.last?["end"] == ["answer": "One moment.", "outcome": "completed"])
        let asked = Self.steps(recording, "model")[0]
        #expect(asked["messages"]?[0]?["user"]?.string?.contains("I am Ann") == true)
        let (requests, calls) = (world.models.requests("router").count, world.toolCalls.withLock { $0.count })
        let text = try JSONValue(parsing: recording.json.jsonBytes)
        let again = try await runs.replay(try RunRecording(json: text), in: TestWorld.branch)
        #expect(ReplayDifference(recorded: text["steps"]?.array ?? [], now: again) == nil)
        #expect(world.models.requests("router").count == requests && world.toolCalls.withLock { $0.count } == calls)
        #expect(try await world.store.latestRun(world.key("c1")) == row, "nothing was written")
    }

    @Test func `a changed prompt, a tool that is gone and another limit are found, and where`() async throws {
        let world = try await TestWorld()
        let (_, recording) = try await Self.recorded(world, world.runs())
        func difference(_ change: (inout AgentDefinition) -> Void) async throws -> ReplayDifference? {
            let before = world.definition.withLock { $0 }
            world.definition.withLock { change(&$0) }
            defer { world.definition.withLock { $0 = before } }
            // A cache of its own, as this one was not told of the change.
            let now = try await world.runs().replay(recording, in: TestWorld.branch)
            return ReplayDifference(recorded: recording.steps, now: now)
        }
        #expect(try await difference { _ in } == nil)
        let prompt = try #require(try await difference { $0.subAgents[0].prompt = "You are somebody else." })
        #expect(prompt.step == 1 && prompt.place == "model.system")
        #expect(prompt.now?.string?.contains("You are somebody else.") == true)
        let worker = try #require(try await difference { $0.subAgents[2].prompt = "Look harder." })
        #expect(worker.place == "model.system" && worker.step > 1)
        let tool = try #require(try await difference { $0.subAgents[0].tools.removeFirst() })
        #expect(tool.place.hasPrefix("model.tools"))
        let limit = try #require(try await difference { $0.subAgents[0].stepLimit = 1 })
        #expect(limit.recorded?["delegation"] != nil || limit.now?["refused"] != nil)
    }

    @Test func `what is no recording is refused with all that is broken, and a run that failed is not recorded`()
        async throws
    {
        let broken = JSONValue.object(["version": 7, "exchanges": [["odd": 1]]])
        #expect(throws: Problem.self) { try RunRecording(json: broken) }
        do {
            _ = try RunRecording(json: broken)
        } catch {
            let names = Set(error.broken.map { $0.path.joined(separator: "/") })
            #expect(names.isSuperset(of: ["version", "run", "agent", "input", "exchanges/0"]))
        }
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .fails(.auth))
        _ = try await runs.log(world.turn(conversation: "c1"))
        let row = try #require(try await world.store.latestRun(world.key("c1")))
        await #expect(throws: Problem.self) { try await runs.recording(of: row) }
    }

    @Test func `a fork goes on from a call with another result, prompt and model, and leaves its source alone`()
        async throws
    {
        let world = try await TestWorld()
        let runs = world.runs()
        world.models.set("router", .calls(.call("clock", id: "t")), .text("It is noon."))
        _ = try await runs.log(world.turn("When?", conversation: "c1", owner: "ann"))
        let row = try #require(try await world.store.latestRun(world.key("c1")))
        let before = try await world.store.events(row.key)
        world.models.set("other", .text("It is midnight."))
        let changes = RunChanges(subAgent: "router", prompt: "Be brief.", model: "test/other")
        let once = try await runs.fork(row, step: 2, changes: changes, results: ["t": "00:00"], actor: "bob")
        guard case .made(let forked) = once else {
            Issue.record("it has no key by which it could have been done before")
            return
        }
        let made = try #require(try await world.store.run(forked.run))
        #expect(try await runs.follow(made).all().last?.event.brief == "finished completed")
        let asked = try #require(world.models.requests("other").last)
        #expect(asked.system.contains { $0.text.contains("Be brief.") })
        #expect(asked.messages.contains { $0.text == "00:00" } && asked.messages[0].text.contains("When?"))
        #expect(world.toolCalls.withLock { $0 } == ["clock"], "what was done before is not done again")
        #expect(
            try await world.messages(forked.conversation) == [
                "user >router chat: When?", "agent router chat: It is midnight.",
            ])
        #expect(try await world.store.events(row.key) == before)
        await #expect(throws: Problem.self, "not its owner's") {
            try await runs.latestRun(in: world.key(forked.conversation), subject: "ann")
        }
        for (step, results) in [(3, [:]), (1, ["t": JSONValue.null])] as [(Int, [String: JSONValue])] {
            await #expect(throws: Problem.self) {
                try await runs.fork(row, step: step, changes: RunChanges(), results: results, actor: "bob")
            }
        }
    }
}
