public import Catalog
public import Models

/// One thing that happened in a run. A run's log is the list of these; every wire format, the history, a resumed stream
/// and a restart after a crash are read from it (DESIGN.md, decision 3).
///
/// A *frame* is one sub-agent at work: frame 0 talks to the user, each delegation opens the next number. Only the text
/// of frame 0 is the answer.
public enum RunEvent: Sendable, Hashable {
    /// The turn began. Always the first event of a run.
    case started(RunStart)
    /// More of a sub-agent's text.
    case text(frame: Int, String)
    /// More of what a model thought aloud.
    case reasoning(frame: Int, String)
    /// A model call is complete: its text is what the frame's text events since the last answer say.
    case answered(frame: Int, RunAnswer)
    /// A model call failed and will be made again; the frame's text since its last answer is void.
    case retried(frame: Int, RunFailure, attempt: Int)
    /// What a sub-agent that goes to work has beside the tools of its configuration. Only where it has sources of
    /// tools, before its first model call.
    case equipped(frame: Int, RunEquipment)
    /// Something that does not stop the run and that people should know.
    case notice(frame: Int, RunNotice)
    /// A piece of the answer that is not text: a component, an artifact, or a summary of what is being done.
    case data(frame: Int, RunData)
    /// What is too long for a model was replaced: the conversation before, or what a sub-agent did in this turn.
    case compressed(frame: Int, RunCompression)
    /// A tool call waits for a person.
    case approvalRequested(frame: Int, RunApprovalRequest)
    /// A person, or the end of the time for it, decided on a tool call that waited.
    case approvalDecided(frame: Int, RunApprovalDecision)
    /// Nothing can be done before a person has decided: no process drives the run until then.
    case suspended
    /// A tool call is about to be made. On disk before it is made.
    case toolStarted(frame: Int, callID: String)
    /// A tool call ended, well or not. Pairs with the call of the same id in an answer.
    case toolEnded(frame: Int, RunToolOutcome)
    /// The frame goes on as another sub-agent.
    case transferred(frame: Int, from: String, to: String, reason: String)
    /// A sub-agent handed a task to another one, which works on it in a frame of its own; or to an agent outside the
    /// run, where the call goes on like that of any tool and its outcome is the answer.
    case delegated(RunDelegation)
    /// The worker of a delegation is done; its result is also the outcome of the call.
    case delegationReturned(RunDelegation, result: String)
    /// The run was picked up again after a crash, for the `attempt`th time; text since each frame's last answer is
    /// void.
    case resumed(attempt: Int)
    /// The run is over. Always the last event.
    case finished(RunEnd)
}

/// How a turn began: all that an encoder must know beside the events.
public struct RunStart: Sendable, Hashable {
    /// The conversation's id.
    public var conversation: String
    /// The id under which clients see this request, `chatcmpl-…`.
    public var requestID: String
    /// The agent's id.
    public var agent: String
    /// The agent's display name, shown as the model.
    public var agentName: String
    /// The sub-agent that frame 0 starts as.
    public var subAgent: String
    /// The id of the stored user message.
    public var userMessage: String
    /// The id that the stored answer has or will have.
    public var answerMessage: String
    /// Whether the client asked for all operations (`x-emit-operations`, run spec §5.1).
    public var emitOperations: Bool
    /// Whether a stream of the run ends when the run waits for a person, instead of waiting too
    /// (`executionMode: "durable"`, run spec §21).
    public var isDurable: Bool
    /// Where the run came from, for those who look into it; nothing of it changes what the run does.
    public var origin: RunOrigin

    /// A beginning from its parts.
    public init(
        conversation: String, requestID: String, agent: String, agentName: String, subAgent: String,
        userMessage: String, answerMessage: String, emitOperations: Bool, isDurable: Bool = false,
        origin: RunOrigin = RunOrigin()
    ) {
        self.conversation = conversation
        self.requestID = requestID
        self.agent = agent
        self.agentName = agentName
        self.subAgent = subAgent
        self.userMessage = userMessage
        self.answerMessage = answerMessage
        self.emitOperations = emitOperations
        self.isDurable = isDurable
        self.origin = origin
    }
}

