public import Catalog
import Domain
public import Store

/// An organisation with all who belong to it.
public struct FullOrganization: Sendable {
    /// The organisation.
    public let organization: Organization
    /// Its members, of longest first.
    public let members: [(member: OrganizationMember, account: Account)]
    /// Its invitations, newest first.
    public let invitations: [Invitation]
}

extension People {
    /// An organisation as its members see it. Throws 404.
    public func fullOrganization(_ tenant: String, membersLimit: Int) async throws -> FullOrganization {
        try await store.readAccess { access in
            guard let organization = try access.organization(tenant) else { throw Self.noOrganization }
            return FullOrganization(
                organization: organization,
                members: try access.members(of: tenant, limit: membersLimit).map { (member: $0.0, account: $0.1) },
                invitations: try access.invitations(of: tenant))
        }
    }

    private static var noOrganization: Problem {
        .refused(.notFound, "ORGANIZATION_NOT_FOUND", "Organization not found")
    }

    /// The organisations to which an account belongs, the one of longest first.
    public func organizations(
        of account: String
    ) async throws -> [(organization: Organization, member: OrganizationMember)] {
        try await store.readAccess { try $0.organizations(of: account).map { (organization: $0.0, member: $0.1) } }
    }

    /// The tenant in which a person works where a request names none is from now on another.
    public func setActive(_ tenant: String?, for person: SignedIn) async throws -> Organization? {
        var session = person.session
        session.organization = tenant
        let changed = session
        return try await store.writeAccess { access in
            try access.update(changed)
            return try tenant.flatMap { try access.organization($0) }
        }
    }

    /// Somebody's membership of a tenant. Throws 404.
    public func member(_ account: String, of tenant: String) async throws -> (OrganizationMember, Account) {
        try await store.readAccess { access in
            guard let member = try access.member(account, of: tenant), let account = try access.account(account) else {
                throw Self.noMember
            }
            return (member, account)
        }
    }

    private static var noMember: Problem { .refused(.notFound, "MEMBER_NOT_FOUND", "Member not found") }

    /// What may be changed of an organisation; nil leaves it.
    public struct OrganizationChange: Sendable {
        /// The name.
        public var name: String?
        /// The address of a picture.
        public var logo: String?
        /// What clients keep with it.
        public var metadata: JSONValue?
        /// Settings to set; null takes one away.
        public var settings: JSONObject = [:]

        /// A change of nothing.
        public init() {}
    }

    /// Changes an organisation. Throws 404.
    public func updateOrganization(
        _ tenant: String, _ change: OrganizationChange, by actor: Actor, _ visitor: Visitor
    ) async throws -> Organization {
        let now = self.now()
        return try await store.writeAccess { [self] access in
            // A tenant of machines alone has no row until somebody wants to call it something.
            try access.insert(Organization(id: tenant, name: tenant, createdAt: now))
            _ = try access.lockOrganization(tenant)
            guard var organization = try access.organization(tenant) else { throw Self.noOrganization }
            organization.name = change.name ?? organization.name
            organization.logo = change.logo ?? organization.logo
            organization.metadata = change.metadata ?? organization.metadata
            for (name, value) in change.settings { organization.settings[name] = value.isNull ? nil : value }
            try access.update(organization)
            try access.append([
                record("update-organization", by: actor.name, means: actor.means, tenant: tenant, visitor)
            ])
            return organization
        }
    }

    // MARK: Members

    /// Who administers a tenant: a person, or the operator.
    public struct Actor: Sendable {
        /// The name on record.
        public let name: String
        /// The kind of credential.
        public let means: String
        /// Whether they may do what owners alone may: everything about owners.
        public let isOwner: Bool

        /// An actor from its parts.
        public init(name: String, means: String, isOwner: Bool) {
            self.name = name
            self.means = means
            self.isOwner = isOwner
        }

        /// Throws 403 when something is about an owner, and they are none.
        func require(for roles: OrganizationRole...) throws(Problem) {
            guard isOwner || !roles.contains(.owner) else {
                throw .refused(
                    .forbidden, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", "Only owners make or change owners")
            }
        }
    }

    /// Changes what a member is. The last owner stays one. Throws 404, 403, 409.
    public func updateRole(
        _ role: OrganizationRole, ofMember id: String, of tenant: String, by actor: Actor, _ visitor: Visitor
    ) async throws -> (OrganizationMember, Account) {
        try await store.writeAccess { [self] access in
            guard try access.lockOrganization(tenant) else { throw Self.noOrganization }
            guard var member = try access.member(id: id), member.tenant == tenant,
                let account = try access.account(member.account)
            else { throw Self.noMember }
            try actor.require(for: member.role, role)
            try access.setRole(role, of: &member)
            try access.append([
                record(
                    "update-member-role", by: actor.name, means: actor.means, tenant: tenant,
                    target: "\(account.id) \(role.rawValue)", visitor)
            ])
            return (member, account)
        }
    }

    /// Takes a member, named by their membership or their address, out of a tenant: their roles in its projects go,
    /// and no trigger or schedule of it runs as them any more (manage spec §3.5). Throws 404, 403, 409.
    public func removeMember(
        _ name: String, of tenant: String, by actor: Actor, sealing: Sealing, _ visitor: Visitor
    ) async throws -> (OrganizationMember, Account) {
        let now = self.now()
        return try await store.writeAccess { [self] access in
            guard try access.lockOrganization(tenant) else { throw Self.noOrganization }
            let account = try access.account(email: name)
            let named = try account.flatMap { try access.member($0.id, of: tenant) } ?? access.member(id: name)
            guard let member = named, member.tenant == tenant, let gone = try access.account(member.account) else {
                throw Self.noMember
            }
            try actor.require(for: member.role)
            if member.role == .owner { try access.requireAnotherOwner(of: tenant) }
            try access.remove(member)
            try access.leave(tenant, account: member.account)
            try access.takeOffTriggers(member.account, tenant: tenant, actor: actor.name, at: now, sealing)
            try access.append([
                record(
                    "remove-member", by: actor.name, means: actor.means, tenant: tenant, target: gone.id, visitor)
            ])
            return (member, gone)
        }
    }

    /// With what members of a tenant can sign in: `credential` for a password, and the providers that know them.
    public func providers(of accounts: [String], in tenant: String) async throws -> [(account: String, [String])] {
        try await store.readAccess { access in
            try accounts.compactMap { id in
                guard try access.member(id, of: tenant) != nil, let account = try access.account(id) else {
                    return nil
                }
                return (id, (account.password == nil ? [] : ["credential"]) + (try access.identities(of: id)))
            }
        }
    }
}

extension AccessTransaction {
    /// Takes somebody off the users of every trigger and schedule of a tenant, on every branch, or of one project.
    func takeOffTriggers(
        _ account: String, tenant: String, project: String? = nil, actor: String, at now: Int64, _ sealing: Sealing
    ) throws {
        let kinds = [Trigger.kind.name, ScheduledTrigger.kind.name]
        for branch in try branches(of: tenant, whereAnyOf: kinds, mentions: account)
        where project == nil || branch.project == project {
            try change(branch, actor: actor, at: now) { transaction in
                let tools = WorkspaceTools(
                    projectKind: Project.kind.name, now: now, makeID: { People.makeID() }, sealing: sealing)
                try TriggerUserRemoval.remove(account, from: transaction.workspace(tools))
            }
        }
    }
}
