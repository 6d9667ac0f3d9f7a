public import Catalog

/// Who belongs to tenants and projects.
extension Store {
    /// What an account may do in a tenant and, where one is named, in a project of it. One statement.
    public func rights(
        of account: String, tenant: String, project: String? = nil
    ) async throws(StoreError) -> Rights {
        try await database.read { try RightsTable.find(account, tenant, project, $0) }
    }
}

extension ConfigurationTransaction {
    /// Who belongs to the tenant and the project, for operations.
    func members(at now: Int64) -> Members {
        let (connection, tenant, project) = (connection, branch.tenant, branch.project)
        let place: [SQLValue] = [.text(tenant), .text(project)]
        return Members(
            rights: { try RightsTable.find($0, tenant, project, connection) },
            all: {
                try connection.rows(RightsTable.members, place) { row in
                    ProjectRole(rawValue: row.text(1)).map { (row.text(0), $0) }
                }.compactMap(\.self)
            },
            projects: { try RightsTable.projects(of: $0, tenant, connection) },
            set: { account, role in
                guard try RightsTable.find(account, tenant, nil, connection).organization != nil else { return false }
                guard let role else {
                    try connection.execute(RightsTable.remove, place + [.text(account)])
                    return true
                }
                try RightsTable.set(role, of: account, tenant, project, at: now, connection)
                return true
            })
    }
}

extension AccessTransaction {
    /// Gives a member of the tenant a role in a project, in place of the one they had.
    public func setProjectRole(
        _ role: ProjectRole, of account: String, tenant: String, project: String, at now: Int64
    ) throws {
        try RightsTable.set(role, of: account, tenant, project, at: now, connection)
    }

    /// Takes a member's roles in all projects of a tenant, and answers how many there were.
    @discardableResult public func removeProjectRoles(of account: String, tenant: String) throws -> Int {
        try connection.execute(RightsTable.removeAll, [.text(tenant), .text(account)])
    }

    /// The projects of a tenant in which somebody has a role, by id.
    public func projectRoles(of account: String, tenant: String) throws -> [(project: String, role: ProjectRole)] {
        try RightsTable.projects(of: account, tenant, connection)
    }
}

/// Roles in projects, within a transaction.
enum RightsTable {
    static func find(
        _ account: String, _ tenant: String, _ project: String?, _ connection: any Connection
    ) throws -> Rights {
        try connection.first(rights, [.text(tenant), .text(account), .text(project ?? "")]) { row in
            Rights(
                organization: OrganizationRole(rawValue: row.text(0)),
                project: row.optionalText(1).flatMap(ProjectRole.init))
        } ?? .nobody
    }

    private static let rights = Statement(
        """
        SELECT m.role, p.role FROM organization_member m
        LEFT JOIN project_member p ON p.tenant = m.tenant AND p.account = m.account AND p.project = $3
        WHERE m.tenant = $1 AND m.account = $2
        """)

    static let members = Statement(
        "SELECT account, role FROM project_member WHERE tenant = $1 AND project = $2 ORDER BY account")

    /// The projects in which an account has a role, by id. A role that no Covey knows is none.
    static func projects(
        of account: String, _ tenant: String, _ connection: any Connection
    ) throws -> [(project: String, role: ProjectRole)] {
        try connection.rows(projects, [.text(tenant), .text(account)]) { row in
            ProjectRole(rawValue: row.text(1)).map { (row.text(0), $0) }
        }.compactMap(\.self)
    }

    private static let projects = Statement(
        "SELECT project, role FROM project_member WHERE tenant = $1 AND account = $2 ORDER BY project")

    /// Gives an account a role in a project. The same role again changes nothing.
    static func set(
        _ role: ProjectRole, of account: String, _ tenant: String, _ project: String, at now: Int64,
        _ connection: any Connection
    ) throws {
        try connection.execute(
            set, [.text(tenant), .text(project), .text(account), .text(role.rawValue), .integer(now)])
    }

    private static let set = Statement(
        """
        INSERT INTO project_member (tenant, project, account, role, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant, project, account) DO UPDATE SET role = excluded.role
        WHERE project_member.role <> excluded.role
        """)

    static let remove = Statement(
        "DELETE FROM project_member WHERE tenant = $1 AND project = $2 AND account = $3")

    static let removeAll = Statement("DELETE FROM project_member WHERE tenant = $1 AND account = $2")
}
