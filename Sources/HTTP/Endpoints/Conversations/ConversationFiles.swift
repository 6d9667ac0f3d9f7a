import Catalog
import Cryptography
import Files
import HTTPTypes
import NIOCore
import Runtime
import Store
import Wire

/// The files that users attach to their messages: where they are fetched, and their bytes (manage spec §2.23, run spec
/// §20).
struct ConversationFiles: Sendable {
    /// Where the bytes are.
    let blobs: BlobStore
    /// The time, milliseconds since 1970.
    let now: @Sendable () -> Int64

    /// Where the files of a conversation are fetched, and the artifacts in its messages.
    struct Addresses {
        private let files: ConversationFiles
        private let conversation: String
        private var artifacts: [[String]: ArtifactRow] = [:]

        fileprivate init(_ files: ConversationFiles, _ conversation: String) {
            self.files = files
            self.conversation = conversation
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
            message.json(artifact: { artifact($0, $1) }, address)
        }

        private func artifact(_ id: String, _ toolCall: String) -> JSONValue? {
            guard let row = artifacts[[id, toolCall]], row.visibility != "internal" else { return nil }
            return row.body
        }

        /// An address that the store itself has signed, where it does; else one of this server.
        private func address(_ media: ConversationMedia) -> String {
            if case .blob(let key) = media.place, let signed = files.blobs.address(key, media.headers, files.now()) {
                return signed
            }
            return "\(conversation)/media/\(PercentCoding.component(media.tail))"
        }
    }

    /// By those who manage the project.
    func addresses(managed key: ConversationKey) -> Addresses {
        let names = [key.tenant, key.project, key.id].map { PercentCoding.component($0) }
        return Addresses(self, "/manage/tenants/\(names[0])/projects/\(names[1])/conversations/\(names[2])")
    }

    /// By the end user.
    func addresses(own key: ConversationKey) -> Addresses {
        Addresses(self, "/run/v1/conversations/\(PercentCoding.component(key.id))")
    }

    /// For those who manage the project.
    func manage(_ store: Store) -> Endpoint {
        let operation = Operation(
            "get-conversation-media", .get, ManageConversations.path + "/{id}/media/{mediaKey}", tag: "Conversations",
            summary: "Get conversation media", permission: .view, responses: [Self.response],
            errors: Operation.commonErrors + [502], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            try await reply(call, ManageConversations.conversation(call, store).key, store)
        }
    }

    /// For the end user whose conversation it is.
    func own(_ store: Store) -> Endpoint {
        let operation = Operation(
            "get-end-user-conversation-media", .get, "/run/v1/conversations/{conversationId}/media/{mediaKey}",
            tag: "Conversations", summary: "Get a file of a message", permission: .run,
            parameters: ConversationRuns.scope, responses: [Self.response], errors: [400, 401, 404, 500, 502],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            try await reply(call, UserConversations.conversation(call, store).key, store)
        }
    }

    private static let response = Operation.Response(
        200, "The bytes.", schema: ["type": "string", "format": "binary"], mediaType: "application/octet-stream")

    /// Only what a message of the conversation names is given.
    private func reply(_ call: Call, _ conversation: ConversationKey, _ store: Store) async throws -> Reply {
        let tail = call.path["mediaKey"] ?? ""
        guard let id = ConversationMedia.message(in: tail), let message = try await store.message(id, in: conversation),
            let media = ConversationMedia(tail: tail, of: id, content: message.content),
            let bytes = try await bytes(of: media)
        else { throw Problem.notFound("Media") }
        let headers = media.headers
        return Reply(
            status: 200,
            headers: [
                (.cacheControl, "private, max-age=31536000, immutable"), (.contentDisposition, headers.disposition),
                (.contentSecurityPolicy, "default-src 'none'; sandbox"),
            ], body: .bytes(ByteBuffer(bytes: bytes), mediaType: headers.mediaType))
    }

    private func bytes(of media: ConversationMedia) async throws(Problem) -> [UInt8]? {
        switch media.place {
        case .message(let text): return Base64.standard.bytes(text)
        case .blob(let key):
            do throws(BlobFailure) {
                return try await blobs.get(key)
            } catch {
                throw Problem(.badGateway, "The store of files does not answer")
            }
        }
    }
}

extension ConversationMedia {
    /// How browsers are to take it.
    fileprivate var headers: BlobHeaders {
        let name = filename.map { "; filename*=UTF-8''\(PercentCoding.component($0))" } ?? ""
        return BlobHeaders(
            mediaType: isShownInline ? mediaType : "application/octet-stream",
            disposition: (isShownInline ? "inline" : "attachment") + name)
    }
}
