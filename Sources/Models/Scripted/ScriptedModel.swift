import Catalog

/// The model behind `scripted/<file>`: it plays a script, tool calls and faults included, for demos and tests. The
/// reply
/// depends on the request and the file alone.
public struct ScriptedModel: Model {
    private let name: String
    private let library: ScriptLibrary
    private let clock: ModelClock

    /// The model that plays the script `name` of `library`.
    public init(name: String, library: ScriptLibrary, clock: ModelClock) {
        self.name = name
        self.library = library
        self.clock = clock
    }

    /// Plays the first turn whose conditions hold; see `Model`. Text comes word by word.
    public func respond(
        to request: ModelRequest, each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        let script = try library.script(name)
        let scene = ScriptScene(request)
        for turn in script.turns {
            guard let groups = scene.groups(playing: turn) else { continue }
            return try await play(turn, scene, groups, request, each)
        }
        throw ModelFailure(
            .configuration,
            "script \(name): no turn fits step \(scene.step) of turn \(scene.turn); end with one without when")
    }

    private func play(
        _ turn: Script.Turn, _ scene: ScriptScene, _ groups: [String], _ request: ModelRequest,
        _ each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        let reply = turn.reply
        if case .fail(_, _, _, afterText: false) = reply.fault { try fail(reply.fault) }
        let say = scene.filled(reply.say, groups: groups)
        for word in Self.words(scene.filled(reply.reasoning, groups: groups)) {
            try await give([.reasoning(word)], reply.delay, each)
        }
        for word in Self.words(say) { try await give([.text(word)], reply.delay, each) }
        switch reply.fault {
        case .hang:
            try await clock.wait(for: request.options.timeout)
            throw ModelFailure(.timedOut, "The script hangs here")
        case .none: break
        default: try fail(reply.fault)
        }
        var events: [ModelEvent] = []
        for (position, call) in reply.calls.enumerated() {
            events.append(.toolCall(filled(call, id: "call_\(scene.digest)_\(position)", scene, groups)))
        }
        events.append(.usage(reply.usage ?? .estimated(for: request, reply: say)))
        events.append(.finished(reply.stop ?? (reply.calls.isEmpty ? .endTurn : .toolCalls)))
        try await give(events, reply.delay, each)
    }

    private func filled(_ call: Script.Call, id: String, _ scene: ScriptScene, _ groups: [String]) -> ToolCall {
        let tool = scene.filled(call.tool, groups: groups)
        if let raw = call.rawInput { return ToolCall(id: id, name: tool, input: nil, rawInput: raw) }
        return ToolCall(id: id, name: tool, input: scene.filled(call.input, groups: groups))
    }

    private func give(
        _ events: [ModelEvent], _ delay: Duration, _ each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        try Task.checkCancellation()
        if delay > .zero { try await clock.wait(for: delay) }
        try await each(events)
    }

    private func fail(_ fault: Script.Fault?) throws {
        switch fault {
        case .fail(let kind, let message, let retryAfter, _): throw ModelFailure(kind, message, retryAfter: retryAfter)
        case .cut: throw ModelFailure(.cut, "The script ends the stream here")
        case .nonsense: throw ModelFailure(.malformed, "The script sends nonsense here")
        case .hang, nil: return
        }
    }

    /// The words of `text`, each with the white space before it, so that together they are the text.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var hasLetters = false
        for character in text {
            if character.isWhitespace, hasLetters {
                words.append(word)
                word = ""
                hasLetters = false
            }
            if !character.isWhitespace { hasLetters = true }
            word.append(character)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
