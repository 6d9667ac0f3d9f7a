import Glibc
import Kit
import Synchronization

/// What has to be undone when the bench is interrupted: the children that run and the folder that it works in.
enum Children {
    private struct State {
        var running: Set<Int32> = []
        var folder: String?
    }

    private static let state = Mutex(State())

    static func add(_ identifier: Int32) { state.withLock { _ = $0.running.insert(identifier) } }
    static func remove(_ identifier: Int32) { state.withLock { _ = $0.running.remove(identifier) } }
    static func use(folder: String?) { state.withLock { $0.folder = folder } }

    /// Ends every child that still runs, removes the folder and ends the bench.
    static func abandon() -> Never {
        state.withLock { state in
            for identifier in state.running { kill(identifier, SIGTERM) }
            Clock.pause(milliseconds: 500)
            for identifier in state.running { kill(identifier, SIGKILL) }
            if let folder = state.folder { Folder.remove(folder) }
        }
        Output.note("bench: interrupted")
        exit(130)
    }

    /// From now on SIGINT, SIGTERM and SIGHUP end in `abandon`, on a thread of its own. Call before any other thread
    /// starts.
    static func cleanUpWhenInterrupted() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var signals = sigset_t()
                sigemptyset(&signals)
                for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
                var received: Int32 = 0
                sigwait(&signals, &received)
                Children.abandon()
            },
            nil
        )
    }
}
