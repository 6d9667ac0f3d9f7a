public import Catalog
import Models

/// Why a stored event cannot be read.
public enum RunEventCodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The type is none that this version knows, as a newer one may have written it.
    case unknownType(String)
    /// The body is not what the type says; `reason` names the member at fault.
    case malformed(type: String, reason: String)

    /// The fault in words.
    public var description: String {
        switch self {
        case .unknownType(let type): "unknown run event type '\(type)'"
        case .malformed(let type, let reason): "malformed run event of type '\(type)': \(reason)"
        }
    }
}

/// How an event stands in the store: a type and a JSON object, `run_event (run, seq, at, type, body)` of DESIGN.md,
/// decision 3. Members that say nothing are left out (frame 0, zero tokens, no calls), so that the log stays small;
/// members that a reader does not know are passed over. What is written here is read for ever: members may be added,
/// never renamed.
extension RunEvent {
    /// The name of the case in the store: `text`, `tool_started` and so on.
    public var type: String {
        switch self {
        case .started: "started"
        case .text: "text"
        case .reasoning: "reasoning"
        case .answered: "answered"
        case .retried: "retried"
        case .equipped: "equipped"
        case .notice: "notice"
        case .data: "data"
        case .compressed: "compressed"
        case .approvalRequested: "approval_requested"
        case .approvalDecided: "approval_decided"
        case .suspended: "suspended"
        case .toolStarted: "tool_started"
        case .toolEnded: "tool_ended"
        case .transferred: "transferred"
        case .delegated: "delegated"
        case .delegationReturned: "delegation_returned"
        case .resumed: "resumed"
        case .finished: "finished"
        }
    }

    /// The body as UTF-8 JSON text.
    public var body: [UInt8] {
        var writer = JSONWriter(capacity: 64)
        write(to: &writer)
        return writer.bytes
    }

    /// Appends the body, one JSON object.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .started(let start): writer.write(start)
        case .text(let frame, let text), .reasoning(let frame, let text):
            writer.open(frame: frame)
            writer.raw("\"text\":")
            writer.string(text)
            writer.raw("}")
        case .answered(let frame, let answer): writer.write(answer, frame: frame)
        case .retried(let frame, let failure, let attempt):
            writer.open(frame: frame)
            writer.raw("\"attempt\":")
            writer.integer(Int64(attempt))
            writer.raw(",\"failure\":")
            writer.write(failure)
            writer.raw("}")
        case .equipped(let frame, let equipment): writer.write(equipment.json, frame: frame)
        case .notice(let frame, let notice): writer.write(notice.json, frame: frame)
        case .compressed(let frame, let compression): writer.write(compression.json, frame: frame)
        case .data(let frame, let data): writer.write(data.json, frame: frame)
        case .approvalRequested(let frame, let request): writer.write(request.json, frame: frame)
        case .approvalDecided(let frame, let decision): writer.write(decision.json, frame: frame)
        case .suspended: writer.raw("{}")
        case .toolStarted(let frame, let callID):
            writer.open(frame: frame)
            writer.raw("\"callId\":")
            writer.string(callID)
            writer.raw("}")
        case .toolEnded(let frame, let outcome): writer.write(outcome, frame: frame)
        case .transferred(let frame, let from, let to, let reason):
            writer.open(frame: frame)
            writer.raw("\"from\":")
            writer.string(from)
            writer.member(",\"to\":", to)
            writer.member(",\"reason\":", reason)
            writer.raw("}")
        case .delegated(let delegation): writer.write(delegation, result: nil)
        case .delegationReturned(let delegation, let result): writer.write(delegation, result: result)
        case .resumed(let attempt):
            writer.raw("{\"attempt\":")
            writer.integer(Int64(attempt))
            writer.raw("}")
        case .finished(let end): writer.write(end)
        }
    }

    /// Reads an event back.
    ///
    /// - Throws: `RunEventCodingError` for a type or a body that this version cannot read.
    public init(type: String, body: some Sequence<UInt8>) throws(RunEventCodingError) {
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue(parsing: body)
        } catch {
            throw .malformed(type: type, reason: error.description)
        }
        guard let object = value.object else { throw .malformed(type: type, reason: "not an object") }
        try self.init(Members(type: type, object: object))
    }

    private init(_ members: Members) throws(RunEventCodingError) {
        let frame = try members.number("frame")
        switch members.type {
        case "started": self = .started(try members.start())
        case "text": self = .text(frame: frame, try members.text("text"))
        case "reasoning": self = .reasoning(frame: frame, try members.text("text"))
        case "answered": self = .answered(frame: frame, try members.answer())
        case "retried":
            self = .retried(frame: frame, try members.failure("failure"), attempt: try members.number("attempt"))
        case "equipped": self = .equipped(frame: frame, try members.equipment())
        case "notice": self = .notice(frame: frame, try members.notice())
        case "compressed": self = .compressed(frame: frame, try members.compression())
        case "data": self = .data(frame: frame, try members.data())
        case "approval_requested": self = .approvalRequested(frame: frame, try members.approvalRequest())
        case "approval_decided": self = .approvalDecided(frame: frame, try members.approvalDecision())
        case "suspended": self = .suspended
        case "tool_started": self = .toolStarted(frame: frame, callID: try members.text("callId"))
        case "tool_ended": self = .toolEnded(frame: frame, try members.outcome())
        case "transferred":
            self = .transferred(
                frame: frame, from: try members.text("from"), to: try members.text("to"),
                reason: try members.text("reason"))
        case "delegated": self = .delegated(try members.delegation())
        case "delegation_returned":
            self = .delegationReturned(try members.delegation(), result: try members.text("result"))
        case "resumed": self = .resumed(attempt: try members.number("attempt"))
        case "finished": self = .finished(try members.end())
        default: throw .unknownType(members.type)
        }
    }
}

