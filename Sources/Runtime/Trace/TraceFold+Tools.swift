import Catalog
import Events
import Models

/// What the calls of tools and the waits for people are in a trace.
extension TraceFold {
    mutating func openTool(_ callID: String, of number: Int, at time: Int64) {
        // One that is made again after a crash goes on.
        guard let frame = frames[number], open[callID] == nil else { return }
        open[callID] = append(toolSpan(callID, frame, at: time))
    }

    private func toolSpan(_ callID: String, _ frame: Frame, at time: Int64) -> TraceSpan {
        let call = frame.calls[callID]
        var span = TraceSpan(
            id: identity.toolCall(callID), parent: stay(frame), kind: .toolCall, name: call?.name ?? "tool",
            startedAt: time, subAgent: frame.subAgent, callID: callID)
        if keepsContent, let call { span.content["input"] = call.rawOrInput }
        return span
    }

    mutating func beginApproval(_ request: RunApprovalRequest, of number: Int, at time: Int64) {
        guard let frame = frames[number] else { return }
        // One whose outcome is unknown has a span that goes on; the wait is in it.
        let around = open[request.callID].map { spans[$0].id } ?? stay(frame)
        approvals += 1
        var span = TraceSpan(
            id: identity.span("approval \(approvals)"), parent: around, kind: .approval,
            name: frame.calls[request.callID]?.name ?? "tool", startedAt: time, subAgent: frame.subAgent,
            callID: request.callID)
        span.stop = request.reason.rawValue
        waiting[request.callID] = append(span)
    }

    mutating func endApproval(_ decision: RunApprovalDecision, of number: Int, at time: Int64) {
        guard let place = waiting.removeValue(forKey: decision.callID) else { return }
        spans[place].end(at: time, decision.isApproved ? .ok : .cancelled)
        if keepsContent, let reason = decision.reason { spans[place].content["reason"] = .string(reason) }
        if decision.isApproved, let input = decision.input { frames[number]?.calls[decision.callID]?.input = input }
    }

    mutating func endTool(_ outcome: RunToolOutcome, of number: Int, at time: Int64) {
        guard let frame = frames[number] else { return }
        if let worker = outcome.worker, worker.failure.call != nil {
            endFailedCall(worker.failure, of: worker.frame, at: time)
        }
        let failure = outcome.isError ? RunFailure(code: "tool", message: "The call failed.") : nil
        let isTransfer = !outcome.isError && outcome.output["type"] == "transfer" && open[outcome.callID] == nil
        if !isTransfer {
            // One that was refused has not begun.
            let place = open.removeValue(forKey: outcome.callID) ?? append(toolSpan(outcome.callID, frame, at: time))
            if spans[place].kind == .delegation, outcome.isError { endWorkers(in: spans[place].id, at: time) }
            spans[place].end(at: time, outcome.isError ? .error : .ok, failure)
            // The result of a worker of this run is there already.
            if keepsContent, spans[place].content["result"] == nil {
                spans[place].content["output"] = outcome.output
            }
        }
        frames[number]?.calls[outcome.callID] = nil
        if frames[number]?.calls.isEmpty == true, !isTransfer { frames[number]?.since = time }
    }

    /// Ends the workers of a delegation that failed, and those who work for them.
    private mutating func endWorkers(in delegation: String, at time: Int64) {
        for number in frames.keys.sorted() {
            guard let frame = frames[number], frame.around == delegation else { continue }
            endFrame(number, at: time, .error, nil)
            for (callID, place) in open.sorted(by: { $0.value < $1.value }) where spans[place].parent == stay(frame) {
                if spans[place].kind == .delegation { endWorkers(in: spans[place].id, at: time) }
                spans[place].end(at: time, .error)
                open[callID] = nil
            }
        }
    }
}

extension ToolCall {
    /// The input, or what the model wrote instead of one.
    var rawOrInput: JSONValue { rawInput.map(JSONValue.string) ?? input }
}
