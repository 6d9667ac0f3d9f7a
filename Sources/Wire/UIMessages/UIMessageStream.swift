public import Catalog
public import Events
import Models

/// The parts of `POST /run/api/chat` (run spec §4.3): the AI SDK's UI message stream, version 1, from a run's log.
///
/// | the log | parts |
/// |---|---|
/// | started | `start`, `data-operation` agent_initializing |
/// | text of frame 0 | `start-step` and `text-start` where none is open, `text-delta` |
/// | data of frame 0 | `text-end` where a text is open; `data-component`, `data-artifact` |
/// | a summary | `data-summary` |
/// | answered in frame 0 | `text-end`; per shown call `tool-input-start`, `tool-input-available`; `finish-step` when no
/// call is out |
/// | a shown call ended | `tool-output-available` or `tool-output-error`; `finish-step` when it was the last one out |
/// | an approval is requested | `tool-approval-request`; for a sub-agent that works for another one also the call |
/// | an approval is decided | `tool-output-denied`, or the call anew where a person has changed its arguments |
/// | suspended, in a durable run | `finish-step`, `finish`, `[DONE]`, where nothing has come after it yet |
/// | finished, completed | `data-operation` completion, `finish`, `[DONE]` |
/// | finished, failed | `data-operation` error, `error`, `finish`, `[DONE]` |
/// | finished, cancelled | `abort`, `[DONE]` |
///
/// The other operations of run spec §5.1 are in between for runs whose client asked for them. Steps in which only
/// hidden tools were called are not shown. Text that a restart or a retry made void cannot be unsent: `data-reset-step`
/// names its blocks, which the client is to discard, and what follows is a new block.
///
/// Every event carries an `EventID`. The bytes depend on the run's id and its log alone, not on how the log is cut into
/// batches, so a client that comes back gets the very bytes that it missed.
public struct UIMessageStream: Sendable {
    /// Whether the run's end has been encoded, so that nothing more will come.
    public private(set) var isFinished = false

    private var place: StreamPlace
    private var operations = OperationLog()
    private var emitsOperations = false
    private var answerMessage = ""
    private var blockCount = 0
    /// Blocks whose text will stay, or is known to be void.
    private var settledBlocks = 0
    private var isTextOpen = false
    private var isStepOpen = false
    /// Calls of frame 0 that have not ended yet, and whether clients see them.
    private var openCalls: [String: Bool] = [:]
    private var approvals = ApprovalLog()
    private var isDurable = false
    /// A `text-delta` of the open block up to its text, made once per block.
    private var deltaHead: [UInt8] = []

    /// An encoder at the beginning of the log of `run`.
    public init(run: String) { place = StreamPlace(run: run, after: nil) }

    /// An encoder that is given the log from its beginning and leaves out everything up to and including `id`. An id
    /// beyond the last event of its entry leaves out the entry.
    public init(after id: EventID) { place = StreamPlace(run: id.run, after: id) }

    /// Appends what the next events of the log give rise to. The first one of all must be `.started`.
    public mutating func encode(_ events: [LoggedEvent], into writer: inout JSONWriter) {
        for (index, logged) in events.enumerated() where !isFinished {
            encode(logged, &writer)
            if logged.event == .suspended, isDurable, index == events.count - 1 { suspend(&writer) }
        }
    }

    /// Appends the end of a stream whose run waits for a person, unless the client has seen it.
    public mutating func suspend(into writer: inout JSONWriter) { suspend(&writer) }

    private mutating func suspend(_ writer: inout JSONWriter) {
        guard !isFinished, place.isWanted else { return }
        isFinished = true
        closeStep(&writer)
        sendFixed("{\"type\":\"finish\"}", &writer)
        sendFixed("[DONE]", &writer)
    }

    private mutating func encode(_ logged: LoggedEvent, _ writer: inout JSONWriter) {
        place.move(to: logged.sequence)
        approvals.note(logged.event)
        switch logged.event {
        case .text(frame: 0, let text):
            delta(text, &writer)
            if emitsOperations { _ = operations.parts(for: logged) }
        case .started(let start):
            emitsOperations = start.emitOperations
            isDurable = start.isDurable
            answerMessage = start.answerMessage
            send(["type": "start", "messageId": .string(answerMessage)], &writer)
            sendOperations(logged, &writer)
        case .answered(frame: 0, let answer): answered(answer, logged, &writer)
        case .toolEnded(frame: 0, let outcome):
            let isShown = openCalls.removeValue(forKey: outcome.callID)
            if isShown == true { send(outcome.uiPart(errorOutput: nil), &writer) }
            sendOperations(logged, &writer)
            if openCalls.isEmpty { closeStep(&writer) }
        case .approvalRequested, .approvalDecided:
            for part in approvals.parts(for: logged.event) {
                openStep(&writer)
                send(part, &writer)
            }
            if case .approvalDecided(frame: 0, let decision) = logged.event, !decision.isApproved {
                openCalls[decision.callID] = false
            }
            sendOperations(logged, &writer)
        case .retried(frame: 0, _, _), .resumed:
            closeText(&writer)
            resetStep(&writer)
            sendOperations(logged, &writer)
        case .transferred(frame: 0, _, _, _):
            openCalls = [:]
            closeStep(&writer)
            sendOperations(logged, &writer)
        case .data(let frame, let data) where frame == 0 || data.kind == .summary: self.data(data, logged, &writer)
        case .finished(let end): finish(end, logged, &writer)
        case .equipped, .notice: sendOperations(logged, &writer)
        default: if emitsOperations { sendOperations(logged, &writer) }
        }
    }

