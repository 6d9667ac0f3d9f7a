import Synchronization

/// Hands what is told on a channel to this process's listeners of it.
final class SignalHub: Sendable {
    /// What a listener that reads slowly keeps; beyond that the oldest messages go and it is told to catch up.
    static let backlogMax = 1024

    private struct State {
        var next = 0
        var isClosed = false
        var listeners: [String: [Int: AsyncStream<Signal>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    func listen(_ channel: String) -> AsyncStream<Signal> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Signal.self, bufferingPolicy: .bufferingNewest(Self.backlogMax))
        let number: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.next += 1
            state.listeners[channel, default: [:]][state.next] = continuation
            return state.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number, from: channel) }
        return stream
    }

    private func remove(_ number: Int, from channel: String) {
        state.withLock { state in
            state.listeners[channel]?[number] = nil
            if state.listeners[channel]?.isEmpty == true { state.listeners[channel] = nil }
        }
    }

    /// The channels that somebody listens to.
    var channels: Set<String> { state.withLock { Set($0.listeners.keys) } }

    func deliver(_ payload: String, on channel: String) {
        let listeners = state.withLock { Array(($0.listeners[channel] ?? [:]).values) }
        for listener in listeners { send(.message(payload), to: listener) }
    }

    /// Tells the listeners of `channel` that messages may have been missed.
    func catchUp(on channel: String) {
        let listeners = state.withLock { Array(($0.listeners[channel] ?? [:]).values) }
        for listener in listeners { send(.catchUp, to: listener) }
    }

    private func send(_ signal: Signal, to listener: AsyncStream<Signal>.Continuation) {
        if case .dropped = listener.yield(signal) { listener.yield(.catchUp) }
    }

    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return state.listeners.values.flatMap { $0.values }
        }
        for listener in listeners { listener.finish() }
    }
}
