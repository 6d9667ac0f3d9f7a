import Catalog
import Events
import Models

/// How a run takes what a model gives.
extension Run {
    /// Whether the frame's text is logged once per model call instead of as it comes.
    private func gathers(_ frame: Int) -> Bool { frame > 0 || !rules.streams }

    mutating func takeModel(_ frame: Int, _ call: Int, _ given: [ModelEvent], _ events: inout [RunEvent]) {
        for event in given {
            guard frames.indices.contains(frame), frames[frame].phase == .asking, frames[frame].modelCall == call
            else { return }
            switch event {
            case .text(let text):
                frames[frame].gathered.text += frames[frame].separator + text
            case .reasoning(let text):
                frames[frame].gathered.reasoning += text
            case .toolCall(let call):
                frames[frame].gathered.calls.append(call)
            case .usage(let usage):
                frames[frame].gathered.usage += usage
            case .finished(let stop):
                takeFinished(frame, stop, &events)
                continue
            }
            if isTooLong(frame) {
                takeFailure(frame, ModelFailure(.badRequest, "The model's answer is longer than allowed."), &events)
            }
        }
        if frames.indices.contains(frame), !gathers(frame) { flushText(frame, &events) }
    }

    private func isTooLong(_ frame: Int) -> Bool {
        let gathered = frames[frame].gathered
        return gathered.reasoning.utf8.count > rules.answerBytesLimit
            || frames[frame].text.utf8.count + gathered.text.utf8.count > rules.answerBytesLimit
    }

    /// Logs what the model call has given so far.
    private mutating func flushText(_ frame: Int, _ events: inout [RunEvent]) {
        let gathered = frames[frame].gathered
        if !gathered.reasoning.isEmpty {
            frames[frame].gathered.reasoning = ""
            emit(.reasoning(frame: frame, gathered.reasoning), &events)
        }
        if !gathered.text.isEmpty {
            frames[frame].gathered.text = ""
            emit(.text(frame: frame, gathered.text), &events)
        }
    }

    /// Logs what the user would otherwise lose when the run ends here.
    mutating func flush(_ events: inout [RunEvent]) {
        if let frame = frames.first, frame.phase == .asking { flushText(0, &events) }
    }

    private mutating func takeFinished(_ frame: Int, _ stop: StopReason, _ events: inout [RunEvent]) {
        let gathered = frames[frame].gathered
        let saysNothing = gathered.text.isEmpty && frames[frame].text.isEmpty && frames[frame].spoken.isEmpty
        if saysNothing, gathered.calls.isEmpty {
            return takeFailure(frame, Self.emptyAnswer(stop), &events)
        }
        flushText(frame, &events)
        let answer = RunAnswer(
            subAgent: frames[frame].subAgent, calls: unique(gathered.calls), usage: gathered.usage, stop: stop
        )
        emit(.answered(frame: frame, answer), &events)
    }

    /// An answer without text and calls leaves a question open, so it counts as a failure.
    private static func emptyAnswer(_ stop: StopReason) -> ModelFailure {
        switch stop {
        case .refusal: ModelFailure(.refused, "The model declined to answer.")
        case .contentFilter: ModelFailure(.refused, "The provider's content filter stopped the answer.")
        case .maxTokens: ModelFailure(.badRequest, "The model reached its token limit before it said anything.")
        case .endTurn, .toolCalls, .other: ModelFailure(.malformed, "The model gave an empty answer.")
        }
    }

    /// The calls with ids that no other call of the run has: some providers count from one in each answer.
    private func unique(_ calls: [ToolCall]) -> [ToolCall] {
        var taken = callIDs
        return calls.map { call in
            var call = call
            let base = call.id.isEmpty ? "call" : call.id
            var id = base
            var suffix = 1
            while !taken.insert(id).inserted {
                suffix += 1
                id = "\(base)_\(suffix)"
            }
            call.id = id
            return call
        }
    }

    mutating func takeFailure(_ frame: Int, _ failure: ModelFailure, _ events: inout [RunEvent]) {
        let attempt = frames[frame].failures + 1
        let isShown = frame == 0 && !frames[frame].text.isEmpty
        if failure.isRetryable, !isShown, attempt < rules.modelAttempts {
            emit(.retried(frame: frame, RunFailure(failure), attempt: attempt), &events)
            frames[frame].retryAfter = failure.retryAfter
            return
        }
        fail(frame, RunFailure(failure), &events)
    }

    /// Ends the run, or, where a worker fails in a way that the one who asked can live with, tells that one.
    private mutating func fail(_ frame: Int, _ failure: RunFailure, _ events: inout [RunEvent]) {
        guard let delegation = frames[frame].delegation, !failure.needsBuilder else {
            flush(&events)
            ending = .failed(failure)
            return
        }
        let outcome = RunToolOutcome(
            callID: delegation.callID, output: .string("'\(delegation.to)' could not answer: \(failure.message)"),
            isError: true
        )
        emit(.toolEnded(frame: delegation.frame, outcome), &events)
    }
}
