import Catalog
import Events
import HTTPTypes
import Runtime
import Store
import Wire

/// `POST /run/v1/chat/completions`: a turn in OpenAI's form (run spec §3).
enum ChatCompletions {
    /// The endpoint.
    static func endpoint(_ turns: Turns) -> Endpoint {
        Endpoint(operation: operation) { call in
            let request = try ChatCompletionRequest(json: call.body, headers: Turns.properties(call))
            let format = ReplyFormat(stream: request.stream, accept: call.headers[.accept])
            let handle = try await turns.start(
                turns.turn(request.turn, call, surface: .chatCompletions, format: format, idPrefix: "chatcmpl"))
            guard format == .stream else { return try await turns.whole(handle) }
            let encoder = ChatCompletionStream(includesUsage: request.includesUsage)
            return turns.streamed(handle, .completions(encoder))
        }
    }

    private static let operation = Operation(
        "create-chat-completion", .post, "/run/v1/chat/completions", tag: "Chat", summary: "Create chat completion",
        permission: .run, parameters: ChatSchemas.headers, request: ChatSchemas.completionRequest,
        responses: [
            Operation.Response(
                200, "The answer: JSON, or with `stream: true` chunks as server-sent events and `[DONE]`.",
                schema: ChatSchemas.completion),
            Operation.Response(
                200, "", schema: ["type": "string"], mediaType: "text/event-stream", headers: Turns.streamHeaderHelp),
        ], errors: ChatSchemas.errors, effect: .endpoint
    ).takingFiles()
}

/// `POST /run/api/chat`: a turn in the form of the AI SDK's UI message stream (run spec §4).
enum UIChat {
    /// The endpoint.
    static func endpoint(_ turns: Turns) -> Endpoint {
        Endpoint(operation: operation) { call in
            if let approvals = try UIChatRequest.approvals(in: call.body) {
                return try await decide(approvals, call, turns)
            }
            let request = try UIChatRequest(json: call.body, headers: Turns.properties(call))
            // Chat widgets say nothing of a stream and expect one.
            let format = ReplyFormat(stream: request.stream, accept: call.headers[.accept], otherwise: .stream)
            let handle = try await turns.start(
                turns.turn(
                    request.turn, call, surface: .uiMessages, format: format,
                    idPrefix: format == .stream ? "chatds" : "chat"))
            guard format == .stream else { return try await turns.whole(handle) }
            return turns.streamed(
                handle, .messages(UIMessageStream(run: handle.run)), Turns.messageStreamHeaders)
        }
    }

    /// Takes a person's answers to tool calls. No turn begins; the stream of the run that waits goes on, and where that
    /// ended with the question (`executionMode: "durable"`) its rest is the reply.
    private static func decide(_ approvals: UIChatRequest.Approvals, _ call: Call, _ turns: Turns) async throws -> Reply
    {
        let branch = Turns.branch(call)
        let conversation = ConversationKey(
            tenant: branch.tenant, project: branch.project, id: approvals.conversationID)
        let (subject, agent) = (call.caller.subject, ConversationRuns.agent(call))
        guard let run = try await turns.runs.latestRow(in: conversation, subject: subject, agent: agent) else {
            throw Problem.notFound("Conversation")
        }
        let before = try await turns.runs.suspension(of: run)
        var results: [JSONValue] = []
        for approval in approvals.all {
            let decision = RunApprovalDecision(
                callID: approval.toolCallID, isApproved: approval.isApproved, reason: approval.reason, by: subject)
            let decided = try await turns.runs.decide(decision, in: run)
            results.append([
                "toolCallId": .string(approval.toolCallID), "approved": .bool(approval.isApproved),
                "alreadyProcessed": .bool(decided == .alreadyDecided), "deferred": false,
            ])
        }
        guard let before, before.isDurable else {
            return .json(["success": true, "results": .array(results)])
        }
        let encoder = UIMessageStream(after: EventID(run: run.key.id, sequence: before.sequence, part: .max))
        return turns.streamed(
            turns.runs.follow(run), .messages(encoder),
            Turns.messageStreamHeaders + [(.workflowRunID, PercentCoding.headerValue(run.key.id))])
    }

    private static let operation = Operation(
        "chat", .post, "/run/api/chat", tag: "Chat", summary: "Chat (Vercel Streaming Protocol)", permission: .run,
        parameters: ChatSchemas.headers, request: ChatSchemas.messageRequest,
        responses: [
            Operation.Response(
                200, "The answer as a UI message stream, or with `stream: false` as one JSON.",
                schema: ["type": "string"], mediaType: "text/event-stream",
                headers: Turns.streamHeaderHelp + [
                    ("x-vercel-ai-ui-message-stream", "The version of the stream: `v1`."),
                    ("x-vercel-ai-data-stream", "What older clients look for: `v2`."),
                ]),
            Operation.Response(200, "", schema: ChatSchemas.completion),
        ], errors: ChatSchemas.errors, effect: .endpoint
    ).takingFiles()
}
