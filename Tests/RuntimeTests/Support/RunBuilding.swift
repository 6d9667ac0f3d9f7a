import Catalog
import Events
import Models
import Runtime
import Synchronization

/// Ids `1`, `2`, …
func countingIDs() -> @Sendable () -> String {
    let count = Mutex(0)
    return {
        count.withLock {
            $0 += 1
            return String($0)
        }
    }
}

extension RunRules {
    /// A router that may transfer to `billing`, delegate to `lookup` and `search`, and call `clock`; `billing` may
    /// transfer back; `lookup` may delegate to `search`.
    static func sample(transferLimit: Int = 10, stepLimit: Int = 50, streams: Bool = true) -> RunRules {
        RunRules(
            subAgents: [
                "router": SubAgent(
                    stepLimit: stepLimit, transfers: ["transfer_to_billing": "billing"],
                    delegates: ["delegate_to_lookup": "lookup", "delegate_to_search": "search"],
                    tools: [
                        RunToolRule("clock", isIdempotent: true), RunToolRule("pay"),
                        RunToolRule("send", needsApproval: true),
                    ],
                    toolNames: [
                        "transfer_to_billing", "delegate_to_lookup", "delegate_to_search", "clock", "pay", "send",
                    ]
                ),
                "billing": SubAgent(
                    stepLimit: stepLimit, transfers: ["transfer_to_router": "router", "transfer_to_shop": "shop"],
                    toolNames: ["transfer_to_router", "transfer_to_shop"]
                ),
                "shop": SubAgent(
                    stepLimit: stepLimit, delegates: ["delegate_to_search": "search"],
                    toolNames: ["delegate_to_search"], hasSources: true
                ),
                "lookup": SubAgent(
                    stepLimit: stepLimit, transfers: ["transfer_to_search": "search"],
                    delegates: ["delegate_to_search": "search"], tools: [RunToolRule("clock", isIdempotent: true)],
                    toolNames: ["transfer_to_search", "delegate_to_search", "clock"]
                ),
                "search": SubAgent(stepLimit: stepLimit, toolNames: []),
            ],
            transferLimit: transferLimit, frameLimit: 12, depthLimit: 2, callLimit: 4, streams: streams
        )
    }
}

extension RunStart {
    /// The beginning of a turn that starts at `router`.
    static func sample(at subAgent: String = "router") -> RunStart {
        RunStart(
            conversation: "conversation", requestID: "chatcmpl-1", agent: "agent", agentName: "Agent",
            subAgent: subAgent, userMessage: "user-1", answerMessage: "answer-1", emitOperations: false
        )
    }
}

extension Run {
    /// A run of these rules that has begun.
    static func begun(_ rules: RunRules = .sample()) -> Run {
        var run = Run(rules: rules, makeID: countingIDs())
        _ = run.on(.started(.sample()))
        return run
    }

    /// Tells the frame's model call under way.
    mutating func model(_ frame: Int = 0, _ events: ModelEvent...) -> RunStep {
        on(.model(frame: frame, call: frames[frame].modelCall, events))
    }

    /// Lets the frame's model call under way fail.
    mutating func modelFails(_ frame: Int = 0, _ kind: ModelFailure.Kind, retryAfter: Duration? = nil) -> RunStep {
        on(
            .modelFailed(
                frame: frame, call: frames[frame].modelCall,
                ModelFailure(kind, "It failed.", retryAfter: retryAfter)))
    }

    /// Tells the outcome of a tool call.
    mutating func tool(_ frame: Int = 0, _ callID: String, _ output: JSONValue = "done") -> RunStep {
        on(.toolEnded(frame: frame, RunToolOutcome(callID: callID, output: output)))
    }
}

extension ModelEvent {
    static func call(_ name: String, _ input: JSONValue = [:], id: String = "c1") -> ModelEvent {
        .toolCall(ToolCall(id: id, name: name, input: input))
    }

    static func delegate(_ worker: String, _ task: String, id: String = "d1") -> ModelEvent {
        .call("delegate_to_\(worker)", ["message": .string(task)], id: id)
    }
}

extension RunEvent {
    /// A short form for expectations: `text 0 "Hi"`, `tool_ended 0 c1 error`.
    var brief: String {
        switch self {
        case .started(let start): "started \(start.subAgent)"
        case .text(let frame, let text): "text \(frame) \(text)"
        case .reasoning(let frame, let text): "reasoning \(frame) \(text)"
        case .answered(let frame, let answer): "answered \(frame) \(answer.calls.map(\.name).joined(separator: ","))"
        case .retried(let frame, let failure, let attempt): "retried \(frame) \(failure.code) \(attempt)"
        case .equipped(let frame, let equipment):
            "equipped \(frame) \(equipment.tools.map(\.name).joined(separator: ","))"
        case .notice(let frame, let notice): "notice \(frame) \(notice.code)"
        case .data(let frame, let data): "data \(frame) \(data.kind)"
        case .approvalRequested(let frame, let request):
            "approval_requested \(frame) \(request.callID) \(request.reason)"
        case .approvalDecided(let frame, let decision):
            "approval_decided \(frame) \(decision.callID) \(decision.isApproved)"
        case .suspended: "suspended"
        case .compressed(let frame, let compression): "compressed \(frame) \(compression.kind.rawValue)"
        case .toolStarted(let frame, let callID): "tool_started \(frame) \(callID)"
        case .toolEnded(let frame, let outcome):
            "tool_ended \(frame) \(outcome.callID)\(outcome.isError ? " error" : "")"
        case .transferred(let frame, let from, let to, _): "transferred \(frame) \(from) \(to)"
        case .delegated(let delegation): "delegated \(delegation.frame) \(delegation.to) \(delegation.place)"
        case .delegationReturned(let delegation, let result): "returned \(delegation.workerFrame ?? -1) \(result)"
        case .resumed(let attempt): "resumed \(attempt)"
        case .finished(let end):
            switch end.outcome {
            case .completed: "finished completed"
            case .failed(let failure): "finished failed \(failure.code)"
            case .cancelled: "finished cancelled"
            }
        }
    }
}

extension RunDelegation {
    /// Where the work is done, for expectations.
    fileprivate var place: String { workerFrame.map { "in \($0)" } ?? "outside" }
}

extension RunAction {
    /// A short form for expectations.
    var brief: String {
        switch self {
        case .equip(let frame): "equip \(frame)"
        case .askModel(let frame, let call, let failures, _):
            "ask \(frame) call \(call)\(failures > 0 ? " after \(failures)" : "")"
        case .callTool(let frame, let call): "call \(frame) \(call.name)"
        }
    }
}

extension RunStep {
    /// Events and actions in short form.
    var brief: [String] { events.map(\.brief) + actions.map { "→ \($0.brief)" } }
}
