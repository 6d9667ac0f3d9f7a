/// A value that templates of a conversation name, as it is kept.
public struct ContextValueRow: Sendable, Equatable {
    /// The variable's name; names that begin with `$` are the runtime's own.
    public let name: String
    /// What tells the request that gave it from others.
    public let hash: String
    /// The sealed JSON text.
    public let value: String
    /// When it was fetched, milliseconds since 1970.
    public let fetchedAt: Int64

    /// A value from its parts.
    public init(name: String, hash: String, value: String, fetchedAt: Int64) {
        self.name = name
        self.hash = hash
        self.value = value
        self.fetchedAt = fetchedAt
    }

    /// What the sealed text of a value is bound to.
    public static func sealingContext(_ tenant: String, _ conversation: String, _ name: String) -> [String] {
        ["context", tenant, conversation, name]
    }
}

/// Values of conversations, shared by all processes on the database. They go with their conversation.
extension Store {
    /// Everything that is kept of a conversation, by name.
    public func contextValues(_ conversation: ConversationKey) async throws(StoreError) -> [String: ContextValueRow] {
        try await database.read { connection in
            let rows = try connection.rows(ContextSQL.all, conversation.contextValues) { row in
                ContextValueRow(
                    name: row.text(0), hash: row.text(1), value: row.text(2), fetchedAt: row.integer(3))
            }
            return Dictionary(rows.map { ($0.name, $0) }) { $1 }
        }
    }

    /// Keeps values in place of those of the same names, all or none.
    public func keepContextValues(
        _ rows: [ContextValueRow], of conversation: ConversationKey
    ) async throws(StoreError) {
        guard !rows.isEmpty else { return }
        try await database.write(.process) { connection in
            try connection.put(rows, of: conversation)
        }
    }
}

extension Connection {
    /// Keeps values of a conversation.
    func put(_ rows: [ContextValueRow], of conversation: ConversationKey) throws {
        for row in rows {
            let values: [SQLValue] = [
                .text(row.name), .text(row.hash), .text(row.value), .integer(row.fetchedAt),
            ]
            try execute(ContextSQL.put, conversation.contextValues + values)
        }
    }
}

extension ConversationKey {
    fileprivate var contextValues: [SQLValue] { [.text(tenant), .text(id)] }
}

/// The statements on values of conversations.
private enum ContextSQL {
    static let all = Statement(
        "SELECT name, hash, value, fetched_at FROM context_cache WHERE tenant = $1 AND conversation = $2")

    static let put = Statement(
        """
        INSERT INTO context_cache (tenant, conversation, name, hash, value, fetched_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, conversation, name) DO UPDATE
        SET hash = excluded.hash, value = excluded.value, fetched_at = excluded.fetched_at
        """)
}
