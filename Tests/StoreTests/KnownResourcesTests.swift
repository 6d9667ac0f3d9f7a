import Catalog
import Testing

@testable import Store

/// A job that writes sees what it has written, though it asks for nothing twice and rows go in late.
@Suite struct KnownResourcesTests {
    private let agent = ResourceKey(kind: "agent", id: "a")
    private let sub = ResourceKey(kind: "subAgent", parent: "a", id: "s")
    private let inner = ResourceKey(kind: "part", parent: "a/s", id: "p")
    private let neighbour = ResourceKey(kind: "part", parent: "a-b", id: "p")
    private let tool = ResourceKey(kind: "tool", id: "t")

    @Test(arguments: Engine.available) func `what is in a place is so before and after changes`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            for key in [agent, ResourceKey(kind: "agent", id: "a-b"), sub, inner, neighbour] {
                try await store.put(key, in: branch)
            }
            try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                #expect(try transaction.contents(of: agent).map(\.key) == [inner, sub])
                let late = ResourceKey(kind: "part", parent: "a/s", id: "q")
                #expect(try transaction.get(late) == nil)
                try transaction.put(late, ["v": 1], [])
                #expect(try transaction.get(late)?.document == ["v": 1])
                #expect(try transaction.contents(of: agent).map(\.key) == [inner, sub, late])
                try transaction.delete(inner)
                #expect(try transaction.get(inner) == nil)
                #expect(try transaction.contents(of: agent).map(\.key) == [sub, late])
                try transaction.put(inner, ["v": 2], [])
                #expect(try transaction.get(inner)?.revision == 1)
                try transaction.delete(sub)
                #expect(try transaction.contents(of: agent).isEmpty)
                #expect(try transaction.get(neighbour) != nil)
                #expect(try transaction.everything().map(\.key.id).sorted() == ["a", "a-b", "p", "p"])
            }
            #expect(try await store.readConfiguration(in: branch) { try $0.contents(of: agent) }.isEmpty)
            #expect(try await store.resource(neighbour, in: branch) != nil)
        }
    }

    @Test(arguments: Engine.available) func `a resource may be made and changed over and over in one job`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(tool, in: branch)
            let link = ResourceLink(target: tool, role: "toolId", rule: .cascade)
            try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                for number in 1...5 {
                    try transaction.put(agent, ["v": .integer(Int64(number))], number % 2 == 0 ? [link] : [])
                    try transaction.put(tool, ["v": .integer(Int64(number))], [])
                }
            }
            let stored = try #require(try await store.resource(agent, in: branch))
            #expect(stored.document == ["v": 5] && stored.revision == 5 && stored.updatedAt == 3)
            #expect(try await store.resource(tool, in: branch)?.revision == 6)
            #expect(try await store.linksTo(tool, in: branch).isEmpty)
            let changes = try await store.changes(of: branch, after: 2)
            #expect(changes.filter { $0.key == agent }.map(\.after) == (1...5).map { ["v": .integer($0)] })
            #expect(changes.map(\.number) == Array(3...12))
        }
    }

    @Test(arguments: Engine.available) func `more rows than a statement takes all go in`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(tool, in: branch)
            let link = ResourceLink(target: tool, role: "toolId", rule: .cascade)
            let keys = (0..<2500).map { ResourceKey(kind: "part", parent: "a", id: "p\($0)") }
            try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                // Who refers may come before what it refers to.
                for key in keys { try transaction.put(key, ["id": .string(key.id)], [link]) }
                try transaction.put(agent, [:], [])
            }
            let query = ListQuery(kind: "part", parent: "a")
            #expect(try await store.list(query, in: branch).total == 2500)
            #expect(try await store.linksTo(tool, in: branch).count == 2500)
            let wanted = Set(keys.prefix(120) + [neighbour])
            let found = try await store.readConfiguration(in: branch) { try $0.several(Array(wanted)) }
            #expect(Set(found.keys) == Set(keys.prefix(120)))
            #expect(found.values.allSatisfy { $0.document["id"] == .string($0.key.id) })
            try await store.write(in: branch, actor: "ann", at: 4) { try $0.delete(agent) }
            #expect(try await store.list(query, in: branch).total == 0)
        }
    }

    @Test(arguments: Engine.available) func `a branch that is made in a job has what it was copied from`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(agent, ["v": 1], in: branch)
            let draft = BranchKey(tenant: "t", project: "p", branch: "draft")
            try await store.write(in: draft, actor: "ann", at: 3) { transaction in
                #expect(try transaction.get(agent) == nil)
                try transaction.createBranch(from: "main")
                #expect(try transaction.get(agent)?.document == ["v": 1])
                try transaction.put(agent, ["v": 2], [])
            }
            #expect(try await store.resource(agent, in: draft)?.document == ["v": 2])
            #expect(try await store.resource(agent, in: branch)?.document == ["v": 1])
        }
    }
}
