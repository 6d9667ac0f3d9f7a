import Events
import Models
import Synchronization

/// The tasks of a run: one for each thing under way. They are not children of the request that started the run,
/// because a client that goes away does not stop it; here they are counted, bounded in time, and cancelled.
struct RunTasks {
    private struct Entry {
        var task: Task<Void, Never>?
        /// When what it does has to be over, in the clock's elapsed time; nil for no limit of its own.
        var deadline: Duration?
        var isTimedOut = false
        var isCancelled = false
    }

    private var entries: [Int: Entry] = [:]
    private var count = 0

    var isEmpty: Bool { entries.isEmpty }

    mutating func add() -> Int {
        count += 1
        entries[count] = Entry()
        return count
    }

    /// Notes the task of an entry. Returns whether it was cancelled before it was known.
    mutating func set(_ id: Int, _ task: Task<Void, Never>) -> Bool {
        entries[id]?.task = task
        return entries[id]?.isCancelled == true
    }

    mutating func remove(_ id: Int) { entries[id] = nil }

    /// Sets when what the task does now has to be over.
    mutating func limit(_ id: Int, to deadline: Duration?) {
        entries[id]?.deadline = deadline
        entries[id]?.isTimedOut = false
    }

    /// Whether the task was cancelled because what it does took too long.
    func isTimedOut(_ id: Int) -> Bool { entries[id]?.isTimedOut == true }

    /// The tasks whose time is up, each told once.
    mutating func expired(at time: Duration) -> [Task<Void, Never>] {
        var expired: [Task<Void, Never>] = []
        for (id, entry) in entries {
            guard let deadline = entry.deadline, deadline <= time, !entry.isTimedOut else { continue }
            entries[id]?.isTimedOut = true
            entries[id]?.isCancelled = true
            if let task = entry.task { expired.append(task) }
        }
        return expired
    }

    /// All tasks but one, to be cancelled.
    mutating func all(but id: Int?) -> [Task<Void, Never>] {
        for other in entries.keys where other != id { entries[other]?.isCancelled = true }
        return entries.filter { $0.key != id }.compactMap(\.value.task)
    }
}

extension ActiveRun {
    /// Does something for the run in a task of its own.
    func spawn(_ action: RunAction) {
        let id = state.withLock { $0.tasks.add() }
        let task = Task { await self.work(action, as: id) }
        if state.withLock({ $0.tasks.set(id, task) }) { task.cancel() }
    }

    /// Does one thing after the other, and in tasks of their own what can go on beside it.
    private func work(_ action: RunAction, as id: Int) async {
        var next: RunAction? = action
        while let action = next {
            let more = await perform(action, as: id)
            for other in more.dropFirst() { spawn(other) }
            next = more.first
            // Time was up for what this task did; what follows needs one that is not cancelled.
            if Task.isCancelled, let action = next {
                spawn(action)
                next = nil
            }
        }
        state.withLock { $0.tasks.remove(id) }
    }

    /// Does something in a task of its own that several wait for, or nobody.
    @discardableResult static func spawn<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value
    ) -> Task<Value, Never> {
        Task { await work() }
    }

    /// Tells what the run is doing, if its agent is to, for as long as it goes on here.
    ///
    /// - Parameter sequence: the last event that is of no interest.
    func spawnStatus(after sequence: Int64) {
        guard let rules = agent.status else { return }
        let id = state.withLock { $0.tasks.add() }
        let task = Task {
            await self.tellStatus(rules, after: sequence)
            self.state.withLock { $0.tasks.remove(id) }
        }
        if state.withLock({ $0.tasks.set(id, task) }) { task.cancel() }
    }

    /// Commits what is pending while the model goes on.
    func spawnCommit() {
        // A failed commit ends the run for this process and tells its readers by itself.
        Task { try? await self.commitPending() }
    }

    /// Ends what took too long: model calls, tool calls, the run itself.
    func endOverdue() {
        let now = world.clock.elapsed()
        let (tasks, isOverdue, limit) = state.withLock { state in
            let isOverdue = state.deadline <= now && !state.run.isOver
            return (state.tasks.expired(at: now), isOverdue, state.budget?.timeLimit)
        }
        for task in tasks { task.cancel() }
        guard isOverdue else { return }
        let seconds = world.limits.runMs / 1000
        let isBudgeted = limit.map { $0.limit < world.limits.runMs } ?? false
        let failure =
            limit.flatMap { isBudgeted ? RunFailure.budget($0) : nil }
            ?? RunFailure(code: "timed_out", message: "The run took longer than \(seconds) seconds.")
        // A failed commit has ended the run for this process already, and told its readers.
        Task { _ = try? await self.take(.failed(failure)) }
    }
}

extension Runs {
    /// Claims what nobody drives, without anybody waiting for it.
    func claimSoon() {
        claims.add { await self.claimUnfinished() }
    }

    /// Stops a run without anybody waiting for it. Where the store fails here, whoever claims the run sees that nobody
    /// waits for it any more.
    func cancelSoon(_ handle: RunHandle) {
        Task { _ = try? await self.cancel(handle) }
    }
}
