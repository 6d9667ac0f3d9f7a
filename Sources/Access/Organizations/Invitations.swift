public import Catalog
import Cryptography
import Domain
public import Store

/// Becoming a member of a tenant (manage spec §3.5, §3.8).
extension People {
    /// How long an invitation is good, milliseconds.
    static let invitationMs: Int64 = 7 * 24 * 60 * 60_000
    /// Addresses that are invited at once.
    public static let invitedMax = 50

    /// Who is to be invited.
    public struct InvitationWish: Sendable {
        /// As what.
        public let role: OrganizationRole
        /// How they are to sign in; nil for any way.
        public let method: String?
        /// The roles in projects that come with it, for members.
        public let assignments: [(project: String, role: ProjectRole)]

        /// A wish from its parts.
        public init(
            role: OrganizationRole, method: String? = nil,
            assignments: [(project: String, role: ProjectRole)] = []
        ) {
            self.role = role
            self.method = method
            self.assignments = assignments
        }
    }

    /// Invites somebody. An earlier invitation of theirs to the tenant is cancelled.
    ///
    /// - Parameter inviter: the account that invites, or the operator's name.
    /// - Throws: 400 for what is no address, 403 for owners by who is none, 409 for who is a member already.
    public func invite(
        _ email: String, to tenant: String, _ wish: InvitationWish, by actor: Actor, _ visitor: Visitor
    ) async throws -> Invitation {
        try Self.checkAddress(email)
        try actor.require(for: wish.role)
        let now = self.now()
        let invitation = Invitation(
            id: Self.makeID(), tenant: tenant, email: email.trimmed, role: wish.role, method: wish.method,
            assignments: wish.assignments, inviter: actor.name, createdAt: now, expiresAt: now + Self.invitationMs)
        return try await store.writeAccess { [self] access in
            try access.insert(Organization(id: tenant, name: tenant, createdAt: now))
            _ = try access.lockOrganization(tenant)
            if let known = try access.account(email: email), try access.member(known.id, of: tenant) != nil {
                throw Problem.refused(
                    .conflict, "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION", "already a member")
            }
            for earlier in try access.openInvitations(to: email, at: now) where earlier.tenant == tenant {
                _ = try access.end(earlier, as: .canceled)
            }
            try access.insert(invitation)
            try access.append([
                record(
                    "invite-member", by: actor.name, means: actor.means, tenant: tenant,
                    target: "\(invitation.id) \(wish.role.rawValue)", visitor)
            ])
            return invitation
        }
    }

    /// Where somebody accepts an invitation.
    public func link(_ invitation: Invitation) -> String {
        "\(linkURL)/accept-invitation/\(invitation.id)?email=\(PercentCoding.component(invitation.email))"
    }

    /// An invitation with what its page shows; nil unless id and address are those of an open one: who does not have
    /// the link learns nothing, not even that it was wrong in one of the two (manage spec §7.34).
    public func verifyInvitation(
        _ id: String, email: String
    ) async throws -> (invitation: Invitation, organization: Organization, hasAccount: Bool)? {
        let now = self.now()
        return try await store.readAccess { access in
            guard let invitation = try access.invitation(id), invitation.isOpen(at: now),
                ConstantTime.areEqual(Account.key(invitation.email), Account.key(email)),
                let organization = try access.organization(invitation.tenant)
            else { return nil }
            return (invitation, organization, try access.account(email: email) != nil)
        }
    }

    /// The open invitations to a person's own address. Who only says that an address is theirs is shown none.
    public func pendingInvitations(
        of person: SignedIn
    ) async throws -> [(invitation: Invitation, organization: Organization)] {
        guard person.account.isVerified else { return [] }
        let now = self.now()
        return try await store.readAccess { access in
            try access.openInvitations(to: person.account.email, at: now).compactMap { invitation in
                try access.organization(invitation.tenant).map { (invitation, $0) }
            }
        }
    }

    /// The invitations of a tenant, newest first.
    public func invitations(of tenant: String) async throws -> [Invitation] {
        try await store.readAccess { try $0.invitations(of: tenant) }
    }

    /// The invitation that is a person's own, for their eyes. Throws 404.
    public func invitation(_ id: String, of person: SignedIn) async throws -> (Invitation, Organization) {
        try await store.readAccess { access in
            guard let invitation = try access.invitation(id),
                Account.key(invitation.email) == Account.key(person.account.email),
                let organization = try access.organization(invitation.tenant)
            else { throw Self.noInvitation }
            return (invitation, organization)
        }
    }

