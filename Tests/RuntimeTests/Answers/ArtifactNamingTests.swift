import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// Artifacts get better names after their run, and never wait for them.
@Suite struct ArtifactNamingTests {
    private func world() async throws -> (TestWorld, Runs) {
        let world = try await TestWorld()
        world.definition.withLock { agent in
            agent.summarizer = ModelChoice(model: "test/summarizer")
            agent.subAgents[0].artifacts = [ArtifactRules(id: "doc", name: "Doc")]
            agent.subAgents[0].tools = [
                Toolset.Tool(
                    definition: ToolDefinition(name: "search", description: "Finds.", inputSchema: ["type": "object"]),
                    rule: RunToolRule("search", isIdempotent: true)
                ) { _, _ in ToolOutput(["item": ["price": 7]]) }
            ]
        }
        world.models.set(
            "router", .calls(.call("search", id: "s1")),
            .text("<artifact:create id=\"a1\" tool=\"s1\" type=\"Doc\" base=\"item\" />"))
        return (world, world.runs())
    }

    private func artifact(_ world: TestWorld) async throws -> ArtifactRow? {
        try await world.store.artifact("a1", of: "s1", in: world.key("c"))
    }

    @Test func `the stream ends with the name at hand, and a better one comes after it`() async throws {
        let (world, runs) = try await world()
        let gate = Gate()
        let names = #"{"artifacts":[{"id":"a1","toolCallId":"s1","name":"Price of the item","description":"Seven."}]}"#
        world.models.set("summarizer", .text(names, after: gate))
        _ = try await runs.log(world.turn(conversation: "c"))
        #expect(try await artifact(world)?.name == "Doc a1")
        gate.open()
        await runs.namings.drain()
        let named = try await artifact(world)
        #expect(named?.name == "Price of the item")
        #expect(named?.description == "Seven.")
        #expect(named?.isNamed == true)
        #expect(world.models.requests("summarizer").first?.messages[0].text.contains("price") == true)
    }

    @Test func `it is tried again, and what never gets a name keeps the one that it has`() async throws {
        let (world, runs) = try await world()
        world.models.set("summarizer", .fails(.overloaded))
        _ = try await runs.log(world.turn(conversation: "c"))
        let draining = Task { await runs.namings.drain() }
        while world.models.requests("summarizer").count < 3 {
            await world.clock.sleepers(1)
            world.clock.advance(by: .seconds(2))
            await Task.yield()
        }
        await draining.value
        #expect(world.models.requests("summarizer").count == 3)
        #expect(try await artifact(world)?.name == "Doc a1")
    }

    @Test func `one that says what it is needs no better name`() throws {
        let whole = ArtifactTitle(
            ArtifactExtraction.Parts(summary: ["Title": "  A\n b "], full: ["snippet": "What it is"]))
        #expect(whole.name == "A b" && whole.description == "What it is")
        let long = ArtifactTitle(
            ArtifactExtraction.Parts(summary: [:], full: ["name": .string(String(repeating: "x", count: 80))]))
        #expect(long.name?.count == 50 && long.description == nil)
    }
}
