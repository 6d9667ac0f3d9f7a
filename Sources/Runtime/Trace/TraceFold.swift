import Catalog
import Events
import Models

/// Makes a run's trace of its log: the one place that knows what span an event begins or ends. It asks no clock and no
/// configuration, so the same log gives the same trace wherever and whenever it is read.
struct TraceFold: Sendable {
    /// A frame of the run, as far as spans need to know it.
    struct Frame {
        var subAgent: String
        /// The span around all stays: the run's, or a delegation's.
        let around: String
        /// The place of the span of the stay.
        var stay: Int
        /// When the model call that is due became so; nil while none is.
        var since: Int64?
        /// The number of the model call that is due or under way, as `RunFrame.modelCall` counts.
        var modelCall = 1
        /// When the first piece of the reply under way came.
        var firstAt: Int64?
        /// What the reply under way says; empty where contents are left out.
        var text = ""
        /// The calls of the last answer that are not over, by id.
        var calls: [String: ToolCall] = [:]
    }

    let run: String
    let keepsContent: Bool
    var identity: TraceIdentity
    var start: RunStart?
    var spans: [TraceSpan] = []
    var frames: [Int: Frame] = [:]
    /// Places of the spans of tool calls, delegations and approvals that are not over, by the id of the call.
    var open: [String: Int] = [:]
    var costMicros: Int64?
    var firstTokenMs: Int64?
    /// Places of the spans of waits for a person that are not over, by the id of the call.
    var waiting: [String: Int] = [:]
    var stays = 0
    var approvals = 0

    /// Of no events.
    ///
    /// - Parameter keepsContent: whether the spans hold what was said.
    init(run: String, keepsContent: Bool) {
        self.run = run
        self.keepsContent = keepsContent
        identity = TraceIdentity(run: run, origin: RunOrigin())
    }

    /// The trace so far; nil before the run has begun.
    var trace: RunTrace? {
        guard let start, let root = spans.first else { return nil }
        let within = spans.dropFirst().sorted { $0.startedAt < $1.startedAt }
        return RunTrace(
            run: run, trace: identity.trace, start: start, spans: [root] + within, costMicros: costMicros,
            firstTokenMs: firstTokenMs)
    }

    /// Takes the next event of the log.
    mutating func add(_ logged: LoggedEvent) {
        let at = logged.at
        switch logged.event {
        case .started(let start): begin(start, at: at)
        case .text(let frame, let text): takePiece(text, of: frame, at: at)
        case .reasoning(let frame, _): takePiece("", of: frame, at: at)
        case .answered(let frame, let answer): takeAnswer(answer, of: frame, at: at)
        case .retried(let frame, let failure, _): endFailedCall(failure, of: frame, at: at)
        case .equipped, .notice, .data, .compressed, .suspended: break
        case .approvalRequested(let frame, let request): beginApproval(request, of: frame, at: at)
        case .approvalDecided(let frame, let decision): endApproval(decision, of: frame, at: at)
        case .toolStarted(let frame, let callID): openTool(callID, of: frame, at: at)
        case .toolEnded(let frame, let outcome): endTool(outcome, of: frame, at: at)
        case .transferred(let frame, let from, let to, let reason): transfer(frame, from, to, reason, at: at)
        case .delegated(let delegation): begin(delegation, at: at)
        case .delegationReturned(let delegation, let result): end(delegation, result, at: at)
        case .resumed: resume(at: at)
        case .finished(let end): finish(end, at: at)
        }
    }

    // MARK: Frames

    private mutating func begin(_ start: RunStart, at time: Int64) {
        self.start = start
        identity = TraceIdentity(run: run, origin: start.origin)
        spans.append(
            TraceSpan(
                id: identity.root, parent: identity.parent?.span, kind: .run, name: start.agent, startedAt: time))
        openFrame(0, start.subAgent, around: identity.root, at: time)
    }

    private mutating func openFrame(_ number: Int, _ subAgent: String, around: String, at time: Int64) {
        let stay = openStay(subAgent, around: around, at: time)
        frames[number] = Frame(subAgent: subAgent, around: around, stay: stay, since: time)
    }

    private mutating func openStay(_ subAgent: String, around: String, at time: Int64) -> Int {
        stays += 1
        return append(
            TraceSpan(
                id: identity.span("stay \(stays)"), parent: around, kind: .subAgent, name: subAgent, startedAt: time,
                subAgent: subAgent))
    }

    /// Adds a span and returns its place.
    @discardableResult mutating func append(_ span: TraceSpan) -> Int {
        spans.append(span)
        return spans.count - 1
    }

    func stay(_ frame: Frame) -> String { spans[frame.stay].id }

    private mutating func transfer(_ number: Int, _ from: String, _ to: String, _ reason: String, at time: Int64) {
        guard var frame = frames[number] else { return }
        spans[frame.stay].end(at: time)
        var span = TraceSpan(
            id: identity.span("transfer \(stays)"), parent: stay(frame), kind: .transfer, name: "\(from) → \(to)",
            startedAt: time, subAgent: from)
        (span.from, span.to) = (from, to)
        if keepsContent { span.content["reason"] = .string(reason) }
        span.end(at: time)
        append(span)
        frame.stay = openStay(to, around: frame.around, at: time)
        frame.subAgent = to
        frame.calls = [:]
        frame.since = time
        frames[number] = frame
    }

