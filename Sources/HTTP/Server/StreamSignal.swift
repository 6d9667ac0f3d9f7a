import Synchronization

/// Tells one open response that it should end: its client went away, or the server stops. Fires once.
final class StreamSignal: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Void, Never>)
        case fired
    }

    private let state = Mutex(State.open)

    /// Whether it has fired.
    var hasFired: Bool {
        state.withLock { if case .fired = $0 { true } else { false } }
    }

    /// Ends the wait, now or when it begins.
    func fire() {
        let waiter = state.withLock { state in
            defer { state = .fired }
            if case .waiting(let continuation) = state { return Optional(continuation) }
            return nil
        }
        waiter?.resume()
    }

    /// Returns when the signal fires or the task is cancelled. One waiter at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if case .fired = state { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            fire()
        }
    }
}

/// The event streams that are open: bounds their number, and ends those that are left when the server stops.
final class StreamRegistry: Sendable {
    private struct State {
        var open: [ObjectIdentifier: StreamSignal] = [:]
        var isStopping = false
    }

    private let state = Mutex(State())
    private let streamsMax: Int

    init(streamsMax: Int) { self.streamsMax = streamsMax }

    /// How many are open.
    var count: Int { state.withLock { $0.open.count } }

    /// Whether the server is stopping.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// A signal for a stream that begins; nil when there are too many, or the server is stopping.
    func begin() -> StreamSignal? {
        let signal = StreamSignal()
        return state.withLock { state in
            guard !state.isStopping, state.open.count < streamsMax else { return nil }
            state.open[ObjectIdentifier(signal)] = signal
            return signal
        }
    }

    /// Forgets a stream that is over.
    func end(_ signal: StreamSignal) {
        state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(signal)) }
    }

    /// Ends every stream, and lets none begin.
    func stop() {
        let signals = state.withLock { state in
            state.isStopping = true
            return Array(state.open.values)
        }
        for signal in signals { signal.fire() }
    }
}
