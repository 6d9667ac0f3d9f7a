import Catalog
import Cryptography
import Outbound
public import Store

/// The providers of identities of tenants (manage spec §3.3).
extension People {
    /// How a tenant's provider is to be spoken to.
    public struct ProviderWish: Sendable {
        /// The name in paths.
        public let id: String
        /// The domain for whose addresses it vouches.
        public let domain: String
        /// The issuer.
        public let issuer: String
        /// The client's id.
        public let clientID: String
        /// The client's secret.
        public let clientSecret: String
        /// What is asked for; nil for who somebody is and their address.
        public let scopes: [String]?
        /// Whether who comes from it becomes a member without an invitation.
        public let provisions: Bool

        /// A wish from its parts.
        public init(
            id: String, domain: String, issuer: String, clientID: String, clientSecret: String, scopes: [String]?,
            provisions: Bool
        ) {
            self.id = id
            self.domain = domain
            self.issuer = issuer
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.scopes = scopes
            self.provisions = provisions
        }
    }

    /// What is to be changed of a provider; nil leaves it.
    public struct ProviderChange: Sendable {
        /// The domain.
        public var domain: String?
        /// The issuer.
        public var issuer: String?
        /// The client's id.
        public var clientID: String?
        /// The client's secret.
        public var clientSecret: String?
        /// What is asked for.
        public var scopes: [String]?
        /// Whether who comes from it becomes a member without an invitation.
        public var provisions: Bool?

        /// A change of nothing.
        public init() {}
    }

    private static func context(_ tenant: String, _ id: String) -> [String] { ["identity-provider", tenant, id] }

    private static var noProvider: Problem {
        .refused(.notFound, "NO_PROVIDER_FOUND", "No identity provider found")
    }

    /// Registers a provider of a tenant. Owners alone do: it can sign in as everybody of the tenant.
    ///
    /// - Throws: 400, 403, 409 when the name is taken, 502 when the issuer does not describe itself.
    public func registerProvider(
        _ wish: ProviderWish, of tenant: String, by actor: Actor, _ visitor: Visitor
    ) async throws -> IdentityProvider {
        try actor.require(for: .owner)
        try await requireIssuer(wish.issuer)
        let now = self.now()
        var change = ProviderChange()
        change.domain = wish.domain
        change.issuer = wish.issuer
        change.clientID = wish.clientID
        change.clientSecret = wish.clientSecret
        change.scopes = wish.scopes
        change.provisions = wish.provisions
        var provider = IdentityProvider(tenant: tenant, id: wish.id, domain: "", document: [:], createdAt: now)
        try apply(change, to: &provider)
        let made = provider
        return try await store.writeAccess { [self] access in
            try access.insert(Organization(id: tenant, name: tenant, createdAt: now))
            if try access.identityProvider(made.id) != nil {
                throw Problem.refused(.conflict, "PROVIDER_EXISTS", "There is a provider of this id")
            }
            try access.insert(made)
            try access.append([
                record(
                    "register-provider", by: actor.name, means: actor.means, tenant: tenant, target: made.id, visitor)
            ])
            return made
        }
    }

    /// Changes a provider. Throws as `registerProvider`, and 404.
    public func updateProvider(
        _ id: String, _ change: ProviderChange, of tenant: String, by actor: Actor, _ visitor: Visitor
    ) async throws -> IdentityProvider {
        try actor.require(for: .owner)
        if let issuer = change.issuer { try await requireIssuer(issuer) }
        return try await store.writeAccess { [self] access in
            guard var provider = try access.identityProvider(id), provider.tenant == tenant else {
                throw Self.noProvider
            }
            try apply(change, to: &provider)
            try access.update(provider)
            try access.append([
                record("update-provider", by: actor.name, means: actor.means, tenant: tenant, target: id, visitor)
            ])
            return provider
        }
    }

    /// Removes a provider. Throws 403 and 404.
    public func removeProvider(_ id: String, of tenant: String, by actor: Actor, _ visitor: Visitor) async throws {
        try actor.require(for: .owner)
        try await store.writeAccess { [self] access in
            guard let provider = try access.identityProvider(id), provider.tenant == tenant else {
                throw Self.noProvider
            }
            try access.remove(provider)
            try access.append([
                record("delete-provider", by: actor.name, means: actor.means, tenant: tenant, target: id, visitor)
            ])
        }
    }

