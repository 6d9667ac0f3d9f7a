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

/// Finding out within a transaction.
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
}
