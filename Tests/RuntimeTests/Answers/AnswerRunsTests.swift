import Catalog
import Events
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// Artifacts, components, skills and outcomes of tools from turn to turn.
@Suite struct AnswerRunsTests {
    private static let found: JSONValue = ["items": [["title": "Alpha", "body": "All of it"]]]

    private static let doc = ArtifactRules(
        id: "doc", name: "Doc",
        schema: [
            "type": "object",
            "properties": [
                "title": ["type": "string", "description": "T", "inPreview": true],
                "body": ["type": "string", "description": "B"],
            ],
        ])

    /// A world whose `router` makes artifacts of what `search` finds.
    private func world(_ change: (inout SubAgentDefinition) -> Void = { _ in }) async throws -> (TestWorld, Runs) {
        let world = try await TestWorld()
        world.definition.withLock { agent in
            agent.summarizer = ModelChoice(model: "test/summarizer")
            agent.subAgents[0].tools = [
                Toolset.Tool(
                    definition: ToolDefinition(name: "search", description: "Finds.", inputSchema: ["type": "object"]),
                    rule: RunToolRule("search", isIdempotent: true)
                ) { _, _ in ToolOutput(Self.found) }
            ]
            agent.subAgents[0].artifacts = [Self.doc]
            change(&agent.subAgents[0])
        }
        return (world, world.runs())
    }

    private static func created(_ call: String) -> String {
        "Here: <artifact:create id=\"a1\" tool=\"\(call)\" type=\"Doc\" base=\"items[0]\" /> Good?"
    }

    private func text(_ request: ModelRequest) -> String { request.messages.map(\.text).joined(separator: "\n") }

    /// What the call `id` came to. The calls of one step end in any order.
    private func outcome(_ id: String, in log: [RunEvent]) -> RunToolOutcome? {
        log.compactMap { if case .toolEnded(_, let outcome) = $0 { outcome } else { nil } }.first { $0.callID == id }
    }

