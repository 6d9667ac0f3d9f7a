public import Catalog

/// One job on people, what they belong to and what lets them in. Valid only in the job's body; the body may run more
/// than once, so that what is random is made before it.
public struct AccessTransaction {
    let connection: any Connection
    let declared: Declarations

    /// Puts on record what is done in this job, with it or not at all.
    public func append(_ records: [AuditRecord]) throws { try Audit.append(records, connection) }

    /// What an account may do in a tenant and, where one is named, in a project of it.
    public func rights(of account: String, tenant: String, project: String? = nil) throws -> Rights {
        try RightsTable.find(account, tenant, project, connection)
    }

    /// Changes one branch of a project's configuration within this job.
    ///
    /// - Parameters:
    ///   - actor: who changes, for the log.
    ///   - at: the time of the change, milliseconds since 1970.
    public func change(
        _ branch: BranchKey, actor: String, at: Int64, _ body: (ConfigurationTransaction) throws -> Void
    ) throws {
        let transaction = try ConfigurationTransaction(connection, branch, declared: declared, writing: (actor, at))
        try body(transaction)
        try transaction.finish()
    }

    /// The branches of the tenant on which a resource of one of these kinds has `text` somewhere in its document, in
    /// their order: where to look for what names it.
    public func branches(of tenant: String, whereAnyOf kinds: [String], mentions text: String) throws -> [BranchKey] {
        var found: Set<BranchKey> = []
        for kind in kinds {
            let values: [SQLValue] = [.text(tenant), .text(kind), .text(text)]
            found.formUnion(
                try connection.rows(Self.mentioning, values) { row in
                    BranchKey(tenant: tenant, project: row.text(0), branch: row.text(1))
                })
        }
        return found.sorted { ($0.project, $0.branch) < ($1.project, $1.branch) }
    }

    private static let mentioning = Statement(
        """
        SELECT DISTINCT project, branch FROM resource WHERE tenant = $1 AND kind = $2 AND {find}(document, $3) > 0
        """)
}

extension Store {
    /// Reads people and what belongs to them. What `body` throws is thrown on unchanged; otherwise `StoreError`.
    public func readAccess<T: Sendable>(
        _ body: @Sendable @escaping (AccessTransaction) throws -> T
    ) async throws -> T {
        try await Self.unwrapped { () async throws(StoreError) in
            try await database.read { [declared] in
                try body(AccessTransaction(connection: $0, declared: declared))
            }
        }
    }

    /// Changes people and what belongs to them in one transaction. What `body` throws undoes all of it and is thrown
    /// on unchanged; otherwise `StoreError`. The body may run more than once.
    public func writeAccess<T: Sendable>(
        _ durability: Durability = .full, _ body: @Sendable @escaping (AccessTransaction) throws -> T
    ) async throws -> T {
        // The body may change configuration too.
        defer { heads?.forget() }
        return try await Self.unwrapped { () async throws(StoreError) in
            try await database.write(durability) { [declared] in
                try body(AccessTransaction(connection: $0, declared: declared))
            }
        }
    }

    private static func unwrapped<T>(_ body: () async throws(StoreError) -> T) async throws -> T {
        do throws(StoreError) {
            return try await body()
        } catch {
            if case .other(let cause) = error, !(cause is EngineFailure) { throw cause }
            throw error
        }
    }
}
