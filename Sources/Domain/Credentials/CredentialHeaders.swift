public import Catalog
public import Cryptography

extension CredentialReference {
    /// Where the store keeps what the reference names; nil when it names nothing that a store of this server keeps.
    var place: CredentialPlace? {
        guard let key = retrievalParams?["key"]?.string else { return nil }
        return CredentialStores.store(credentialStoreId)?.place(key)
    }

    /// What a call is made with that has this credential (manage spec §4.6): the value as a bearer token, or the access
    /// token in it when it is JSON that has one, and over that the fields that were written with it. For whoever makes
    /// the call, at the moment of the call; it is neither kept nor shown nor logged.
    ///
    /// - Returns: nil when no store of this server keeps what the reference names.
    /// - Throws: `UnsealingError` when the server's keys do not open it; what reading throws.
    public func resolved(_ workspace: Workspace, with keyring: Keyring) throws -> ResolvedCredential? {
        guard let entry = try entry(workspace) else { return nil }
        let (value, metadata) = try keyring.open(entry, of: workspace.branch)
        let token = (try? JSONValue(parsing: value))?.object
        let grant = token.flatMap { AuthorizationGrant($0, in: entry) }
        let bearer = token?["access_token"]?.string ?? value
        let own = metadata.compactMap { name, value in value.string.map { (name: name, value: $0) } }
        let isGiven = own.contains { $0.name.lowercased() == "authorization" }
        return ResolvedCredential(
            headers: (isGiven ? [] : [(name: "Authorization", value: "Bearer \(bearer)")]) + own,
            expiresAt: token.flatMap { ResolvedCredential.expiry(of: $0, since: entry.createdAt) }, grant: grant)
    }

    /// The credential that a user has for a tool whose users each have one (manage spec §2.15); nil when there is none.
    public static func own(of user: String, for tool: String, _ workspace: Workspace) throws -> Entry? {
        var query = ListQuery(kind: kind.name, limit: 1)
        query.filters = [ListQuery.Filter("toolId", is: tool), ListQuery.Filter("userId", is: user)]
        return try workspace.page(query).entries.first
    }

    /// What the store keeps for the reference, sealed; nil for nothing.
    func entry(_ workspace: Workspace) throws -> CredentialEntry? {
        try place.flatMap { try workspace.credentials.get($0) }
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

/// What a call is made with that has a credential.
public struct ResolvedCredential: Sendable {
    /// The header fields.
    public let headers: [(name: String, value: String)]
    /// When the token expires, milliseconds since 1970; nil when it does not say.
    public let expiresAt: Int64?
    /// What gets a new token when this one runs out; nil where nothing does.
    public let grant: AuthorizationGrant?

    /// Seconds since 1970 are below this for thousands of years, milliseconds above since 1973.
    private static let secondsMax = 1e11

    /// When a token says that it expires: `expires_at`, a time of RFC 3339 or since 1970 in seconds or milliseconds, or
    /// `expires_in`, seconds after it was written (RFC 6749 §5.1).
    static func expiry(of token: JSONObject, since writtenAt: Int64) -> Int64? {
        for name in ["expires_at", "expiresAt"] {
            switch token[name] {
            case .string(let text):
                if let moment = Timestamp.milliseconds(text) { return moment }
            case let number?:
                guard let amount = number.double, (0..<1e15).contains(amount) else { continue }
                return Int64(amount < secondsMax ? amount * 1000 : amount)
            case nil: continue
            }
        }
        guard let seconds = token["expires_in"]?.double, (0..<secondsMax).contains(seconds) else { return nil }
        return writtenAt + Int64(seconds * 1000)
    }
}
