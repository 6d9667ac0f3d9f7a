public import Catalog

/// Where people of a tenant may sign in instead of here (OpenID Connect).
public struct IdentityProvider: Sendable, Equatable {
    /// The tenant.
    public let tenant: String
    /// The id, unique among all tenants'.
    public let id: String
    /// The domain of the addresses that it vouches for, in lower case.
    public var domain: String
    /// How it is spoken to; its secret sealed.
    public var document: JSONObject
    /// When it was made, milliseconds since 1970.
    public let createdAt: Int64

    /// A provider from its parts.
    public init(tenant: String, id: String, domain: String, document: JSONObject, createdAt: Int64) {
        self.tenant = tenant
        self.id = id
        self.domain = domain
        self.document = document
        self.createdAt = createdAt
    }
}

extension AccessTransaction {
    /// The provider; nil when there is none.
    public func identityProvider(_ id: String) throws -> IdentityProvider? {
        try connection.first(IdentityProviderSQL.find, [.text(id)]) { try $0.identityProvider }
    }

    /// The providers of a tenant, by age, at most 1,000.
    public func identityProviders(of tenant: String) throws -> [IdentityProvider] {
        try connection.rows(IdentityProviderSQL.ofTenant, [.text(tenant)]) { try $0.identityProvider }
    }

    /// The providers of a domain, by age, at most 1,000.
    public func identityProviders(domain: String) throws -> [IdentityProvider] {
        try connection.rows(IdentityProviderSQL.ofDomain, [.text(domain.lowercased())]) { try $0.identityProvider }
    }

    /// Makes a provider. Throws `StoreError.uniqueViolation` when there is one of its id.
    public func insert(_ provider: IdentityProvider) throws {
        try connection.execute(
            IdentityProviderSQL.insert, provider.values + [.integer(provider.createdAt)])
    }

    /// Keeps what is changed of a provider.
    public func update(_ provider: IdentityProvider) throws {
        try connection.execute(IdentityProviderSQL.update, provider.values)
    }

    /// Removes a provider. Who signed in by it keeps their account.
    public func remove(_ provider: IdentityProvider) throws {
        try connection.execute(IdentityProviderSQL.remove, [.text(provider.tenant), .text(provider.id)])
    }
}

extension IdentityProvider {
    fileprivate var values: [SQLValue] {
        [.text(tenant), .text(id), .text(domain), .utf8(JSONValue.object(document).jsonBytes)]
    }
}

extension Row {
    fileprivate var identityProvider: IdentityProvider {
        get throws {
            IdentityProvider(
                tenant: text(0), id: text(1), domain: text(2), document: try json(3)?.object ?? [:],
                createdAt: integer(4))
        }
    }
}

/// The statements on providers of identities.
private enum IdentityProviderSQL {
    static let columns = "tenant, id, domain, document, created_at"

    static let find = Statement("SELECT \(columns) FROM identity_provider WHERE id = $1")
    static let ofTenant = Statement(
        "SELECT \(columns) FROM identity_provider WHERE tenant = $1 ORDER BY created_at, id LIMIT 1000")
    static let ofDomain = Statement(
        "SELECT \(columns) FROM identity_provider WHERE domain = $1 ORDER BY created_at, id LIMIT 1000")
    static let insert = Statement("INSERT INTO identity_provider (\(columns)) VALUES ($1, $2, $3, $4, $5)")
    static let update = Statement(
        "UPDATE identity_provider SET domain = $3, document = $4 WHERE tenant = $1 AND id = $2")
    static let remove = Statement("DELETE FROM identity_provider WHERE tenant = $1 AND id = $2")
}
