public import Catalog
public import Events
public import Models

/// A run as a value: it does no I/O, is told what happened and answers what to log and what to do next.
///
/// Its state follows from the rules and the events of its log alone, so a restart folds the log and goes on. Beyond
/// that it holds only what a model call under way has given and the log does not have yet.
public struct Run: Sendable {
    /// What it may do.
    public let rules: RunRules
    /// All frames by number; empty before the run has begun.
    public internal(set) var frames: [RunFrame] = []
    /// How the turn began; nil before it has.
    public internal(set) var start: RunStart?
    /// How the run ended; nil while it goes on.
    public internal(set) var end: RunEnd?
    /// Transfers made, in all frames.
    public internal(set) var transfers = 0
    /// Transfers made in frame 0.
    public internal(set) var answerTransfers = 0
    /// Delegations to agents outside the run.
    public internal(set) var sent = 0
    /// Tokens of all model calls answered.
    public internal(set) var usage = Usage()

    /// Whether the log says that it waits for a person and nothing else.
    public internal(set) var isSuspended = false
    /// The outcome that the run is about to have, while calls that are open are being paired.
    var ending: RunEnd.Outcome?
    /// All tool calls so far, by their ids.
    var called: [String: CalledTool] = [:]
    /// What tool calls came to, by their ids; those that failed excluded.
    var outcomes: [String: JSONValue] = [:]
    /// The artifacts that may be cited, as clients see them: those of the conversation and those that the run made.
    var artifacts: [ArtifactKey: JSONValue] = [:]
    /// Whether it made artifacts that could have better names.
    var hasUnnamed = false
    /// What stands for the conversation before, where that was too long; nil where it was not.
    var historySummary: HistorySummary?
    /// Makes the ids of delegations, `del_` excluded.
    let makeID: @Sendable () -> String

    /// A run that has not begun.
    ///
    /// - Parameter artifacts: The artifacts of the conversation that may be cited, as clients see them.
    public init(
        rules: RunRules, knowing artifacts: [JSONValue] = [], makeID: @escaping @Sendable () -> String
    ) {
        self.rules = rules
        self.makeID = makeID
        for artifact in artifacts { know(artifact) }
    }

    /// The run that this log tells of, ready to be `resumed`.
    public init(
        rules: RunRules, log: some Sequence<RunEvent>, knowing artifacts: [JSONValue] = [],
        makeID: @escaping @Sendable () -> String
    ) {
        self.init(rules: rules, knowing: artifacts, makeID: makeID)
        for event in log { apply(event) }
    }

    /// Whether it has ended.
    public var isOver: Bool { end != nil }

    /// The text of the answer so far: all text of frame 0.
    public var answer: String { frames.first?.allText ?? "" }

    /// The answer so far: all that frame 0 gave.
    public var answerParts: [AnswerPart] { frames.first?.parts ?? [] }

    /// Takes one input. Inputs that come too late, for a model call or a tool call that is over, do nothing.
    public mutating func on(_ input: RunInput) -> RunStep {
        var step = RunStep()
        guard end == nil else { return step }
        take(input, &step.events)
        while let event = decide() { emit(event, &step.events) }
        step.actions = dispatch()
        return step
    }

    /// Applies an event and notes it for the log.
    mutating func emit(_ event: RunEvent, _ events: inout [RunEvent]) {
        apply(event)
        events.append(event)
    }

    private mutating func take(_ input: RunInput, _ events: inout [RunEvent]) {
        switch input {
        case .started(let start):
            if self.start == nil { emit(.started(start), &events) }
        case .model(let frame, let call, let modelEvents):
            takeModel(frame, call, modelEvents, &events)
        case .modelFailed(let frame, let call, let failure):
            if isUnderWay(frame, call) { takeFailure(frame, failure, &events) }
        case .equipped(let frame, let equipment):
            if frames.indices.contains(frame), needsEquipment(frames[frame]) {
                emit(.equipped(frame: frame, equipment), &events)
            }
        case .compressed(let frame, let call, let compression):
            if isUnderWay(frame, call) { emit(.compressed(frame: frame, compression), &events) }
        case .summary(let data):
            if data.kind == .summary { emit(.data(frame: 0, data), &events) }
        case .notice(let frame, let notice):
            if frames.indices.contains(frame) { emit(.notice(frame: frame, notice), &events) }
        case .toolEnded(let frame, let outcome):
            if isOpen(frame, outcome.callID) { emit(.toolEnded(frame: frame, outcome), &events) }
        case .decided(let decision):
            if let (frame, _) = awaiting.first(where: { $0.call.call.id == decision.callID }) {
                emit(.approvalDecided(frame: frame, decision), &events)
            }
        case .resumed(let attempt):
            takeResumed(attempt, &events)
        case .cancelled:
            flush(&events)
            ending = .cancelled
        case .failed(let failure):
            flush(&events)
            ending = .failed(failure)
        }
    }

