import Catalog
import CoveyTesting
import Testing

@Suite struct ProjectMembersTests {
    private static let path = tenantPath + "/projects/p/members"

    private func names(_ client: TestClient) async throws -> [String] {
        let reply = try await client.send("GET", Self.path)
        return reply.data.array?.map { "\($0["userId"]?.string ?? "") \($0["role"]?.string ?? "")" } ?? []
    }

    @Test func `roles are given, changed and taken away`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.store.makePerson("ann", .member)
            try await app.store.makePerson("root", .owner)
            let body: JSONValue = ["userId": "ann", "role": "project_viewer"]
            let made = try await app.client.send("POST", Self.path, body)
            #expect(made.status == 201 && made.data == ["userId": "ann", "role": "project_viewer", "projectId": "p"])
            #expect(try await app.client.send("POST", Self.path, body).status == 201, "the same again")
            #expect(try await names(app.client) == ["ann project_viewer"])
            let item = Self.path + "/ann"
            try await app.client.check([
                Scenario(
                    "without the role before", "PATCH", item, ["role": "project_admin"], status: 400,
                    contains: ["previousRole"]),
                Scenario(
                    "with another one before", "PATCH", item,
                    ["role": "project_admin", "previousRole": "project_member"], status: 409),
                Scenario(
                    "changed", "PATCH", item, ["role": "project_admin", "previousRole": "project_viewer"], status: 200,
                    contains: ["project_admin"]),
                Scenario(
                    "who has none", "PATCH", Self.path + "/root",
                    ["role": "project_admin", "previousRole": "project_viewer"], status: 404),
                Scenario(
                    "a stranger", "POST", Self.path, ["userId": "eve", "role": "project_admin"], status: 400,
                    contains: ["does not belong to the organization"]),
                Scenario("no role", "POST", Self.path, ["userId": "ann", "role": "king"], status: 400),
                Scenario("another role stays", "DELETE", item + "?role=project_viewer", status: 204),
            ])
            #expect(try await names(app.client) == ["ann project_admin"])
            let memberships = tenantPath + "/users/ann/project-memberships"
            let shown = try await app.client.send("GET", memberships)
            #expect(shown.data == [["projectId": "p", "role": "project_admin"]])
            try await app.client.check([
                Scenario("taken away", "DELETE", item, status: 204), Scenario("again", "DELETE", item, status: 204),
                Scenario("of nobody", "DELETE", Self.path + "/eve", status: 404),
                Scenario("of no such project", "GET", tenantPath + "/projects/q/members", status: 404),
                Scenario(
                    "what the caller may", "GET", tenantPath + "/projects/p/permissions", status: 200,
                    contains: ["\"canEdit\":true"]),
            ])
            #expect(try await names(app.client) == [])
        }
    }

    @Test func `who may no longer use a project is taken off its triggers`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await app.store.makePerson("ann", .member, in: ["p": .member])
            let agent = tenantPath + "/projects/p/agents/a"
            let trigger = try await app.client.make(
                "/projects/p/agents/a/triggers", ["id": "t", "name": "T", "runAsUserIds": ["ann", "ben"]])
            #expect(trigger["userCount"] == 2)
            let schedule = try await app.client.make(
                "/projects/p/agents/a/scheduled-triggers",
                ["name": "S", "cronExpression": "0 8 * * *", "messageTemplate": "x", "runAsUserIds": ["ann"]])
            let role: JSONValue = ["role": "project_viewer", "previousRole": "project_member"]
            #expect(try await app.client.send("PATCH", Self.path + "/ann", role).status == 200)
            let left = try await app.client.send("GET", agent + "/triggers/t").data
            #expect(left["runAsUserIds"] == ["ben"] && left["enabled"] == true)
            let id = try #require(schedule["id"]?.string)
            let off = try await app.client.send("GET", agent + "/scheduled-triggers/\(id)").data
            #expect(off["runAsUserIds"] == [] && off["enabled"] == false)
        }
    }
}