/// Where a run came from. Logs of older versions do not say.
public struct RunOrigin: Sendable, Hashable {
    /// The id of the HTTP request that began it (`x-request-id`); nil when none did.
    public var request: String?
    /// The caller's `traceparent` (W3C Trace Context), well-formed; nil when there was none.
    public var traceparent: String?
    /// The end user, as people see them; nil for nobody in particular.
    public var user: String?

    /// An origin from its parts.
    public init(request: String? = nil, traceparent: String? = nil, user: String? = nil) {
        self.request = request
        self.traceparent = traceparent
        self.user = user
    }
}

/// The end of a model call.
public struct RunAnswer: Sendable, Hashable {
    /// The sub-agent that answered.
    public var subAgent: String
    /// The tools it called, in order.
    public var calls: [ToolCall]
    /// What the call used.
    public var usage: Usage
    /// Why the model stopped.
    public var stop: StopReason
    /// What is known of the call; nil where the log is older.
    public var call: RunModelCall?

    /// An answer from its parts.
    public init(
        subAgent: String, calls: [ToolCall] = [], usage: Usage = Usage(), stop: StopReason, call: RunModelCall? = nil
    ) {
        self.subAgent = subAgent
        self.calls = calls
        self.usage = usage
        self.stop = stop
        self.call = call
    }
}

/// Pictures and documents that a tool returned beside its output. Their bytes were kept before the event that names
/// them.
public struct RunOutcomeFiles: Sendable, Hashable {
    /// The id of the message under which they are kept, and which tells later turns of the call.
    public var message: String
    /// The files as stored messages have them: `{kind: "file", data: "blob://…", metadata: {mimeType}}`.
    public var parts: [JSONValue]

    /// Files from their parts.
    public init(message: String, parts: [JSONValue]) {
        self.message = message
        self.parts = parts
    }
}

/// How a tool call ended.
public struct RunToolOutcome: Sendable, Hashable {
    /// The call's id.
    public var callID: String
    /// What the model reads: text, or JSON.
    public var output: JSONValue
    /// Whether it failed; `output` is then a sentence.
    public var isError: Bool
    /// How long it took, milliseconds.
    public var durationMs: Int64
    /// The pictures and documents that came with it; nil for none.
    public var files: RunOutcomeFiles?
    /// The task, by the id that an agent on another server has for it, that goes on once the question in `output` is
    /// answered; nil where nothing is asked.
    public var openTask: String?
    /// Why the sub-agent that did the task gave up; nil for what is no delegation and for one that went well.
    public var worker: RunFrameFailure?

    /// An outcome from its parts.
    public init(
        callID: String, output: JSONValue, isError: Bool = false, durationMs: Int64 = 0,
        files: RunOutcomeFiles? = nil, openTask: String? = nil, worker: RunFrameFailure? = nil
    ) {
        self.callID = callID
        self.output = output
        self.isError = isError
        self.durationMs = durationMs
        self.files = files
        self.openTask = openTask
        self.worker = worker
    }
}

/// What went wrong in a frame.
public struct RunFrameFailure: Sendable, Hashable {
    /// The frame's number.
    public var frame: Int
    /// What, and what its last model call used.
    public var failure: RunFailure

    /// A failure from its parts.
    public init(frame: Int, failure: RunFailure) {
        self.frame = frame
        self.failure = failure
    }
}

extension RunEvent {
    /// The failure that it tells of, and of which frame: a model call that is made again, a worker that gave up, the
    /// end of the run. Nil for any other event.
    public var failure: RunFrameFailure? {
        switch self {
        case .retried(let frame, let failure, _): RunFrameFailure(frame: frame, failure: failure)
        case .toolEnded(_, let outcome): outcome.worker
        case .finished(let end):
            if case .failed(let failure) = end.outcome { RunFrameFailure(frame: 0, failure: failure) } else { nil }
        default: nil
        }
    }
}

