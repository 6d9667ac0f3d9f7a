public import Catalog

/// What the store is told of the kinds that it keeps.
public struct Declarations: Sendable {
    /// Finds what a document refers to, from the declaration of its kind.
    public typealias Links = @Sendable (ResourceKey, JSONValue) -> [ResourceLink]

    /// The kinds whose resources own what lives in them, and take it along when they are deleted.
    public var containers: Set<String>
    /// By kind the members that lists filter by and that are not kept as links: top-level names, or names joined by
    /// dots.
    public var facets: [String: [String]]
    /// What a document refers to, for states that are made from the log.
    public var links: Links

    /// Stands in where a store never makes a state from the log.
    public static let unknown: Links = { key, _ in
        preconditionFailure("open the store with the links of its kinds: a \(key.kind) is read or written from the log")
    }

    /// Declarations from their parts.
    public init(
        containers: Set<String>, facets: [String: [String]] = [:], links: @escaping Links = Declarations.unknown
    ) {
        self.containers = containers
        self.facets = facets
        self.links = links
    }

    /// The values that the store keeps of a document, by member.
    func facets(of kind: String, _ document: JSONValue) -> [Facet] {
        (facets[kind] ?? []).flatMap { member in
            ListText.values(of: member, in: document).map { Facet(member: member, value: $0) }
        }
    }

    /// The declaration as text, equal for equal ones. The number is of the way in which the store folds and cuts:
    /// raise it when that changes, so that all of it is made anew.
    var text: String {
        let facets = facets.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        return (["1"] + facets.map { "\($0.key): \($0.value.sorted().joined(separator: ", "))" })
            .joined(separator: "; ")
    }
}

/// A value of a member by which lists filter.
struct Facet: Hashable {
    let member: String
    let value: String
}

/// Brings names, search texts and facets in line with the declarations: they are copies of what the documents say.
enum Facets {
    private static let declared = Statement("SELECT declaration FROM facets_declared")
    private static let forget = Statement("DELETE FROM facets_declared")
    private static let declare = Statement("INSERT INTO facets_declared (declaration) VALUES ($1)")
    private static let clear = Statement("DELETE FROM facet")
    private static let batchMax = 500
    private static let next = Statement(
        """
        SELECT kind, parent, id, document, tenant, project, branch FROM resource
        WHERE (tenant, project, branch, kind, parent, id) > ($1, $2, $3, $4, $5, $6)
        ORDER BY tenant, project, branch, kind, parent, id LIMIT $7
        """)
    private static let name = Statement(
        """
        UPDATE resource SET name = $7, search = $8
        WHERE \(SQL.inBranch) AND kind = $4 AND parent = $5 AND id = $6
        """)

    /// Makes them anew when the database was last opened with other declarations: after an upgrade, once. One read
    /// otherwise.
    static func renew(_ declarations: Declarations, on database: any Database) async throws(StoreError) {
        let text = declarations.text
        let known = try await database.read { try $0.first(declared, []) { $0.text(0) } }
        guard known != text else { return }
        try await database.write(.full) { connection in
            if let lock = connection.dialect.migrationLock { try connection.script(lock) }
            let connection = BatchingConnection(connection)
            try connection.execute(forget, [])
            try connection.execute(clear, [])
            var last = Array(repeating: SQLValue.text(""), count: 6)
            while true {
                let rows = try connection.rows(next, last + [.integer(Int64(batchMax))]) { row in
                    let branch = BranchKey(tenant: row.text(4), project: row.text(5), branch: row.text(6))
                    return (branch: branch, key: row.key(from: 0), document: try row.json(3) ?? .null)
                }
                for (branch, key, document) in rows {
                    let place = branch.values + key.values
                    let texts = [ListText.name(document), ListText.search(document)].map(SQLValue.text)
                    try connection.execute(name, place + texts)
                    for facet in declarations.facets(of: key.kind, document) {
                        try connection.put(
                            key.values + [.text(facet.member), .text(facet.value)], into: .facet, of: branch)
                    }
                }
                guard rows.count == batchMax, let (branch, key, _) = rows.last else { break }
                last = branch.values + key.values
            }
            try connection.execute(declare, [.text(text)])
        }
    }
}
