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
        guard branch.branch == BranchKey.main, containers.contains(key.kind) else { return }
        let outside = try on(BranchKey.unversioned)
        for child in try outside.children(of: key) where try outside.get(child.key) != nil {
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

    /// One page of the tenant's resources of a kind on this branch's name that have this text in a member. Reads them
    /// all: for kinds of which a tenant has few.
    func tenantPage(
        kind: String, having: (member: String, text: String), _ page: Page
    ) throws -> (entries: [Entry], total: Int) {
        var found: [Entry] = []
        var number = 1
        while true {
            let (entries, _) = try tenantPage(kind: kind, page: number, limit: 1000)
            found += entries.filter { $0.document[having.member] == .string(having.text) }
            guard entries.count == 1000 else { break }
            number += 1
        }
        let start = min((page.number - 1) * page.limit, found.count)
        return (Array(found[start...].prefix(page.limit)), found.count)
    }
}
