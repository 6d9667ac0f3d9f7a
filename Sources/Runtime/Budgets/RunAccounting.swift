import Events
import Models
import Store
import Synchronization

/// What a run used goes into the totals, and what its calls held of budgets is settled, in the commits of the events
/// that say so: after a crash both have happened or neither.
extension ActiveRun.State {
    /// Notes for the next commit what follows from an event that is decided.
    mutating func account(for event: RunEvent, at time: Int64, of key: RunKey, part: Int64) {
        switch event {
        case .text, .reasoning: return
        default: tally.add(LoggedEvent(sequence: 0, at: time, event: event))
        }
        var charges: [BudgetCharge] = []
        func settle(_ frame: Int, _ usage: Usage, _ call: RunModelCall?) {
            charges += budget?.charges(RunBudget.modelCall(frame), usage, cost: call?.costMicros) ?? []
        }
        // What failed may have used something all the same.
        if let failed = event.failure { settle(failed.frame, failed.failure.usage, failed.failure.call) }
        switch event {
        case .answered(let frame, let answer): settle(frame, answer.usage, answer.call)
        case .retried: break
        case .toolEnded(_, let outcome):
            charges += budget?.charges(RunBudget.toolCall(outcome.callID), Usage(), cost: nil) ?? []
        case .finished(let end):
            additions.append(.usage(tally.rows(of: key, end, at: time), part: part))
            charges += budget?.finalCharges(runMs: tally.duration(until: time) ?? 0, at: time) ?? []
        default: return
        }
        if !charges.isEmpty { additions.append(.charges(charges, key)) }
        if case .finished = event, let own = budget?.ownAccounts(at: time), !own.isEmpty {
            additions.append(.closed(own))
        }
    }
}

extension ActiveRun {
    /// The run goes on from this log: what it used before counts.
    func remember(_ log: [LoggedEvent]) {
        state.withLock { state in
            for event in log { state.tally.add(event) }
        }
    }

    /// The row of the totals that the run adds to, among those that replicas share.
    var usagePart: Int64 {
        guard world.store.isShared else { return 0 }
        return Int64(key.id.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) } % 8)
    }
}
