import Catalog
import Events
import NIOCore
import Wire

/// A run's events on their way to one client: which come next, and how they are written.
struct RunStream: Sendable {
    /// The form in which they are written.
    enum Encoder: Sendable {
        /// Chunks as OpenAI has them.
        case completions(ChatCompletionStream)
        /// Parts of a UI message stream.
        case messages(UIMessageStream)
        /// The answer to a tool call of the Model Context Protocol.
        case tool(MCPCallStream)
    }

    /// All events after a sequence number, waiting for the first; empty when the run is over.
    let pull: @Sendable (_ after: Int64) async throws -> [LoggedEvent]
    /// How they are written.
    var encoder: Encoder
    /// Done when the client goes before the end; nil for nothing, because runs go on without readers.
    var onLeave: (@Sendable () async -> Void)?
    /// The last event that was written.
    private(set) var sequence: Int64 = 0

    /// A stream from the run's first event on.
    init(encoder: Encoder, pull: @escaping @Sendable (_ after: Int64) async throws -> [LoggedEvent]) {
        self.pull = pull
        self.encoder = encoder
    }

    /// The bytes of more events, possibly none.
    mutating func encode(_ events: [LoggedEvent]) -> ByteBuffer {
        sequence = events.last?.sequence ?? sequence
        var writer = JSONWriter(capacity: 1024)
        switch encoder {
        case .completions(var stream):
            stream.encode(events, into: &writer)
            encoder = .completions(stream)
        case .messages(var stream):
            stream.encode(events, into: &writer)
            encoder = .messages(stream)
        case .tool(var stream):
            stream.encode(events, into: &writer)
            encoder = .tool(stream)
        }
        return ByteBuffer(bytes: writer.bytes)
    }

    /// The bytes of an end, for a run that waits for a person longer than its reader.
    mutating func leave() -> ByteBuffer {
        var writer = JSONWriter(capacity: 256)
        switch encoder {
        case .completions(var stream):
            stream.suspend(into: &writer)
            encoder = .completions(stream)
        case .messages(var stream):
            stream.suspend(into: &writer)
            encoder = .messages(stream)
        case .tool: break
        }
        return ByteBuffer(bytes: writer.bytes)
    }

    /// Whether the last event was encoded.
    var isFinished: Bool {
        switch encoder {
        case .completions(let stream): stream.isFinished
        case .messages(let stream): stream.isFinished
        case .tool(let stream): stream.isFinished
        }
    }
}
