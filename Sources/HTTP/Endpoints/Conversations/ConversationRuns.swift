import Catalog
import HTTPTypes
import Runtime
import Store
import Wire

/// What clients do with a run that is under way: take up its stream again, and stop it (run spec §25.3).
enum ConversationRuns {
    /// The endpoints.
    static func endpoints(_ turns: Turns) -> [Endpoint] { [resume(turns), cancel(turns)] }

    /// The headers that say whose conversations are meant.
    static let scope = Array(ChatSchemas.headers.prefix(4))

    /// The conversation that the path names.
    static func key(_ call: Call) -> ConversationKey {
        let branch = Turns.branch(call)
        return ConversationKey(
            tenant: branch.tenant, project: branch.project, id: call.path["conversationId"] ?? "")
    }

    /// The agent that a conversation must be with, as for a turn in it; nil for a caller in development that names
    /// none.
    static func agent(_ call: Call) -> String? {
        call.caller.means == "development" ? call.headers[.agentID] : call.caller.agent
    }

    private static func resume(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "resume-conversation-stream", .get, "/run/v1/conversations/{conversationId}/stream", tag: "Conversations",
            summary: "Resume Conversation Stream", permission: .run,
            parameters: scope + [
                Operation.Parameter("after", in: .query, "Only what comes after the event of this id."),
                Operation.Parameter("last-event-id", in: .header, "The same, as event sources send it."),
            ],
            responses: [
                Operation.Response(
                    200, "The answer of the last turn, or the rest of it, as a UI message stream.",
                    schema: ["type": "string"], mediaType: "text/event-stream"),
                Operation.Response(204, "There was no turn yet."),
            ], errors: [400, 401, 403, 404, 422, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let (conversation, subject, agent) = (key(call), call.caller.subject, agent(call))
            guard let text = call.headers[.lastEventID] ?? call.query["after"], !text.isEmpty else {
                guard let handle = try await turns.runs.latestRun(in: conversation, subject: subject, agent: agent)
                else {
                    return .empty(204)
                }
                let encoder = UIMessageStream(run: handle.run)
                return turns.streamed(handle, .messages(encoder), Turns.messageStreamHeaders)
            }
            guard let id = EventID(text) else { throw Problem.badRequest("No event has the id \(text)") }
            let handle = try await turns.runs.follow(run: id.run, in: conversation, subject: subject, agent: agent)
            return turns.streamed(handle, .messages(UIMessageStream(after: id)), Turns.messageStreamHeaders)
        }
    }

    private static func cancel(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "cancel-conversation-run", .post, "/run/v1/conversations/{conversationId}/cancel", tag: "Conversations",
            summary: "Stop the answer that is being given", permission: .run, parameters: scope,
            responses: [
                Operation.Response(
                    200, "Whether there was one to stop.",
                    schema: [
                        "type": "object", "required": ["cancelled"], "properties": ["cancelled": ["type": "boolean"]],
                    ])
            ], errors: [401, 403, 404, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let cancelled = try await turns.runs.cancel(key(call), subject: call.caller.subject, agent: agent(call))
            return .json(["cancelled": .bool(cancelled)])
        }
    }
}
