/// Secrets that a server makes for itself and shares with the other replicas. They come sealed and go sealed.
extension Store {
    /// The sealed secret of this name: the one that is there, or `fresh`, which is then kept. Of two servers that make
    /// one at once both are given the same.
    ///
    /// - Parameters:
    ///   - fresh: what is kept if there is none; asked for only then.
    ///   - now: milliseconds since 1970.
    public func serverSecret(
        _ name: String, orKeep fresh: @Sendable () -> String, at now: Int64
    ) async throws(StoreError) -> String {
        if let known = try await database.read({ try $0.first(Self.readServerSecret, [.text(name)]) { $0.text(0) } }) {
            return known
        }
        let row: [SQLValue] = [.text(name), .text(fresh()), .integer(now)]
        return try await database.write(.full) { connection in
            try connection.execute(Self.addServerSecret, row)
            guard let kept = try connection.first(Self.readServerSecret, [.text(name)], { $0.text(0) }) else {
                throw StoreError.notFound("Server secret \(name)")
            }
            return kept
        }
    }

    private static let readServerSecret = Statement("SELECT sealed FROM server_secret WHERE name = $1")
    private static let addServerSecret = Statement(
        "INSERT INTO server_secret (name, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
}
