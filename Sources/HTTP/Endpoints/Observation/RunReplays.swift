import Catalog
import HTTPTypes
import Runtime
import Store

/// Recording runs, letting recordings happen again, and going on from a place in a run with something else.
enum RunReplays {
    /// The endpoints.
    static func endpoints(_ turns: Turns) -> [Endpoint] { [recording(turns), replay(turns), fork(turns)] }

    private static let path = Scope.project.path + "/runs"

    private static func run(_ call: Call, _ turns: Turns) async throws -> RunRow {
        let key = RunKey(tenant: call.tenant, project: call.path["projectId"] ?? "", id: call.path["id"] ?? "")
        guard let row = try await turns.store.run(key) else { throw Problem.notFound("Run") }
        return row
    }

    private static func recording(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "get-run-recording", .get, path + "/{id}/recording", tag: "Runs",
            summary: "Get what a run was given by models and tools, to let it happen again", permission: .view,
            responses: [Operation.Response(200, "The recording.", schema: OpenAPI.envelope(recorded))],
            errors: Operation.commonErrors + [409], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            .json(["data": try await turns.runs.recording(of: try await run(call, turns)).json])
        }
    }

    private static func replay(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "replay-run", .post, Scope.project.path + "/replays", tag: "Runs",
            summary: "Let a recorded run happen again with the agent as it is configured now", permission: .use,
            request: recorded,
            responses: [
                Operation.Response(
                    200, "Whether it does the same.",
                    schema: OpenAPI.envelope([
                        "type": "object",
                        "properties": [
                            "isSame": ["type": "boolean"], "steps": ["type": "array", "items": ["type": "object"]],
                            "difference": difference,
                        ], "required": ["isSame", "steps"],
                    ]))
            ], errors: Operation.commonErrors + [413, 415], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let recording = try RunRecording(json: call.body)
            let branch = call.ref.branch(tenant: call.tenant, project: call.path["projectId"] ?? "")
            let steps = try await turns.runs.replay(recording, in: branch)
            let difference = ReplayDifference(recorded: call.body["steps"]?.array ?? [], now: steps)
            var data: JSONObject = ["isSame": .bool(difference == nil), "steps": .array(steps)]
            data["difference"] = difference?.json
            return .json(["data": .object(data)])
        }
    }

    private static func fork(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "fork-run", .post, path + "/{id}/fork", tag: "Runs",
            summary: "Go on from a model call of a run with another prompt, model or tool result", permission: .use,
            request: RunForkRequest.schema,
            responses: [
                Operation.Response(
                    201, "The run that goes on, in a conversation of its own.",
                    schema: OpenAPI.envelope([
                        "type": "object",
                        "properties": ["runId": ["type": "string"], "conversationId": ["type": "string"]],
                        "required": ["runId", "conversationId"],
                    ]))
            ], errors: Operation.commonErrors + [409, 413, 415], effect: .endpoint
        ).doneOnceForKey()
        return Endpoint(operation: operation) { call in
            let request = try RunForkRequest(body: call.body)
            let row = try await run(call, turns)
            return try await call.once { forked in
                OperationOutput(
                    201, ["data": ["runId": .string(forked.run.id), "conversationId": .string(forked.conversation)]])
            } writing: {
                try await turns.runs.fork(
                    row, step: request.step, changes: request.changes,
                    results: Dictionary(uniqueKeysWithValues: request.toolResults.map { ($0.key, $0.value) }),
                    actor: call.caller.actor, once: $0)
            }
        }
    }

    private static let difference: JSONValue = [
        "type": "object",
        "properties": [
            "step": ["type": "integer"], "place": ["type": "string"], "recorded": [:], "now": [:],
        ], "required": ["step", "place", "recorded", "now"],
    ]

    private static let recorded: JSONObject = [
        "type": "object",
        "properties": [
            "version": ["type": "integer"], "run": ["type": "string"], "agent": ["type": "string"],
            "agentName": ["type": "string"], "subAgent": ["type": "string"], "conversation": ["type": "string"],
            "input": ["type": "object"], "clientTime": ["type": "object"],
            "earlier": ["type": "array", "items": ["type": "object"]],
            "exchanges": ["type": "array", "items": ["type": "object"]],
            "steps": ["type": "array", "items": ["type": "object"]],
        ],
        "required": ["version", "run", "agent", "subAgent", "conversation", "input", "exchanges", "steps"],
    ]
}

/// What is to be different in a fork.
struct RunForkRequest: Structure {
    var step = 1
    var subAgentId: String?
    var prompt: String?
    var model: String?
    var toolResults: JSONObject = [:]

    static let fields: [Field<Self>] = [
        field("step", \.step, .integer(1...10_000), "Which model call is the first made anew.", required: true),
        field("subAgentId", \.subAgentId, .text(1...255), "Whose prompt or model is another one; all unless told."),
        field("prompt", \.prompt, .text(1...200_000), "The prompt in place of the configured one."),
        field("model", \.model, .text(1...256), "The model in place of the configured one."),
        field("toolResults", \.toolResults, .jsonObject, "Outputs in place of those of earlier tool calls, by call."),
    ]

    var changes: RunChanges { RunChanges(subAgent: subAgentId, prompt: prompt, model: model) }
}
