import Catalog
import Domain
import Models
import Store
import Testing

@testable import Runtime

/// From stored documents to what runs.
@Suite struct ConfigurationTests {
    private static func put(
        _ transaction: ConfigurationTransaction, _ kind: String, _ id: String, parent: String = "",
        _ document: JSONValue
    ) throws {
        guard var members = document.object else { return }
        members["id"] = .string(id)
        _ = try transaction.put(ResourceKey(kind: kind, parent: parent, id: id), .object(members), [])
    }

    private func world() async throws -> (TestWorld, Runs) {
        let world = try await TestWorld()
        try await world.store.write(in: TestWorld.branch, actor: "test", at: 1) { transaction in
            try Self.put(
                transaction, Project.kind.name, "shop",
                ["name": "Shop", "models": ["base": ["model": "test/project"]], "stopWhen": ["transferCountIs": 3]])
            try Self.put(
                transaction, Agent.kind.name, "help",
                ["name": "Help", "defaultSubAgentId": "b", "prompt": "All of you."])
            try Self.put(transaction, SubAgent.kind.name, "a", parent: "help", ["name": "A", "prompt": "You are a."])
            try Self.put(
                transaction, SubAgent.kind.name, "b", parent: "help",
                [
                    "name": "B", "models": ["base": ["model": "test/own", "providerOptions": ["temperature": 0]]],
                    "stopWhen": ["stepCountIs": 4],
                ])
        }
        let limits = RuntimeLimits()
        let cache = ConfigurationCache(
            store: world.store, models: world.models.source, limits: limits, outside: .nothing)
        return (world, Runs(store: world.store, configuration: cache, clock: world.clock.runtime))
    }

    @Test func `an agent runs as its documents say, and as they say after a change`() async throws {
        let (world, runs) = try await world()
        world.models.set("own", .text("I am b."))
        world.models.set("project", .text("I am a."))
        var turn = world.turn()
        turn.agent = "help"
        #expect(try await runs.log(turn).briefs.prefix(2) == ["started b", "text 0 I am b."])
        let agent = try #require(try await runs.agent("help", in: TestWorld.branch))
        #expect(agent.rules(streams: true).transferLimit == 3)
        #expect(agent.rules(streams: true).subAgents["b"]?.stepLimit == 4)
        #expect(agent.rules(streams: true).subAgents["a"]?.stepLimit == 50)
        #expect(try await runs.agent("help", in: TestWorld.branch) === agent, "compiled once")
        try await world.store.write(in: TestWorld.branch, actor: "test", at: 2) { transaction in
            try Self.put(transaction, Agent.kind.name, "help", ["name": "Help", "defaultSubAgentId": "a"])
        }
        #expect(try await runs.log(turn).briefs.prefix(2) == ["started a", "text 0 I am a."])
    }

    @Test func `an unknown project or agent is not found`() async throws {
        let (world, runs) = try await world()
        var turn = world.turn()
        turn.agent = "other"
        await #expect(throws: Problem.notFound("Agent")) { try await runs.start(turn) }
        turn.branch = BranchKey(tenant: "acme", project: "nowhere")
        await #expect(throws: Problem.notFound("Agent")) { try await runs.start(turn) }
    }
}
