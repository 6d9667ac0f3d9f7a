/// What differs between the engines. SQL is one text for both; where they must differ, the text holds a mark in braces
/// that `render` replaces.
public struct Dialect: Sendable {
    /// `sqlite` or `postgres`.
    public let name: String
    /// Every mark and what it becomes.
    let marks: [(mark: String, text: String)]
    /// Run at the start of the migrating transaction, so that one process migrates at a time.
    let migrationLock: String?

    /// Clustered, strictly typed tables; the one writer needs no row locks, and its transaction is the migration lock
    /// and every other: `{try lock}` is always true. It chooses an index by guesses where there are no statistics, and
    /// takes the whole branch for a few rows: `{in its place}` says which index there is for a place.
    static let sqlite = Dialect(
        name: "sqlite",
        marks: [
            ("{text}", "TEXT"), ("{integer}", "INTEGER"), ("{clustered}", "STRICT, WITHOUT ROWID"),
            ("{for update}", ""), ("{skip locked}", ""), ("{find}", "instr"), ("{try lock}", "$1 IS NOT NULL"),
            ("{random}", "random()"), ("{begin snapshot}", "BEGIN"), ("{in its place}", "INDEXED BY resource_inside"),
        ],
        migrationLock: nil
    )

    /// Text sorts by bytes whatever the database's locale; rows that are about to change are locked. `{try lock}` takes
    /// the lock `$1` of this schema until the transaction ends, or is false: locks are the whole database's.
    static let postgres = Dialect(
        name: "postgres",
        marks: [
            ("{text}", "TEXT COLLATE \"C\""), ("{integer}", "BIGINT"), ("{clustered}", ""),
            ("{for update}", "FOR UPDATE"), ("{skip locked}", "FOR UPDATE SKIP LOCKED"), ("{find}", "strpos"),
            (
                "{try lock}",
                "pg_try_advisory_xact_lock(CAST($1 AS BIGINT) # CAST(hashtext(current_schema()) AS BIGINT))"
            ), ("{random}", "CAST((random() - 0.5) * 1.8e19 AS BIGINT)"),
            ("{begin snapshot}", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"), ("{in its place}", ""),
        ],
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
            guard let found = marks.first(where: { $0.mark == mark }) else {
                preconditionFailure("no dialect knows the mark \(mark); add it to both")
            }
            rendered += rest[..<open] + found.text
            rest = rest[rest.index(after: close)...]
        }
        return rendered + rest
    }
}
