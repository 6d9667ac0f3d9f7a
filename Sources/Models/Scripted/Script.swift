import Catalog

/// A parsed script: what `scripted/<file>` answers. SCRIPTS.md documents the format.
struct Script: Sendable {
    /// The turns; the first whose conditions hold is played.
    var turns: [Turn]

    struct Turn: Sendable {
        var conditions: [Condition] = []
        var reply = Reply()
        /// Where it stands in the file, counted from 1.
        var line: Int
    }

    enum Condition: Sendable {
        case user(TextMatch)
        case system(TextMatch)
        case output(TextMatch)
        case tool(String)
        case offers(String)
        case step(Int)
        case turn(Int)
    }

    /// Text that contains another, in whatever case, or that a regular expression finds something in.
    enum TextMatch: Sendable {
        case contains(String)
        case matches(pattern: String)
    }

    struct Reply: Sendable {
        var reasoning = ""
        var say = ""
        var calls: [Call] = []
        var delay: Duration = .zero
        var usage: Usage?
        var stop: StopReason?
        var fault: Fault?
    }

    struct Call: Sendable {
        var tool: String
        var input: JSONValue = [:]
        var rawInput: String?
    }

    enum Fault: Sendable {
        case fail(kind: ModelFailure.Kind, message: String, retryAfter: Duration?, afterText: Bool)
        case hang
        case cut
        case nonsense
    }
}

extension Script.TextMatch {
    /// What of `text` matched, the whole first and then the groups; nil when nothing did.
    func groups(in text: String) -> [String]? {
        switch self {
        case .contains(let part): return text.lowercased().contains(part.lowercased()) ? [part] : nil
        case .matches(let pattern):
            // The parser has compiled it once to know that it is one; `Regex` cannot be kept, it is not Sendable.
            guard let match = try? Regex(pattern).ignoresCase().firstMatch(in: text) else { return nil }
            return match.output.indices.map { String(match.output[$0].substring ?? "") }
        }
    }
}

/// What of a request the conditions and placeholders of a script look at.
struct ScriptScene {
    let user: String
    let system: String
    let tools: Set<String>
    /// How many times the model has answered since the last user message.
    let step: Int
    /// How many user messages there are, so 1 in a new conversation.
    let turn: Int
    /// The results of the last step, if it was one of tools.
    let results: [ToolResult]

    init(_ request: ModelRequest) {
        user = request.lastUserText
        system = request.system.map(\.text).joined(separator: "\n\n")
        tools = Set(request.tools.map(\.name))
        var step = 0
        for message in request.messages.reversed() {
            if case .user = message { break }
            if case .assistant = message { step += 1 }
        }
        self.step = step
        turn = request.messages.count { if case .user = $0 { true } else { false } }
        if case .toolResults(let results)? = request.messages.last { self.results = results } else { results = [] }
        digest = String(Self.hash(([system] + request.messages.map(\.text)).joined(separator: "\u{1E}")), radix: 36)
    }

    /// Tells this request from others, so that the ids of its tool calls are unlike those of another step or agent.
    let digest: String

    /// The groups of the user's text if `turn` is to be played (empty where it does not ask for them), else nil.
    func groups(playing turn: Script.Turn) -> [String]? {
        var groups: [String] = []
        for condition in turn.conditions {
            switch condition {
            case .user(let match):
                guard let found = match.groups(in: user) else { return nil }
                groups = found
            case .system(let match): guard match.groups(in: system) != nil else { return nil }
            case .output(let match):
                guard results.contains(where: { match.groups(in: $0.outputText) != nil }) else { return nil }
            case .tool(let name): guard results.contains(where: { $0.name == name }) else { return nil }
            case .offers(let name): guard tools.contains(name) else { return nil }
            case .step(let number): guard step == number else { return nil }
            case .turn(let number): guard self.turn == number else { return nil }
            }
        }
        return groups
    }

    /// FNV-1a: the same in every process, unlike `Hasher`.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// `text` with its placeholders filled in. Unknown ones are left as they are.
    func filled(_ text: String, groups: [String]) -> String {
        guard text.contains("{{") else { return text }
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{"),
            let close = rest[open.upperBound...].firstRange(of: "}}")
        {
            result += rest[..<open.lowerBound]
            let name = rest[open.upperBound..<close.lowerBound].filter { $0 != " " }
            result += value(name, groups) ?? String(rest[open.lowerBound..<close.upperBound])
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    /// `value` with the placeholders in all its texts filled in.
    func filled(_ value: JSONValue, groups: [String]) -> JSONValue {
        switch value {
        case .string(let text): .string(filled(text, groups: groups))
        case .array(let elements): .array(elements.map { filled($0, groups: groups) })
        case .object(let object):
            .object(JSONObject(object.map { (key: $0.key, value: filled($0.value, groups: groups)) }))
        default: value
        }
    }

    private func value(_ name: String, _ groups: [String]) -> String? {
        let steps = name.split(separator: ".").map(String.init)
        switch (steps.first, steps.dropFirst().first) {
        case ("user", nil): return user
        case ("step", nil): return String(step)
        case ("turn", nil): return String(turn)
        case ("match", let number?):
            return Int(number).flatMap { groups.indices.contains($0) ? groups[$0] : nil }
        case ("tool", "name"?): return results.last?.name ?? ""
        case ("tool", "output"?):
            guard let output = results.last?.output else { return "" }
            return member(of: output, steps.dropFirst(2))
        case ("outputs", nil): return results.map(\.outputText).joined(separator: "\n")
        case ("outputs", let tool?):
            guard let output = results.last(where: { $0.name == tool })?.output else { return "" }
            return member(of: output, steps.dropFirst(2))
        default: return nil
        }
    }

    private func member(of output: JSONValue, _ path: ArraySlice<String>) -> String {
        var value: JSONValue? = output
        // Tools often return JSON as text.
        if !path.isEmpty, let text = output.string { value = try? JSONValue(parsing: text) }
        for step in path { value = Int(step).flatMap { value?[$0] } ?? value?[step] }
        return value.map { $0.string ?? $0.jsonText } ?? ""
    }
}
