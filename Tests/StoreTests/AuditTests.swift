import Catalog
import Testing

@testable import Store

@Suite struct AuditTests {
    private func record(_ action: String, tenant: String = "t", at: Int64 = 1, actor: String = "ann") -> AuditRecord {
        AuditRecord(tenant: tenant, at: at, actor: actor, means: "session", action: action, target: "/x")
    }

    private func run(_ sql: String, on store: Store) async throws {
        try await store.database.write(.process) { try $0.script(sql) }
    }

    @Test(arguments: Engine.available) func `records are kept in a chain for each tenant`(_ engine: Engine) async throws
    {
        try await withStore(engine) { store in
            try await store.append([record("one"), record("two", tenant: "u"), record("three")])
            try await store.append([record("four")])
            let (entries, total) = try await store.audit(of: "t", AuditQuery(), Page())
            #expect(entries.map(\.record.action) == ["four", "three", "one"] && total == 3)
            #expect(entries.map(\.sequence) == [3, 2, 1] && Set(entries.map(\.digest)).count == 3)
            #expect(try await store.auditedTenants() == ["t", "u"])
            let verdict = try await store.verifyAudit(of: "t")
            #expect(verdict == AuditVerdict(records: 3, head: entries[0].digest, broken: nil))
            #expect(try await store.verifyAudit(of: "nobody").broken == nil)
        }
    }

    @Test(arguments: Engine.available) func `they are found by who, what, how it ended and when`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            var refused = record("get", at: 20, actor: "ben")
            refused.outcome = .refused
            try await store.append([record("put", at: 10), refused, record("get", at: 30)])
            func found(_ query: AuditQuery) async throws -> [Int64] {
                try await store.audit(of: "t", query, Page()).entries.map(\.record.at)
            }
            #expect(try await found(AuditQuery(actor: "ann")) == [30, 10])
            #expect(try await found(AuditQuery(actor: "ann", order: .ascending)) == [10, 30])
            #expect(try await found(AuditQuery(action: "get")) == [30, 20])
            #expect(try await found(AuditQuery(actor: "ben", action: "put")) == [])
            #expect(try await found(AuditQuery(outcome: .refused)) == [20])
            #expect(try await found(AuditQuery(from: 20, until: 30)) == [20])
        }
    }

    @Test(arguments: Engine.available) func `what was changed, taken out or cut off is noticed`(_ engine: Engine)
        async throws
    {
        let tamperings = [
            ("UPDATE audit SET actor = 'eve' WHERE sequence = 2", Int64(2)),
            ("UPDATE audit SET amount = 2 WHERE sequence = 3", 3),
            ("DELETE FROM audit WHERE sequence = 1", 1), ("DELETE FROM audit WHERE sequence = 3", 3),
        ]
        for (sql, place) in tamperings {
            try await withStore(engine) { store in
                try await store.append([record("one"), record("two"), record("three")])
                try await run(sql, on: store)
                #expect(try await store.verifyAudit(of: "t").broken == place, "\(sql)")
            }
        }
    }

    @Test(arguments: Engine.available) func `many who append at once make one chain`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await store.append([
                            record("a\(number)"), record("b\(number)", tenant: "u"), record("c\(number)"),
                        ])
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.verifyAudit(of: "t").records == 80)
            #expect(try await store.verifyAudit(of: "u").broken == nil)
        }
    }

    @Test(arguments: Engine.available) func `a write and its record are there together, or neither is`(
        _ engine: Engine
    ) async throws {
        struct Failure: Error {}
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let key = ResourceKey(kind: "tool", id: "w")
            @Sendable func put(_ name: String, fails: Bool = false) async throws {
                try await store.write(in: branch, actor: "ann", at: 1, audit: record("put \(name)")) { transaction in
                    _ = try transaction.put(key, ["name": .string(name)], [])
                    if fails { throw Failure() }
                }
            }
            try await put("one")
            try await put("one")
            await #expect(throws: Failure.self) { try await put("two", fails: true) }
            try await put("three")
            let (entries, _) = try await store.audit(of: "t", AuditQuery(), Page())
            #expect(entries.map(\.record.action) == ["put three", "put one"], "the same again is no write")
        }
    }
}
