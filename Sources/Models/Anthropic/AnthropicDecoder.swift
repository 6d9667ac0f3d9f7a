import Catalog
import Outbound

/// Reads the events of a streamed message.
struct AnthropicDecoder: StreamDecoder {
    /// Content blocks that one reply may hold.
    private static let blocksMax = 1024

    private enum Block {
        case text
        case call(ToolCallAssembly)
        /// The answer tool: its input is the reply's text.
        case answer
        case thought(text: String, signature: String)
        case other
    }

    let provider: String
    private(set) var isFinished = false
    private var blocks: [Int: Block] = [:]
    /// Thoughts that go back with the first tool call, as the API's own blocks.
    private var thoughts: [JSONValue] = []
    private var usage = Usage()
    private var stop: StopReason?
    private var calls = 0
    private var answered = false

    init(provider: String) { self.provider = provider }

    mutating func decode(
        _ events: [ServerSentEvents.Event], into out: inout [ModelEvent]
    ) throws(ModelFailure) {
        for event in events where !isFinished {
            guard let json = try? JSONValue(mending: event.data), let type = json["type"]?.string else {
                throw ModelFailure(.malformed, "\(provider) sent an event that is not JSON")
            }
            switch type {
            case "message_start": add(usage: json["message"]?["usage"])
            case "content_block_start": try start(json, into: &out)
            case "content_block_delta": extend(json, into: &out)
            case "content_block_stop": finish(block: json["index"]?.integer ?? 0, into: &out)
            case "message_delta":
                add(usage: json["usage"])
                if let word = json["delta"]?["stop_reason"]?.string { stop = Self.stop(word) }
            case "message_stop": end(into: &out)
            case "error": throw ProviderError(json: json).failure(provider: provider, status: nil)
            default: continue
            }
        }
    }

    mutating func end(into out: inout [ModelEvent]) {
        guard !isFinished, let stop else { return }
        isFinished = true
        out.append(.usage(usage))
        // A reply that only called the answer tool has ended.
        out.append(.finished(stop == .toolCalls && calls == 0 && answered ? .endTurn : stop))
    }

    private mutating func start(_ json: JSONValue, into out: inout [ModelEvent]) throws(ModelFailure) {
        guard let index = json["index"]?.integer, let content = json["content_block"], blocks.count < Self.blocksMax
        else {
            throw ModelFailure(.malformed, "\(provider) started a content block that is none")
        }
        switch content["type"]?.string {
        case "text":
            blocks[index] = .text
            out.appendText(content["text"]?.string ?? "")
        case "tool_use":
            let name = content["name"]?.string ?? ""
            if name == AnswerTool.name {
                answered = true
                blocks[index] = .answer
            } else {
                var call = ToolCallAssembly(id: content["id"]?.string ?? "call_\(index)", name: name)
                if let input = content["input"]?.object, !input.isEmpty {
                    call.input = JSONValue.object(input).jsonText
                }
                blocks[index] = .call(call)
            }
        case "thinking": blocks[index] = .thought(text: content["thinking"]?.string ?? "", signature: "")
        case "redacted_thinking":
            thoughts.append(content)
            blocks[index] = .other
        default: blocks[index] = .other
        }
    }

    private mutating func extend(_ json: JSONValue, into out: inout [ModelEvent]) {
        guard let index = json["index"]?.integer, let delta = json["delta"] else { return }
        switch blocks[index] {
        case .text: out.appendText(delta["text"]?.string ?? "")
        case .answer: out.appendText(delta["partial_json"]?.string ?? "")
        case .call(var call):
            call.input += delta["partial_json"]?.string ?? ""
            blocks[index] = .call(call)
        case .thought(let text, let signature):
            let more = delta["thinking"]?.string ?? ""
            out.appendReasoning(more)
            blocks[index] = .thought(text: text + more, signature: signature + (delta["signature"]?.string ?? ""))
        case .other, nil: return
        }
    }

    private mutating func finish(block index: Int, into out: inout [ModelEvent]) {
        switch blocks[index] {
        case .call(var call):
            if calls == 0, !thoughts.isEmpty {
                call.signature = CallSignature.pack(JSONValue.array(thoughts).jsonText, provider: provider)
            }
            calls += 1
            out.append(.toolCall(call.finished()))
        case .thought(let text, let signature) where !signature.isEmpty:
            thoughts.append(["type": "thinking", "thinking": .string(text), "signature": .string(signature)])
        default: break
        }
        blocks[index] = .other
    }

    /// Counts come with the start and, as running totals, with the end. Cached tokens are counted apart.
    private mutating func add(usage counts: JSONValue?) {
        guard let counts else { return }
        if let fresh = counts["input_tokens"]?.integer {
            let read = counts["cache_read_input_tokens"]?.integer ?? 0
            usage.inputTokens = fresh + read + (counts["cache_creation_input_tokens"]?.integer ?? 0)
            usage.cachedInputTokens = read
        }
        if let output = counts["output_tokens"]?.integer { usage.outputTokens = output }
    }

    private static func stop(_ word: String) -> StopReason {
        switch word {
        case "end_turn", "stop_sequence": .endTurn
        case "tool_use": .toolCalls
        case "max_tokens", "model_context_window_exceeded": .maxTokens
        case "refusal": .refusal
        default: .other(word)
        }
    }
}
