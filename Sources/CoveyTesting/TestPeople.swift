public import Catalog
public import Store

extension Store {
    /// Makes a person of a tenant, with roles in projects, who has not signed in.
    public func makePerson(
        _ id: String, _ role: OrganizationRole, of tenant: String = "default", in projects: [String: ProjectRole] = [:]
    ) async throws {
        try await writeAccess { access in
            if try access.organization(tenant) == nil {
                try access.insert(Organization(id: tenant, name: tenant, createdAt: 1))
            }
            if try access.account(id) == nil {
                try access.insert(Account(id: id, email: "\(id)@example.com", name: id, createdAt: 1))
            }
            try access.insert(
                OrganizationMember(id: "\(tenant)-\(id)", tenant: tenant, account: id, role: role, createdAt: 1))
            for (project, role) in projects {
                try access.setProjectRole(role, of: id, tenant: tenant, project: project, at: 1)
            }
        }
    }
}
