public import Catalog
public import Models

/// What both chat endpoints ask for: one user message for a conversation (run spec §3.1, §4.1).
public struct RequestedTurn: Sendable, Hashable {
    /// The conversation to go on with; nil to begin one.
    public var conversationID: String?
    /// The id that the user message is to have, of the form `^[A-Za-z0-9_-]{1,64}$`; nil for one of ours.
    public var messageID: String?
    /// The content, never empty: at most one text, then the files.
    public var parts: [Part]
    /// What the client knows of its user, without `identificationType`; nil when there is nothing, or when the user is
    /// known by a cookie at most (run spec §3.2).
    public var userProperties: JSONObject?
    /// What the client wants kept with the conversation; nil when there is nothing.
    public var properties: JSONObject?

    /// Whether a stream ends when the run waits for a person (`executionMode`); nil for what the agent says.
    public var isDurable: Bool?

    /// The message's text, empty when there are only files.
    public var text: String { parts.compactMap(\.text).first ?? "" }

    /// A turn from its parts.
    public init(
        conversationID: String? = nil, messageID: String? = nil, parts: [Part], userProperties: JSONObject? = nil,
        properties: JSONObject? = nil, isDurable: Bool? = nil
    ) {
        self.isDurable = isDurable
        self.conversationID = conversationID
        self.messageID = messageID
        self.parts = parts
        self.userProperties = userProperties
        self.properties = properties
    }
}

/// The two headers that stand in for members of the body (run spec §3.2).
public struct PropertyHeaders: Sendable, Hashable {
    /// `x-inkeep-user-properties`, JSON text; nil when it was not sent.
    public var userProperties: String?
    /// `x-inkeep-properties`, JSON text; nil when it was not sent.
    public var properties: String?

    /// The headers of a request.
    public init(userProperties: String? = nil, properties: String? = nil) {
        self.userProperties = userProperties
        self.properties = properties
    }
}

extension RequestedTurn {
    /// The longest conversation id that a client may choose, characters.
    static let conversationIDMax = 255
    /// The refusal of a message id, in the words of run spec §3.1.
    static let messageIDRule = "messageId must match /^[A-Za-z0-9_-]{1,64}$/"

    /// Puts a turn together from a decoded body.
    ///
    /// - Throws: All that was found broken, else the refusal of the message id.
    init(
        body: BodyReader, messageID: String?, parts: [Part], headers: PropertyHeaders, _ decoding: inout Decoding
    ) throws(Problem) {
        let conversationID = body.text("conversationId", &decoding)
        if let conversationID, !Self.isConversationID(conversationID) {
            decoding.fail(
                "must have at most \(Self.conversationIDMax) characters, none of them a control character",
                at: "conversationId")
        }
        let userProperties = body.object("userProperties", &decoding)
        let properties = body.object("properties", &decoding)
        let mode = body.choice("executionMode", ["classic", "durable"], &decoding)
        for name in ["headers", "runConfig"] { _ = body.object(name, &decoding) }
        try decoding.finish()
        if let messageID, !Self.isMessageID(messageID) { throw Problem.badRequest(Self.messageIDRule) }
        self.init(
            conversationID: conversationID.flatMap { $0.isEmpty ? nil : $0 }, messageID: messageID, parts: parts,
            userProperties: Self.identified(userProperties ?? Self.header(headers.userProperties)),
            properties: properties ?? Self.header(headers.properties), isDurable: mode.map { $0 == "durable" })
    }

    /// Whether a client may choose this id for a conversation.
    static func isConversationID(_ id: String) -> Bool {
        id.count <= conversationIDMax && id.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    private static func isMessageID(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// A header's object; malformed ones are passed over.
    private static func header(_ text: String?) -> JSONObject? {
        guard let text, case .object(let object)? = try? JSONValue(parsing: text) else { return nil }
        return object
    }

    /// User properties of a user who is known by more than a cookie.
    private static func identified(_ properties: JSONObject?) -> JSONObject? {
        guard var properties else { return nil }
        if let type = properties["identificationType"]?.string, type == "ANONYMOUS" || type == "COOKIED" { return nil }
        properties["identificationType"] = nil
        return properties
    }
}
