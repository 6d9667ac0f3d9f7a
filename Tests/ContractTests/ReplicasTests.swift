import Catalog
import CoveyTesting
import Outbound
import Testing

/// Two built servers on one PostgreSQL: what one asks the other may answer, what one drives the other shows, and when
/// one dies the other goes on.
@Suite(
    .enabled(if: TestDatabase.postgres != nil, "two servers are left out: run under Scripts/postgres with"),
    .enabled(if: BuiltServer.binary != nil, "covey is not built beside the tests"),
    .enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(8)))
struct ReplicasTests {
    private static let slow = """
        delayMs: 40
        turns:
          - when: {user: look, step: 0}
            say: "One moment please, while I look."
            call: {tool: look, input: {order: "7"}}
          - say: "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        """

    private static func start() async throws -> (Replicas, EffectsServer) {
        let effects = try await EffectsServer()
        let replicas = try await Replicas(
            scripts: ["asks.yaml": AskingServer.script, "slow.yaml": slow], on: TestDatabase.postgres)
        try await AskingServer.makeProject(replicas.server.client, effects)
        return (replicas, effects)
    }

    private static func client(_ server: BuiltServer, _ user: String = "ann") -> AskingClient {
        AskingClient(server: ServerClient(address: server.address), user)
    }

    /// Lets the agent speak slowly from here on.
    private static func slowDown(_ server: BuiltServer) async throws {
        let changed = try await server.client.call(
            "PATCH", "/manage/tenants/default/projects/shop", ["models": ["base": ["model": "scripted/slow.yaml"]]])
        try #require(changed.status == 200, "\(changed.body.jsonText)")
    }

    @Test(arguments: ApprovalTests.Tool.allCases, ApprovalTests.Mode.allCases)
    func `what one asks, the other is told of and answers`(
        tool: ApprovalTests.Tool, mode: ApprovalTests.Mode
    ) async throws {
        let (replicas, effects) = try await Self.start()
        let (one, other) = (Self.client(replicas.server), Self.client(try #require(replicas.other)))
        var asked = try await one.ask(tool.rawValue, mode.rawValue)
        await asked.read { !$0.approvals.isEmpty }
        let call = try #require(asked.seen.approvals.first)
        let pending = try await other.pending(1)
        #expect(pending["approval"]?["toolCallId"] == .string(call))
        #expect(try await one.pending(1) == pending)
        let stranger = Self.client(try #require(replicas.other), "bob")
        #expect(try await stranger.decide(asked, ["approved": true]).status == 404)
        #expect(try await other.decide(asked, ["approved": true]).status == 200)
        // Both see the run to its end, whoever drives it.
        let there = try await other.whole()
        #expect(there.isDone && there.faults == [] && there.text.contains(tool.answer("1042")), "\(there.text)")
        #expect(try await one.whole().ids == there.ids)
        if mode == .classic {
            await asked.read()
            #expect(asked.seen.isDone && asked.seen.faults == [] && asked.seen.ids == there.ids)
        }
        #expect(try await effects.all().count == (tool == .mail ? 1 : 0))
        #expect(try await one.decide(asked, ["approved": false]).body["alreadyProcessed"] == true)
    }

    @Test func `a run that one drives is read on the other while it goes on`() async throws {
        let (replicas, _) = try await Self.start()
        try await Self.slowDown(replicas.server)
        let (one, other) = (Self.client(replicas.server), Self.client(try #require(replicas.other)))
        var driven = try await one.ask("look")
        await driven.read { !$0.text.isEmpty }
        var read = Asked(
            response: try await other.server.send("GET", "/run/v1/conversations/c1/stream", headers: other.scope))
        try #require(read.response.status == 200)
        await read.read { $0.text.contains("three") }
        let run = try await other.server.call("GET", "/run/api/executions/\(read.run)", headers: other.scope)
        #expect(run.body["status"] == "running", "it was read while it went on: \(run.body)")
        await read.read()
        await driven.read()
        #expect(read.seen.faults == [] && read.seen.isFinished && read.seen.ids == driven.seen.ids)
        #expect(read.seen.text.hasSuffix("sixteen"))
    }

    /// It is to take less than 5 s. The bound leaves room for a machine that has other work, and is far below the 30 s
    /// after which a lease runs out.
    @Test(arguments: [false, true])
    func `when the one that drives a run is killed, the other goes on with it`(usesTool: Bool) async throws {
        let (replicas, effects) = try await Self.start()
        try await Self.slowDown(replicas.server)
        let (one, other) = (Self.client(replicas.server), Self.client(try #require(replicas.other)))
        var driven = try await one.ask(usesTool ? "look" : "speak")
        var read = Asked(
            response: try await other.server.send("GET", "/run/v1/conversations/c1/stream", headers: other.scope))
        try #require(read.response.status == 200)
        // In the last answer: what came before it is done, and not done again.
        await driven.read { $0.text.contains("three") }
        try await replicas.kill()
        let killed = ContinuousClock.now
        await read.read { !$0.parts("data-reset-step").isEmpty }
        let took = ContinuousClock.now - killed
        print("The other replica took the run over \(took) after the first was killed.")
        #expect(took < .seconds(15), "it took \(took)")
        await read.read()
        #expect(read.seen.isFinished && read.seen.isDone && read.seen.faults == [], "\(read.seen.faults)")
        #expect(read.seen.text.hasSuffix("sixteen"), "\(read.seen.text)")
        #expect(try await other.whole().ids == read.seen.ids)
        #expect(read.seen.ids.starts(with: driven.seen.ids), "what was seen before is a beginning of the whole")
        #expect(try await effects.all().count == (usesTool ? 1 : 0))
        let next = try await other.server.call(
            "POST", "/run/api/chat",
            ["stream": false, "conversationId": "c1", "messages": [["role": "user", "content": "speak"]]],
            headers: other.scope)
        #expect(next.status == 200, "\(next.body.jsonText)")
    }
}
