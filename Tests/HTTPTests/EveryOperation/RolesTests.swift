import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// Every operation of management, called by people of every role: manage spec §3.6, §8 check 17. A new operation is
/// here by itself, held to the permission that the served document says it needs.
@Suite(.timeLimit(.minutes(8))) struct RolesTests {
    private static let authentication = Authenticator.Configuration(manageBypassSecret: "manage-secret-of-the-roles")

    /// Somebody, and what they may do in project `p` of tenant `default`.
    struct Role: Sendable {
        let name: String
        let organization: OrganizationRole?
        let project: ProjectRole?
        let may: Set<String>
        var seesProject: Bool { may.contains("view") }
    }

    static let roles = [
        Role(name: "stranger", organization: nil, project: nil, may: []),
        Role(name: "member", organization: .member, project: nil, may: ["member"]),
        Role(name: "viewer", organization: .member, project: .viewer, may: ["member", "view"]),
        Role(name: "user", organization: .member, project: .member, may: ["member", "view", "use"]),
        Role(name: "editor", organization: .member, project: .admin, may: ["member", "view", "use", "edit"]),
        Role(
            name: "admin", organization: .admin, project: nil, may: ["member", "view", "use", "edit", "admin"]),
    ]

    /// Operations that roles do not decide: of the very person that they are about, and of what the body names. They
    /// have tests of their own. May only shrink.
    private static let apart: Set<String> = ["list-user-project-memberships", "create-playground-token"]

    /// Operations that name their tenant in the body; those that name none are about the caller.
    private static let tenantInBody: Set<String> = ["invite-members", "list-user-providers"]

    @Test func `each role is let do what it may, and told no more of the rest`() async throws {
        var options = TestApp.Options()
        options.authentication = Self.authentication
        try await TestApp.run(options) { app in
            var manager = app.client
            manager.headers["authorization"] = "Bearer manage-secret-of-the-roles"
            try await manager.makeProject()
            try await manager.makeAgent()
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            var cases = 0
            for role in Self.roles {
                let person = try await Self.signIn(role, app)
                for operation in try await DescribedOperation.all(manager) {
                    guard let permission = operation.permission, !Self.apart.contains(operation.id),
                        operation.path.contains("{tenantId}") || Self.tenantInBody.contains(operation.id)
                    else { continue }
                    for method in operation.methods {
                        try await Self.check(operation, method, permission, role, person, app.client)
                        cases += 1
                    }
                }
            }
            #expect(cases > 1200)
            #expect(try await app.store.head(of: branch) == head, "who was refused changed something")
        }
    }

    private static func signIn(_ role: Role, _ app: TestApp) async throws -> TestPerson {
        let email = "\(role.name)@x.io"
        let tenant = role.organization == nil ? "elsewhere" : "default"
        let person = try await app.person(email, as: role.organization ?? .owner, in: tenant)
        if let project = role.project {
            try await app.store.writeAccess {
                try $0.setProjectRole(project, of: person.id, tenant: "default", project: "p", at: 1)
            }
        }
        return person
    }

    private static func check(
        _ operation: DescribedOperation, _ method: String, _ permission: String, _ role: Role, _ person: TestPerson,
        _ client: TestClient
    ) async throws {
        // Ids that nothing has: who is let in changes nothing either.
        let isOfProject = operation.path.contains("{projectId}") || operation.path.contains("/projects/{id}")
        let isLetIn = role.may.contains(permission)
        let path = operation.path([
            "tenantId": "default", "projectId": isLetIn && operation.isWholeProject ? "nowhere" : "p",
            "id": isLetIn ? "nowhere" : "p", "agentId": "none", "userId": "nobody",
        ])
        // No body is as it must be, so nothing is made.
        let reply = try await client.send(
            method, path + operation.query(), operation.takesBody ? ["id": 1, "organizationId": "default"] : nil,
            headers: person.bearer)
        let what = "\(method) \(path) by \(role.name): \(reply.status) \(reply.text.prefix(300))"
        if isLetIn {
            #expect(reply.status != 401 && reply.status != 403, "\(what)")
            #expect(reply.status < 500 || reply.status == 501, "\(what)")
            return
        }
        #expect(!reply.text.contains("\"data\""), "\(what)")
        if isOfProject, !role.seesProject {
            #expect(reply.status == 404 && reply.json["detail"] == "Project not found", "\(what)")
        } else {
            #expect(reply.status == 403 && reply.json["code"] == "forbidden", "\(what)")
        }
    }

    @Test func `a project that is hidden answers as one that is not there`() async throws {
        var options = TestApp.Options()
        options.authentication = Self.authentication
        try await TestApp.run(options) { app in
            var manager = app.client
            manager.headers["authorization"] = "Bearer manage-secret-of-the-roles"
            try await manager.makeProject()
            try await manager.makeProject("q")
            let person = try await Self.signIn(Role(name: "ann", organization: .member, project: nil, may: []), app)
            func problem(_ project: String, _ more: String) async throws -> JSONValue {
                let reply = try await app.client.send(
                    "GET", tenantPath + "/projects/\(project)\(more)",
                    headers: person.bearer.with("x-request-id", "same"))
                var body = reply.json.object ?? [:]
                body["instance"] = nil
                return ["status": .integer(Int64(reply.status)), "body": .object(body)]
            }
            for more in ["", "/agents", "/agents/a", "/members", "/branches"] {
                #expect(try await problem("p", more) == problem("no-such-project", more), "\(more)")
            }
            // Lists show what one has a role in, and nothing else.
            let none = try await app.client.send("GET", tenantPath + "/projects", headers: person.bearer)
            #expect(none.status == 200 && none.data == [] && none.json["pagination"]?["total"] == 0)
            try await app.store.writeAccess {
                try $0.setProjectRole(.viewer, of: person.id, tenant: "default", project: "q", at: 1)
            }
            let one = try await app.client.send("GET", tenantPath + "/projects", headers: person.bearer)
            #expect(one.data.array?.compactMap { $0["id"]?.string } == ["q"])
            #expect(one.json["pagination"]?["total"] == 1)
            let other = try await app.client.send(
                "GET", "/manage/tenants/elsewhere/projects", headers: person.bearer)
            #expect(other.status == 403, "another tenant shows nothing")
        }
    }
}

extension DescribedOperation {
    /// Whether it is about a project as a whole, which must outlive the test.
    fileprivate var isWholeProject: Bool { path.hasSuffix("/project-full/{projectId}") }
}
