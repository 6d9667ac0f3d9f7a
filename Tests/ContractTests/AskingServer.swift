import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// A built server whose agent has two tools that need an approval: `mail`, of an MCP server that counts its calls, and
/// `stamp`, a function. The agent calls the one that it is asked for, about order 1042, and says what came of it.
final class AskingServer {
    let effects: EffectsServer
    private let folder: DataFolder
    private let environment: [String: String]
    private(set) var server: BuiltServer

    static let script = """
        turns:
          - when: {step: 0, user: '/(mail|stamp)/'}
            say: "I would."
            call: {tool: "{{match.1}}", input: {order: "1042"}}
          - say: "I was told: {{tool.output}}"
        """

    init(environment: [String: String] = [:]) async throws {
        effects = try await EffectsServer()
        folder = try DataFolder(scripts: ["asks.yaml": Self.script])
        self.environment = environment
        server = try await BuiltServer(folder: folder.url, environment: environment)
        try await Self.makeProject(server.client, effects)
    }

    /// Ends the server as a power cut would, and starts it again.
    func restart() async throws {
        server.kill()
        server = try await BuiltServer(folder: folder.url, environment: environment)
    }

    /// A client of the agent, on connections of its own, for an end user; nil for nobody in particular.
    func client(_ user: String?) -> AskingClient { AskingClient(server: ServerClient(address: server.address), user) }

    /// Makes the project `shop` with the agent `agent`.
    static func makeProject(_ client: ServerClient, _ effects: EffectsServer) async throws {
        let asks: JSONValue = ["needsApproval": true]
        try await effects.makeProject(
            client, model: "scripted/asks.yaml",
            ["main": ["prompt": "Answer.", "canUse": [["toolId": "effects", "toolPolicies": ["mail": asks]]]]])
        let path = "/manage/tenants/default/projects/shop"
        let bodies: [(String, JSONValue)] = [
            ("/functions", ["id": "f", "executeCode": "({ order }) => 'stamped ' + order"]),
            (
                "/agents/agent/function-tools",
                ["id": "t", "name": "stamp", "description": "Stamps an order.", "functionId": "f"]
            ),
            (
                "/agents/agent/sub-agent-function-tools",
                ["subAgentId": "main", "functionToolId": "t", "toolPolicies": ["stamp": asks]]
            ),
        ]
        for (place, body) in bodies {
            let answer = try await client.call("POST", path + place, body)
            try #require(answer.status == 201, "\(place): \(answer.body.jsonText)")
        }
    }
}

/// Somebody who speaks with the agent of an `AskingServer` in the conversation `c1`.
struct AskingClient: Sendable {
    let server: ServerClient
    let user: String?

    init(server: ServerClient, _ user: String?) {
        self.server = server
        self.user = user
    }

    /// What names the agent and the user.
    var scope: HTTPHeaders { scope([:]) }

    func scope(_ more: HTTPHeaders) -> HTTPHeaders {
        var headers = BuiltServer.scope("shop")
        headers["x-inkeep-run-as-user-id"] = user
        for field in more.fields { headers[field.name] = field.value }
        return headers
    }

    /// Asks for a tool in a chat.
    func ask(_ text: String, _ mode: String = "classic") async throws -> Asked {
        let body: JSONValue = [
            "conversationId": "c1", "executionMode": .string(mode),
            "messages": [["role": "user", "content": .string(text)]],
        ]
        let response = try await server.send("POST", "/run/api/chat", body, headers: scope)
        try #require(response.status == 200)
        return Asked(response: response)
    }

    /// The body by which a chat says what was decided on a call.
    func answer(_ call: String, _ decision: JSONValue) -> JSONValue {
        var approval = decision.object ?? [:]
        approval["id"] = .string("aitxt-" + call)
        return [
            "conversationId": "c1",
            "messages": [
                [
                    "role": "assistant", "content": .null,
                    "parts": [
                        [
                            "type": "tool-any", "toolCallId": .string(call), "state": "approval-responded",
                            "approval": .object(approval),
                        ]
                    ],
                ]
            ],
        ]
    }

    /// Decides on the call that a stream asks about, through the operation for it.
    func decide(_ asked: Asked, _ decision: JSONValue) async throws -> (status: Int, body: JSONValue) {
        let call = try #require(asked.seen.approvals.first)
        return try await server.call(
            "POST", "/run/api/executions/\(asked.run)/approvals/\(call)", decision, headers: scope)
    }

    /// What waits for a person, of which there must be so much.
    func pending(_ count: Int) async throws -> JSONValue {
        let answer = try await server.call("GET", "/run/v1/conversations/c1/pending-approvals", headers: scope)
        try #require(answer.status == 200, "\(answer.body.jsonText)")
        #expect((answer.body["approvals"]?.array ?? []).count == count, "\(answer.body.jsonText)")
        return answer.body
    }

    /// The stream of the conversation's latest run from its beginning.
    func whole() async throws -> UIStream {
        let response = try await server.send("GET", "/run/v1/conversations/c1/stream", headers: scope)
        try #require(response.status == 200)
        var asked = Asked(response: response)
        await asked.read()
        return asked.seen
    }
}

/// A stream that is being read.
struct Asked: Sendable {
    let response: HTTPResponse
    var seen = UIStream()

    /// The id of the run: what an event's id begins with.
    var run: String { (seen.ids.last ?? "").split(separator: "-").dropLast(2).joined(separator: "-") }

    /// Reads on until the stream ends, or `enough` was seen.
    mutating func read(until enough: (UIStream) -> Bool = { _ in false }) async {
        await seen.read(response.body, until: enough)
    }
}
