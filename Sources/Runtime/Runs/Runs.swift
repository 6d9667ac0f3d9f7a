import Catalog
public import Events
public import Files
import Models
public import Store
import Synchronization

/// All runs of this process: starts them, lets them be followed and cancelled, and picks up what a crash has left.
public final class Runs: Sendable {
    let world: RuntimeWorld
    let registry: Registry
    /// They find names for artifacts after their runs; what is lost of them costs better names and nothing else.
    let namings = BackgroundSupervisor()
    /// They claim what nobody drives; what is lost of them the next tick does.
    let claims = BackgroundSupervisor()
    private let configuration: ConfigurationCache

    /// The runs over a store.
    ///
    /// - Parameters:
    ///   - store: where everything is kept.
    ///   - configuration: the agents.
    ///   - files: what users attach to their messages; kept in memory unless given.
    ///   - limits: the bounds.
    ///   - clock: the time.
    ///   - owner: this process as its leases name it, unlike any other; a random id unless given.
    ///   - makeID: gives a fresh id, unique everywhere.
    ///   - jitter: gives a random number in 0…1 for the waits between tries.
    ///   - metrics: where what runs do is counted.
    ///   - report: who is told of what people should find in the server's log.
    ///   - exporter: hands the traces of runs to a collector; nil for none.
    public init(
        store: Store, configuration: ConfigurationCache, files: MessageFiles = MessageFiles(.memory()),
        limits: RuntimeLimits = RuntimeLimits(),
        clock: RuntimeClock = .live, owner: String = RandomID.make(),
        makeID: @escaping @Sendable () -> String = RandomID.make,
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }, metrics: Metrics = Metrics(),
        report: RunReporter = .none, exporter: TraceExporter? = nil
    ) {
        world = RuntimeWorld(
            store: store, clock: clock, limits: limits, files: files, owner: owner, makeID: makeID, jitter: jitter,
            terms: TermsCache(store), metrics: metrics, report: report, exporter: exporter)
        registry = Registry(limit: limits.activeRuns)
        self.configuration = configuration
    }

    /// Where the files of messages are.
    public var blobs: BlobStore { world.files.blobs }

    func agent(_ id: String, in branch: BranchKey) async throws -> CompiledAgent? {
        try await configuration.agent(id, in: branch)
    }

    /// What administrators said of money and bounds.
    public var terms: TermsCache { world.terms }

    /// How many runs this process drives.
    public var activeCount: Int { registry.all.count }

    // MARK: Following

    /// The run that was started last in a conversation; nil when there was none.
    ///
    /// - Parameter agent: The agent that the conversation must be with; nil for any.
    /// - Throws: `Problem` 404 when there is no such conversation for this subject in this project.
    public func latestRun(
        in conversation: ConversationKey, subject: String?, agent: String? = nil
    ) async throws -> RunHandle? {
        try await checkOwn(conversation, subject, agent)
        if let active = registry.run(in: conversation) { return handle(active) }
        return try await reading { () throws(StoreError) in try await self.world.store.latestRun(conversation) }
            .map { handle($0) }
    }

    /// The run of this id, for a reader that comes back.
    ///
    /// - Parameter agent: The agent that the conversation must be with; nil for any.
    /// - Throws: `Problem` 404 when this subject has no such run in this conversation.
    public func follow(
        run id: String, in conversation: ConversationKey, subject: String?, agent: String? = nil
    ) async throws -> RunHandle {
        try await checkOwn(conversation, subject, agent)
        let key = RunKey(tenant: conversation.tenant, project: conversation.project, id: id)
        let row = try await reading { () throws(StoreError) in try await self.world.store.run(key) }
        guard let row, row.conversation == conversation.id else { throw Problem.notFound("Run") }
        return handle(row)
    }

    /// The run that was started last in a conversation, as it is stored; nil when there was none.
    ///
    /// - Parameter agent: The agent that the conversation must be with; nil for any.
    /// - Throws: `Problem` 404 when there is no such conversation for this subject in this project.
    public func latestRow(
        in conversation: ConversationKey, subject: String?, agent: String? = nil
    ) async throws -> RunRow? {
        try await checkOwn(conversation, subject, agent)
        return try await reading { () throws(StoreError) in try await self.world.store.latestRun(conversation) }
    }

    /// Where the log of a run says last that it waits for a person, and whether its streams ended there; nil where it
    /// does not wait.
    public func suspension(of row: RunRow) async throws -> (sequence: Int64, isDurable: Bool)? {
        let log = try await handle(row).log()
        guard let last = log.last, last.event == .suspended, case .started(let start)? = log.first?.event else {
            return nil
        }
        return (last.sequence, start.isDurable)
    }

    /// The newest run of a conversation when calls of it wait for a person, and those; nil when none do.
    ///
    /// - Parameter agent: The agent that the conversation must be with; nil for any.
    /// - Throws: `Problem` 404 when there is no such conversation for this subject in this project.
    public func waitingRun(
        in conversation: ConversationKey, subject: String?, agent: String? = nil
    ) async throws -> (run: RunRow, calls: PendingCalls)? {
        try await checkOwn(conversation, subject, agent)
        let row = try await reading { () throws(StoreError) in try await self.world.store.latestRun(conversation) }
        guard let row, !row.status.isFinished else { return nil }
        let calls = try await calls(of: row)
        return calls.all.isEmpty ? nil : (row, calls)
    }

    /// The tool calls of a run that wait for a person, and what was decided on others.
    public func calls(of row: RunRow) async throws -> PendingCalls {
        var calls = PendingCalls()
        calls.add(try await handle(row).log())
        return calls
    }

    /// A run, whichever conversation it is in.
    ///
    /// - Parameter agent: The agent that its conversation must be with; nil for any.
    /// - Throws: `Problem` 404 when there is none of that id in a conversation of this subject.
    public func ownRun(_ key: RunKey, subject: String?, agent: String? = nil) async throws -> RunRow {
        guard let row = try await reading({ () throws(StoreError) in try await self.world.store.run(key) }) else {
            throw Problem.notFound("Execution")
        }
        let conversation = ConversationKey(tenant: key.tenant, project: key.project, id: row.conversation)
        guard try await isOwn(conversation, subject, agent) else { throw Problem.notFound("Execution") }
        return row
    }

    /// The run of a row, for a reader.
    public func follow(_ row: RunRow) -> RunHandle { handle(row) }

    func handle(_ row: RunRow) -> RunHandle {
        RunHandle(row.key, in: row.conversation, registry.run(row.key.id), registry, world)
    }

    func handle(_ active: ActiveRun) -> RunHandle {
        RunHandle(active.key, in: active.conversation.id, active, registry, world)
    }

    /// Stops what is under way in a conversation. False when nothing is.
    ///
    /// - Parameter agent: The agent that the conversation must be with; nil for any.
    /// - Throws: `Problem` 404 when there is no such conversation for this subject in this project.
    public func cancel(
        _ conversation: ConversationKey, subject: String?, agent: String? = nil
    ) async throws -> Bool {
        try await checkOwn(conversation, subject, agent)
        if let active = registry.run(in: conversation) { return try await cancel(active) }
        let latest = try await reading { () throws(StoreError) in try await self.world.store.latestRun(conversation) }
        guard let latest, !latest.status.isFinished else { return false }
        // Another process drives it.
        return try await cancel(handle(latest))
    }

    /// Stops the run that a client's request began, if it is the one under way in a conversation. False when it is not.
    ///
    /// - Parameter clientRequest: The client's own id of the request, as it came with the turn.
    public func cancel(
        _ conversation: ConversationKey, subject: String?, agent: String?, clientRequest: String
    ) async throws -> Bool {
        try await checkOwn(conversation, subject, agent)
        let latest = try await reading { () throws(StoreError) in try await self.world.store.latestRun(conversation) }
        guard let latest, !latest.status.isFinished, RunRequest(latest.request).clientRequest == clientRequest else {
            return false
        }
        return try await cancel(handle(latest))
    }

    /// Stops a run wherever it is driven, and also while it waits for a person. False when it is known to be over.
    @discardableResult public func cancel(_ handle: RunHandle) async throws -> Bool {
        if let active = registry.run(handle.run) { return try await cancel(active) }
        return try await tell(.cancel, to: handle.key)
    }

    /// Ends the run as cancelled, in the log first, and then what it has under way.
    func cancel(_ active: ActiveRun) async throws -> Bool {
        if active.isOver { return false }
        do {
            _ = try await active.take(.cancelled)
            return true
        } catch is RunSuspended {
            return try await tell(.cancel, to: active.key)
        } catch {
            throw (error as? StoreError)?.problem ?? error
        }
    }

    // MARK: Shared

    /// Nothing tells a foreign conversation from one that does not exist.
    private func checkOwn(_ key: ConversationKey, _ subject: String?, _ agent: String?) async throws(Problem) {
        guard try await isOwn(key, subject, agent) else { throw Problem.notFound("Conversation") }
    }

    private func isOwn(_ key: ConversationKey, _ subject: String?, _ agent: String?) async throws(Problem) -> Bool {
        let row = try await reading { () throws(StoreError) in try await self.world.store.conversation(key) }
        guard let row else { return false }
        return row.parentRun == nil && row.subject == subject && (agent == nil || row.agent == agent)
    }

    /// What a read gives, its failure as a problem.
    func reading<T>(_ read: () async throws(StoreError) -> T) async throws(Problem) -> T {
        do {
            return try await read()
        } catch {
            throw error.problem
        }
    }
}

extension ActiveRun {
    /// Whether the run has ended, committed or not.
    var isOver: Bool { state.withLock { $0.run.isOver } }

    /// Whether this process goes on with the run, or is about to write its end: it is neither given up, nor put away to
    /// wait.
    var isDriven: Bool { state.withLock { $0.failure == nil && !$0.isParked } }
}
