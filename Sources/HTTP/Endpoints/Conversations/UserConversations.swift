import Catalog
import Events
import HTTPTypes
import Models
import Runtime
import Store
import Wire

/// An end user's own conversations (run spec §25). Nothing tells a foreign conversation from none.
enum UserConversations {
    /// The endpoints.
    static func endpoints(_ turns: Turns, _ files: ConversationFiles) -> [Endpoint] {
        [list(turns.store), get(turns.store, files), pending(turns), files.own(turns.store)]
    }

    private static let path = "/run/v1/conversations"

    /// The conversation that the path names. Throws 401 for a caller who is no end user, 404 when it is not theirs.
    static func conversation(_ call: Call, _ store: Store) async throws -> ConversationRow {
        let subject = try subject(call)
        let row = try await store.conversation(ConversationRuns.key(call))
        guard let row, row.subject == subject, row.parentRun == nil else { throw Problem.notFound("Conversation") }
        return row
    }

    private static func subject(_ call: Call) throws(Problem) -> String {
        guard call.caller.owner != nil, let subject = call.caller.subject else {
            throw .unauthorized("End-user authentication required to list conversations")
        }
        return subject
    }

    private static func list(_ store: Store) -> Endpoint {
        let operation = Operation(
            "list-end-user-conversations", .get, path, tag: "Conversations", summary: "List End-User Conversations",
            permission: .run,
            parameters: ConversationRuns.scope + Page.parameters(limitDefault: 20, limitMax: 200)
                + ManageConversations.order.parameters,
            responses: [Operation.Response(200, "The page.", schema: ConversationSchemas.owned)],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let page = Page(query: call.query, limitDefault: 20, limitMax: 200)
            let branch = Turns.branch(call)
            let found = try await store.conversations(
                tenant: branch.tenant, project: branch.project,
                ManageConversations.query(call, page, of: .subject(try subject(call))))
            return .json([
                "data": .array(found.conversations.map { .object($0.listed) }),
                "pagination": Page.block(page.number, page.limit, found.total),
            ])
        }
    }

    private static func get(_ store: Store, _ files: ConversationFiles) -> Endpoint {
        let operation = Operation(
            "get-end-user-conversation", .get, path + "/{conversationId}", tag: "Conversations",
            summary: "Get Conversation", permission: .run,
            parameters: ConversationRuns.scope + Page.parameters(limitDefault: 50, limitMax: 200) + [
                Operation.Parameter(
                    "format", in: .query, "The form of the messages.",
                    schema: ["type": "string", "enum": ["vercel", "openai"], "default": "vercel"])
            ],
            responses: [
                Operation.Response(
                    200, "The conversation with a page of its messages, oldest first.",
                    schema: ConversationSchemas.ownedDetail)
            ], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let page = Page(query: call.query, limitDefault: 50, limitMax: 200)
            guard call.query["format"] != "openai" else {
                throw Problem.badRequest("OpenAI message format is not available yet. Use format=vercel (default).")
            }
            let row = try await conversation(call, store)
            let (messages, total) = try await store.shownMessages(row.key, page: page.number, limit: page.limit)
            let addresses = try await files.addresses(own: row.key).reading(messages, of: row.key, store)
            var data = row.listed
            data["messages"] = .array(messages.map { addresses.json($0.shown) })
            return .json(["data": .object(data), "pagination": Page.block(page.number, page.limit, total)])
        }
    }

    private static func pending(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "get-conversation-pending-approvals", .get, path + "/{conversationId}/pending-approvals",
            tag: "Conversations", summary: "Get Pending Approvals", permission: .run,
            parameters: ConversationRuns.scope,
            responses: [
                Operation.Response(200, "The tool call that waits for a person.", schema: ConversationSchemas.pending)
            ], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let waiting = try await turns.runs.waitingRun(
                in: ConversationRuns.key(call), subject: call.caller.subject, agent: ConversationRuns.agent(call))
            guard let waiting, let pending = waiting.calls.all.first else { return .json(["hasPending": false]) }
            return .json([
                "hasPending": true, "approval": pending.json(in: waiting.run),
                "approvals": .array(waiting.calls.all.map { $0.json(in: waiting.run) }),
            ])
        }
    }
}

extension PendingCalls.Pending {
    /// The call as clients see it (run spec §25.4), and why a person is asked.
    fileprivate func json(in run: RunRow) -> JSONValue {
        [
            "toolCallId": .string(call.id), "toolName": .string(call.name),
            "args": call.rawInput.map(JSONValue.string) ?? call.input, "isDelegated": .bool(isDelegated),
            "workflowRunId": .string(run.key.id), "updatedAt": .string(Timestamp.text(at)),
            "reason": .string(reason.rawValue),
        ]
    }
}
