import Catalog
import Store
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The engines that every test of the store runs on.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
    case sqlite
    case postgres

    var testDescription: String { rawValue }

    /// A server for tests; nil when there is none. `Scripts/postgres with …` starts one.
    static let postgresURL: String? = getenv("COVEY_TEST_POSTGRES").map { String(cString: $0) }.flatMap {
        $0.isEmpty ? nil : $0
    }

    /// The engines at hand.
    static let available: [Engine] = postgresURL == nil ? [.sqlite] : [.sqlite, .postgres]

    static let containers: Set = ["agent", "subAgent"]

    /// An empty database of this engine that no other test sees.
    func database() async throws -> any Database {
        switch self {
        case .sqlite: try SQLiteDatabase(path: ":memory:")
        case .postgres: try PostgresDatabase(url: try await Engine.schemaURL())
        }
    }

    /// The URL of a new, empty schema on the test server.
    static func schemaURL() async throws -> String {
        let url = try #require(postgresURL)
        let schema = "test_\(UInt64.random(in: 0 ... .max))"
        let server = try PostgresDatabase(url: url)
        try await server.write(.process) { try $0.script("CREATE SCHEMA \(schema)") }
        await server.close()
        return "\(url)?options=-csearch_path%3D\(schema)"
    }
}

/// Runs `body` with a store over an empty database, and closes it.
func withStore(_ engine: Engine, _ body: (Store) async throws -> Void) async throws {
    let store = try await Store.open(try await engine.database(), containers: Engine.containers)
    do {
        try await body(store)
    } catch {
        await store.close()
        throw error
    }
    await store.close()
}

/// What `body` throws as a store error; nil when it throws nothing.
func storeError(_ body: () async throws -> Void) async throws -> StoreError? {
    do {
        try await body()
        return nil
    } catch let error as StoreError {
        return error
    }
}

extension Store {
    /// A new project `p` of tenant `t` on the branch `main`.
    func makeProject(_ tenant: String = "t", _ project: String = "p", at: Int64 = 1) async throws -> BranchKey {
        let branch = BranchKey(tenant: tenant, project: project)
        try await write(in: branch, actor: "ann", at: at) { transaction in
            try transaction.createBranch()
            try transaction.put(ResourceKey(kind: "project", id: project), ["name": .string(project)], [])
        }
        return branch
    }

    /// Stores one document.
    @discardableResult func put(
        _ key: ResourceKey, _ document: JSONValue = [:], _ links: [ResourceLink] = [], in branch: BranchKey,
        at: Int64 = 2
    ) async throws -> Entry {
        try await write(in: branch, actor: "ann", at: at) { try $0.put(key, document, links) }
    }
}

@Suite struct EngineAvailability {
    @Test(.enabled(if: Engine.postgresURL != nil, "PostgreSQL is left out: run under Scripts/postgres with"))
    func `the PostgreSQL server for tests answers`() async throws {
        try await withStore(.postgres) { store in
            try await store.ping()
            #expect(store.isShared)
        }
    }
}
