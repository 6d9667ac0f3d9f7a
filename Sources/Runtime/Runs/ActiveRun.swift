import Catalog
import Events
import Models
import Store
import Synchronization

/// A run that this process drives: the state machine, the events that are not committed yet, and those that readers may
/// see. Nothing is shown that is not in the log.
///
/// At any time at most one commit of a run is under way; what is decided meanwhile goes into the next one together. A
/// model that writes need not wait for the commit of its words, only where too many are behind; so the words that
/// come faster than commits share one event, and a busy store gets fewer commits and not a queue.
final class ActiveRun: Sendable {
    let scope: RunScope
    let agent: CompiledAgent
    let talk: ConversationSoFar
    let world: RuntimeWorld
    /// What the run and its parts are called in traces.
    let identity: TraceIdentity
    /// Where it came from.
    let origin: RunOrigin
    /// When it began, milliseconds since 1970; nil where that is not known.
    let startedAt: Int64?
    private let journal: Journal
    private let onLeave: @Sendable (ActiveRun, Leave) -> Void
    private let onTeamTask: @Sendable (ActiveRun, TeamTask) async throws -> ToolOutput
    let state: Mutex<State>

    var key: RunKey { scope.key }
    var conversation: ConversationKey { scope.conversation }

    /// Why this process does not drive a run any more.
    enum Leave: Sendable {
        /// It ended.
        case over
        /// It waits for a person.
        case suspended
        /// It cannot go on here.
        case abandoned
    }

    struct State {
        var run: Run
        /// The number of the last event decided.
        var decided: Int64
        /// Decided and not committed.
        var pending: [LoggedEvent] = []
        /// Bytes of text in `pending`.
        var pendingBytes = 0
        var isCommitting = false
        /// Whether the commit that suspends the run is under way or done: nothing is taken any more.
        var isParked = false
        /// Whether it is suspended for good, and its readers go to the store.
        var isGone = false
        /// When each call that waits for a person began to.
        var askedAt: [String: Int64] = [:]
        /// Letters of the inbox that were taken and go with the next commit.
        var letters: [String] = []
        var stays = Stays()
        /// Whether the conversation before was found too long and summarizing it was tried; nil when it was not.
        var isHistoryTooLong: Bool?
        /// What templates may name, once somebody has asked for it.
        var context: Task<Result<JSONObject, any Error>, Never>?
        /// Who waits for a commit, with the number of the event that it has to reach.
        var committers: [(sequence: Int64, CheckedContinuation<Void, any Error>)] = []
        var feed: Feed
        /// Why the run cannot go on in this process; nil while it can.
        var failure: (any Error)?
        var tasks = RunTasks()
        /// The task whose input ended the run: it ends by itself.
        var finisher: Int?
        /// When the run has to be over, in the clock's elapsed time.
        var deadline: Duration
        /// What is known of the model calls under way, by frame.
        var modelCalls: [Int: RunModelCall] = [:]
        /// What it used so far.
        var tally = UsageTally()
        /// The prices of its tenant.
        var prices: PriceList
        /// What bounds it; nil when nothing does.
        var budget: RunBudget?
        /// What goes into the next commit beside the events.
        var additions: [RunChange] = []
    }

    /// A run.
    ///
    /// - Parameters:
    ///   - run: new, or folded from the log.
    ///   - start: how it begins or began.
    ///   - startedAt: when it began, milliseconds since 1970; nil where that is not known.
    ///   - terms: what its tenant's administrators said of money and bounds.
    ///   - committed: the number of the last event in the log, 0 for a new run.
    ///   - onTeamTask: has another agent do a task for it.
    ///   - onLeave: is told when this process does not drive it any more.
    init(
        scope: RunScope, agent: CompiledAgent, talk: ConversationSoFar, world: RuntimeWorld, run: Run,
        start: RunStart, startedAt: Int64?, committed: Int64, terms: TenantTerms,
        onTeamTask: @escaping @Sendable (ActiveRun, TeamTask) async throws -> ToolOutput,
        onLeave: @escaping @Sendable (ActiveRun, Leave) -> Void
    ) {
        self.scope = scope
        self.agent = agent
        self.talk = talk
        self.world = world
        self.onTeamTask = onTeamTask
        self.onLeave = onLeave
        identity = TraceIdentity(run: scope.key.id, origin: start.origin)
        origin = start.origin
        self.startedAt = startedAt
        journal = Journal(
            key: scope.key, conversation: scope.conversation, answerMessage: start.answerMessage, owner: world.owner,
            approvalMs: Int64(world.limits.approvalMs), makeID: world.makeID)
        let budget = RunBudget(terms, RunPlace(scope, user: start.origin.user))
        let runMs = min(world.limits.runMs, budget?.timeLimit?.limit ?? .max)
        state = Mutex(
            State(
                run: run, decided: committed, feed: Feed(after: committed, limit: world.limits.feedBytes),
                deadline: world.clock.elapsed() + .milliseconds(runMs), prices: terms.prices, budget: budget))
    }

