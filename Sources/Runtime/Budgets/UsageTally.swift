import Events
import Models
import Store

/// What a run used so far, by its log: what it adds to the totals when it ends.
struct UsageTally: Sendable {
    private var start: RunStart?
    private var startedAt: Int64 = 0
    private var tools: Int64 = 0
    private var models: [String: UsageCounts] = [:]

    /// The run's user; empty for nobody in particular.
    private var user: String { start?.origin.user ?? "" }

    /// Takes the next event of the log.
    mutating func add(_ logged: LoggedEvent) {
        switch logged.event {
        case .started(let start):
            self.start = start
            startedAt = logged.at
        case .toolStarted: tools += 1
        case .answered(_, let answer): add(answer.call, answer.usage)
        case .retried(_, let failure, _): add(failure.call, failure.usage)
        case .toolEnded, .finished:
            // Not all that goes wrong is a model call.
            if let failure = logged.event.failure?.failure, let call = failure.call { add(call, failure.usage) }
        default: break
        }
    }

    private mutating func add(_ call: RunModelCall?, _ usage: Usage) {
        var counts = UsageCounts()
        counts.modelCalls = 1
        counts.inputTokens = Int64(usage.inputTokens)
        counts.outputTokens = Int64(usage.outputTokens)
        counts.cachedTokens = Int64(usage.cachedInputTokens)
        counts.costMicros = call?.costMicros ?? 0
        if call?.costMicros == nil, usage.totalTokens > 0 { counts.unpricedCalls = 1 }
        models[call?.model ?? Self.unknownModel, default: UsageCounts()] += counts
    }

    /// What logs say that do not name the model.
    private static let unknownModel = "unknown"

    /// How long the run took until a time, milliseconds; nil before it has begun.
    func duration(until time: Int64) -> Int64? { start == nil ? nil : max(0, time - startedAt) }

    /// What the run adds to the totals of the day on which it ends.
    func rows(of key: RunKey, _ end: RunEnd, at time: Int64) -> [UsageRow] {
        guard let start else { return [] }
        var run = UsageCounts()
        run.runs = 1
        if case .failed = end.outcome { run.failedRuns = 1 }
        run.runMs = duration(until: time) ?? 0
        run.toolCalls = tools
        return ([("", run)] + models).map { model, counts in
            UsageRow(
                tenant: key.tenant, project: key.project, day: time / UsageRow.dayMs, agent: start.agent,
                model: model, owner: user, counts: counts)
        }
    }
}
