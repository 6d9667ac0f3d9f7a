public import Catalog

/// That somebody may become a member of a tenant.
public struct Invitation: Sendable, Equatable {
    /// What became of it.
    public enum Status: String, Sendable {
        case pending, accepted, rejected, canceled
    }

    /// The id, random: who has it and knows the address may look at it.
    public let id: String
    /// The tenant.
    public let tenant: String
    /// Whom it is for.
    public let email: String
    /// As what.
    public let role: OrganizationRole
    /// What became of it.
    public var status: Status
    /// How they are to sign in; nil for any way.
    public let method: String?
    /// The roles in projects that come with it.
    public let assignments: [(project: String, role: ProjectRole)]
    /// Who invited.
    public let inviter: String
    /// When, milliseconds since 1970.
    public let createdAt: Int64
    /// When it is good no more, milliseconds since 1970.
    public let expiresAt: Int64

    /// An invitation from its parts.
    public init(
        id: String, tenant: String, email: String, role: OrganizationRole, method: String? = nil,
        assignments: [(project: String, role: ProjectRole)] = [], inviter: String, createdAt: Int64, expiresAt: Int64
    ) {
        self.id = id
        self.tenant = tenant
        self.email = email
        self.role = role
        status = .pending
        self.method = method
        self.assignments = assignments
        self.inviter = inviter
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Whether it can be accepted.
    public func isOpen(at now: Int64) -> Bool { status == .pending && expiresAt > now }

    /// Whether two invitations are the same in everything.
    public static func == (left: Invitation, right: Invitation) -> Bool {
        left.id == right.id && left.tenant == right.tenant && left.email == right.email && left.role == right.role
            && left.status == right.status && left.method == right.method && left.inviter == right.inviter
            && left.createdAt == right.createdAt && left.expiresAt == right.expiresAt
            && left.assignments.elementsEqual(right.assignments) { $0 == $1 }
    }
}

extension AccessTransaction {
    /// The invitation; nil when there is none.
    public func invitation(_ id: String) throws -> Invitation? {
        try connection.first(InvitationSQL.find, [.text(id)]) { try $0.invitation }
    }

    /// The invitations of a tenant, newest first, at most 1,000.
    public func invitations(of tenant: String) throws -> [Invitation] {
        try connection.rows(InvitationSQL.ofTenant, [.text(tenant)]) { try $0.invitation }
    }

    /// The invitations to an address that can be accepted, newest first, at most 1,000.
    public func openInvitations(to email: String, at now: Int64) throws -> [Invitation] {
        let values: [SQLValue] = [.text(Account.key(email)), .integer(now)]
        return try connection.rows(InvitationSQL.open, values) { try $0.invitation }
    }

    /// Makes an invitation.
    public func insert(_ invitation: Invitation) throws {
        let assignments = invitation.assignments.map { project, role -> JSONValue in
            ["projectId": .string(project), "projectRole": .string(role.rawValue)]
        }
        try connection.execute(
            InvitationSQL.insert,
            [
                .text(invitation.id), .text(invitation.tenant), .text(invitation.email),
                .text(Account.key(invitation.email)), .text(invitation.role.rawValue),
                .text(invitation.status.rawValue), .text(invitation.method),
                .utf8(JSONValue.array(assignments).jsonBytes), .text(invitation.inviter),
                .integer(invitation.createdAt), .integer(invitation.expiresAt),
            ])
    }

    /// Ends an invitation that is pending. Whether it was: of several who end it at once one does.
    public func end(_ invitation: Invitation, as status: Invitation.Status) throws -> Bool {
        try connection.execute(InvitationSQL.end, [.text(invitation.id), .text(status.rawValue)]) > 0
    }
}

extension Row {
    fileprivate var invitation: Invitation {
        get throws {
            guard let role = OrganizationRole(rawValue: text(3)), let status = Invitation.Status(rawValue: text(4))
            else { throw StoreError.corrupt("role or status of an invitation") }
            let assignments = try json(6)?.array ?? []
            var invitation = Invitation(
                id: text(0), tenant: text(1), email: text(2), role: role, method: optionalText(5),
                assignments: assignments.compactMap { assignment in
                    guard let project = assignment["projectId"]?.string,
                        let role = assignment["projectRole"]?.string.flatMap(ProjectRole.init)
                    else { return nil }
                    return (project, role)
                }, inviter: text(7), createdAt: integer(8), expiresAt: integer(9))
            invitation.status = status
            return invitation
        }
    }
}

/// The statements on invitations.
private enum InvitationSQL {
    static let columns = """
        id, tenant, email, role, status, method, assignments, inviter, created_at, expires_at
        """

    static let find = Statement("SELECT \(columns) FROM invitation WHERE id = $1")
    static let ofTenant = Statement(
        "SELECT \(columns) FROM invitation WHERE tenant = $1 ORDER BY created_at DESC, id LIMIT 1000")
    static let open = Statement(
        """
        SELECT \(columns) FROM invitation WHERE email_key = $1 AND status = 'pending' AND expires_at > $2
        ORDER BY created_at DESC, id LIMIT 1000
        """)
    static let insert = Statement(
        """
        INSERT INTO invitation (id, tenant, email, email_key, role, status, method, assignments, inviter, created_at,
            expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """)
    static let end = Statement("UPDATE invitation SET status = $2 WHERE id = $1 AND status = 'pending'")
}
