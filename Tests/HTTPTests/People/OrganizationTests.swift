import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// Organisations, members and invitations over the wire (manage spec §3.5, §3.8).
struct OrganizationTests {
    private static let root = "/api/auth/organization"

    private static func invite(
        _ app: TestApp, _ emails: [String], by headers: HTTPHeaders, role: String = "member",
        _ assignments: JSONValue = []
    ) async throws -> TestReply {
        try await app.client.send(
            "POST", "/manage/api/invitations",
            [
                "emails": .array(emails.map(JSONValue.string)), "role": .string(role), "organizationId": "default",
                "assignments": assignments,
            ], headers: headers)
    }

    @Test func `who is invited makes an account, joins, and has the roles that came with it`() async throws {
        try await TestApp.run(.forPeople) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            var manager = app.client
            manager.headers["authorization"] = "Bearer \(owner.token)"
            try await manager.makeProject()
            try await manager.makeProject("hidden")
            let sent = try await Self.invite(
                app, ["Bob+1@x.io", "owner@x.io", "nobody"], by: owner.bearer,
                [["projectId": "p", "projectRole": "project_viewer"]])
            let results = try #require(sent.data.array, "\(sent.text)")
            #expect(results.map { $0["status"] } == ["success", "error", "error"])
            #expect(results[1]["error"] == "already a member")
            let id = try #require(results[0]["id"]?.string)
            #expect(
                results[0]["link"] == .string("http://covey.test/accept-invitation/\(id)?email=Bob%2B1%40x.io"))

            // Who only knows the address gets nowhere.
            let verify = "/manage/api/invitations/verify"
            for query in ["?email=bob%2B1@x.io", "?email=bob%2B1@x.io&id=x", "?email=eve@x.io&id=\(id)", "?id=\(id)"] {
                let reply = try await app.client.send("GET", verify + query)
                #expect(reply.status == 200 && reply.json == ["valid": false], "\(query) \(reply.text)")
            }
            let good = try await app.client.send("GET", verify + "?email=bob%2B1@x.io&id=\(id)")
            #expect(good.json["organizationId"] == "default" && good.json["role"] == "member")
            #expect(good.json["userExists"] == false && good.json["valid"] == true)
            func signUp(_ email: String, _ invitation: String?) async throws -> TestReply {
                var body: JSONObject = ["email": .string(email), "name": "Bob", "password": .string(goodPassword)]
                body["callbackURL"] = invitation.map { .string("http://ui/accept-invitation/\($0)?email=x") }
                return try await app.client.send("POST", "/api/auth/sign-up/email", .object(body))
            }
            #expect(try await signUp("bob+1@x.io", nil).json["code"] == "SIGN_UP_CLOSED")
            #expect(try await signUp("eve@x.io", id).json["code"] == "SIGN_UP_CLOSED")
            let bob = try TestPerson(try await signUp("bob+1@x.io", id))
            #expect(try await app.client.send("GET", tenantPath + "/projects", headers: bob.bearer).status == 403)
            let pending = try await app.client.send("GET", "/manage/api/invitations/pending", headers: bob.bearer)
            #expect(pending.json.array?.first?["id"] == .string(id))
            let own = try await app.client.send("GET", Self.root + "/get-invitation?id=\(id)", headers: bob.bearer)
            #expect(own.json["organizationName"] == "default")
            let foreign = try await app.client.send(
                "POST", Self.root + "/accept-invitation", ["invitationId": .string(id)], headers: owner.bearer)
            #expect(foreign.status == 404)
            let accepted = try await app.client.send(
                "POST", Self.root + "/accept-invitation", ["invitationId": .string(id)], headers: bob.bearer)
            #expect(accepted.status == 200 && accepted.json["member"]?["role"] == "member", "\(accepted.text)")
            let again = try await app.client.send(
                "POST", Self.root + "/accept-invitation", ["invitationId": .string(id)], headers: bob.bearer)
            #expect(again.status == 404)

