import Catalog
import Models
import Synchronization

/// One whole reply of a model.
struct ModelReply: Sendable {
    /// The text.
    let text: String
    /// What it took.
    let usage: Usage

    /// The longest reply that is read, bytes of UTF-8.
    private static let bytesMax = 1 << 18

    /// Asks and waits for the reply.
    ///
    /// - Throws: what the model throws; `ModelFailure` for a reply that is too long.
    init(to request: ModelRequest, from model: ResolvedModel) async throws {
        let reply = Mutex((text: "", usage: Usage()))
        try await model.model.respond(to: request) { events in
            let isTooLong = reply.withLock { reply in
                for event in events {
                    switch event {
                    case .text(let text): reply.text += text
                    case .usage(let usage): reply.usage = usage
                    case .reasoning, .toolCall, .finished: continue
                    }
                }
                return reply.text.utf8.count > Self.bytesMax
            }
            if isTooLong { throw ModelFailure(.malformed, "The reply is longer than allowed.") }
        }
        (text, usage) = reply.withLock { $0 }
    }

    /// Asks and waits for the reply, so long and no longer.
    ///
    /// - Throws: as the other; `ModelFailure` when it takes longer.
    init(
        to request: ModelRequest, from model: ResolvedModel, within limit: Duration, _ clock: RuntimeClock
    ) async throws {
        self = try await withThrowingTaskGroup(of: ModelReply.self) { group in
            group.addTask { try await ModelReply(to: request, from: model) }
            group.addTask {
                try await clock.pause(for: limit)
                throw ModelFailure(.timedOut, "The model did not finish in time.")
            }
            defer { group.cancelAll() }
            guard let reply = try await group.next() else { throw CancellationError() }
            return reply
        }
    }

    /// The JSON object in the text, whatever stands around it; nil when there is none.
    var json: JSONValue? {
        guard let start = text.firstIndex(of: "{"), let end = text.lastIndex(of: "}"), start < end else { return nil }
        return (try? JSONValue(mending: text[start...end].utf8)).flatMap { $0.object == nil ? nil : $0 }
    }
}
