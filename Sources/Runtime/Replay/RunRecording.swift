public import Catalog
import Events
import Models
import Store

/// What a run was given from outside, enough to let it happen again without anybody being asked: the user's message and
/// what was said before, the replies of models, the outcomes of tools. In JSON, so that people can read and mend it.
public struct RunRecording: Sendable {
    /// A model's reply.
    struct Reply: Sendable {
        let frame: Int
        let text: String
        let calls: [ToolCall]
        let usage: Usage
        let stop: StopReason
    }

    /// Something that came from outside, in the order of the log.
    enum Happening: Sendable {
        case reply(Reply)
        case outcome(frame: Int, RunToolOutcome)
        /// What sources of tools gave a sub-agent that went to work.
        case equipment(frame: Int, RunEquipment)
        /// What a person decided on a tool call.
        case decision(RunApprovalDecision)
    }

    let run: String
    let start: RunStart
    let earlier: [MessageRow]
    let parts: [Part]
    let clientTime: ClientTime?
    let happenings: [Happening]
    /// What the run did when it was recorded, step by step.
    var steps: [JSONValue]

    /// The form of what `json` gives.
    static let version = 1

    init(
        run: String, start: RunStart, earlier: [MessageRow], parts: [Part], clientTime: ClientTime?,
        log: [LoggedEvent]
    ) {
        self.run = run
        self.start = start
        self.earlier = earlier
        self.parts = parts
        self.clientTime = clientTime
        happenings = Self.happenings(log)
        steps = []
    }

    private static func happenings(_ log: [LoggedEvent]) -> [Happening] {
        var texts: [Int: String] = [:]
        var made: Set<String> = []
        var happenings: [Happening] = []
        for logged in log {
            switch logged.event {
            case .text(let frame, let text): texts[frame, default: ""] += text
            case .retried(let frame, _, _): texts[frame] = nil
            case .resumed: texts = [:]
            case .toolStarted(_, let callID): made.insert(callID)
            case .answered(let frame, let answer):
                // The line break that keeps two answers apart is the run's own.
                let text = RunFrame.trimmingLineBreaks(texts.removeValue(forKey: frame) ?? "")
                happenings.append(
                    .reply(
                        Reply(
                            frame: frame, text: text, calls: answer.calls, usage: answer.usage, stop: answer.stop)))
            case .equipped(let frame, let equipment):
                happenings.append(.equipment(frame: frame, equipment))
            case .approvalDecided(_, let decision): happenings.append(.decision(decision))
            case .toolEnded(let frame, let outcome):
                // What was refused never came from outside.
                if made.contains(outcome.callID) { happenings.append(.outcome(frame: frame, outcome)) }
            default: continue
            }
        }
        return happenings
    }
}

extension RunRecording {
    /// As it is kept.
    public var json: JSONValue {
        var object: JSONObject = [
            "version": .integer(Int64(Self.version)), "run": .string(run), "agent": .string(start.agent),
            "agentName": .string(start.agentName), "subAgent": .string(start.subAgent),
            "conversation": .string(start.conversation), "input": StoredContent.json(parts),
        ]
        if let clientTime {
            object["clientTime"] = [
                "timeZone": .string(clientTime.timeZone), "timestamp": .string(clientTime.timestamp),
            ]
        }
        object["earlier"] = .array(earlier.map(\.recorded))
        object["exchanges"] = .array(happenings.map(\.json))
        object["steps"] = .array(steps)
        return .object(object)
    }

    /// Reads what was kept, with all that is broken in it.
    ///
    /// - Throws: `Problem` 400.
    public init(json: JSONValue) throws(Problem) {
        var decoding = Decoding()
        func text(_ name: String) -> String {
            guard let text = json[name]?.string, !text.isEmpty else {
                decoding.fail("must be text", at: name)
                return ""
            }
            return text
        }
        if json["version"]?.integer != Self.version { decoding.fail("must be \(Self.version)", at: "version") }
        run = text("run")
        start = RunStart(
            conversation: text("conversation"), requestID: "replay", agent: text("agent"),
            agentName: json["agentName"]?.string ?? "", subAgent: text("subAgent"), userMessage: "user",
            answerMessage: "answer", emitOperations: false)
        parts = StoredContent.parts(json["input"] ?? .null)
        if parts.isEmpty { decoding.fail("must have parts", at: "input") }
        clientTime = ClientTime(
            timeZone: json["clientTime"]?["timeZone"]?.string, timestamp: json["clientTime"]?["timestamp"]?.string)
        earlier = (json["earlier"]?.array ?? []).map { MessageRow(recorded: $0) }
        var happenings: [Happening] = []
        for (place, element) in (json["exchanges"]?.array ?? []).enumerated() {
            guard let happening = Happening(json: element) else {
                decoding.fail("must be a model's reply or a tool's outcome", along: ["exchanges", String(place)])
                continue
            }
            happenings.append(happening)
        }
        self.happenings = happenings
        if happenings.isEmpty { decoding.fail("must not be empty", at: "exchanges") }
        steps = json["steps"]?.array ?? []
        try decoding.finish()
    }
}