/// A task handed from one sub-agent to another, or to another agent.
public struct RunDelegation: Sendable, Hashable {
    /// Who works.
    public enum Kind: String, Sendable, Hashable {
        /// A sub-agent of the same agent, in a frame of the same run.
        case `internal`
        /// An agent on another server (run spec §7.3).
        case external
        /// Another agent of the project, in a run of its own (run spec §7.4).
        case team
    }

    /// Who works.
    public var kind: Kind
    /// `del_` and 21 characters (run spec §0.5).
    public var id: String
    /// The frame of the one who asks.
    public var frame: Int
    /// The call by which it asked.
    public var callID: String
    /// The frame of the one who works; nil for one outside the run, whose answer is the outcome of the call.
    public var workerFrame: Int?
    /// The sub-agent that asks.
    public var from: String
    /// The id of the sub-agent, external agent or agent that works.
    public var to: String
    /// What is to be done.
    public var task: String

    /// A delegation from its parts.
    public init(
        _ kind: Kind = .internal, id: String, frame: Int, callID: String, workerFrame: Int?, from: String, to: String,
        task: String
    ) {
        self.kind = kind
        self.id = id
        self.frame = frame
        self.callID = callID
        self.workerFrame = workerFrame
        self.from = from
        self.to = to
        self.task = task
    }
}

/// Why something in a run went wrong, in words for the people who build and use the agent.
public struct RunFailure: Sendable, Hashable {
    /// A short name for programs: `auth`, `rate_limited`, `overloaded`, `context_length`, `refused`, `bad_request`,
    /// `not_found`, `network`, `timed_out`, `malformed`, `cut`, `unsupported`, `configuration`, `step_limit`,
    /// `transfer_limit`, `interrupted`, `budget`, `internal`.
    public var code: String
    /// One sentence. No keys, no internals.
    public var message: String
    /// The call of a model that went wrong; nil when it was something else, or the log is older.
    public var call: RunModelCall?
    /// What that call used, as far as its provider said before it went wrong; an answer that nobody saw counts, too.
    public var usage: Usage

    /// A failure from its parts.
    public init(code: String, message: String, call: RunModelCall? = nil, usage: Usage = Usage()) {
        self.code = code
        self.message = message
        self.call = call
        self.usage = usage
    }
}

/// How a run ended.
public struct RunEnd: Sendable, Hashable {
    /// The three ways a run ends.
    public enum Outcome: Sendable, Hashable {
        /// An answer was given.
        case completed
        /// It could not be given.
        case failed(RunFailure)
        /// Someone stopped it.
        case cancelled
    }

    /// How it ended.
    public var outcome: Outcome
    /// The sub-agent at work in frame 0 when it ended.
    public var subAgent: String
    /// How many sub-agents frame 0 went through, the first included.
    public var iteration: Int
    /// Why the last model call of frame 0 stopped; nil when none was completed.
    public var stop: StopReason?
    /// Tokens of all model calls of the run.
    public var usage: Usage

    /// An end from its parts.
    public init(outcome: Outcome, subAgent: String, iteration: Int, stop: StopReason?, usage: Usage) {
        self.outcome = outcome
        self.subAgent = subAgent
        self.iteration = iteration
        self.stop = stop
        self.usage = usage
    }
}

/// An event with its place in the log.
public struct LoggedEvent: Sendable, Hashable {
    /// Its number in the run, from 1, without gaps.
    public let sequence: Int64
    /// When it was logged, milliseconds since 1970.
    public let at: Int64
    /// What happened.
    public let event: RunEvent

    /// An event at its place.
    public init(sequence: Int64, at: Int64, event: RunEvent) {
        self.sequence = sequence
        self.at = at
        self.event = event
    }
}
