/// Tokens of apps that are taken back before they expire.
extension Store {
    /// Takes back the tokens of an app that were made before a moment.
    ///
    /// - Parameters:
    ///   - subject: whose tokens; nil for everybody's.
    ///   - moment: milliseconds since 1970.
    ///   - expiry: when the last of them has expired anyway, milliseconds since 1970.
    public func revoke(
        app: String, subject: String?, before moment: Int64, until expiry: Int64
    ) async throws(StoreError) {
        let row: [SQLValue] = [.text(app), .text(subject ?? ""), .integer(moment), .integer(expiry)]
        try await database.write(.full) { connection in
            try connection.execute(Self.deleteRevocations, [.integer(moment)])
            try connection.execute(Self.putRevocation, row)
        }
    }

    /// Before which moment a subject's tokens of an app were taken back, milliseconds since 1970; nil when they were
    /// not.
    public func revocation(app: String, subject: String) async throws(StoreError) -> Int64? {
        try await database.read { connection in
            try connection.first(Self.readRevocation, [.text(app), .text(subject)]) { $0.optionalInteger(0) } ?? nil
        }
    }

    private static let putRevocation = Statement(
        """
        INSERT INTO revocation (app, subject, before, expires_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (app, subject) DO UPDATE SET before = excluded.before, expires_at = excluded.expires_at
        WHERE revocation.before < excluded.before
        """)
    private static let readRevocation = Statement(
        "SELECT max(before) FROM revocation WHERE app = $1 AND subject IN ('', $2)")
    private static let deleteRevocations = Statement("DELETE FROM revocation WHERE expires_at < $1")
}