extension RunRecording.Happening {
    fileprivate var json: JSONValue {
        switch self {
        case .reply(let reply):
            [
                "model": [
                    "frame": .integer(Int64(reply.frame)), "text": .string(reply.text),
                    "calls": .array(reply.calls.map(\.recorded)), "stop": .string(reply.stop.word),
                    "usage": [
                        "input": .integer(Int64(reply.usage.inputTokens)),
                        "output": .integer(Int64(reply.usage.outputTokens)),
                    ],
                ]
            ]
        case .equipment(let frame, let equipment):
            [
                "equipment": [
                    "frame": .integer(Int64(frame)), "subAgent": .string(equipment.subAgent),
                    "tools": .array(
                        equipment.tools.map {
                            [
                                "name": .string($0.name), "needsApproval": .bool($0.needsApproval),
                                "isIdempotent": .bool($0.isIdempotent),
                            ]
                        }),
                ]
            ]
        case .decision(let decision):
            [
                "decision": [
                    "call": .string(decision.callID), "isApproved": .bool(decision.isApproved),
                    "reason": decision.reason.map(JSONValue.string) ?? .null, "input": decision.input ?? .null,
                ]
            ]
        case .outcome(let frame, let outcome):
            [
                "tool": [
                    "frame": .integer(Int64(frame)), "call": .string(outcome.callID), "output": outcome.output,
                    "isError": .bool(outcome.isError),
                ]
            ]
        }
    }

    fileprivate init?(json: JSONValue) {
        if let model = json["model"], let frame = model["frame"]?.integer, let text = model["text"]?.string {
            let calls = (model["calls"]?.array ?? []).compactMap { ToolCall(recorded: $0) }
            let usage = Usage(
                inputTokens: model["usage"]?["input"]?.integer ?? 0,
                outputTokens: model["usage"]?["output"]?.integer ?? 0)
            self = .reply(
                RunRecording.Reply(
                    frame: frame, text: text, calls: calls, usage: usage,
                    stop: StopReason(word: model["stop"]?.string ?? "end_turn")))
        } else if let tool = json["tool"], let frame = tool["frame"]?.integer, let call = tool["call"]?.string {
            self = .outcome(
                frame: frame,
                RunToolOutcome(
                    callID: call, output: tool["output"] ?? .null, isError: tool["isError"]?.bool ?? false))
        } else if let equipment = json["equipment"], let frame = equipment["frame"]?.integer,
            let subAgent = equipment["subAgent"]?.string
        {
            let tools = (equipment["tools"]?.array ?? []).compactMap { tool in
                tool["name"]?.string.map {
                    RunToolRule(
                        $0, needsApproval: tool["needsApproval"]?.bool ?? false,
                        isIdempotent: tool["isIdempotent"]?.bool ?? false)
                }
            }
            self = .equipment(frame: frame, RunEquipment(subAgent: subAgent, tools: tools))
        } else if let decision = json["decision"], let call = decision["call"]?.string,
            let isApproved = decision["isApproved"]?.bool
        {
            let input = decision["input"].flatMap { $0.isNull ? nil : $0 }
            self = .decision(
                RunApprovalDecision(
                    callID: call, isApproved: isApproved, reason: decision["reason"]?.string, input: input))
        } else {
            return nil
        }
    }
}

extension ToolCall {
    fileprivate var recorded: JSONValue {
        var object: JSONObject = ["id": .string(id), "name": .string(name), "input": input]
        object["rawInput"] = rawInput.map(JSONValue.string)
        return .object(object)
    }

    fileprivate init?(recorded json: JSONValue) {
        guard let id = json["id"]?.string, let name = json["name"]?.string else { return nil }
        self.init(id: id, name: name, input: json["input"] ?? .null, rawInput: json["rawInput"]?.string)
    }
}

extension StopReason {
    fileprivate init(word: String) {
        switch word {
        case "end_turn": self = .endTurn
        case "tool_calls": self = .toolCalls
        case "max_tokens": self = .maxTokens
        case "refusal": self = .refusal
        case "content_filter": self = .contentFilter
        default: self = .other(word)
        }
    }
}

extension MessageRow {
    /// What of an earlier message models may see.
    fileprivate var recorded: JSONValue {
        var object: JSONObject = [
            "role": .string(role), "type": .string(type), "visibility": .string(visibility), "content": content,
        ]
        object["from"] = fromSubAgent.map(JSONValue.string)
        object["to"] = toSubAgent.map(JSONValue.string)
        object["metadata"] = metadata
        return .object(object)
    }

    fileprivate init(recorded json: JSONValue) {
        self.init(
            conversation: ConversationKey(tenant: "", project: "", id: ""), id: "", role: json["role"]?.string ?? "",
            fromSubAgent: json["from"]?.string, toSubAgent: json["to"]?.string,
            visibility: json["visibility"]?.string ?? "user-facing", type: json["type"]?.string ?? "chat",
            content: json["content"] ?? .null, metadata: json["metadata"], createdAt: 0)
    }
}
