public import Catalog

/// Tokens that somebody was given by signing in to a server of tools, and what gets new ones (manage spec §4.7): what a
/// credential store keeps under the key `oauth_token_…`, as JSON.
public struct AuthorizationGrant: Sendable, Equatable {
    /// What calls carry.
    public var accessToken: String
    /// What gets new tokens.
    public var refreshToken: String?
    /// When the access token expires, milliseconds since 1970; nil when that is not known.
    public var expiresAt: Int64?
    /// Where new tokens are fetched.
    public var tokenEndpoint: String
    /// What the tokens are for (RFC 8707).
    public var resource: String
    /// What they are good for; nil when that was not said.
    public var scope: String?
    /// The id by which the authorization server knows Covey.
    public var clientID: String
    /// The secret of that; nil for none.
    public var clientSecret: String?
    /// Whether the secret goes into the body of requests.
    public var sendsSecretInBody: Bool

    /// A grant from its parts.
    public init(
        accessToken: String, refreshToken: String?, expiresAt: Int64?, tokenEndpoint: String, resource: String,
        scope: String?, clientID: String, clientSecret: String?, sendsSecretInBody: Bool
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.expiresAt = expiresAt
        self.tokenEndpoint = tokenEndpoint
        self.resource = resource
        self.scope = scope
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.sendsSecretInBody = sendsSecretInBody
    }

    /// What is kept; nil for tokens that came otherwise.
    init?(_ kept: JSONObject, in entry: CredentialEntry) {
        guard let access = kept["access_token"]?.string, let endpoint = kept["token_endpoint"]?.string,
            let resource = kept["resource"]?.string, let client = kept["client_id"]?.string
        else { return nil }
        self.init(
            accessToken: access, refreshToken: kept["refresh_token"]?.string,
            expiresAt: ResolvedCredential.expiry(of: kept, since: entry.createdAt), tokenEndpoint: endpoint,
            resource: resource, scope: kept["scope"]?.string, clientID: client,
            clientSecret: kept["client_secret"]?.string, sendsSecretInBody: kept["client_secret_in_body"]?.bool == true)
    }

    /// What is kept of it.
    private var kept: JSONObject {
        var kept: JSONObject = [
            "access_token": .string(accessToken), "token_type": "Bearer", "token_endpoint": .string(tokenEndpoint),
            "resource": .string(resource), "client_id": .string(clientID),
        ]
        kept["refresh_token"] = refreshToken.map(JSONValue.string)
        kept["expires_at"] = expiresAt.map(JSONValue.integer)
        kept["scope"] = scope.map(JSONValue.string)
        kept["client_secret"] = clientSecret.map(JSONValue.string)
        if sendsSecretInBody { kept["client_secret_in_body"] = true }
        return kept
    }

    /// Keeps it, sealed, where the reference names it.
    ///
    /// - Throws: `Problem` 400 when there is no room; what writing throws.
    public func keep(for reference: CredentialReference, _ workspace: Workspace) throws {
        guard let place = reference.place else { return }
        try workspace.credentials.put(
            CredentialEntry(
                place: place, value: .plain(JSONValue.object(kept).jsonText), metadata: nil, createdAt: workspace.now))
    }

    /// Keeps it for a tool to whose server somebody has signed in: as the project's credential, or as the user's own.
    /// The tool or the user has a reference to it afterwards; one of this kind that was there is used again.
    ///
    /// - Parameters:
    ///   - user: Whose it is; nil for the project's.
    ///   - author: Who signed in.
    public func keep(for tool: Tool, of user: String?, by author: String, _ workspace: Workspace) throws {
        var known: CredentialReference?
        if let user {
            known = try CredentialReference.own(of: user, for: tool.id, workspace).map { CredentialReference($0) }
        } else {
            known = try tool.credentialReferenceId.flatMap { try workspace.get(CredentialReference.self, $0) }
        }
        var reference = CredentialReference(signedInTo: tool, user: user, by: author)
        if let known, known.place == reference.place {
            reference = known
        } else {
            // A user has one credential for a tool, and a project may use the same one for several.
            reference.id = user == nil ? workspace.makeID() : known?.id ?? workspace.makeID()
            try workspace.put(reference)
            if user != nil { try known?.letEntryGo(workspace) }
            if user == nil {
                var tool = tool
                tool.credentialReferenceId = reference.id
                try workspace.put(tool)
            }
        }
        try keep(for: reference, workspace)
    }
}

extension CredentialReference {
    /// The reference, without an id, to what signing in to a tool's server gives.
    fileprivate init(signedInTo tool: Tool, user: String?, by author: String) {
        self.init()
        name = user == nil ? tool.name : "\(tool.name) of one user"
        type = .keychain
        credentialStoreId = "keychain-default"
        // Ids of tools have no colon, so that no project's key is a user's of another tool.
        retrievalParams = ["key": .string("oauth_token_\(tool.id)" + (user.map { ":\($0)" } ?? ""))]
        toolId = tool.id
        userId = user
        createdBy = author
    }
}
