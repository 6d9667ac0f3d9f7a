import Synchronization

/// The places at which functions run at the same time, and who waits for one. Of those who wait, whose project has the
/// fewest calls under way comes first, then who came first.
final class CallQueue: Sendable {
    private struct Waiter {
        let number: Int
        let owner: FunctionOwner
        var continuation: CheckedContinuation<Void, any Error>?
    }

    private struct State {
        var total = 0
        var running: [FunctionOwner: Int] = [:]
        var waiters: [Waiter] = []
        /// Those whose turn has come and who have not been heard of since.
        var granted: Set<Int> = []
        var lastNumber = 0

        mutating func begin(_ owner: FunctionOwner) {
            total += 1
            running[owner, default: 0] += 1
        }

        mutating func end(_ owner: FunctionOwner) {
            total -= 1
            let left = (running[owner] ?? 1) - 1
            running[owner] = left == 0 ? nil : left
        }
    }

    private let state = Mutex(State())
    private let limits: FunctionLimits

    init(_ limits: FunctionLimits) { self.limits = limits }

    /// Places that are taken.
    var count: Int { state.withLock { $0.total } }

    /// Takes a place if one is free and nobody waits for it.
    func take(_ owner: FunctionOwner) -> Bool {
        state.withLock { state in
            guard state.total < limits.parallelCalls, state.waiters.isEmpty else { return false }
            state.begin(owner)
            return true
        }
    }

    /// Joins those who wait, and returns the number to wait with; nil when too many do.
    func enter(_ owner: FunctionOwner) -> Int? {
        state.withLock { state in
            guard state.waiters.count < limits.queuedCalls else { return nil }
            state.lastNumber += 1
            if state.total < limits.parallelCalls, state.waiters.isEmpty {
                // A place came free since it was asked for.
                state.begin(owner)
                state.granted.insert(state.lastNumber)
            } else {
                state.waiters.append(Waiter(number: state.lastNumber, owner: owner))
            }
            return state.lastNumber
        }
    }

    /// Waits for the turn of a number. Throws `CancellationError` when the task is cancelled.
    func wait(_ number: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if state.granted.contains(number) { return .success(()) }
                    guard let place = state.waiters.firstIndex(where: { $0.number == number }) else {
                        return .failure(CancellationError())
                    }
                    state.waiters[place].continuation = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            leave(number)
        }
    }

    private func leave(_ number: Int) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation?.resume(throwing: CancellationError())
    }

    /// The turn of a number has come, and its place is used.
    func settle(_ number: Int) { _ = state.withLock { $0.granted.remove(number) } }

    /// Nobody waits for a number any more. Where its turn had come, the next one has the place.
    func giveUp(_ number: Int, _ owner: FunctionOwner) {
        leave(number)
        let hadPlace = state.withLock { $0.granted.remove(number) != nil }
        if hadPlace { release(owner) }
    }

    /// Gives a place back.
    func release(_ owner: FunctionOwner) {
        let next: Waiter? = state.withLock { state in
            state.end(owner)
            let order = state.waiters.indices.min {
                state.running[state.waiters[$0].owner, default: 0] < state.running[state.waiters[$1].owner, default: 0]
            }
            guard let order else { return nil }
            let waiter = state.waiters.remove(at: order)
            state.begin(waiter.owner)
            state.granted.insert(waiter.number)
            return waiter
        }
        next?.continuation?.resume()
    }
}
