import CPostgres
import CSQLite

/// One row of a result, read by column from 0. Valid only within the closure that received it.
public struct Row {
    enum Source {
        /// A prepared statement that stands on the row.
        case sqlite(OpaquePointer)
        /// A result and the row's number in it.
        case postgres(OpaquePointer, Int32)
    }

    let source: Source

    /// Hands over the column's text as UTF-8; nil when it is null.
    func withText<T>(_ column: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> T) rethrows -> T? {
        switch source {
        case .sqlite(let statement):
            guard let start = sqlite3_column_text(statement, Int32(column)) else { return nil }
            let count = Int(sqlite3_column_bytes(statement, Int32(column)))
            return try body(UnsafeBufferPointer(start: start, count: count))
        case .postgres(let result, let row):
            guard PQgetisnull(result, row, Int32(column)) == 0, let start = PQgetvalue(result, row, Int32(column))
            else {
                return nil
            }
            let count = Int(PQgetlength(result, row, Int32(column)))
            return try start.withMemoryRebound(to: UInt8.self, capacity: count) {
                try body(UnsafeBufferPointer(start: $0, count: count))
            }
        }
    }

    /// Whether the column is null.
    public func isNull(_ column: Int) -> Bool {
        switch source {
        case .sqlite(let statement): sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
        case .postgres(let result, let row): PQgetisnull(result, row, Int32(column)) == 1
        }
    }

    /// The column's text; empty when it is null.
    public func text(_ column: Int) -> String { optionalText(column) ?? "" }

    /// The column's text; nil when it is null.
    public func optionalText(_ column: Int) -> String? {
        withText(column) { String(decoding: $0, as: UTF8.self) }
    }

    /// The column's text as UTF-8 bytes; nil when it is null.
    public func utf8(_ column: Int) -> [UInt8]? { withText(column) { Array($0) } }

    /// The column's integer; 0 when it is null or not one.
    public func integer(_ column: Int) -> Int64 {
        switch source {
        case .sqlite(let statement): sqlite3_column_int64(statement, Int32(column))
        case .postgres: optionalText(column).flatMap { Int64($0) } ?? 0
        }
    }

    /// The column's integer; nil when it is null.
    public func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }

    /// The column's number; 0 when it is null or not one.
    public func double(_ column: Int) -> Double {
        switch source {
        case .sqlite(let statement): sqlite3_column_double(statement, Int32(column))
        case .postgres: optionalText(column).flatMap { Double($0) } ?? 0
        }
    }

    /// The column's flag, written `1` by SQLite and `t` by PostgreSQL; false when it is null.
    public func bool(_ column: Int) -> Bool { withText(column) { $0.first == 0x31 || $0.first == 0x74 } ?? false }
}
