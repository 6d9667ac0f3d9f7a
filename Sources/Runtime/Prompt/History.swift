import Catalog
import Store

/// What one sub-agent sees of the conversation before (run spec §10).
struct HistoryView: Sendable {
    let subAgent: String
    let mode: HistorySettings.Mode
    /// Messages, the newest.
    let limit: Int
    /// Estimated tokens of their text.
    let maxTokens: Int
    let includesInternal: Bool
    let types: Set<String>

    init(subAgent: String, settings: HistorySettings, limits: RuntimeLimits) {
        self.subAgent = subAgent
        mode = settings.mode
        limit = max(0, settings.limit ?? limits.historyMessages)
        maxTokens = max(0, settings.maxTokens ?? limits.historyTokens)
        includesInternal = settings.includesInternal
        types = Set(settings.messageTypes ?? ["chat", "tool-result"])
    }

    /// The messages as the model reads them, inside `<conversation_history>`; nil when it sees none.
    ///
    /// Kept are the newest messages, at most `limit` of them and so that their lines are at most `maxTokens` by the
    /// estimate of four bytes of UTF-8 a token; the newest message is kept even where it alone is longer.
    func text(_ messages: [MessageRow]) -> String? {
        guard mode != .none, limit > 0 else { return nil }
        var lines: [String] = []
        var tokens = 0
        for message in messages.reversed() where sees(message) {
            guard let line = Self.line(message) else { continue }
            tokens += Self.tokens(line)
            if lines.count == limit || (tokens > maxTokens && !lines.isEmpty) { break }
            lines.append(line)
        }
        guard !lines.isEmpty else { return nil }
        return "<conversation_history>\n" + lines.reversed().joined(separator: "\n") + "\n</conversation_history>"
    }

    /// Tokens of a text, estimated as one for each four bytes of UTF-8, rounded up.
    static func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

    private func sees(_ message: MessageRow) -> Bool {
        guard types.contains(message.type) else { return false }
        if message.visibility == "internal", !includesInternal { return false }
        guard mode == .scoped, message.role != "user" else { return true }
        // By sub-agent and not by task: each hop has a task of its own, which would hide what it said a turn ago.
        return (message.role == "agent" && message.visibility == "user-facing" && message.type == "chat")
            || message.fromSubAgent == subAgent || message.toSubAgent == subAgent
    }

    private static func line(_ message: MessageRow) -> String? {
        let text = StoredContent.text(of: message)
        guard !text.isEmpty else { return nil }
        return "\(label(message)): \"\"\"\(Self.fenced(text))\"\"\""
    }

    /// The text without what would end its quotation or the history, so that nobody can put words into another's mouth.
    private static func fenced(_ text: String) -> String {
        guard text.contains("\"\"\"") || text.contains("</conversation_history") else { return text }
        return text.replacing("\"\"\"", with: "'''").replacing(
            "</conversation_history", with: "<\\/conversation_history")
    }

    private static func label(_ message: MessageRow) -> String {
        let from = message.fromSubAgent ?? "assistant"
        switch message.type {
        case "a2a-request", "a2a-response": return "\(from) to \(message.toSubAgent ?? "assistant")"
        case "tool-result":
            let tool = message.metadata?["a2a_metadata"]?["toolName"]?.string ?? "unknown"
            return "\(from) tool: \(tool)"
        default:
            switch message.role {
            case "user": return "user"
            case "system": return "system"
            default: return "\(from) to User"
            }
        }
    }
}
