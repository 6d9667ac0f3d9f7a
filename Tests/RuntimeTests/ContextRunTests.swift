import Catalog
import Cryptography
import Domain
import Events
import Models
import Outbound
import Store
import Synchronization
import Testing

@testable import Runtime

/// Runs of agents with a context configuration, and of tools that are given references.
@Suite struct ContextRunTests {
    private static let keyring = Keyring(.random())
    private static let config: JSONValue = [
        "id": "ctx",
        "headersSchema": [
            "type": "object", "properties": ["x-user": ["type": "string"], "x-n": ["type": "integer"]],
            "required": ["x-user"],
        ],
        "contextVariables": [
            "user": [
                "id": "u", "trigger": "invocation",
                "fetchConfig": ["url": "https://crm.example/{{headers.x-user}}", "transform": "name"],
            ]
        ],
    ]

    /// A world whose agent has the configuration, with servers for it.
    private func world() async throws -> (TestWorld, TestServers) {
        let world = try await TestWorld()
        let servers = TestServers()
        var decoding = Decoding()
        var config = ContextConfig()
        _ = config.assign(Self.config, creating: true, &decoding)
        try decoding.finish()
        let outside = Outside(
            keyring: Self.keyring, client: servers.client, environment: TemplateEnvironment())
        let context = AgentContext(context: CompiledContext(config), outside: outside)
        world.definition.withLock { definition in
            definition.context = context
            definition.prompt = "Caller {{user}} ({{headers.x-user}}), {{$conversation.id}}."
        }
        return (world, servers)
    }

    private func turn(_ world: TestWorld, _ headers: [String: String]?, conversation: String? = nil) -> Turn {
        var turn = world.turn(conversation: conversation)
        turn.headers = headers
        return turn
    }

    private static func prompt(_ request: ModelRequest?) -> String { request?.system.last?.text ?? "" }

    @Test func `prompts say what the headers and servers say, in each turn`() async throws {
        let (world, servers) = try await world()
        servers.set("https://crm.example/u1", "{\"name\":\"Ada\"}")
        world.models.set("router", .text("Hi."))
        let runs = world.runs()
        _ = try await runs.log(turn(world, ["x-user": "u1", "authorization": "Bearer t"], conversation: "c1"))
        #expect(Self.prompt(world.models.requests("router").last).contains("Caller Ada (u1), c1."))
        servers.set("https://crm.example/u1", "{\"name\":\"Ida\"}")
        _ = try await runs.log(turn(world, ["x-user": "u1"], conversation: "c1"))
        #expect(Self.prompt(world.models.requests("router").last).contains("Caller Ida (u1), c1."))
        #expect(servers.requests.count == 2, "once a turn, however many ask")
    }

    @Test func `headers that do not fit are refused before anything begins, unless earlier ones hold`() async throws {
        let (world, servers) = try await world()
        servers.set("https://crm.example/u1", "{\"name\":\"Ada\"}")
        world.models.set("router", .text("Hi."))
        let runs = world.runs()
        for headers in [[:], ["x-user": "u1", "x-n": "many"]] {
            do {
                _ = try await runs.start(turn(world, headers, conversation: "c2"))
                Issue.record("\(headers) were taken")
            } catch let problem as Problem {
                #expect(problem.status == 400)
                #expect(problem.detail.hasPrefix("Invalid headers: "))
            }
        }
        #expect(try await world.store.conversation(world.key("c2")) == nil)
        _ = try await runs.log(turn(world, ["x-user": "u1", "x-n": "4"], conversation: "c2"))
        _ = try await runs.log(turn(world, [:], conversation: "c2"))
        #expect(Self.prompt(world.models.requests("router").last).contains("Caller Ada (u1)"))
    }

