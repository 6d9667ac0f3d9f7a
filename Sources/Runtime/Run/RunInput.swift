public import Events
public import Models

/// What a run is told.
public enum RunInput: Sendable {
    /// The turn begins. The first input of a new run.
    case started(RunStart)
    /// The model call of this number in this frame gave these events.
    case model(frame: Int, call: Int, [ModelEvent])
    /// The model call failed.
    case modelFailed(frame: Int, call: Int, ModelFailure)
    /// The sources of the frame's sub-agent gave this.
    case equipped(frame: Int, RunEquipment)
    /// Before the model call of this number in this frame something was compressed: the call is made anew.
    case compressed(frame: Int, call: Int, RunCompression)
    /// What is being done, in a few words.
    case summary(RunData)
    /// Something in this frame that people should know.
    case notice(frame: Int, RunNotice)
    /// A tool call ended.
    case toolEnded(frame: Int, RunToolOutcome)
    /// A person decided on a call that waits.
    case decided(RunApprovalDecision)
    /// A restart folded the log and picks the run up for the `attempt`th time. Calls whose outcome the crash left
    /// unknown are made again where the tool is idempotent; for the others a person is asked.
    case resumed(attempt: Int)
    /// Someone stopped it.
    case cancelled
    /// It must end now, for instance because it took longer than a run may.
    case failed(RunFailure)
}

/// What is to be done for a run.
public enum RunAction: Sendable, Hashable {
    /// Ask the sources of the frame's sub-agent for their tools.
    case equip(frame: Int)
    /// Ask the model of the frame's sub-agent. `failures` counts how often this call failed in a row; above 0 wait
    /// first, at least `retryAfter` where the provider asked for that.
    case askModel(frame: Int, call: Int, failures: Int, retryAfter: Duration?)
    /// Make a tool call. Its intent is among the events of the same step, or already in the log.
    case callTool(frame: Int, ToolCall)
}

/// What follows from an input: events for the log, and then things to do.
public struct RunStep: Sendable {
    /// To be logged, in order, all or nothing.
    public var events: [RunEvent] = []
    /// To be done once the events are in the log.
    public var actions: [RunAction] = []
}

extension RunFailure {
    /// The failure of a model in the words of the log.
    ///
    /// - Parameter used: what the call used before it failed, as far as that is known.
    public init(_ failure: ModelFailure, used: Usage = Usage()) {
        self.init(code: Self.code(of: failure.kind), message: failure.message, usage: used)
    }

    private static func code(of kind: ModelFailure.Kind) -> String {
        switch kind {
        case .auth: "auth"
        case .rateLimited: "rate_limited"
        case .overloaded: "overloaded"
        case .contextLength: "context_length"
        case .refused: "refused"
        case .badRequest: "bad_request"
        case .notFound: "not_found"
        case .network: "network"
        case .timedOut: "timed_out"
        case .malformed: "malformed"
        case .cut: "cut"
        case .unsupported: "unsupported"
        case .configuration: "configuration"
        }
    }

    /// Whether the people who build the agent must change something before it can work: then the whole run fails, even
    /// when it happens to a delegated sub-agent.
    var needsBuilder: Bool {
        ["auth", "not_found", "unsupported", "configuration"].contains(code)
    }
}
