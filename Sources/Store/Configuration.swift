public import Catalog

/// One project's configuration on one branch at one moment.
public struct ConfigurationGraph: Sendable {
    /// The number of the last change in it.
    public let head: Int64
    /// Every resource, oldest first.
    public let entries: [Entry]
    /// Every reference, by who refers.
    public let links: [ResourceKey: [ResourceLink]]
}

extension Store {
    /// The number of the branch's last change; nil when there is no such project or branch.
    public func head(of branch: BranchKey) async throws(StoreError) -> Int64? {
        let known = heads?.head(of: branch)
        if let head = known?.head { return head }
        let head = try await database.read { connection in
            try connection.first(SQL.head, branch.values) { $0.integer(0) }
        }
        if let head, let known { heads?.keep(head, of: branch, known.generation) }
        return head
    }

    /// The whole branch, read by one statement and so at one moment; nil when there is no such project or branch.
    public func graph(of branch: BranchKey) async throws(StoreError) -> ConfigurationGraph? {
        try await database.read { connection in
            var head: Int64?
            var entries: [Entry] = []
            var links: [ResourceKey: [ResourceLink]] = [:]
            try connection.query(SQL.graph, branch.values) { row in
                switch row.integer(0) {
                case 0: head = row.integer(5)
                case 1: entries.append(try row.entry(from: 1))
                default: links[row.key(from: 1), default: []].append(try row.link(from: 8))
                }
            }
            // The three parts come in any order; within a part SQL promises none.
            entries.sort { ($0.createdAt, $0.key.id) < ($1.createdAt, $1.key.id) }
            return head.map { ConfigurationGraph(head: $0, entries: entries, links: links) }
        }
    }

    /// One resource, or nil.
    public func resource(_ key: ResourceKey, in branch: BranchKey) async throws(StoreError) -> Entry? {
        try await readConfiguration(in: branch) { try $0.get(key) }
    }

    /// The resource of a kind that has this handle (`ConfigurationTransaction.setHandle`), and where it is; or nil.
    public func resource(
        of kind: String, handle: String
    ) async throws(StoreError) -> (branch: BranchKey, entry: Entry)? {
        try await database.read { connection in
            try connection.first(SQL.byHandle, [.text(kind), .text(handle)]) { row in
                let branch = BranchKey(tenant: row.text(7), project: row.text(8), branch: row.text(9))
                return (branch, try row.entry(from: 0))
            }
        }
    }

    /// One page, and how many there are in all. Costs two statements.
    public func list(
        _ query: ListQuery, in branch: BranchKey
    ) async throws(StoreError) -> (entries: [Entry], total: Int) {
        try await readConfiguration(in: branch) { try $0.page(query) }
    }

    /// One page of the tenant's resources of a kind on the main branches of its projects, newest first, and how many
    /// there are in all. Costs two statements.
    public func tenantList(
        _ tenant: String, kind: String, page: Int, limit: Int
    ) async throws(StoreError) -> (entries: [Entry], total: Int) {
        let branch = BranchKey(tenant: tenant, project: "")
        return try await readConfiguration(in: branch) {
            try $0.tenantPage(ListQuery(kind: kind, page: page, limit: limit))
        }
    }

    /// Who refers to a resource.
    public func linksTo(_ key: ResourceKey, in branch: BranchKey) async throws(StoreError) -> [ResourceKey] {
        try await readConfiguration(in: branch) { try $0.referrers(key) }
    }

    /// What a resource refers to.
    public func linksFrom(_ key: ResourceKey, in branch: BranchKey) async throws(StoreError) -> [ResourceLink] {
        try await readConfiguration(in: branch) { try $0.links(from: key) }
    }

    /// The branch's log after a change, oldest first. `limit` 1–1,000.
    public func changes(
        of branch: BranchKey, after number: Int64 = 0, limit: Int = 100
    ) async throws(StoreError) -> [Change] {
        try await database.read { connection in
            try connection.rows(SQL.changes, branch.values + [.integer(number), .integer(limit.clamped(to: 1...1000))])
            {
                try $0.change()
            }
        }
    }

    /// Reads within one branch. Each statement sees one moment; writing in `body` is a caller's bug.
    public func readConfiguration<T: Sendable>(
        in branch: BranchKey, _ body: @Sendable @escaping (ConfigurationTransaction) throws -> T
    ) async throws(StoreError) -> T {
        try await database.read { [declared, credentialMemory] connection in
            let transaction = try ConfigurationTransaction(connection, branch, declared: declared, writing: nil)
            transaction.credentialDraft = CredentialMemory.Draft(of: credentialMemory)
            return try transaction.reading { try body(transaction) }
        }
    }

