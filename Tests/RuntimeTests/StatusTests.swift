import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// A run tells what it is doing, seldom, and holds up nothing for it.
@Suite struct StatusTests {
    private static let update = """
        {"updates":[{"type":"retrieve","label":"Looking at the clock","details":{"note":null}},\
        {"type":"unknown","label":"No"},{"type":"action","label":" "}]}
        """

    /// A world that tells after `events` events or `seconds` seconds.
    private func world(events: Int, seconds: Int = 600) async throws -> TestWorld {
        let world = try await TestWorld()
        world.definition.withLock { agent in
            agent.summarizer = ModelChoice(model: "test/summarizer")
            agent.status = StatusRules(
                events: events, seconds: seconds, prompt: "Be kind.", forms: StatusRules.standard)
        }
        return world
    }

    /// Reads the log until something in it is wanted.
    private func read(_ handle: RunHandle, until isWanted: (RunEvent) -> Bool) async throws -> [RunEvent] {
        var log: [LoggedEvent] = []
        while !log.contains(where: { isWanted($0.event) }) {
            let more = try await handle.next(after: log.last?.sequence ?? 0)
            guard !more.isEmpty else { break }
            log += more
        }
        return log.map(\.event)
    }

    private func isSummary(_ event: RunEvent) -> Bool {
        if case .data(_, let data) = event { return data.kind == .summary }
        return false
    }

    @Test func `after so many events it tells what was done, in known forms`() async throws {
        let world = try await world(events: 2)
        let gate = Gate()
        world.models.set("router", .calls(.call("clock", id: "c1")), .text("It is 9.", after: gate))
        world.models.set("summarizer", .text(Self.update))
        let handle = try await world.runs().start(world.turn("What time is it?", conversation: "c"))
        let log = try await read(handle, until: isSummary)
        let summaries = log.compactMap { event -> JSONValue? in
            if case .data(0, let data) = event, data.kind == .summary { data.body } else { nil }
        }
        #expect(summaries == [["type": "retrieve", "label": "Looking at the clock", "details": [:]]])
        let request = try #require(world.models.requests("summarizer").first)
        #expect(request.messages[0].text.contains("What time is it?"))
        #expect(request.messages[0].text.contains("router calls clock"))
        #expect(request.system[0].text.contains("Be kind."))
        gate.open()
        let whole = try await handle.all().map(\.event)
        #expect(whole.briefs.last == "finished completed")
        #expect(whole.filter(isSummary).count == 1)
        guard case .finished(let end)? = whole.last else { return }
        #expect(end.usage.inputTokens == 3, "the telling counts; the scripted answers used nothing")
        let answer = try #require(try await world.store.messages(world.key("c"), limit: 9).last)
        #expect(answer.content["text"] == "It is 9.")
        #expect(answer.content["parts"]?.array?.count == 1, "summaries are no part of the answer")
    }

    @Test func `after so much time it tells when anything happened`() async throws {
        let world = try await world(events: 100, seconds: 30)
        let gate = Gate()
        let began = Gate()
        world.models.set("router", .calls(.call("clock", id: "c1")), .text("Nine.", after: gate, began: began))
        world.models.set("summarizer", .text(Self.update))
        let handle = try await world.runs().start(world.turn(conversation: "c"))
        try await began.wait()
        _ = try await read(handle) { if case .toolEnded = $0 { true } else { false } }
        // Its wait may begin before or after what happened was read: the time passes until it has told.
        let reading = Task { try await read(handle, until: isSummary) }
        while world.models.requests("summarizer").isEmpty {
            await world.clock.sleepers(1)
            world.clock.advance(by: .seconds(30))
            await Task.yield()
        }
        #expect(try await reading.value.contains(where: isSummary))
        gate.open()
        #expect(try await handle.all().map(\.event).briefs.last == "finished completed")
    }

    @Test func `a summarizer that hangs holds up no answer and is stopped with the run`() async throws {
        let world = try await world(events: 1)
        let never = Gate()
        let began = Gate()
        let stopped = Gate()
        world.models.set(
            "router", .calls(.call("clock", id: "c1")),
            Reply { _, each in
                try await began.wait()
                try await each([.text("Nine."), .finished(.endTurn)])
            })
        world.models.set(
            "summarizer",
            Reply { _, _ in
                began.open()
                defer { stopped.open() }
                try await never.wait()
            })
        let log = try await world.runs().log(world.turn(conversation: "c"))
        #expect(log.briefs.last == "finished completed")
        #expect(!log.contains(where: isSummary))
        try await stopped.wait()
    }

    @Test func `a summarizer that fails or says nonsense tells nothing`() {
        #expect(StatusRequest.updates(nil, StatusRules(events: 1, seconds: 1, forms: StatusRules.standard)).isEmpty)
        let rules = StatusRules(events: 1, seconds: 1, forms: [StatusRules.Form(type: "a", description: "")])
        let many: JSONValue = ["updates": .array((1...9).map { ["type": "a", "label": .string("L\($0)")] })]
        #expect(StatusRequest.updates(many, rules).count == 3)
        #expect(StatusRequest.updates(["updates": "none"], rules).isEmpty)
    }
}
