import Runtime
import Synchronization

/// Time that stands still until a test moves it.
final class StepClock: Sendable {
    private struct State {
        var elapsed = Duration.zero
        var sleepers: [Int: (until: Duration, CheckedContinuation<Void, any Error>)] = [:]
        var count = 0
        var slept: [Duration] = []
        var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// The clock as the runtime takes it. The time of day begins at 2026-01-05 10:00 UTC.
    var runtime: RuntimeClock {
        RuntimeClock(
            now: { 1_767_607_200_000 + self.milliseconds },
            elapsed: { self.state.withLock { $0.elapsed } },
            sleep: { try await self.sleep($0) })
    }

    private var milliseconds: Int64 {
        state.withLock {
            $0.elapsed.components.seconds * 1000 + $0.elapsed.components.attoseconds / 1_000_000_000_000_000
        }
    }

    /// All waits so far, in the order in which they began.
    var slept: [Duration] { state.withLock { $0.slept } }

    private func sleep(_ duration: Duration) async throws {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
                    if Task.isCancelled { return nil }
                    state.slept.append(duration)
                    state.sleepers[id] = (state.elapsed + duration, continuation)
                    let count = state.sleepers.count
                    defer { state.watchers.removeAll { $0.count <= count } }
                    return state.watchers.filter { $0.count <= count }.map(\.1)
                }
                guard let watchers else { return continuation.resume(throwing: CancellationError()) }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.1.resume(throwing: CancellationError())
        }
    }

    /// Moves time on and wakes those whose wait is over.
    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.elapsed += duration
            let due = state.sleepers.filter { $0.value.until <= state.elapsed }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.1)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns once at least `count` tasks wait at the same time.
    func sleepers(_ count: Int) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

/// Lets a test wait for something that happens in another task.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until it is open. Throws `CancellationError` when the task is cancelled.
    func wait() async throws {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.isOpen { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
