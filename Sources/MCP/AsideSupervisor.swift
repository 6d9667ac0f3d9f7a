import Synchronization

/// What is done beside the task that asks for it, and goes on when that is cancelled: a server is told that a call was
/// given up, or that a session is over. Each is bounded in time by what it does.
final class Asides: Sendable {
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// Does something beside.
    func start(_ work: @escaping @Sendable () async -> Void) {
        let task = Task { await work() }
        tasks.withLock { $0.append(task) }
    }

    /// Returns when all that was begun is done.
    func finish() async {
        let begun = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in begun { await task.value }
    }
}

extension EventStream {
    /// Reads the stream beside what goes on, until it ends or the task that is returned is cancelled.
    func readAside() -> Task<Void, Never> { Task { await self.read() } }
}
