import Catalog
import Glibc
import Models
import Outbound
import Synchronization
import Testing

/// `scripted/<file>`: scripts played from a folder of their own.
struct ScriptedModelTests {
    /// A folder of scripts that goes away with the test.
    private final class Folder: Sendable {
        let path: String

        init() throws {
            var template = Array("/tmp/covey-scripts-XXXXXX".utf8CString)
            path = try #require(mkdtemp(&template).map { String(cString: $0) })
        }

        deinit {
            for name in entries() { unlink("\(path)/\(name)") }
            rmdir(path)
        }

        private func entries() -> [String] {
            guard let folder = opendir(path) else { return [] }
            defer { closedir(folder) }
            var names: [String] = []
            while let entry = readdir(folder) {
                names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
            }
            return names.filter { $0 != "." && $0 != ".." }
        }

        func write(_ name: String, _ text: String) throws {
            let file = try #require(fopen("\(path)/\(name)", "w"))
            fputs(text, file)
            fclose(file)
        }
    }

    private let folder: Folder

    init() throws { folder = try Folder() }

    private func resolver(_ clock: ModelClock = ModelClock(timestamp: { "" }, sleep: { _ in })) -> ModelResolver {
        ModelResolver(
            client: client(pieces: []), environment: [:], scripts: ScriptLibrary(folder: folder.path), clock: clock)
    }

    private func play(_ script: String, _ request: ModelRequest) async throws -> Outcome {
        try folder.write("s.yaml", script)
        return try await outcome(of: resolver().resolve("scripted/s").model, request)
    }

    private func request(_ messages: Message..., system: String = "", tools: [String] = []) -> ModelRequest {
        ModelRequest(
            system: [SystemBlock(system)], messages: messages,
            tools: tools.map { ToolDefinition(name: $0, description: "", inputSchema: [:]) })
    }

    private static let router = """
        turns:
          - when: {offers: transfer_to_refunds, user: refund}
            call: transfer_to_refunds
          - when: {system: You settle refunds, step: 0}
            say: Let me ask.
            call: {tool: delegate_to_ledger, input: {message: "What about {{user}}?"}}
          - when: {tool: delegate_to_ledger}
            say: "The ledger says {{tool.output}}"
          - when: {step: 0, user: '/weather in (\\w+)/'}
            call:
              - {tool: get_weather, input: {city: "{{match.1}}", days: 3, exact: true, tag: "7", list: [1, "{{user}}"]}}
              - {tool: now}
          - when: {tool: get_weather}
            say: "{{outputs.get_weather.sky.0}} at {{outputs.now}}, step {{step}} of {{turn}}"
          - when: {turn: 2}
            reason: Hm hm
            say: Twice?
            stop: refusal
            usage: {input: 5, output: 2, cached: 1, reasoning: 1}
          - say: "You said: {{user}} {{unknown}}"
        """

    @Test func `a router, a transfer and a delegation can be played from one script`() async throws {
        let transfer = try await play(Self.router, request(.user("I want a REFUND"), tools: ["transfer_to_refunds"]))
        guard case .toolCall(let call)? = transfer.events.first else { return #expect(transfer.events == []) }
        #expect(call.name == "transfer_to_refunds" && call.input == [:])
        #expect(transfer.events.last == .finished(.toolCalls))

        let refunds = "You settle refunds."
        let delegation = try await play(Self.router, request(.user("my refund"), system: refunds))
        #expect(delegation.events.first == .text("Let me ask."))
        guard case .toolCall(let asked)? = delegation.events.dropFirst().first else {
            return #expect(delegation.events == [])
        }
        #expect(asked.input == ["message": "What about my refund?"])
        #expect(asked.id != call.id)

        let answer = try await play(
            Self.router,
            request(
                .user("my refund"), .assistant(text: "", calls: [asked]),
                .toolResults([ToolResult(callID: asked.id, name: asked.name, output: "all is well")]), system: refunds))
        #expect(answer.events.first == .text("The ledger says all is well"))
        #expect(answer.events.last == .finished(.endTurn))
    }

    @Test func `tools are called in parallel and their outputs used`() async throws {
        let asked = try await play(Self.router, request(.user("Weather in Brno please")))
        let calls = asked.events.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
        #expect(calls.map(\.name) == ["get_weather", "now"])
        #expect(Set(calls.map(\.id)).count == 2)
        #expect(
            calls.first?.input == [
                "city": "Brno", "days": 3, "exact": true, "tag": "7", "list": [1, "Weather in Brno please"],
            ])
        let said = try await play(
            Self.router,
            request(
                .user("Weather in Brno please"), .assistant(text: "", calls: calls),
                .toolResults([
                    ToolResult(callID: "1", name: "get_weather", output: "{\"sky\":[\"blue\"]}"),
                    ToolResult(callID: "2", name: "now", output: 12),
                ])))
        #expect(said.events.first == .text("blue at 12, step 1 of 1"))
    }

