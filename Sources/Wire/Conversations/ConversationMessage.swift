public import Catalog
import FoundationEssentials

/// A stored message in the form of the AI SDK's UI messages (run spec §25.2): role, text, and the parts.
///
/// What is stored is `{text, parts: [{kind: "text", text} | {kind: "file", file: {mimeType, uri | bytes, name?}}]}`.
/// Bytes are not repeated in a message: its part has the address at which they are fetched.
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
    ///   - address: The address of the bytes of the part at an index.
    public func parts(
        artifact: (_ id: String, _ toolCall: String) -> JSONValue? = { _, _ in nil },
        _ address: (_ index: Int) -> String
    ) -> [JSONValue] {
        let parts = stored.enumerated().compactMap { index, part -> JSONValue? in
            guard part["kind"] == "data", let data = part["data"] else { return Self.part(part) { address(index) } }
            guard let name = Self.artifact(part) else { return ["type": "data-component", "data": data] }
            return artifact(name.id, name.toolCall).map { ["type": "data-artifact", "data": $0] }
        }
        return parts.isEmpty && !text.isEmpty ? [["type": "text", "text": .string(text)]] : parts
    }

    /// As a UI message.
    ///
    /// - Parameters:
    ///   - artifact: As for `parts`.
    ///   - address: The address of the bytes of the part at an index.
    public func json(
        artifact: (_ id: String, _ toolCall: String) -> JSONValue? = { _, _ in nil },
        _ address: (_ index: Int) -> String
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

    private static func part(_ part: JSONValue, _ address: () -> String) -> JSONValue? {
        if let text = part["text"]?.string { return text.isEmpty ? nil : ["type": "text", "text": .string(text)] }
        guard let file = part["file"] else { return nil }
        let url = file["uri"]?.string ?? (file["bytes"] == nil ? nil : address())
        guard let url else { return nil }
        var shown: JSONObject = ["type": "file", "url": .string(url)]
        if let mediaType = file["mimeType"]?.string { shown["mediaType"] = .string(mediaType) }
        if let name = file["name"]?.string { shown["filename"] = .string(name) }
        return .object(shown)
    }
}

/// The bytes of one part of a stored message.
public struct ConversationMedia: Sendable, Hashable {
    /// What names it within its conversation: the message and the index of the part. Its text is `MESSAGE.INDEX`.
    public struct Key: Sendable, Hashable {
        /// The message's id.
        public let message: String
        /// The index of the part.
        public let part: Int

        /// A key from its parts.
        public init(message: String, part: Int) {
            self.message = message
            self.part = part
        }

        /// Reads a key; nil when the text is none.
        public init?(_ text: String) {
            guard let dot = text.lastIndex(of: "."), dot > text.startIndex else { return nil }
            let digits = text[text.index(after: dot)...]
            guard let part = Int(digits), part >= 0, String(part) == digits else { return nil }
            self.init(message: String(text[..<dot]), part: part)
        }

        /// The key as it stands in an address.
        public var text: String { "\(message).\(part)" }
    }

    /// Its media type.
    public let mediaType: String
    /// What the user called it; nil when it has no name.
    public let filename: String?
    private let base64: String

    /// The part of a message's stored content at an index; nil when there is none with bytes of its own.
    public init?(content: JSONValue, part: Int) {
        guard let parts = content["parts"]?.array, parts.indices.contains(part), let file = parts[part]["file"],
            let mediaType = file["mimeType"]?.string, let bytes = file["bytes"]?.string
        else { return nil }
        self.mediaType = mediaType
        filename = file["name"]?.string
        base64 = bytes
    }

    /// The bytes; nil when what is stored is no base64.
    public var bytes: [UInt8]? { Data(base64Encoded: base64).map { [UInt8]($0) } }

    /// Whether a browser may show it; what is no picture is only to be saved.
    public var isShownInline: Bool { ["image/png", "image/jpeg", "image/webp"].contains(mediaType) }
}
