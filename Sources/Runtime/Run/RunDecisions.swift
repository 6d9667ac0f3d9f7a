import Catalog
import Events
import Models

/// What a run decides by itself. Each decision is made from the state alone, one event at a time, so that a log that
/// was cut between two of them is continued as if it had not been.
extension Run {
    /// The next event that follows from the state; nil when the run waits or is over.
    func decide() -> RunEvent? {
        guard start != nil, end == nil else { return nil }
        if let ending { return pairOff(because: Self.reason(for: ending)) ?? finish(ending) }
        for frame in frames {
            switch frame.phase {
            case .asking, .closed: continue
            case .returned(let result):
                guard let delegation = frame.delegation else { continue }
                let outcome = RunToolOutcome(callID: delegation.callID, output: .string(result))
                return .toolEnded(frame: delegation.frame, outcome)
            case .answered:
                if let event = decide(frame) { return event }
            }
        }
        if !isSuspended, outstanding.isEmpty, !awaiting.isEmpty { return .suspended }
        return nil
    }

    private func decide(_ frame: RunFrame) -> RunEvent? {
        if frame.calls.isEmpty { return conclude(frame) }
        if let transfer = frame.transfer { return decide(frame, transfer) }
        if frame.steps >= stepLimit(of: frame) {
            if let call = frame.calls.first(where: { !$0.isEnded }) {
                return refuse(call, in: frame, "Not run: the step limit of \(stepLimit(of: frame)) is reached.")
            }
            return conclude(frame)
        }
        for (position, call) in frame.calls.enumerated() {
            switch call.state {
            case .waiting: return begin(call, at: position, in: frame)
            case .approved: return .toolStarted(frame: frame.number, callID: call.call.id)
            case .denied(let asked, let reason):
                return refuse(call, in: frame, Self.denial(of: call.call, asked, reason))
            case .awaiting, .started, .delegated, .ended: continue
            }
        }
        return nil
    }

    /// A transfer wins over everything else in its answer.
    private func decide(_ frame: RunFrame, _ transfer: Int) -> RunEvent? {
        for (position, call) in frame.calls.enumerated() where position != transfer && !call.isEnded {
            return refuse(call, in: frame, "Not run: the conversation was transferred.")
        }
        let call = frame.calls[transfer]
        guard let to = rules.subAgents[frame.subAgent]?.transfers[call.call.name] else { return nil }
        if !call.isEnded {
            // The refusal sets `ending`, see `applyToolEnded`.
            if transfers >= rules.transferLimit {
                return refuse(call, in: frame, "Not run: the limit of \(rules.transferLimit) transfers is reached.")
            }
            let output: JSONValue = [
                "type": "transfer", "targetSubAgentId": .string(to), "fromSubAgentId": .string(frame.subAgent),
            ]
            return .toolEnded(frame: frame.number, RunToolOutcome(callID: call.call.id, output: output))
        }
        let reason = frame.lastText.isEmpty ? "\(frame.subAgent) handed over to \(to)." : frame.lastText
        return .transferred(
            frame: frame.number, from: frame.subAgent, to: to, reason: RunFrame.trimmingLineBreaks(reason)
        )
    }

    var transferLimitReached: RunFailure {
        RunFailure(
            code: "transfer_limit",
            message: "Maximum transfer limit (\(rules.transferLimit)) reached without completion"
        )
    }

    func stepLimit(of frame: RunFrame) -> Int { max(1, rules.subAgents[frame.subAgent]?.stepLimit ?? 1) }

