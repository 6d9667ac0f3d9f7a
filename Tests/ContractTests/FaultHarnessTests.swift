import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// The real binary is killed at every step of runs of every shape, and started again. Every run ends, no unsafe effect
/// happens twice, every conversation takes a next turn, and a stream that is read again has the same bytes.
///
/// 50 kills in CI, 1,000 with `COVEY_FAULTS=1000`.
@Suite(.enabled(if: Python.missing == nil, Python.missing))
struct FaultHarnessTests {
    /// What an agent does in a turn, as its script plays it.
    enum Shape: String, CaseIterable, Sendable {
        case text, safeTool, unsafeTool, delegation, transfer, approval
    }

    private static let kills = Int(ProcessInfo.processInfo.environment["COVEY_FAULTS"] ?? "") ?? 50

    private static let script = """
        delayMs: 1
        turns:
          - when: {system: "You are the clerk.", step: 0}
            say: "The clerk looks."
            call: {tool: look, input: {order: clerk}}
          - when: {system: "You are the clerk."}
            say: "The clerk found it."
          - when: {user: safeTool, step: 0}
            say: "Looking."
            call: {tool: look, input: {order: safe}}
          - when: {user: unsafeTool, step: 0}
            say: "Paying."
            call: {tool: pay, input: {order: unsafe}}
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
    struct Kill: Sendable, CustomTestStringConvertible {
        let seed: Int
        var shape: Shape { Shape.allCases[seed % Shape.allCases.count] }
        var events: Int { seed / Shape.allCases.count % 28 }
        var testDescription: String { "\(seed): \(shape.rawValue) after \(events) events" }
    }

    @Test(.timeLimit(.minutes(60)))
    func `killed at every step of every shape`() async throws {
        let effects = try await EffectsServer()
        // The seeds of a short run are spread over those of a long one, so that it meets every shape and step too.
        let stride = max(1, 1000 / Self.kills)
        for number in 0..<Self.kills {
            let kill = Kill(seed: number * stride + number % Shape.allCases.count)
            try await run(kill, effects)
        }
        let happened = try await effects.all()
        for tool in ["pay", "mail", "look"] {
            #expect(happened.contains { $0["tool"]?.string == tool }, "\(tool) was never called: nothing was shown")
        }
    }

    private func run(_ kill: Kill, _ effects: EffectsServer) async throws {
        let folder = try DataFolder(scripts: ["faults.yaml": Self.script])
        let scope = BuiltServer.scope("shop")
        var server = try await BuiltServer(folder: folder.url)
        try await makeProject(server, effects)
        let before = try await effects.all().count
        var seen = UIStream()
        if let response = try? await server.client.send(
            "POST", "/run/api/chat", chat(kill.shape.rawValue), headers: scope), response.status == 200
        {
            await seen.read(response.body) { $0.ids.count >= kill.events }
        }
        server.kill()

        server = try await BuiltServer(folder: folder.url)
        try await finish(server, scope, kill)
        let whole = try await replay(server, scope)
        #expect(whole.isDone, "\(kill): the stream ends")
        #expect(try await replay(server, scope).ids == whole.ids, "\(kill): the same stream again")
        #expect(whole.ids.starts(with: seen.ids) || seen.ids.isEmpty || isContinued(seen, whole), "\(kill)")
        let happened = try await effects.all().dropFirst(before)
        for tool in ["pay", "mail"] {
            #expect(happened.count { $0["tool"]?.string == tool } <= 1, "\(kill): \(tool) happened twice")
        }
        let next = try await server.client.call("POST", "/run/api/chat", chat("text", stream: false), headers: scope)
        #expect(next.status == 200, "\(kill): \(next.body.jsonText)")
        #expect(server.stop() == 0, "\(kill)")
    }

    /// Whether what was seen before the kill is a beginning of the whole, but for the end of its last entry.
    private func isContinued(_ seen: UIStream, _ whole: UIStream) -> Bool { Set(whole.ids).isSuperset(of: seen.ids) }

    /// Follows the run to its end, and answers for the person where it waits for one.
    private func finish(_ server: BuiltServer, _ scope: HTTPHeaders, _ kill: Kill) async throws {
        let path = "/run/v1/conversations/c1/stream"
        var response = try await server.client.send("GET", path, headers: scope)
        if response.status != 200 {
            // Killed before the turn was taken: the client asks again.
            response = try await server.client.send(
                "POST", "/run/api/chat", chat(kill.shape.rawValue), headers: scope)
        }
        try #require(response.status == 200, "\(kill)")
        var stream = UIStream()
        var answered = 0
        while !stream.isDone {
            await stream.read(response.body) { $0.approvals.count > answered }
            guard stream.approvals.count > answered else { break }
            answered = stream.approvals.count
            try await answer(server, scope, kill)
        }
        #expect(stream.isDone, "\(kill): the run ends")
    }

    /// Answers what waits: a call that may have taken effect is not made again.
    private func answer(_ server: BuiltServer, _ scope: HTTPHeaders, _ kill: Kill) async throws {
        let pending = try await server.client.call(
            "GET", "/run/v1/conversations/c1/pending-approvals", headers: scope)
        guard let approval = pending.body["approval"], let id = approval["toolCallId"]?.string,
            let run = approval["workflowRunId"]?.string
        else { return }
        let isApproved = approval["reason"]?.string == "policy"
        let answer = try await server.client.call(
            "POST", "/run/api/executions/\(run)/approvals/\(id)", ["approved": .bool(isApproved)], headers: scope)
        #expect(answer.status == 200, "\(kill): \(answer.body.jsonText)")
    }

    private func replay(_ server: BuiltServer, _ scope: HTTPHeaders) async throws -> UIStream {
        let response = try await server.client.send("GET", "/run/v1/conversations/c1/stream", headers: scope)
        try #require(response.status == 200)
        var stream = UIStream()
        await stream.read(response.body)
        return stream
    }

    private func chat(_ text: String, stream: Bool = true) -> JSONValue {
        [
            "stream": .bool(stream), "conversationId": "c1",
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
        let document: JSONValue = [
            "id": "shop", "name": "Shop", "models": ["base": ["model": "scripted/faults.yaml"]],
            "tools": [
                "effects": [
                    "id": "effects", "name": "Effects",
                    "config": ["type": "mcp", "mcp": ["server": ["url": .string(effects.url)]]],
                ]
            ],
            "agents": [
                "agent": [
                    "id": "agent", "name": "Agent", "defaultSubAgentId": "main",
                    "subAgents": [
                        "main": [
                            "id": "main", "type": "internal", "name": "Main", "prompt": "You are the first.",
                            "canUse": tools, "canDelegateTo": ["clerk"], "canTransferTo": ["clerk"],
                        ],
                        "clerk": [
                            "id": "clerk", "type": "internal", "name": "Clerk", "prompt": "You are the clerk.",
                            "canUse": tools,
                        ],
                    ],
                ]
            ],
        ]
        let answer = try await server.client.call("PUT", "/manage/tenants/default/project-full/shop", document)
        try #require(answer.status == 201, "\(answer.body.jsonText)")
    }
}