    private mutating func begin(_ delegation: RunDelegation, at time: Int64) {
        guard let frame = frames[delegation.frame] else { return }
        // What works outside the run knows the span of the call as its parent.
        let id =
            delegation.workerFrame == nil
            ? identity.toolCall(delegation.callID) : identity.span("delegation \(delegation.id)")
        var span = TraceSpan(
            id: id, parent: stay(frame), kind: .delegation,
            name: delegation.to, startedAt: time, subAgent: delegation.from, callID: delegation.callID)
        (span.from, span.to) = (delegation.from, delegation.to)
        if keepsContent { span.content["task"] = .string(delegation.task) }
        open[delegation.callID] = append(span)
        if let worker = delegation.workerFrame { openFrame(worker, delegation.to, around: span.id, at: time) }
    }

    private mutating func end(_ delegation: RunDelegation, _ result: String, at time: Int64) {
        guard let number = delegation.workerFrame, let worker = frames[number] else { return }
        spans[worker.stay].end(at: time)
        frames[number]?.since = nil
        guard keepsContent, let place = open[delegation.callID] else { return }
        spans[place].content["result"] = .string(result)
    }

    // MARK: Model calls

    private mutating func takePiece(_ text: String, of number: Int, at time: Int64) {
        guard frames[number] != nil else { return }
        if frames[number]?.firstAt == nil { frames[number]?.firstAt = time }
        if number == 0, firstTokenMs == nil, !text.isEmpty { firstTokenMs = time - spans[0].startedAt }
        if keepsContent { frames[number]?.text += text }
    }

    private mutating func takeAnswer(_ answer: RunAnswer, of number: Int, at time: Int64) {
        guard let frame = frames[number] else { return }
        var span = modelSpan(frame, number, answer.call, at: time)
        span.usage = answer.usage
        span.stop = answer.stop.word
        span.end(at: time)
        if keepsContent {
            span.content["text"] = .string(frame.text)
            span.content["calls"] = .array(
                answer.calls.map { ["id": .string($0.id), "name": .string($0.name), "input": $0.rawOrInput] })
        }
        append(span)
        if let cost = answer.call?.costMicros { costMicros = (costMicros ?? 0) + cost }
        frames[number]?.calls = Dictionary(answer.calls.map { ($0.id, $0) }) { first, _ in first }
        nextModelCall(number, since: nil)
    }

    mutating func endFailedCall(_ failure: RunFailure, of number: Int, at time: Int64) {
        guard let frame = frames[number] else { return }
        var span = modelSpan(frame, number, failure.call, at: time)
        span.usage = failure.usage == Usage() ? nil : failure.usage
        span.end(at: time, .error, failure)
        append(span)
        if let cost = failure.call?.costMicros { costMicros = (costMicros ?? 0) + cost }
        nextModelCall(number, since: time)
    }

    /// The span of the model call that is under way, not ended yet. Logs that do not say when it began let it begin
    /// when it became due.
    private func modelSpan(_ frame: Frame, _ number: Int, _ call: RunModelCall?, at time: Int64) -> TraceSpan {
        var span = TraceSpan(
            id: identity.modelCall(number, frame.modelCall), parent: stay(frame), kind: .modelCall,
            name: call?.model ?? "model", startedAt: call?.startedAt ?? frame.since ?? time, subAgent: frame.subAgent)
        span.call = call
        return span
    }

    private mutating func nextModelCall(_ number: Int, since: Int64?) {
        frames[number]?.modelCall += 1
        frames[number]?.since = since
        frames[number]?.firstAt = nil
        frames[number]?.text = ""
    }

    private mutating func resume(at time: Int64) {
        let failure = RunFailure(code: "interrupted", message: "The server was interrupted during this call.")
        for number in frames.keys.sorted() {
            guard let frame = frames[number], frame.since != nil else { continue }
            var span = modelSpan(frame, number, nil, at: time)
            span.end(at: frame.firstAt ?? span.startedAt, .error, failure)
            append(span)
            nextModelCall(number, since: time)
        }
    }

    /// Ends a frame that is at work; a model call that is under way ends with it.
    mutating func endFrame(
        _ number: Int, at time: Int64, _ status: TraceSpan.Status, _ failure: RunFailure?
    ) {
        guard let frame = frames[number] else { return }
        if frame.since != nil, status != .ok, failure?.isOfLimits != true {
            var span = modelSpan(frame, number, failure?.call, at: time)
            span.end(at: time, status, failure)
            append(span)
        }
        frames[number]?.since = nil
        spans[frame.stay].end(at: time, status, failure)
    }

    // MARK: The end

    private mutating func finish(_ end: RunEnd, at time: Int64) {
        guard !spans.isEmpty else { return }
        let (status, failure): (TraceSpan.Status, RunFailure?) =
            switch end.outcome {
            case .completed: (.ok, nil)
            case .cancelled: (.cancelled, nil)
            case .failed(let failure): (.error, failure)
            }
        for number in frames.keys.sorted() {
            guard let frame = frames[number], spans[frame.stay].endedAt == nil else { continue }
            endFrame(number, at: time, status, number == 0 ? failure : nil)
        }
        for place in spans.indices { spans[place].end(at: time, status, place == 0 ? failure : nil) }
        spans[0].usage = end.usage
        spans[0].stop = end.stop?.word
        open = [:]
    }
}

extension RunFailure {
    /// Whether no model call was under way when it ended the run.
    fileprivate var isOfLimits: Bool { code == "step_limit" || code == "transfer_limit" }
}

extension StopReason {
    /// The reason as one word, as clients read it.
    var word: String {
        switch self {
        case .endTurn: "end_turn"
        case .toolCalls: "tool_calls"
        case .maxTokens: "max_tokens"
        case .refusal: "refusal"
        case .contentFilter: "content_filter"
        case .other(let word): word
        }
    }
}
