import Catalog
import Store

/// Who a caller of management is to themselves: the answer to `cli/me` (manage spec §3.8).
struct Identity: Sendable, Equatable {
    /// The person, or what acts in the place of one.
    let user: (id: String, email: String, name: String?)
    /// The tenant that they work in.
    let organization: (id: String, name: String, slug: String, role: String)

    /// The tenant of a request that names none.
    static let tenantDefault = "default"

    /// Who `caller` is in a tenant; nil when they belong to none.
    ///
    /// The secret and the development fallback are no people: they have no address and own every tenant
    /// (manage spec §3.1), and a tenant has no name beside its id.
    init?(_ caller: Caller, tenant: String) {
        guard caller.authority == .everything else { return nil }
        let tenant = caller.tenant ?? tenant
        user = (caller.means == "bypass" ? "system" : caller.means, "", nil)
        organization = (tenant, tenant, tenant, "owner")
    }

    /// A person in a tenant to which they belong.
    init(_ account: Account, in organization: Organization, as role: OrganizationRole) {
        user = (account.id, account.email, account.name.isEmpty ? nil : account.name)
        self.organization = (organization.id, organization.name, organization.id, role.rawValue)
    }

    /// As clients read it.
    var json: JSONValue {
        [
            "user": [
                "id": .string(user.id), "email": .string(user.email), "name": user.name.map(JSONValue.string) ?? .null,
            ],
            "organization": [
                "id": .string(organization.id), "name": .string(organization.name),
                "slug": .string(organization.slug), "role": .string(organization.role),
            ],
        ]
    }

    static func == (left: Identity, right: Identity) -> Bool { left.json == right.json }
}