    /// Changes one branch in one transaction, fully durable. What `body` throws undoes all of it and is thrown on
    /// unchanged; otherwise `StoreError`. The body may run more than once.
    ///
    /// - Parameters:
    ///   - actor: who changes, for the log.
    ///   - at: the time of the change, milliseconds since 1970.
    ///   - audit: what is put on record with the change, if there is one; nil for nothing.
    public func write<T: Sendable>(
        in branch: BranchKey, actor: String, at: Int64, audit: AuditRecord? = nil,
        _ body: @Sendable @escaping (ConfigurationTransaction) throws -> T
    ) async throws -> T {
        try await write(in: branch, actor: actor, at: at, audit: audit, unless: { _ in nil }, body) { _, _ in }
    }

    /// The same, unless `known` has the outcome already: it is asked first in the transaction, before the branch is
    /// locked. `keep` is told the outcome at the end of the transaction.
    func write<T: Sendable>(
        in branch: BranchKey, actor: String, at: Int64, audit: AuditRecord?,
        unless known: @Sendable @escaping (any Connection) throws -> T?,
        _ body: @Sendable @escaping (ConfigurationTransaction) throws -> T,
        keep: @Sendable @escaping (T, any Connection) throws -> Void
    ) async throws -> T {
        // Before its caller knows of the write, nobody is told the old head any more.
        defer { heads?.forget() }
        do throws(StoreError) {
            let (value, credentials) = try await database.write(.full) { [declared, credentialMemory] connection in
                let draft = CredentialMemory.Draft(of: credentialMemory)
                if let known = try known(connection) { return (known, draft) }
                let rows = connection.rowsChanged
                let transaction = try ConfigurationTransaction(
                    connection, branch, declared: declared, writing: (actor, at))
                transaction.credentialDraft = draft
                let value = try body(transaction)
                try transaction.finish()
                let hasChanged = connection.rowsChanged != rows || !transaction.credentialDraft.isEmpty
                try keep(value, connection)
                if let audit, hasChanged { try Audit.append([audit], connection) }
                return (value, transaction.credentialDraft)
            }
            credentialMemory.apply(credentials)
            return value
        } catch {
            if case .other(let cause) = error, !(cause is EngineFailure) { throw cause }
            throw error
        }
    }
}

extension BranchKey {
    /// The values of `$1`, `$2`, `$3` in all configuration statements.
    var values: [SQLValue] { [.text(tenant), .text(project), .text(branch)] }
}

extension ResourceKey {
    var values: [SQLValue] { [.text(kind), .text(parent), .text(id)] }
}

extension Row {
    func key(from column: Int) -> ResourceKey {
        ResourceKey(kind: text(column), parent: text(column + 1), id: text(column + 2))
    }

    /// Reads kind, parent, id, document, created_at, updated_at, revision.
    func entry(from column: Int) throws -> Entry {
        Entry(
            key: key(from: column), document: try json(column + 3) ?? .null, createdAt: integer(column + 4),
            updatedAt: integer(column + 5), revision: integer(column + 6))
    }

    /// Reads to_kind, to_parent, to_id, role, rule.
    func link(from column: Int) throws -> ResourceLink {
        guard let rule = Reference.Rule(rawValue: text(column + 4)) else { throw StoreError.corrupt("rule of a link") }
        return ResourceLink(target: key(from: column), role: text(column + 3), rule: rule)
    }

    /// Reads number, at, actor, action, kind, parent, id, before, after, batch.
    func change() throws -> Change {
        guard let action = Change.Action(rawValue: text(3)) else { throw StoreError.corrupt("action of a change") }
        return Change(
            number: integer(0), at: integer(1), actor: text(2), action: action, key: key(from: 4),
            before: try json(7), after: try json(8), batch: integer(9))
    }

    /// The column's document; nil when it is null.
    func json(_ column: Int) throws -> JSONValue? {
        do {
            return try withText(column) { try JSONValue(parsing: $0) }
        } catch {
            throw StoreError.corrupt("a stored document is not JSON: \(error)")
        }
    }
}

extension Int {
    func clamped(to range: ClosedRange<Int>) -> Int64 {
        Int64(Swift.min(Swift.max(self, range.lowerBound), range.upperBound))
    }
}
