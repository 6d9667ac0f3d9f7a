public import Catalog
public import Events
import Models

/// The chunks of `POST /run/v1/chat/completions` (run spec §3.4) from a run's log, as OpenAI's clients read them.
///
/// One chunk with the role; a chunk per text of frame 0; one chunk per shown tool call, with its arguments once; one
/// chunk with the reason to stop; the usage where the client asked for it; `[DONE]`. A plain client's joined text is
/// exactly the answer: operations, summaries and tool outcomes enter `content` only when the client asked for
/// operations. Components and artifacts, which are part of the answer, have a chunk of their own whose content is
/// their JSON. A failed or cancelled run ends, instead of the stop chunk, in `{"error":{message,type,code,param}}`,
/// which OpenAI's clients raise as an error.
///
/// The bytes depend on the log alone, not on how it is cut into batches.
public struct ChatCompletionStream: Sendable {
    /// Whether the run's end has been encoded, so that nothing more will come.
    public private(set) var isFinished = false

    private let includesUsage: Bool
    /// Gives each chunk its place, for clients that come back; nil where they cannot.
    private var place: StreamPlace?
    private var emitsOperations = false
    private var operations = OperationLog()
    private var shownCalls: Set<String> = []
    private var callCount: Int64 = 0
    private var approvals = ApprovalLog()
    private var isDurable = false
    /// A chunk up to its delta, made once.
    private var head: [UInt8] = []
    /// A chunk from behind its delta's text on, made once.
    private var textTail: [UInt8] = []

    /// An encoder at the beginning of a log.
    ///
    /// - Parameter includesUsage: `stream_options.include_usage` of the request.
    public init(includesUsage: Bool = false) { self.includesUsage = includesUsage }

    /// An encoder at the beginning of the log of `run` whose chunks each carry an `EventID`.
    ///
    /// - Parameter count: How many chunks to leave out, from the first on.
    public init(run: String, skipping count: Int = 0) {
        includesUsage = false
        place = StreamPlace(run: run, after: nil, skipping: count)
    }

    /// An encoder that is given the log from its beginning and leaves out everything up to and including `id`.
    public init(after id: EventID) {
        includesUsage = false
        place = StreamPlace(run: id.run, after: id)
    }

    /// Appends what the next events of the log give rise to. The first one of all must be `.started`.
    public mutating func encode(_ events: [LoggedEvent], into writer: inout JSONWriter) {
        for (index, logged) in events.enumerated() where !isFinished {
            encode(logged, &writer)
            if logged.event == .suspended, isDurable, index == events.count - 1 { suspend(into: &writer) }
        }
    }

    /// Appends the end of a stream whose run waits for a person: the calls that it showed are still to be made.
    public mutating func suspend(into writer: inout JSONWriter) {
        guard !isFinished, place?.isWanted != false else { return }
        isFinished = true
        chunk(finish: "\"tool_calls\"", &writer) { $0.raw("{}") }
        if open(&writer) { writer.raw("[DONE]\n\n") }
    }

    private mutating func encode(_ logged: LoggedEvent, _ writer: inout JSONWriter) {
        place?.move(to: logged.sequence)
        approvals.note(logged.event)
        switch logged.event {
        case .text(frame: 0, let text):
            content(text, &writer)
            if emitsOperations { _ = operations.parts(for: logged) }
        case .started(let start):
            begin(start, at: logged.at)
            chunk(&writer) { $0.raw("{\"role\":\"assistant\",\"content\":\"\"}") }
            operationChunks(logged, &writer)
        case .answered(frame: 0, let answer):
            operationChunks(logged, &writer)
            for call in answer.calls where ToolVisibility.isShown(call.name) { toolCall(call, &writer) }
        case .approvalRequested, .approvalDecided:
            if emitsOperations {
                for part in approvals.parts(for: logged.event) { content(part.jsonText, &writer) }
            }
            if case .approvalDecided(frame: 0, let decision) = logged.event, !decision.isApproved {
                shownCalls.remove(decision.callID)
            }
            operationChunks(logged, &writer)
        case .toolEnded(frame: 0, let outcome):
            toolOutcome(outcome, &writer)
            operationChunks(logged, &writer)
        case .data(let frame, let data) where frame == 0 || data.kind == .summary:
            if data.kind != .summary || emitsOperations { content(data.uiPart.jsonText, &writer) }
            operationChunks(logged, &writer)
        case .finished(let end):
            operationChunks(logged, &writer)
            finish(end, &writer)
        default: operationChunks(logged, &writer)
        }
    }

