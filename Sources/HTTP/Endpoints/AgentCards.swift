import Catalog
import HTTPTypes
import Runtime
import Wire

/// `GET /run/agents/.well-known/agent.json`: what the caller's agent tells other agents of itself (run spec §23.1). It
/// speaks for the sub-agent that takes new conversations.
enum AgentCards {
    /// The endpoint.
    ///
    /// - Parameter publicURL: The server's address as clients see it; nil for the one that the client used.
    static func endpoint(_ runs: Runs, publicURL: String?) -> Endpoint {
        Endpoint(operation: operation) { call in
            let agent = try await runs.summary(of: call.caller.agent ?? "", in: Turns.branch(call))
            guard let entry = agent?.entry else { throw Problem.notFound("Agent") }
            let address = publicURL ?? "http://\(call.authority ?? "localhost")"
            return .json(AgentCard(name: entry.name, description: entry.description, server: address).json)
        }
    }

    private static let text: JSONValue = ["type": "string"]
    private static let texts: JSONValue = ["type": "array", "items": text]

    private static let operation = Operation(
        "get-agent-card", .get, "/run/agents/.well-known/agent.json", tag: "A2A", summary: "Get the agent's card",
        permission: .run, parameters: ConversationRuns.scope,
        responses: [
            Operation.Response(
                200, "The card.",
                schema: [
                    "type": "object",
                    "required": ["name", "url", "version", "defaultInputModes", "defaultOutputModes", "skills"],
                    "properties": [
                        "name": text, "description": text, "url": text, "version": text,
                        "capabilities": ["type": "object"], "defaultInputModes": texts, "defaultOutputModes": texts,
                        "skills": ["type": "array", "items": [:]], "provider": ["type": "object"],
                    ],
                ])
        ], errors: [400, 401, 404, 500], effect: .endpoint)
}
