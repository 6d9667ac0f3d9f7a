@preconcurrency import Dispatch
import Foundation
import Synchronization

/// Ctrl-C. While one exists the signal does not end the process by itself: it goes to who listens, and if nobody does
/// it ends the program after all.
final class Interrupts: Sendable {
    private struct State {
        var listener: AsyncStream<Void>.Continuation?
        var listeners = 0
    }

    private let state = Mutex(State())
    private let leave: @Sendable () -> Void
    private let source: any DispatchSourceSignal

    /// - Parameter leave: Ends the program.
    init(leave: @escaping @Sendable () -> Void) {
        self.leave = leave
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { @Sendable [weak self] in self?.interrupt() }
        source.resume()
    }

    /// Ends the program as the signal does, on a new line.
    convenience init(_ printer: Printer) {
        self.init {
            printer.line()
            exit(130)
        }
    }

    deinit { source.cancel() }

    /// What a Ctrl-C does.
    func interrupt() {
        let listener = state.withLock { $0.listener }
        if let listener { listener.yield() } else { leave() }
    }

    /// Every Ctrl-C from now on, until the task that reads is cancelled. Each answer needs a stream of its own: one
    /// that was cancelled never gives anything again.
    func listen() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(2))
        let number = state.withLock { state in
            state.listeners += 1
            state.listener = continuation
            return state.listeners
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in
                if state.listeners == number { state.listener = nil }
            }
        }
        return stream
    }
}
