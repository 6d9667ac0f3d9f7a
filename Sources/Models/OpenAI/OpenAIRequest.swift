import Catalog

/// The body of a chat completion request. What stays the same from call to call comes first.
struct OpenAIRequest {
    private let request: ModelRequest
    private let provider: String
    private let settings: JSONObject

    init(_ request: ModelRequest, provider: String) {
        self.request = request
        self.provider = provider
        settings = request.options.provider[provider]?.object ?? [:]
    }

    func bytes() throws(ModelFailure) -> [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        writer.raw("{\"model\":")
        writer.string(request.options.model)
        writer.raw(",\"stream\":true,\"stream_options\":{\"include_usage\":true}")
        writeParameters(&writer)
        writeTools(&writer)
        writeResponseFormat(&writer)
        writer.raw(",\"messages\":[")
        var isFirst = true
        if !request.system.isEmpty {
            writer.raw("{\"role\":\"system\",\"content\":")
            writer.string(request.system.map(\.text).joined(separator: "\n\n"))
            writer.raw("}")
            isFirst = false
        }
        for message in request.messages {
            try write(message, &writer, &isFirst)
        }
        writer.raw("]}")
        return writer.bytes
    }

    // MARK: Parameters

    /// Models of OpenAI that reason take no sampling parameters and answer 400 if they get one.
    private var takesNoSampling: Bool {
        guard provider == "openai" || provider == "azure" else { return false }
        let name = request.options.model
        if name.hasPrefix("gpt-5-chat") { return false }
        return ["o1", "o3", "o4", "gpt-5"].contains { name.hasPrefix($0) }
    }

    private static let samplingNames = ["temperature", "top_p", "presence_penalty", "frequency_penalty"]

    private func writeParameters(_ writer: inout JSONWriter) {
        var members = JSONObject()
        for (name, value) in request.options.parameters {
            guard let wire = wireName(parameter: name) else { continue }
            if takesNoSampling, Self.samplingNames.contains(wire) { continue }
            members[wire] = value
        }
        for (name, value) in settings {
            guard let wire = wireName(setting: name) else { continue }
            members[wire] = value
        }
        for (name, value) in members {
            writer.raw(",")
            writer.string(name)
            writer.raw(":")
            writer.write(value)
        }
    }

    /// The wire's name of a generation parameter; nil for those that chat completions do not have.
    private func wireName(parameter: String) -> String? {
        switch parameter {
        case "temperature", "seed": parameter
        case "topP": "top_p"
        case "maxOutputTokens", "maxTokens": provider == "openai" ? "max_completion_tokens" : "max_tokens"
        case "presencePenalty": "presence_penalty"
        case "frequencyPenalty": "frequency_penalty"
        case "stopSequences": "stop"
        case "topK": provider == "openai" || provider == "azure" ? nil : "top_k"
        default: nil
        }
    }

    /// The wire's name of a provider option; nil for those that are not sent. OpenAI's options are documented in camel
    /// case and sent in snake case; other servers get theirs as they are written.
    private func wireName(setting: String) -> String? {
        switch setting {
        case "model", "messages", "stream", "stream_options", "tools", "strictJsonSchema", "structuredOutputs":
            return nil
        case "textVerbosity": return "verbosity"
        case "reasoningEffort": return "reasoning_effort"
        default: break
        }
        guard provider == "openai" || provider == "azure" else { return setting }
        var name = ""
        for character in setting {
            if character.isUppercase { name += "_" + character.lowercased() } else { name.append(character) }
        }
        return name
    }

    private func writeTools(_ writer: inout JSONWriter) {
        guard !request.tools.isEmpty else { return }
        writer.raw(",\"tools\":[")
        for (position, tool) in request.tools.enumerated() {
            if position > 0 { writer.raw(",") }
            writer.raw("{\"type\":\"function\",\"function\":{\"name\":")
            writer.string(tool.name)
            writer.raw(",\"description\":")
            writer.string(tool.description)
            writer.raw(",\"parameters\":")
            writer.write(tool.inputSchema)
            writer.raw("}}")
        }
        writer.raw("]")
    }

