public import Catalog

/// One branch's configuration within one job: what it reads is what it has written. Valid only in the job's body.
public final class ConfigurationTransaction {
    /// The branch worked on.
    public let branch: BranchKey
    let connection: BatchingConnection
    let declared: Declarations
    /// Who writes and when; nil in a job that only reads.
    let writing: (actor: String, at: Int64)?
    /// The branch's head with the changes made here, and the number of its life; nil while there is no branch.
    var head: Int64?
    var life: Int64?
    var headAtStart: Int64?
    /// Whether all statements of the job, which only reads, see one moment; kept by the first of the job.
    private var isStill = false
    /// The job's transactions on other branches of the project, by branch; kept by the first of the job.
    private var siblings: [String: ConfigurationTransaction] = [:]
    private unowned let first: ConfigurationTransaction?

    /// Where resources of a kind live.
    struct Place: Hashable {
        let kind: String
        let parent: String
    }

    /// What the job does to the credentials in the process's memory; kept by the first of the job.
    private var ownCredentialDraft = CredentialMemory.Draft(of: CredentialMemory())
    /// What the job does to the credentials in the process's memory.
    var credentialDraft: CredentialMemory.Draft {
        get { first?.credentialDraft ?? ownCredentialDraft }
        set { if let first { first.credentialDraft = newValue } else { ownCredentialDraft = newValue } }
    }

    /// What the job knows of the branch, if it writes.
    var known = KnownResources()

    /// How many more there are in each place than before this transaction, as far as the tally does not say so yet.
    var moved: [Place: Int64] = [:]

    /// The transaction of a job. Whoever writes outside branches locks the main branch before, so that what it saw
    /// there stays, and locks are taken in one order.
    convenience init(
        _ connection: any Connection, _ branch: BranchKey, declared: Declarations,
        writing: (actor: String, at: Int64)?
    ) throws {
        self.init(BatchingConnection(connection), branch, declared: declared, writing: writing, first: nil)
        if writing != nil, branch.branch == BranchKey.unversioned { _ = try on(BranchKey.main) }
        try lock()
    }

    private init(
        _ connection: BatchingConnection, _ branch: BranchKey, declared: Declarations,
        writing: (actor: String, at: Int64)?, first: ConfigurationTransaction?
    ) {
        self.connection = connection
        self.branch = branch
        self.declared = declared
        self.writing = writing
        self.first = first
    }

    private func lock() throws {
        guard writing != nil else { return }
        try connection.query(SQL.lockedHead, branch.values) { row in
            head = row.integer(0)
            life = row.integer(1)
        }
        headAtStart = head
    }

    /// Runs the body of a job that only reads, and ends what `holdStill` began.
    func reading<T>(_ body: () throws -> T) throws -> T {
        do {
            let value = try body()
            if isStill { try connection.script("COMMIT") }
            return value
        } catch {
            if isStill { try? connection.script("ROLLBACK") }
            throw error
        }
    }

    /// Makes all later statements of a job that only reads see one moment. A job that writes has what it reads locked.
    func holdStill() throws {
        if let first { return try first.holdStill() }
        guard writing == nil, !isStill else { return }
        try connection.script("{begin snapshot}")
        isStill = true
    }

    /// The same project on the branch of this name, within the same job. The branch need not exist.
    public func on(_ name: String) throws -> ConfigurationTransaction {
        if name == branch.branch { return self }
        if let first { return try first.on(name) }
        if let sibling = siblings[name] { return sibling }
        let key = BranchKey(tenant: branch.tenant, project: branch.project, branch: name)
        let sibling = ConfigurationTransaction(connection, key, declared: declared, writing: writing, first: self)
        try sibling.lock()
        siblings[name] = sibling
        return sibling
    }

    /// Moves the heads of the job's branches to the last changes made in it.
    func finish() throws {
        for sibling in siblings.values { try sibling.finish() }
        try connection.flush()
        try keepTally()
        guard let head, head != headAtStart else { return }
        try connection.execute(SQL.moveHead, branch.values + [.integer(head)])
    }

    /// Forgets the branch, which is gone.
    func leave() {
        head = nil
        headAtStart = nil
        life = nil
        known = KnownResources()
    }

    /// Forgets all branches of the project, which are gone.
    func leaveAll() {
        let root = first ?? self
        for transaction in [root] + root.siblings.values { transaction.leave() }
    }

    /// The changes made in the job so far, by branch and oldest first. A deleted project has taken its log along: then
    /// there are none.
    public func changesMade() throws -> [Change] {
        var changes: [Change] = []
        if let headAtStart {
            changes = try connection.rows(
                SQL.changes, branch.values + [.integer(headAtStart), .integer(Int64(Int32.max))]
            ) { try $0.change() }
        }
        for (_, sibling) in siblings.sorted(by: { $0.key < $1.key }) { changes += try sibling.changesMade() }
        return changes
    }