    private mutating func begin(_ start: RunStart, at: Int64) {
        emitsOperations = start.emitOperations
        isDurable = start.isDurable
        var writer = JSONWriter(capacity: 160)
        writer.raw("{\"id\":")
        writer.string(start.requestID)
        writer.raw(",\"object\":\"chat.completion.chunk\",\"created\":")
        writer.integer(at / 1_000)
        writer.raw(",\"model\":")
        writer.string(start.agentName)
        writer.raw(",\"choices\":[")
        head = writer.bytes
        textTail = Array("},\"finish_reason\":null}]\(includesUsage ? ",\"usage\":null" : "")}\n\n".utf8)
    }

    /// Appends a chunk whose delta holds this text; the path that most events take.
    private mutating func content(_ text: String, _ writer: inout JSONWriter) {
        if text.isEmpty { return }
        guard open(&writer) else { return }
        writer.raw(head)
        writer.raw("{\"index\":0,\"delta\":{\"content\":")
        writer.string(text)
        writer.raw(textTail)
    }

    /// Opens the next chunk. False when the client already has it; then nothing must be written.
    private mutating func open(_ writer: inout JSONWriter) -> Bool {
        if let isWanted = place?.begin(&writer) { return isWanted }
        writer.raw("data: ")
        return true
    }

    /// Appends a chunk with the delta that `delta` writes.
    private mutating func chunk(
        finish: StaticString = "null", _ writer: inout JSONWriter, delta: (inout JSONWriter) -> Void
    ) {
        guard open(&writer) else { return }
        writer.raw(head)
        writer.raw("{\"index\":0,\"delta\":")
        delta(&writer)
        writer.raw(",\"finish_reason\":")
        writer.raw(finish)
        writer.raw("}]")
        if includesUsage { writer.raw(",\"usage\":null") }
        writer.raw("}\n\n")
    }

    private mutating func operationChunks(_ logged: LoggedEvent, _ writer: inout JSONWriter) {
        if !emitsOperations { return }
        for part in operations.parts(for: logged) { content(part.jsonText, &writer) }
    }

    private mutating func toolCall(_ call: ToolCall, _ writer: inout JSONWriter) {
        let position = callCount
        callCount += 1
        shownCalls.insert(call.id)
        chunk(&writer) { writer in
            writer.raw("{\"tool_calls\":[{\"index\":")
            writer.integer(position)
            writer.raw(",\"id\":")
            writer.string(call.id)
            writer.raw(",\"type\":\"function\",\"function\":{\"name\":")
            writer.string(call.name)
            writer.raw(",\"arguments\":")
            writer.string(call.argumentsText)
            writer.raw("}}]}")
        }
    }

    private mutating func toolOutcome(_ outcome: RunToolOutcome, _ writer: inout JSONWriter) {
        guard shownCalls.remove(outcome.callID) != nil, emitsOperations else { return }
        content(outcome.uiPart(errorOutput: .null).jsonText, &writer)
    }

    private mutating func finish(_ end: RunEnd, _ writer: inout JSONWriter) {
        isFinished = true
        switch end.outcome {
        case .completed:
            chunk(finish: end.finishReason, &writer) { $0.raw("{}") }
            if includesUsage, open(&writer) {
                writer.raw(head)
                writer.raw("],\"usage\":")
                writer.writeChatUsage(end.usage)
                writer.raw("}\n\n")
            }
        case .failed(let failure): error(failure, &writer)
        case .cancelled: error(.cancelled, &writer)
        }
        if open(&writer) { writer.raw("[DONE]\n\n") }
    }

    private mutating func error(_ failure: RunFailure, _ writer: inout JSONWriter) {
        guard open(&writer) else { return }
        writer.raw("{\"error\":{\"message\":")
        writer.string(failure.message)
        writer.raw(",\"type\":")
        writer.string(failure.openAIType)
        writer.raw(",\"param\":null,\"code\":")
        writer.string(failure.code)
        writer.raw("}}\n\n")
    }
}

extension RunEnd {
    /// OpenAI's word for why the answer ended, in quotes. A run that reached its steps, or stopped for a reason that
    /// only its provider knows, has ended all the same: `stop`.
    var finishReason: StaticString {
        switch stop {
        case .maxTokens: "\"length\""
        case .refusal, .contentFilter: "\"content_filter\""
        case .endTurn, .toolCalls, .other, nil: "\"stop\""
        }
    }
}

extension RunToolOutcome {
    /// The part by which clients of both endpoints see the outcome of a call (run spec §3.4, §4.3). The chat
    /// completions format adds `output` to an error, the other has none; `errorOutput` is it.
    func uiPart(errorOutput: JSONValue?) -> JSONValue {
        guard isError else {
            return ["type": "tool-output-available", "toolCallId": .string(callID), "output": output]
        }
        var part: JSONObject = [
            "type": "tool-output-error", "toolCallId": .string(callID), "errorText": .string(errorText),
        ]
        part["output"] = errorOutput
        return .object(part)
    }
}

extension JSONWriter {
    /// Appends tokens as a chat completion counts them.
    mutating func writeChatUsage(_ usage: Usage) {
        raw("{\"prompt_tokens\":")
        integer(Int64(usage.inputTokens))
        raw(",\"completion_tokens\":")
        integer(Int64(usage.outputTokens))
        raw(",\"total_tokens\":")
        integer(Int64(usage.totalTokens))
        raw(",\"prompt_tokens_details\":{\"cached_tokens\":")
        integer(Int64(usage.cachedInputTokens))
        raw("},\"completion_tokens_details\":{\"reasoning_tokens\":")
        integer(Int64(usage.reasoningTokens))
        raw("}}")
    }
}