    @Test func `an artifact is in the ledger with its event, in the answer, and in the next turn's prompt`()
        async throws
    {
        let (world, runs) = try await world()
        world.models.set("router", .calls(.call("search", id: "s1")), .text(Self.created("s1")), .text("Yes."))
        let log = try await runs.log(world.turn(conversation: "c"))
        #expect(log.map(\.type).contains("data"))
        let artifact = try #require(try await world.store.artifact("a1", of: "s1", in: world.key("c")))
        #expect(artifact.full == ["title": "Alpha", "body": "All of it"])
        #expect(artifact.summary == ["title": "Alpha"])
        #expect(artifact.name == "Alpha")
        #expect(artifact.subAgent == "router")
        let answer = try #require(try await world.store.messages(world.key("c"), limit: 10).last)
        #expect(answer.content["text"] == "Here:  Good?")
        #expect(answer.content["parts"]?[1] == ["kind": "data", "data": ["artifactId": "a1", "toolCallId": "s1"]])
        _ = try await runs.log(world.turn("And now?", conversation: "c"))
        let prompt = text(try #require(world.models.requests("router").last))
        #expect(prompt.contains("Here: <artifact:ref id=\"a1\" tool=\"s1\" /> Good?"))
        #expect(prompt.contains("<artifact id=\"a1\" tool=\"s1\" type=\"Doc\" name=\"Alpha\">"))
        #expect(prompt.contains("router tool: search: \"\"\"Tool call args: {}\n[Artifact: Alpha (id: a1)"))
        #expect(!prompt.contains("All of it"), "only the summary")
    }

    @Test func `the model is told the ids of its calls, and reads all of an artifact by its reference`() async throws {
        let (world, runs) = try await world()
        let reference = ModelEvent.call("get_reference_artifact", ["artifactId": "a1", "toolCallId": "s1"], id: "g1")
        let missing = ModelEvent.call("get_reference_artifact", ["artifactId": "a2", "toolCallId": "s1"], id: "g2")
        world.models.set(
            "router", .calls(.call("search", id: "s1")), .text(Self.created("s1")), .calls(reference, missing),
            .text("<artifact:ref id=\"a1\" tool=\"s1\" />"))
        _ = try await runs.log(world.turn(conversation: "c"))
        #expect(text(world.models.requests("router")[1]).contains("\"_toolCallId\":\"s1\""))
        let log = try await runs.log(world.turn("More", conversation: "c"))
        #expect(outcome("g1", in: log)?.output["data"] == ["title": "Alpha", "body": "All of it"])
        #expect(outcome("g2", in: log)?.output["status"] == "not_found")
        let cited = log.compactMap { if case .data(_, let data) = $0 { data } else { nil } }
        #expect(cited.first?.body["name"] == "Alpha", "of an earlier turn")
    }

    @Test func `a tool is given an artifact of an earlier turn by reference`() async throws {
        let given = Mutex<[JSONValue]>([])
        let (world, runs) = try await world { router in
            router.tools.append(
                Toolset.Tool(
                    definition: ToolDefinition(
                        name: "send", description: "Sends.",
                        inputSchema: ["type": "object", "properties": ["text": ["type": "string"]]]),
                    rule: RunToolRule("send")
                ) { call, _ in
                    given.withLock { $0.append(call.input) }
                    return ToolOutput("sent")
                })
        }
        let reference: JSONValue = ["_artifact": "a1", "_tool": "s1", "_select": "body"]
        let missing: JSONValue = ["_artifact": "a9", "_tool": "s1"]
        world.models.set(
            "router", .calls(.call("search", id: "s1")), .text(Self.created("s1")),
            .calls(.call("send", ["text": nil, "_refs": ["text": reference]], id: "t1")),
            .calls(.call("send", ["text": missing], id: "t2")), .text("Done."))
        _ = try await runs.log(world.turn(conversation: "c"))
        let log = try await runs.log(world.turn("Send it", conversation: "c"))
        #expect(given.withLock { $0 } == [["text": "All of it"]])
        #expect(outcome("t2", in: log)?.output == "The call 's1' made no artifact 'a9'.")
    }

    @Test func `a run that is picked up knows what can be cited`() async throws {
        let (world, runs) = try await world()
        world.models.set("router", .calls(.call("search", id: "s1")), .text(Self.created("s1")))
        _ = try await runs.log(world.turn(conversation: "c"))
        let gate = Gate()
        let began = Gate()
        world.models.set("router", .text("never", after: gate, began: began))
        let cut = try await runs.start(world.turn("Again", conversation: "c"))
        try await began.wait()
        await runs.shutdownNow(world)
        world.models.set("router", .text("<artifact:ref id=\"a1\" tool=\"s1\" />"))
        let second = world.runs(owner: "two")
        await second.recover()
        let log = try await second.follow(run: cut.run, in: world.key("c"), subject: nil).all().map(\.event)
        #expect(log.contains { if case .data(0, let data) = $0 { data.body["artifactId"] == "a1" } else { false } })
    }

    @Test func `a component that does not fit its schema is left out, and it is said why`() async throws {
        let (world, runs) = try await world { router in
            router.artifacts = []
            router.components = [
                ComponentRules(
                    id: "card", name: "Card",
                    schema: [
                        "type": "object",
                        "properties": ["n": ["type": "integer"], "note": ["type": ["string", "null"]]],
                        "required": ["n", "note"],
                    ])
            ]
        }
        let json = """
            {"dataComponents":[{"id":"a","name":"Card","props":{"n":"many","note":"x"}},\
            {"id":"b","name":"Card","props":{"n":2,"note":null}},{"id":"c","name":"Card","props":{"n":"3","note":"y"}}]}
            """
        world.models.set("router", .text(json))
        let log = try await runs.log(world.turn(conversation: "c"))
        let shown = log.compactMap { if case .data(_, let data) = $0 { data.body["props"] } else { nil } }
        #expect(shown == [["n": 2], ["n": 3, "note": "y"]])
        let notices = log.compactMap { if case .notice(_, let notice) = $0 { notice } else { nil } }
        #expect(notices.map(\.code) == ["component_refused"])
        #expect(notices.first?.message.contains("'Card'") == true && notices.first?.message.contains("n") == true)
    }

    @Test func `an answer of nothing but components that do not fit is asked for again`() async throws {
        let (world, runs) = try await world { router in
            router.artifacts = []
            router.components = [
                ComponentRules(
                    id: "card", name: "Card", schema: ["type": "object", "required": ["n"], "properties": ["n": [:]]])
            ]
        }
        world.models.set(
            "router", .text("{\"dataComponents\":[{\"id\":\"a\",\"name\":\"Card\",\"props\":{}}]}"),
            .text("{\"dataComponents\":[{\"id\":\"a\",\"name\":\"Card\",\"props\":{\"n\":1}}]}"))
        let handle = try await runs.start(world.turn(conversation: "c"))
        async let log = handle.all()
        await world.clock.sleepers(1)
        world.clock.advance(by: .seconds(60))
        #expect(try await log.last?.event.brief == "finished completed")
        #expect(world.models.requests("router").count == 2)
    }

    @Test func `components are stored in the answer and read back by the model`() async throws {
        let (world, runs) = try await world { router in
            router.artifacts = []
            router.components = [
                ComponentRules(id: "card", name: "Card", schema: ["type": "object", "properties": [:]])
            ]
            router.structuredModel = ModelChoice(model: "test/structured")
        }
        let json = """
            {"dataComponents":[{"id":"t","name":"Text","props":{"text":"Look:"}},\
            {"id":"c","name":"Card","props":{"title":"T"}}]}
            """
        world.models.set("structured", .text(json), .text(json))
        _ = try await runs.log(world.turn(conversation: "c"))
        let request = try #require(world.models.requests("structured").first)
        #expect(request.responseSchema?["properties"]?["dataComponents"] != nil)
        #expect(request.system.first?.text.contains("<data_components_section>") == true)
        let answer = try #require(try await world.store.messages(world.key("c"), limit: 10).last)
        #expect(answer.content["text"] == "Look:")
        #expect(answer.content["parts"]?[1]?["data"] == ["id": "c", "name": "Card", "props": ["title": "T"]])
        _ = try await runs.log(world.turn("Again", conversation: "c"))
        #expect(text(world.models.requests("structured")[1]).contains("Look:{\"id\":\"c\",\"name\":\"Card\""))
    }

    @Test func `an answer that breaks its contract is corrected before anybody sees it`() async throws {
        let (world, runs) = try await world { $0.contract = ContractRules(artifacts: ["Doc"]) }
        world.models.set("router", .calls(.call("search", id: "s1")), .text("Nothing."), .text(Self.created("s1")))
        let log = try await runs.log(world.turn(conversation: "c"))
        #expect(!log.contains { if case .text(_, let text) = $0 { text.contains("Nothing") } else { false } })
        #expect(text(world.models.requests("router")[2]).contains("it must make or cite an artifact of type 'Doc'"))
        #expect(log.briefs.last == "finished completed")
    }

    @Test func `skills are in the prompt or are loaded`() async throws {
        let (world, runs) = try await world { router in
            router.skills = [
                SkillDefinition(id: "style", description: "How to write", content: "Be brief.", isAlwaysLoaded: true),
                SkillDefinition(
                    id: "refunds", description: "How to refund", content: "Ask first.",
                    files: [(path: "rules.md", content: "No refunds on Mondays.")]),
            ]
        }
        world.models.set(
            "router",
            .calls(.call("load_skill", ["name": "refunds"], id: "l1"), .call("load_skill", ["name": "x"], id: "l2")),
            .text("Done."))
        let log = try await runs.log(world.turn(conversation: "c"))
        let prompt = world.models.requests("router")[0].system[0].text
        #expect(prompt.contains("Be brief."))
        #expect(prompt.contains("<skill name=\"refunds\" mode=\"on_demand\">"))
        #expect(!prompt.contains("Ask first."))
        let loaded = try #require(outcome("l1", in: log))
        #expect(loaded.output["content"] == "Ask first.")
        #expect(loaded.output["files"]?[0]?["content"] == "No refunds on Mondays.")
        let missing = try #require(outcome("l2", in: log))
        #expect(missing.isError)
        #expect(missing.output == "Skill x not found")
        #expect(
            try await world.store.messages(world.key("c"), limit: 10).map(\.type) == ["chat", "chat"], "not remembered")
    }