    /// An invitation of a tenant. Throws 404.
    public func invitation(_ id: String, of tenant: String) async throws -> Invitation {
        try await store.readAccess { access in
            guard let invitation = try access.invitation(id), invitation.tenant == tenant else {
                throw Self.noInvitation
            }
            return invitation
        }
    }

    private static var noInvitation: Problem {
        .refused(.notFound, "INVITATION_NOT_FOUND", "Invitation not found")
    }

    /// A person accepts an invitation to their address and is a member, with the roles that come with it.
    ///
    /// - Throws: 404 when it is not theirs, or good no more.
    public func acceptInvitation(
        _ id: String, by person: SignedIn, _ visitor: Visitor
    ) async throws -> (Invitation, OrganizationMember) {
        let (now, memberID) = (self.now(), Self.makeID())
        return try await store.writeAccess { [self] access in
            let (invitation, account) = try access.own(id, person, at: now)
            _ = try access.lockOrganization(invitation.tenant)
            guard try access.end(invitation, as: .accepted) else { throw Self.noInvitation }
            let member = OrganizationMember(
                id: memberID, tenant: invitation.tenant, account: account.id, role: invitation.role, createdAt: now)
            try access.insert(member)
            if !invitation.role.isAdministrator {
                for (project, role) in invitation.assignments {
                    try access.setProjectRole(
                        role, of: account.id, tenant: invitation.tenant, project: project, at: now)
                }
            }
            // Who has the link has it from who knows them.
            if !account.isVerified {
                var verified = account
                (verified.isVerified, verified.updatedAt) = (true, now)
                try access.update(verified)
            }
            var session = person.session
            session.organization = invitation.tenant
            try access.update(session)
            try access.append([
                record(
                    "accept-invitation", by: account.id, tenant: invitation.tenant, target: invitation.id, visitor)
            ])
            return (invitation, member)
        }
    }

    /// A person declines an invitation to their address. Throws 404.
    public func rejectInvitation(_ id: String, by person: SignedIn, _ visitor: Visitor) async throws -> Invitation {
        let now = self.now()
        return try await store.writeAccess { [self] access in
            var (invitation, account) = try access.own(id, person, at: now)
            guard try access.end(invitation, as: .rejected) else { throw Self.noInvitation }
            invitation.status = .rejected
            try access.append([
                record(
                    "reject-invitation", by: account.id, tenant: invitation.tenant, target: invitation.id, visitor)
            ])
            return invitation
        }
    }

    /// An administrator takes an invitation back. Throws 404.
    public func cancelInvitation(
        _ id: String, of tenant: String, by actor: Actor, _ visitor: Visitor
    ) async throws -> Invitation {
        try await store.writeAccess { [self] access in
            guard var invitation = try access.invitation(id), invitation.tenant == tenant,
                try access.end(invitation, as: .canceled)
            else { throw Self.noInvitation }
            invitation.status = .canceled
            try access.append([
                record(
                    "cancel-invitation", by: actor.name, means: actor.means, tenant: tenant, target: invitation.id,
                    visitor)
            ])
            return invitation
        }
    }

    /// The tenant of an invitation; nil when there is none.
    public func tenant(ofInvitation id: String) async throws -> String? {
        try await store.readAccess { try $0.invitation(id)?.tenant }
    }

    // MARK: Profiles

    /// Changes what a person says of themselves; nil leaves it.
    ///
    /// - Parameter timezone: an IANA name, or an empty text for none.
    public func updateProfile(
        of account: String, timezone: String?, attributes: JSONValue?
    ) async throws -> Account {
        let now = self.now()
        return try await store.writeAccess { access in
            guard var account = try access.account(account) else { throw Problem.notFound("User") }
            if let timezone { account.timezone = timezone.isEmpty ? nil : timezone }
            if let attributes { account.attributes = attributes }
            account.updatedAt = now
            try access.update(account)
            return account
        }
    }

    /// The account of an id; nil when there is none.
    public func account(_ id: String) async throws -> Account? { try await store.readAccess { try $0.account(id) } }
}

extension AccessTransaction {
    /// The open invitation that is a person's own, and their account. Throws 404.
    fileprivate func own(_ id: String, _ person: SignedIn, at now: Int64) throws -> (Invitation, Account) {
        guard let invitation = try invitation(id), invitation.isOpen(at: now),
            let account = try account(person.account.id), Account.key(invitation.email) == Account.key(account.email)
        else { throw Problem.refused(.notFound, "INVITATION_NOT_FOUND", "Invitation not found") }
        return (invitation, account)
    }
}
