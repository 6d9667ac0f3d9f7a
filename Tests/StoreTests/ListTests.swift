import Catalog
import Testing

@testable import Store

/// Lists by every order, search and filter: what the store answers by its indexes is what is right.
@Suite struct ListTests {
    private static let facets = ["tool": ["type", "config.isOn", "tags"]]
    private static let names = [
        "alpha", "Alpha", "beta", "Größe", "GRÖSSE", "größe", "Ähre", "z_100%", "z-100", "100%", "_", "Zeta", "日本", "",
    ]

    private static func withStore(_ engine: Engine, _ body: (Store) async throws -> Void) async throws {
        let store = try await Store.open(
            try await engine.database(), containers: Engine.containers, facets: facets)
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private static func document(_ number: Int) -> JSONValue {
        var document: JSONObject = [
            "name": .string(names[number % names.count]), "type": .string(number % 3 == 0 ? "memory" : "nango"),
            "config": ["isOn": .bool(number % 2 == 0)], "tags": .array(number % 4 == 0 ? ["x", "y", "x"] : ["y"]),
        ]
        let other = names[(number * 7) % names.count]
        if number % 5 != 0 { document["description"] = .string("The \(number)th, of \(other)") }
        return .object(document)
    }

    private let target = ResourceKey(kind: "credential", id: "c")

    private func fill(_ store: Store, _ branch: BranchKey) async throws {
        try await store.write(in: branch, actor: "ann", at: 5) { [target] transaction in
            _ = try transaction.put(target, ["name": "C"], [])
        }
        // Several at one time, so that there are ties, and some changed later.
        for batch in 0..<6 {
            try await store.write(in: branch, actor: "ann", at: Int64(10 + batch / 2)) { [target] transaction in
                for number in batch * 7..<batch * 7 + 7 {
                    let links =
                        number % 6 == 0 ? [ResourceLink(target: target, role: "credentialId", rule: .clear)] : []
                    var document = Self.document(number).object ?? [:]
                    if number % 6 == 0 { document["credentialId"] = .string("c") }
                    try transaction.put(ResourceKey(kind: "tool", id: "T\(number)"), .object(document), links)
                }
            }
        }
        try await store.write(in: branch, actor: "ann", at: 20) { transaction in
            for number in [3, 30, 17] {
                var document = Self.document(number).object ?? [:]
                document["type"] = .string("changed")
                document["name"] = .string("Anew \(number % 2)")
                try transaction.put(ResourceKey(kind: "tool", id: "T\(number)"), .object(document), [])
            }
            for number in [5, 6, 11] { try transaction.delete(ResourceKey(kind: "tool", id: "T\(number)")) }
            try transaction.put(ResourceKey(kind: "tool", parent: "a", id: "elsewhere"), Self.document(0), [])
        }
    }

    private var queries: [ListQuery] {
        var queries: [ListQuery] = []
        let filters: [[ListQuery.Filter]] = [
            [], [.init("type", is: "memory")], [.init("config.isOn", is: "true"), .init("type", is: "nango")],
            [.init("tags", is: "x")], [.init("type", is: "changed")], [.init("type", is: "none")],
            [.init("credentialId", is: "c", target: target)],
            [.init("credentialId", is: "c", target: target), .init("type", is: "memory")],
        ]
        let searches = [nil, "alpha", "GRÖSSE", "ä", "%", "_", "t1", "of z", "日", "nothing of the kind"]
        for sort in ListQuery.Sort.allCases {
            for order in ListQuery.Order.allCases {
                for filter in filters {
                    queries.append(ListQuery(kind: "tool", limit: 7, sort: sort, order: order, filters: filter))
                }
                for search in searches {
                    queries.append(
                        ListQuery(
                            kind: "tool", limit: 4, sort: sort, order: order,
                            search: search.map(ListText.folded), filters: filters[1]))
                    queries.append(
                        ListQuery(
                            kind: "tool", limit: 9, sort: sort, order: order, search: search.map(ListText.folded)))
                }
            }
        }
        return queries
    }

    @Test(arguments: Engine.available) func `every list is as it would be from what is at hand`(
        _ engine: Engine
    ) async throws {
        try await Self.withStore(engine) { store in
            let branch = try await store.makeProject()
            try await fill(store, branch)
            let graph = try #require(try await store.graph(of: branch))
            for query in queries {
                var query = query
                for page in 1...7 {
                    query.page = page
                    let wanted = query.page(of: graph.entries) { graph.links[$0] ?? [] }
                    let found = try await store.list(query, in: branch)
                    #expect(found.total == wanted.total, "\(query)")
                    #expect(found.entries.map(\.key.id) == wanted.entries.map(\.key.id), "\(query)")
                    if found.entries.isEmpty { break }
                }
            }
        }
    }

    @Test(arguments: Engine.available) func `what has a name is listed by the indexes alike`(
        _ engine: Engine
    ) async throws {
        try await Self.withStore(engine) { store in
            let branch = try await store.makeProject()
            for number in 1...30 {
                let document: JSONValue = ["name": .string("N\(number * 7 % 10)")]
                try await store.put(
                    ResourceKey(kind: "tool", id: "t\(number)"), document, in: branch, at: Int64(100 - number / 3))
            }
            let graph = try #require(try await store.graph(of: branch))
            for sort in ListQuery.Sort.allCases {
                for order in ListQuery.Order.allCases {
                    for page in 1...4 {
                        let query = ListQuery(
                            kind: "tool", page: page, limit: 9, sort: sort, order: order, isNamed: true)
                        let wanted = query.page(of: graph.entries) { _ in [] }
                        let found = try await store.list(query, in: branch)
                        #expect(found.entries.map(\.key.id) == wanted.entries.map(\.key.id), "\(query)")
                    }
                }
            }
        }
    }

    @Test func `a search finds text whatever its case, and takes nothing for a wildcard`() {
        #expect(ListText.folded("STRASSE") == ListText.folded("straße"))
        #expect(ListText.folded("ÄÖ") == ListText.folded("äÖ") && ListText.folded("a") != ListText.folded("ä"))
        #expect(ListText.search(["name": "A", "description": "B\0C"]) == "a\nbc")
        #expect(ListText.name(["name": .string(String(repeating: "É", count: 100))]).count == 64)
        #expect(ListText.values(of: "a.b", in: ["a": ["b": [1, true, "x", .null, "x"]]]) == ["1", "true", "x"])
    }

    /// What the tally says, and what there is.
    private func tallies(_ store: Store) async throws -> (kept: [String], counted: [String]) {
        func lines(_ sql: String) async throws -> [String] {
            let statement = Statement(sql)
            return try await store.database.read { connection in
                try connection.rows(statement, []) { row in (0..<6).map { row.text($0) }.joined(separator: " ") }
            }
        }
        let columns = "tenant, project, branch, kind, parent"
        return (
            try await lines("SELECT \(columns), amount FROM tally ORDER BY \(columns)"),
            try await lines("SELECT \(columns), count(*) FROM resource GROUP BY \(columns) ORDER BY \(columns)")
        )
    }

    @Test(arguments: Engine.available) func `how many there are is known after whatever was done`(
        _ engine: Engine
    ) async throws {
        try await Self.withStore(engine) { store in
            let branch = try await store.makeProject()
            try await fill(store, branch)
            func check(_ step: String) async throws {
                let (kept, counted) = try await tallies(store)
                #expect(kept == counted, "\(step)")
            }
            try await check("puts and deletions")
            let draft = BranchKey(tenant: "t", project: "p", branch: "draft")
            try await store.write(in: draft, actor: "ann", at: 30) { transaction in
                try transaction.createBranch(from: "main")
                try transaction.put(ResourceKey(kind: "agent", id: "a"), [:], [])
                try transaction.put(ResourceKey(kind: "sub", parent: "a", id: "s"), [:], [])
                try transaction.delete(ResourceKey(kind: "tool", id: "T1"))
                #expect(try transaction.page(ListQuery(kind: "tool")).total == 38, "also before it is kept")
            }
            try await check("a copied branch")
            #expect(
                try await store.list(
                    ListQuery(kind: "tool", filters: [.init("type", is: "changed")]), in: draft
                ).total == 3)
            try await store.write(in: draft, actor: "ann", at: 31) {
                try $0.delete(ResourceKey(kind: "agent", id: "a"))
            }
            try await check("a deleted container")
            _ = try? await store.write(in: branch, actor: "ann", at: 32) { transaction in
                try transaction.put(ResourceKey(kind: "tool", id: "never"), [:], [])
                throw StoreError.conflict("undone")
            }
            try await check("what was undone")
            try await store.write(in: branch, actor: "ann", at: 33) { try $0.deleteProject() }
            try await check("a deleted project")
            #expect(try await tallies(store).kept.isEmpty)
        }
    }

    @Test(arguments: Engine.available) func `what lists filter by is made anew when other members are declared`(
        _ engine: Engine
    ) async throws {
        let database = try await engine.database()
        let store = try await Store.open(database, containers: [])
        let branch = try await store.makeProject()
        for number in 0..<700 {
            try await store.put(
                ResourceKey(kind: "tool", id: "t\(number)"), ["name": "Tool", "type": .string("\(number % 2)")],
                in: branch)
        }
        let query = ListQuery(kind: "tool", filters: [.init("type", is: "1")])
        #expect(try await store.list(query, in: branch).total == 0)
        // What was stored before there were such columns.
        let forget = Statement("UPDATE resource SET name = '', search = '' WHERE tenant = $1")
        try await database.write(.process) { _ = try $0.execute(forget, [.text("t")]) }
        let again = try await Store.open(database, containers: [], facets: ["tool": ["type"]])
        #expect(try await again.list(query, in: branch).total == 350)
        #expect(try await again.list(ListQuery(kind: "tool", search: "tool"), in: branch).total == 700)
        let head = try await again.head(of: branch)
        #expect(head == 701, "nothing of it is a change")
        await database.close()
    }
}
