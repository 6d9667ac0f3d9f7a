import Catalog
import Cryptography
public import Store

/// That somebody has just signed in.
public struct SignedIn: Sendable, Equatable {
    /// The token, which is nowhere else.
    public let token: String
    /// The session.
    public let session: AccountSession
    /// Who.
    public let account: Account
}

/// Whoever wants an account.
public struct NewAccount: Sendable {
    /// The address.
    public let email: String
    /// The name.
    public let name: String
    /// The password.
    public let password: String
    /// The invitation that lets them; nil for none.
    public let invitation: String?

    /// A wish from its parts.
    public init(email: String, name: String, password: String, invitation: String? = nil) {
        self.email = email
        self.name = name
        self.password = password
        self.invitation = invitation
    }
}

extension People {
    // MARK: Signing up and in

    /// Makes an account and signs it in. Who was invited becomes a member when they accept the invitation.
    ///
    /// - Throws: 403 when there is neither an invitation nor open signing up, 422 when the address has an account, 400
    ///   for a password that breaks the rules, 429.
    public func signUp(_ wish: NewAccount, _ visitor: Visitor) async throws -> SignedIn {
        try Self.checkAddress(wish.email)
        let now = self.now()
        let address = LockOut.name("sign-up", from: visitor).map { (name: $0, rule: LockOut.making) }
        // The invitation's id is the proof: whoever only knows an invited address must not get ahead of its owner.
        let isInvited = try await store.writeAccess(.process) { access in
            try access.reserve(nil, address, at: now)
            return try access.isInvited(wish, at: now)
        }
        guard isInvited || settings.signUp == .open else {
            try await refuse("sign-up", by: "unknown", tenant: nil, visitor)
            throw Problem.refused(.forbidden, "SIGN_UP_CLOSED", "An invitation is needed to make an account")
        }
        try PasswordRules.check(wish.password, email: wish.email, name: wish.name)
        let account = Account(
            id: Self.makeID(), email: wish.email.trimmed, name: wish.name, isVerified: isInvited,
            password: try await hash(wish.password), createdAt: now)
        let (token, id) = (SessionToken.make(), Self.makeID())
        return try await store.writeAccess { [self] access in
            if try access.account(email: account.email) != nil {
                throw Problem.refused(
                    .unprocessableEntity, "USER_ALREADY_EXISTS", "There is an account with this e-mail address")
            }
            try access.insert(account)
            let session = try begin(token, id, of: account, access, visitor)
            try access.append([record("sign-up", by: account.id, tenant: nil, visitor)])
            return SignedIn(token: token, session: session, account: account)
        }
    }

