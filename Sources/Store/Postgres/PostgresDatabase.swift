import Dispatch
import Synchronization

/// PostgreSQL over a few connections, each with a thread of its own, so that a job's statements never mix with
/// another's.
public final class PostgresDatabase: Database {
    /// Connections, and so jobs that run at the same time.
    public static let connectionCount = 8
    /// Jobs that wait; beyond that a job fails as too busy.
    static let queueMax = 4096
    /// How often a job is tried that lost to another one (SQLSTATE 40001, 40P01).
    static let attemptsMax = 5
    /// How often a broken connection is tried to be made for one job, and the first wait between; each doubles.
    static let connectAttemptsMax = 4
    static let connectBackoffMs = 50

    private struct State {
        var queue: [any Job] = []
        var isClosed = false
        var threads: [WorkerThread] = []
    }

    /// SQL as this engine takes it.
    public let dialect = Dialect.postgres
    private let url: String
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let hub = SignalHub()
    private let listener: PostgresListener
    private let commits = Atomic<Int>(0)

    /// Commits on all connections, and jobs that wait for one.
    public var load: DatabaseLoad {
        DatabaseLoad(commits: commits.load(ordering: .relaxed), waiting: state.withLock { $0.queue.count })
    }

    /// Starts the connections to the server at `url` (libpq's `postgres://…`). They are made when they are first
    /// needed: a server that is down shows at the first job.
    ///
    /// - Throws: `StoreError.unavailable` when the system grants no thread.
    public init(url: String) throws(StoreError) {
        self.url = url
        listener = try PostgresListener(url: url, hub: hub)
        for _ in 0..<Self.connectionCount {
            let thread = try WorkerThread { [self] in serve() }
            state.withLock { $0.threads.append(thread) }
        }
    }

    /// Runs `body` on the thread of the next free connection; once more on a new connection when the old one broke.
    public func read<T: Sendable>(
        _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        let result = await withCheckedContinuation { enqueue(TypedJob(nil, body, $0)) }
        return try result.get()
    }

    /// Runs `body` in a transaction on the thread of the next free connection. A loser of a deadlock or a serialisation
    /// failure is tried again.
    public func write<T: Sendable>(
        _ durability: Durability, _ body: @Sendable @escaping (any Connection) throws -> T
    ) async throws(StoreError) -> T {
        let result = await withCheckedContinuation { enqueue(TypedJob(durability, body, $0)) }
        return try result.get()
    }

    private func enqueue(_ job: any Job) {
        let refusal: StoreError? = state.withLock { state in
            if state.isClosed { return .unavailable(retryable: false) }
            if state.queue.count >= Self.queueMax { return .tooBusy }
            state.queue.append(job)
            return nil
        }
        if let refusal { job.fail(refusal) } else { wake.signal() }
    }

    /// A thread: one connection, one job after the other, until the database is closed and the queue is empty.
    private func serve() {
        let connection = PostgresConnection(url: url)
        while true {
            wake.wait()
            let job: (any Job)? = state.withLock { $0.queue.isEmpty ? nil : $0.queue.removeFirst() }
            if let job {
                perform(job, connection)
            } else if state.withLock({ $0.isClosed }) {
                return
            }
        }
    }

    private func perform(_ job: any Job, _ connection: PostgresConnection) {
        do throws(StoreError) {
            if job.durability == nil { try read(job, connection) } else { try write(job, connection) }
            job.succeed()
        } catch {
            job.fail(error)
        }
    }

    private func read(_ job: any Job, _ connection: PostgresConnection) throws(StoreError) {
        if connection.isConnected {
            do throws(StoreError) {
                return try job.run(connection)
            } catch {
                // The server may have gone away since the last job: reading once more is safe.
                guard !connection.isConnected else { throw error }
            }
        }
        try connect(connection)
        try job.run(connection)
    }

    private func write(_ job: any Job, _ connection: PostgresConnection) throws(StoreError) {
        var attempt = 0
        while true {
            attempt += 1
            try begin(job.durability ?? .full, connection)
            do throws(StoreError) {
                try job.run(connection)
                return try commit(connection)
            } catch {
                let hasLost = ["40001", "40P01"].contains(connection.lastState)
                connection.rollback()
                guard hasLost, connection.isConnected, attempt < Self.attemptsMax else { throw error }
            }
        }
    }

    /// Begins a transaction. Nothing of the job has happened yet, so a connection that broke unseen is made anew.
    private func begin(_ durability: Durability, _ connection: PostgresConnection) throws(StoreError) {
        if connection.isConnected {
            do throws(StoreError) {
                return try connection.begin(durability)
            } catch {
                guard !connection.isConnected else { throw error }
            }
        }
        try connect(connection)
        try connection.begin(durability)
    }

    private func commit(_ connection: PostgresConnection) throws(StoreError) {
        do throws(StoreError) {
            try connection.commit()
            commits.wrappingAdd(1, ordering: .relaxed)
        } catch {
            // Whether the server committed before the connection broke cannot be known.
            throw connection.isConnected ? error : .unavailable(retryable: false)
        }
    }

    private func connect(_ connection: PostgresConnection) throws(StoreError) {
        var backoffMs = Self.connectBackoffMs
        for attempt in 1... {
            do throws(StoreError) {
                return try connection.connect()
            } catch {
                guard attempt < Self.connectAttemptsMax, !state.withLock({ $0.isClosed }) else { throw error }
                BlockingWait.milliseconds(backoffMs)
                backoffMs *= 2
            }
        }
    }

    private static let notifyStatement = Statement("SELECT pg_notify($1, $2)")

    /// Tells the listeners of every process on the database (`NOTIFY`).
    public func notify(_ channel: String, _ payload: String) async throws(StoreError) {
        try await read { connection in
            try connection.query(Self.notifyStatement, [.text(channel), .text(payload)]) { _ in }
        }
    }

    /// What is told on `channel` from now on, beginning with `.catchUp` once the server listens. A connection that
    /// broke and came back is another `.catchUp`.
    public func listen(_ channel: String) -> AsyncStream<Signal> {
        let stream = hub.listen(channel)
        listener.refresh()
        return stream
    }

    /// Holds a lock of the session that listens, which the server gives up with the connection: also when this process
    /// is killed. A connection that broke and came back takes it again.
    public func attend(as name: String) { listener.attend(as: name) }

    /// Finishes the queued jobs and ends the connections.
    public func close() async {
        let threads: [WorkerThread] = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in threads { wake.signal() }
        for thread in threads { await thread.finished() }
        await listener.stop()
        hub.close()
    }
}
