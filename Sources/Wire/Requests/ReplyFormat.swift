/// How a chat endpoint answers.
public enum ReplyFormat: Sendable, Hashable {
    /// Server-sent events while the run goes on.
    case stream
    /// One JSON document when it is over.
    case json

    /// Chooses from what the client said: `stream` in the body decides; without it, an `Accept` header that names
    /// `text/event-stream` asks for a stream; without that, `otherwise`.
    ///
    /// - Parameters:
    ///   - stream: The body's `stream`, or nil.
    ///   - accept: The `Accept` header, or nil.
    ///   - otherwise: What a client gets that said neither.
    public init(stream: Bool?, accept: String?, otherwise: ReplyFormat = .json) {
        if let stream {
            self = stream ? .stream : .json
        } else {
            self = accept.map(Self.namesEventStream) == true ? .stream : otherwise
        }
    }

    /// Whether the header has the media type itself, not merely a range that includes it, and does not rule it out by
    /// `q=0` (RFC 9110 §12.5.1).
    private static func namesEventStream(_ accept: String) -> Bool {
        accept.lowercased().split(separator: ",").contains { range in
            let pieces = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard pieces.first == "text/event-stream" else { return false }
            return !pieces.dropFirst().contains { ["q=0", "q=0.", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
        }
    }
}
