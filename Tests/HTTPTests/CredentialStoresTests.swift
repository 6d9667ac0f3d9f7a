import Catalog
import CoveyTesting
import Domain
import Foundation
import Store
import Testing

/// Credential stores and what is written to them (manage spec §4.6, §2.15, Appendix A.7).
struct CredentialStoresTests {
    private static let path = tenantPath + "/projects/p/credential-stores"
    private static let marker = "marker-4711-value"

    private static func credentials(_ store: String, in project: String = "p") -> String {
        tenantPath + "/projects/\(project)/credential-stores/\(store)/credentials"
    }

    private static func reference(_ id: String, _ store: String = "keychain", key: String) -> JSONValue {
        [
            "id": .string(id), "name": "Key", "type": .string(store), "credentialStoreId": .string(store + "-default"),
            "retrievalParams": ["key": .string(key)],
        ]
    }

    private static func serve(_ body: @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await body(app)
        }
    }

    /// The header fields of calls by a reference to what a store keeps, as `name: value`; nil when there is nothing.
    private static func headers(_ app: TestApp, _ reference: JSONValue, in project: String = "p") async throws
        -> [String]?
    {
        let branch = BranchKey(tenant: "default", project: project)
        return try await app.store.readConfiguration(in: branch) {
            let workspace = $0.workspace(
                WorkspaceTools(projectKind: "project", now: 1, makeID: { "x" }, sealing: TestApp.sealing))
            return try CredentialReference(stored: reference).resolved(workspace, with: TestApp.keyring)?
                .headers.map { "\($0.name): \($0.value)" }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a project has four stores, two of which can be used`() async throws {
        try await Self.serve { app in
            let reply = try await app.client.send("GET", Self.path)
            try #require(reply.status == 200, "\(reply.text)")
            let stores = reply.data.array ?? []
            #expect(stores.compactMap { $0["type"]?.string } == ["memory", "keychain", "nango", "composio"])
            #expect(
                stores.map { $0["id"] == .string("\($0["type"]?.string ?? "")-default") } == [true, true, true, true])
            #expect(stores.map { $0["available"] } == [true, true, false, false])
            #expect(stores.map { $0["reason"] == .null } == [true, true, false, false])
            let nowhere = try await app.client.send("GET", tenantPath + "/projects/q/credential-stores")
            #expect(nowhere.status == 404)
        }
    }

    @Test(.timeLimit(.minutes(8)), arguments: ["keychain", "memory"])
    func `a credential is kept under its key, of its project alone, and replaced`(_ store: String) async throws {
        try await Self.serve { app in
            try await app.client.makeProject("q")
            let path = Self.credentials(store + "-default")
            let reference = Self.reference("r", store, key: "weather-key")
            #expect(try await Self.headers(app, reference) == nil)
            let made = try await app.client.send(
                "POST", path,
                ["key": "weather-key", "value": "{\"access_token\":\"abc\"}", "metadata": ["X-Extra": "1"]])
            try #require(made.status == 201, "\(made.text)")
            #expect(made.data["key"] == "weather-key" && made.data["storeId"] == .string(store + "-default"))
            #expect(made.data["createdAt"]?.string.flatMap(Timestamp.milliseconds) != nil)
            #expect(made.data.object?.keys.count == 3)
            #expect(try await Self.headers(app, reference) == ["Authorization: Bearer abc", "X-Extra: 1"])
            #expect(try await Self.headers(app, reference, in: "q") == nil)
            let other = store == "memory" ? "keychain" : "memory"
            #expect(try await Self.headers(app, Self.reference("r", other, key: "weather-key")) == nil)
            let rehearsed = try await app.client.send(
                "POST", path + "?dryRun=true", ["key": "weather-key", "value": "rehearsed"])
            #expect(rehearsed.status == 200, "\(rehearsed.text)")
            #expect(try await Self.headers(app, reference)?.first == "Authorization: Bearer abc")
            let again = try await app.client.send("POST", path, ["key": "weather-key", "value": "plain"])
            #expect(again.status == 201, "\(again.text)")
            #expect(try await Self.headers(app, reference) == ["Authorization: Bearer plain"])
            let own = try await app.client.send(
                "POST", path, ["key": "weather-key", "value": "v", "metadata": ["authorization": "Basic eDp5"]])
            #expect(own.status == 201)
            #expect(try await Self.headers(app, reference) == ["authorization: Basic eDp5"])
            #expect(try await app.client.send("DELETE", tenantPath + "/projects/p").status == 204)
            try await app.client.makeProject()
            #expect(try await Self.headers(app, reference) == nil)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what is wrong with a credential is a 400 that names all of it`() async throws {
        try await Self.serve { app in
            let rows: [(JSONValue, [String])] = [
                ([:], ["/key", "/value"]), (["key": "k"], ["/value"]), (["value": "v"], ["/key"]),
                (["key": "", "value": ""], ["/key", "/value"]), (["key": 1, "value": .null], ["/key", "/value"]),
                (["key": "a\u{0}b", "value": "v"], ["/key"]),
                (["value": "********", "metadata": ["X-A": "********"]], ["/key", "/value", "/metadata/X-A"]),
                (["key": "k", "value": "v", "metadata": ["Host\n": "x", "X-A": "a\nb"]], ["/metadata/X-A"]),
                (["key": "k", "value": "v", "metadata": ["Content-Length": "1"]], ["/metadata/Content-Length"]),
            ]
            for (body, pointers) in rows {
                for store in ["memory-default", "keychain-default", "nango-default"] {
                    let reply = try await app.client.send("POST", Self.credentials(store), body)
                    #expect(reply.status == 400, "\(reply.text)")
                    let named = Set((reply.json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string })
                    #expect(named.isSuperset(of: pointers), "\(reply.text)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `stores that are not there or cannot be used say so`() async throws {
        try await Self.serve { app in
            let body: JSONValue = ["key": "k", "value": .string(Self.marker)]
            let unknown = try await app.client.send("POST", Self.credentials("vault"), body)
            #expect(unknown.status == 404 && unknown.json["detail"] == "Credential store not found")
            let nowhere = try await app.client.send("POST", Self.credentials("keychain-default", in: "q"), body)
            #expect(nowhere.status == 404 && nowhere.json["detail"] == "Project not found")
            for store in ["nango", "composio"] {
                let reply = try await app.client.send("POST", Self.credentials(store + "-default"), body)
                #expect(reply.status == 400 && reply.text.contains("is not configured"), "\(reply.text)")
                #expect(!reply.text.contains(Self.marker))
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a value is in no answer and not in the database`() async throws {
        try await Self.serve { app in
            let body: JSONValue = [
                "key": "k", "value": .string(Self.marker), "metadata": ["X-Key": .string(Self.marker)],
            ]
            for store in ["keychain-default", "memory-default"] {
                for path in ["", "?dryRun=true"] {
                    let reply = try await app.client.send("POST", Self.credentials(store) + path, body)
                    #expect(reply.status < 300 && !reply.text.contains(Self.marker), "\(reply.text)")
                }
                let broken = try await app.client.send(
                    "POST", Self.credentials(store),
                    ["key": 1, "value": .string(Self.marker), "metadata": ["X-Key": .string(Self.marker)]])
                #expect(broken.status == 400 && !broken.text.contains(Self.marker))
            }
            try await app.client.make("/projects/p/credentials", Self.reference("r", key: "k"))
            for place in ["", "/credentials", "/credentials/r", "/credential-stores"] {
                let reply = try await app.client.send("GET", tenantPath + "/projects/p" + place)
                #expect(reply.status == 200 && !reply.text.contains(Self.marker))
            }
            guard app.databaseURL.hasPrefix("sqlite:") else { return }
            var bytes = 0
            for name in try FileManager.default.contentsOfDirectory(atPath: app.folder) where name.hasPrefix("covey.db")
            {
                let data = try Data(contentsOf: URL(filePath: app.folder + "/" + name))
                #expect(data.range(of: Data(Self.marker.utf8)) == nil, "\(name) has it")
                bytes += data.count
            }
            #expect(bytes > 0)
        }
    }

    @Test(.timeLimit(.minutes(8)), arguments: ["keychain", "memory"])
    func `what the last reference names goes with it`(_ store: String) async throws {
        try await Self.serve { app in
            let written = try await app.client.send(
                "POST", Self.credentials(store + "-default"), ["key": "k", "value": "v"])
            #expect(written.status == 201)
            for id in ["a", "b"] {
                try await app.client.make("/projects/p/credentials", Self.reference(id, store, key: "k"))
            }
            try await app.client.make("/projects/p/credentials", Self.reference("c", store, key: "other"))
            let reference = Self.reference("a", store, key: "k")
            for (id, isLeft) in [("c", true), ("a", true), ("b", false)] {
                let path = tenantPath + "/projects/p/credentials/\(id)"
                let rehearsed = try await app.client.send("DELETE", path + "?dryRun=true")
                #expect(rehearsed.status == 200, "\(rehearsed.text)")
                #expect(try await Self.headers(app, reference) != nil)
                #expect(try await app.client.send("DELETE", path).status == 204)
                #expect(try await (Self.headers(app, reference) != nil) == isLeft, "\(id)")
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `memory keeps so many credentials of a project and no more`() async throws {
        try await Self.serve { app in
            let branch = BranchKey(tenant: "default", project: "p", branch: BranchKey.unversioned)
            try await app.store.write(in: branch, actor: "ann", at: 1) { transaction in
                let workspace = transaction.workspace(
                    WorkspaceTools(projectKind: "project", now: 1, makeID: { "x" }, sealing: TestApp.sealing))
                for number in 0..<1000 {
                    let place = CredentialPlace(store: "memory-default", key: "k\(number)", isLasting: false)
                    try workspace.credentials.put(
                        CredentialEntry(place: place, value: .plain("v"), metadata: nil, createdAt: 1))
                }
            }
            let path = Self.credentials("memory-default")
            let more = try await app.client.send("POST", path, ["key": "more", "value": .string(Self.marker)])
            #expect(
                more.status == 400 && more.text.contains("full") && !more.text.contains(Self.marker), "\(more.text)")
            #expect(try await app.client.send("POST", path, ["key": "k7", "value": "new"]).status == 201)
            #expect(
                try await Self.headers(app, Self.reference("r", "memory", key: "k7")) == ["Authorization: Bearer new"])
            let lasting = try await app.client.send(
                "POST", Self.credentials("keychain-default"), ["key": "more", "value": "v"])
            #expect(lasting.status == 201)
        }
    }
}
