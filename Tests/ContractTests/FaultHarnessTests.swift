import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// The real binary is killed at every step of runs of every shape, and started again; or one of two on one PostgreSQL
/// is, and the other goes on. Every run ends, no unsafe effect happens twice, every conversation takes a next turn, and
/// a stream that is read again has the same bytes.
///
/// 50 kills in CI, 12 on PostgreSQL, where whoever goes on waits to be sure of a death; as many as `COVEY_FAULTS` says
/// where it is set.
@Suite(.enabled(if: Python.missing == nil, Python.missing))
struct FaultHarnessTests {
    /// What an agent does in a turn, as its script plays it.
    enum Shape: String, CaseIterable, Sendable {
        case text, safeTool, unsafeTool, delegation, transfer, approval
    }

    private static let asked = Int(ProcessInfo.processInfo.environment["COVEY_FAULTS"] ?? "")

    private static let script = """
        delayMs: 1
        turns:
          - when: {system: "You are the clerk.", step: 0}
            say: "The clerk looks."
            call: {tool: look, input: {order: clerk}}
          - when: {system: "You are the clerk."}
            say: "The clerk found it."
          - when: {user: unsafeTool, step: 0}
            say: "Paying."
            call: {tool: pay, input: {order: unsafe}}
          - when: {user: safeTool, step: 0}
            say: "Looking."
            call: {tool: look, input: {order: safe}}
          - when: {user: approval, step: 0}
            say: "Asking."
            call: {tool: mail, input: {order: asked}}
          - when: {user: delegation, step: 0}
            call: {tool: delegate_to_clerk, input: {message: "Find it."}}
          - when: {user: transfer, offers: transfer_to_clerk}
            call: transfer_to_clerk
          - say: "All of it is done now."
        """

    /// One kill: which shape, and after how many events of its stream.
    struct Kill: Sendable, CustomStringConvertible {
        /// More events than a run of any shape has.
        private static let eventsMax = 28

        let number: Int
        let shape: Shape
        let events: Int
        /// Its conversation.
        var conversation: String { "c\(number)" }
        var description: String { "\(number): \(shape.rawValue) after \(events) events" }

        /// One of `count`: the shapes in turn, each killed at places that are spread evenly over its events.
        init(_ number: Int, of count: Int) {
            self.number = number
            let shapes = Shape.allCases
            shape = shapes[number % shapes.count]
            let rounds = (count + shapes.count - 1) / shapes.count
            let round = number / shapes.count
            events = rounds < Self.eventsMax ? round * Self.eventsMax / rounds : round % Self.eventsMax
        }
    }

    @Test(.timeLimit(.minutes(120))) func `killed at every step of every shape`() async throws {
        let effects = try await EffectsServer()
        let kills = Self.asked ?? 50
        for number in 0..<kills {
            let replicas = try await Replicas(scripts: ["faults.yaml": Self.script], on: nil)
            try await makeProject(replicas.server, effects)
            try await run(Kill(number, of: kills), replicas, effects)
            #expect(replicas.stop() == 0)
        }
        try await checkThatAllWasCalled(effects)
    }

    @Test(
        .timeLimit(.minutes(240)),
        .enabled(if: TestDatabase.postgres != nil, "two servers are left out: run under Scripts/postgres with"))
    func `one of two is killed at every step of every shape`() async throws {
        let effects = try await EffectsServer()
        let kills = Self.asked ?? 12
        let replicas = try await Replicas(scripts: ["faults.yaml": Self.script], on: TestDatabase.postgres)
        try await makeProject(replicas.server, effects)
        for number in 0..<kills {
            try await replicas.refill()
            try await run(Kill(number, of: kills), replicas, effects)
        }
        try await checkThatAllWasCalled(effects)
    }

    private func checkThatAllWasCalled(_ effects: EffectsServer) async throws {
        let happened = try await effects.all()
        for tool in ["pay", "mail", "look"] {
            #expect(happened.contains { $0["tool"]?.string == tool }, "\(tool) was never called: nothing was shown")
        }
    }

