public import Catalog
public import Store

extension Store {
    /// Makes a person of a tenant, with roles in projects, who has not signed in.
    public func makePerson(
        _ id: String, _ role: OrganizationRole, of tenant: String = "default", in projects: [String: ProjectRole] = [:]
    ) async throws {
        var script = """
            INSERT INTO organization (id, name, settings, created_at) VALUES ('\(tenant)', '\(tenant)', 'null', 1)
            ON CONFLICT (id) DO NOTHING;
            INSERT INTO account (id, email, email_key, name, is_verified, created_at, updated_at)
            VALUES ('\(id)', '\(id)@example.com', '\(id)@example.com', '\(id)', 1, 1, 1) ON CONFLICT (id) DO NOTHING;
            INSERT INTO organization_member (tenant, account, id, role, created_at)
            VALUES ('\(tenant)', '\(id)', '\(tenant)-\(id)', '\(role.rawValue)', 1);
            """
        for (project, role) in projects.sorted(by: { $0.key < $1.key }) {
            script += """
                INSERT INTO project_member (tenant, project, account, role, created_at)
                VALUES ('\(tenant)', '\(project)', '\(id)', '\(role.rawValue)', 1);
                """
        }
        let statements = script
        try await database.write(.process) { try $0.script(statements) }
    }
}
