import Catalog
import HTTPTypes
import Runtime
import Wire

/// `POST /run/v1/mcp`: the caller's agent as a server of the Model Context Protocol (run spec §24).
enum MCPEndpoint {
    /// The endpoint.
    ///
    /// - Parameter version: The version of this server.
    static func endpoint(_ turns: Turns, version: String) -> Endpoint {
        Endpoint(operation: operation, refuse: refuse) { call in
            try await MCPExchange(turns: turns, call: call, version: version).answer()
        }
    }

    private static let operation = Operation(
        "mcp", .post, "/run/v1/mcp", tag: "MCP", summary: "MCP Protocol", permission: .run,
        parameters: ConversationRuns.scope + [
            header("mcp-protocol-version", "The revision of the protocol."),
            header("mcp-session-id", "The session, in revisions that have them."),
            header("mcp-method", "The method of the body, in revisions without sessions."),
            header("mcp-name", "The tool of the body, in revisions without sessions."),
        ],
        request: [
            "description": "One message of JSON-RPC 2.0.",
            "anyOf": [["type": "object"], ["type": "array", "items": ["type": "object"]]],
        ],
        responses: answers + refusals, errors: [401], effect: .endpoint)

    private static let answers: [Operation.Response] = [
        Operation.Response(
            200, "The answer, or with `Accept: text/event-stream` a stream that ends with it.",
            schema: ["anyOf": [["type": "object"], ["type": "array", "items": ["type": "object"]]]]),
        Operation.Response(202, "The notification was taken."),
    ]

    /// The refusals, which are no problem documents.
    private static let refusals: [Operation.Response] = [400, 403, 404, 413, 415, 500, 503].map {
        Operation.Response(
            $0, "The refusal as JSON-RPC has it.",
            schema: [
                "type": "object", "required": ["jsonrpc", "id", "error"],
                "properties": [
                    "jsonrpc": ["type": "string", "enum": ["2.0"]], "id": ["type": ["string", "integer", "null"]],
                    "error": [
                        "type": "object", "required": ["code", "message"],
                        "properties": ["code": ["type": "integer"], "message": ["type": "string"], "data": [:]],
                    ],
                ],
            ])
    }

    private static func header(_ name: String, _ help: String) -> Operation.Parameter {
        Operation.Parameter(name, in: .header, help)
    }

    /// A refusal as clients of the protocol read it. Who is not let in learns it in the form that all learn it in.
    private static func refuse(_ problem: Problem) -> Reply? {
        if problem.code == .unauthorized { return nil }
        let code =
            switch problem.code {
            case .badRequest: JSONRPCError.parseError
            case .unsupportedMediaType, .payloadTooLarge, .notFound: JSONRPCError.invalidRequest
            default: JSONRPCError.internalError
            }
        let message = problem.status == 500 ? "Internal server error" : problem.detail
        return .json(JSONRPCError(code, message).reply(to: .null), status: problem.status)
    }
}
