public import Catalog
import Cryptography

/// One call of a tool of a server.
public struct MCPCall: Sendable {
    /// The tool, as the server lists it.
    public var tool: MCPToolDescription
    /// The arguments: an object.
    public var arguments: JSONObject
    /// The same for every attempt at this call, so that a server that knows it makes it once; nil to say nothing. It is
    /// sent among the call's `_meta` as `idempotencyKey`.
    public var idempotencyKey: String?
    /// Whether the key is sent as the header field `Idempotency-Key` too, for what stands before the server
    /// (draft-ietf-httpapi-idempotency-key-header).
    public var sendsKeyAsHeader: Bool
    /// The longest time without an answer or a sign of progress.
    public var idle: Duration
    /// The longest time of the call, whatever the progress.
    public var total: Duration
    /// Told when the server says that it is getting on with the call, once the time has begun anew; nil for nobody.
    public var onProgress: (@Sendable () -> Void)?

    /// A call from its parts.
    public init(
        _ tool: MCPToolDescription, _ arguments: JSONObject, idempotencyKey: String? = nil,
        sendsKeyAsHeader: Bool = false, idle: Duration = .seconds(60), total: Duration = .seconds(600)
    ) {
        self.tool = tool
        self.arguments = arguments
        self.idempotencyKey = idempotencyKey
        self.sendsKeyAsHeader = sendsKeyAsHeader
        self.idle = idle
        self.total = total
    }
}

/// What a call of a tool gave.
public struct MCPCallResult: Sendable, Equatable {
    /// The pieces, in order.
    public var content: [MCPContent]
    /// The same as data, where the server has it so; nil where it does not.
    public var structured: JSONValue?
    /// Whether the tool says that it failed; the content then says how.
    public var isError: Bool

    /// A result from its parts.
    public init(content: [MCPContent], structured: JSONValue? = nil, isError: Bool = false) {
        self.content = content
        self.structured = structured
        self.isError = isError
    }

    /// The texts of the content, a line each.
    public var text: String {
        content.compactMap { piece in
            switch piece {
            case .text(let text), .resource(_, _, .text(let text)): text
            case .image, .audio, .resource, .link, .other: nil
            }
        }.joined(separator: "\n")
    }
}

/// One piece of what a tool gave.
public enum MCPContent: Sendable, Equatable {
    /// The contents of a resource.
    public enum Body: Sendable, Equatable {
        /// Text.
        case text(String)
        /// Bytes, in base64.
        case base64(String)
    }

    /// Text.
    case text(String)
    /// A picture, in base64.
    case image(data: String, mediaType: String)
    /// Sound, in base64.
    case audio(data: String, mediaType: String)
    /// The contents of a resource of the server's.
    case resource(uri: String, mediaType: String?, Body)
    /// Where a resource is: an object with `uri` and `name`, perhaps `title`, `description`, `mimeType`, `size`.
    case link(JSONObject)
    /// A piece of a kind that is not known, as it came.
    case other(JSONObject)

    init(_ json: JSONValue) throws(MCPFailure) {
        guard let object = json.object, let kind = object["type"]?.string else {
            throw .malformed("a piece of its result has no type")
        }
        switch kind {
        case "text": self = .text(try Self.text(object, "text"))
        case "image":
            self = .image(data: try Self.base64(object, "data"), mediaType: try Self.text(object, "mimeType"))
        case "audio":
            self = .audio(data: try Self.base64(object, "data"), mediaType: try Self.text(object, "mimeType"))
        case "resource":
            guard let resource = object["resource"]?.object else {
                throw .malformed("a resource of its result is none")
            }
            let body: Body
            if resource["blob"] != nil {
                body = .base64(try Self.base64(resource, "blob"))
            } else {
                body = .text(try Self.text(resource, "text"))
            }
            self = .resource(uri: try Self.text(resource, "uri"), mediaType: resource["mimeType"]?.string, body)
        case "resource_link":
            _ = try Self.text(object, "uri")
            self = .link(object)
        default: self = .other(object)
        }
    }

    private static func text(_ object: JSONObject, _ name: String) throws(MCPFailure) -> String {
        guard let text = object[name]?.string else { throw .malformed("a piece of its result has no \(name)") }
        return text
    }

    private static func base64(_ object: JSONObject, _ name: String) throws(MCPFailure) -> String {
        let text = try text(object, name)
        guard Base64.standard.bytes(text) != nil else {
            throw .malformed("the \(name) of its result is not base64")
        }
        return text
    }
}

extension MCPCallResult {
    init(_ result: JSONObject) throws(MCPFailure) {
        // A revision with rounds may answer that it wants something first; we have told it that we have nothing.
        if let type = result["resultType"], type != "complete" {
            throw .malformed("its result is of the type '\((type.string ?? "").prefix(50))'")
        }
        guard let pieces = result["content"]?.array ?? (result["structuredContent"] == nil ? nil : []) else {
            throw .malformed("its result has no content")
        }
        content = []
        for piece in pieces { content.append(try MCPContent(piece)) }
        let structured = result["structuredContent"]
        self.structured = structured?.isNull == true ? nil : structured
        guard let flag = result["isError"], !flag.isNull else {
            isError = false
            return
        }
        guard let isError = flag.bool else { throw .malformed("isError of its result is neither true nor false") }
        self.isError = isError
    }
}
