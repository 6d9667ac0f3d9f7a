import Catalog

/// The body of a Messages request.
struct AnthropicRequest {
    private static let provider = "anthropic"
    private static let cacheMark: JSONValue = ["type": "ephemeral"]

    private let request: ModelRequest
    private let cachesPrompts: Bool
    private let settings: JSONObject

    init(_ request: ModelRequest, cachesPrompts: Bool) {
        self.request = request
        self.cachesPrompts = cachesPrompts
        settings = request.options.provider[Self.provider]?.object ?? [:]
    }

    func body() throws(ModelFailure) -> JSONValue {
        var body: JSONObject = ["model": .string(request.options.model), "stream": true]
        addParameters(&body)
        addTools(&body)
        if !request.system.isEmpty { body["system"] = .array(system()) }
        body["messages"] = .array(try messages())
        return .object(body)
    }

    // MARK: Parameters

    private var thinkingBudget: Int? {
        guard let thinking = settings["thinking"], thinking["type"]?.string == "enabled" else { return nil }
        return thinking["budgetTokens"]?.integer ?? thinking["budget_tokens"]?.integer ?? 1024
    }

    /// Whether the model thinks before it answers, with a budget or as it sees fit.
    private var thinks: Bool { settings["thinking"]?["type"]?.string.map { $0 != "disabled" } ?? false }

    private func addParameters(_ body: inout JSONObject) {
        let parameters = request.options.parameters
        let asked = parameters["maxOutputTokens"]?.integer ?? parameters["maxTokens"]?.integer
        // The budget for thinking counts towards the limit; ours is for the reply alone.
        let limit = (asked ?? Self.outputTokensMax(request.options.model)) + (asked == nil ? 0 : thinkingBudget ?? 0)
        body["max_tokens"] = .integer(Int64(limit))
        if !thinks {
            for (name, wire) in [("temperature", "temperature"), ("topP", "top_p"), ("topK", "top_k")] {
                if let value = parameters[name] { body[wire] = value }
            }
        }
        if let stops = parameters["stopSequences"] { body["stop_sequences"] = stops }
        for (name, value) in settings {
            switch name {
            case "thinking":
                if let thinkingBudget {
                    body["thinking"] = ["type": "enabled", "budget_tokens": .integer(Int64(thinkingBudget))]
                } else {
                    body["thinking"] = value
                }
            case "serviceTier": body["service_tier"] = value
            case "metadata": body["metadata"] = value["userId"].map { ["user_id": $0] } ?? value
            case "disableParallelToolUse", "cacheControl", "sendReasoning", "structuredOutputMode", "toolStreaming",
                "model", "messages", "stream", "system", "tools":
                continue
            default: body[name] = value
            }
        }
    }

    /// The Messages API demands a limit. This is each family's documented largest.
    private static func outputTokensMax(_ model: String) -> Int {
        if ["claude-3-haiku", "claude-3-opus", "claude-3-sonnet"].contains(where: model.hasPrefix) { return 4096 }
        if model.hasPrefix("claude-3-5") { return 8192 }
        if ["claude-opus-4-0", "claude-opus-4-1", "claude-opus-4-2"].contains(where: model.hasPrefix) { return 32_000 }
        return model.hasPrefix("claude-") ? 64_000 : 8192
    }

    // MARK: Tools and system

    private func addTools(_ body: inout JSONObject) {
        var tools: [JSONValue] = request.tools.map {
            ["name": .string($0.name), "description": .string($0.description), "input_schema": $0.inputSchema]
        }
        if let schema = request.responseSchema {
            tools.append([
                "name": .string(AnswerTool.name), "description": .string(AnswerTool.description),
                "input_schema": schema,
            ])
        }
        guard !tools.isEmpty else { return }
        body["tools"] = .array(tools)
        var choice: JSONObject = ["type": "auto"]
        // A forced choice and thinking exclude each other.
        if request.responseSchema != nil, !thinks { choice["type"] = "any" }
        if settings["disableParallelToolUse"]?.bool == true { choice["disable_parallel_tool_use"] = true }
        if choice.count > 1 || choice["type"] != "auto" { body["tool_choice"] = .object(choice) }
    }

