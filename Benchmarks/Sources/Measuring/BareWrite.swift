import CSQLite
import Kit

/// The reference for writes: one row put into a SQLite database of its own and waited for until it is on the disk,
/// beside Covey's database and with its settings.
final class BareWrite {
    private var handle: OpaquePointer?
    private var insert: OpaquePointer?
    private let document: String
    private var number: Int64 = 0

    /// Makes the database `path`; each write puts a row of so many bytes into it.
    init(path: String, bytes: Int) throws {
        document = String(repeating: "x", count: bytes)
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw Complaint("SQLite cannot open \(path)") }
        let schema = """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
            CREATE TABLE thing (id INTEGER PRIMARY KEY, document TEXT NOT NULL)
            """
        guard sqlite3_exec(handle, schema, nil, nil, nil) == SQLITE_OK,
            sqlite3_prepare_v2(handle, "INSERT INTO thing VALUES (?1, ?2)", -1, &insert, nil) == SQLITE_OK
        else { throw Complaint("SQLite: \(String(cString: sqlite3_errmsg(handle)))") }
    }

    deinit {
        sqlite3_finalize(insert)
        sqlite3_close_v2(handle)
    }

    /// Milliseconds that one write takes.
    func time() throws -> Double {
        let begin = Clock.now()
        number += 1
        sqlite3_bind_int64(insert, 1, number)
        let step = document.withCString { text in
            sqlite3_bind_text(insert, 2, text, -1, nil)
            return sqlite3_step(insert)
        }
        sqlite3_reset(insert)
        guard step == SQLITE_DONE else { throw Complaint("SQLite: \(String(cString: sqlite3_errmsg(handle)))") }
        return Clock.milliseconds(from: begin, to: Clock.now())
    }
}
