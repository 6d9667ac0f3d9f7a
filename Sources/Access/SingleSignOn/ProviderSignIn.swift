import Catalog
import Store

/// Whom a provider's word lets in.
extension People {
    /// Signs in whom a provider vouches for.
    ///
    /// Who is known to it by name is let in. Anybody else must have an address that it says is theirs: then an account
    /// of that address is theirs too, if nobody else can have made it and, where the provider is a tenant's own, if it
    /// belongs to that tenant and to no other: a tenant's provider speaks for its tenant alone.
    ///
    /// - Throws: 403.
    func admit(_ claims: IdentityClaims, by provider: OpenIDProvider, _ visitor: Visitor) async throws -> SignedIn {
        let now = self.now()
        let (token, id, accountID, memberID) = (SessionToken.make(), Self.makeID(), Self.makeID(), Self.makeID())
        // A tenant's provider and the operator's of the same name are two.
        let name = provider.tenant == nil ? provider.id : "sso:\(provider.id)"
        return try await store.writeAccess { [self] access in
            var account = try access.account(provider: name, subject: claims.subject)
            if account == nil {
                let email = try Self.address(claims, provider)
                if let known = try access.account(email: email) {
                    try access.requireLink(to: known, by: provider)
                    account = known
                } else {
                    account = try access.makeAccount(
                        accountID, email: email, claims, by: provider, isOpen: settings.signUp == .open, at: now)
                }
                if let account {
                    try access.insertIdentity(
                        provider: name, subject: claims.subject, account: account.id, at: now)
                    try access.append([
                        record(
                            "link-identity", by: account.id, means: "sso", tenant: provider.tenant, target: name,
                            visitor)
                    ])
                }
            }
            guard let account else { throw Self.closed }
            if let tenant = provider.tenant {
                try access.join(tenant, account, memberID, provider, at: now)
            }
            let session = try begin(token, id, of: account, access, visitor)
            try access.append([
                record(
                    "sign-in", by: account.id, means: "sso", tenant: provider.tenant ?? session.organization,
                    target: name, visitor)
            ])
            return SignedIn(token: token, session: session, account: account)
        }
    }

    /// The address that a provider says is somebody's. Throws 403.
    private static func address(_ claims: IdentityClaims, _ provider: OpenIDProvider) throws(Problem) -> String {
        guard let email = claims.email, claims.isVerified else {
            throw .refused(.forbidden, "EMAIL_NOT_VERIFIED", "The provider does not say that the address is yours")
        }
        try checkAddress(email)
        if let domain = provider.domain, !email.lowercased().hasSuffix("@\(domain)") {
            throw .refused(.forbidden, "EMAIL_OF_ANOTHER_DOMAIN", "The provider does not speak for this address")
        }
        return email
    }

    fileprivate static var closed: Problem {
        .refused(.forbidden, "SIGN_UP_CLOSED", "An invitation is needed to make an account")
    }
}

extension AccessTransaction {
    /// Throws 403 unless an account of the address may become the provider's person.
    fileprivate func requireLink(to account: Account, by provider: OpenIDProvider) throws {
        let tenants = try organizations(of: account.id).map(\.0.id)
        let isWithin = provider.tenant.map { tenants == [$0] } ?? true
        // Somebody may have made an account with another's address and wait for them behind a password.
        guard isWithin, account.isVerified || account.password == nil else {
            throw Problem.refused(
                .forbidden, "ACCOUNT_NOT_LINKED", "The address has an account that is signed in to otherwise")
        }
    }

    /// Makes the account of who comes for the first time. Throws 403 for who is not expected.
    fileprivate func makeAccount(
        _ id: String, email: String, _ claims: IdentityClaims, by provider: OpenIDProvider, isOpen: Bool, at now: Int64
    ) throws -> Account {
        let invitations = try openInvitations(to: email, at: now)
        let isExpected =
            if let tenant = provider.tenant {
                provider.provisions || invitations.contains { $0.tenant == tenant }
            } else {
                isOpen || !invitations.isEmpty
            }
        guard isExpected else { throw People.closed }
        let account = Account(
            id: id, email: email, name: claims.name ?? String(email.prefix { $0 != "@" }), image: claims.picture,
            isVerified: true, createdAt: now)
        try insert(account)
        return account
    }

    /// Makes who comes from a tenant's provider a member of it, by their invitation or because the provider may. Throws
    /// 403 for who is none and may not become one.
    fileprivate func join(
        _ tenant: String, _ account: Account, _ memberID: String, _ provider: OpenIDProvider, at now: Int64
    ) throws {
        if try member(account.id, of: tenant) != nil { return }
        _ = try lockOrganization(tenant)
        let invitation = try openInvitations(to: account.email, at: now).first { $0.tenant == tenant }
        guard provider.provisions || invitation != nil else { throw People.closed }
        let role = invitation?.role ?? .member
        try insert(OrganizationMember(id: memberID, tenant: tenant, account: account.id, role: role, createdAt: now))
        if let invitation {
            _ = try end(invitation, as: .accepted)
            if !role.isAdministrator {
                for (project, role) in invitation.assignments {
                    try setProjectRole(role, of: account.id, tenant: tenant, project: project, at: now)
                }
            }
        }
    }
}