            // The viewer of one project sees that one, and changes nothing.
            let projects = try await app.client.send("GET", tenantPath + "/projects", headers: bob.bearer)
            #expect(projects.data.array?.compactMap { $0["id"]?.string } == ["p"])
            let agents = tenantPath + "/projects/p/agents"
            #expect(try await app.client.send("GET", agents, headers: bob.bearer).status == 200)
            let write = try await app.client.send(
                "POST", agents, ["id": "a", "name": "A"], headers: bob.bearer)
            #expect(write.status == 403)
            #expect(
                try await app.client.send("GET", tenantPath + "/projects/hidden", headers: bob.bearer).status == 404)
        }
    }

    @Test func `invitations are declined, taken back, replaced, and run out`() async throws {
        try await TestApp.run(.forPeople) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            let admin = try await app.person("admin@x.io", as: .admin)
            let member = try await app.person("member@x.io")
            _ = try await app.people.admit("bob@x.io", name: nil, password: goodPassword, to: "elsewhere", as: .member)
            let bob = try await app.signIn("bob@x.io")
            #expect(try await Self.invite(app, ["c@x.io"], by: member.bearer).status == 403)
            #expect(try await Self.invite(app, ["c@x.io"], by: bob.bearer).status == 403)
            #expect(try await Self.invite(app, ["c@x.io"], by: admin.bearer, role: "owner").status == 403)
            func invited() async throws -> String {
                let reply = try await Self.invite(app, ["bob@x.io"], by: admin.bearer)
                return try #require(reply.data.array?.first?["id"]?.string, "\(reply.text)")
            }
            func accept(_ id: String) async throws -> Int {
                try await app.client.send(
                    "POST", Self.root + "/accept-invitation", ["invitationId": .string(id)], headers: bob.bearer
                ).status
            }
            let (first, second) = (try await invited(), try await invited())
            #expect(try await accept(first) == 404)
            let taken = try await app.client.send(
                "POST", Self.root + "/cancel-invitation", ["invitationId": .string(second)], headers: admin.bearer)
            #expect(taken.json["status"] == "canceled")
            #expect(try await accept(second) == 404)
            let declined = try await app.client.send(
                "POST", Self.root + "/reject-invitation", ["invitationId": .string(try await invited())],
                headers: bob.bearer)
            #expect(declined.json["invitation"]?["status"] == "rejected")
            let late = try await invited()
            app.clock.advance(by: .seconds(6 * 86_400))
            let again = try await app.signIn("bob@x.io")
            app.clock.advance(by: .seconds(86_400 + 1))
            let tooLate = try await app.client.send(
                "POST", Self.root + "/accept-invitation", ["invitationId": .string(late)], headers: again.bearer)
            #expect(tooLate.status == 404)
            // Ids of invitations are for who administers.
            let ownerAgain = try await app.signIn("owner@x.io")
            let memberAgain = try await app.signIn("member@x.io")
            let path = Self.root + "/list-invitations"
            #expect(try await app.client.send("GET", path, headers: memberAgain.bearer).status == 403)
            #expect(try await app.client.send("GET", path, headers: ownerAgain.bearer).json.array?.count == 4)
            let full = Self.root + "/get-full-organization?organizationId=default"
            let seen = try await app.client.send("GET", full, headers: memberAgain.bearer)
            #expect(seen.json["members"]?.array?.count == 3 && seen.json["invitations"] == [])
            #expect(try await app.client.send("GET", full, headers: again.bearer).status == 403)
            _ = owner
        }
    }

    @Test func `roles change, the last owner stays, and who is removed is gone from everything`() async throws {
        try await TestApp.run(.forPeople) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            let admin = try await app.person("admin@x.io", as: .admin)
            let bob = try await app.person("bob@x.io")
            var manager = app.client
            manager.headers["authorization"] = "Bearer \(owner.token)"
            try await manager.makeProject()
            try await manager.makeAgent()
            try await app.store.writeAccess { access in
                try access.setProjectRole(.admin, of: bob.id, tenant: "default", project: "p", at: 1)
            }
            let full = try await app.client.send(
                "GET", Self.root + "/get-full-organization", headers: owner.bearer)
            let members = try #require(full.json["members"]?.array)
            func memberID(_ email: String) throws -> JSONValue {
                try #require(members.first { $0["user"]?["email"]?.string == email }?["id"])
            }
            func change(_ email: String, _ role: String, _ headers: HTTPHeaders) async throws -> TestReply {
                try await app.client.send(
                    "POST", Self.root + "/update-member-role",
                    ["memberId": try memberID(email), "role": .string(role), "organizationId": "default"],
                    headers: headers)
            }
            func remove(_ name: JSONValue, _ headers: HTTPHeaders) async throws -> TestReply {
                try await app.client.send(
                    "POST", Self.root + "/remove-member",
                    ["memberIdOrEmail": name, "organizationId": "default"], headers: headers)
            }
            #expect(try await change("owner@x.io", "member", owner.bearer).status == 409)
            #expect(try await remove("owner@x.io", owner.bearer).status == 409)
            #expect(try await change("admin@x.io", "owner", admin.bearer).status == 403)
            #expect(try await remove("owner@x.io", admin.bearer).status == 403)
            #expect(try await change("bob@x.io", "admin", bob.bearer).status == 403)
            #expect(try await change("admin@x.io", "owner", owner.bearer).json["role"] == "owner")
            #expect(try await change("owner@x.io", "admin", admin.bearer).json["role"] == "admin")

            // Triggers and schedules of bob's, on two branches.
            let agent = "/projects/p/agents/a"
            try await manager.make("/projects/p/branches", ["name": "work"])
            for branch in ["main", "work"] {
                let reply = try await manager.send(
                    "POST", "\(tenantPath)\(agent)/triggers?ref=\(branch)",
                    ["id": "t", "name": "T", "runAsUserIds": [.string(bob.id), .string(admin.id)]])
                try #require(reply.status == 201, "\(reply.text)")
            }
            let schedule = try await manager.make(
                "\(agent)/scheduled-triggers",
                ["name": "S", "cronExpression": "0 9 * * *", "runAsUserIds": [.string(bob.id)], "enabled": true])
            let removed = try await remove("bob@x.io", admin.bearer)
            #expect(removed.status == 200, "\(removed.text)")
            manager.headers["authorization"] = "Bearer \(admin.token)"
            for branch in ["main", "work"] {
                let path = "\(tenantPath)\(agent)/triggers/t/users?ref=\(branch)"
                #expect(try await manager.send("GET", path).data == [.string(admin.id)])
            }
            let id = try #require(schedule["id"]?.string)
            let left = try await manager.send("GET", "\(tenantPath)\(agent)/scheduled-triggers/\(id)").data
            #expect(left["runAsUserIds"] == [] && left["enabled"] == false, "\(left.jsonText)")
            #expect(try await app.client.send("GET", tenantPath + "/projects/p", headers: bob.bearer).status == 404)
            #expect(try await app.client.send("GET", tenantPath + "/projects", headers: bob.bearer).status == 403)
            let roles = try await app.store.readAccess { try $0.projectRoles(of: bob.id, tenant: "default") }
            #expect(roles.isEmpty)
            let record = try await app.audited()
            #expect(record.contains("remove-member done") && record.contains("update-member-role done"))
        }
    }

    @Test func `one works in the organization that is active, and is shown one's own`() async throws {
        try await TestApp.run(.forPeople) { app in
            let ann = try await app.person("ann@x.io", as: .owner, in: "acme")
            _ = try await app.people.admit("ann@x.io", name: nil, password: nil, to: "beta", as: .member)
            let bob = try await app.person("bob@x.io", in: "acme")
            func me() async throws -> JSONValue? {
                try await app.client.send("GET", "/manage/api/cli/me", headers: ann.bearer).json["organization"]?["id"]
            }
            #expect(try await me() == "acme")
            let active = try await app.client.send(
                "POST", Self.root + "/set-active", ["organizationId": "beta"], headers: ann.bearer)
            #expect(active.json["id"] == "beta")
            #expect(try await me() == "beta")
            let foreign = try await app.client.send(
                "POST", Self.root + "/set-active", ["organizationId": "default"], headers: ann.bearer)
            #expect(foreign.status == 403)
            let list = try await app.client.send("GET", Self.root + "/list", headers: ann.bearer)
            #expect(list.json.array?.compactMap { $0["id"]?.string } == ["acme", "beta"])
            let users = "/manage/api/users"
            let own = try await app.client.send("GET", "\(users)/\(ann.id)/organizations", headers: ann.bearer)
            #expect(own.json.array?.map { $0["role"] } == ["owner", "member"])
            #expect(
                try await app.client.send("GET", "\(users)/\(ann.id)/organizations", headers: bob.bearer).status == 403)
            let update = try await app.client.send(
                "POST", Self.root + "/update",
                ["organizationId": "acme", "data": ["name": "Acme", "preferredAuthMethod": "sso"]], headers: ann.bearer)
            #expect(update.json["name"] == "Acme" && update.json["preferredAuthMethod"] == "sso")
            let denied = try await app.client.send(
                "POST", Self.root + "/update", ["organizationId": "acme", "data": [:]], headers: bob.bearer)
            #expect(denied.status == 403)
            let member = try await app.client.send(
                "GET", Self.root + "/get-active-member?organizationId=acme", headers: bob.bearer)
            #expect(member.json["role"] == "member" && member.json["user"]?["email"] == "bob@x.io")
            let providers = try await app.client.send(
                "POST", users + "/providers",
                ["userIds": [.string(bob.id), "nobody"], "organizationId": "acme"], headers: ann.bearer)
            #expect(providers.json == [["userId": .string(bob.id), "providers": ["credential"]]])

            let profile = "\(users)/\(bob.id)/profile"
            #expect(try await app.client.send("GET", profile, headers: ann.bearer).status == 403)
            for method in ["PUT", "PATCH"] {
                let reply = try await app.client.send(
                    method, profile, ["timezone": "Europe/Berlin", "attributes": ["a": 1]], headers: bob.bearer)
                #expect(reply.json["timezone"] == "Europe/Berlin" && reply.json["attributes"] == ["a": 1])
            }
            let bad = try await app.client.send("PUT", profile, ["timezone": "Mars/Base"], headers: bob.bearer)
            #expect(bad.status == 400)
            let cleared = try await app.client.send("PUT", profile, ["timezone": nil], headers: bob.bearer)
            #expect(cleared.json["timezone"] == .null && cleared.json["attributes"] == ["a": 1])
            // Nobody learns from the look-up who has an account.
            let known = try await app.client.send("GET", "/manage/api/auth-lookup?email=ann@x.io")
            let unknown = try await app.client.send("GET", "/manage/api/auth-lookup?email=nobody@x.io")
            #expect(known.status == 200 && known.json == unknown.json)
            #expect(!known.text.contains("Acme"))
        }
    }
}