    /// Appends one more piece of the open text block; the path that most events take.
    private mutating func delta(_ text: String, _ writer: inout JSONWriter) {
        if text.isEmpty { return }
        if !isTextOpen { openText(&writer) }
        guard place.begin(&writer) else { return }
        writer.raw(deltaHead)
        writer.string(text)
        writer.raw("}")
        place.end(&writer)
    }

    /// Appends a component or an artifact where it stands in the answer, or what is being done.
    private mutating func data(_ data: RunData, _ logged: LoggedEvent, _ writer: inout JSONWriter) {
        if data.kind != .summary {
            closeText(&writer)
            openStep(&writer)
        }
        send(data.uiPart, &writer)
        if emitsOperations { sendOperations(logged, &writer) }
    }

    private mutating func openText(_ writer: inout JSONWriter) {
        openStep(&writer)
        isTextOpen = true
        blockCount += 1
        var head = JSONWriter(capacity: 80)
        head.raw("{\"type\":\"text-delta\",\"id\":")
        head.string("\(answerMessage)-\(blockCount)")
        head.raw(",\"delta\":")
        deltaHead = head.bytes
        sendBlock("{\"type\":\"text-start\",\"id\":", &writer)
    }

    private mutating func closeText(_ writer: inout JSONWriter) {
        if !isTextOpen { return }
        isTextOpen = false
        sendBlock("{\"type\":\"text-end\",\"id\":", &writer)
    }

    /// Appends a part that names the text block and says nothing more.
    private mutating func sendBlock(_ head: StaticString, _ writer: inout JSONWriter) {
        guard place.begin(&writer) else { return }
        writer.raw(head)
        writer.string("\(answerMessage)-\(blockCount)")
        writer.raw("}")
        place.end(&writer)
    }

    /// Appends that the text of the model call that will be made again is void, where there was any.
    private mutating func resetStep(_ writer: inout JSONWriter) {
        guard blockCount > settledBlocks else { return }
        let blocks = (settledBlocks + 1...blockCount).map { JSONValue.string("\(answerMessage)-\($0)") }
        settledBlocks = blockCount
        send(["type": "data-reset-step", "data": ["textIds": .array(blocks)]], &writer)
    }

    private mutating func openStep(_ writer: inout JSONWriter) {
        if isStepOpen { return }
        isStepOpen = true
        sendFixed("{\"type\":\"start-step\"}", &writer)
    }

    private mutating func closeStep(_ writer: inout JSONWriter) {
        closeText(&writer)
        if !isStepOpen { return }
        isStepOpen = false
        sendFixed("{\"type\":\"finish-step\"}", &writer)
    }

    private mutating func answered(_ answer: RunAnswer, _ logged: LoggedEvent, _ writer: inout JSONWriter) {
        closeText(&writer)
        settledBlocks = blockCount
        let shown = answer.calls.filter { ToolVisibility.isShown($0.name) }
        if answer.calls.isEmpty || !shown.isEmpty { openStep(&writer) }
        sendOperations(logged, &writer)
        for call in answer.calls { openCalls[call.id] = false }
        for call in shown {
            openCalls[call.id] = true
            let id = JSONValue.string(call.id)
            let name = JSONValue.string(call.name)
            send(["type": "tool-input-start", "toolCallId": id, "toolName": name], &writer)
            send(
                ["type": "tool-input-available", "toolCallId": id, "toolName": name, "input": call.shownInput], &writer)
        }
        if answer.calls.isEmpty { closeStep(&writer) }
    }

    private mutating func finish(_ end: RunEnd, _ logged: LoggedEvent, _ writer: inout JSONWriter) {
        isFinished = true
        closeStep(&writer)
        sendOperations(logged, &writer)
        switch end.outcome {
        case .completed: sendFixed("{\"type\":\"finish\"}", &writer)
        case .failed(let failure):
            send(["type": "error", "errorText": .string(failure.message)], &writer)
            sendFixed("{\"type\":\"finish\"}", &writer)
        case .cancelled: sendFixed("{\"type\":\"abort\"}", &writer)
        }
        sendFixed("[DONE]", &writer)
    }

    /// Appends a part that is always the same.
    private mutating func sendFixed(_ part: StaticString, _ writer: inout JSONWriter) {
        guard place.begin(&writer) else { return }
        writer.raw(part)
        place.end(&writer)
    }

    private mutating func send(_ part: JSONValue, _ writer: inout JSONWriter) {
        guard place.begin(&writer) else { return }
        writer.write(part)
        place.end(&writer)
    }

    private mutating func sendOperations(_ logged: LoggedEvent, _ writer: inout JSONWriter) {
        for part in operations.parts(for: logged) { send(part, &writer) }
    }
}