    private func isUnderWay(_ frame: Int, _ call: Int) -> Bool {
        frames.indices.contains(frame) && frames[frame].phase == .asking && frames[frame].modelCall == call
    }

    private func isOpen(_ frame: Int, _ callID: String) -> Bool {
        frames.indices.contains(frame)
            && frames[frame].calls.contains { $0.call.id == callID && $0.state == .started }
    }

    private mutating func takeResumed(_ attempt: Int, _ events: inout [RunEvent]) {
        guard start != nil else { return }
        emit(.resumed(attempt: attempt), &events)
        for frame in frames {
            for call in frame.calls where call.state == .started {
                if rule(of: call.call.name, in: frame)?.isIdempotent == true { continue }
                let request = RunApprovalRequest(callID: call.call.id, reason: .unknownOutcome)
                emit(.approvalRequested(frame: frame.number, request), &events)
            }
        }
    }

    /// The calls that a person is asked about, with the frames that made them.
    public var awaiting: [(frame: Int, call: RunFrame.Call)] {
        frames.filter { $0.phase == .answered }.flatMap { frame in
            frame.calls.filter { $0.awaited != nil }.map { (frame.number, $0) }
        }
    }

    /// Whether the frame's sub-agent has sources that were not asked in this stay.
    func needsEquipment(_ frame: RunFrame) -> Bool {
        frame.phase == .asking && frame.equipment == nil && rules.subAgents[frame.subAgent]?.hasSources == true
    }

    /// What may be done with a tool of the frame; nil when it has none of that name.
    func rule(of name: String, in frame: RunFrame) -> RunToolRule? {
        rules.subAgents[frame.subAgent]?.tools[name] ?? frame.equipment?.tools.first { $0.name == name }
    }

    /// What has to be done and the runner was not told yet.
    private mutating func dispatch() -> [RunAction] {
        guard end == nil else { return [] }
        var actions: [RunAction] = []
        for number in frames.indices {
            switch frames[number].phase {
            case .asking where needsEquipment(frames[number]):
                if frames[number].isEquipping { continue }
                frames[number].isEquipping = true
                actions.append(.equip(frame: number))
            case .asking where frames[number].askedCall != frames[number].modelCall:
                frames[number].askedCall = frames[number].modelCall
                actions.append(
                    .askModel(
                        frame: number, call: frames[number].modelCall, failures: frames[number].failures,
                        retryAfter: frames[number].retryAfter
                    )
                )
                frames[number].retryAfter = nil
            case .answered:
                for position in frames[number].calls.indices {
                    guard frames[number].calls[position].state == .started,
                        !frames[number].calls[position].isDispatched
                    else { continue }
                    frames[number].calls[position].isDispatched = true
                    actions.append(.callTool(frame: number, frames[number].calls[position].call))
                }
            case .asking, .returned, .closed: continue
            }
        }
        return actions
    }

    /// Everything that is being waited for, whether or not the runner was told.
    public var outstanding: [RunAction] {
        guard end == nil else { return [] }
        return frames.flatMap { frame -> [RunAction] in
            switch frame.phase {
            case .asking where needsEquipment(frame): [.equip(frame: frame.number)]
            case .asking:
                [.askModel(frame: frame.number, call: frame.modelCall, failures: frame.failures, retryAfter: nil)]
            case .answered:
                frame.calls.filter { $0.state == .started }.map { .callTool(frame: frame.number, $0.call) }
            case .returned, .closed: []
            }
        }
    }
}
