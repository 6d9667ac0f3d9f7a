import Catalog
import Testing

@testable import Store

/// The ledger of artifacts.
@Suite struct ArtifactTests {
    private static let key = ConversationKey(tenant: "acme", project: "shop", id: "c")

    private static func row(_ id: String, run: String = "r1", at: Int64 = 1, name: String = "Name") -> ArtifactRow {
        ArtifactRow(
            conversation: key, id: id, toolCall: "call", run: run, subAgent: "desk", type: "Doc", name: name,
            summary: ["title": "T"], full: ["title": "T", "body": "B"], createdAt: at)
    }

    /// A store with the conversation.
    private static func withConversation(_ engine: Engine, _ body: (Store) async throws -> Void) async throws {
        try await withStore(engine) { store in
            _ = try await store.makeProject("acme", "shop")
            let conversation = ConversationRow(key: key, agent: "a", ref: "main", createdAt: 0, updatedAt: 0)
            try await store.commit([.conversation(conversation)], durability: .process)
            try await body(store)
        }
    }

    @Test(arguments: Engine.available)
    func `artifacts are found newest first, and one by its name with all of its data`(_ engine: Engine) async throws {
        try await Self.withConversation(engine) { store in
            try await store.commit(
                [.artifact(Self.row("a", at: 1)), .artifact(Self.row("b", at: 2))], durability: .process)
            let all = try await store.artifacts(Self.key, limit: 10)
            #expect(all.map(\.id) == ["b", "a"])
            #expect(all[0].full == .null)
            #expect(all[0].summary == ["title": "T"])
            #expect(try await store.artifacts(Self.key, limit: 1).map(\.id) == ["b"])
            #expect(try await store.artifact("a", of: "call", in: Self.key) == Self.row("a", at: 1))
            #expect(try await store.artifact("a", of: "other", in: Self.key) == nil)
            let other = ConversationKey(tenant: "acme", project: "other", id: "c")
            #expect(try await store.artifact("a", of: "call", in: other) == nil)
        }
    }

    @Test(arguments: Engine.available)
    func `one that is made again in its run is replaced, one of another run stands beside it`(
        _ engine: Engine
    ) async throws {
        try await Self.withConversation(engine) { store in
            for row in [Self.row("a", name: "First"), Self.row("a", name: "Second"), Self.row("a", run: "r2", at: 5)] {
                try await store.commit([.artifact(row)], durability: .process)
            }
            #expect(try await store.artifacts(Self.key, limit: 10).map(\.run) == ["r2", "r1"])
            let named = try await store.artifacts([("a", "call"), ("none", "call")], in: Self.key)
            #expect(named.map(\.name) == ["Second", "Name"])
        }
    }

    @Test(arguments: Engine.available)
    func `many are found by their names at once`(_ engine: Engine) async throws {
        try await Self.withConversation(engine) { store in
            try await store.commit((0..<120).map { .artifact(Self.row("a\($0)")) }, durability: .process)
            let wanted = (0..<120).map { (id: "a\($0)", toolCall: "call") }
            #expect(try await store.artifacts(wanted, in: Self.key).count == 120)
            #expect(try await store.artifacts([(id: String, toolCall: String)](), in: Self.key).isEmpty)
        }
    }

    @Test(arguments: Engine.available)
    func `a final name is given once, and goes with its conversation`(_ engine: Engine) async throws {
        try await Self.withConversation(engine) { store in
            try await store.commit(
                [.artifact(Self.row("a")), .artifact(Self.row("b", run: "r2"))], durability: .process)
            var unnamed = try await store.unnamedArtifacts(of: "r1", in: Self.key)
            #expect(unnamed.map(\.id) == ["a"])
            #expect(unnamed[0].full == ["title": "T", "body": "B"])
            unnamed[0].name = "Better"
            unnamed[0].description = "What it is"
            try await store.name(unnamed[0], at: 9)
            let found = try await store.artifact("a", of: "call", in: Self.key)
            #expect(found?.name == "Better")
            #expect(found?.description == "What it is")
            #expect(try await store.unnamedArtifacts(of: "r1", in: Self.key).isEmpty)
            _ = try await store.deleteConversation(Self.key)
            #expect(try await store.artifact("a", of: "call", in: Self.key) == nil)
        }
    }

    @Test(arguments: Engine.available)
    func `an artifact of no conversation is not kept`(_ engine: Engine) async throws {
        try await Self.withConversation(engine) { store in
            var row = Self.row("a")
            row.conversation = ConversationKey(tenant: "acme", project: "shop", id: "none")
            let error = try await storeError { try await store.commit([.artifact(row)], durability: .process) }
            guard case .foreignKeyViolation = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
    }
}
