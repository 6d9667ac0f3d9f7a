import Catalog

/// The ways in which a tool's result is read: by the model, and by those who refer to it.
struct ToolResultView: Sendable {
    private let output: JSONValue

    init(_ output: JSONValue) { self.output = output }

    /// As the model reads it: with the id by which it can be referred to (run spec §13.4).
    ///
    /// - Parameter hints: what is told of its shape; nil for nothing.
    func shown(as call: String, hints: JSONValue? = nil) -> JSONValue {
        var object = Self.wrapped(output)
        object["_toolCallId"] = .string(call)
        object["_structureHints"] = hints
        return .object(object)
    }

    private static func wrapped(_ output: JSONValue) -> JSONObject {
        switch output {
        case .object(let object): object
        case .string: ["text": output]
        default: ["value": output]
        }
    }

    /// What a reference without a selector stands for: of MCP content the first text, or the data of a picture; of
    /// `{"type":"text","value":…}` the value; else all.
    var unwrapped: JSONValue {
        if output["type"] == "text", let value = output["value"] { return value }
        guard let content = output["content"]?.array, let first = content.first, first["type"]?.string != nil else {
            return output
        }
        for item in content where item["type"] == "text" {
            if let text = item["text"] { return text }
        }
        return first["data"] ?? output
    }

    /// What a selector looks into, in this order: the result, the JSON that is its text, and what the model was shown.
    var searched: [JSONValue] {
        var documents = [output]
        if let text = unwrapped.string, let parsed = try? JSONValue(parsing: text) {
            switch parsed {
            case .array, .object: documents.append(parsed)
            default: break
            }
        }
        if output.object == nil { documents.append(.object(Self.wrapped(output))) }
        return documents
    }
}
