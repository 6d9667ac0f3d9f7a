import Synchronization

/// Tasks of one kind for which nobody waits: counted and bounded. They are for what may be lost.
final class BackgroundSupervisor: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var count = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Does some work beside everything else; not at all where `limit` of them are under way.
    func add(limit: Int = .max, _ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard !state.isClosed, state.tasks.count < limit else { return }
            state.count += 1
            let id = state.count
            state.tasks[id] = Task {
                await work()
                self.remove(id)
            }
        }
    }

    private func remove(_ id: Int) { state.withLock { $0.tasks[id] = nil } }

    /// Returns once nothing is under way.
    func drain() async {
        while let task = state.withLock({ $0.tasks.values.first }) { await task.value }
    }

    /// Stops what is under way and takes nothing more.
    func close() {
        let tasks = state.withLock { state in
            state.isClosed = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }
}