    /// Signs somebody in by their password. Address and password are refused alike, after the same work.
    ///
    /// - Throws: 401, 429 while the account or the client's address is locked, 503.
    public func signIn(email: String, password: String, _ visitor: Visitor) async throws -> SignedIn {
        let now = self.now()
        let attempt = (name: LockOut.name("account", Account.key(email)), rule: LockOut.account)
        let address = LockOut.name("sign-in", from: visitor).map { (name: $0, rule: LockOut.address) }
        let known = try await store.writeAccess(.process) { access in
            try access.reserve(attempt, address, at: now)
            return try access.account(email: email)
        }
        guard try await matches(known?.password, password), let known else {
            try await refuse("sign-in", by: known?.id ?? "unknown", tenant: try await home(of: known), visitor)
            throw Problem.refused(.unauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
        }
        let (token, id) = (SessionToken.make(), Self.makeID())
        return try await store.writeAccess { [self] access in
            // The password may have been changed while it was looked at.
            guard try access.account(known.id)?.password == known.password else {
                throw Problem.refused(.unauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
            }
            try access.forgetAttempts(attempt.name)
            if let address { try access.releaseAttempt(address.name) }
            try access.removeExpired(at: now)
            let session = try begin(token, id, of: known, access, visitor)
            try access.append([record("sign-in", by: known.id, tenant: session.organization, visitor)])
            return SignedIn(token: token, session: session, account: known)
        }
    }

    /// Begins a session in a job.
    func begin(
        _ token: String, _ id: String, of account: Account, _ access: AccessTransaction, _ visitor: Visitor
    ) throws -> AccountSession {
        let now = self.now()
        let session = AccountSession(
            digest: SessionToken.digest(token), id: id, account: account.id,
            organization: try access.organizations(of: account.id).first?.0.id,
            address: visitor.address.isEmpty ? nil : visitor.address, agent: visitor.agent, createdAt: now,
            expiresAt: now + Self.sessionMs)
        try access.insert(session)
        return session
    }

    // MARK: Passwords

    /// Changes somebody's password, who says the one that they have.
    ///
    /// - Parameter others: whether all other sessions end.
    /// - Throws: 400 when it is not theirs or the new one breaks the rules, 429.
    public func changePassword(
        of person: SignedIn, from old: String, to new: String, endingOthers others: Bool, _ visitor: Visitor
    ) async throws -> Account {
        let now = self.now()
        let attempt = (name: LockOut.name("account", Account.key(person.account.email)), rule: LockOut.account)
        try await store.writeAccess(.process) { try $0.reserve(attempt, nil, at: now) }
        guard try await matches(person.account.password, old) else {
            try await refuse("change-password", by: person.account.id, tenant: person.session.organization, visitor)
            throw Problem.refused(.badRequest, "INVALID_PASSWORD", "Invalid password")
        }
        try PasswordRules.check(new, email: person.account.email, name: person.account.name)
        let hash = try await hash(new)
        return try await store.writeAccess { [self] access in
            guard var account = try access.account(person.account.id), account.password == person.account.password
            else { throw Problem.refused(.badRequest, "INVALID_PASSWORD", "Invalid password") }
            (account.password, account.updatedAt) = (hash, now)
            try access.update(account)
            try access.forgetAttempts(attempt.name)
            try access.removeTickets(Self.resetPurpose, of: account.id)
            if others { _ = try access.endSessions(of: account.id, except: person.session.digest) }
            try access.append([
                record("change-password", by: account.id, tenant: person.session.organization, visitor)
            ])
            return account
        }
    }

    /// Notes that somebody asks for a link to set a password. Links are made by administrators, who see it in the
    /// audit: Covey sends no mail. Whether there is such an account is not told. Throws 429.
    public func requestPasswordReset(email: String, _ visitor: Visitor) async throws {
        let now = self.now()
        let attempt = (name: LockOut.name("reset", Account.key(email)), rule: LockOut.reset)
        let address = LockOut.name("reset", from: visitor).map { (name: $0, rule: LockOut.address) }
        try await store.writeAccess { [self] access in
            try access.reserve(attempt, address, at: now)
            guard let account = try access.account(email: email) else { return }
            let tenant = try access.organizations(of: account.id).first?.0.id
            try access.append([
                record("request-password-reset", by: account.id, means: "anonymous", tenant: tenant, visitor)
            ])
        }
    }

    static let resetPurpose = "password-reset"
    /// How long a link to set a password is good, milliseconds (manage spec §3.4).
    static let resetMs: Int64 = 30 * 60_000

    /// Makes a link by which the person of an address sets a password. An administrator of a tenant makes it only for
    /// people all of whose tenants they administer: with the link one is that person everywhere.
    ///
    /// - Parameter maker: the account that makes it; nil for the operator.
    /// - Throws: 404 when nobody of the tenant has the address, 403.
    public func passwordLink(
        for email: String, of tenant: String, by maker: String?, _ visitor: Visitor
    ) async throws -> String {
        let (now, token) = (self.now(), SessionToken.make())
        return try await store.writeAccess { [self] access in
            guard let account = try access.account(email: email), try access.member(account.id, of: tenant) != nil
            else { throw Problem.refused(.notFound, "USER_NOT_FOUND", "User not found") }
            if let maker { try access.requirePower(of: maker, over: account.id) }
            try access.removeTickets(Self.resetPurpose, of: account.id)
            try access.insert(
                Ticket(
                    purpose: Self.resetPurpose, digest: SessionToken.digest(token), subject: account.id, createdAt: now,
                    expiresAt: now + Self.resetMs))
            let means = maker == nil ? "operator" : "session"
            try access.append([
                record(
                    "make-password-link", by: maker ?? "operator", means: means, tenant: tenant, target: account.id,
                    visitor)
            ])
            return "\(linkURL)/reset-password?token=\(token)"
        }
    }

    /// Sets a password by a link, which is good once, and ends all sessions of the account.
    ///
    /// - Throws: 400 when the link is not good, or the password breaks the rules.
    public func resetPassword(by token: String, to new: String, _ visitor: Visitor) async throws {
        let (now, digest) = (self.now(), SessionToken.digest(token))
        let known = try await store.readAccess { access -> Account? in
            try access.ticket(Self.resetPurpose, digest, at: now)?.subject.flatMap { try access.account($0) }
        }
        guard let known else { throw Self.badToken }
        try PasswordRules.check(new, email: known.email, name: known.name)
        let hash = try await hash(new)
        try await store.writeAccess { [self] access in
            guard try access.takeTicket(Self.resetPurpose, digest, at: now) != nil,
                var account = try access.account(known.id)
            else { throw Self.badToken }
            (account.password, account.updatedAt) = (hash, now)
            try access.update(account)
            try access.forgetAttempts(LockOut.name("account", Account.key(account.email)))
            _ = try access.endSessions(of: account.id)
            let tenant = try access.organizations(of: account.id).first?.0.id
            try access.append([record("reset-password", by: account.id, means: "link", tenant: tenant, visitor)])
        }
    }

    static var badToken: Problem { .refused(.badRequest, "INVALID_TOKEN", "Invalid token") }

    // MARK: Small things

    /// A new id.
    static func makeID() -> String { Random.alphanumerics(SessionToken.length) }

    /// Throws 400 unless a text can be an address: something, an `@`, a host.
    static func checkAddress(_ email: String) throws(Problem) {
        let parts = email.trimmed.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = !email.trimmed.unicodeScalars.contains { $0.properties.isWhitespace || $0.value < 0x20 }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, email.utf8.count <= 320, isPlain else {
            throw .refused(.badRequest, "INVALID_EMAIL", "Invalid email")
        }
    }

    /// Puts a refusal on record, which must be there before anybody tries again.
    func refuse(
        _ action: String, by actor: String, tenant: String?, target: String = "", _ visitor: Visitor
    ) async throws {
        let means = actor == "unknown" ? "unknown" : "password"
        try await store.append([
            record(action, by: actor, means: means, tenant: tenant, target: target, outcome: .refused, visitor)
        ])
    }

    /// The tenant in which somebody's doings are put on record; nil when they belong to none.
    private func home(of account: Account?) async throws -> String? {
        guard let account else { return nil }
        return try await store.readAccess { try $0.organizations(of: account.id).first?.0.id }
    }
}

extension AccessTransaction {
    /// Whether the invitation that somebody names is theirs and open.
    fileprivate func isInvited(_ wish: NewAccount, at now: Int64) throws -> Bool {
        guard let id = wish.invitation, let invitation = try invitation(id) else { return false }
        return invitation.isOpen(at: now) && Account.key(invitation.email) == Account.key(wish.email)
    }

    /// Throws 403 unless `maker` administers every tenant to which an account belongs, and owns those that it owns.
    func requirePower(of maker: String, over account: String) throws {
        for (organization, member) in try organizations(of: account) {
            let role = try self.member(maker, of: organization.id)?.role
            guard role == .owner || (role == .admin && member.role != .owner) else {
                throw Problem.refused(
                    .forbidden, "NOT_ALLOWED", "Only who administers every organization of a person may do this")
            }
        }
    }
}
