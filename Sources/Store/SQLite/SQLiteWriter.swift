import CSQLite
import Dispatch
import Synchronization

/// The one writer of a SQLite database.
///
/// Whoever finds the writer idle leads: a lone job that need not reach the disk runs at once on its caller's thread,
/// with no thread woken. Jobs that come meanwhile wait in a bounded queue, and the leader hands on to the writer's own
/// thread. That takes them in batches: a savepoint for each, one commit for all, and only then do their callers go on.
final class SQLiteWriter: Sendable {
    /// Jobs that wait; beyond that a write fails as too busy.
    static let queueMax = 4096
    /// After jobs met in a batch, so many more batches are the writer's thread's even when it is idle: jobs are likely
    /// to meet there again and share a commit.
    static let crowdMemory = 16
    /// Jobs that share a commit.
    static let batchMax = 256
    /// Log frames (pages of 4 KiB) after which the checkpointer is woken: 16 MiB.
    static let checkpointFrames = 4096
    /// Log frames after which writing pauses until the log can start anew: 64 MiB.
    static let logFramesMax = 16384

    private struct State {
        var queue: [any Job] = []
        var isLed = false
        var isClosed = false
        /// How many of the next batches the writer's thread waits for, because jobs have been meeting of late.
        var crowd = 0
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let checkpointer: SQLiteCheckpointer
    /// Used only by the leader.
    private let connection: SQLiteConnection
    /// The length of the log, in frames, at which writing pauses next. Used only by the leader.
    private let pauseFrames = Atomic<Int>(SQLiteWriter.logFramesMax)
    private let thread = Mutex<WorkerThread?>(nil)
    private let commits = Atomic<Int>(0)

    /// How busy it is now.
    var load: DatabaseLoad {
        DatabaseLoad(commits: commits.load(ordering: .relaxed), waiting: state.withLock { $0.queue.count })
    }

    init(path: String) throws(StoreError) {
        connection = try SQLiteConnection(path: path, role: .writer)
        checkpointer = try SQLiteCheckpointer(path: path)
        let thread = try WorkerThread { [self] in serve() }
        self.thread.withLock { $0 = thread }
    }

    func write<T: Sendable>(
        _ durability: Durability, _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        if durability == .process, lead() {
            defer { handOn() }
            return try perform(durability) { connection throws(StoreError) in
                do { return try body(connection) } catch { throw StoreError(error) }
            }
        }
        let result = await withCheckedContinuation { continuation in
            enqueue(TypedJob(durability, body, continuation))
        }
        return try result.get()
    }

    /// Whether the caller leads now: nobody else does, nobody waits, and the log has room.
    private func lead() -> Bool {
        state.withLock { state in
            guard !state.isLed, !state.isClosed, state.crowd == 0 else { return false }
            state.isLed = true
            return true
        }
    }

    /// Ends the caller's lead. If jobs came meanwhile, or the log is too long, the writer's thread leads on.
    private func handOn() {
        let isLogLong = connection.logFrames >= pauseFrames.load(ordering: .relaxed)
        checkpointer.wakeIfNeeded(frames: connection.logFrames)
        let isNeeded = state.withLock { state in
            state.isLed = isLogLong || !state.queue.isEmpty || state.isClosed
            return state.isLed
        }
        if isNeeded { wake.signal() }
    }

    private func enqueue(_ job: any Job) {
        enum Answer { case accepted, leads, refused(StoreError) }
        let answer: Answer = state.withLock { state in
            if state.isClosed { return .refused(.unavailable(retryable: false)) }
            if state.queue.count >= Self.queueMax { return .refused(.tooBusy) }
            state.queue.append(job)
            if state.isLed { return .accepted }
            state.isLed = true
            return .leads
        }
        switch answer {
        case .accepted: break
        case .leads: wake.signal()
        case .refused(let error): job.fail(error)
        }
    }

