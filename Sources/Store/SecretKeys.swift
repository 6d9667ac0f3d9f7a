public import Cryptography

/// A server's keys do not open what the database holds.
public enum SecretKeyProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database was sealed with this key, which the server does not hold.
    case missing(String)
    /// The server's key of this id does not open what the database's key of that id sealed.
    case wrong(String)

    /// What is wrong and what to do, for whoever starts the server.
    public var description: String {
        switch self {
        case .missing(let id):
            "The secrets in the database are sealed with key \(id), which this server does not hold. Give it the key "
                + "of the server that made them, in COVEY_SECRET_KEY or in a file that COVEY_SECRET_KEY_FILE names: "
                + "that server's is in its environment, or in secret.key in its data folder."
        case .wrong(let id):
            "The key \(id) does not open what it sealed in the database: key or database is damaged. "
                + "Restore both from one backup."
        }
    }
}

extension Store {
    /// The ids of the keys that sealed secrets in this database, oldest first; empty while nothing was ever sealed.
    public func secretKeys() async throws(StoreError) -> [String] {
        try await secretKeyRows().map(\.id)
    }

    /// Makes sure that the server holds every key that sealed secrets in this database, and notes its current one as
    /// such. Of several servers that start on an empty database with keys of their own, one is let in.
    ///
    /// - Parameter at: the time, milliseconds since 1970.
    /// - Throws: `SecretKeyProblem`, or `StoreError`.
    public func admit(_ keyring: Keyring, at now: Int64) async throws {
        var known = try await secretKeyRows()
        try Self.check(known, keyring)
        while !known.contains(where: { $0.id == keyring.current.id }) {
            let row: [SQLValue] = [
                .integer(Int64(known.count + 1)), .text(keyring.current.id),
                .text(keyring.seal(Self.proof, in: Self.proofContext)), .integer(now),
            ]
            _ = try await database.write(.full) { try $0.execute(Self.addSecretKey, row) }
            known = try await secretKeyRows()
            try Self.check(known, keyring)
        }
    }

    private static func check(
        _ known: [(id: String, proof: String)], _ keyring: Keyring
    ) throws(SecretKeyProblem) {
        for (id, proof) in known {
            do throws(UnsealingError) {
                guard try keyring.open(proof, in: proofContext) == Self.proof else { throw .notGenuine(id) }
            } catch {
                if case .unknownKey = error { throw .missing(id) }
                throw .wrong(id)
            }
        }
    }

    private func secretKeyRows() async throws(StoreError) -> [(id: String, proof: String)] {
        try await database.read { connection in
            try connection.rows(Self.readSecretKeys, []) { ($0.text(0), $0.text(1)) }
        }
    }

    private static let proof = "secret key"
    private static let proofContext = ["covey"]

    private static let readSecretKeys = Statement("SELECT id, proof FROM secret_key ORDER BY position")

    /// Of two servers that add a key at once one finds the position taken, and looks again.
    private static let addSecretKey = Statement(
        """
        INSERT INTO secret_key (position, id, proof, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (position) DO NOTHING
        """)
}
