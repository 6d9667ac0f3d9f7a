import CSQLite
import Dispatch
import Synchronization

/// Copies the write-ahead log into the database beside the writer, which waits for none of it.
final class SQLiteCheckpointer: Sendable {
    private struct State {
        /// The length of the log, in frames, when the thread was last woken.
        var frames = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Held while anybody checkpoints: SQLite lets one at a time and makes no other wait.
    private let checkpointing = Mutex(())
    private let wake = DispatchSemaphore(value: 0)
    private let connection: SQLiteConnection
    private let thread = Mutex<WorkerThread?>(nil)

    init(path: String) throws(StoreError) {
        connection = try SQLiteConnection(path: path, role: .checkpointer)
        let thread = try WorkerThread { [self] in serve() }
        self.thread.withLock { $0 = thread }
    }

    private func serve() {
        while true {
            wake.wait()
            if state.withLock({ $0.isClosed }) { return }
            // A failure is tried again when the log has grown; should it grow too long, the writer does it itself.
            checkpointing.withLock { _ in _ = try? connection.checkpoint(SQLITE_CHECKPOINT_PASSIVE) }
        }
    }

    /// Copies all of the log on the writer's connection, so that its next write starts the log anew. Waits for the
    /// thread and for readers. False when a reader would not end.
    func restartLog(_ writer: SQLiteConnection) -> Bool {
        checkpointing.withLock { _ in (try? writer.checkpoint(SQLITE_CHECKPOINT_RESTART)) ?? false }
    }

    /// Wakes the thread each time the log has grown by `SQLiteWriter.checkpointFrames`.
    func wakeIfNeeded(frames: Int) {
        let isNeeded = state.withLock { state in
            // A shorter log means that it has started anew.
            if frames < state.frames { state.frames = 0 }
            guard frames - state.frames >= SQLiteWriter.checkpointFrames else { return false }
            state.frames = frames
            return true
        }
        if isNeeded { wake.signal() }
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        wake.signal()
        await thread.withLock { $0 }?.finished()
    }
}
