public import Catalog

/// One entry of the conversation that a model sees.
public enum Message: Sendable, Hashable {
    /// What the person, or another agent, said.
    case user([Part])
    /// What the model answered before: text (may be empty) and the tools it called.
    case assistant(text: String, calls: [ToolCall])
    /// The outcomes of the calls of the assistant message before it, all of them.
    case toolResults([ToolResult])

    /// A user message of one text.
    public static func user(_ text: String) -> Message { .user([.text(text)]) }

    /// The texts of this message, joined by line breaks; for tool results the outputs.
    public var text: String {
        switch self {
        case .user(let parts): parts.compactMap(\.text).joined(separator: "\n")
        case .assistant(let text, _): text
        case .toolResults(let results): results.map(\.outputText).joined(separator: "\n")
        }
    }
}

/// A piece of a user message.
public enum Part: Sendable, Hashable {
    /// Plain text.
    case text(String)
    /// A picture. `detail` is OpenAI's `low`, `high` or `auto`, nil for none; other providers ignore it.
    case image(Attachment, detail: String? = nil)
    /// A document such as a PDF.
    case file(Attachment)

    /// The text when this is text, else nil.
    public var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }
}

/// A picture or document that travels with a message.
public struct Attachment: Sendable, Hashable {
    /// Where the bytes are.
    public enum Content: Sendable, Hashable {
        /// An address that the provider fetches.
        case url(String)
        /// The bytes, in base64 without line breaks.
        case base64(String)
    }

    /// Where the bytes are.
    public var content: Content
    /// The media type, for instance `image/png`.
    public var mediaType: String
    /// The name of the file, or nil.
    public var filename: String?

    /// An attachment with this content.
    public init(_ content: Content, mediaType: String, filename: String? = nil) {
        self.content = content
        self.mediaType = mediaType
        self.filename = filename
    }

    /// The content as one address: itself, or a `data:` URI.
    public var url: String {
        switch content {
        case .url(let url): url
        case .base64(let data): "data:\(mediaType);base64,\(data)"
        }
    }
}

/// One tool call that a model asked for.
public struct ToolCall: Sendable, Hashable {
    /// The provider's id, which the result names; made up by the adapter where the provider has none.
    public var id: String
    /// The tool's name.
    public var name: String
    /// The input. Null when the model wrote something that is not JSON; then `rawInput` holds it.
    public var input: JSONValue
    /// What the model wrote where it was not JSON; nil where `input` is it.
    public var rawInput: String?
    /// What the provider wants handed back with the call on the next turn, such as a thought signature; nil for none.
    public var signature: String?

    /// A call of `name`.
    public init(
        id: String, name: String, input: JSONValue, rawInput: String? = nil, signature: String? = nil
    ) {
        self.id = id
        self.name = name
        self.input = input
        self.rawInput = rawInput
        self.signature = signature
    }
}

/// The outcome of one tool call.
public struct ToolResult: Sendable, Hashable {
    /// The id of the call.
    public var callID: String
    /// The tool's name.
    public var name: String
    /// What the tool returned: a string is given to the model as it is, anything else as JSON text.
    public var output: JSONValue
    /// Whether the tool failed, so that `output` tells how.
    public var isError: Bool
    /// Pictures and documents that came with it.
    public var files: [Part]

    /// The outcome of the call `callID`.
    public init(callID: String, name: String, output: JSONValue, isError: Bool = false, files: [Part] = []) {
        self.callID = callID
        self.name = name
        self.output = output
        self.isError = isError
        self.files = files
    }

    /// The output as the model reads it.
    public var outputText: String { output.string ?? output.jsonText }
}
