import Events
import Models
import Outbound
import Synchronization

/// What is noted of model calls beside what they give: it goes into the log with their end, for traces, usage and
/// prices. The state machine does not look at it.
extension ActiveRun {
    /// Notes that the frame's model is asked now.
    func begin(_ model: String, _ frame: Int) {
        let now = world.clock.now()
        state.withLock { $0.modelCalls[frame] = RunModelCall(model: model, startedAt: now) }
    }

    /// Notes that a piece of the reply came; the first one counts.
    func noteFirstToken(_ frame: Int) {
        let now = world.clock.now()
        state.withLock { state in
            guard let call = state.modelCalls[frame], call.firstTokenMs == nil else { return }
            state.modelCalls[frame]?.firstTokenMs = max(0, now - call.startedAt)
        }
    }

    /// Does something whose outbound requests say which span of the run they are made in.
    func traced<T>(_ span: String, _ body: () async throws -> T) async rethrows -> T {
        try await OutboundTrace.$parent.withValue(identity.header(span)) { try await body() }
    }
}

extension ActiveRun.State {
    /// The event with what is known of the model call that it ends.
    mutating func completed(_ event: RunEvent) -> RunEvent {
        switch event {
        case .answered(let frame, var answer):
            if var call = modelCalls.removeValue(forKey: frame) {
                call.costMicros = prices.cost(of: answer.usage, call.model)
                answer.call = call
            }
            return .answered(frame: frame, answer)
        case .retried(let frame, var failure, let attempt):
            failure.call = priced(modelCalls.removeValue(forKey: frame), failure.usage)
            return .retried(frame: frame, failure, attempt: attempt)
        case .toolEnded(let frame, var outcome):
            guard let worker = outcome.worker else { return event }
            outcome.worker?.failure.call = priced(modelCalls.removeValue(forKey: worker.frame), worker.failure.usage)
            return .toolEnded(frame: frame, outcome)
        case .finished(var end):
            guard case .failed(var failure) = end.outcome, let call = modelCalls.removeValue(forKey: 0) else {
                return event
            }
            failure.call = priced(call, failure.usage)
            end.outcome = .failed(failure)
            return .finished(end)
        default: return event
        }
    }

    /// A call that went wrong with what it cost, as far as that is known.
    private func priced(_ call: RunModelCall?, _ usage: Usage) -> RunModelCall? {
        guard var call, usage != Usage() else { return call }
        call.costMicros = prices.cost(of: usage, call.model)
        return call
    }
}
