import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread for calls that block, so that they hold up none of the concurrency pool's few threads.
final class WorkerThread: Sendable {
    private struct State {
        var isFinished = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private let state = Mutex(State())

    /// A thread that is running `body` already. Throws `StoreError.unavailable` when the system grants no thread.
    init(_ body: @escaping @Sendable () -> Void) throws(StoreError) {
        var identifier = pthread_t()
        let start = Start { [self] in
            body()
            finish()
        }
        let argument = Unmanaged.passRetained(start)
        let failure = pthread_create(
            &identifier, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, argument.toOpaque())
        guard failure == 0 else {
            argument.release()
            throw .unavailable(retryable: true)
        }
        pthread_detach(identifier)
    }

    private func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the body has returned.
    func finished() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.waiters.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }
}