extension LoggedEvent {
    /// Reads an event back from a row of the store.
    ///
    /// - Throws: `RunEventCodingError` for a type or a body that this version cannot read.
    public init(
        sequence: Int64, at: Int64, type: String, body: some Sequence<UInt8>
    ) throws(RunEventCodingError) {
        self.init(sequence: sequence, at: at, event: try RunEvent(type: type, body: body))
    }
}

extension JSONWriter {
    /// Opens an object with the frame, which is left out when it is the one that talks to the user. Another member must
    /// follow.
    fileprivate mutating func open(frame: Int) {
        raw("{")
        if frame != 0 {
            raw("\"frame\":")
            integer(Int64(frame))
            raw(",")
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ text: String) {
        raw(name)
        string(text)
    }

    fileprivate mutating func write(_ start: RunStart) {
        member("{\"conversation\":", start.conversation)
        member(",\"requestId\":", start.requestID)
        member(",\"agent\":", start.agent)
        member(",\"agentName\":", start.agentName)
        member(",\"subAgent\":", start.subAgent)
        member(",\"userMessage\":", start.userMessage)
        member(",\"answerMessage\":", start.answerMessage)
        if start.emitOperations { raw(",\"emitOperations\":true") }
        if start.isDurable { raw(",\"durable\":true") }
        if let request = start.origin.request { member(",\"httpRequest\":", request) }
        if let traceparent = start.origin.traceparent { member(",\"traceparent\":", traceparent) }
        if let user = start.origin.user { member(",\"user\":", user) }
        raw("}")
    }

    fileprivate mutating func write(_ answer: RunAnswer, frame: Int) {
        open(frame: frame)
        member("\"subAgent\":", answer.subAgent)
        if !answer.calls.isEmpty {
            raw(",\"calls\":[")
            for (position, call) in answer.calls.enumerated() {
                if position > 0 { raw(",") }
                write(call)
            }
            raw("]")
        }
        raw(",")
        write(answer.usage)
        member(",\"stop\":", answer.stop.stored)
        if let call = answer.call {
            raw(",\"call\":")
            write(call)
        }
        raw("}")
    }

    private mutating func write(_ call: ToolCall) {
        member("{\"id\":", call.id)
        member(",\"name\":", call.name)
        raw(",\"input\":")
        write(call.input)
        if let raw = call.rawInput { member(",\"rawInput\":", raw) }
        if let signature = call.signature { member(",\"signature\":", signature) }
        raw("}")
    }

    /// Appends `"usage":{…}` with the counts that are not zero.
    private mutating func write(_ usage: Usage) {
        raw("\"usage\":{")
        var isFirst = true
        func count(_ name: StaticString, _ tokens: Int, to writer: inout JSONWriter) {
            if tokens == 0 { return }
            if !isFirst { writer.raw(",") }
            isFirst = false
            writer.raw(name)
            writer.integer(Int64(tokens))
        }
        count("\"input\":", usage.inputTokens, to: &self)
        count("\"output\":", usage.outputTokens, to: &self)
        count("\"cachedInput\":", usage.cachedInputTokens, to: &self)
        count("\"reasoning\":", usage.reasoningTokens, to: &self)
        raw("}")
    }

    fileprivate mutating func write(_ failure: RunFailure) {
        member("{\"code\":", failure.code)
        member(",\"message\":", failure.message)
        if let call = failure.call {
            raw(",\"call\":")
            write(call)
        }
        if failure.usage != Usage() {
            raw(",")
            write(failure.usage)
        }
        raw("}")
    }

    fileprivate mutating func write(_ outcome: RunToolOutcome, frame: Int) {
        open(frame: frame)
        member("\"callId\":", outcome.callID)
        raw(",\"output\":")
        write(outcome.output)
        if outcome.isError { raw(",\"isError\":true") }
        if outcome.durationMs != 0 {
            raw(",\"durationMs\":")
            integer(outcome.durationMs)
        }
        if let files = outcome.files {
            member(",\"files\":{\"message\":", files.message)
            raw(",\"parts\":")
            write(.array(files.parts))
            raw("}")
        }
        if let task = outcome.openTask { member(",\"openTask\":", task) }
        if let worker = outcome.worker {
            raw(",\"worker\":{\"frame\":")
            integer(Int64(worker.frame))
            raw(",\"failure\":")
            write(worker.failure)
            raw("}")
        }
        raw("}")
    }

    fileprivate mutating func write(_ delegation: RunDelegation, result: String?) {
        open(frame: delegation.frame)
        member("\"id\":", delegation.id)
        member(",\"callId\":", delegation.callID)
        if delegation.kind != .internal { member(",\"kind\":", delegation.kind.rawValue) }
        if let worker = delegation.workerFrame {
            raw(",\"workerFrame\":")
            integer(Int64(worker))
        }
        member(",\"from\":", delegation.from)
        member(",\"to\":", delegation.to)
        member(",\"task\":", delegation.task)
        if let result { member(",\"result\":", result) }
        raw("}")
    }

    fileprivate mutating func write(_ end: RunEnd) {
        switch end.outcome {
        case .completed: raw("{\"outcome\":\"completed\"")
        case .cancelled: raw("{\"outcome\":\"cancelled\"")
        case .failed(let failure):
            raw("{\"outcome\":\"failed\",\"failure\":")
            write(failure)
        }
        member(",\"subAgent\":", end.subAgent)
        raw(",\"iteration\":")
        integer(Int64(end.iteration))
        if let stop = end.stop { member(",\"stop\":", stop.stored) }
        raw(",")
        write(end.usage)
        raw("}")
    }
}

extension StopReason {
    private static let otherPrefix = "other:"

    /// The reason as one word; another reason carries the provider's word behind a colon.
    fileprivate var stored: String {
        switch self {
        case .endTurn: "end_turn"
        case .toolCalls: "tool_calls"
        case .maxTokens: "max_tokens"
        case .refusal: "refusal"
        case .contentFilter: "content_filter"
        case .other(let word): Self.otherPrefix + word
        }
    }

    init?(stored: String) {
        switch stored {
        case "end_turn": self = .endTurn
        case "tool_calls": self = .toolCalls
        case "max_tokens": self = .maxTokens
        case "refusal": self = .refusal
        case "content_filter": self = .contentFilter
        default:
            guard stored.hasPrefix(Self.otherPrefix) else { return nil }
            self = .other(String(stored.dropFirst(Self.otherPrefix.count)))
        }
    }
}