    private func system() -> [JSONValue] {
        let blocks = request.system.filter { !$0.text.isEmpty }
        let marked = cachesPrompts ? blocks.lastIndex { $0.cacheable } : nil
        return blocks.indices.map { position in
            var block: JSONObject = ["type": "text", "text": .string(blocks[position].text)]
            if position == marked { block["cache_control"] = Self.cacheMark }
            return .object(block)
        }
    }

    // MARK: Messages

    private func messages() throws(ModelFailure) -> [JSONValue] {
        var turns: [(role: String, content: [JSONValue])] = []
        for message in request.messages {
            let role: String
            let content: [JSONValue]
            switch message {
            case .user(let parts):
                role = "user"
                content = try parts.mapTyped(block(for:)).compactMap { $0 }
            case .assistant(let text, let calls):
                role = "assistant"
                content = blocks(text: text, calls: calls)
            case .toolResults(let results):
                role = "user"
                content = try results.mapTyped(block(for:))
            }
            // Blocks may not be empty, and results must come first in the message after the calls.
            guard !content.isEmpty else { continue }
            if turns.last?.role == role {
                turns[turns.count - 1].content += content
            } else {
                turns.append((role, content))
            }
        }
        // A conversation whose beginning was cut away may start with the model; the API wants the user first.
        if turns.first?.role == "assistant" {
            turns.insert(("user", [["type": "text", "text": .string(missingBeginning)]]), at: 0)
        }
        if cachesPrompts, let last = turns.indices.last { mark(&turns[last].content) }
        return turns.map { ["role": .string($0.role), "content": .array($0.content)] }
    }

    private func mark(_ content: inout [JSONValue]) {
        guard let last = content.indices.last, var block = content[last].object else { return }
        // Thoughts cannot be marked.
        guard block["type"] != "thinking", block["type"] != "redacted_thinking" else { return }
        block["cache_control"] = Self.cacheMark
        content[last] = .object(block)
    }

    private func block(for part: Part) throws(ModelFailure) -> JSONValue? {
        switch part {
        case .text(let text): return text.isEmpty ? nil : ["type": "text", "text": .string(text)]
        case .image(let image, _): return ["type": "image", "source": source(image.unpacked)]
        case .file(let file):
            let file = file.unpacked
            guard file.mediaType == "application/pdf" else {
                throw ModelFailure(
                    .unsupported("files of type \(file.mediaType)"), "anthropic takes PDF files, not \(file.mediaType)")
            }
            var block: JSONObject = ["type": "document", "source": source(file)]
            if let name = file.filename { block["title"] = .string(name) }
            return .object(block)
        }
    }

    private func source(_ attachment: Attachment) -> JSONValue {
        switch attachment.content {
        case .url(let url): ["type": "url", "url": .string(url)]
        case .base64(let data): ["type": "base64", "media_type": .string(attachment.mediaType), "data": .string(data)]
        }
    }

    private func blocks(text: String, calls: [ToolCall]) -> [JSONValue] {
        var blocks: [JSONValue] = []
        // With thinking on, the thoughts before a tool call must come back unchanged.
        if thinks {
            let thoughts = calls.lazy.compactMap { CallSignature.unpack($0.signature, provider: Self.provider) }.first
            blocks += thoughts.flatMap { try? JSONValue(parsing: $0) }?.array ?? []
        }
        if text.utf8.contains(where: { $0 > 0x20 }) { blocks.append(["type": "text", "text": .string(text)]) }
        for call in calls {
            let input = call.sentInput
            blocks.append([
                "type": "tool_use", "id": .string(Self.callID(call.id)), "name": .string(call.name),
                "input": input.object == nil ? ["value": input] : input,
            ])
        }
        return blocks
    }

    private func block(for result: ToolResult) throws(ModelFailure) -> JSONValue {
        var block: JSONObject = [
            "type": "tool_result", "tool_use_id": .string(Self.callID(result.callID)),
            "content": .string(result.outputText),
        ]
        if !result.files.isEmpty {
            let text = Part.text(result.outputText)
            block["content"] = .array(try ([text] + result.files).mapTyped(self.block(for:)).compactMap { $0 })
        }
        if result.isError { block["is_error"] = true }
        return .object(block)
    }

    /// Ids made by other providers may hold characters that this one refuses.
    private static func callID(_ id: String) -> String {
        String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "_" })
    }
}

extension Sequence {
    /// `map` that keeps the type of what the closure throws.
    func mapTyped<Result, Failure: Error>(
        _ transform: (Element) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try transform(element)) }
        return results
    }
}
