import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// How the first person gets in, and those whom the operator makes known (manage spec §3.5).
struct FirstPersonTests {
    @Test func `by a link that is good until somebody is there`() async throws {
        try await TestApp.run(.forPeople) { app in
            let link = try #require(try await app.people.makeSetupLink())
            let other = try #require(try await app.people.makeSetupLink())
            let tokens = [link, other].map { String($0.dropFirst("/setup?token=".count)) }
            func setUp(_ token: String, _ password: String = goodPassword) async throws -> TestReply {
                try await app.client.send(
                    "POST", "/api/auth/setup",
                    ["token": .string(token), "email": "ann@x.io", "name": "Ann", "password": .string(password)])
            }
            #expect(try await setUp("x").json["code"] == "INVALID_TOKEN")
            #expect(try await setUp(tokens[0], "short").json["code"] == "PASSWORD_TOO_SHORT")
            let ann = try TestPerson(try await setUp(tokens[0]))
            let me = try await app.client.send("GET", "/manage/api/cli/me", headers: ann.bearer)
            #expect(me.json["organization"]?["role"] == "owner" && me.json["organization"]?["id"] == "default")
            #expect(try await setUp(tokens[0]).status == 400)
            #expect(try await setUp(tokens[1]).json["code"] == "SETUP_DONE")
            #expect(try await app.people.makeSetupLink() == nil)
        }
    }

    @Test func `an old link is none`() async throws {
        try await TestApp.run(.forPeople) { app in
            let link = try #require(try await app.people.makeSetupLink())
            app.clock.advance(by: .seconds(86_401))
            let reply = try await app.client.send(
                "POST", "/api/auth/setup",
                [
                    "token": .string(String(link.dropFirst("/setup?token=".count))), "email": "ann@x.io", "name": "Ann",
                    "password": .string(goodPassword),
                ])
            #expect(reply.json["code"] == "INVALID_TOKEN")
        }
    }

    @Test func `several servers that start at once make one owner`() async throws {
        var options = TestApp.Options.forPeople
        options.people.tenant = "acme"
        try await TestApp.run(options) { app in
            let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<4 {
                    group.addTask { try await app.people.bootstrap(email: "a\(number)@x.io", password: goodPassword) }
                }
                var made = 0
                for try await isMade in group where isMade { made += 1 }
                return made
            }
            #expect(made == 1)
            #expect(try await app.people.members(of: "acme").map(\.member.role) == [.owner])
            #expect(try await app.people.bootstrap(email: "b@x.io", password: goodPassword) == false)
            await #expect(throws: Problem.self) { try await app.people.setPassword(of: "a@x.io", to: "short") }
        }
    }

    @Test func `the operator makes people known over the API, and nobody else does`() async throws {
        try await TestApp.run(.forPeople) { app in
            let owner = try await app.person("owner@x.io", as: .owner)
            let path = tenantPath + "/users"
            let body: JSONValue = ["email": "bob@x.io", "role": "admin", "password": .string(goodPassword)]
            #expect(try await app.client.send("POST", path, body, headers: owner.bearer).status == 403)
            let made = try await app.client.send("POST", path, body, headers: TestApp.operatorHeaders)
            #expect(made.status == 201 && made.data["role"] == "admin", "\(made.text)")
            let bob = try await app.signIn("bob@x.io")
            // Whose role is not named keeps it, and a new password ends the sessions.
            let again = try await app.client.send(
                "POST", path, ["email": "bob@x.io", "password": "Another-Horse-8-Cell"],
                headers: TestApp.operatorHeaders)
            #expect(again.data["role"] == "admin")
            #expect(try await app.client.send("GET", "/api/auth/get-session", headers: bob.bearer).json == .null)
            let last = try await app.client.send(
                "POST", path, ["email": "owner@x.io", "role": "member"], headers: TestApp.operatorHeaders)
            #expect(last.status == 409)
            let list = try await app.client.send("GET", path, headers: owner.bearer)
            #expect(Set(list.data.array?.compactMap { $0["email"]?.string } ?? []) == ["owner@x.io", "bob@x.io"])
            #expect(list.text.contains("password") == false)
        }
    }
}
