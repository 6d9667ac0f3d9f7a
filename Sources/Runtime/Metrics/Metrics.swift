import Events
import Models

/// Everything that this process counts. One for all parts of a server; reading it changes nothing.
public final class Metrics: Sendable {
    /// Requests by operation and status.
    public let requests = Family<Counter>(["operation", "status"]) { Counter() }
    /// How long requests take to the head of their answer, by operation.
    public let requestTimes = Family<Histogram>(["operation"]) { Histogram(Histogram.quick) }
    /// Runs that ended in this process, by how and, where they failed, by the code.
    public let runs = Family<Counter>(["outcome", "code"]) { Counter() }
    /// How long runs took from their beginning, waits for people included.
    public let runTimes = Histogram(Histogram.slow)
    /// Calls of models by how they ended: `ok` or the code of the failure.
    public let modelCalls = Family<Counter>(["provider", "model", "outcome"]) { Counter() }
    /// How long calls of models took.
    public let modelTimes = Family<Histogram>(["provider", "model"]) { Histogram(Histogram.slow) }
    /// How long the first piece of a model's reply took.
    public let firstTokenTimes = Family<Histogram>(["provider", "model"]) { Histogram(Histogram.slow) }
    /// Tokens that models read and wrote.
    public let tokens = Family<Counter>(["provider", "model", "kind"]) { Counter() }
    /// Calls of tools by how they ended: `ok`, or `error`.
    public let toolCalls = Family<Counter>(["tool", "outcome"]) { Counter() }
    /// How long calls of tools took.
    public let toolTimes = Family<Histogram>(["tool"]) { Histogram(Histogram.slow) }
    /// Leases of runs that this process lost to another one.
    public let leasesLost = Counter()
    /// Runs that this process picked up from the log.
    public let runsResumed = Counter()
    /// Traces that were handed to the collector of traces, and those that were not.
    public let tracesExported = Family<Counter>(["outcome"]) { Counter() }

    /// Nothing counted yet.
    public init() {}

    /// Counts a call of a model that has ended.
    ///
    /// - Parameters:
    ///   - failure: why it failed; nil when it went well.
    ///   - at: when it ended, milliseconds since 1970.
    func note(_ call: RunModelCall, _ usage: Usage, failure: RunFailure?, at time: Int64) {
        let (provider, model) = (call.provider, call.model)
        modelCalls(provider, model, failure?.code ?? "ok").add()
        modelTimes(provider, model).note(.milliseconds(max(0, time - call.startedAt)))
        if let first = call.firstTokenMs { firstTokenTimes(provider, model).note(.milliseconds(first)) }
        for (kind, count) in [
            ("input", usage.inputTokens), ("output", usage.outputTokens), ("cached_input", usage.cachedInputTokens),
            ("reasoning", usage.reasoningTokens),
        ] where count > 0 {
            tokens(provider, model, kind).add(count)
        }
    }

    /// Counts a call of a tool that has ended.
    func note(_ tool: String, _ outcome: RunToolOutcome) {
        toolCalls(tool, outcome.isError ? "error" : "ok").add()
        toolTimes(tool).note(.milliseconds(outcome.durationMs))
    }

    /// Counts a run that has ended.
    ///
    /// - Parameter duration: milliseconds since it began; nil where this process does not know.
    func note(_ end: RunEnd, duration: Int64?) {
        switch end.outcome {
        case .completed: runs("completed", "").add()
        case .cancelled: runs("cancelled", "").add()
        case .failed(let failure): runs("failed", failure.code).add()
        }
        if let duration { runTimes.note(.milliseconds(max(0, duration))) }
    }
}