    /// The first event of a call: an intent, a delegation, or why it is not made.
    private func begin(_ call: RunFrame.Call, at position: Int, in frame: RunFrame) -> RunEvent {
        if position >= rules.callLimit {
            return refuse(call, in: frame, "Not run: at most \(rules.callLimit) calls are made at once.")
        }
        let own = rules.subAgents[frame.subAgent]
        if let worker = own?.delegates[call.call.name] {
            return delegate(call, to: RunRules.OtherAgent(.internal, id: worker), in: frame)
        }
        if call.sent == nil, let agent = own?.otherAgents[call.call.name] {
            return delegate(call, to: agent, in: frame)
        }
        guard let rule = rule(of: call.call.name, in: frame) else {
            let names = (own?.toolNames ?? []) + (frame.equipment?.tools.map(\.name) ?? [])
            let known = names.isEmpty ? "There are no tools." : "The tools are: \(names.joined(separator: ", "))."
            return refuse(call, in: frame, "There is no tool named '\(call.call.name)'. \(known)")
        }
        if call.call.rawInput != nil {
            return refuse(call, in: frame, "Not run: the input is not JSON. Call the tool again with valid JSON.")
        }
        if rule.needsApproval {
            return .approvalRequested(
                frame: frame.number, RunApprovalRequest(callID: call.call.id, reason: .policy))
        }
        return .toolStarted(frame: frame.number, callID: call.call.id)
    }

    /// What the model reads of a call that was not made.
    private static func denial(of call: ToolCall, _ asked: RunApprovalRequest.Reason, _ reason: String?) -> String {
        let said = reason.flatMap { $0.isEmpty ? nil : " Reason: \($0)" } ?? ""
        switch asked {
        case .policy: return "The user declined the call of '\(call.name)'; it was not made.\(said)"
        case .unknownOutcome:
            return "The server was interrupted during this call; whether it took effect is unknown, and it was not "
                + "made again.\(said)"
        }
    }

    private func delegate(_ call: RunFrame.Call, to agent: RunRules.OtherAgent, in frame: RunFrame) -> RunEvent {
        guard let task = call.call.input["message"]?.string, !task.isEmpty else {
            return refuse(call, in: frame, "Not run: the input must be an object with the text 'message'.")
        }
        guard rules.depth + frame.depth < rules.depthLimit else {
            return refuse(call, in: frame, "Not run: delegations may nest \(rules.depthLimit) deep.")
        }
        guard frames.count + sent < rules.frameLimit else {
            return refuse(call, in: frame, "Not run: the limit of \(rules.frameLimit - 1) delegations is reached.")
        }
        return .delegated(
            RunDelegation(
                agent.kind, id: "del_" + makeID(), frame: frame.number, callID: call.call.id,
                workerFrame: agent.kind == .internal ? frames.count : nil, from: frame.subAgent, to: agent.id,
                task: task
            )
        )
    }

    private func refuse(_ call: RunFrame.Call, in frame: RunFrame, _ reason: String) -> RunEvent {
        let outcome = RunToolOutcome(callID: call.call.id, output: .string(reason), isError: true)
        return .toolEnded(frame: frame.number, outcome)
    }

    /// The end of a frame whose model has nothing more to do.
    private func conclude(_ frame: RunFrame) -> RunEvent {
        if let delegation = frame.delegation {
            let result = frame.result.isEmpty ? "(no answer)" : frame.result
            return .delegationReturned(delegation, result: result)
        }
        if let broken = brokenContract(of: frame) { return finish(.failed(broken)) }
        guard frame.saidNothing else { return finish(.completed) }
        return finish(
            .failed(
                RunFailure(
                    code: "step_limit",
                    message: "'\(frame.subAgent)' reached its step limit of \(stepLimit(of: frame)) without an answer."
                )
            )
        )
    }

    /// An outcome for a call that is still open, workers' calls first; nil when there is none left.
    private func pairOff(because reason: String) -> RunEvent? {
        for frame in frames.reversed() where frame.phase == .answered {
            for call in frame.calls where !call.isEnded { return refuse(call, in: frame, reason) }
        }
        return nil
    }

    private static func reason(for ending: RunEnd.Outcome) -> String {
        switch ending {
        case .cancelled: "Cancelled."
        case .completed, .failed: "Not finished: the run ended."
        }
    }

    private func finish(_ outcome: RunEnd.Outcome) -> RunEvent {
        var usage = usage
        if case .failed(let failure) = outcome { usage += failure.usage }
        return .finished(
            RunEnd(
                outcome: outcome, subAgent: frames.first?.subAgent ?? "", iteration: answerTransfers + 1,
                stop: frames.first?.stop, usage: usage
            )
        )
    }
}
