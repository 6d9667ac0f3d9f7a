/// The text of a run's answer, and what stands in it, as far as it has come: what frame 0 said, without what a retry
/// or a restart made void. It is what the conversation stores and what a reply that is not streamed holds.
public struct AnswerText: Sendable, Hashable {
    /// Text of complete model calls.
    private var settled = ""
    /// Text of the model call under way.
    private var open = ""
    /// Components and artifacts of complete model calls.
    private var settledData: [RunData] = []
    /// Those of the model call under way.
    private var openData: [RunData] = []

    /// No text yet.
    public init() {}

    /// The text so far.
    public var text: String { settled + open }

    /// The components and artifacts so far.
    public var data: [RunData] { settledData + openData }

    /// Takes the next event of the log.
    public mutating func add(_ event: RunEvent) {
        switch event {
        case .text(frame: 0, let text): open += text
        case .answered(frame: 0, _):
            settled += open
            settledData += openData
            open = ""
            openData = []
        case .data(frame: 0, let data): if data.kind != .summary { openData.append(data) }
        case .retried(frame: 0, _, _), .resumed:
            open = ""
            openData = []
        default: break
        }
    }
}