    // MARK: Writing

    func writer() throws -> (actor: String, at: Int64) {
        guard let writing else { preconditionFailure("a job that writes configuration is Store.write, not a read") }
        guard head != nil else { throw StoreError.notFound("Branch \(branch.branch) of project \(branch.project)") }
        return writing
    }

    /// Notes what is done to a resource, which is about to be as `after` and was as `old`.
    private func log(
        _ action: Change.Action, _ key: ResourceKey, old: Entry?, after: [UInt8]?, createdAt: Int64
    ) throws {
        let (actor, at) = try writer()
        let number = (head ?? 0) + 1
        head = number
        let change: [SQLValue] = [.integer(number), .integer(at), .text(actor), .text(action.rawValue)]
        let documents: [SQLValue] = [
            old.map { .utf8($0.document.jsonBytes) } ?? .null, after.map(SQLValue.utf8) ?? .null,
        ]
        let times: [SQLValue] = [
            .integer((headAtStart ?? 0) + 1), .integer(createdAt), .integer(old?.updatedAt), .integer(old?.revision),
        ]
        try connection.put(change + key.values + documents + times, into: .change, of: branch)
    }

    /// Stores a document with its links, over what is there. Equal documents and links write nothing. Links with the
    /// rule `loose` are not kept.
    ///
    /// - Parameter createOnly: that the resource must not exist yet.
    /// - Throws: `StoreError.uniqueViolation` when `createOnly` and it exists, `.notFound` when there is no such
    ///   branch. A link to what does not exist at the end of the transaction fails that as a `.foreignKeyViolation`.
    @discardableResult public func put(
        _ key: ResourceKey, _ document: JSONValue, _ links: [ResourceLink], createOnly: Bool = false
    ) throws -> Entry {
        let kept = Set(links.filter { $0.rule != .loose })
        guard let old = try get(key) else { return try create(key, document, kept, createdAt: writer().at) }
        guard !createOnly else { throw StoreError.uniqueViolation("\(key.kind) \(key.id)") }
        return try replace(old, by: document, kept)
    }

    /// Stores a resource that is not there.
    func create(
        _ key: ResourceKey, _ document: JSONValue, _ links: Set<ResourceLink>, createdAt: Int64
    ) throws -> Entry {
        let entry = Entry(
            key: key, document: document, createdAt: createdAt, updatedAt: try writer().at, revision: 1)
        let bytes = try insert(entry, links)
        moved[Place(kind: key.kind, parent: key.parent), default: 0] += 1
        try log(.create, key, old: nil, after: bytes, createdAt: createdAt)
        return entry
    }

    /// Puts a resource with its links and facets into the tables, and nothing into the log.
    @discardableResult func insert(_ entry: Entry, _ links: Set<ResourceLink>) throws -> [UInt8] {
        let bytes = try insert(entry, into: .resource)
        try insert(declared.facets(of: entry.key.kind, entry.document), of: entry.key)
        try insert(links, from: entry.key)
        return bytes
    }

    private func insert(_ entry: Entry, into table: RowTable) throws -> [UInt8] {
        let bytes = entry.document.jsonBytes
        let times: [SQLValue] = [.integer(entry.createdAt), .integer(entry.updatedAt), .integer(entry.revision)]
        let texts = [ListText.name(entry.document), ListText.search(entry.document)].map(SQLValue.text)
        try connection.put(entry.key.values + [.utf8(bytes)] + times + texts, into: table, of: branch)
        known.note(entry, at: entry.key)
        return bytes
    }

    /// Stores another document with its links in place of one. An equal one writes nothing.
    func replace(_ old: Entry, by document: JSONValue, _ kept: Set<ResourceLink>) throws -> Entry {
        let key = old.key
        let oldLinks = try knownLinks(from: key)
        if old.document == document, oldLinks == kept { return old }
        if oldLinks != kept {
            try connection.execute(links.deleteFrom, branch.values + key.values)
            try insert(kept, from: key)
        }
        return try update(old, to: document)
    }

    private func insert(_ facets: [Facet], of key: ResourceKey) throws {
        for facet in facets {
            try connection.put(key.values + [.text(facet.member), .text(facet.value)], into: .facet, of: branch)
        }
    }

    private func insert(_ links: Set<ResourceLink>, from key: ResourceKey) throws {
        for link in links {
            let values: [SQLValue] = [.text(link.role), .text(link.rule.rawValue)]
            try connection.put(key.values + link.target.values + values, into: self.links.table, of: branch)
        }
        known.note(links, from: key)
    }

