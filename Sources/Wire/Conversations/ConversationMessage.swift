public import Catalog
public import Files

/// A stored message in the form of the AI SDK's UI messages (run spec §25.2): role, text, and the parts.
///
/// What is stored is `{text, parts: [{kind: "text", text} | {kind: "file", data: "blob://…", metadata: {mimeType,
/// filename?}}]}`; older servers stored `{kind: "file", file: {mimeType, uri | bytes, name?}}`. Bytes are not repeated
/// in a message: its part has the address at which they are fetched. Text of attached files is shown as the file.
public struct ConversationMessage: Sendable, Hashable {
    /// The id.
    public let id: String
    /// `user`, `assistant` or `system`.
    public let role: String
    /// The text, empty when there is none.
    public let text: String
    /// When it was said, milliseconds since 1970.
    public let createdAt: Int64
    private let stored: [JSONValue]

    /// A message from what is stored of it.
    ///
    /// - Parameter role: `user`, `agent` or `system`.
    public init(id: String, role: String, content: JSONValue, createdAt: Int64) {
        self.id = id
        self.role = role == "agent" ? "assistant" : role
        self.createdAt = createdAt
        text = content["text"]?.string ?? ""
        stored = content["parts"]?.array ?? []
    }

    /// The artifacts in it, by what names them.
    public var artifacts: [(id: String, toolCall: String)] { stored.compactMap(Self.artifact) }

    /// The parts. A message that was stored without any has its text as one.
    ///
    /// - Parameters:
    ///   - artifact: An artifact in it as clients see it; nil for one that is gone or that users never see, which is
    ///     left out.
    ///   - address: The address of the bytes of a part.
    public func parts(
        artifact: (_ id: String, _ toolCall: String) -> JSONValue? = { _, _ in nil },
        _ address: (ConversationMedia) -> String
    ) -> [JSONValue] {
        let parts = stored.enumerated().compactMap { index, part -> JSONValue? in
            guard part["kind"] == "data", let data = part["data"] else { return self.part(index, address) }
            guard let name = Self.artifact(part) else { return ["type": "data-component", "data": data] }
            return artifact(name.id, name.toolCall).map { ["type": "data-artifact", "data": $0] }
        }
        return parts.isEmpty && !text.isEmpty ? [["type": "text", "text": .string(text)]] : parts
    }

    /// As a UI message.
    ///
    /// - Parameters:
    ///   - artifact: As for `parts`.
    ///   - address: The address of the bytes of a part.
    public func json(
        artifact: (_ id: String, _ toolCall: String) -> JSONValue? = { _, _ in nil },
        _ address: (ConversationMedia) -> String
    ) -> JSONValue {
        [
            "id": .string(id), "role": .string(role), "content": .string(text),
            "parts": .array(parts(artifact: artifact, address)),
            "createdAt": .string(Timestamp.text(createdAt)),
        ]
    }

    private static func artifact(_ part: JSONValue) -> (id: String, toolCall: String)? {
        guard part["kind"] == "data", let id = part["data"]?["artifactId"]?.string else { return nil }
        return (id, part["data"]?["toolCallId"]?.string ?? "")
    }

    private func part(_ index: Int, _ address: (ConversationMedia) -> String) -> JSONValue? {
        let part = stored[index]
        if let text = part["text"]?.string {
            return text.isEmpty || part["metadata"]?["isFile"] == true
                ? nil : ["type": "text", "text": .string(text)]
        }
        if let uri = part["file"]?["uri"]?.string {
            return ConversationMedia.shown(uri, part["file"]?["mimeType"]?.string, part["file"]?["name"]?.string)
        }
        guard let media = ConversationMedia(part, at: index, of: id) else { return nil }
        return ConversationMedia.shown(address(media), media.mediaType, media.filename)
    }
}

/// A file of a stored message whose bytes this server gives.
public struct ConversationMedia: Sendable, Hashable {
    /// Where its bytes are.
    public enum Place: Sendable, Hashable {
        /// Under a key of the store of files.
        case blob(BlobKey)
        /// In the message, in base64.
        case message(String)
    }

    /// What names it within its conversation, as it stands in an address before it is escaped.
    public let tail: String
    /// Its media type.
    public let mediaType: String
    /// What the user called it; nil when it has no name.
    public let filename: String?
    /// Where its bytes are.
    public let place: Place

    /// The part of a stored message; nil when it has no bytes here.
    ///
    /// - Parameters:
    ///   - index: The place of the part.
    ///   - message: The message's id.
    init?(_ part: JSONValue, at index: Int, of message: String) {
        if let key = part["data"]?.string.flatMap({ BlobKey(address: $0) }) {
            guard let mediaType = part["metadata"]?["mimeType"]?.string else { return nil }
            self.mediaType = mediaType
            filename = part["metadata"]?["filename"]?.string
            // A message that was copied names bytes in the folder of the one it was copied from.
            tail = Self.message(in: key.tail) == message ? key.tail : "\(message).\(index)"
            place = .blob(key)
        } else {
            guard let mediaType = part["file"]?["mimeType"]?.string, let bytes = part["file"]?["bytes"]?.string else {
                return nil
            }
            self.mediaType = mediaType
            filename = part["file"]?["name"]?.string
            (tail, place) = ("\(message).\(index)", .message(bytes))
        }
    }

    /// The message that a tail names: `m_MESSAGE/sha256-….png`, or `MESSAGE.INDEX`; nil when it names none.
    public static func message(in tail: String) -> String? {
        if let slash = tail.firstIndex(of: "/") {
            return tail.hasPrefix("m_") ? String(tail[..<slash].dropFirst(2)) : nil
        }
        guard let dot = tail.lastIndex(of: "."), dot > tail.startIndex else { return nil }
        return String(tail[..<dot])
    }

    /// The file that a tail names in the message that it names; nil when there is none.
    public init?(tail: String, of message: String, content: JSONValue) {
        let parts = content["parts"]?.array ?? []
        let found = parts.indices.lazy.compactMap { ConversationMedia(parts[$0], at: $0, of: message) }
            .first { $0.tail == tail }
        guard let found else { return nil }
        self = found
    }

    /// Whether a browser may show it; what is no picture is only to be saved.
    public var isShownInline: Bool { ["image/png", "image/jpeg", "image/webp"].contains(mediaType) }

    fileprivate static func shown(_ url: String, _ mediaType: String?, _ filename: String?) -> JSONValue {
        var shown: JSONObject = ["type": "file", "url": .string(url)]
        shown["mediaType"] = mediaType.map(JSONValue.string)
        shown["filename"] = filename.map(JSONValue.string)
        return .object(shown)
    }
}
