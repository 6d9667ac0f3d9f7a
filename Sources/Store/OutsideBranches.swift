import Catalog

/// What lives outside branches is on the branch `~` and refers to the main branch: its links are kept apart, because
/// their targets are elsewhere, and the store does what their rules say when something goes from main. Only agents and
/// the like, the containers, are referred to so.
extension ConfigurationTransaction {
    /// The statements on this branch's links.
    var links: SQL.Links { branch.branch == BranchKey.unversioned ? SQL.outsideLinks : SQL.links }

    /// Deletes what lives outside branches in a resource that goes from the main branch, and keeps the rules of what
    /// refers to it. What goes from another branch is of no account (manage spec §1.6).
    ///
    /// - Throws: `StoreError.conflict` when a rule forbids it.
    func letGoOutside(_ key: ResourceKey) throws {
        guard branch.branch == BranchKey.main, declared.containers.contains(key.kind) else { return }
        let outside = try on(BranchKey.unversioned)
        for child in try outside.contents(of: key) where try outside.get(child.key) != nil {
            try outside.delete(child.key)
        }
        for referral in try outside.linksTo(key) {
            switch referral.link.rule {
            case .cascade: if try outside.get(referral.source) != nil { try outside.delete(referral.source) }
            case .clear: try outside.clear(referral)
            case .restrict: throw StoreError.conflict("\(key.kind) \(key.id) is in use by \(referral.source.id).")
            case .loose: continue
            }
        }
    }

    /// One page of the tenant's resources of a kind on this branch's name in all its projects, newest first, and how
    /// many there are in all.
    ///
    /// - Parameters:
    ///   - having: a member by which lists of the kind filter, and what it must be; nil for any.
    ///   - account: who may use every project that is looked at; nil for all projects.
    func inTenant(
        kind: String, having: (member: String, text: String)?, usableBy account: String?, _ page: Page
    ) throws -> (entries: [Entry], total: Int) {
        let place: [SQLValue] = [.text(branch.tenant), .text(kind), .text(branch.branch), .text(account)]
        let values = place + (having.map { [.text($0.member), .text($0.text)] } ?? [])
        let isFiltered = having != nil
        let count = isFiltered ? SQL.countHaving : SQL.countInTenant
        let total = try connection.first(count, values) { $0.integer(0) } ?? 0
        let entries = try connection.rows(
            isFiltered ? SQL.pageHaving : SQL.pageInTenant, values + SQLValue.window(page.number, page.limit)
        ) { try $0.entry(from: 0) }
        return (entries, Int(total))
    }
}

extension SQL {
    private static let ofKind = """
        tenant = $1 AND kind = $2 AND branch = $3 AND (CAST($4 AS TEXT) IS NULL OR project IN (
            SELECT project FROM project_member WHERE tenant = $1 AND account = $4 AND role <> 'project_viewer'))
        """
    private static let having = """
        \(ofKind) AND EXISTS (
            SELECT 1 FROM facet WHERE facet.tenant = $1 AND facet.kind = $2 AND facet.branch = $3
                AND facet.project = resource.project AND facet.parent = resource.parent AND facet.id = resource.id
                AND member = $5 AND value = $6)
        """

    static let countInTenant = Statement("SELECT count(*) FROM resource WHERE \(ofKind)")
    static let countHaving = Statement("SELECT count(*) FROM resource WHERE \(having)")
    static let pageInTenant = Statement(
        "SELECT \(columns) FROM resource WHERE \(ofKind) ORDER BY created_at DESC, id LIMIT $5 OFFSET $6")
    static let pageHaving = Statement(
        "SELECT \(columns) FROM resource WHERE \(having) ORDER BY created_at DESC, id LIMIT $7 OFFSET $8")
}
