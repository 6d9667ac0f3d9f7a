import Catalog
import Events
import Models
import Testing
import Wire

/// Numbers that look random and are the same on every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Logs as the runtime may write them: model calls with text, thoughts, tools, transfers, delegations whose worker
/// speaks too, retries, restarts, and any end.
struct RandomLog {
    private static let tools = ["search", "odd", "load_skill", "get_reference_artifact", "keep_save_tool_result"]
    private static let texts = [
        "Hello", " ", "\n\n", "👩‍👩‍👧", "\"q\"", "\\", "ü", "", "{\"type\":\"text-delta\"}", "data: x",
    ]

    private(set) var log: SampleLog
    private var random: Seeded
    private var subAgent = "router"
    private var serial = 0
    private var iteration = 1
    /// Whether a restart took text back that a stream had already sent.
    private(set) var hasRestarts = false

    init(seed: UInt64) {
        random = Seeded(state: seed)
        log = SampleLog(emitOperations: random.next() % 2 == 0)
        for _ in 0..<Int.random(in: 0...4, using: &random) { step() }
        if chance(3) { speak(frame: 0) }
        finish()
    }

    private mutating func chance(_ sides: UInt64) -> Bool { random.next() % sides == 0 }

    private mutating func speak(frame: Int) {
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let text = Self.texts.randomElement(using: &random) ?? ""
            log.add(chance(6) ? .reasoning(frame: frame, text) : .text(frame: frame, text))
        }
    }

    private mutating func step() {
        if chance(5) {
            log.add(.retried(frame: 0, RunFailure(code: "overloaded", message: "Busy."), attempt: 1))
        }
        speak(frame: 0)
        if chance(8) {
            hasRestarts = true
            log.add(.resumed(attempt: 1))
            speak(frame: 0)
        }
        let calls = (0..<Int.random(in: 0...3, using: &random)).map { _ in newCall() }
        log.answer(subAgent, calls: calls)
        for call in calls { work(on: call) }
        if calls.isEmpty, chance(2) { transfer() }
    }

    private mutating func newCall() -> ToolCall {
        serial += 1
        let name = chance(4) ? "delegate_to_worker" : Self.tools.randomElement(using: &random) ?? ""
        return ToolCall(id: "call_\(serial)", name: name, input: ["n": .integer(Int64(serial))])
    }

    private mutating func work(on call: ToolCall) {
        if call.name == "delegate_to_worker" {
            let delegation = RunDelegation(
                id: "del_\(serial)", frame: 0, callID: call.id, workerFrame: serial, from: subAgent, to: "worker",
                task: "t")
            log.add(.delegated(delegation))
            speak(frame: serial)
            log.answer("worker", frame: serial)
            log.add(.delegationReturned(delegation, result: "r"))
        }
        log.end(call.id, chance(2) ? "fine" : ["_hidden": 1, "shown": 2], isError: chance(4))
    }

    private mutating func transfer() {
        iteration += 1
        log.add(.transferred(frame: 0, from: subAgent, to: "next", reason: ""))
        subAgent = "next"
    }

    private mutating func finish() {
        switch random.next() % 4 {
        case 0: log.finish(.failed(RunFailure(code: "network", message: "No route.")), subAgent: subAgent, stop: nil)
        case 1: log.finish(.cancelled, subAgent: subAgent, stop: nil)
        default: log.finish(subAgent: subAgent, iteration: iteration)
        }
    }
}

private let seeds = Array(UInt64(1)...80)

@Test func `cutting a log into batches changes no byte`() {
    for seed in seeds {
        let log = RandomLog(seed: seed).log.events
        var random = Seeded(state: seed ^ 0xABCD)
        var stream = UIMessageStream(run: SampleLog.run)
        var chunks = ChatCompletionStream(includesUsage: true)
        var streamed: [UInt8] = []
        var chunked: [UInt8] = []
        var rest = log[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Int.random(in: 1...4, using: &random))
            rest = rest.dropFirst(batch.count)
            var writer = JSONWriter()
            stream.encode(Array(batch), into: &writer)
            streamed += writer.bytes
            writer = JSONWriter()
            chunks.encode(Array(batch), into: &writer)
            chunked += writer.bytes
        }
        #expect(streamed == uiBytes(log), "seed \(seed)")
        #expect(chunked == completionBytes(log, includesUsage: true), "seed \(seed)")
        #expect(stream.isFinished && chunks.isFinished)
    }
}

@Test func `resuming after every id gives the exact remainder`() throws {
    for seed in seeds {
        let log = RandomLog(seed: seed).log.events
        let whole = uiBytes(log)
        var sent = 0
        for event in try Transcript(whole).events {
            let id = try #require(event.id)
            sent += "id: \(id)\ndata: \(event.data)\n\n".utf8.count
            var stream = UIMessageStream(after: try #require(EventID(id)))
            var writer = JSONWriter()
            for logged in log { stream.encode([logged], into: &writer) }
            #expect(writer.bytes == Array(whole[sent...]), "seed \(seed), after \(id)")
        }
        #expect(sent == whole.count)
    }
}

@Test func `an id beyond an entry's events leaves out the entry`() throws {
    let log = SampleLogs.plain.events
    for (id, firstLeft) in [("r1-2-99", "r1-3-1"), ("r1-99-1", nil)] {
        var stream = UIMessageStream(after: try #require(EventID(id)))
        var writer = JSONWriter()
        stream.encode(log, into: &writer)
        #expect(try Transcript(writer.bytes).events.first?.id == firstLeft)
        #expect(stream.isFinished)
    }
}

@Test func `ids are unique and grow`() throws {
    for seed in seeds {
        var last = EventID(run: SampleLog.run, sequence: 0, part: 0)
        for event in try Transcript(uiBytes(RandomLog(seed: seed).log.events)).events {
            let id = try #require(event.id.flatMap(EventID.init))
            #expect(id.run == SampleLog.run)
            #expect((id.sequence, id.part) > (last.sequence, last.part))
            last = id
        }
    }
}

@Test func `a plain client's joined text is the answer`() throws {
    var checked = 0
    for seed in seeds {
        let random = RandomLog(seed: seed)
        guard !random.hasRestarts else { continue }
        let log = random.log.events.map { logged in
            guard case .started(var start) = logged.event else { return logged }
            start.emitOperations = false
            return LoggedEvent(sequence: logged.sequence, at: logged.at, event: .started(start))
        }
        var answer = AnswerText()
        for logged in log { answer.add(logged.event) }
        let chunks = try Transcript(completionBytes(log)).documents()
        #expect(chunks.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string }.joined() == answer.text)
        let parts = try Transcript(uiBytes(log)).documents()
        #expect(parts.compactMap { $0["delta"]?.string }.joined() == answer.text)
        checked += 1
    }
    #expect(checked > 20)
}

@Test func `there is one role chunk, and one stop chunk or one error`() throws {
    for seed in seeds {
        let chunks = try Transcript(completionBytes(RandomLog(seed: seed).log.events)).documents()
        #expect(chunks.filter { $0["choices"]?[0]?["delta"]?["role"] != nil }.count == 1)
        let stops = chunks.filter { $0["choices"]?[0]?["finish_reason"]?.string != nil }
        let errors = chunks.filter { $0["error"] != nil }
        #expect(stops.count + errors.count == 1)
        #expect(chunks.last == stops.first ?? errors.first)
        #expect(chunks.dropLast().allSatisfy { $0["model"] == "Help Desk" })
    }
}
