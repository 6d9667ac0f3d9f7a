import Catalog
import Outbound

/// Reads the chunks of a streamed Gemini reply. Its stream has no mark at the end: the chunk with a finish reason is
/// the last.
struct GoogleDecoder: StreamDecoder {
    let provider: String
    let makeID: @Sendable () -> String
    private(set) var isFinished = false
    private var usage: Usage?
    private var calls = 0

    init(provider: String, makeID: @escaping @Sendable () -> String) {
        self.provider = provider
        self.makeID = makeID
    }

    mutating func decode(
        _ events: [ServerSentEvents.Event], into out: inout [ModelEvent]
    ) throws(ModelFailure) {
        for event in events where !isFinished {
            guard let chunk = try? JSONValue(mending: event.data), chunk.object != nil else {
                throw ModelFailure(.malformed, "\(provider) sent a chunk that is not JSON")
            }
            if chunk["error"] != nil { throw ProviderError(json: chunk).failure(provider: provider, status: nil) }
            if let counts = chunk["usageMetadata"] { usage = Self.usage(counts) }
            for part in chunk["candidates"]?[0]?["content"]?["parts"]?.array ?? [] { add(part, into: &out) }
            if let word = chunk["candidates"]?[0]?["finishReason"]?.string {
                try finish(word, into: &out)
            } else if chunk["promptFeedback"]?["blockReason"]?.string != nil {
                finish(.contentFilter, into: &out)
            }
        }
    }

    mutating func end(into out: inout [ModelEvent]) {}

    private mutating func add(_ part: JSONValue, into out: inout [ModelEvent]) {
        if let text = part["text"]?.string {
            if part["thought"]?.bool == true { out.appendReasoning(text) } else { out.appendText(text) }
        } else if let call = part["functionCall"] {
            let name = call["name"]?.string ?? ""
            let input = call["args"] ?? [:]
            guard name != AnswerTool.name else { return out.appendText(input.jsonText) }
            calls += 1
            out.append(
                .toolCall(
                    ToolCall(
                        id: call["id"]?.string ?? makeID(), name: name, input: input,
                        signature: part["thoughtSignature"]?.string.map { CallSignature.pack($0, provider: provider) }))
            )
        }
    }

    private mutating func finish(_ word: String, into out: inout [ModelEvent]) throws(ModelFailure) {
        switch word {
        case "STOP": finish(calls > 0 ? .toolCalls : .endTurn, into: &out)
        case "MAX_TOKENS": finish(.maxTokens, into: &out)
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "LANGUAGE":
            finish(.contentFilter, into: &out)
        case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL":
            throw ModelFailure(.malformed, "\(provider) made a tool call that cannot be read (\(word))")
        default: finish(.other(word), into: &out)
        }
    }

    private mutating func finish(_ stop: StopReason, into out: inout [ModelEvent]) {
        isFinished = true
        if let usage { out.append(.usage(usage)) }
        out.append(.finished(stop))
    }

    private static func usage(_ counts: JSONValue) -> Usage {
        let thoughts = counts["thoughtsTokenCount"]?.integer ?? 0
        return Usage(
            inputTokens: counts["promptTokenCount"]?.integer ?? 0,
            outputTokens: (counts["candidatesTokenCount"]?.integer ?? 0) + thoughts,
            cachedInputTokens: counts["cachedContentTokenCount"]?.integer ?? 0, reasoningTokens: thoughts)
    }
}
