import Catalog
public import Cryptography

/// A column in which sealed texts are, and what they are bound to there.
private struct SealedColumn {
    /// What the column holds.
    enum Form {
        /// A sealed text.
        case text
        /// A JSON document with sealed texts in it.
        case document
    }

    let table: String
    /// The columns of the primary key.
    let key: [String]
    let column: String
    let form: Form
    /// The context of the row's texts, from the values of the key.
    let context: @Sendable ([String]) -> [String]

    /// Every one there is. What is sealed in a new place is named here, or a key that seals it cannot be let go.
    static let all: [SealedColumn] = [
        SealedColumn(
            table: "resource", key: ["tenant", "project", "branch", "kind", "parent", "id"], column: "document",
            form: .document, context: { Array($0.prefix(2)) }),
        SealedColumn(
            table: "change", key: ["tenant", "project", "branch", "number"], column: "before", form: .document,
            context: { Array($0.prefix(2)) }),
        SealedColumn(
            table: "change", key: ["tenant", "project", "branch", "number"], column: "after", form: .document,
            context: { Array($0.prefix(2)) }),
        SealedColumn(
            table: "credential_entry", key: ["tenant", "project", "store", "key"], column: "value", form: .text,
            context: { $0 }),
        SealedColumn(
            table: "credential_entry", key: ["tenant", "project", "store", "key"], column: "metadata", form: .text,
            context: { $0 + ["metadata"] }),
        SealedColumn(
            table: "idempotency", key: ["tenant", "caller", "operation", "name"], column: "body", form: .text,
            context: { _ in ["idempotency"] }),
        SealedColumn(
            table: "context_cache", key: ["tenant", "conversation", "name"], column: "value", form: .text,
            context: { ContextValueRow.sealingContext($0[0], $0[1], $0[2]) }),
        SealedColumn(
            table: "server_secret", key: ["name"], column: "sealed", form: .text,
            context: { ["server-secret"] + $0 }),
        SealedColumn(
            table: "identity_provider", key: ["tenant", "id"], column: "document", form: .document,
            context: { ["identity-provider"] + $0 }),
    ]

    /// Rows that are read and written at once.
    static let batch = 500

    private var names: String { key.joined(separator: ", ") }
    private func places(from first: Int) -> String {
        key.indices.map { "$\($0 + first)" }.joined(separator: ", ")
    }

    /// A number in a key is compared as one.
    var numbers: Set<Int> { Set(key.indices.filter { key[$0] == "number" }) }

    func statements(isFirst: Bool) -> (read: Statement, write: Statement) {
        let after = isFirst ? "" : "AND (\(names)) > (\(places(from: 1)))"
        let text = "\(names), \(column)"
        return (
            read: Statement(
                "SELECT \(text) FROM \(table) WHERE \(column) IS NOT NULL \(after) ORDER BY \(names) "
                    + "LIMIT \(Self.batch)"),
            write: Statement(
                "UPDATE \(table) SET \(column) = $\(key.count + 1) WHERE (\(names)) = (\(places(from: 1)))")
        )
    }
}

/// What sealing anew came to.
public struct Resealing: Sendable, Equatable {
    /// Texts that were sealed by the current key in place of an earlier one.
    public var sealed = 0
    /// Texts that look sealed and that no key opens where they stand: written so by somebody, or by a key that is
    /// missing. While there are any, no key may be let go.
    public var left = 0
}

extension Store {
    /// Seals every stored secret by the current key that an earlier one sealed, the log of changes too, in bounded
    /// steps: what a step has done stays when a later one fails. Nobody may write meanwhile.
    ///
    public func reseal(with keyring: Keyring) async throws -> Resealing {
        var done = Resealing()
        for column in SealedColumn.all {
            let step = try await reseal(column, keyring)
            done.sealed += step.sealed
            done.left += step.left
        }
        return done
    }

    /// Forgets the keys that seal nothing any more: all but the current one. `reseal` comes before.
    public func forgetKeys(but keyring: Keyring) async throws(StoreError) {
        _ = try await database.write(.full) { connection in
            try connection.execute(Self.forgetKeys, [.text(keyring.current.id)])
        }
    }

    private static let forgetKeys = Statement("DELETE FROM secret_key WHERE id <> $1")

    private func reseal(_ column: SealedColumn, _ keyring: Keyring) async throws -> Resealing {
        var (done, last) = (Resealing(), [String]?.none)
        let (first, next) = (column.statements(isFirst: true), column.statements(isFirst: false))
        let numbers = column.numbers
        @Sendable func values(_ key: [String]) -> [SQLValue] {
            key.enumerated().map { numbers.contains($0.offset) ? .integer(Int64($0.element) ?? 0) : .text($0.element) }
        }
        while true {
            let (after, read) = (last.map(values) ?? [], last == nil ? first.read : next.read)
            let step = try await database.write(.full) { connection in
                let rows = try connection.rows(read, after) { row in
                    let key = column.key.indices.map { index in
                        numbers.contains(index) ? String(row.integer(index)) : row.text(index)
                    }
                    return (key: key, text: row.text(column.key.count))
                }
                var done = Resealing()
                for (key, text) in rows {
                    guard let sealed = try Self.resealed(text, column, key, keyring, &done) else { continue }
                    try connection.execute(first.write, values(key) + [.text(sealed)])
                }
                return (done: done, last: rows.last?.key)
            }
            done.sealed += step.done.sealed
            done.left += step.done.left
            guard let end = step.last else { return done }
            last = end
        }
    }

    /// The text of a row as it is to be; nil when it stays.
    private static func resealed(
        _ text: String, _ column: SealedColumn, _ key: [String], _ keyring: Keyring, _ done: inout Resealing
    ) throws -> String? {
        let context = column.context(key)
        let before = done.sealed
        func replace(_ text: String) -> String {
            do {
                guard let sealed = try keyring.resealed(text, in: context) else { return text }
                done.sealed += 1
                return sealed
            } catch {
                done.left += 1
                return text
            }
        }
        let new =
            switch column.form {
            case .text: replace(text)
            case .document: try JSONValue(parsing: Array(text.utf8)).mappingStrings(replace).jsonText
            }
        return done.sealed == before ? nil : new
    }
}

extension JSONValue {
    /// The same value with every string in it, but for names of members, replaced.
    fileprivate func mappingStrings(_ replace: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(replace(text))
        case .array(let elements): .array(elements.map { $0.mappingStrings(replace) })
        case .object(let object):
            .object(JSONObject(zip(object.keys, object.values).map { ($0, $1.mappingStrings(replace)) }))
        default: self
        }
    }
}
