public import Catalog
public import Cryptography

extension CredentialReference {
    /// Where the store keeps what the reference names; nil when it names nothing that a store of this server keeps.
    private var place: CredentialPlace? {
        guard let key = retrievalParams?["key"]?.string else { return nil }
        return CredentialStores.store(credentialStoreId)?.place(key)
    }

    /// The header fields of a call that is made with this credential (manage spec §4.6): the value as a bearer token,
    /// or the access token in it when it is JSON that has one, and over that the fields that were written with it. For
    /// whoever makes the call, at the moment of the call; they are neither kept nor shown nor logged.
    ///
    /// - Returns: nil when no store of this server keeps what the reference names.
    /// - Throws: `UnsealingError` when the server's keys do not open it; what reading throws.
    public func headers(
        _ workspace: Workspace, with keyring: Keyring
    ) throws -> [(name: String, value: String)]? {
        guard let place, let entry = try workspace.credentials.get(place) else { return nil }
        let (value, metadata) = try keyring.open(entry, of: workspace.branch)
        let token = (try? JSONValue(parsing: value))?["access_token"]?.string ?? value
        let own = metadata.compactMap { name, value in value.string.map { (name: name, value: $0) } }
        let isGiven = own.contains { $0.name.lowercased() == "authorization" }
        return (isGiven ? [] : [(name: "Authorization", value: "Bearer \(token)")]) + own
    }

    /// Deletes what the store keeps for a reference that is gone, unless another one names it too, on whatever branch
    /// (manage spec §2.15).
    func letEntryGo(_ workspace: Workspace) throws {
        guard let place else { return }
        let others = try workspace.onAllBranches(Self.kind.name)
        guard !others.contains(where: { Self($0).place == place }) else { return }
        try workspace.credentials.delete(place)
    }
}
