import Catalog
import Events
import Files
import Models
import Store
import Synchronization

/// What is said to the models of one run: the conversation before, the user's message, and what came of it so far.
struct ConversationSoFar: Sendable {
    /// The conversation's id.
    let id: String
    /// Messages of earlier runs, oldest first.
    let earlier: [MessageRow]
    /// Artifacts of earlier runs, the newest first.
    let artifacts: [ArtifactRow]
    /// Pictures and documents that came with them, as far as models get them again.
    let earlierFiles: [Part]
    /// What the user said.
    let parts: [Part]
    let clientTime: ClientTime?
    /// What the app through which the user came tells agents; nil for nothing.
    let appPrompt: String?
    private let histories = WrittenHistories()

    init(
        id: String, earlier: [MessageRow], artifacts: [ArtifactRow] = [], earlierFiles: [Part] = [], parts: [Part],
        clientTime: ClientTime?, appPrompt: String? = nil
    ) {
        self.id = id
        self.earlier = earlier
        self.artifacts = artifacts
        self.earlierFiles = earlierFiles
        self.parts = parts
        self.clientTime = clientTime
        self.appPrompt = appPrompt
    }

    /// The conversation before, as a sub-agent sees it; nil when it sees none (`HistoryView.text`).
    func history(as view: HistoryView, summary: HistorySummary? = nil) -> String? {
        histories.text(as: view, summary) { view.text(earlier, summary: summary, artifacts: artifacts) }
    }

    /// The messages for the model call of a frame, in the order of run spec §9.
    ///
    /// - Parameters:
    ///   - takesDocuments: whether the model reads office documents.
    ///   - namesCalls: whether each result of a tool is shown with its call's id, so that it can be referred to.
    func messages(
        for frame: RunFrame, as view: HistoryView, _ answer: AnswerRules = AnswerRules(),
        summary: HistorySummary? = nil, takesDocuments: Bool = false, namesCalls: Bool = false
    ) -> [Message] {
        var messages: [Message] = []
        if let history = history(as: view, summary: summary) {
            messages.append(.user(Self.readable([.text(history)] + earlierFiles, takesDocuments)))
        }
        if answer.mayCite, let artifacts = view.text(artifacts) { messages.append(.user(artifacts)) }
        if let delegation = frame.delegation {
            messages.append(.user(delegation.task + Self.handover(frame)))
        } else {
            messages.append(.user(Self.readable(input(frame), takesDocuments)))
        }
        let isNamed = namesCalls || !answer.artifacts.isEmpty
        messages +=
            isNamed
            ? TranscriptView.naming(frame.transcript, hints: !answer.artifacts.isEmpty) : frame.transcript
        if let correction = frame.answer.correction { messages.append(.user(TranscriptView.refusal(correction))) }
        return messages
    }

    /// The parts with a note in place of each office document, unless the model reads those (run spec §20).
    private static func readable(_ parts: [Part], _ takesDocuments: Bool) -> [Part] {
        if takesDocuments { return parts }
        return parts.map { part in
            guard case .file(let file) = part, FileType(file.mediaType)?.kind == .archive else { return part }
            let name = file.filename.map { ", \($0)" } ?? ""
            return .text("[attachment omitted, as this model does not read it: \(file.mediaType)\(name)]")
        }
    }

    /// The user's message: its texts joined by a space, what a sub-agent that handed over has done, the time, the
    /// files.
    private func input(_ frame: RunFrame) -> [Part] {
        var text = parts.compactMap(\.text).joined(separator: " ") + Self.handover(frame)
        if let clientTime, let time = CurrentTime.text(clientTime) {
            text += "\n\n<current_time>\n\(time)\n</current_time>"
        }
        let files = parts.filter { $0.text == nil }
        return text.isEmpty ? files : [.text(text)] + files
    }

    /// What the sub-agents before the one at work did in this turn, and that it is to go on from there. Said once,
    /// however many they were.
    private static func handover(_ frame: RunFrame) -> String {
        guard !frame.earlier.isEmpty else { return "" }
        var lines: [String] = []
        for stay in frame.earlier {
            for message in stay.transcript { lines += self.lines(message, by: stay.subAgent) }
        }
        let done = lines.isEmpty ? "" : "\nSo far in this turn:\n" + lines.joined(separator: "\n")
        return """


            <handover>
            The conversation was handed over to you. Go on seamlessly; do not repeat what the user has already \
            read.\(done)
            </handover>
            """
    }

    private static func lines(_ message: Message, by subAgent: String) -> [String] {
        switch message {
        case .user: []
        case .assistant(let text, let calls):
            (text.isEmpty ? [] : ["\(subAgent) to User: \"\"\"\(text)\"\"\""])
                + calls.map { "\(subAgent) called \($0.name): \"\"\"\($0.input.jsonText)\"\"\"" }
        case .toolResults(let results):
            results.map { "\(subAgent) tool: \($0.name): \"\"\"\($0.outputText)\"\"\"" }
        }
    }
}

/// Histories by how they are seen. What was said before a run stays as it is while the run goes on, so each is written
/// once, however often models are asked.
private final class WrittenHistories: Sendable {
    private struct Name: Hashable {
        let view: HistoryView
        let summary: HistorySummary?
    }

    private let texts = Mutex<[Name: String?]>([:])

    func text(as view: HistoryView, _ summary: HistorySummary?, write: () -> String?) -> String? {
        let name = Name(view: view, summary: summary)
        if let text = texts.withLock({ $0[name] }) { return text }
        let text = write()
        texts.withLock { $0[name] = .some(text) }
        return text
    }
}