    private func update(_ old: Entry, to document: JSONValue) throws -> Entry {
        let entry = Entry(
            key: old.key, document: document, createdAt: old.createdAt, updatedAt: try writer().at,
            revision: old.revision + 1)
        let bytes = try insert(entry, into: .replacedResource)
        let facets = declared.facets(of: old.key.kind, document)
        if facets != declared.facets(of: old.key.kind, old.document) {
            try connection.execute(SQL.deleteFacets, branch.values + old.key.values)
            try insert(facets, of: old.key)
        }
        try log(.update, old.key, old: old, after: bytes, createdAt: old.createdAt)
        return entry
    }

    /// Deletes a resource, what lives in it if its kind is a container, and by the rules of their links what refers to
    /// any of these: `cascade` is deleted too, `clear` has the referring member set to null, `restrict` forbids it all.
    ///
    /// - Throws: `StoreError.notFound` when it is not there, `.conflict` naming who refers.
    public func delete(_ key: ResourceKey) throws {
        _ = try writer()
        guard let entry = try get(key) else { throw StoreError.notFound("\(key.kind) \(key.id)") }
        var doomed = [entry]
        var doomedKeys: Set = [key]
        var survivors: [Referral] = []
        var position = 0
        while position < doomed.count {
            let current = doomed[position].key
            position += 1
            for child in try contents(of: current) where doomedKeys.insert(child.key).inserted { doomed.append(child) }
            for referral in try linksTo(current) where !doomedKeys.contains(referral.source) {
                guard referral.link.rule == .cascade else {
                    survivors.append(referral)
                    continue
                }
                guard let source = try get(referral.source) else { continue }
                doomedKeys.insert(source.key)
                doomed.append(source)
            }
        }
        // One that refers by two members may have been doomed by the other.
        survivors.removeAll { doomedKeys.contains($0.source) }
        try refuse(survivors.filter { $0.link.rule == .restrict }, deleting: key)
        for referral in survivors { try clear(referral) }
        for entry in doomed {
            try remove(entry)
        }
    }

    /// Deletes a resource, its links, and by the rules what lives outside branches in it: nothing else of this branch.
    func remove(_ entry: Entry) throws {
        try letGoOutside(entry.key)
        try log(.delete, entry.key, old: entry, after: nil, createdAt: entry.createdAt)
        try connection.execute(SQL.delete, branch.values + entry.key.values)
        moved[Place(kind: entry.key.kind, parent: entry.key.parent), default: 0] -= 1
        known.note(nil, at: entry.key)
    }

    /// How many of those who forbid a deletion its refusal names.
    private static let namedMax = 5

    private func refuse(_ referrals: [Referral], deleting key: ResourceKey) throws {
        guard !referrals.isEmpty else { return }
        var names = referrals.prefix(Self.namedMax).map { "\($0.source.kind) \($0.source.id)" }
        if referrals.count > names.count { names.append("\(referrals.count - names.count) more") }
        throw StoreError.conflict("\(key.kind) \(key.id) is in use by \(names.joined(separator: ", ")).")
    }

    func clear(_ referral: Referral) throws {
        guard let source = try get(referral.source) else { return }
        let target: [SQLValue] = [.text(referral.link.role)] + referral.link.target.values
        let left = try knownLinks(from: source.key).subtracting([referral.link])
        try connection.execute(links.delete, branch.values + source.key.values + target)
        known.note(left, from: source.key)
        _ = try update(source, to: source.document.clearing(referral.link.role, of: referral.link.target.id))
    }

    /// Gives a resource a name by which it is found without its tenant and project being known.
    ///
    /// - Throws: `StoreError.uniqueViolation` when another resource of the kind has it.
    public func setHandle(_ key: ResourceKey, _ handle: String) throws {
        _ = try writer()
        try connection.execute(SQL.insertHandle, branch.values + key.values + [.text(handle)])
    }
}

extension JSONValue {
    /// This document with the member `role` null, or a list there without `target`: a top-level name, or a JSON pointer
    /// (RFC 6901) into the document. What is not there stays so.
    func clearing(_ role: String, of target: String) -> JSONValue {
        if var object, let elements = object[role]?.array {
            object[role] = .array(elements.filter { $0.string != target })
            return .object(object)
        }
        guard role.hasPrefix("/") else { return clearing([role[...]]) }
        let path = role.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return clearing(
            path.map { segment in
                // `~1` first, or `~01` would become a slash.
                segment.split(separator: "~1", omittingEmptySubsequences: false)
                    .map { $0.split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~") }
                    .joined(separator: "/")[...]
            }[...])
    }

    private func clearing(_ path: ArraySlice<Substring>) -> JSONValue {
        guard let first = path.first else { return .null }
        switch self {
        case .object(var object):
            guard let member = object[String(first)] else { return self }
            object[String(first)] = member.clearing(path.dropFirst())
            return .object(object)
        case .array(var elements):
            guard let index = Int(first), elements.indices.contains(index) else { return self }
            elements[index] = elements[index].clearing(path.dropFirst())
            return .array(elements)
        default:
            return self
        }
    }
}
