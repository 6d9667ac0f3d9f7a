import Catalog
import Cryptography
import Store
import Testing

/// The log of what resources set off.
@Suite struct InvocationTests {
    private let source = ResourceKey(kind: "hook", parent: "a", id: "h")
    private let twin = ResourceKey(kind: "hook", parent: "a", id: "i")
    private static let page = Page(query: ["limit": "100"])

    private func filled(_ store: Store, count: Int = 6) async throws -> BranchKey {
        let branch = try await store.makeProject()
        for key in [source, twin] { try await store.put(key, in: branch) }
        try await write(store, branch) { log in
            for number in 0..<count {
                var one = Invocation(
                    id: "n\(number)", source: number.isMultiple(of: 3) ? twin : source,
                    status: Invocation.Status.allCases[number % 5], dueAt: Int64(number) * 10, createdAt: 1)
                one.payload = ["n": .integer(Int64(number))]
                one.idempotencyKey = "key-\(number)"
                if one.status != .pending { one.startedAt = one.dueAt }
                try log.add(one)
            }
        }
        return branch
    }

    private func write<T: Sendable>(
        _ store: Store, _ branch: BranchKey, _ body: @Sendable @escaping (InvocationLog) throws -> T
    ) async throws -> T {
        let key = try #require(SecretKey([UInt8](repeating: 7, count: SecretKey.length)))
        let sealing = Sealing(Keyring(key), kinds: [])
        return try await store.write(in: branch, actor: "ann", at: 5) {
            let tools = WorkspaceTools(projectKind: "project", now: 5, makeID: { "x" }, sealing: sealing)
            return try body($0.workspace(tools).invocations)
        }
    }

    private func ids(_ query: InvocationQuery, _ store: Store, _ branch: BranchKey) async throws -> [String] {
        let (found, total) = try await write(store, branch) { try $0.page(query) }
        #expect(total == found.count)
        return found.map(\.id)
    }

    @Test(arguments: Engine.available) func `they are listed by source, status, time and what is open`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let branch = try await filled(store)
            let page = Self.page
            var query = InvocationQuery(.source(source, status: nil), page: page)
            #expect(try await ids(query, store, branch) == ["n5", "n4", "n2", "n1"])
            query.from = 20
            query.to = 40
            #expect(try await ids(query, store, branch) == ["n4", "n2"])
            query.order = .ascending
            #expect(try await ids(query, store, branch) == ["n2", "n4"])
            query.order = nil
            query.origin = .source(source, status: .completed)
            #expect(try await ids(query, store, branch) == ["n2"])
            query.origin = .open(kind: "hook", parent: "a", includesRunning: false)
            #expect(try await ids(query, store, branch) == ["n0", "n5"])
            query.origin = .open(kind: "hook", parent: "a", includesRunning: true)
            #expect(try await ids(query, store, branch) == ["n0", "n1", "n5"])
            query.order = .descending
            #expect(try await ids(query, store, branch) == ["n5", "n1", "n0"])
            query.order = nil
            query.origin = .open(kind: "hook", parent: "b", includesRunning: true)
            #expect(try await ids(query, store, branch) == [])
            #expect(try await write(store, branch) { try $0.latest(source) }.map(\.id) == ["n4"])
        }
    }

    @Test(arguments: Engine.available) func `one is written down once, changed, and read as it was written`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let branch = try await filled(store)
            var one = Invocation(id: "full", source: source, status: .running, dueAt: 7, createdAt: 8)
            one.startedAt = 9
            one.conversations = ["c1", "c2"]
            one.batch = "b"
            one.runAsUser = "u"
            one.ref = ["type": "branch", "name": "main", "hash": "1"]
            one.request = ["a": [1, .null]]
            one.payload = .null
            one.error = "so so"
            one.attempt = 3
            one.idempotencyKey = "k"
            let first = one
            try await write(store, branch) { try $0.add(first) }
            #expect(try await write(store, branch) { try $0.get(source, "full") } == first)
            #expect(try await write(store, branch) { try $0.get(twin, "full") } == nil)
            one.status = .failed
            one.endedAt = 11
            one.conversations = []
            one.attempt = 4
            let changed = one
            try await write(store, branch) { try $0.update(changed) }
            #expect(try await write(store, branch) { try $0.get(source, "full") } == changed)
            await #expect(throws: Problem.self) { try await write(store, branch) { try $0.add(first) } }
            let other = Invocation(id: "other", source: source, dueAt: 1, createdAt: 1)
            var same = other
            same.idempotencyKey = "k"
            let second = same
            await #expect(throws: Problem.self) { try await write(store, branch) { try $0.add(second) } }
            try await write(store, branch) { try $0.add(other) }
        }
    }

    @Test(arguments: Engine.available) func `they go with their source, and with the project`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await filled(store)
            try await store.write(in: branch, actor: "ann", at: 6) { try $0.delete(source) }
            try await store.put(source, in: branch)
            let page = Self.page
            let query = InvocationQuery(.source(source, status: nil), page: page)
            #expect(try await ids(query, store, branch) == [])
            #expect(try await write(store, branch) { try $0.get(twin, "n3") } != nil)
            try await store.write(in: branch, actor: "ann", at: 7) { try $0.deleteProject() }
            let again = try await store.makeProject()
            try await store.put(twin, in: again)
            #expect(try await write(store, again) { try $0.get(twin, "n3") } == nil)
        }
    }

    /// A page of one trigger's log must not cost more because others have long ones.
    @Test func `reading a page uses the indexes`() async throws {
        let database = try await Engine.sqlite.database()
        let store = try await Store.open(database, containers: [])
        let place = "tenant = 't' AND project = 'p' AND branch = 'm' AND kind = 'k' AND parent = ''"
        let ofSource = "\(place) AND source = 's' AND due_at >= 0 AND due_at <= 9"
        let open = "\(place) AND status IN ('pending', 'running') AND (status = 'pending' OR 1 = 1)"
        let plans = [
            "SELECT id FROM invocation WHERE \(ofSource) ORDER BY due_at DESC, id LIMIT 10",
            "SELECT id FROM invocation WHERE \(ofSource) AND status = 'failed' ORDER BY due_at DESC, id LIMIT 10",
            "SELECT id FROM invocation WHERE \(open) ORDER BY due_at, id LIMIT 10",
        ]
        for (plan, index) in zip(plans, ["invocation_of", "invocation_by_status", "invocation_open"]) {
            let statement = Statement("EXPLAIN QUERY PLAN " + plan)
            let lines = try await database.read { try $0.rows(statement, []) { $0.text(3) } }
            #expect(lines.contains { $0.contains(index) }, "\(lines)")
            #expect(!lines.contains { $0.contains("TEMP B-TREE") }, "\(lines)")
        }
        await store.close()
    }
}
