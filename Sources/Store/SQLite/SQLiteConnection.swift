import CSQLite

/// One SQLite connection with its prepared statements.
///
/// `@unchecked Sendable`: it wraps a C handle that any thread may use, but only one at a time (`SQLITE_OPEN_NOMUTEX`).
/// The writer's leadership and the pool of readers hand it from thread to thread, each through a lock.
final class SQLiteConnection: Connection, @unchecked Sendable {
    /// What a connection is for.
    enum Role { case writer, reader, checkpointer }

    private struct Prepared {
        let handle: OpaquePointer
        /// SQLite's index of `$1`, `$2`, …: it numbers named parameters by first appearance, not by name.
        let indices: [Int32]
    }

    let dialect = Dialect.sqlite
    private let handle: OpaquePointer
    private var statements: [Prepared?] = []
    private var synchronous: Durability?
    /// Frames in the write-ahead log after the last commit here.
    private(set) var logFrames = 0

    /// How long to wait for another process's lock, milliseconds.
    private static let busyMs = 5000
    /// How long to wait before a switch to the write-ahead log is tried again, milliseconds.
    private static let switchRetryMs = 5
    /// The page caches: negative numbers are KiB to SQLite.
    private static let writerCacheKiB = -16_000
    /// Enough for an index of 100,000 resources, which a page in the middle of their list walks through.
    private static let readerCacheKiB = -8_000

