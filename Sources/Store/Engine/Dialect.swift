/// What differs between the engines. SQL is one text for both; where they must differ, the text holds a mark in braces
/// that `render` replaces.
public struct Dialect: Sendable {
    /// `sqlite` or `postgres`.
    public let name: String
    /// Every mark and what it becomes.
    let marks: [(mark: String, text: String)]
    /// What `{index NAME}` becomes; nil for nothing.
    let indexHint: String?
    /// Run at the start of the migrating transaction, so that one process migrates at a time.
    let migrationLock: String?

    /// Clustered, strictly typed tables; the one writer needs no row locks, and its transaction is the migration lock
    /// and every other: `{try lock}` is always true. Without statistics it guesses which index is best, and that a
    /// branch has few rows: `{index …}` behind a table's name says which one it is.
    static let sqlite = Dialect(
        name: "sqlite",
        marks: [
            ("{text}", "TEXT"), ("{integer}", "INTEGER"), ("{clustered}", "STRICT, WITHOUT ROWID"),
            ("{for update}", ""), ("{skip locked}", ""), ("{find}", "instr"), ("{try lock}", "$1 IS NOT NULL"),
            ("{random}", "random()"), ("{begin snapshot}", "BEGIN"), ("{absent lease_owner}", "FALSE"),
        ],
        indexHint: "INDEXED BY", migrationLock: nil
    )

    /// The first half of the locks by which processes show that they are there; the second is their name's hash.
    static let attendance = 730_721

    /// Text sorts by bytes whatever the database's locale; rows that are about to change are locked. `{try lock}` takes
    /// the lock `$1` of this schema until the transaction ends, or is false: locks are the whole database's.
    /// `{absent lease_owner}` is true where no process attends by that name (`Database.attend`).
    static let postgres = Dialect(
        name: "postgres",
        marks: [
            ("{text}", "TEXT COLLATE \"C\""), ("{integer}", "BIGINT"), ("{clustered}", ""),
            ("{for update}", "FOR UPDATE"), ("{skip locked}", "FOR UPDATE SKIP LOCKED"), ("{find}", "strpos"),
            (
                "{try lock}",
                "pg_try_advisory_xact_lock(CAST($1 AS BIGINT) # CAST(hashtext(current_schema()) AS BIGINT))"
            ), ("{random}", "CAST((random() - 0.5) * 1.8e19 AS BIGINT)"),
            ("{begin snapshot}", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
            (
                "{absent lease_owner}",
                """
                (CAST(hashtext(lease_owner) AS BIGINT) & 4294967295) NOT IN (
                    SELECT CAST(objid AS BIGINT) FROM pg_locks
                    WHERE locktype = 'advisory' AND classid = \(attendance) AND objsubid = 2 AND granted
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                """
            ),
        ],
        indexHint: nil,
        migrationLock: "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; "
            + "SELECT pg_advisory_xact_lock(7307218331)"
    )

    /// `sql` with this engine's text in place of the marks.
    func render(_ sql: String) -> String {
        guard sql.utf8.contains(UInt8(ascii: "{")) else { return sql }
        var rendered = ""
        var rest = Substring(sql)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let mark = rest[open...close]
            rendered += rest[..<open] + text(of: mark)
            rest = rest[rest.index(after: close)...]
        }
        return rendered + rest
    }

    private func text(of mark: Substring) -> String {
        let index = "{index "
        if mark.hasPrefix(index) { return indexHint.map { "\($0) \(mark.dropFirst(index.count).dropLast())" } ?? "" }
        guard let found = marks.first(where: { $0.mark == mark }) else {
            preconditionFailure("no dialect knows the mark \(mark); add it to both")
        }
        return found.text
    }
}