    private func run(_ kill: Kill, _ replicas: Replicas, _ effects: EffectsServer) async throws {
        let scope = BuiltServer.scope("shop")
        let before = try await effects.all().count
        var seen = UIStream()
        if let response = try? await replicas.server.client.send(
            "POST", "/run/api/chat", chat(kill.shape.rawValue, kill), headers: scope), response.status == 200
        {
            try await follow(response, replicas.server, scope, kill, &seen) { $0.ids.count >= kill.events }
        }
        try await replicas.kill()

        let server = replicas.server
        try await finish(server, scope, kill)
        let whole = try await replay(server, scope, kill)
        #expect(whole.isDone, "\(kill): the stream ends")
        #expect(whole.faults == [], "\(kill): \(whole.faults)")
        let again = try await replay(server, scope, kill)
        #expect(again.ids == whole.ids && again.parts == whole.parts, "\(kill): the same stream again")
        #expect(
            whole.ids.starts(with: seen.ids) && whole.parts.starts(with: seen.parts), "\(kill): what was seen stays")
        let happened = try await effects.all().dropFirst(before)
        for tool in ["pay", "mail"] {
            #expect(happened.count { $0["tool"]?.string == tool } <= 1, "\(kill): \(tool) happened twice")
        }
        let next = try await server.client.call(
            "POST", "/run/api/chat", chat("text", kill, stream: false), headers: scope)
        #expect(next.status == 200, "\(kill): \(next.body.jsonText)")
    }

    /// Follows the run to its end, and answers for the person where it waits for one.
    private func finish(_ server: BuiltServer, _ scope: HTTPHeaders, _ kill: Kill) async throws {
        let path = "/run/v1/conversations/\(kill.conversation)/stream"
        var response = try await server.client.send("GET", path, headers: scope)
        if response.status != 200 {
            // Killed before the turn was taken: the client asks again.
            response = try await server.client.send(
                "POST", "/run/api/chat", chat(kill.shape.rawValue, kill), headers: scope)
        }
        try #require(response.status == 200, "\(kill)")
        var stream = UIStream()
        try await follow(response, server, scope, kill, &stream)
        #expect(stream.isDone, "\(kill): the run ends")
    }

    /// Reads a stream until it ends or `enough` was seen, and answers for the person where the run waits for one.
    private func follow(
        _ response: HTTPResponse, _ server: BuiltServer, _ scope: HTTPHeaders, _ kill: Kill,
        _ stream: inout UIStream, until enough: (UIStream) -> Bool = { _ in false }
    ) async throws {
        var answered = 0
        while !stream.isDone, !enough(stream) {
            await stream.read(response.body) { $0.approvals.count > answered || enough($0) }
            guard stream.approvals.count > answered, !enough(stream) else { return }
            answered = stream.approvals.count
            try await answer(server, scope, kill)
        }
    }

    /// Answers what waits: a call that may have taken effect is not made again.
    private func answer(_ server: BuiltServer, _ scope: HTTPHeaders, _ kill: Kill) async throws {
        let pending = try await server.client.call(
            "GET", "/run/v1/conversations/\(kill.conversation)/pending-approvals", headers: scope)
        guard let approval = pending.body["approval"], let id = approval["toolCallId"]?.string,
            let run = approval["workflowRunId"]?.string
        else { return }
        let isApproved = approval["reason"]?.string == "policy"
        let answer = try await server.client.call(
            "POST", "/run/api/executions/\(run)/approvals/\(id)", ["approved": .bool(isApproved)], headers: scope)
        #expect(answer.status == 200, "\(kill): \(answer.body.jsonText)")
    }

    private func replay(_ server: BuiltServer, _ scope: HTTPHeaders, _ kill: Kill) async throws -> UIStream {
        let path = "/run/v1/conversations/\(kill.conversation)/stream"
        let response = try await server.client.send("GET", path, headers: scope)
        try #require(response.status == 200)
        var stream = UIStream()
        await stream.read(response.body)
        return stream
    }

    private func chat(_ text: String, _ kill: Kill, stream: Bool = true) -> JSONValue {
        [
            "stream": .bool(stream), "conversationId": .string(kill.conversation),
            "messages": [["role": "user", "content": .string(text)]],
        ]
    }

    private func makeProject(_ server: BuiltServer, _ effects: EffectsServer) async throws {
        let tools: JSONValue = [
            [
                "toolId": "effects",
                "toolPolicies": ["look": ["idempotent": true], "mail": ["needsApproval": true]],
            ]
        ]
        try await effects.makeProject(
            server.client, model: "scripted/faults.yaml",
            [
                "main": [
                    "prompt": "You are the first.", "canUse": tools, "canDelegateTo": ["clerk"],
                    "canTransferTo": ["clerk"],
                ],
                "clerk": ["prompt": "You are the clerk.", "canUse": tools],
            ])
    }
}
