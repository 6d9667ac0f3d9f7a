import Catalog
import Yams

/// Reads a script. Every fault names the file and the line.
struct ScriptParser {
    let file: String

    func parse(_ text: String) throws(ModelFailure) -> Script {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw fault(Self.line(of: error), "not YAML or JSON")
        } catch {
            throw fault(1, "not YAML or JSON")
        }
        guard let root else { throw fault(1, "the script is empty") }
        let members = try members(root, of: "a script", known: ["turns", "delayMs"])
        guard let list = members["turns"]?.sequence else {
            throw fault(root, "a script has a list of turns")
        }
        let delay = try members["delayMs"].map { node throws(ModelFailure) in try milliseconds(node) } ?? .zero
        let turns = try list.mapTyped { node throws(ModelFailure) in try turn(node, delay: delay) }
        guard !turns.isEmpty else { throw fault(root, "a script has at least one turn") }
        return Script(turns: turns)
    }

    // MARK: Turns

    private static let turnNames = [
        "when", "say", "reason", "call", "delayMs", "usage", "stop", "fail", "hang", "cut", "nonsense",
    ]

    private func turn(_ node: Node, delay: Duration) throws(ModelFailure) -> Script.Turn {
        let members = try members(node, of: "a turn", known: Self.turnNames)
        var turn = Script.Turn(line: node.mark?.line ?? 1)
        turn.reply.delay = delay
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "when": turn.conditions = try conditions(value)
            case "say": turn.reply.say = try text(value)
            case "reason": turn.reply.reasoning = try text(value)
            case "call": turn.reply.calls = try calls(value)
            case "delayMs": turn.reply.delay = try milliseconds(value)
            case "usage": turn.reply.usage = try usage(value)
            case "stop": turn.reply.stop = try stop(value)
            case "fail": turn.reply.fault = try failure(value)
            case "hang": if try flag(value) { turn.reply.fault = .hang }
            case "cut": if try flag(value) { turn.reply.fault = .cut }
            default: if try flag(value) { turn.reply.fault = .nonsense }
            }
        }
        if ["fail", "hang", "cut", "nonsense"].count(where: { members[$0] != nil }) > 1 {
            throw fault(node, "a turn has one of fail, hang, cut and nonsense")
        }
        return turn
    }

    private func conditions(_ node: Node) throws(ModelFailure) -> [Script.Condition] {
        let known = ["user", "system", "output", "tool", "offers", "step", "turn"]
        let members = try members(node, of: "when", known: known)
        return try members.sorted { $0.key < $1.key }.mapTyped { member throws(ModelFailure) in
            switch member.key {
            case "user": .user(try match(member.value))
            case "system": .system(try match(member.value))
            case "output": .output(try match(member.value))
            case "tool": .tool(try text(member.value))
            case "offers": .offers(try text(member.value))
            case "step": .step(try number(member.value))
            default: .turn(try number(member.value))
            }
        }
    }

    private func match(_ node: Node) throws(ModelFailure) -> Script.TextMatch {
        let text = try text(node)
        guard text.count > 2, text.hasPrefix("/"), text.hasSuffix("/") else { return .contains(text) }
        let pattern = String(text.dropFirst().dropLast())
        guard (try? Regex(pattern)) != nil else { throw fault(node, "\(text) is not a regular expression") }
        return .matches(pattern: pattern)
    }

    private func calls(_ node: Node) throws(ModelFailure) -> [Script.Call] {
        let nodes = node.sequence.map(Array.init) ?? [node]
        return try nodes.mapTyped { node throws(ModelFailure) in
            if case .scalar = node { return Script.Call(tool: try text(node)) }
            let members = try members(node, of: "a call", known: ["tool", "input", "rawInput"])
            guard let tool = members["tool"] else { throw fault(node, "a call names its tool") }
            var call = Script.Call(tool: try text(tool))
            if let input = members["input"] { call.input = try json(input, depth: 0) }
            if let raw = members["rawInput"] { call.rawInput = try text(raw) }
            return call
        }
    }

    private func usage(_ node: Node) throws(ModelFailure) -> Usage {
        let members = try members(node, of: "usage", known: ["input", "output", "cached", "reasoning"])
        func count(_ name: String) throws(ModelFailure) -> Int {
            guard let node = members[name] else { return 0 }
            return try number(node)
        }
        return Usage(
            inputTokens: try count("input"), outputTokens: try count("output"),
            cachedInputTokens: try count("cached"), reasoningTokens: try count("reasoning"))
    }

    private func stop(_ node: Node) throws(ModelFailure) -> StopReason {
        switch try text(node) {
        case "endTurn": .endTurn
        case "toolCalls": .toolCalls
        case "maxTokens": .maxTokens
        case "refusal": .refusal
        case "contentFilter": .contentFilter
        case let other: .other(other)
        }
    }

    private static let kinds: [String: ModelFailure.Kind] = [
        "auth": .auth, "rateLimited": .rateLimited, "overloaded": .overloaded, "contextLength": .contextLength,
        "refused": .refused, "badRequest": .badRequest, "notFound": .notFound, "network": .network,
        "timedOut": .timedOut, "malformed": .malformed, "cut": .cut, "configuration": .configuration,
    ]

    private func failure(_ node: Node) throws(ModelFailure) -> Script.Fault {
        let members = try members(node, of: "fail", known: ["kind", "message", "retryAfterMs", "afterText"])
        guard let kindNode = members["kind"], let kind = Self.kinds[try text(kindNode)] else {
            throw fault(node, "fail has a kind, one of \(Self.kinds.keys.sorted().joined(separator: ", "))")
        }
        return .fail(
            kind: kind,
            message: try members["message"].map { node throws(ModelFailure) in try text(node) }
                ?? "The script fails here",
            retryAfter: try members["retryAfterMs"].map { node throws(ModelFailure) in try milliseconds(node) },
            afterText: try members["afterText"].map { node throws(ModelFailure) in try flag(node) } ?? false)
    }

    // MARK: Values

    private func members(_ node: Node, of what: String, known: [String]) throws(ModelFailure) -> [String: Node] {
        guard let mapping = node.mapping else {
            throw fault(node, "\(what) has the members \(known.joined(separator: ", "))")
        }
        var members: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string, known.contains(name) else {
                throw fault(
                    key,
                    "\(what) has no \(key.scalar?.string ?? "such member"): it has \(known.joined(separator: ", "))")
            }
            members[name] = value
        }
        return members
    }

    private func text(_ node: Node) throws(ModelFailure) -> String {
        guard let scalar = node.scalar else { throw fault(node, "expected text") }
        return scalar.string
    }

    private func flag(_ node: Node) throws(ModelFailure) -> Bool {
        switch node.scalar?.string {
        case "true": true
        case "false": false
        default: throw fault(node, "expected true or false")
        }
    }

    private func number(_ node: Node) throws(ModelFailure) -> Int {
        guard let text = node.scalar?.string, let number = Int(text), (0...1_000_000_000).contains(number) else {
            throw fault(node, "expected a whole number")
        }
        return number
    }

    private func milliseconds(_ node: Node) throws(ModelFailure) -> Duration { .milliseconds(try number(node)) }

    /// A node as JSON: unquoted scalars that are JSON are taken as such, everything else is text.
    private func json(_ node: Node, depth: Int) throws(ModelFailure) -> JSONValue {
        guard depth < 64 else { throw fault(node, "more than 64 levels of nesting") }
        switch node {
        case .scalar(let scalar):
            if scalar.style == .plain, let value = try? JSONValue(parsing: scalar.string) { return value }
            return .string(scalar.string)
        case .sequence(let sequence):
            return .array(try sequence.mapTyped { node throws(ModelFailure) in try json(node, depth: depth + 1) })
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping { object[try text(key)] = try json(value, depth: depth + 1) }
            return .object(object)
        default: throw fault(node, "an anchor stands where a value is wanted")
        }
    }

    // MARK: Faults

    private func fault(_ node: Node, _ what: String) -> ModelFailure { fault(node.mark?.line ?? 1, what) }

    private func fault(_ line: Int, _ what: String) -> ModelFailure {
        ModelFailure(.configuration, "script \(file), line \(line): \(what)")
    }

    private static func line(of error: YamlError) -> Int {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: 1
        }
    }
}
