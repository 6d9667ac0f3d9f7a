public import Catalog
import Store

extension People {
    /// The ways in which somebody of an address may sign in, by organisation, as the page of signing in reads them. It
    /// follows from the domain of the address alone.
    public func waysIn(_ email: String) async throws -> [JSONValue] {
        let domain = email.trimmed.split(separator: "@").last.map { $0.lowercased() } ?? ""
        let (home, providers) = try await store.readAccess { [self] access in
            let providers = try access.identityProviders(domain: domain).compactMap { provider in
                try access.organization(provider.tenant).map { (provider, $0) }
            }
            return (try access.organization(settings.tenant)?.name ?? settings.tenant, providers)
        }
        let social = settings.socialProviders.map { ["method": .string($0.name)] as JSONValue }
        let own: JSONValue = [
            "organizationId": .string(settings.tenant), "organizationName": .string(home),
            "methods": .array([["method": "email-password"]] + social),
        ]
        return [own]
            + providers.map { provider, organization in
                [
                    "organizationId": .string(organization.id), "organizationName": .string(organization.name),
                    "methods": [
                        [
                            "method": "sso", "providerId": .string(provider.id), "providerType": "oidc",
                            "displayName": .string(provider.id),
                        ]
                    ],
                ]
            }
    }
}
