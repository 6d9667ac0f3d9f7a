import Catalog
import CoveyTesting
import Cryptography
import Domain
import Store
import Testing

/// API keys as configuration (manage spec §2.21, §8 check 12).
struct APIKeysTests {
    private static let path = tenantPath + "/projects/p/api-keys"

    private static func serve(_ body: @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            for agent in ["a", "b"] {
                try await app.client.make("/projects/p/agents", ["id": .string(agent), "name": "Agent"])
            }
            try await body(app)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a key is told once, and only its hash is kept`() async throws {
        try await Self.serve { app in
            let made = try await app.client.send("POST", Self.path, ["agentId": "a", "name": "prod"])
            try #require(made.status == 201, "\(made.text)")
            let text = try #require(made.data["key"]?.string)
            #expect(text.wholeMatch(of: /sk_[A-Za-z0-9]{12}\.[A-Za-z0-9_-]{43}/) != nil, "\(text)")
            let key = try #require(made.data["apiKey"])
            #expect(key["keyPrefix"] == .string(String(text.prefix(12))))
            #expect(key["publicId"] == .string(String(text.dropFirst(3).prefix(12))))
            #expect(key["lastUsedAt"] == .null && key["expiresAt"] == .null && key["agentId"] == "a")
            #expect(key["keyHash"] == nil)
            let id = try #require(key["id"]?.string)
            #expect(id.count == 21)
            for place in [Self.path, "\(Self.path)/\(id)"] {
                let reply = try await app.client.send("GET", place)
                #expect(reply.status == 200 && !reply.text.contains(text) && !reply.text.contains("Hash"))
            }
            let found = try await app.store.resource(of: "api-key", handle: String(text.dropFirst(3).prefix(12)))
            let (branch, entry) = try #require(found)
            #expect(branch.project == "p" && entry.key.id == id)
            let stored = APIKey(entry)
            #expect(SecretHash.matches(stored.keyHash, text) && !SecretHash.matches(stored.keyHash, text + "x"))
            #expect(!entry.document.jsonText.contains(text))
            let second = try await app.client.send("POST", Self.path, ["agentId": "a", "name": "prod"])
            #expect(second.status == 201 && second.data["key"] != made.data["key"])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `keys are listed by agent, renamed, and deleted`() async throws {
        try await Self.serve { app in
            var ids: [String] = []
            for agent in ["a", "b", "a"] {
                let made = try await app.client.send(
                    "POST", Self.path, ["agentId": .string(agent), "name": "k", "expiresAt": "2027-01-01T00:00:00Z"])
                ids.append(try #require(made.data["apiKey"]?["id"]?.string, "\(made.text)"))
            }
            let ofA = try await app.client.send("GET", Self.path + "?agentId=a")
            #expect(ofA.json["pagination"]?["total"] == 2, "\(ofA.text)")
            #expect(ofA.data.array?.allSatisfy { $0["agentId"] == "a" } == true)
            let item = "\(Self.path)/\(ids[0])"
            let renamed = try await app.client.send("PATCH", item, ["name": "new", "expiresAt": .null, "agentId": "b"])
            #expect(renamed.status == 200 && renamed.data["name"] == "new" && renamed.data["expiresAt"] == .null)
            #expect(renamed.data["agentId"] == "a")
            #expect(try await app.client.send("PATCH", item, ["expiresAt": "2020-01-01T00:00:00Z"]).status == 200)
            #expect(try await app.client.send("DELETE", item).status == 204)
            #expect(try await app.client.send("DELETE", item).status == 404)
            #expect(try await app.client.send("GET", item).json["detail"] == "API key not found")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what is wrong with a key is a 400 that names it`() async throws {
        try await Self.serve { app in
            let rows: [(JSONValue, String)] = [
                (["name": "k"], "/agentId"), (["agentId": "a"], "/name"), (["agentId": "a", "name": ""], "/name"),
                (["agentId": "nobody", "name": "k"], "/agentId"),
                (["agentId": "a", "name": "k", "expiresAt": "soon"], "/expiresAt"),
                (["agentId": "a", "name": "k", "expiresAt": "2026-01-05T10:00:00Z"], "/expiresAt"),
            ]
            for (body, pointer) in rows {
                let reply = try await app.client.send("POST", Self.path, body)
                #expect(reply.status == 400 && reply.text.contains("\"pointer\":\"\(pointer)"), "\(reply.text)")
            }
            let nowhere = try await app.client.send(
                "POST", tenantPath + "/projects/q/api-keys", ["agentId": "a", "name": "k"])
            #expect(nowhere.status == 404 && nowhere.json["detail"] == "Project not found")
            #expect(try await app.client.send("GET", Self.path).json["pagination"]?["total"] == 0)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `keys go with their agent, and with no other`() async throws {
        try await Self.serve { app in
            for agent in ["a", "b"] {
                let made = try await app.client.send("POST", Self.path, ["agentId": .string(agent), "name": "k"])
                #expect(made.status == 201)
            }
            try await app.client.makeProject("q")
            try await app.client.make("/projects/q/agents", ["id": "a", "name": "Agent"])
            let elsewhere = tenantPath + "/projects/q/api-keys"
            #expect(try await app.client.send("POST", elsewhere, ["agentId": "a", "name": "k"]).status == 201)
            #expect(try await app.client.send("DELETE", tenantPath + "/projects/p/agents/a").status == 204)
            let left = try await app.client.send("GET", Self.path)
            #expect(left.data.array?.compactMap { $0["agentId"]?.string } == ["b"])
            #expect(try await app.client.send("GET", elsewhere).json["pagination"]?["total"] == 1)
            #expect(try await app.client.send("DELETE", tenantPath + "/projects/p/agent/b").status == 204)
            #expect(try await app.client.send("GET", Self.path).json["pagination"]?["total"] == 0)
            #expect(try await app.client.send("DELETE", tenantPath + "/projects/q").status == 204)
            #expect(try await app.client.send("GET", elsewhere).status == 404)
        }
    }
}
