/// What is good once: the first who spends it has it, in all processes on the database.
extension Store {
    /// Takes note that something was used. False when it was used before.
    ///
    /// - Parameters:
    ///   - purpose: keeps apart what is spent for different ends.
    ///   - digest: names it, unique for the purpose.
    ///   - expiry: until when it must be remembered, milliseconds since 1970.
    ///   - now: milliseconds since 1970.
    public func spend(
        _ purpose: String, _ digest: String, until expiry: Int64, at now: Int64
    ) async throws(StoreError) -> Bool {
        let row: [SQLValue] = [.text(purpose), .text(digest), .integer(now), .integer(expiry)]
        return try await database.write(.full) { connection in
            try connection.execute(Self.addTicket, row) == 1
        }
    }

    /// Forgets what of this purpose has expired.
    public func forgetSpent(_ purpose: String, before now: Int64) async throws(StoreError) {
        _ = try await database.write(.process) { connection in
            try connection.execute(Self.deleteTickets, [.text(purpose), .integer(now)])
        }
    }

    private static let addTicket = Statement(
        """
        INSERT INTO ticket (purpose, digest, created_at, expires_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (purpose, digest) DO NOTHING
        """)
    private static let deleteTickets = Statement("DELETE FROM ticket WHERE purpose = $1 AND expires_at < $2")
}