    private func writeResponseFormat(_ writer: inout JSONWriter) {
        guard let schema = request.responseSchema else { return }
        writer.raw(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\",\"strict\":")
        writer.write(.bool(settings["strictJsonSchema"]?.bool ?? true))
        writer.raw(",\"schema\":")
        writer.write(schema)
        writer.raw("}}")
    }

    // MARK: Messages

    private func write(_ message: Message, _ writer: inout JSONWriter, _ isFirst: inout Bool) throws(ModelFailure) {
        func separate(_ writer: inout JSONWriter) {
            if !isFirst { writer.raw(",") }
            isFirst = false
        }
        switch message {
        case .user(let parts):
            separate(&writer)
            try write(user: parts, &writer)
        case .assistant(let text, let calls):
            separate(&writer)
            write(assistant: text, calls, &writer)
        case .toolResults(let results):
            for result in results {
                separate(&writer)
                writer.raw("{\"role\":\"tool\",\"tool_call_id\":")
                writer.string(result.callID)
                writer.raw(",\"content\":")
                writer.string(result.outputText)
                writer.raw("}")
            }
            // A message of a tool is text; what else it returned can only follow as the user's.
            let files = results.flatMap { result in
                result.files.isEmpty ? [] : [.text("Returned by \(result.name) (\(result.callID)):")] + result.files
            }
            guard !files.isEmpty else { return }
            separate(&writer)
            try write(user: files, &writer)
        }
    }

    private func write(user parts: [Part], _ writer: inout JSONWriter) throws(ModelFailure) {
        writer.raw("{\"role\":\"user\",\"content\":")
        if parts.count == 1, let text = parts[0].text {
            writer.string(text)
        } else {
            writer.raw("[")
            for (position, part) in parts.enumerated() {
                if position > 0 { writer.raw(",") }
                try write(part, &writer)
            }
            writer.raw("]")
        }
        writer.raw("}")
    }

    private func write(_ part: Part, _ writer: inout JSONWriter) throws(ModelFailure) {
        switch part {
        case .text(let text):
            writer.raw("{\"type\":\"text\",\"text\":")
            writer.string(text)
            writer.raw("}")
        case .image(let image, let detail):
            writer.raw("{\"type\":\"image_url\",\"image_url\":{\"url\":")
            writer.string(image.url)
            if let detail {
                writer.raw(",\"detail\":")
                writer.string(detail)
            }
            writer.raw("}}")
        case .file(let file):
            guard case .base64 = file.content else {
                throw ModelFailure(
                    .unsupported("files by address"), "\(provider) takes files only with their content, not by address")
            }
            writer.raw("{\"type\":\"file\",\"file\":{\"filename\":")
            writer.string(file.filename ?? "file")
            writer.raw(",\"file_data\":")
            writer.string(file.url)
            writer.raw("}}")
        }
    }

    private func write(assistant text: String, _ calls: [ToolCall], _ writer: inout JSONWriter) {
        writer.raw("{\"role\":\"assistant\",\"content\":")
        if text.isEmpty, !calls.isEmpty { writer.raw("null") } else { writer.string(text) }
        if !calls.isEmpty {
            writer.raw(",\"tool_calls\":[")
            for (position, call) in calls.enumerated() {
                if position > 0 { writer.raw(",") }
                writer.raw("{\"id\":")
                writer.string(call.id)
                writer.raw(",\"type\":\"function\",\"function\":{\"name\":")
                writer.string(call.name)
                writer.raw(",\"arguments\":")
                writer.string(call.sentInput.jsonText)
                writer.raw("}}")
            }
            writer.raw("]")
        }
        writer.raw("}")
    }
}