    @Test func `a fetch that fails is a notice, and the turn goes on`() async throws {
        let (world, servers) = try await world()
        servers.set("https://crm.example/u1", "{\"name\":\"secret-word\"}", status: 503)
        world.models.set("router", .text("Hi."))
        let log = try await world.runs().log(turn(world, ["x-user": "u1"]))
        guard case .finished(let end)? = log.last else { return #expect(log.last == nil) }
        #expect(end.outcome == .completed)
        let notices = log.compactMap { if case .notice(_, let notice) = $0 { notice } else { nil } }
        #expect(notices.map(\.code) == ["context_not_fetched"])
        #expect(notices.first?.message == "The value 'user' could not be fetched: the answer was HTTP 503.")
        #expect(Self.prompt(world.models.requests("router").last).contains("Caller  (u1)"))
    }

    @Test(arguments: 1..<8) func `a restart at any commit gives every model call the same prompt`(
        commits: Int
    ) async throws {
        let (world, servers) = try await world()
        servers.set("https://crm.example/u1", "{\"name\":\"Ada\"}")
        world.models.set(
            "router",
            Reply { request, each in
                guard request.messages.count > 1 else {
                    return try await each([.call("clock", id: "a"), .finished(.toolCalls)])
                }
                try await each([.text("Done."), .finished(.endTurn)])
            })
        let dying = try await DyingDatabase.store(on: world.database, commits: commits)
        let first = try? await world.runs(dying).start(turn(world, ["x-user": "u1"], conversation: "c1"))
        _ = try? await first?.all()
        let before = Set(world.models.requests("router").map(Self.prompt))
        servers.set("https://crm.example/u1", "{\"name\":\"Ida\"}")
        let second = world.runs(owner: "two")
        world.outliveLease()
        await second.recover()
        let handle = try #require(try await second.latestRun(in: world.key("c1"), subject: nil))
        let log = try await handle.all()
        #expect(log.last?.event.brief == "finished completed")
        let prompts = Set(world.models.requests("router").map(Self.prompt))
        #expect(prompts.count == 1, "\(prompts)")
        #expect(prompts.first?.contains(before.isEmpty ? "(u1)" : "Ada (u1)") == true)
    }

    // MARK: References

    private func give(_ world: TestWorld, _ inputs: GivenInputs) {
        let schema: JSONValue = [
            "type": "object", "properties": ["text": ["type": "string"], "n": ["type": "integer"]],
            "required": ["text"],
        ]
        let read = Toolset.Tool(
            definition: ToolDefinition(
                name: "read", description: "Reads.", inputSchema: ["type": "object", "properties": ["id": [:]]]),
            rule: RunToolRule("read", isIdempotent: true)
        ) { _, _ in ToolOutput(["items": [["body": "long text"], ["body": "other"]]]) }
        let write = Toolset.Tool(
            definition: ToolDefinition(name: "write", description: "Writes.", inputSchema: schema),
            rule: RunToolRule("write", isIdempotent: true)
        ) { call, _ in
            inputs.add(call.input)
            return ToolOutput("written")
        }
        world.definition.withLock { $0.subAgents[0].tools = [read, write] }
    }

    @Test func `a tool is given what an earlier one returned, checked and mended`() async throws {
        let world = try await TestWorld()
        let inputs = GivenInputs()
        give(world, inputs)
        let reference: JSONValue = [
            "text": .null, "n": "3", "_refs": ["text": ["_tool": "r", "_select": "items[0].body"]],
        ]
        world.models.set(
            "router", .calls(.toolCall(ToolCall(id: "r", name: "read", input: [:]))),
            .calls(.toolCall(ToolCall(id: "w", name: "write", input: reference))),
            .calls(
                .toolCall(ToolCall(id: "x", name: "write", input: ["n": 1])),
                .toolCall(ToolCall(id: "y", name: "write", input: ["text": ["_tool": "gone"]]))),
            .text("Done."))
        let log = try await world.runs().log(world.turn())
        #expect(inputs.all == [["text": "long text", "n": 3]])
        let outcomes = log.compactMap { if case .toolEnded(_, let outcome) = $0 { outcome } else { nil } }
        #expect(outcomes.count == 4)
        #expect(outcomes[1].output == "written")
        let failures = Dictionary(
            outcomes[2...].map { ($0.callID, $0.output.string ?? "") }, uniquingKeysWith: { first, _ in first })
        #expect(failures["x"]?.hasPrefix("Not run: the input does not fit") == true, "\(failures)")
        #expect(failures["y"]?.contains("There are: r, w.") == true, "\(failures)")
        #expect(outcomes.map(\.isError) == [false, false, true, true])
        // The model is told of ids and of references, and the log keeps what the model wrote.
        let asked = world.models.requests("router")
        #expect(asked[0].tools.first { $0.name == "write" }?.inputSchema["properties"]?["_refs"] != nil)
        #expect(asked[1].messages.last?.text.contains("\"_toolCallId\":\"r\"") == true)
        let written = log.compactMap { event -> JSONValue? in
            guard case .answered(_, let answer) = event else { return nil }
            return answer.calls.first { $0.id == "w" }?.input
        }
        #expect(written == [reference])
    }
}

/// What a tool was given.
private final class GivenInputs: Sendable {
    private let values = Mutex<[JSONValue]>([])

    var all: [JSONValue] { values.withLock { $0 } }

    func add(_ value: JSONValue) { values.withLock { $0.append(value) } }
}
