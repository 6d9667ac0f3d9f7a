import Catalog
import Events
import HTTPTypes
import Models
import Runtime
import Store
import Wire

/// Runs by their own id (run spec §27). Every run is journalled, so an execution is a run, whichever endpoint began it,
/// and its stream is its log in OpenAI's chunks.
enum Executions {
    /// The endpoints.
    static func endpoints(_ turns: Turns) -> [Endpoint] {
        [create(turns), get(turns), stream(turns), approve(turns)]
    }

    private static let path = "/run/api/executions"
    private static let startIndex = "x-stream-start-index"

    private static func create(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "create-execution", .post, path, tag: "Executions", summary: "Create durable agent execution",
            permission: .run, parameters: ChatSchemas.headers, request: ExecutionSchemas.request,
            responses: [ExecutionSchemas.stream], errors: ChatSchemas.errors, effect: .endpoint
        ).takingFiles()
        return Endpoint(operation: operation) { call in
            let request = try ExecutionRequest(json: call.body)
            var turn = turns.turn(
                request.turn, call, surface: .chatCompletions, format: .stream, idPrefix: "exec")
            turn.isDurable = true
            turn.forwardedHeaders.merge(request.forwardedHeaders) { own, _ in own }
            let handle = try await turns.start(turn)
            return reply(handle, ChatCompletionStream(run: handle.run), turns)
        }
    }

    private static func reply(_ handle: RunHandle, _ encoder: ChatCompletionStream, _ turns: Turns) -> Reply {
        turns.streamed(
            handle, .completions(encoder), [(.workflowRunID, PercentCoding.headerValue(handle.run))])
    }

    /// The run that the path names, if it is in a conversation of the caller's.
    private static func run(_ call: Call, _ turns: Turns) async throws -> RunRow {
        let branch = Turns.branch(call)
        let key = RunKey(tenant: branch.tenant, project: branch.project, id: call.path["executionId"] ?? "")
        return try await turns.runs.ownRun(key, subject: call.caller.subject, agent: ConversationRuns.agent(call))
    }

    private static func get(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "get-execution", .get, path + "/{executionId}", tag: "Executions", summary: "Get execution status",
            permission: .run, parameters: ConversationRuns.scope,
            responses: [Operation.Response(200, "Where it stands.", schema: ExecutionSchemas.execution)],
            errors: [400, 401, 404, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let run = try await run(call, turns)
            return .json([
                "id": .string(run.key.id), "status": .string(run.status.execution),
                "conversationId": .string(run.conversation), "agentId": .string(run.agent),
                "createdAt": .string(Timestamp.text(run.startedAt)),
                "updatedAt": .string(Timestamp.text(run.updatedAt)),
            ])
        }
    }

    private static func stream(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "stream-execution", .get, path + "/{executionId}/stream", tag: "Executions",
            summary: "Reconnect to execution stream", permission: .run,
            parameters: ConversationRuns.scope + [
                Operation.Parameter(
                    startIndex, in: .header, "How many chunks to leave out, from the first on.",
                    schema: ["type": "integer", "minimum": 0, "default": 0]),
                Operation.Parameter("after", in: .query, "Only what comes after the event of this id."),
                Operation.Parameter("last-event-id", in: .header, "The same, as event sources send it."),
            ],
            responses: [ExecutionSchemas.stream], errors: [400, 401, 404, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let handle = turns.runs.follow(try await run(call, turns))
            if let text = call.headers[.lastEventID] ?? call.query["after"], !text.isEmpty {
                guard let id = EventID(text), id.run == handle.run else {
                    throw Problem.badRequest("No event of this execution has the id \(text)")
                }
                return reply(handle, ChatCompletionStream(after: id), turns)
            }
            let start = call.headers[.streamStartIndex] ?? "0"
            guard let count = Int(start), count >= 0 else {
                throw Problem.invalid([Problem.Broken([startIndex], "must be a whole number of at least 0")])
            }
            return reply(handle, ChatCompletionStream(run: handle.run, skipping: count), turns)
        }
    }

    private static func approve(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "answer-execution-approval", .post, path + "/{executionId}/approvals/{toolCallId}", tag: "Executions",
            summary: "Approve or deny a tool call", permission: .run, parameters: ConversationRuns.scope,
            request: ExecutionSchemas.approval,
            responses: [Operation.Response(200, "It was taken.", schema: ExecutionSchemas.approved)],
            errors: [400, 401, 404, 409, 413, 415, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let answer = try ApprovalAnswer(json: call.body)
            let run = try await run(call, turns)
            let decision = RunApprovalDecision(
                callID: call.path["toolCallId"] ?? "", isApproved: answer.approved, reason: answer.reason,
                input: answer.input, by: call.caller.subject)
            let decided = try await turns.runs.decide(decision, in: run)
            return .json(["success": true, "alreadyProcessed": .bool(decided == .alreadyDecided)])
        }
    }
}

extension RunStatus {
    /// The status of the execution in the words of run spec §27, which has none for a run that was stopped.
    fileprivate var execution: String {
        switch self {
        case .running: "running"
        case .waiting: "suspended"
        case .completed: "completed"
        case .failed, .cancelled: "failed"
        }
    }
}

/// The shapes of executions, for the OpenAPI document.
enum ExecutionSchemas {
    private static let text: JSONValue = ["type": "string"]

    /// The body of a new one.
    static let request: JSONObject = [
        "type": "object", "required": ["messages"],
        "properties": [
            "messages": ChatSchemas.messages, "conversationId": ChatSchemas.conversationID,
            "forwardedHeaders": [
                "type": "object", "additionalProperties": text,
                "description":
                    "Headers that MCP servers get with every call of the execution, unless they have the name.",
            ],
        ],
    ]

    /// The chunks.
    static let stream = Operation.Response(
        200, "The answer in OpenAI's chunks.", schema: ["type": "string"], mediaType: "text/event-stream",
        headers: Turns.streamHeaderHelp + [("x-workflow-run-id", "The execution's id.")])

    /// Where one stands.
    static let execution: JSONObject = [
        "type": "object", "required": ["id", "status", "conversationId", "agentId", "createdAt", "updatedAt"],
        "properties": [
            "id": text,
            "status": ["type": "string", "enum": ["running", "suspended", "completed", "failed"]],
            "conversationId": text, "agentId": text, "createdAt": text, "updatedAt": text,
        ],
    ]

    /// A person's answer to a tool call.
    static let approval: JSONObject = [
        "type": "object", "required": ["approved"],
        "properties": [
            "approved": ["type": "boolean"], "reason": text,
            "input": [
                "type": "object", "description": "With an approval: the arguments to use instead of the model's.",
            ],
        ],
    ]

    /// That it was taken.
    static let approved: JSONObject = [
        "type": "object",
        "properties": [
            "success": ["type": "boolean"],
            "alreadyProcessed": ["type": "boolean", "description": "Whether there was a decision before this one."],
        ],
    ]
}
