/// Secrets that the server makes for itself once, and that all processes on the database share.
extension AccessTransaction {
    /// The sealed text of a secret; nil while there is none.
    public func serverSecret(_ name: String) throws -> String? {
        try connection.first(ServerSecretSQL.find, [.text(name)]) { $0.text(0) }
    }

    /// Keeps a secret, unless there is one, and answers the one that holds.
    public func keepServerSecret(_ name: String, _ sealed: String, at now: Int64) throws -> String {
        try connection.execute(ServerSecretSQL.keep, [.text(name), .text(sealed), .integer(now)])
        guard let kept = try serverSecret(name) else { throw StoreError.corrupt("a secret is gone that was just kept") }
        return kept
    }
}

/// The statements on the server's secrets.
private enum ServerSecretSQL {
    static let find = Statement("SELECT sealed FROM server_secret WHERE name = $1")
    static let keep = Statement(
        """
        INSERT INTO server_secret (name, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING
        """)
}
