import Synchronization

/// Work that several want at the same time and that is done once, by one of them; the others get what it gave.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var waiters: [Key: [Int: CheckedContinuation<Value?, Never>]] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// What the work for a key gives. It gives nil when whoever does it was stopped: then another of those who wait
    /// does it.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func value(for key: Key, _ work: () async -> Value?) async throws(CancellationError) -> Value {
        while true {
            if take(key) {
                let value = await work()
                let waiters = state.withLock { $0.waiters.removeValue(forKey: key) ?? [:] }
                for waiter in waiters.values { waiter.resume(returning: value) }
                if let value { return value }
            } else if let value = await wait(for: key) {
                return value
            }
            if Task.isCancelled { throw CancellationError() }
        }
    }

    private func take(_ key: Key) -> Bool {
        state.withLock { state in
            if state.waiters[key] != nil { return false }
            state.waiters[key] = [:]
            return true
        }
    }

    private func wait(for key: Key) async -> Value? {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.waiters[key] != nil, !Task.isCancelled else { return false }
                    state.waiters[key]?[number] = continuation
                    return true
                }
                if !waits { continuation.resume(returning: nil) }
            }
        } onCancel: {
            state.withLock { $0.waiters[key]?.removeValue(forKey: number) }?.resume(returning: nil)
        }
    }
}

extension RuntimeClock {
    /// What the work gives. When it takes longer than `time` it is cancelled, and `isLate`.
    func limit<Value: Sendable>(
        _ time: Duration, _ work: @escaping @Sendable () async -> Value
    ) async -> (value: Value, isLate: Bool) {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                try? await pause(for: time)
                return nil
            }
            var isLate = false
            while let next = await group.next() {
                group.cancelAll()
                if let value = next { return (value, isLate) }
                isLate = !Task.isCancelled
            }
            preconditionFailure("the group has a task that gives a value")
        }
    }
}
