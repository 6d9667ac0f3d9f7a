import Catalog

/// A tool call whose input arrives in pieces.
struct ToolCallAssembly {
    var id: String
    var name: String
    var input = ""
    var signature: String?

    /// The whole call. No input at all is an empty object; text that is not JSON goes to `rawInput`.
    func finished() -> ToolCall {
        guard input.utf8.contains(where: { $0 > 0x20 }) else {
            return ToolCall(id: id, name: name, input: [:], signature: signature)
        }
        guard let value = try? JSONValue(parsing: input) else {
            return ToolCall(id: id, name: name, input: nil, rawInput: input, signature: signature)
        }
        return ToolCall(id: id, name: name, input: value, signature: signature)
    }
}

extension ToolCall {
    /// The input as a provider that wants JSON can take it: what was no JSON is wrapped in an object.
    var sentInput: JSONValue { rawInput.map { ["invalid_input": .string($0)] } ?? input }
}

extension [ModelEvent] {
    /// Appends text, to the last event where that is text too: one event for each network read.
    mutating func appendText(_ text: String) {
        guard !text.isEmpty else { return }
        if case .text(let before)? = last {
            self[count - 1] = .text(before + text)
        } else {
            append(.text(text))
        }
    }

    /// Appends reasoning in the same way.
    mutating func appendReasoning(_ text: String) {
        guard !text.isEmpty else { return }
        if case .reasoning(let before)? = last {
            self[count - 1] = .reasoning(before + text)
        } else {
            append(.reasoning(text))
        }
    }
}