    init(path: String, role: Role) throws(StoreError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else { throw .unavailable(retryable: false) }
        guard code == SQLITE_OK else {
            defer { sqlite3_close_v2(handle) }
            throw Self.error(handle, code)
        }
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Int32(Self.busyMs))
        // Else every statement on a table with an index of some rows only is planned anew for each value that might
        // choose among them: that took longer than running it.
        covey_sqlite_keep_plans(handle)
        let cacheKiB = role == .writer ? Self.writerCacheKiB : Self.readerCacheKiB
        try script("PRAGMA foreign_keys = ON; PRAGMA cache_size = \(cacheKiB); PRAGMA temp_store = MEMORY")
        switch role {
        case .writer:
            try useLog()
            try script("PRAGMA wal_autocheckpoint = 0")
            let connection = Unmanaged.passUnretained(self).toOpaque()
            sqlite3_wal_hook(
                handle,
                { connection, _, _, frames in
                    guard let connection else { return SQLITE_OK }
                    Unmanaged<SQLiteConnection>.fromOpaque(connection).takeUnretainedValue().logFrames = Int(frames)
                    return SQLITE_OK
                }, connection)
        case .reader:
            try script("PRAGMA query_only = ON")
        case .checkpointer:
            try script("PRAGMA wal_autocheckpoint = 0")
        }
    }

    deinit {
        for case let statement? in statements { sqlite3_finalize(statement.handle) }
        sqlite3_close_v2(handle)
    }

    /// Switches a new file to the write-ahead log. Of several processes that open it at once SQLite refuses some at
    /// once, without the wait that it has for locks: each holds what the others need.
    private func useLog() throws(StoreError) {
        var waitedMs = 0
        while true {
            let code = sqlite3_exec(handle, "PRAGMA journal_mode = WAL", nil, nil, nil)
            if code == SQLITE_OK { return }
            guard code & 0xFF == SQLITE_BUSY, waitedMs < Self.busyMs else { throw Self.error(handle, code) }
            BlockingWait.milliseconds(Self.switchRetryMs)
            waitedMs += Self.switchRetryMs
        }
    }

    // MARK: Statements

    private func prepare(_ statement: Statement) throws(StoreError) -> Prepared {
        if statement.number < statements.count, let prepared = statements[statement.number] { return prepared }
        var prepared: OpaquePointer?
        let text = dialect.render(statement.text)
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw Self.error(handle, code) }
        let count = sqlite3_bind_parameter_count(prepared)
        let indices = (0..<count).map { sqlite3_bind_parameter_index(prepared, "$\($0 + 1)") }
        while statements.count <= statement.number { statements.append(nil) }
        let entry = Prepared(handle: prepared, indices: indices)
        statements[statement.number] = entry
        return entry
    }

    private func bind(_ values: [SQLValue], to statement: Prepared) throws(StoreError) {
        precondition(values.count == statement.indices.count, "a statement takes one value for each of $1, $2, …")
        for (value, index) in zip(values, statement.indices) {
            let code =
                switch value {
                case .null: sqlite3_bind_null(statement.handle, index)
                case .text(var text):
                    text.withUTF8 { Self.bindText(statement.handle, index, UnsafeRawBufferPointer($0)) }
                case .utf8(let bytes): bytes.withUnsafeBytes { Self.bindText(statement.handle, index, $0) }
                case .integer(let integer): sqlite3_bind_int64(statement.handle, index, integer)
                case .double(let double): sqlite3_bind_double(statement.handle, index, double)
                case .bool(let flag): sqlite3_bind_int64(statement.handle, index, flag ? 1 : 0)
                }
            guard code == SQLITE_OK else { throw Self.error(handle, code) }
        }
    }

    private static func bindText(_ statement: OpaquePointer, _ index: Int32, _ text: UnsafeRawBufferPointer) -> Int32 {
        // The C header's SQLITE_TRANSIENT, which is a cast that the importer cannot read: SQLite takes a copy.
        let copy = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let start = text.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard let start else { return sqlite3_bind_text(statement, index, "", 0, copy) }
        return sqlite3_bind_text(statement, index, start, Int32(clamping: text.count), copy)
    }

    func query(_ statement: Statement, _ values: [SQLValue], _ row: (Row) throws -> Void) throws {
        let prepared = try prepare(statement)
        try bind(values, to: prepared)
        defer { sqlite3_reset(prepared.handle) }
        while true {
            let code = sqlite3_step(prepared.handle)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw Self.error(handle, code) }
            try row(Row(source: .sqlite(prepared.handle)))
        }
    }

    @discardableResult func execute(_ statement: Statement, _ values: [SQLValue]) throws -> Int {
        try query(statement, values) { _ in }
        return Int(sqlite3_changes64(handle))
    }

    var rowsChanged: Int64 { sqlite3_total_changes64(handle) }

    func script(_ sql: String) throws(StoreError) {
        let code = sqlite3_exec(handle, dialect.render(sql), nil, nil, nil)
        guard code == SQLITE_OK else { throw Self.error(handle, code) }
    }

    /// How often statements that are prepared were planned anew. They should be only after a change of the schema.
    var replannings: Int {
        statements.reduce(0) { sum, statement in
            guard let statement else { return sum }
            return sum + Int(sqlite3_stmt_status(statement.handle, SQLITE_STMTSTATUS_REPREPARE, 0))
        }
    }

    // MARK: Transactions

    private static let beginImmediate = Statement("BEGIN IMMEDIATE")
    private static let commitNow = Statement("COMMIT")
    private static let rollbackAll = Statement("ROLLBACK")
    private static let savepointJob = Statement("SAVEPOINT job")
    private static let releaseJob = Statement("RELEASE job")
    private static let rollbackToJob = Statement("ROLLBACK TO job")

    private func step(_ statement: Statement) throws(StoreError) {
        do { try execute(statement, []) } catch { throw StoreError(error) }
    }

    /// Whether a transaction is open. Some errors (a full disk among them) end it by themselves.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    func begin(_ durability: Durability) throws(StoreError) {
        // In WAL mode FULL syncs the log at each commit, NORMAL only when it is copied into the database.
        if synchronous != durability {
            try script(durability == .full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
            synchronous = durability
        }
        try step(Self.beginImmediate)
    }

    func commit() throws(StoreError) { try step(Self.commitNow) }

    /// Ends the transaction if one is open.
    func rollback() {
        guard isInTransaction else { return }
        try? step(Self.rollbackAll)
    }

    func beginSavepoint() throws(StoreError) { try step(Self.savepointJob) }

    func releaseSavepoint() throws(StoreError) { try step(Self.releaseJob) }

    /// Undoes and ends the savepoint, if there still is a transaction.
    func rollbackSavepoint() {
        guard isInTransaction else { return }
        try? step(Self.rollbackToJob)
        try? step(Self.releaseJob)
    }

    /// Whether a deferred foreign key is broken at the moment, so that a commit would fail.
    var breaksForeignKeys: Bool {
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }

    /// Copies the write-ahead log into the database. False when somebody was in the way: what could be copied has been.
    ///
    /// - Parameter mode: `SQLITE_CHECKPOINT_PASSIVE` disturbs nobody, `…_RESTART` waits for readers so that the next
    ///   write starts the log from its beginning, `…_TRUNCATE` also empties the file.
    @discardableResult func checkpoint(_ mode: Int32) throws(StoreError) -> Bool {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, nil, nil)
        if code & 0xFF == SQLITE_BUSY { return false }
        guard code == SQLITE_OK else { throw Self.error(handle, code) }
        return true
    }

    /// Notes that the next write starts the log anew.
    func forgetLog() { logFrames = 0 }

    // MARK: Errors

    private static func error(_ handle: OpaquePointer, _ code: Int32) -> StoreError {
        let extended = sqlite3_extended_errcode(handle)
        let message = String(cString: sqlite3_errmsg(handle))
        switch extended {
        // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID, _FOREIGNKEY: macros that the importer cannot read.
        case 1555, 2067, 2579: return .uniqueViolation(message)
        case 787: return .foreignKeyViolation(message)
        default: break
        }
        switch code & 0xFF {
        case SQLITE_FULL: return .full
        case SQLITE_BUSY, SQLITE_LOCKED: return .tooBusy
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt(message)
        case SQLITE_CANTOPEN: return .unavailable(retryable: false)
        default: return .other(EngineFailure(code: "\(extended)", message: message))
        }
    }
}
