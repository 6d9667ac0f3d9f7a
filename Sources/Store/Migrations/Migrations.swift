/// The steps that make the schema, in order; step n brings the database to version n. A step that has been released
/// never changes: a test holds the fingerprint of each. A new need is a new step at the end.
enum Migrations {
    static let all: [String] = [
        migration0001, migration0002, migration0003, migration0004, migration0005, migration0006, migration0007,
        migration0008, migration0009, migration0010, migration0011, migration0012, migration0013, migration0014,
        migration0015, migration0016,
    ]

    private static let createVersions = """
        CREATE TABLE IF NOT EXISTS schema_version (version {integer} NOT NULL PRIMARY KEY)
        """
    private static let readVersion = Statement("SELECT coalesce(max(version), 0) FROM schema_version")
    private static let writeVersion = Statement("INSERT INTO schema_version (version) VALUES ($1)")

    /// Brings `database` to the version of this binary, in one transaction under a lock.
    ///
    /// - Throws: `StoreError.newerSchema` when a newer binary has been there; nothing is changed then.
    static func run(on database: any Database, steps: [String] = all) async throws(StoreError) {
        try await database.write(.full) { connection in
            if let lock = connection.dialect.migrationLock { try connection.script(lock) }
            try connection.script(createVersions)
            let found = Int(try connection.first(readVersion, []) { $0.integer(0) } ?? 0)
            guard found <= steps.count else { throw StoreError.newerSchema(found: found, known: steps.count) }
            for version in found..<steps.count {
                try connection.script(steps[version])
                try connection.execute(writeVersion, [.integer(Int64(version + 1))])
            }
        }
    }
}