    @Test func `what tools gave is seen in later turns, what workers found is not`() async throws {
        let (world, runs) = try await world { $0.artifacts = [] }
        world.definition.withLock { $0.subAgents[2].tools = $0.subAgents[0].tools }
        world.models.set(
            "router", .calls(.call("search", ["q": "x"], id: "s1"), .delegate("lookup", "look")), .text("Found."))
        world.models.set("lookup", .calls(.call("search", id: "s9")), .text("It is there."))
        _ = try await runs.log(world.turn(conversation: "c"))
        let stored = try await world.store.messages(world.key("c"), limit: 20).filter { $0.type == "tool-result" }
        #expect(stored.count == 2)
        let own = try #require(stored.first { $0.fromSubAgent == "router" })
        #expect(own.role == "assistant" && own.visibility == "internal")
        #expect(own.metadata?["a2a_metadata"]?["toolArgs"] == ["q": "x"])
        #expect(own.metadata?["a2a_metadata"]?["isDelegated"] == false)
        #expect(stored.first { $0.fromSubAgent == "lookup" }?.metadata?["a2a_metadata"]?["isDelegated"] == true)
        _ = try await runs.log(world.turn("And?", conversation: "c"))
        let prompt = text(try #require(world.models.requests("router").last))
        #expect(prompt.contains("router tool: search: \"\"\"\(Self.found.jsonText)\"\"\""))
        #expect(!prompt.contains("lookup tool: search"))
    }
}

extension Runs {
    /// Lets the process die: its runs are not driven any more, and their leases have run out.
    fileprivate func shutdownNow(_ world: TestWorld) async {
        for active in registry.all { active.abandon(because: CancellationError()) }
        world.outliveLease()
    }
}
