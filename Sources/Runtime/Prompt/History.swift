import Catalog
import Store

/// What one sub-agent sees of the conversation before (run spec §10).
struct HistoryView: Sendable, Hashable {
    let subAgent: String
    let mode: HistorySettings.Mode
    /// Messages, the newest.
    let limit: Int
    /// Estimated tokens of their text.
    let maxTokens: Int
    let includesInternal: Bool
    let types: Set<String>
    /// Artifacts of earlier turns, the newest.
    let promptArtifacts: Int

    init(subAgent: String, settings: HistorySettings, limits: RuntimeLimits) {
        self.subAgent = subAgent
        mode = settings.mode
        limit = max(0, settings.limit ?? limits.historyMessages)
        maxTokens = max(0, settings.maxTokens ?? limits.historyTokens)
        promptArtifacts = limits.promptArtifacts
        includesInternal = settings.includesInternal
        types = Set(settings.messageTypes ?? ["chat", "tool-result"])
    }

    /// The messages as the model reads them, inside `<conversation_history>`; nil when it sees none.
    ///
    /// Kept are the newest messages, at most `limit` of them and so that their lines are at most `maxTokens` by the
    /// estimate of four bytes of UTF-8 a token; the newest message is kept even where it alone is longer.
    ///
    /// - Parameters:
    ///   - summary: what stands for the older of them; nil where a summary among them does, or none.
    ///   - artifacts: what was made of the outcomes of tools.
    func text(
        _ messages: [MessageRow], summary: HistorySummary? = nil, artifacts: [ArtifactRow] = []
    ) -> String? {
        guard mode != .none, limit > 0 else { return nil }
        let summary = mode == .full ? summary ?? HistorySummary.latest(in: messages) : nil
        let made = Dictionary(grouping: artifacts, by: \.toolCall)
        var lines: [String] = []
        var tokens = 0
        for message in messages.reversed() where sees(message) && message.position > summary?.upTo ?? .min {
            guard let line = Self.line(message, made) else { continue }
            tokens += Self.tokens(line)
            if lines.count == limit || (tokens > maxTokens && !lines.isEmpty) { break }
            lines.append(line)
        }
        if let summary { lines.append("system: \"\"\"\(Self.fenced(summary.text))\"\"\"") }
        guard !lines.isEmpty else { return nil }
        return "<conversation_history>\n" + lines.reversed().joined(separator: "\n") + "\n</conversation_history>"
    }

    /// Tokens of a text, estimated as one for each four bytes of UTF-8, rounded up.
    static func tokens(_ text: String) -> Int { TokenEstimate.tokens(text) }

    private func sees(_ message: MessageRow) -> Bool {
        guard types.contains(message.type) else { return false }
        // What workers found is in what they answered; whose task is over is nobody's business.
        if message.metadata?["a2a_metadata"]?["isDelegated"] == true { return false }
        if message.visibility != "user-facing", !includesInternal { return false }
        guard mode == .scoped, message.role != "user" else { return true }
        // By sub-agent and not by task: each hop has a task of its own, which would hide what it said a turn ago.
        return (message.role == "agent" && message.visibility == "user-facing" && message.type == "chat")
            || message.fromSubAgent == subAgent || message.toSubAgent == subAgent
    }

    private static func line(_ message: MessageRow, _ made: [String: [ArtifactRow]]) -> String? {
        var text = StoredContent.text(of: message)
        if message.type == "tool-result" { text = outcome(message, text, made) }
        guard !text.isEmpty else { return nil }
        return "\(label(message)): \"\"\"\(Self.fenced(text))\"\"\""
    }

    /// Bytes of UTF-8 of a tool's outcome at most.
    private static let outcomeBytesMax = 4000
    /// Characters of what a tool was called with at most.
    private static let inputMax = 300

    /// What a tool gave; where artifacts were made of it, those instead.
    private static func outcome(_ message: MessageRow, _ text: String, _ made: [String: [ArtifactRow]]) -> String {
        let told = message.metadata?["a2a_metadata"]
        let artifacts = told?["toolCallId"]?.string.flatMap { made[$0] }?.filter { $0.run == message.run } ?? []
        guard artifacts.isEmpty else {
            let input = (told?["toolArgs"] ?? [:]).jsonText
            let lines = artifacts.map { artifact in
                "[Artifact: \(artifact.name) (id: \(artifact.id)) - \(artifact.description) | "
                    + "\(artifact.summary.jsonText.prefix(summaryMax))]"
            }
            return (["Tool call args: \(input.prefix(inputMax))"] + lines).joined(separator: "\n")
        }
        guard text.utf8.count > outcomeBytesMax else { return text }
        let start = String(decoding: text.utf8.prefix(outcomeBytesMax), as: UTF8.self)
        return start + "… [\(text.utf8.count - outcomeBytesMax) bytes more]"
    }

    private static let quotation = "\"\"\""
    private static let historyEnd = "</conversation_history"

    /// The text without what would end its quotation or the history, so that nobody can put words into another's mouth.
    private static func fenced(_ text: String) -> String {
        // Nearly no text holds either, and to compare characters takes many times as long as to compare bytes.
        guard holds(text, quotation) || holds(text, historyEnd) else { return text }
        // By scalars: a mark that combines with the last quote must not hide the quotes.
        let scalars = text.unicodeScalars
            .replacing(quotation.unicodeScalars, with: "'''".unicodeScalars)
            .replacing(historyEnd.unicodeScalars, with: "<\\/conversation_history".unicodeScalars)
        return String(scalars)
    }

    private static func holds(_ text: String, _ word: String) -> Bool {
        var text = text
        let word = Array(word.utf8)
        return text.withUTF8 { bytes in
            (0..<max(0, bytes.count - word.count + 1)).contains { start in
                bytes[start] == word[0] && word.indices.allSatisfy { bytes[start + $0] == word[$0] }
            }
        }
    }

    /// The agent outside the run that a message is from, or to.
    private static func otherAgent(_ message: MessageRow, _ direction: String) -> String {
        for kind in ["Team", "External"] {
            if let id = message.metadata?["\(direction)\(kind)AgentId"]?.string { return id }
        }
        return "assistant"
    }

    private static func label(_ message: MessageRow) -> String {
        let from = message.fromSubAgent ?? "assistant"
        switch message.type {
        case "a2a-request", "a2a-response":
            let from = message.fromSubAgent ?? otherAgent(message, "from")
            return "\(from) to \(message.toSubAgent ?? otherAgent(message, "to"))"
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
