import Catalog
import Cryptography
import Testing

@testable import Store

/// States made from the log, against what the branches really held.
@Suite struct VersionTests {
    private let main = BranchKey(tenant: "t", project: "p")

    private func branch(_ name: String) -> BranchKey { BranchKey(tenant: "t", project: "p", branch: name) }

    /// Documents of these tests refer to what their member `to` names.
    private static let links: Declarations.Links = { key, document in
        guard let target = document["to"]?.string else { return [] }
        return [ResourceLink(target: ResourceKey(kind: "tool", id: target), role: "to", rule: .clear)]
    }

    private func withStore(_ engine: Engine, _ body: (Store) async throws -> Void) async throws {
        let store = try await Store.open(
            try await engine.database(), containers: Engine.containers, links: Self.links)
        do { try await body(store) } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func state(_ store: Store, _ name: String) async throws -> (commit: Commit, entries: [Entry]) {
        try await store.readConfiguration(in: branch(name)) { transaction in
            (try #require(try transaction.headCommit()), try transaction.everything())
        }
    }

    private func past(_ store: Store, _ commit: Commit) async throws -> [Entry] {
        let sealing = Sealing(
            Keyring(try #require(SecretKey([UInt8](repeating: 7, count: SecretKey.length)))), kinds: [])
        return try await store.readConfiguration(in: main) { transaction in
            let tools = WorkspaceTools(projectKind: "project", now: 0, makeID: { "" }, sealing: sealing)
            return try transaction.workspace(of: commit, tools).everything()
        }
    }

    @Test(arguments: Engine.available) func `every state of random work can be read again, exactly`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            _ = try await store.makeProject()
            var random = SystemRandomNumberGenerator()
            var names = ["main"]
            var snapshots: [(commit: Commit, entries: [Entry])] = [try await state(store, "main")]
            for step in 0..<120 {
                let name = names.randomElement(using: &random) ?? "main"
                let number = Int.random(in: 0..<6, using: &random)
                switch Int.random(in: 0..<12, using: &random) {
                case 0 where names.count < 5:
                    let new = "branch\(Int.random(in: 0..<6, using: &random))"
                    guard !names.contains(new) else { continue }
                    let commit = Bool.random() ? nil : snapshots.randomElement(using: &random)?.commit
                    try await store.write(in: branch(new), actor: "ann", at: Int64(step)) { transaction in
                        if let commit {
                            try transaction.createBranch(at: commit)
                        } else {
                            try transaction.createBranch(from: name)
                        }
                    }
                    names.append(new)
                case 1 where name != "main":
                    try await store.write(in: branch(name), actor: "bob", at: Int64(step)) { try $0.deleteBranch() }
                    names.removeAll { $0 == name }
                    continue
                default: try await work(store, name, number, at: Int64(step))
                }
                snapshots.append(try await state(store, names.last { $0 == name } ?? name))
            }
            for (commit, entries) in snapshots {
                #expect(try await past(store, commit) == entries)
                let hash = commit.hash(in: main)
                let found = try await store.readConfiguration(in: main) { try $0.commit(hash: hash) }
                #expect(found == commit)
            }
        }
    }

    private func work(_ store: Store, _ name: String, _ number: Int, at: Int64) async throws {
        let key = ResourceKey(kind: number == 5 ? "agent" : "tool", id: "r\(number)")
        try await store.write(in: branch(name), actor: "ann", at: at) { transaction in
            let target = ResourceKey(kind: "tool", id: "r\((number + 1) % 5)")
            let old = try transaction.get(key)
            if old != nil, at % 3 == 0 { return try transaction.delete(key) }
            var document: JSONObject = ["v": .integer(at)]
            if try transaction.get(target) != nil { document["to"] = .string(target.id) }
            try transaction.put(key, .object(document), Self.links(key, .object(document)))
            if number == 5 { try transaction.put(ResourceKey(kind: "subAgent", parent: key.id, id: "s"), ["v": 1], []) }
        }
    }

    @Test(arguments: Engine.available) func `a copy of a past state is whole`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            _ = try await store.makeProject()
            let (one, two) = (ResourceKey(kind: "tool", id: "one"), ResourceKey(kind: "tool", id: "two"))
            try await store.put(one, in: main)
            try await store.put(two, ["to": "one"], Self.links(two, ["to": "one"]), in: main)
            let commit = try await state(store, "main").commit
            try await store.write(in: main, actor: "ann", at: 5) { try $0.delete(one) }
            #expect(try await store.resource(two, in: main)?.document == ["to": .null])
            try await store.write(in: branch("old"), actor: "ann", at: 6) { try $0.createBranch(at: commit) }
            #expect(try await store.linksTo(one, in: branch("old")) == [two])
            #expect(try await store.changes(of: branch("old")) == [], "a copy is no change")
            try await store.write(in: branch("old"), actor: "ann", at: 7) { try $0.delete(one) }
            #expect(try await store.resource(two, in: branch("old"))?.document == ["to": .null])
        }
    }

    private static let oldResource = Statement(
        """
        INSERT INTO resource
            (tenant, project, branch, kind, parent, id, document, created_at, updated_at, revision)
        VALUES ('t', 'p', $1, 'tool', '', 'x', $2, 4, 6, 2)
        """)

    private static let oldChange = Statement(
        """
        INSERT INTO change
            (tenant, project, branch, number, at, actor, action, kind, parent, id, before, after, batch)
        VALUES ('t', 'p', 'main', $1, $2, 'ann', $3, 'tool', '', 'x', $4, $5, $1)
        """)

    @Test(arguments: Engine.available) func `a database from before there were versions goes on`(
        _ engine: Engine
    ) async throws {
        let database = try await engine.database()
        try await Migrations.run(on: database, steps: Array(Migrations.all.prefix { $0 != migration0008 }))
        try await database.write(.full) { connection in
            try connection.script(
                """
                INSERT INTO branch (tenant, project, name, head, created_at) VALUES ('t', 'p', 'main', 4, 3);
                INSERT INTO branch (tenant, project, name, head, base, source, created_at)
                VALUES ('t', 'p', 'dev', 4, 4, 'main', 9);
                """)
            for name in ["main", "dev"] { try connection.execute(Self.oldResource, [.text(name), .text(#"{"v":2}"#)]) }
            let versions = [nil, #"{"v":0}"#, nil, #"{"v":1}"#, #"{"v":2}"#]
            for (number, at, action) in [(1, 1, "create"), (2, 2, "delete"), (3, 4, "create"), (4, 6, "update")] {
                try connection.execute(
                    Self.oldChange,
                    [
                        .integer(Int64(number)), .integer(Int64(at)), .text(action), .text(versions[number - 1]),
                        .text(versions[number]),
                    ])
            }
        }
        let store = try await Store.open(database, containers: Engine.containers, links: Self.links)
        let (now, dev) = (try await state(store, "main").commit, try await state(store, "dev").commit)
        #expect(now.number == 4 && dev == now, "a branch without changes is where it was made")
        let found = try await store.readConfiguration(in: main) { transaction in
            (try transaction.commit(now.life, 3), try transaction.commit(now.life, 2))
        }
        let before = try #require(found.0)
        #expect(found.1 == nil, "what was before the project was made is another one's")
        let entries = try await past(store, before)
        #expect(entries.map(\.document) == [["v": 1]])
        #expect(entries.map(\.revision) == [1] && entries.map(\.updatedAt) == [4] && entries.map(\.createdAt) == [4])
        #expect(try await store.readConfiguration(in: main) { try $0.vector(of: now) } == VersionVector([now.life: 4]))
        await store.close()
    }
}
