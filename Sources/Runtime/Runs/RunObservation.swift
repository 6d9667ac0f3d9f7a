import Events
import Models
import Store

/// What is counted, said and handed on of a run that is driven here. Only what is in the log is.
extension ActiveRun {
    /// What the log of the server says a report is about.
    var fields: [String: String] {
        var fields = [
            "run": key.id, "conversation": conversation.id, "tenant": key.tenant, "project": key.project,
            "agent": agent.id,
        ]
        fields["request"] = origin.request
        return fields
    }

    /// Says something of this run.
    func say(_ level: RunReport.Level, _ message: String, _ more: [String: String] = [:]) {
        world.report.say(RunReport(level, message, fields.merging(more) { $1 }))
    }

    /// Takes note of events that were committed.
    func observe(_ batch: [LoggedEvent]) {
        for logged in batch {
            switch logged.event {
            case .answered(_, let answer):
                if let call = answer.call { world.metrics.note(call, answer.usage, failure: nil, at: logged.at) }
            case .retried(_, let failure, let attempt):
                note(failure, at: logged.at)
                say(
                    .notice, "a model call failed and is made again",
                    ["code": failure.code, "reason": failure.message, "attempt": String(attempt)])
            case .toolEnded(_, let outcome):
                if let worker = outcome.worker { note(worker.failure, at: logged.at) }
            case .finished(let end): observe(end, at: logged.at)
            default: continue
            }
        }
    }

    private func note(_ failure: RunFailure, at time: Int64) {
        if let call = failure.call { world.metrics.note(call, failure.usage, failure: failure, at: time) }
    }

    private func observe(_ end: RunEnd, at time: Int64) {
        if case .failed(let failure) = end.outcome {
            note(failure, at: time)
            say(.warning, "a run failed", ["code": failure.code, "reason": failure.message])
        }
        world.metrics.note(end, duration: startedAt.map { time - $0 })
        world.exporter?.offer(key)
    }

    /// Takes note of a call of a tool that was made.
    func observe(_ tool: String, _ outcome: RunToolOutcome) {
        world.metrics.note(tool, outcome)
        if outcome.isError { say(.notice, "a tool call failed", ["tool": tool, "call": outcome.callID]) }
    }
}
