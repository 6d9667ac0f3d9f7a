import Catalog
import Store
import Testing

@Suite struct ToolHealthTests {
    private func observation(_ basis: String, at: Int64 = 10) -> Observation {
        Observation(basis: basis, status: "healthy", document: ["version": "1"], at: at)
    }

    @Test(arguments: Engine.available) func `a tool is looked at by one process at a time, and no sooner than due`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(ResourceKey(kind: "tool", id: "w"), ["name": "w"], in: branch)
            try await store.put(ResourceKey(kind: "agent", id: "a"), ["name": "a"], in: branch)
            let key = ToolKey(branch: branch, tool: "w")
            #expect(try await store.dueTools(now: 0, limit: 10, findsNew: false) == [])
            #expect(try await store.dueTools(now: 0, limit: 10, findsNew: true) == [key])
            let first = try await store.claimTool(key, basis: "b", now: 1, until: 100)
            #expect(first?.failures == 0)
            #expect(try await store.claimTool(key, basis: "b", now: 50, until: 150) == nil)
            #expect(try await store.claimTool(key, basis: "b", now: 100, until: 200) != nil, "the first has died")
            #expect(try await store.readConfiguration(in: branch) { try $0.observation(of: "w") } == nil)
            try await store.keep(observation("b"), of: key, ToolSchedule(failures: 2, nextAt: 500))
            #expect(try await store.readConfiguration(in: branch) { try $0.observation(of: "w") } == observation("b"))
            #expect(try await store.dueTools(now: 499, limit: 10, findsNew: true) == [])
            #expect(try await store.dueTools(now: 500, limit: 10, findsNew: true) == [key])
            #expect(try await store.claimTool(key, basis: "b", now: 499, until: 600) == nil, "it is not due")
            let changed = try await store.claimTool(key, basis: "c", now: 499, until: 600)
            #expect(changed?.failures == 2, "for another configuration it is")
            let statuses = try await store.readConfiguration(in: branch) { try $0.observedStatuses() }
            #expect(statuses["w"]?.basis == "b" && statuses["w"]?.status == "healthy")
            try await store.forgetTool(key)
            #expect(try await store.dueTools(now: 0, limit: 10, findsNew: true) == [key])
        }
    }

    @Test(arguments: Engine.available) func `what was found goes with the project`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(ResourceKey(kind: "tool", id: "w"), ["name": "w"], in: branch)
            let key = ToolKey(branch: branch, tool: "w")
            _ = try await store.claimTool(key, basis: "b", now: 1, until: 2)
            try await store.keep(observation("b"), of: key, ToolSchedule(failures: 0, nextAt: 5))
            try await store.write(in: branch, actor: "ann", at: 3) { try $0.deleteProject() }
            #expect(try await store.dueTools(now: 10, limit: 10, findsNew: true) == [])
            #expect(try await store.claimTool(key, basis: "b", now: 10, until: 20) == nil)
        }
    }
}
