import Catalog

/// The tool through which providers without a response format of their own hand over structured output: the model
/// must call a tool, and this one's input is the reply.
enum AnswerTool {
    static let name = "give_final_answer"
    static let description = "Gives the final answer as a JSON object. Call it once, when the answer is complete."
}

/// What stands for the user's part where the beginning of a conversation is not sent and the provider wants one.
let missingBeginning = "(The beginning of the conversation is not shown.)"

/// What a provider wants handed back with a tool call, marked with the provider, because a conversation may go on with
/// another one, to which it means nothing.
enum CallSignature {
    static func pack(_ text: String, provider: String) -> String { provider + ":" + text }

    static func unpack(_ signature: String?, provider: String) -> String? {
        guard let signature, signature.hasPrefix(provider + ":") else { return nil }
        return String(signature.dropFirst(provider.count + 1))
    }
}

extension Attachment {
    /// The content with `data:` addresses turned into what they hold (RFC 2397, base64 only).
    var unpacked: Attachment {
        guard case .url(let url) = content, url.hasPrefix("data:"), let comma = url.firstIndex(of: ",") else {
            return self
        }
        let head = url[url.index(url.startIndex, offsetBy: 5)..<comma].split(separator: ";")
        guard head.last == "base64" else { return self }
        let type = head.first.flatMap { $0 == "base64" ? nil : String($0) } ?? mediaType
        return Attachment(.base64(String(url[url.index(after: comma)...])), mediaType: type, filename: filename)
    }
}
