import Catalog

/// The body of a Gemini request.
struct GoogleRequest {
    private static let provider = "google"

    private let request: ModelRequest
    private let settings: JSONObject

    init(_ request: ModelRequest) {
        self.request = request
        settings = request.options.provider[Self.provider]?.object ?? [:]
    }

    func body() throws(ModelFailure) -> JSONValue {
        var body = JSONObject()
        let system = request.system.map(\.text).joined(separator: "\n\n")
        if !system.isEmpty { body["systemInstruction"] = ["parts": [["text": .string(system)]]] }
        body["contents"] = .array(try contents())
        addTools(&body)
        let generation = generationConfig()
        if !generation.isEmpty { body["generationConfig"] = .object(generation) }
        for name in ["safetySettings", "cachedContent", "labels"] {
            if let value = settings[name] { body[name] = value }
        }
        return .object(body)
    }

    // MARK: Parameters and tools

    private func generationConfig() -> JSONObject {
        var config = JSONObject()
        for (name, value) in request.options.parameters {
            switch name {
            case "temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "seed", "presencePenalty",
                "frequencyPenalty":
                config[name] = value
            case "maxTokens": config["maxOutputTokens"] = value
            default: continue
            }
        }
        for name in ["thinkingConfig", "responseModalities", "mediaResolution", "imageConfig"] {
            if let value = settings[name] { config[name] = value }
        }
        // With tools there is no response format: the answer comes through a tool of its own.
        if let schema = request.responseSchema, request.tools.isEmpty {
            config["responseMimeType"] = "application/json"
            config["responseSchema"] = GoogleSchema.cleaned(schema)
        }
        return config
    }

    private func addTools(_ body: inout JSONObject) {
        guard !request.tools.isEmpty else { return }
        var declarations = request.tools.map { declaration($0.name, $0.description, $0.inputSchema) }
        if let schema = request.responseSchema {
            declarations.append(declaration(AnswerTool.name, AnswerTool.description, schema))
            body["toolConfig"] = ["functionCallingConfig": ["mode": "ANY"]]
        }
        body["tools"] = [["functionDeclarations": .array(declarations)]]
    }

    private func declaration(_ name: String, _ description: String, _ schema: JSONValue) -> JSONValue {
        var declaration: JSONObject = ["name": .string(name), "description": .string(description)]
        // An object without properties is refused: a function without parameters has no schema at all.
        if schema["properties"]?.object?.isEmpty == false { declaration["parameters"] = GoogleSchema.cleaned(schema) }
        return .object(declaration)
    }

    // MARK: Contents

    private func contents() throws(ModelFailure) -> [JSONValue] {
        var turns: [(role: String, parts: [JSONValue])] = []
        for message in request.messages {
            let role: String
            let parts: [JSONValue]
            switch message {
            case .user(let userParts):
                role = "user"
                parts = try userParts.mapTyped(part(for:)).compactMap { $0 }
            case .assistant(let text, let calls):
                role = "model"
                parts = (text.isEmpty ? [] : [["text": .string(text)]]) + calls.map(part(for:))
            case .toolResults(let results):
                role = "user"
                let files = try results.flatMap(\.files).mapTyped(part(for:)).compactMap { $0 }
                parts = results.map(part(for:)) + files
            }
            guard !parts.isEmpty else { continue }
            if turns.last?.role == role {
                turns[turns.count - 1].parts += parts
            } else {
                turns.append((role, parts))
            }
        }
        // Gemini wants the user first as well.
        if turns.first?.role == "model" {
            turns.insert(("user", [["text": .string(missingBeginning)]]), at: 0)
        }
        return turns.map { ["role": .string($0.role), "parts": .array($0.parts)] }
    }

    private func part(for part: Part) throws(ModelFailure) -> JSONValue? {
        switch part {
        case .text(let text): return text.isEmpty ? nil : ["text": .string(text)]
        case .image(let attachment, _), .file(let attachment):
            let attachment = attachment.unpacked
            switch attachment.content {
            case .base64(let data):
                return ["inlineData": ["mimeType": .string(attachment.mediaType), "data": .string(data)]]
            case .url(let url):
                return ["fileData": ["mimeType": .string(attachment.mediaType), "fileUri": .string(url)]]
            }
        }
    }

    private func part(for call: ToolCall) -> JSONValue {
        let input = call.sentInput
        var part: JSONObject = [
            "functionCall": ["name": .string(call.name), "args": input.object == nil ? ["value": input] : input]
        ]
        if let signature = CallSignature.unpack(call.signature, provider: Self.provider) {
            part["thoughtSignature"] = .string(signature)
        }
        return .object(part)
    }

    private func part(for result: ToolResult) -> JSONValue {
        let name = result.isError ? "error" : "result"
        let response =
            result.output.object != nil && !result.isError ? result.output : JSONValue.member(name, result.output)
        return ["functionResponse": ["name": .string(result.name), "response": response]]
    }
}

extension JSONValue {
    /// An object with one member whose name is not known before.
    fileprivate static func member(_ name: String, _ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        object[name] = value
        return .object(object)
    }
}
