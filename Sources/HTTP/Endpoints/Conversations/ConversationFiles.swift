import Catalog
import HTTPTypes
import NIOCore
import Runtime
import Store
import Wire

/// The files that users attach to their messages: where they are fetched, and their bytes (manage spec §2.23).
enum ConversationFiles {
    /// Where the files of a conversation are fetched, and the artifacts in its messages.
    struct Addresses {
        private let conversation: String
        private var artifacts: [[String]: ArtifactRow] = [:]

        /// By those who manage the project.
        init(managed key: ConversationKey) {
            let names = [key.tenant, key.project, key.id].map { PercentCoding.component($0) }
            conversation = "/manage/tenants/\(names[0])/projects/\(names[1])/conversations/\(names[2])"
        }

        /// By the end user.
        init(own key: ConversationKey) {
            conversation = "/run/v1/conversations/\(PercentCoding.component(key.id))"
        }

        /// These with the artifacts that are in the messages, as they are called now.
        func reading(_ messages: [MessageRow], of key: ConversationKey, _ store: Store) async throws -> Addresses {
            var addresses = self
            for row in try await store.artifacts(messages.flatMap { $0.shown.artifacts }, in: key) {
                addresses.artifacts[[row.id, row.toolCall]] = row
            }
            return addresses
        }

        /// The message as a UI message.
        func json(_ message: ConversationMessage) -> JSONValue {
            message.json(artifact: { artifact($0, $1) }) {
                "\(conversation)/media/\(ConversationMedia.Key(message: message.id, part: $0).text)"
            }
        }

        private func artifact(_ id: String, _ toolCall: String) -> JSONValue? {
            guard let row = artifacts[[id, toolCall]], row.visibility != "internal" else { return nil }
            return row.body
        }
    }

    /// For those who manage the project.
    static func manage(_ store: Store) -> Endpoint {
        let operation = Operation(
            "get-conversation-media", .get, ManageConversations.path + "/{id}/media/{mediaKey}", tag: "Conversations",
            summary: "Get conversation media", permission: .view, responses: [response], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            try await reply(call, ManageConversations.conversation(call, store).key, store)
        }
    }

    /// For the end user whose conversation it is.
    static func own(_ store: Store) -> Endpoint {
        let operation = Operation(
            "get-end-user-conversation-media", .get, "/run/v1/conversations/{conversationId}/media/{mediaKey}",
            tag: "Conversations", summary: "Get a file of a message", permission: .run,
            parameters: ConversationRuns.scope, responses: [response], errors: [400, 401, 404, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            try await reply(call, UserConversations.conversation(call, store).key, store)
        }
    }

    private static let response = Operation.Response(
        200, "The bytes.", schema: ["type": "string", "format": "binary"], mediaType: "application/octet-stream")

    private static func reply(_ call: Call, _ conversation: ConversationKey, _ store: Store) async throws -> Reply {
        guard let key = ConversationMedia.Key(call.path["mediaKey"] ?? ""),
            let message = try await store.message(key.message, in: conversation),
            let media = ConversationMedia(content: message.content, part: key.part), let bytes = media.bytes
        else { throw Problem.notFound("Media") }
        let type = media.isShownInline ? media.mediaType : "application/octet-stream"
        var disposition = media.isShownInline ? "inline" : "attachment"
        if let name = media.filename { disposition += "; filename*=UTF-8''\(PercentCoding.component(name))" }
        return Reply(
            status: 200,
            headers: [
                (.cacheControl, "private, max-age=31536000, immutable"), (.contentDisposition, disposition),
                (.contentSecurityPolicy, "default-src 'none'; sandbox"),
            ], body: .bytes(ByteBuffer(bytes: bytes), mediaType: type))
    }
}
