import Catalog
import Store
import Testing

/// What lives outside branches and refers to what lives on them.
@Suite struct OutsideBranchesTests {
    private let agent = ResourceKey(kind: "agent", id: "a")
    private let other = ResourceKey(kind: "agent", id: "b")
    private let key = ResourceKey(kind: "key", id: "k")
    private let app = ResourceKey(kind: "app", id: "w")
    private let schedule = ResourceKey(kind: "schedule", parent: "a", id: "s")
    private let deeper = ResourceKey(kind: "schedule", parent: "a/x", id: "s")

    private func link(_ target: ResourceKey, _ role: String, _ rule: Reference.Rule) -> ResourceLink {
        ResourceLink(target: target, role: role, rule: rule)
    }

    /// A project with agents `a` and `b` on main and on `draft`, and outside branches what refers to them.
    private func fill(_ store: Store) async throws -> (main: BranchKey, outside: BranchKey) {
        let main = try await store.makeProject()
        let outside = BranchKey(tenant: main.tenant, project: main.project, branch: BranchKey.unversioned)
        for key in [agent, other] { try await store.put(key, in: main) }
        try await store.write(in: outside, actor: "ann", at: 3) { transaction in
            try transaction.put(key, ["agentId": "a"], [link(agent, "agentId", .cascade)])
            try transaction.put(
                app, ["agents": ["a", "b"], "defaultAgentId": "a"],
                [link(agent, "agents", .clear), link(other, "agents", .clear), link(agent, "defaultAgentId", .clear)])
            try transaction.put(schedule, [:], [])
            try transaction.put(deeper, [:], [])
            try transaction.put(ResourceKey(kind: "schedule", parent: "b", id: "s"), [:], [])
        }
        return (main, outside)
    }

    @Test(arguments: Engine.available) func `what goes from main takes along what refers to it from outside`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let (main, outside) = try await fill(store)
            let changes = try await store.write(in: main, actor: "ann", at: 4) { transaction in
                try transaction.delete(agent)
                return try transaction.changesMade()
            }
            #expect(Set(changes.map(\.key)) == [agent, key, app, schedule, deeper])
            #expect(try await store.resource(key, in: outside) == nil)
            #expect(try await store.resource(schedule, in: outside) == nil)
            #expect(try await store.resource(deeper, in: outside) == nil)
            let cleared = try await store.resource(app, in: outside)
            #expect(cleared?.document == ["agents": ["b"], "defaultAgentId": .null])
            #expect(try await store.linksFrom(app, in: outside).map(\.target) == [other])
            #expect(try await store.linksTo(other, in: outside) == [app])
            #expect(try await store.resource(ResourceKey(kind: "schedule", parent: "b", id: "s"), in: outside) != nil)
        }
    }

    @Test(arguments: Engine.available) func `what goes from another branch touches nothing outside`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let (main, outside) = try await fill(store)
            let draft = BranchKey(tenant: main.tenant, project: main.project, branch: "draft")
            try await store.write(in: draft, actor: "ann", at: 4) { transaction in
                try transaction.createBranch(from: BranchKey.main)
                try transaction.delete(agent)
            }
            #expect(try await store.resource(agent, in: draft) == nil)
            for key in [key, app, schedule, deeper] {
                #expect(try await store.resource(key, in: outside) != nil, "\(key)")
            }
        }
    }

    @Test(arguments: Engine.available) func `a rule that forbids a deletion does so from outside too`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let (main, outside) = try await fill(store)
            try await store.put(
                ResourceKey(kind: "lock", id: "l"), ["agentId": "a"], [link(agent, "agentId", .restrict)], in: outside)
            let error = try await storeError {
                try await store.write(in: main, actor: "ann", at: 4) { try $0.delete(agent) }
            }
            guard case .conflict = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await store.resource(key, in: outside) != nil, "nothing of it was kept")
        }
    }
}
