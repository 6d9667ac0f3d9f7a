public import Catalog

/// A tenant as people know it. Its id is its slug.
public struct Organization: Sendable, Equatable {
    /// The tenant's id.
    public let id: String
    /// The name.
    public var name: String
    /// The address of a picture; nil without one.
    public var logo: String?
    /// What clients keep with it.
    public var metadata: JSONValue
    /// Its settings: `preferredAuthMethod`, `allowedAuthMethods`, `serviceAccountUserId` (manage spec §3.5).
    public var settings: JSONObject
    /// When it was made, milliseconds since 1970.
    public let createdAt: Int64

    /// An organisation from its parts.
    public init(
        id: String, name: String, logo: String? = nil, metadata: JSONValue = .null, settings: JSONObject = [:],
        createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.logo = logo
        self.metadata = metadata
        self.settings = settings
        self.createdAt = createdAt
    }
}

/// That somebody belongs to a tenant.
public struct OrganizationMember: Sendable, Equatable {
    /// The id of the membership.
    public let id: String
    /// The tenant.
    public let tenant: String
    /// Who.
    public let account: String
    /// As what.
    public var role: OrganizationRole
    /// Since when, milliseconds since 1970.
    public let createdAt: Int64

    /// A membership from its parts.
    public init(id: String, tenant: String, account: String, role: OrganizationRole, createdAt: Int64) {
        self.id = id
        self.tenant = tenant
        self.account = account
        self.role = role
        self.createdAt = createdAt
    }
}

extension AccessTransaction {
    /// The organisation; nil when there is none.
    public func organization(_ id: String) throws -> Organization? {
        try connection.first(OrganizationSQL.find, [.text(id)]) { try $0.organization(from: 0) }
    }

    /// Locks an organisation until the job ends, so that who changes its members does so one after another. Whether
    /// there is one.
    public func lockOrganization(_ id: String) throws -> Bool {
        try connection.first(OrganizationSQL.lock, [.text(id)]) { _ in true } ?? false
    }

    /// Makes an organisation, unless there is one.
    public func insert(_ organization: Organization) throws {
        try connection.execute(OrganizationSQL.insert, organization.values + [.integer(organization.createdAt)])
    }

    /// Keeps what is changed of an organisation.
    public func update(_ organization: Organization) throws {
        try connection.execute(OrganizationSQL.update, organization.values)
    }

    /// The organisations to which an account belongs, the one of longest first, at most 1,000.
    public func organizations(of account: String) throws -> [(Organization, OrganizationMember)] {
        try connection.rows(OrganizationSQL.ofAccount, [.text(account)]) { row in
            (try row.organization(from: 5), try row.member)
        }
    }

    /// The members of a tenant with their accounts, those of longest first. `limit` 1–10,000.
    public func members(of tenant: String, limit: Int = 10_000) throws -> [(OrganizationMember, Account)] {
        let values: [SQLValue] = [.text(tenant), .integer(limit.clamped(to: 1...10_000))]
        return try connection.rows(OrganizationSQL.members, values) { (try $0.member, try $0.account(from: 5)) }
    }

    /// Somebody's membership of a tenant; nil when they do not belong to it.
    public func member(_ account: String, of tenant: String) throws -> OrganizationMember? {
        try connection.first(OrganizationSQL.member, [.text(tenant), .text(account)]) { try $0.member }
    }

    /// The membership of this id; nil when there is none.
    public func member(id: String) throws -> OrganizationMember? {
        try connection.first(OrganizationSQL.memberByID, [.text(id)]) { try $0.member }
    }

    /// How many owners a tenant has.
    public func ownersCount(of tenant: String) throws -> Int {
        Int(try connection.first(OrganizationSQL.owners, [.text(tenant)]) { $0.integer(0) } ?? 0)
    }

    /// Makes somebody a member; who is one already stays what they are. Whether they were made one.
    @discardableResult public func insert(_ member: OrganizationMember) throws -> Bool {
        let values: [SQLValue] = [
            .text(member.tenant), .text(member.account), .text(member.id), .text(member.role.rawValue),
            .integer(member.createdAt),
        ]
        return try connection.execute(OrganizationSQL.insertMember, values) > 0
    }

    /// Keeps a member's role.
    public func update(_ member: OrganizationMember) throws {
        try connection.execute(
            OrganizationSQL.updateMember,
            [.text(member.tenant), .text(member.account), .text(member.role.rawValue)])
    }

    /// Takes somebody out of a tenant, and with it of its projects.
    public func remove(_ member: OrganizationMember) throws {
        try connection.execute(OrganizationSQL.removeMember, [.text(member.tenant), .text(member.account)])
    }
}

extension Organization {
    fileprivate var values: [SQLValue] {
        [
            .text(id), .text(name), .text(logo), .utf8(metadata.jsonBytes),
            .utf8(JSONValue.object(settings).jsonBytes),
        ]
    }
}

extension Row {
    fileprivate func organization(from column: Int) throws -> Organization {
        Organization(
            id: text(column), name: text(column + 1), logo: optionalText(column + 2),
            metadata: try json(column + 3) ?? .null, settings: try json(column + 4)?.object ?? [:],
            createdAt: integer(column + 5))
    }

    fileprivate var member: OrganizationMember {
        get throws {
            guard let role = OrganizationRole(rawValue: text(3)) else {
                throw StoreError.corrupt("role in an organization")
            }
            return OrganizationMember(
                id: text(0), tenant: text(1), account: text(2), role: role, createdAt: integer(4))
        }
    }
}

/// The statements on organisations and who belongs to them.
private enum OrganizationSQL {
    static let columns = "o.id, o.name, o.logo, o.metadata, o.settings, o.created_at"
    static let memberColumns = "m.id, m.tenant, m.account, m.role, m.created_at"

    static let find = Statement("SELECT \(columns) FROM organization o WHERE o.id = $1")
    static let lock = Statement("SELECT id FROM organization WHERE id = $1 {for update}")
    static let insert = Statement(
        """
        INSERT INTO organization (id, name, logo, metadata, settings, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO NOTHING
        """)
    static let update = Statement(
        "UPDATE organization SET name = $2, logo = $3, metadata = $4, settings = $5 WHERE id = $1")
    static let ofAccount = Statement(
        """
        SELECT \(memberColumns), \(columns) FROM organization_member m JOIN organization o ON o.id = m.tenant
        WHERE m.account = $1 ORDER BY m.created_at, m.tenant LIMIT 1000
        """)
    static let members = Statement(
        """
        SELECT \(memberColumns), \(AccountSQL.columns) FROM organization_member m JOIN account a ON a.id = m.account
        WHERE m.tenant = $1 ORDER BY m.created_at, m.id LIMIT $2
        """)
    static let member = Statement(
        "SELECT \(memberColumns) FROM organization_member m WHERE m.tenant = $1 AND m.account = $2")
    static let memberByID = Statement("SELECT \(memberColumns) FROM organization_member m WHERE m.id = $1")
    static let owners = Statement(
        "SELECT count(*) FROM organization_member WHERE tenant = $1 AND role = 'owner'")
    static let insertMember = Statement(
        """
        INSERT INTO organization_member (tenant, account, id, role, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant, account) DO NOTHING
        """)
    static let updateMember = Statement(
        "UPDATE organization_member SET role = $3 WHERE tenant = $1 AND account = $2")
    static let removeMember = Statement("DELETE FROM organization_member WHERE tenant = $1 AND account = $2")
}