    /// The providers of a tenant, by age.
    public func providers(of tenant: String) async throws -> [IdentityProvider] {
        try await store.readAccess { try $0.identityProviders(of: tenant) }
    }

    private func requireIssuer(_ issuer: String) async throws {
        guard HTTPRequest.isConfidential(issuer) else {
            throw Problem.refused(.badRequest, "INVALID_ISSUER", "The issuer must be an https address")
        }
        _ = try await documents.metadata(of: issuer)
    }

    private func apply(_ change: ProviderChange, to provider: inout IdentityProvider) throws(Problem) {
        if let domain = change.domain?.lowercased().trimmed {
            guard domain.contains("."), !domain.contains("@"), domain.utf8.count <= 255 else {
                throw .refused(.badRequest, "INVALID_DOMAIN", "The domain must be that of e-mail addresses")
            }
            provider.domain = domain
        }
        if let issuer = change.issuer { provider.document["issuer"] = .string(issuer) }
        if let id = change.clientID { provider.document["clientId"] = .string(id) }
        if let secret = change.clientSecret {
            let sealed = keyring.seal(secret, in: Self.context(provider.tenant, provider.id))
            provider.document["clientSecret"] = .string(sealed)
        }
        if let scopes = change.scopes { provider.document["scopes"] = .array(scopes.map(JSONValue.string)) }
        if let provisions = change.provisions { provider.document["autoProvision"] = .bool(provisions) }
    }

    // MARK: Going there

    /// Which provider somebody means.
    public enum ProviderChoice: Sendable {
        /// The one of this name.
        case id(String)
        /// That of the domain of an address.
        case email(String)
        /// That of a domain.
        case domain(String)
        /// That of a tenant.
        case organization(String)
    }

    /// Sends somebody to a tenant's provider. Throws 404 and 502.
    public func departToProvider(
        _ choice: ProviderChoice, callback: String, failure: String
    ) async throws -> Departure {
        let found = try await store.readAccess { access -> IdentityProvider? in
            switch choice {
            case .id(let id): try access.identityProvider(id)
            case .email(let email):
                try access.identityProviders(domain: email.split(separator: "@").last.map(String.init) ?? "").first
            case .domain(let domain): try access.identityProviders(domain: domain).first
            case .organization(let tenant): try access.identityProviders(of: tenant).first
            }
        }
        guard let found else { throw Self.noProvider }
        var hint: String?
        if case .email(let email) = choice { hint = email }
        return try await depart(to: try opened(found), callback: callback, failure: failure, hint: hint)
    }

    /// Sends somebody to a provider of the operator's. Throws 404 and 502.
    public func departToSocial(_ name: String, callback: String, failure: String) async throws -> Departure {
        try await depart(to: try social(name), callback: callback, failure: failure, hint: nil)
    }

    func social(_ name: String) throws(Problem) -> OpenIDProvider {
        guard let provider = settings.socialProviders.first(where: { $0.name == name }) else { throw Self.noProvider }
        return OpenIDProvider(
            id: provider.name, tenant: nil, issuer: provider.issuer, clientID: provider.clientID,
            clientSecret: provider.clientSecret, scopes: OpenIDProvider.scopesDefault, domain: nil, provisions: false)
    }

    func singleSignOn(_ id: String) async throws -> OpenIDProvider {
        guard let found = try await store.readAccess({ try $0.identityProvider(id) }) else { throw Self.noProvider }
        return try opened(found)
    }

    private func opened(_ provider: IdentityProvider) throws -> OpenIDProvider {
        let document = provider.document
        let secret = try document["clientSecret"]?.string.map {
            try keyring.open($0, in: Self.context(provider.tenant, provider.id))
        }
        return OpenIDProvider(
            id: provider.id, tenant: provider.tenant, issuer: document["issuer"]?.string ?? "",
            clientID: document["clientId"]?.string ?? "", clientSecret: secret ?? "",
            scopes: document["scopes"]?.array?.compactMap(\.string) ?? OpenIDProvider.scopesDefault,
            domain: provider.domain, provisions: document["autoProvision"]?.bool ?? false)
    }
}
