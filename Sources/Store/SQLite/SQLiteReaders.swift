import Synchronization

/// A few connections for reading. A read runs on its caller's thread: it is over in less time than a hop would take.
final class SQLiteReaders: Sendable {
    /// Reads that wait for a connection; beyond that a read fails as too busy.
    static let waitersMax = 4096

    private struct State {
        var idle: [SQLiteConnection]
        var waiters: [CheckedContinuation<SQLiteConnection?, Never>] = []
        var isClosed = false
    }

    private let state: Mutex<State>

    init(path: String, count: Int) throws(StoreError) {
        var idle: [SQLiteConnection] = []
        for _ in 0..<count { idle.append(try SQLiteConnection(path: path, role: .reader)) }
        state = Mutex(State(idle: idle))
    }

    func read<T: Sendable>(_ body: @Sendable (any Connection) throws -> T) async throws(StoreError) -> T {
        let connection = try await acquire()
        defer { release(connection) }
        do { return try body(connection) } catch { throw StoreError(error) }
    }

    private func acquire() async throws(StoreError) -> SQLiteConnection {
        if let idle = state.withLock({ $0.idle.popLast() }) { return idle }
        let connection = await withCheckedContinuation { continuation in
            // Nil and false: wait. Nil and true: refused.
            let (connection, isRefused): (SQLiteConnection?, Bool) = state.withLock { state in
                if let idle = state.idle.popLast() { return (idle, false) }
                guard !state.isClosed, state.waiters.count < Self.waitersMax else { return (nil, true) }
                state.waiters.append(continuation)
                return (nil, false)
            }
            if connection != nil || isRefused { continuation.resume(returning: connection) }
        }
        guard let connection else {
            throw state.withLock { $0.isClosed } ? .unavailable(retryable: false) : .tooBusy
        }
        return connection
    }

    private func release(_ connection: SQLiteConnection) {
        let waiter: CheckedContinuation<SQLiteConnection?, Never>? = state.withLock { state in
            if !state.waiters.isEmpty { return state.waiters.removeFirst() }
            if !state.isClosed { state.idle.append(connection) }
            return nil
        }
        waiter?.resume(returning: connection)
    }

    /// Closes the idle connections now and the others when their reads end. Later reads are refused.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle = []
        }
    }
}
