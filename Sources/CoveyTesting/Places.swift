import Synchronization

/// A number of places, for which others wait in line.
public final class Places: Sendable {
    private struct State {
        var free: Int
        var line: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// So many places, all of them free.
    public init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Returns when a place is free, and takes it.
    public func take() async {
        await withCheckedContinuation { continuation in
            let hasPlace = state.withLock { state in
                if state.free == 0 {
                    state.line.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if hasPlace { continuation.resume() }
        }
    }

    /// Frees a place.
    public func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.line.isEmpty else { return state.line.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