    @Test func `thoughts, counts, stop reasons and the fallback come as written`() async throws {
        let second = try await play(Self.router, request(.user("a"), .assistant(text: "b", calls: []), .user("c")))
        #expect(
            second.events == [
                .reasoning("Hm hm"), .text("Twice?"),
                .usage(Usage(inputTokens: 5, outputTokens: 2, cachedInputTokens: 1, reasoningTokens: 1)),
                .finished(.refusal),
            ])
        let fallback = try await play(Self.router, request(.user("hello")))
        #expect(fallback.events.first == .text("You said: hello {{unknown}}"))
    }

    @Test func `text comes word by word, each after the delay`() async throws {
        try folder.write("s.yaml", "delayMs: 20\nturns: [{say: \"a bc\\n  d \"}]")
        let slept = Mutex<[Duration]>([])
        let clock = ModelClock(timestamp: { "" }, sleep: { duration in slept.withLock { $0.append(duration) } })
        let batches = Mutex<[[ModelEvent]]>([])
        try await resolver(clock).resolve("scripted/s").model.respond(to: request(.user("x"))) { events in
            batches.withLock { $0.append(events) }
        }
        #expect(
            batches.withLock { Array($0.dropLast()) } == [[.text("a")], [.text(" bc")], [.text("\n  d")], [.text(" ")]])
        #expect(slept.withLock { $0 } == Array(repeating: .milliseconds(20), count: 5))
    }

    @Test(arguments: [
        (
            "{say: so it, fail: {kind: rateLimited, retryAfterMs: 300, message: Slow down}}",
            ModelFailure.Kind.rateLimited, false
        ),
        ("{say: so it, fail: {kind: overloaded, afterText: true}}", .overloaded, true),
        ("{say: so it, cut: true}", .cut, true), ("{say: so it, nonsense: true}", .malformed, true),
        ("{say: so it, hang: true}", .timedOut, true),
    ]) func `faults come when the script says so`(_ turn: String, _ kind: ModelFailure.Kind, _ speaks: Bool)
        async throws
    {
        let outcome = try await play("turns: [\(turn)]", request(.user("x")))
        #expect(outcome.failure?.kind == kind)
        #expect(outcome.events == (speaks ? [.text("so it")] : []))
        if kind == .rateLimited {
            #expect(outcome.failure == ModelFailure(.rateLimited, "Slow down", retryAfter: .milliseconds(300)))
        }
    }

    @Test func `a call with an input that is no JSON can be played`() async throws {
        let outcome = try await play("turns: [{call: {tool: f, rawInput: '{\"a\":'}}]", request(.user("x")))
        guard case .toolCall(let call)? = outcome.events.first else { return #expect(outcome.events == []) }
        #expect(call.input == nil && call.rawInput == "{\"a\":")
    }

    @Test func `a changed script is read again, and JSON is one too`() async throws {
        #expect(try await play("turns: [{say: one}]", request(.user("x"))).events.first == .text("one"))
        #expect(try await play("turns: [{say: three}]", request(.user("x"))).events.first == .text("three"))
        try folder.write("j.json", "{\"turns\":[{\"say\":\"json\"}]}")
        let outcome = try await outcome(of: resolver().resolve("scripted/j.json").model, request(.user("x")))
        #expect(outcome.events.first == .text("json"))
    }

    @Test(arguments: [
        (
            "turns:\n  - say: a\n    sya: b",
            "script s, line 3: a turn has no sya: it has when, say, reason, call, delayMs, usage, stop, fail, hang, "
                + "cut, nonsense"
        ),
        (
            "turns:\n  - when: {usr: a}",
            "script s, line 2: when has no usr: it has user, system, output, tool, offers, step, turn"
        ),
        ("turns:\n  - when: {step: soon}", "script s, line 2: expected a whole number"),
        ("turns:\n  - when: {user: '/(/'}", "script s, line 2: /(/ is not a regular expression"),
        (
            "turns:\n  - fail: {kind: x}",
            "script s, line 2: fail has a kind, one of auth, badRequest, configuration, contextLength, cut, "
                + "malformed, network, notFound, overloaded, rateLimited, refused, timedOut"
        ),
        ("turns:\n  - say: [a]", "script s, line 2: expected text"),
        ("turns:\n  - cut: true\n    hang: true", "script s, line 2: a turn has one of fail, hang, cut and nonsense"),
        ("turns: []", "script s, line 1: a script has at least one turn"),
        ("turns: 1", "script s, line 1: a script has a list of turns"),
        ("", "script s, line 1: the script is empty"),
        ("turns:\n  - say: 'a", "script s, line 2: not YAML or JSON"),
    ]) func `a malformed script names the line`(_ script: String, _ message: String) async throws {
        try folder.write("s.yaml", script)
        #expect(throws: ModelFailure(.configuration, message)) { _ = try resolver().resolve("scripted/s") }
    }

    @Test func `no script is read from outside the folder`() throws {
        try folder.write("ok.yaml", "turns: [{say: a}]")
        symlink("/etc/hostname", folder.path + "/link.yaml")
        symlink(folder.path + "/ok.yaml", folder.path + "/inner.yaml")
        for name in ["../x", "a/../../x", "./ok", "/etc/hostname", "ok//x", "link", "gone", "", "ok\0"] {
            #expect(throws: ModelFailure.self, "\(name)") { _ = try resolver().resolve("scripted/\(name)") }
        }
        _ = try resolver().resolve("scripted/inner")
    }

    @Test func `a request that no turn fits is an error`() async throws {
        let outcome = try await play("turns: [{when: {step: 3}, say: a}]", request(.user("x")))
        #expect(
            outcome.failure
                == ModelFailure(
                    .configuration, "script s: no turn fits step 0 of turn 1; end with one without when"))
    }

    @Test func `a hanging script ends when it is cancelled`() async throws {
        try folder.write("s.yaml", "turns: [{hang: true}]")
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (never, end) = AsyncStream.makeStream(of: Void.self)
        defer { end.finish() }
        let clock = ModelClock(
            timestamp: { "" },
            sleep: { _ in
                start.yield()
                for await _ in never {}
                try Task.checkCancellation()
            })
        let model = try resolver(clock).resolve("scripted/s").model
        let request = request(.user("x"))
        let task = Task { try await model.respond(to: request) { _ in } }
        for await _ in started { break }
        task.cancel()
        let result = await task.result
        #expect(throws: CancellationError.self) { try result.get() }
    }
}