    /// How many bytes of text may wait for a commit before the model has to.
    private static let pendingBytesLimit = 65_536

    // MARK: Inputs

    private enum Plan {
        case go([RunAction])
        case goAndCommit
        case wait([RunAction], Int64)
        case commit([RunAction])
        case fail(any Error)
    }

    /// Tells the run something, and returns what is to be done once its events are in the log.
    ///
    /// - Throws: why the log cannot be written; then the run is over for this process.
    func take(_ input: RunInput, from task: Int? = nil, letter: String? = nil) async throws -> [RunAction] {
        switch plan(input, task, letter) {
        case .go(let actions): return actions
        case .goAndCommit:
            spawnCommit()
            return []
        case .fail(let error): throw error
        case .wait(let actions, let sequence):
            try await waitForCommit(of: sequence)
            return actions
        case .commit(let actions):
            try await commitOnce()
            return actions
        }
    }

    private func plan(_ input: RunInput, _ task: Int?, _ letter: String? = nil) -> Plan {
        let now = world.clock.now()
        let part = usagePart
        return state.withLock { state in
            if let failure = state.failure { return .fail(failure) }
            if state.isParked { return .fail(RunSuspended()) }
            if let letter { state.letters.append(letter) }
            let step = state.run.on(input)
            guard !step.events.isEmpty else { return .go(step.actions) }
            var isText = true
            for event in step.events.map({ state.completed($0) }) {
                isText = state.note(event, at: now) && isText
                state.account(for: event, at: now, of: key, part: part)
            }
            if state.run.isOver { state.finisher = task }
            // Words alone lead to nothing that would have to wait for them.
            let mayGo = isText && state.pendingBytes <= Self.pendingBytesLimit
            if state.isCommitting { return mayGo ? .go([]) : .wait(step.actions, state.decided) }
            state.isCommitting = true
            return mayGo ? .goAndCommit : .commit(step.actions)
        }
    }

    /// Begins a run: the first commit also makes `rows`. The model is asked meanwhile; what it says is shown after it.
    ///
    /// - Throws: why the first commit failed. What fails later is for the readers.
    func begin(_ input: RunInput, making rows: [RunChange]) async throws {
        guard case .commit(let actions) = plan(input, nil) else { return }
        for action in actions { spawn(action) }
        try await commitOnce(first: rows)
    }

    // MARK: Commits

    private func waitForCommit(of sequence: Int64) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let outcome: Result<Void, any Error>? = state.withLock { state in
                if let failure = state.failure { return .failure(failure) }
                if state.feed.last >= sequence { return .success(()) }
                state.committers.append((sequence, continuation))
                return nil
            }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    /// Commits what is pending now, and leaves what comes meanwhile to a task of its own, so that nobody has to wait
    /// for more than is theirs.
    private func commitOnce(first rows: [RunChange] = []) async throws {
        guard let batch = nextBatch() else { return }
        try await commit(batch, first: rows)
        if isMorePending() { spawnCommit() }
    }

    /// Commits until nothing is pending.
    func commitPending() async throws {
        while let batch = nextBatch() { try await commit(batch, first: []) }
    }

    private func commit(_ batch: Journal.Batch, first rows: [RunChange]) async throws {
        do {
            try await commit(rows + journal.changes(batch), Journal.durability(batch.events))
        } catch {
            say(.error, "the log of a run cannot be written", ["reason": "\(error)"])
            abandon(because: error)
            throw error
        }
        observe(batch.events)
        publish(batch.events)
    }

    /// Whether something came during a commit; where nothing did the commit is over.
    private func isMorePending() -> Bool {
        state.withLock { state in
            if state.pending.isEmpty { state.isCommitting = false }
            return !state.pending.isEmpty
        }
    }

    private func nextBatch() -> Journal.Batch? {
        state.withLock { state in
            guard !state.pending.isEmpty else {
                state.isCommitting = false
                return nil
            }
            defer {
                state.pending = []
                state.pendingBytes = 0
                state.letters = []
                state.additions = []
            }
            // From here on who decides finds the run in the store.
            if state.run.isSuspended { state.isParked = true }
            return Journal.Batch(
                events: state.pending, answer: state.run.isOver ? state.run.answerParts : [], called: state.run.called,
                letters: state.letters,
                suspendedSince: state.isParked ? state.suspendedSince : nil, additions: state.additions)
        }
    }

    /// Commits, again after a short wait where the store says that nothing has happened.
    private func commit(_ changes: [RunChange], _ durability: Durability) async throws {
        for wait in [100, 400] {
            do {
                return try await world.store.commit(changes, durability: durability)
            } catch StoreError.unavailable(retryable: true), StoreError.tooBusy {
                try await world.clock.pause(for: .milliseconds(wait))
            }
        }
        try await world.store.commit(changes, durability: durability)
    }

