public import Catalog
import Models

/// The body of `POST /run/api/chat` as the AI SDK's chat transports send it (run spec §4.1). Only the last message
/// whose role is `user` is read: the conversation's earlier turns are stored here. `id`, the chat's id of the AI SDK,
/// has no effect: `conversationId` names the conversation.
public struct UIChatRequest: Sendable, Hashable {
    /// What is asked. Its message id is the last user message's, else the body's `messageId`.
    public var turn: RequestedTurn
    /// Whether to stream; nil when the client did not say.
    public var stream: Bool?

    /// A person's answer to a tool call, as a part of the last message (run spec §15.2).
    public struct Approval: Sendable, Hashable {
        /// The call's id.
        public let toolCallID: String
        /// Whether the call may be made.
        public let isApproved: Bool
        /// Why, or why not; nil when that was not said.
        public let reason: String?
    }

    /// Answers to tool calls.
    public struct Approvals: Sendable, Hashable {
        /// The conversation's id.
        public let conversationID: String
        /// The answers, at least one.
        public let all: [Approval]
    }

    /// The answers to tool calls that a body holds; nil when it is a turn. Only the last message is looked at, since
    /// clients send their whole history with each request, old answers included.
    ///
    /// - Throws: 400 when it does not name a conversation.
    public static func approvals(in json: JSONValue) throws(Problem) -> Approvals? {
        let parts = json["messages"]?.array?.last?["parts"]?.array ?? []
        let approvals = parts.compactMap { part -> Approval? in
            guard part["state"]?.string == "approval-responded", let id = part["toolCallId"]?.string,
                let isApproved = part["approval"]?["approved"]?.bool
            else { return nil }
            return Approval(toolCallID: id, isApproved: isApproved, reason: part["approval"]?["reason"]?.string)
        }
        guard !approvals.isEmpty else { return nil }
        guard let conversation = json["conversationId"]?.string, !conversation.isEmpty else {
            throw Problem.badRequest("conversationId is required for approval response")
        }
        return Approvals(conversationID: conversation, all: approvals)
    }

    /// Reads a body.
    ///
    /// - Throws: 400 with every member that is not as declared.
    public init(json: JSONValue, headers: PropertyHeaders = PropertyHeaders()) throws(Problem) {
        let body = try BodyReader(json)
        var decoding = Decoding()
        let stream = body.flag("stream", &decoding)
        body.number("max_tokens", &decoding)
        for name in ["model", "id"] { _ = body.text(name, &decoding) }
        let ownID = body.text("messageId", &decoding)
        let last = LastUserMessage(in: body, &decoding)
        let parts = last.map { Self.parts($0, &decoding) } ?? []
        let messageID = last.flatMap { Self.messageID($0, &decoding) }
        turn = try RequestedTurn(body: body, messageID: messageID ?? ownID, parts: parts, headers: headers, &decoding)
        self.stream = stream
    }

    private static func messageID(_ last: LastUserMessage, _ decoding: inout Decoding) -> String? {
        guard let id = last.message.present("id") else { return nil }
        guard let text = id.string else {
            last.decode(&decoding) { $0.fail("must be a string, not \(id.typeName)", at: "id") }
            return nil
        }
        return text
    }

    private static func parts(_ last: LastUserMessage, _ decoding: inout Decoding) -> [Part] {
        last.content(&decoding) { content, decoding in
            if let value = last.message.present("parts") {
                if let items = value.array {
                    decoding.within("parts") { decoding in
                        for (index, item) in items.enumerated() {
                            decoding.within("\(index)") { add(item, to: &content, &$0) }
                        }
                    }
                } else {
                    decoding.fail("must be an array, not \(value.typeName)", at: "parts")
                }
            }
            if let text = last.message["content"]?.string, !text.isEmpty { content.lead(with: text) }
        }
    }

    private static func add(_ item: JSONValue, to content: inout ContentBuilder, _ decoding: inout Decoding) {
        guard let type = item["type"]?.string else { return decoding.fail("must be a string", at: "type") }
        switch type {
        case "text":
            guard let text = item["text"]?.string else { return decoding.fail("must be a string", at: "text") }
            content.add(text: text)
        case "image":
            guard let address = item["text"]?.string else { return decoding.fail("must be a string", at: "text") }
            let image = decoding.within("text") { FileAddress.image(address, &$0) }
            if let image { content.add(file: image) }
        case "file": addFile(item, to: &content, &decoding)
        default:
            if !isPassedOver(type) { decoding.fail("is not a part type of user messages: \(type)", at: "type") }
        }
    }

    /// Part types that are taken and do not reach the model.
    private static func isPassedOver(_ type: String) -> Bool {
        ["audio", "video", "step-start"].contains(type) || type.hasPrefix("data-") || type.hasPrefix("tool-")
    }

    private static func addFile(_ item: JSONValue, to content: inout ContentBuilder, _ decoding: inout Decoding) {
        guard let type = item["mediaType"]?.string else { return decoding.fail("must be a string", at: "mediaType") }
        guard let address = item["url"]?.string else { return decoding.fail("must be a string", at: "url") }
        let file = decoding.within("url") {
            FileAddress.file(address, mediaType: type, filename: item["filename"]?.string, &$0)
        }
        if let file { content.add(file: file) }
    }
}
