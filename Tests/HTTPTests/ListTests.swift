import Catalog
import CoveyTesting
import Domain
import Testing

/// The lists of all kinds: order, search and filters, as the kinds are declared.
struct ListTests {
    /// The kinds with their lists, once each of them has been made.
    private func withLists(
        _ body:
            @Sendable (_ client: TestClient, _ lists: [(kind: Kind, list: Catalog.Operation, path: String)])
            async throws -> Void
    ) async throws {
        try await TestApp.run { app in
            try await KindsTests.makeFixture(app.client)
            var lists: [(kind: Kind, list: Catalog.Operation, path: String)] = []
            for row in KindsTests.rows {
                let kind = try #require(Everything.kindsByName[row.kind])
                let create = try #require(kind.operations.first { $0.method == .post })
                #expect(try await app.client.send("POST", KindsTests.path(create), row.body).status == 201)
                let list = try #require(kind.operations.first { $0.method == .get && !$0.path.hasSuffix("}") })
                lists.append((kind, list, KindsTests.path(list)))
            }
            try await body(app.client, lists)
        }
    }

    private static func choices(_ list: Catalog.Operation, _ parameter: String) -> [String] {
        list.parameters.first { $0.name == parameter }?.schema["enum"]?.array?.compactMap(\.string) ?? []
    }

    @Test(.timeLimit(.minutes(8))) func `every list is sorted as it says, and each order is the other backwards`()
        async throws
    {
        try await withLists { client, lists in
            for (kind, list, path) in lists {
                let sorts = Self.choices(list, "sort")
                #expect(sorts.contains("createdAt") && sorts.contains("id") && sorts.contains("updatedAt"))
                #expect(sorts.contains("name") == kind.members.contains { $0.name == "name" && $0.required })
                for sort in sorts {
                    let up = try await client.send("GET", "\(path)?limit=100&sort=\(sort)&order=asc")
                    let down = try await client.send("GET", "\(path)?limit=100&sort=\(sort)&order=desc")
                    #expect(up.status == 200 && down.status == 200, "\(kind.name): \(up.text)")
                    let ids = up.data.array?.map { $0["id"] ?? .null } ?? []
                    let backwards = down.data.array?.map { $0["id"] ?? .null } ?? []
                    #expect(!ids.isEmpty && ids == backwards.reversed(), "\(kind.name) by \(sort)")
                    let values = up.data.array?.compactMap { $0[sort]?.string } ?? []
                    #expect(values == values.sorted() || sort == "name", "\(kind.name) by \(sort)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `every list is searched, and refuses all at once what it does not take`()
        async throws
    {
        try await withLists { client, lists in
            for (kind, list, path) in lists {
                let all = try await client.send("GET", path)
                let id = try #require(all.data[0]?["id"]?.string)
                let part = String(id.suffix(max(id.count - 1, 1))).uppercased()
                let found = try await client.send("GET", "\(path)?q=\(part)")
                #expect(found.data.array?.contains { $0["id"] == .string(id) } == true, "\(kind.name): \(found.text)")
                let none = try await client.send("GET", "\(path)?q=%25_no_such_%25")
                #expect(none.status == 200 && none.json["pagination"]?["total"] == 0, "\(kind.name): \(none.text)")
                let filters = Self.filters(kind, list)
                var query = "?page=0&limit=x&sort=colour&order=up&q=\(String(repeating: "q", count: 257))"
                var broken = ["page", "limit", "sort", "order", "q"]
                for filter in filters {
                    let value = String(repeating: "v", count: 257)
                    query += "&\(filter)=\(value)"
                    broken.append(filter)
                }
                let refused = try await client.send("GET", path + query)
                #expect(refused.status == 400)
                let names = refused.json["errors"]?.array?.compactMap { $0["name"]?.string } ?? []
                #expect(Set(names) == Set(broken), "\(kind.name): \(refused.text)")
            }
        }
    }

    private static func filters(_ kind: Kind, _ list: Catalog.Operation) -> [String] {
        let others = ["page", "limit", "sort", "order", "q", "include", "status", "skipDiscovery"]
        return list.parameters.filter { $0.place == .query && !others.contains($0.name) }.map(\.name)
    }

    @Test(.timeLimit(.minutes(8))) func `every filter finds those with a value, and no others`() async throws {
        try await withLists { client, lists in
            var filters = 0
            for (kind, list, path) in lists {
                let all = try await client.send("GET", path + "?limit=100").data.array ?? []
                for filter in Self.filters(kind, list) {
                    guard let member = kind.filters.first(where: { $0.query == filter })?.member else { continue }
                    filters += 1
                    let shown = all.map { ListText.values(of: member, in: $0) }
                    let choices = Self.choices(list, filter)
                    for value in Set(shown.flatMap(\.self)).union(choices) {
                        let found = try await client.send("GET", "\(path)?limit=100&\(filter)=\(value)")
                        #expect(found.status == 200, "\(kind.name).\(filter): \(found.text)")
                        let wanted = shown.count { $0.contains(value) }
                        let total = found.json["pagination"]?["total"]?.integer
                        #expect(total == wanted, "\(kind.name).\(filter)=\(value)")
                    }
                    let unknown = try await client.send("GET", "\(path)?\(filter)=unknown")
                    #expect(unknown.status == (choices.isEmpty ? 200 : 400), "\(kind.name).\(filter)")
                    if choices.isEmpty { #expect(unknown.data == []) }
                }
            }
            #expect(filters >= 10, "lists filter by what is declared")
        }
    }

    @Test func `names are sorted and searched whatever their case, and filters are combined`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let credentials: [(id: String, name: String, type: String)] = [
                ("c1", "Öl", "memory"), ("c2", "bank", "keychain"), ("c3", "Auto", "memory"),
                ("c4", "ÖLPREIS", "memory"),
            ]
            for (id, name, type) in credentials {
                try await app.client.make(
                    "/projects/p/credentials",
                    ["id": .string(id), "name": .string(name), "type": .string(type), "credentialStoreId": "s"])
            }
            let path = tenantPath + "/projects/p/credentials"
            func ids(_ query: String) async throws -> [JSONValue] {
                try await app.client.send("GET", path + query).data.array?.compactMap { $0["id"] } ?? []
            }
            #expect(try await ids("?sort=name") == ["c3", "c2", "c1", "c4"])
            #expect(try await ids("?sort=name&order=desc&limit=1&page=2") == ["c1"])
            #expect(try await ids("?q=%C3%B6l&sort=id&order=desc") == ["c4", "c1"])
            #expect(try await ids("?q=%C3%B6l&type=memory&sort=name&limit=1") == ["c1"])
            #expect(try await ids("?q=bank&type=memory") == [])
            #expect(try await ids("?type=keychain") == ["c2"])
            app.clock.advance(by: .seconds(1))
            #expect(try await app.client.send("PATCH", path + "/c2", ["type": "memory"]).status == 200)
            #expect(try await ids("?sort=updatedAt&limit=1") == ["c2"])
            #expect(try await ids("?type=keychain") == [])
            let projects = try await app.client.send("GET", tenantPath + "/projects?q=PROJ&sort=name&include=agents")
            #expect(projects.data.array?.map { $0["id"] ?? .null } == ["p"] && projects.data[0]?["agents"] == [])
            #expect(try await app.client.send("GET", tenantPath + "/projects?q=other").data == [])
        }
    }
}