    private func publish(_ batch: [LoggedEvent]) {
        // Who reads the end may send the next message at once: the conversation is free before the end can be read.
        switch batch.last?.event {
        case .finished: leave(.over)
        case .suspended: leave(.suspended)
        default: break
        }
        let (resumed, tasks) = state.withLock { state in
            state.feed.append(batch)
            if state.isGone { state.feed.forget() }
            var resumed = state.feed.takeReaders()
            let last = state.feed.last
            for waiting in state.committers where waiting.sequence <= last { resumed.append(waiting.1) }
            state.committers.removeAll { $0.sequence <= last }
            return (resumed, state.feed.isOver ? state.tasks.all(but: state.finisher) : [])
        }
        for continuation in resumed { continuation.resume() }
        for task in tasks { task.cancel() }
    }

    /// Ends the run for this process: it is not over, and whoever claims it goes on with it.
    func abandon(because error: any Error) {
        let (resumed, tasks) = state.withLock {
            state -> ([CheckedContinuation<Void, any Error>], [Task<Void, Never>]) in
            guard state.failure == nil, !state.feed.isOver else { return ([], []) }
            state.failure = error
            defer { state.committers = [] }
            return (state.feed.takeReaders() + state.committers.map(\.1), state.tasks.all(but: nil))
        }
        leave(.abandoned)
        for continuation in resumed { continuation.resume(throwing: error) }
        for task in tasks { task.cancel() }
    }

    /// Commits that the run waits, where the log says so already.
    func commitSuspension(_ letters: [String]) async throws {
        do {
            try await commit(
                journal.suspension(state.withLock { $0.suspendedSince }, letters, at: world.clock.now()), .full)
        } catch {
            abandon(because: error)
            throw error
        }
        leave(.suspended)
        publish([])
    }

    private func leave(_ why: Leave) {
        // First, so that who reads on from the store finds nobody here who still seems to drive it.
        onLeave(self, why)
        let stays = state.withLock { state in
            if why == .suspended { state.isGone = true }
            return state.stays.removeAll()
        }
        Self.close(stays)
    }

    /// Has another agent of the project do a task.
    func askTeam(_ task: TeamTask) async throws -> ToolOutput { try await onTeamTask(self, task) }

    // MARK: Readers

    /// The events after `sequence` that are in memory; waits until there are any. Empty when the run is over. Nil when
    /// they are to be read from the store: they have left memory, the run waits for a person, or another process drives
    /// it.
    func next(after sequence: Int64) async throws -> [LoggedEvent]? {
        while true {
            let (reading, isGone) = state.withLock { state in
                (state.failure.map { .failure($0) } ?? state.feed.read(after: sequence), state.isGone)
            }
            switch reading {
            case .events(let events): return events
            case .gone: return nil
            // Another process goes on with it, and its readers with that one.
            case .failure(is LeaseLost): return nil
            case .failure(let error): throw error
            case .wait:
                if isGone { return nil }
                try await waitForEvents(after: sequence)
            }
        }
    }

    private func waitForEvents(after sequence: Int64) async throws {
        let reader = state.withLock { $0.feed.nextReader() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if let failure = state.failure {
                        return failure is LeaseLost ? .success(()) : .failure(failure)
                    }
                    if state.feed.has(after: sequence) || state.isGone { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.feed.wait(reader, continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.feed.leave(reader) }?.resume(throwing: CancellationError())
        }
    }
}

extension ActiveRun.State {
    /// Since when the calls wait that a person is asked about.
    var suspendedSince: [Int64] { run.awaiting.compactMap { askedAt[$0.call.call.id] } }

    /// Notes an event for the next commit. Returns whether it is text or reasoning.
    fileprivate mutating func note(_ event: RunEvent, at now: Int64) -> Bool {
        let text: String
        switch event {
        case .text(_, let more), .reasoning(_, let more): text = more
        default:
            append(event, at: now)
            return false
        }
        pendingBytes += text.utf8.count
        switch (pending.last?.event, event) {
        case (.text(let frame, let before), .text(let same, let more)) where frame == same:
            replaceLast(.text(frame: frame, before + more))
        case (.reasoning(let frame, let before), .reasoning(let same, let more)) where frame == same:
            replaceLast(.reasoning(frame: frame, before + more))
        default: append(event, at: now)
        }
        return true
    }

    private mutating func append(_ event: RunEvent, at now: Int64) {
        decided += 1
        if case .approvalRequested(_, let request) = event { askedAt[request.callID] = now }
        pending.append(LoggedEvent(sequence: decided, at: now, event: event))
    }

    private mutating func replaceLast(_ event: RunEvent) {
        let last = pending.removeLast()
        pending.append(LoggedEvent(sequence: last.sequence, at: last.at, event: event))
    }
}

/// The run waits for a person and nobody drives it: what is told to it goes through its inbox in the store.
struct RunSuspended: Error {}
