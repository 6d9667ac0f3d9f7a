import Catalog
import HTTPTypes
import Runtime
import Store
import Wire

/// The conversations of a project as those see them who manage it (manage spec §2.23). They are no configuration, so
/// `ref` means nothing here.
enum ManageConversations {
    /// The endpoints.
    static func endpoints(_ store: Store, _ files: ConversationFiles) -> [Endpoint] {
        [list(store), get(store, files), bounds(store), files.manage(store)]
    }

    static let path = "/manage/tenants/{tenantId}/projects/{projectId}/conversations"

    /// The conversation that the path names.
    static func key(_ call: Call) -> ConversationKey {
        ConversationKey(
            tenant: call.path["tenantId"] ?? "", project: call.path["projectId"] ?? "", id: call.path["id"] ?? "")
    }

    static func conversation(_ call: Call, _ store: Store) async throws -> ConversationRow {
        guard let row = try await store.conversation(key(call)) else { throw Problem.notFound("Conversation") }
        return row
    }

    /// By what conversations are sorted and searched, on both sides.
    static let order = ListOrder(
        [], otherwise: "by when they were last changed, the latest first",
        searched: "id or title, of the \(Store.conversationsCounted) that were changed last,")

    /// What a request asks of a list of conversations.
    static func query(_ call: Call, _ page: Page, of whose: ConversationQuery.Whose) -> ConversationQuery {
        ConversationQuery(
            of: whose, search: ListOrder.search(call.query), order: ListOrder.order(call.query) ?? .descending,
            page: page.number, limit: page.limit)
    }

    private static func list(_ store: Store) -> Endpoint {
        let operation = Operation(
            "list-conversations", .get, path, tag: "Conversations", summary: "List Conversations", permission: .view,
            parameters: Page.parameters(limitDefault: 20, limitMax: 200) + order.parameters + [
                Operation.Parameter("userId", in: .query, "Only those of this end user.")
            ],
            responses: [Operation.Response(200, "The page.", schema: ConversationSchemas.managed)],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let page = Page(query: call.query, limitDefault: 20, limitMax: 200)
            let place = key(call)
            let owner = call.query["userId"].flatMap { $0.isEmpty ? nil : $0 }
            let found = try await store.conversations(
                tenant: place.tenant, project: place.project, query(call, page, of: owner.map { .owner($0) } ?? .all))
            return .json([
                "data": [
                    "conversations": .array(found.conversations.map { .object($0.managed) }),
                    "pagination": [
                        "page": .integer(Int64(page.number)), "limit": .integer(Int64(page.limit)),
                        "total": .integer(Int64(found.total)), "hasMore": .bool(found.hasMore),
                    ],
                ]
            ])
        }
    }

    private static func get(_ store: Store, _ files: ConversationFiles) -> Endpoint {
        let operation = Operation(
            "get-conversation", .get, path + "/{id}", tag: "Conversations", summary: "Get Conversation",
            permission: .view,
            parameters: [
                Page.parameters(limitDefault: 20, limitMax: 200)[1],
                Operation.Parameter(
                    "includeInternal", in: .query, "Whether also what sub-agents said among each other.",
                    schema: ["type": ["boolean", "null"], "default": false]),
                Operation.Parameter(
                    "format", in: .query, "`vercel` for the AI SDK's UI messages.",
                    schema: ["type": "string", "enum": ["default", "vercel"], "default": "default"]),
            ],
            responses: [
                Operation.Response(
                    200, "The conversation with its newest messages, oldest of them first.",
                    schema: ["anyOf": [.object(ConversationSchemas.formatted), .object(ConversationSchemas.vercel)]])
            ], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let limit = Page(query: call.query, limitDefault: 20, limitMax: 200).limit
            let includesInternal = call.query["includeInternal"] == "true"
            let row = try await conversation(call, store)
            let messages = try await store.messages(row.key, limit: limit, includesInternal: includesInternal)
            let addresses = try await files.addresses(managed: row.key).reading(messages, of: row.key, store)
            let shown = messages.map { $0.shown }
            if call.query["format"] == "vercel" {
                var data = row.listed
                data["messages"] = .array(shown.map { addresses.json($0) })
                return .json(["data": .object(data)])
            }
            var detail = row.listed
            detail["userProperties"] = row.userProperties ?? .null
            detail["properties"] = row.properties ?? .null
            detail["messages"] = .array(shown.map { addresses.json($0) })
            let context = JSONValue.string(ConversationText.history(messages))
            return .json(["data": ["conversation": .object(detail), "formatted": ["llmContext": context]]])
        }
    }

    private static func bounds(_ store: Store) -> Endpoint {
        let operation = Operation(
            "get-conversation-bounds", .get, path + "/{id}/bounds", tag: "Conversations",
            summary: "Get conversation time bounds", permission: .view,
            responses: [
                Operation.Response(200, "When it began and when it last changed.", schema: ConversationSchemas.bounds)
            ], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let row = try await conversation(call, store)
            return .json([
                "data": [
                    "createdAt": .string(Timestamp.text(row.createdAt)),
                    "updatedAt": .string(Timestamp.text(row.updatedAt)),
                ]
            ])
        }
    }
}

extension ConversationRow {
    /// As lists of end users show it.
    var listed: JSONObject {
        [
            "id": .string(key.id), "agentId": .string(agent), "title": title.map(JSONValue.string) ?? .null,
            "createdAt": .string(Timestamp.text(createdAt)), "updatedAt": .string(Timestamp.text(updatedAt)),
        ]
    }

    /// As lists of management show it.
    fileprivate var managed: JSONObject {
        var object = listed
        object["userId"] = owner.map(JSONValue.string) ?? .null
        return object
    }
}

extension MessageRow {
    /// As clients read it.
    var shown: ConversationMessage {
        ConversationMessage(id: id, role: role, content: content, createdAt: createdAt)
    }
}
