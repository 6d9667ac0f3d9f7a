public import Catalog
import Cryptography
public import Store

/// The first people: how somebody gets in where nobody is yet (manage spec §3.5).
extension People {
    private static let setupPurpose = "setup"
    /// How long the link to set the server up is good, milliseconds.
    private static let setupMs: Int64 = 24 * 60 * 60_000

    /// Makes the first owner of the first tenant, unless there is somebody already.
    ///
    /// - Returns: Whether they were made.
    /// - Throws: 400 for a password that breaks the rules.
    public func bootstrap(email: String, password: String) async throws -> Bool {
        guard try await !hasAccounts() else { return false }
        let name = String(email.prefix { $0 != "@" })
        let wish = NewAccount(email: email, name: name, password: password)
        return try await makeFirst(wish, .operatorAtHome) { _ in } != nil
    }

    /// Whether anybody has an account.
    public func hasAccounts() async throws -> Bool { try await store.readAccess { try $0.hasAccounts() } }

    /// Where on the server the first owner makes their account, as a path with a query; good for a day and until there
    /// is somebody. Nil when there is somebody already. Of several processes each may print its own.
    public func makeSetupLink() async throws -> String? {
        let (now, token) = (self.now(), SessionToken.make())
        return try await store.writeAccess { [self] access -> String? in
            guard try !access.hasAccounts() else { return nil }
            try access.insert(
                Ticket(
                    purpose: Self.setupPurpose, digest: SessionToken.digest(token), subject: settings.tenant,
                    createdAt: now, expiresAt: now + Self.setupMs))
            return "/setup?token=\(token)"
        }
    }

    /// Makes the first owner by the link, and signs them in.
    ///
    /// - Throws: 400 when the link is not good or the password breaks the rules, 403 when there is somebody already.
    public func setUp(_ wish: NewAccount, by token: String, _ visitor: Visitor) async throws -> SignedIn {
        let (now, digest) = (self.now(), SessionToken.digest(token))
        let isGood = try await store.readAccess { try $0.ticket(Self.setupPurpose, digest, at: now) != nil }
        guard isGood else { throw Self.badToken }
        let made = try await makeFirst(wish, visitor) { access in
            guard try access.takeTicket(Self.setupPurpose, digest, at: now) != nil else { throw Self.badToken }
        }
        guard let made else { throw Problem.refused(.forbidden, "SETUP_DONE", "There is an account already") }
        return made
    }

    /// Makes the first account; nil when there is one.
    private func makeFirst(
        _ wish: NewAccount, _ visitor: Visitor, _ admit: @escaping @Sendable (AccessTransaction) throws -> Void
    ) async throws -> SignedIn? {
        try Self.checkAddress(wish.email)
        try PasswordRules.check(wish.password, email: wish.email, name: wish.name)
        let now = self.now()
        let account = Account(
            id: Self.makeID(), email: wish.email.trimmed, name: wish.name, isVerified: true,
            password: try await hash(wish.password), createdAt: now)
        let (token, id, member) = (SessionToken.make(), Self.makeID(), Self.makeID())
        return try await store.writeAccess { [self] access -> SignedIn? in
            try access.insert(Organization(id: settings.tenant, name: settings.tenant, createdAt: now))
            // Of several servers that start at once one goes on: the others wait here and then see the account.
            _ = try access.lockOrganization(settings.tenant)
            guard try !access.hasAccounts() else { return nil }
            try admit(access)
            try access.insert(account)
            try access.insert(
                OrganizationMember(
                    id: member, tenant: settings.tenant, account: account.id, role: .owner, createdAt: now))
            let session = try begin(token, id, of: account, access, visitor)
            try access.append([record("set-up", by: account.id, means: "operator", tenant: settings.tenant, visitor)])
            return SignedIn(token: token, session: session, account: account)
        }
    }

    /// Makes somebody a member of a tenant, with an account if they have none: for the operator.
    ///
    /// - Parameters:
    ///   - password: what they sign in with; nil leaves it as it is, or to a link that sets it.
    ///   - role: what they are in the tenant; nil leaves it as it is, and makes a new one a member.
    /// - Returns: The account, what it is in the tenant, and whether it was made.
    /// - Throws: 400, and 409 when the last owner would be one no more.
    public func admit(
        _ email: String, name: String?, password: String?, to tenant: String, as role: OrganizationRole?,
        _ visitor: Visitor = .operatorAtHome
    ) async throws -> (account: Account, role: OrganizationRole, isNew: Bool) {
        try Self.checkAddress(email)
        let name = name ?? String(email.trimmed.prefix { $0 != "@" })
        if let password { try PasswordRules.check(password, email: email, name: name) }
        let hash: String? = if let password { try await self.hash(password) } else { nil }
        let (now, id, member) = (self.now(), Self.makeID(), Self.makeID())
        return try await store.writeAccess { [self] access in
            try access.insert(Organization(id: tenant, name: tenant, createdAt: now))
            let known = try access.account(email: email)
            var account =
                known ?? Account(id: id, email: email.trimmed, name: name, isVerified: true, createdAt: now)
            if let hash { (account.password, account.updatedAt) = (hash, now) }
            if known == nil { try access.insert(account) } else if hash != nil { try access.update(account) }
            if known != nil, hash != nil { _ = try access.endSessions(of: account.id) }
            _ = try access.lockOrganization(tenant)
            var membership = OrganizationMember(
                id: member, tenant: tenant, account: account.id, role: role ?? .member, createdAt: now)
            if let old = try access.member(account.id, of: tenant) {
                membership = old
                if let role { try access.setRole(role, of: &membership) }
            } else {
                try access.insert(membership)
            }
            try access.append([
                record(
                    "admit-user", by: "operator", means: "operator", tenant: tenant, target: account.id, visitor)
            ])
            return (account, membership.role, known == nil)
        }
    }

    /// Sets the password of an account and ends its sessions: for the operator. Throws 404 and 400.
    public func setPassword(of email: String, to password: String) async throws {
        guard let known = try await store.readAccess({ try $0.account(email: email) }) else {
            throw Problem.notFound("User")
        }
        try PasswordRules.check(password, email: known.email, name: known.name)
        let (now, hash) = (self.now(), try await hash(password))
        try await store.writeAccess { [self] access in
            guard var account = try access.account(known.id) else { throw Problem.notFound("User") }
            (account.password, account.updatedAt) = (hash, now)
            try access.update(account)
            try access.forgetAttempts(LockOut.name("account", Account.key(account.email)))
            _ = try access.endSessions(of: account.id)
            let tenant = try access.organizations(of: account.id).first?.0.id
            try access.append([
                record(
                    "set-password", by: "operator", means: "operator", tenant: tenant, target: account.id,
                    .operatorAtHome)
            ])
        }
    }

    /// All accounts, by address, with the tenants to which they belong.
    public func everybody() async throws -> [(account: Account, memberships: [OrganizationMember])] {
        try await store.readAccess { access in
            try access.accounts().map { account in
                (account, try access.organizations(of: account.id).map(\.1))
            }
        }
    }

    /// The members of a tenant, of longest first.
    public func members(of tenant: String) async throws -> [(member: OrganizationMember, account: Account)] {
        try await store.readAccess { try $0.members(of: tenant).map { (member: $0.0, account: $0.1) } }
    }
}
