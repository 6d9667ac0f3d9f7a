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
}
