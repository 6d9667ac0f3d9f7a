import Foundation

/// Keeps an SQLite database to one server. A second one would take over the runs that the first is at work on, and
/// neither would hear of what the other changes.
///
/// The lock is one of the system's on a file beside the database, so it goes with the process however that ends.
final class DatabaseLock: Sendable {
    private let file: Int32

    private init(_ file: Int32) { self.file = file }

    deinit { close(file) }

    /// Takes the lock of the database at `url`; nil for databases that servers share or that are in memory.
    ///
    /// - Throws: `StartFailure` when another server has it, or the file cannot be made.
    static func take(_ url: String) throws(StartFailure) -> DatabaseLock? {
        let prefix = "sqlite:"
        guard url.hasPrefix(prefix), url != "sqlite::memory:" else { return nil }
        let path = url.dropFirst(prefix.count)
        let file = open("\(path)-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StartFailure("The database \(path) cannot be used: \(String(cString: strerror(errno))).")
        }
        let lock = DatabaseLock(file)
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw StartFailure(
                "Another server uses the database \(path). Stop it, or name another with --database or --data; "
                    + "for several servers on one database there is PostgreSQL.", isDatabaseTaken: true)
        }
        return lock
    }
}
