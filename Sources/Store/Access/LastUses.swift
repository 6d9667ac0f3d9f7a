import Catalog

/// When keys and apps were used last. It is not configuration: it changes no head and no log.
extension Store {
    /// A use of something.
    public struct Use: Sendable, Hashable {
        /// What was used: a kind's name.
        public let kind: String
        /// Which one, unique in the kind.
        public let id: String

        /// A use from its parts.
        public init(kind: String, id: String) {
            self.kind = kind
            self.id = id
        }
    }

    /// Keeps when things were used, milliseconds since 1970, unless a later use is known.
    public func keep(_ uses: [Use: Int64]) async throws(StoreError) {
        guard !uses.isEmpty else { return }
        try await database.write(.process) { connection in
            for (use, at) in uses.sorted(by: { ($0.key.kind, $0.key.id) < ($1.key.kind, $1.key.id) }) {
                try connection.execute(LastUseSQL.put, [.text(use.kind), .text(use.id), .integer(at)])
            }
        }
    }
}

extension ConfigurationTransaction {
    /// What was found out about a resource: of what lives outside branches when it was used last, under its handle or
    /// its id; of the rest how its server stands.
    func observation(of key: ResourceKey) throws -> Observation? {
        guard branch.branch == BranchKey.unversioned else { return try observation(of: key.id) }
        return try connection.first(LastUseSQL.get, [.text(key.kind), .text(key.id)]) { row in
            Observation(basis: "", status: "", at: row.integer(0))
        }
    }
}

private enum LastUseSQL {
    static let put = Statement(
        """
        INSERT INTO last_use (kind, id, at) VALUES ($1, $2, $3)
        ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at WHERE last_use.at < excluded.at
        """)
    static let get = Statement("SELECT at FROM last_use WHERE kind = $1 AND id = $2")
}
