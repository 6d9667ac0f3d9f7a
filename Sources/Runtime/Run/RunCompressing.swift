import Catalog
import Events
import Models

/// How a frame's transcript was compressed.
struct FrameCompression: Sendable {
    /// What the last answered model call used; nil before there was one since the last compression.
    var lastUsage: Usage?
    /// How many times it was compressed.
    var count = 0
    /// Whether the model asked for it.
    var isWanted = false
    /// What of tool outcomes that left the transcript was worth keeping, by the ids under which it is known.
    var findings: [String: JSONValue] = [:]
}

/// What stands for the older part of a conversation.
struct HistorySummary: Sendable, Hashable {
    /// What it says.
    let text: String
    /// The position of the last message that it stands for.
    let upTo: Int64
}

extension Run {
    mutating func applyCompressed(_ number: Int, _ compression: RunCompression) {
        usage += compression.usage
        frames[number].beginCallAnew()
        switch compression.kind {
        case .conversation:
            guard let summary = compression.summary, let upTo = compression.upTo else { return }
            historySummary = HistorySummary(text: SummaryText.history(summary), upTo: upTo)
        case .run:
            var frame = frames[number]
            frame.compression.count += 1
            frame.compression.isWanted = false
            frame.compression.lastUsage = nil
            for finding in compression.summary?["related_artifacts"]?.array ?? [] {
                if let id = finding["id"]?.string { frame.compression.findings[id] = finding["key_findings"] ?? [] }
            }
            let kept = frame.transcript.suffix(max(0, compression.kept))
            frame.transcript = Array(kept)
            if let summary = compression.summary {
                frame.transcript.insert(
                    .user(SummaryText.transcript(summary, isRepeated: frame.compression.count > 1)), at: 0)
            }
            frames[number] = frame
        }
    }
}
