/// The text of a run's answer as far as it has come: what frame 0 said, without what a retry or a restart made void.
/// It is what the conversation stores and what a reply that is not streamed holds.
public struct AnswerText: Sendable, Hashable {
    /// Text of complete model calls.
    private var settled = ""
    /// Text of the model call under way.
    private var open = ""

    /// No text yet.
    public init() {}

    /// The text so far.
    public var text: String { settled + open }

    /// Takes the next event of the log.
    public mutating func add(_ event: RunEvent) {
        switch event {
        case .text(frame: 0, let text): open += text
        case .answered(frame: 0, _):
            settled += open
            open = ""
        case .retried(frame: 0, _, _), .resumed: open = ""
        default: break
        }
    }
}
