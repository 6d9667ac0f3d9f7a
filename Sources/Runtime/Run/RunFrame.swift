public import Events
public import Models

/// One sub-agent at work: frame 0 talks to the user, each delegation opens another.
public struct RunFrame: Sendable {
    /// What a frame waits for.
    public enum Phase: Sendable, Hashable {
        /// The model's answer.
        case asking
        /// The outcomes of the answer's calls, or, where it has none, the end of the frame.
        case answered
        /// A worker that is done and whose result is not yet with the one who asked.
        case returned(String)
        /// Nothing: it is over.
        case closed
    }

    /// A tool call of the frame's last answer.
    public struct Call: Sendable {
        /// How far a call is.
        public enum State: Sendable, Hashable {
            /// Not begun.
            case waiting
            /// A person is asked first.
            case awaiting(RunApprovalRequest.Reason)
            /// A person allowed it; not begun.
            case approved
            /// A person, or the end of the time for it, refused it; the outcome is not in the log yet.
            case denied(RunApprovalRequest.Reason, reason: String?)
            /// Its intent is in the log.
            case started
            /// The worker in this frame is on it.
            case delegated(Int)
            /// Its outcome is in the log.
            case ended(RunToolOutcome)
        }

        /// What the model asked for, or what a person made of it.
        public internal(set) var call: ToolCall
        /// How far it is.
        public internal(set) var state: State
        /// What the one outside the run was asked; nil for other calls, and before that is in the log.
        public internal(set) var sent: RunDelegation?
        /// Whether the runner has been told to make it.
        var isDispatched = false

        /// Whether the outcome is known.
        public var isEnded: Bool {
            if case .ended = state { return true }
            return false
        }

        /// Why a person is asked; nil when none is.
        public var awaited: RunApprovalRequest.Reason? {
            if case .awaiting(let reason) = state { return reason }
            return nil
        }
    }

    /// The frame's number.
    public let number: Int
    /// How deep the delegation is; 0 for frame 0.
    public let depth: Int
    /// What it works on; nil for frame 0.
    public let delegation: RunDelegation?
    /// Who is at work.
    public internal(set) var subAgent: String
    /// What it waits for.
    public internal(set) var phase = Phase.asking
    /// What the sources of tools gave this stay of the sub-agent; nil while they were not asked, or for none.
    public internal(set) var equipment: RunEquipment?
    /// The calls of the last answer.
    public internal(set) var calls: [Call] = []
    /// Model calls answered in this stay of the sub-agent.
    public internal(set) var steps = 0
    /// The number of the model call that is due or under way, from 1, never used twice in the frame.
    public internal(set) var modelCall = 1
    /// Failures of this model call so far.
    public internal(set) var failures = 0
    /// Logged text of the model call under way.
    public internal(set) var text = ""
    /// Text of the frame's answers so far, all stays.
    public internal(set) var spoken = ""
    /// Text of the last answer alone.
    public internal(set) var lastText = ""
    /// Why the last answered model call stopped.
    public internal(set) var stop: StopReason?
    /// Answers and outcomes of this stay, as the model sees them.
    public internal(set) var transcript: [Message] = []
    /// What earlier stays of other sub-agents in this frame did, for the one that goes on.
    public internal(set) var earlier: [Stay] = []

    /// The stay of a sub-agent that handed over.
    public struct Stay: Sendable, Hashable {
        /// Who it was.
        public let subAgent: String
        /// What it said and did.
        public let transcript: [Message]
    }

    /// What of its answers is not text, and how the one under way is read.
    var answer = FrameAnswer()
    /// How its transcript was compressed.
    var compression = FrameCompression()
    /// The position of the transfer that the answer asks for; nil when it asks for none.
    var transfer: Int?
    /// What the model call under way has given and the log does not hold yet.
    var gathered = Gathered()
    /// The last model call that the runner was told to make.
    var askedCall = 0
    /// Whether the runner was told to ask the sources of this stay.
    var isEquipping = false
    /// What the provider asked to wait before the call that is due.
    var retryAfter: Duration?

    struct Gathered: Sendable {
        /// Texts that follow each other are one.
        var parts: [AnswerPart] = []
        var reasoning = ""
        var calls: [ToolCall] = []
        var usage = Usage()
        /// Why components were left out.
        var refused: [String] = []

        var hasText: Bool { parts.contains { if case .text = $0 { true } else { false } } }

        mutating func add(_ text: String) {
            guard case .text(var before)? = parts.last else { return parts.append(.text(text)) }
            parts[parts.count - 1] = .text("")  // so that the copy is the only owner of its buffer
            before += text
            parts[parts.count - 1] = .text(before)
        }

        mutating func dropText() { parts.removeAll { if case .text = $0 { true } else { false } } }
    }

    init(number: Int, depth: Int, subAgent: String, delegation: RunDelegation?) {
        self.number = number
        self.depth = depth
        self.subAgent = subAgent
        self.delegation = delegation
    }

    /// The text of the frame: what was answered and what came since.
    public var allText: String { spoken + text }

    /// What the one who delegated reads: the last answer, or all that was said where that is empty.
    var result: String {
        let last = said(isStructured: false)
        return last.isEmpty ? AnswerPart.transcript(parts) : last
    }

    /// A line break to put before more text, so that two answers of one turn do not run together.
    var separator: String {
        text.isEmpty && !gathered.hasText && !spoken.isEmpty && spoken.utf8.last != UInt8(ascii: "\n") ? "\n\n" : ""
    }

    /// `text` without line breaks at its beginning.
    static func trimmingLineBreaks(_ text: String) -> String {
        text.utf8.first == UInt8(ascii: "\n") ? String(text.drop { $0 == "\n" }) : text
    }

    /// Forgets what the model call under way has given, and counts the next one.
    mutating func beginCallAnew() {
        text = ""
        gathered = Gathered()
        answer.beginCallAnew()
        modelCall += 1
    }
}
