import Catalog
import Events
import Models

/// Logs to encode, made event by event. The clock stands at 1730000000123 ms.
struct SampleLog: Sendable {
    static let run = "r1"
    static let at: Int64 = 1_730_000_000_123

    private(set) var events: [LoggedEvent] = []

    /// A log that begins as every one does.
    init(emitOperations: Bool = false, isDurable: Bool = false, agentName: String = "Help Desk") {
        add(
            .started(
                RunStart(
                    conversation: "c1", requestID: "chatcmpl-1", agent: "helpdesk", agentName: agentName,
                    subAgent: "router", userMessage: "u1", answerMessage: "m1", emitOperations: emitOperations,
                    isDurable: isDurable)))
    }

    mutating func add(_ event: RunEvent) {
        events.append(LoggedEvent(sequence: Int64(events.count + 1), at: Self.at, event: event))
    }

    mutating func say(_ pieces: String..., frame: Int = 0) {
        for piece in pieces { add(.text(frame: frame, piece)) }
    }

    mutating func answer(
        _ subAgent: String = "router", frame: Int = 0, calls: [ToolCall] = [], stop: StopReason? = nil
    ) {
        let stop = stop ?? (calls.isEmpty ? .endTurn : .toolCalls)
        add(.answered(frame: frame, RunAnswer(subAgent: subAgent, calls: calls, usage: Usage(), stop: stop)))
    }

    mutating func end(_ callID: String, _ output: JSONValue, frame: Int = 0, isError: Bool = false) {
        add(.toolStarted(frame: frame, callID: callID))
        add(.toolEnded(frame: frame, RunToolOutcome(callID: callID, output: output, isError: isError, durationMs: 40)))
    }

    mutating func finish(
        _ outcome: RunEnd.Outcome = .completed, subAgent: String = "router", iteration: Int = 1,
        stop: StopReason? = .endTurn
    ) {
        let usage = Usage(inputTokens: 12, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 2)
        add(
            .finished(RunEnd(outcome: outcome, subAgent: subAgent, iteration: iteration, stop: stop, usage: usage)))
    }
}

/// The logs that the golden transcripts tell of.
enum SampleLogs {
    /// One model call, two pieces of text.
    static var plain: SampleLog {
        var log = SampleLog()
        log.say("Hello", " \"you\" 👋\n")
        log.answer()
        log.finish()
        return log
    }

    /// A transfer, a delegation whose worker calls a tool, a shown tool that works and one that fails, thinking aloud.
    static func everything(emitOperations: Bool) -> SampleLog {
        var log = SampleLog(emitOperations: emitOperations)
        log.answer(calls: [ToolCall(id: "t1", name: "transfer_to_orders", input: [:])])
        log.end("t1", "done")
        log.add(.transferred(frame: 0, from: "router", to: "orders", reason: "about an order"))
        log.add(.reasoning(frame: 0, "Look it up."))
        log.say("One moment.")
        log.answer(
            "orders",
            calls: [
                ToolCall(id: "d1", name: "delegate_to_lookup", input: ["message": "order 7"]),
                ToolCall(id: "s1", name: "search", input: ["q": "order 7"]),
                ToolCall(id: "s2", name: "odd", input: nil, rawInput: "{oops"),
            ])
        let delegation = RunDelegation(
            id: "del_1", frame: 0, callID: "d1", workerFrame: 1, from: "orders", to: "lookup", task: "order 7")
        log.add(.delegated(delegation))
        log.answer("lookup", frame: 1, calls: [ToolCall(id: "w1", name: "find", input: ["id": 7])])
        log.end("s1", ["hits": 1, "_structureHints": "x"])
        log.end("s2", "not JSON", isError: true)
        log.end("w1", "sent", frame: 1)
        log.say("It was sent.", frame: 1)
        log.answer("lookup", frame: 1)
        log.add(.delegationReturned(delegation, result: "It was sent."))
        log.add(.toolEnded(frame: 0, RunToolOutcome(callID: "d1", output: "It was sent.")))
        log.add(.retried(frame: 0, RunFailure(code: "overloaded", message: "The provider is busy."), attempt: 1))
        log.say("Your order", " was sent.")
        log.answer("orders", stop: .maxTokens)
        log.finish(subAgent: "orders", iteration: 2, stop: .maxTokens)
        return log
    }

    /// A run whose model call failed in the middle of its text.
    static var failed: SampleLog {
        var log = SampleLog()
        log.say("Hel")
        log.finish(.failed(RunFailure(code: "cut", message: "The stream ended early.")), stop: nil)
        return log
    }

    /// A run that was stopped in the middle of its text.
    static var cancelled: SampleLog {
        var log = SampleLog()
        log.say("Hel")
        log.finish(.cancelled, stop: nil)
        return log
    }

    /// A run that was picked up again after a crash in the middle of its text.
    static var resumed: SampleLog {
        var log = SampleLog()
        log.say("Hel")
        log.add(.resumed(attempt: 1))
        log.say("Hello")
        log.answer()
        log.finish()
        return log
    }

    /// A call of the sub-agent that answers and one of a worker wait for a person, who changes the first and refuses
    /// the second.
    static func approvals(isDurable: Bool) -> SampleLog {
        var log = SampleLog(isDurable: isDurable)
        func ask(_ id: String, _ frame: Int) -> RunEvent {
            .approvalRequested(frame: frame, RunApprovalRequest(callID: id, reason: .policy))
        }
        log.answer(calls: [
            ToolCall(id: "p1", name: "pay", input: ["sum": 7]),
            ToolCall(id: "d1", name: "delegate_to_clerk", input: ["message": "Mail Ann"]),
        ])
        log.add(
            .delegated(
                RunDelegation(
                    id: "del_1", frame: 0, callID: "d1", workerFrame: 1, from: "router", to: "clerk", task: "Mail Ann"))
        )
        log.answer("clerk", frame: 1, calls: [ToolCall(id: "w1", name: "mail", input: ["to": "Ann"])])
        log.add(ask("p1", 0))
        log.add(ask("w1", 1))
        log.add(.suspended)
        log.add(.approvalDecided(frame: 0, RunApprovalDecision(callID: "p1", isApproved: true, input: ["sum": 5])))
        log.end("p1", "paid")
        log.add(.suspended)
        log.add(.approvalDecided(frame: 1, RunApprovalDecision(callID: "w1", isApproved: false, reason: "No.")))
        log.add(.toolEnded(frame: 1, RunToolOutcome(callID: "w1", output: "declined", isError: true)))
        log.answer("clerk", frame: 1)
        log.add(.toolEnded(frame: 0, RunToolOutcome(callID: "d1", output: "(no answer)")))
        log.say("Paid.")
        log.answer()
        log.finish()
        return log
    }

    /// An answer without text.
    static var silent: SampleLog {
        var log = SampleLog()
        log.answer(stop: .refusal)
        log.finish(stop: .refusal)
        return log
    }
}
