public import Catalog
public import Events
public import Models

/// One piece of work within a run, from when it began to when it ended.
public struct TraceSpan: Sendable, Hashable {
    /// What is done.
    public enum Kind: String, Sendable, CaseIterable {
        /// The whole run; the span that all others are in.
        case run
        /// A sub-agent at work, from when it took over to when it was done or handed over.
        case subAgent = "sub_agent"
        /// One call of a model, failed ones too.
        case modelCall = "model_call"
        /// One call of a tool.
        case toolCall = "tool_call"
        /// A sub-agent handed over to another one; takes no time.
        case transfer
        /// A task that a sub-agent gave to another one.
        case delegation
        /// A tool call waits for a person.
        case approval
    }

    /// How it ended.
    public enum Status: String, Sendable, CaseIterable {
        /// It goes on.
        case running
        /// Well.
        case ok
        /// Not well; `failure` says why.
        case error
        /// Somebody stopped it.
        case cancelled
    }

    /// 16 hexadecimal digits.
    public let id: String
    /// The span that it is in; nil for the run's own, unless the caller has a trace.
    public let parent: String?
    /// What is done.
    public let kind: Kind
    /// The name for people: a model, a tool, a sub-agent.
    public var name: String
    /// When it began, milliseconds since 1970.
    public let startedAt: Int64
    /// When it ended, milliseconds since 1970; nil while it goes on.
    public var endedAt: Int64?
    /// How it ended.
    public var status = Status.running
    /// Why it did not end well; nil otherwise.
    public var failure: RunFailure?
    /// The sub-agent at work; nil for the run.
    public var subAgent: String?
    /// What is known of a model call; nil for others, and where the log is older.
    public var call: RunModelCall?
    /// What a model call used, or all of the run's; nil for others.
    public var usage: Usage?
    /// Why the model stopped, in the log's word; nil for others.
    public var stop: String?
    /// The id of a tool call, delegation or transfer, as the model gave it; nil for others.
    public var callID: String?
    /// Who hands over or asks; nil for others.
    public var from: String?
    /// Who takes over or works; nil for others.
    public var to: String?
    /// What was said: texts, arguments, outputs. Empty where the fold was told to leave it out.
    public var content: JSONObject = [:]

    init(
        id: String, parent: String?, kind: Kind, name: String, startedAt: Int64, subAgent: String? = nil,
        callID: String? = nil
    ) {
        self.id = id
        self.parent = parent
        self.kind = kind
        self.name = name
        self.startedAt = startedAt
        self.subAgent = subAgent
        self.callID = callID
    }

    /// Ends it, unless it has ended.
    mutating func end(at time: Int64, _ status: Status = .ok, _ failure: RunFailure? = nil) {
        guard endedAt == nil else { return }
        endedAt = max(time, startedAt)
        self.status = status
        self.failure = failure
    }
}

/// What a run did, as its log tells it.
public struct RunTrace: Sendable {
    /// The run's id.
    public let run: String
    /// The trace's id: 32 hexadecimal digits, the caller's where it had one.
    public let trace: String
    /// How the run began.
    public let start: RunStart
    /// The spans; the run's own is the first, and each comes after the one that it is in.
    public let spans: [TraceSpan]
    /// What all model calls that ended cost, millionths of the currency of the prices; nil where none has a price.
    public let costMicros: Int64?
    /// How long the first piece of a reply to the user took from the beginning of the run, milliseconds; nil when none
    /// came.
    public let firstTokenMs: Int64?

    /// The run's own span.
    public var root: TraceSpan { spans[0] }
}
