import Catalog
import Events
import Models
import Store
import Synchronization

/// How what is too long for a model is replaced before it is asked (run spec §11).
extension ActiveRun {
    /// What has to be replaced before this request; nil when it can be made as it is. What is replaced is in the log
    /// before the request is made anew, so a restart sees the same.
    func compression(
        before request: ModelRequest, _ frame: RunFrame, _ subAgent: CompiledSubAgent, _ task: Int
    ) async throws -> RunCompression? {
        guard world.limits.compresses else { return nil }
        if frame.number == 0, let compression = try await historyCompression(subAgent, task) { return compression }
        return try await transcriptCompression(before: request, frame, subAgent, task)
    }

    // MARK: The conversation before

    /// One at a time in a conversation: it has one run at a time, and of that only the frame that talks to the user
    /// comes here.
    private func historyCompression(_ subAgent: CompiledSubAgent, _ task: Int) async throws -> RunCompression? {
        let isDone = state.withLock { state in
            state.run.historySummary != nil || state.isHistoryTooLong != nil
        }
        guard !isDone, subAgent.history.mode == .full, let last = talk.earlier.last,
            let history = talk.history(as: subAgent.history)
        else { return nil }
        let threshold = CompressionThreshold(history: subAgent.summarizer.window, world.limits)
        let before = TokenEstimate.tokens(history)
        guard before >= threshold.trigger else { return nil }
        // What fails now is not tried again in this run: the history is used as it is.
        state.withLock { $0.isHistoryTooLong = true }
        guard let model = try? subAgent.summarizer.model(),
            let (summary, usage) = try await summary(SummaryRequest.conversation(history, model), model, task)
        else {
            let message = "The conversation could not be summarized; it is used as it is."
            _ = try await take(
                .notice(frame: 0, RunNotice(.info, code: "compression_failed", message: message)), from: task)
            return nil
        }
        return RunCompression(
            .conversation, summary: summary, messages: talk.earlier.count,
            outcomes: talk.earlier.count { $0.type == "tool-result" }, before: before,
            after: TokenEstimate.tokens(SummaryText.history(summary)), upTo: last.position, usage: usage)
    }

    // MARK: This turn

    private func transcriptCompression(
        before request: ModelRequest, _ frame: RunFrame, _ subAgent: CompiledSubAgent, _ task: Int
    ) async throws -> RunCompression? {
        let outcomes = SummarizedOutcome.all(in: frame.transcript)
        guard frame.transcript.contains(where: \.isOutcome) else { return nil }
        let threshold = CompressionThreshold(duringRun: ContextWindow.size(request.options), world.limits)
        let size = Self.size(of: request, frame)
        guard frame.compression.isWanted || size.tokens >= threshold.trigger else { return nil }
        let own = TokenEstimate.tokens(frame.transcript)
        var compression = RunCompression(
            .run, reason: frame.compression.isWanted ? .manual : .automatic, messages: frame.transcript.count,
            outcomes: outcomes.count, before: size.tokens, count: size.count)
        if let model = try? subAgent.summarizer.model(),
            let (summary, usage) = try await summary(
                SummaryRequest.run(task: work(of: frame), frame.transcript, outcomes, model), model, task)
        {
            compression.summary = summary
            compression.usage = usage
            let text = SummaryText.transcript(summary, isRepeated: frame.compression.count > 0)
            compression.after = size.tokens - own + TokenEstimate.tokens(text)
            return compression
        }
        compression.kept = Self.newest(of: frame.transcript, tokens: own / 2)
        compression.messages -= compression.kept
        compression.after = size.tokens - own + TokenEstimate.tokens(frame.transcript.suffix(compression.kept))
        return compression
    }

    /// Tokens of a request: what the provider counted at the last step and what came since, or the estimate, whichever
    /// is more.
    private static func size(
        of request: ModelRequest, _ frame: RunFrame
    ) -> (tokens: Int, count: RunCompression.Count) {
        let estimate = TokenEstimate.tokens(request)
        guard let usage = frame.compression.lastUsage, usage.inputTokens > 0 else { return (estimate, .estimate) }
        let since = frame.transcript.last.map { $0.isOutcome ? TokenEstimate.tokens($0) : 0 } ?? 0
        let counted = usage.totalTokens + since
        return counted >= estimate ? (counted, .provider) : (estimate, .estimate)
    }

    /// How many of the newest messages are at most so many tokens. They begin with an answer, so that every outcome
    /// that is kept has its call.
    private static func newest(of transcript: [Message], tokens: Int) -> Int {
        var kept = 0
        var sum = 0
        for (distance, message) in transcript.reversed().enumerated() {
            sum += TokenEstimate.tokens(message)
            guard sum <= tokens else { break }
            if case .assistant = message { kept = distance + 1 }
        }
        return kept
    }

    private func work(of frame: RunFrame) -> String {
        frame.delegation?.task ?? talk.parts.compactMap(\.text).joined(separator: " ")
    }

    // MARK: Asking

    /// What the summarizer answers; nil when it gives no JSON object.
    private func summary(
        _ request: ModelRequest, _ model: ResolvedModel, _ task: Int
    ) async throws -> (JSONValue, Usage)? {
        limit(task, to: .milliseconds(world.limits.summarizerMs))
        defer { limit(task, to: nil) }
        do {
            let reply = try await ModelReply(to: request, from: model)
            return reply.json.map { ($0, reply.usage) }
        } catch is ModelFailure {
            return nil
        } catch is CancellationError {
            // A summarizer that takes too long is one that failed.
            guard state.withLock({ $0.tasks.isTimedOut(task) }) else { throw CancellationError() }
            return nil
        }
    }
}

extension Message {
    fileprivate var isOutcome: Bool {
        if case .toolResults = self { return true }
        return false
    }
}
