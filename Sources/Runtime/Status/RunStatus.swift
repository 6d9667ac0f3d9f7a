import Catalog
import Events
import Models
import Synchronization

/// Tells what a run is doing while it goes on (run spec §17). It reads the log as any client does, so it holds up
/// nothing; it ends with the run, and what fails in it is not told.
extension ActiveRun {
    private enum Wake {
        /// More of the log. Nil where it has left memory.
        case events([LoggedEvent]?)
        case time
        case over
    }

    /// - Parameter sequence: the last event that is of no interest.
    func tellStatus(_ rules: StatusRules, after sequence: Int64) async {
        let interval = Duration.seconds(rules.seconds)
        var sequence = sequence
        var activity = StatusActivity()
        var told: [JSONValue] = []
        var due = world.clock.elapsed() + interval
        while !Task.isCancelled {
            switch await wake(after: sequence, in: due - world.clock.elapsed()) {
            case .over: return
            case .time: break
            case .events(let events):
                sequence = events?.last?.sequence ?? state.withLock { $0.feed.last }
                for event in events ?? [] { activity.add(event.event) }
            }
            let isDue = world.clock.elapsed() >= due
            if isDue, activity.count == 0 || activity.isAnswering { due = world.clock.elapsed() + interval }
            guard !activity.isAnswering, activity.count >= rules.events || (isDue && activity.count > 0) else {
                continue
            }
            told += await tell(activity, told, rules)
            told = told.suffix(world.limits.statusMemory)
            activity.forget()
            due = world.clock.elapsed() + interval
        }
    }

    private func wake(after sequence: Int64, in wait: Duration) async -> Wake {
        await withTaskGroup(of: Wake.self) { group in
            group.addTask {
                guard let events = try? await self.next(after: sequence) else {
                    return self.state.withLock { $0.failure == nil && !$0.isParked } ? .events(nil) : .over
                }
                return events.isEmpty ? .over : .events(events)
            }
            group.addTask {
                guard (try? await self.world.clock.pause(for: max(wait, .zero))) != nil else { return .over }
                return .time
            }
            defer { group.cancelAll() }
            return await group.next() ?? .over
        }
    }

    /// Asks for updates and logs them. Returns them.
    private func tell(_ activity: StatusActivity, _ told: [JSONValue], _ rules: StatusRules) async -> [JSONValue] {
        let subAgent = state.withLock { $0.run.frame(0)?.subAgent } ?? ""
        guard let model = try? agent.subAgents[subAgent]?.summarizer.model() else { return [] }
        let question = talk.parts.compactMap(\.text).joined(separator: " ")
        let request = StatusRequest.request(activity, question: question, told: told, rules, model)
        guard
            let reply = try? await ModelReply(
                to: request, from: model, within: .milliseconds(world.limits.summarizerMs), world.clock)
        else { return [] }
        let updates = StatusRequest.updates(reply.json, rules)
        for (position, update) in updates.enumerated() {
            let kept: JSONValue? =
                position > 0
                ? nil
                : [
                    "inputTokens": .integer(Int64(reply.usage.inputTokens)),
                    "outputTokens": .integer(Int64(reply.usage.outputTokens)),
                ]
            // A summary leads to no action. Where the log cannot be written the run is over anyway.
            _ = try? await take(.summary(RunData(.summary, body: update, kept: kept)))
        }
        return updates
    }
}
