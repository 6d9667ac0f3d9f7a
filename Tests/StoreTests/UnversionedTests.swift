import Catalog
import Store
import Testing

/// What lives outside branches, and the handles by which it is found.
@Suite struct UnversionedTests {
    let key = ResourceKey(kind: "key", id: "k1")
    let agent = ResourceKey(kind: "agent", id: "support")

    private func unversioned(_ main: BranchKey) -> BranchKey {
        BranchKey(tenant: main.tenant, project: main.project, branch: BranchKey.unversioned)
    }

    @Test(arguments: Engine.available) func `a project comes with the place of what lives outside branches`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let main = try await store.makeProject()
            let branch = unversioned(main)
            #expect(try await store.head(of: branch) == 0)
            try await store.put(key, ["v": 1], in: branch)
            #expect(try await store.head(of: branch) == 1)
            #expect(try await store.resource(key, in: main) == nil)
            try await store.write(in: main, actor: "ann", at: 2) { try $0.deleteProject() }
            #expect(try await store.head(of: branch) == nil)
        }
    }

    @Test(arguments: Engine.available) func `what is changed on two branches is changed together or not at all`(
        _ engine: Engine
    ) async throws {
        struct Refused: Error {}
        try await withStore(engine) { store in
            let main = try await store.makeProject()
            let branch = unversioned(main)
            let changes = try await store.write(in: branch, actor: "ann", at: 2) { transaction in
                try transaction.put(key, ["v": 1], [])
                let other = try transaction.on(BranchKey.main)
                try other.put(agent, ["v": 2], [])
                #expect(try other.on(BranchKey.unversioned).get(key) != nil)
                return try transaction.changesMade()
            }
            #expect(Set(changes.map(\.key)) == [key, agent])
            #expect(try await store.head(of: main) == 2)
            #expect(try await store.head(of: branch) == 1)
            await #expect(throws: Refused.self) {
                try await store.write(in: main, actor: "ann", at: 3) { transaction in
                    try transaction.delete(agent)
                    try transaction.on(BranchKey.unversioned).delete(key)
                    throw Refused()
                }
            }
            #expect(try await store.resource(agent, in: main) != nil)
            #expect(try await store.resource(key, in: branch) != nil)
        }
    }

    @Test(arguments: Engine.available) func `a handle finds its resource in whatever project, and goes with it`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let branch = unversioned(try await store.makeProject())
            let other = unversioned(try await store.makeProject("u", "q"))
            try await store.write(in: branch, actor: "ann", at: 2) {
                try $0.put(key, ["v": 1], [])
                try $0.setHandle(key, "public")
            }
            let found = try #require(try await store.resource(of: "key", handle: "public"))
            #expect(found.branch == branch && found.entry.document == ["v": 1])
            #expect(try await store.resource(of: "app", handle: "public") == nil)
            let error = try await storeError {
                try await store.write(in: other, actor: "bob", at: 3) {
                    try $0.put(key, ["v": 2], [])
                    try $0.setHandle(key, "public")
                }
            }
            guard case .uniqueViolation = error else { return #expect(Bool(false), "\(String(describing: error))") }
            try await store.write(in: branch, actor: "ann", at: 4) { try $0.delete(key) }
            #expect(try await store.resource(of: "key", handle: "public") == nil)
        }
    }
}
