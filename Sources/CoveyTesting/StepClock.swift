public import Models
public import Runtime
import Synchronization

/// Time that stands still until a test moves it.
public final class StepClock: Sendable {
    private struct Sleeper {
        let id: Int
        let deadline: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var elapsed = Duration.zero
        var sleepers: [Sleeper] = []
        var nextID = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// The time of day at which every clock begins: 2026-01-05T10:00:00Z, milliseconds since 1970.
    public static let origin: Int64 = 1_767_607_200_000

    private let state = Mutex(State())

    /// A clock at `origin`.
    public init() {}

    /// Milliseconds since 1970.
    public var now: Int64 {
        let (seconds, attoseconds) = elapsed.components
        return Self.origin + seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// How far it was moved.
    public var elapsed: Duration { state.withLock { $0.elapsed } }

    /// Waits until the clock has moved that far. Throws `CancellationError` when the task is cancelled.
    public func sleep(_ duration: Duration) async throws {
        guard duration > .zero else { return try Task.checkCancellation() }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
                    if Task.isCancelled { return nil }
                    state.sleepers.append(
                        Sleeper(id: id, deadline: state.elapsed + duration, continuation: continuation))
                    let count = state.sleepers.count
                    defer { state.watchers.removeAll { $0.count <= count } }
                    return state.watchers.filter { $0.count <= count }.map(\.continuation)
                }
                guard let watchers else { return continuation.resume(throwing: CancellationError()) }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the time and wakes who has slept long enough.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.elapsed += duration
            let elapsed = state.elapsed
            defer { state.sleepers.removeAll { $0.deadline <= elapsed } }
            return state.sleepers.filter { $0.deadline <= elapsed }.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Returns when at least `count` sleep.
    public func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// This clock as the runtime takes it.
    public var runtime: RuntimeClock {
        RuntimeClock(now: { self.now }, elapsed: { self.elapsed }, sleep: { try await self.sleep($0) })
    }

    /// This clock as models take it; `timestamp` says the time at which it begins.
    public var models: ModelClock {
        ModelClock(timestamp: { "2026-01-05T10:00:00.000Z" }, sleep: { try await self.sleep($0) })
    }
}