    /// The writer's thread: each wake hands it the lead.
    private func serve() {
        while true {
            wake.wait()
            var next = nextBatch()
            while let batch = next {
                let outcomes = perform(batch)
                checkpointer.wakeIfNeeded(frames: connection.logFrames)
                // Before its callers go on: a lone caller's next job shall find the writer idle.
                next = nextBatch()
                for (job, failure) in outcomes { if let failure { job.fail(failure) } else { job.succeed() } }
            }
            // A job may have come since the last look into the queue; its wake is on the way.
            if state.withLock({ $0.isClosed && $0.queue.isEmpty }) { return }
        }
    }

    /// The next jobs, or nil, which ends the lead unless the writer is closed.
    private func nextBatch() -> [any Job]? {
        restartLogIfLong()
        return state.withLock { state in
            guard !state.queue.isEmpty else {
                state.isLed = state.isClosed
                return nil
            }
            let batch = Array(state.queue.prefix(Self.batchMax))
            state.crowd = batch.count > 1 ? Self.crowdMemory : max(state.crowd - 1, 0)
            state.queue.removeFirst(batch.count)
            return batch
        }
    }

    /// Makes the next write start the log anew when it is too long. A reader that will not end forbids that: then the
    /// log may grow by a quarter of its bound before it is tried again, so that not every batch waits for that reader.
    private func restartLogIfLong() {
        guard connection.logFrames >= pauseFrames.load(ordering: .relaxed) else { return }
        let isRestarted = checkpointer.restartLog(connection)
        let next = isRestarted ? Self.logFramesMax : connection.logFrames + Self.logFramesMax / 4
        pauseFrames.store(next, ordering: .relaxed)
        if isRestarted { connection.forgetLog() }
    }

    /// One job in a transaction of its own.
    private func perform<T>(
        _ durability: Durability, _ body: (any Connection) throws(StoreError) -> T
    ) throws(StoreError) -> T {
        do throws(StoreError) {
            try connection.begin(durability)
            let value = try body(connection)
            try connection.commit()
            commits.wrappingAdd(1, ordering: .relaxed)
            return value
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// Several jobs in one transaction, and what each failed with, if it did. If the transaction as a whole cannot be
    /// kept, each runs again in its own, so that the one that is at fault fails alone.
    private func perform(_ batch: [any Job]) -> [(any Job, StoreError?)] {
        if batch.count == 1 { return batch.map { ($0, performAlone($0)) } }
        let isFull = batch.contains { $0.durability == .full }
        do throws(StoreError) {
            try connection.begin(isFull ? .full : .process)
            var outcomes: [(any Job, StoreError?)] = []
            for job in batch {
                let failure = performInSavepoint(job)
                if let failure, !connection.isInTransaction { throw failure }
                outcomes.append((job, failure))
            }
            try connection.commit()
            commits.wrappingAdd(1, ordering: .relaxed)
            return outcomes
        } catch {
            connection.rollback()
            return batch.map { ($0, performAlone($0)) }
        }
    }

    private func performInSavepoint(_ job: any Job) -> StoreError? {
        do throws(StoreError) {
            try connection.beginSavepoint()
            try job.run(connection)
            if connection.breaksForeignKeys { throw .foreignKeyViolation("a deferred foreign key of the job") }
            try connection.releaseSavepoint()
            return nil
        } catch {
            connection.rollbackSavepoint()
            return error
        }
    }

    private func performAlone(_ job: any Job) -> StoreError? {
        do throws(StoreError) {
            try perform(job.durability ?? .full) { connection throws(StoreError) in try job.run(connection) }
            return nil
        } catch {
            return error
        }
    }

    /// Finishes what is queued, then stops the threads and empties the log into the database.
    func close() async {
        let leads: Bool? = state.withLock { state in
            if state.isClosed { return nil }
            state.isClosed = true
            defer { state.isLed = true }
            return !state.isLed
        }
        guard let leads else { return }
        if leads { wake.signal() }
        await thread.withLock { $0 }?.finished()
        await checkpointer.close()
        _ = try? connection.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
    }
}
