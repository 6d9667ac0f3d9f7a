import Catalog
import Testing

@testable import Domain

/// Credentials that users have alone (manage spec §2.15 and §7, 26), and when tokens expire (§4.6).
@Suite struct CredentialOwnerTests {
    private static func credential(_ id: String, _ members: JSONObject = [:]) -> JSONValue {
        let body: JSONObject = [
            "id": .string(id), "name": .string(id), "type": "memory", "credentialStoreId": "memory-default",
        ]
        return .object(body.merging(members))
    }

    /// The shop with a credential of the project, one of Ann's and one of Bob's, made by themselves.
    private func shop() throws -> Memory {
        let memory = try Samples.shop()
        for id in try memory.call("list-credentials", query: ["limit": "100"]).data.array ?? [] {
            try memory.call("delete-credential", ["id": id["id"]?.string ?? ""])
        }
        try memory.call("create-credential", body: Self.credential("shared"))
        for user in ["ann", "bob"] {
            memory.caller = Requester(name: user, rights: Rights(organization: .member, project: .admin))
            try memory.call(
                "create-credential",
                body: Self.credential("of-\(user)", ["toolId": "weather", "userId": .string(user)]))
        }
        return memory
    }

    private static func ids(_ memory: Memory) throws -> [String] {
        let listed = try memory.call("list-credentials", query: ["sort": "id"])
        let ids = listed.data.array?.compactMap { $0["id"]?.string } ?? []
        #expect(listed.body?[path: "pagination/total"]?.integer == ids.count)
        return ids
    }

    @Test func `a user sees and changes the own ones and the project's, an administrator all`() throws {
        let memory = try shop()
        #expect(try Self.ids(memory) == ["of-bob", "shared"])
        for id in ["get-credential-by-id", "update-credential", "delete-credential"] {
            let refused = try memory.refusal(id, ["id": "of-ann"], body: ["name": "Mine"])
            #expect(refused.status == 404 && refused.detail == "Credential not found", "\(id)")
        }
        #expect(try memory.call("update-credential", ["id": "of-bob"], body: ["name": "New"]).data["name"] == "New")
        memory.caller = .system
        #expect(try Self.ids(memory) == ["of-ann", "of-bob", "shared"])
        #expect(try memory.call("get-credential-by-id", ["id": "of-ann"]).data["userId"] == "ann")
        #expect(try memory.call("list-credentials", query: ["userId": "ann"]).data.array?.count == 1)
    }

    @Test func `whose it is and who made it is the caller, whatever is sent`() throws {
        let memory = try shop()
        let sent = Self.credential("more", ["userId": "ann", "createdBy": "ann", "toolId": "crm"])
        let made = try memory.call("create-credential", body: sent).data
        #expect(made["userId"] == "bob" && made["createdBy"] == "bob")
        let changed = try memory.call("update-credential", ["id": "more"], body: ["userId": "ann", "createdBy": "eve"])
        #expect(changed.data["userId"] == "bob" && changed.data["createdBy"] == "bob")
        // Naming Ann does not take the place of what she has.
        let rival = Self.credential("rival", ["userId": "ann", "toolId": "weather"])
        #expect(try memory.call("create-credential", body: rival).status == 200, "it takes the place of Bob's own")
        memory.caller = .system
        #expect(try Self.ids(memory) == ["more", "of-ann", "rival", "shared"])
        let named = try memory.call("create-credential", body: Self.credential("named", ["userId": "eve"])).data
        #expect(named["userId"] == "eve" && named["createdBy"] == "system")
        let told = try memory.call("update-credential", ["id": "named"], body: ["createdBy": "eve"]).data
        #expect(told["createdBy"] == "eve")
    }

    @Test func `a tool of users shows each the own credential`() throws {
        let memory = try shop()
        func own(_ tool: String) throws -> JSONValue? {
            do {
                return try memory.call("get-user-credential-for-tool", ["id": tool]).data["id"]
            } catch let problem as Problem where problem.detail == "Credential not found" {
                return nil
            }
        }
        #expect(try own("weather") == nil, "the tool has one credential for all")
        try memory.call("update-tool", ["id": "weather"], body: ["credentialScope": "user"])
        #expect(try own("weather") == "of-bob")
        memory.caller = Requester(name: "eve", rights: Rights(organization: .member, project: .admin))
        #expect(try own("weather") == nil)
        #expect(try memory.refusal("get-user-credential-for-tool", ["id": "nope"]).detail == "Tool not found")
    }

    @Test func `a whole project shows nobody's but the caller's, and leaves the others where they are`() throws {
        let memory = try shop()
        let document = try memory.call("get-full-project", ["projectId": "shop"]).data
        #expect(document["credentialReferences"]?.object?.keys == ["shared", "of-bob"])
        let put = try memory.call("update-full-project", ["projectId": "shop"], body: document)
        #expect(put.data["credentialReferences"] == document["credentialReferences"])
        var members = document.object ?? [:]
        var credentials = members["credentialReferences"]?.object ?? [:]
        credentials["of-ann"] = Self.credential("of-ann")
        members["credentialReferences"] = .object(credentials)
        let refused = try memory.refusal("update-full-project", ["projectId": "shop"], body: .object(members))
        #expect(refused.status == 400 && refused.pointers == ["/credentialReferences/of-ann"])
        members["credentialReferences"] = [:]
        try memory.call("update-full-project", ["projectId": "shop"], body: .object(members))
        memory.caller = .system
        #expect(try Self.ids(memory) == ["of-ann"])
    }

    @Test(
        arguments: [
            (["expires_at": 1_767_000_000], 1_767_000_000_000), (["expires_at": 1_767_000_000_500], 1_767_000_000_500),
            (["expiresAt": "2026-01-05T10:00:00Z"], 1_767_607_200_000), (["expires_in": 60], 61_000),
            (["expires_in": JSONValue(0.5)], 1500), (["expires_in": -1], nil), (["expires_at": "soon"], nil),
            (["expires_at": "soon", "expires_in": 1], 2000), (["expires_at": JSONValue(1e300)], nil), ([:], nil),
            (["expires_at": .null], nil), (["expires_in": [1]], nil),
        ] as [(JSONObject, Int64?)])
    func `a token says when it expires in one of three ways`(token: JSONObject, expiresAt: Int64?) {
        #expect(ResolvedCredential.expiry(of: token, since: 1000) == expiresAt)
    }
}
