/// What happens while a model answers.
public enum ModelEvent: Sendable, Hashable {
    /// More of the reply's text; never empty.
    case text(String)
    /// More of what the model thought aloud; never empty and no part of the reply.
    case reasoning(String)
    /// A tool call, delivered once and complete.
    case toolCall(ToolCall)
    /// What the call used. At most once, before `.finished`.
    case usage(Usage)
    /// The reply is complete. The last event, exactly once.
    case finished(StopReason)
}

/// Tokens that a call used; 0 where the provider does not tell.
public struct Usage: Sendable, Hashable {
    /// Tokens of the prompt, those read from a cache included.
    public var inputTokens: Int
    /// Tokens of the reply, those spent on reasoning included.
    public var outputTokens: Int
    /// Tokens of the prompt that came from the provider's cache.
    public var cachedInputTokens: Int
    /// Tokens of the reply that were spent on reasoning.
    public var reasoningTokens: Int

    /// A count of these tokens.
    public init(
        inputTokens: Int = 0, outputTokens: Int = 0, cachedInputTokens: Int = 0, reasoningTokens: Int = 0
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cachedInputTokens = cachedInputTokens
        self.reasoningTokens = reasoningTokens
    }

    /// All tokens of prompt and reply.
    public var totalTokens: Int { inputTokens + outputTokens }

    /// The tokens of two calls.
    public static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            inputTokens: left.inputTokens + right.inputTokens,
            outputTokens: left.outputTokens + right.outputTokens,
            cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens,
            reasoningTokens: left.reasoningTokens + right.reasoningTokens
        )
    }

    /// Adds the tokens of another call.
    public static func += (left: inout Usage, right: Usage) { left = left + right }
}

/// Why a model stopped.
public enum StopReason: Sendable, Hashable {
    /// It had said all.
    case endTurn
    /// It waits for tool results.
    case toolCalls
    /// The reply reached the limit of tokens.
    case maxTokens
    /// The model declined.
    case refusal
    /// The provider's filter stopped it.
    case contentFilter
    /// Another reason, in the provider's word.
    case other(String)
}
