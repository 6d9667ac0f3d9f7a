public import Catalog

/// Where an MCP server is and what of it is used (manage spec §2.1, McpToolConfig).
public struct ToolConfig: Structure, Equatable {
    /// The protocol; there is one.
    public enum ToolType: String, CaseIterable, Sendable { case mcp }

    /// The protocol.
    public var type = ToolType.mcp
    /// What it needs.
    public var mcp = MCPConfig()

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("type", \.type, .choice, "The protocol.", required: true),
        field("mcp", \.mcp, .structure, "The server and what of it is used.", required: true),
    ]
}

/// An MCP server and what of it is used.
public struct MCPConfig: Structure, Equatable {
    /// Where it is.
    public var server = MCPServer()
    /// How it is spoken to; nil for streamable HTTP.
    public var transport: MCPTransport?
    /// The server's tools that may be used; nil for all.
    public var activeTools: [String]?
    /// What is changed of single tools; nil for nothing.
    public var toolOverrides: OrderedMap<ToolOverride>?
    /// Told to the model instead of the server's own instructions; nil for those.
    public var prompt: String?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("server", \.server, .structure, "Where the server is.", required: true),
        field("transport", \.transport, .structure, "How it is spoken to."),
        field("activeTools", \.activeTools, .list(of: .text()), "The server's tools that may be used; unset for all."),
        field("toolOverrides", \.toolOverrides, .map(of: .structure), "What is changed of single tools."),
        field("prompt", \.prompt, .text(), "Told to the model instead of the server's instructions."),
    ]
}

/// Where an MCP server is.
public struct MCPServer: Structure, Equatable {
    /// Its http or https address.
    public var url = ""

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("url", \.url, .httpURL, "Its http or https address.", required: true)
    ]
}

/// How an MCP server is spoken to.
public struct MCPTransport: Structure, Equatable {
    /// The transports of the protocol.
    public enum TransportType: String, CaseIterable, Sendable {
        case streamableHTTP = "streamable_http"
        case serverSentEvents = "sse"
    }

    /// The transport.
    public var type = TransportType.streamableHTTP
    /// Options of the clients for which this was first written; kept for them.
    public var requestInit: ClientOptions?
    /// As `requestInit`.
    public var eventSourceInit: ClientOptions?
    /// As `requestInit`.
    public var reconnectionOptions: JSONObject?
    /// The session to go on with; nil for a new one.
    public var sessionId: String?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("type", \.type, .choice, "The transport.", required: true),
        field("requestInit", \.requestInit, .structure, "Options for requests."),
        field("eventSourceInit", \.eventSourceInit, .structure, "Options for event streams."),
        field("reconnectionOptions", \.reconnectionOptions, .jsonObject, "Options for reconnecting."),
        field("sessionId", \.sessionId, .text(), "The session to go on with."),
    ]
}

/// Options of HTTP clients, kept as they came but for the header fields in them.
public struct ClientOptions: Structure, Equatable {
    /// Header fields; nil for none.
    public var headers: HeaderMap?
    /// Everything else.
    public var others: JSONObject = [:]

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("headers", \.headers, .headerMap, "Header fields.")
    ]
    /// What becomes of members that are not declared.
    public static let unknownMembers = UnknownMembers<Self>.keep(\.others)
}

/// What is changed of one tool of a server before a model sees it.
public struct ToolOverride: Structure, Equatable {
    /// How arguments are made of what the model gave.
    public enum Transformation: Sendable, Equatable {
        /// One JMESPath expression for all arguments.
        case whole(String)
        /// A JMESPath expression for each argument.
        case fields(OrderedMap<String>)
    }

    /// The name that the model sees; nil for the server's.
    public var displayName: String?
    /// The description that the model sees; nil for the server's.
    public var description: String?
    /// The input schema that the model sees; nil for the server's.
    public var schema: JSONValue?
    /// How arguments are made of what the model gave; nil for as they are.
    public var transformation: Transformation?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("displayName", \.displayName, .text(), "The name that the model sees."),
        field("description", \.description, .text(), "The description that the model sees."),
        field("schema", \.schema, .json, "The input schema that the model sees."),
        field(
            "transformation", \.transformation, .transformation, "How arguments are made: JMESPath, or a map of them."),
    ]
}

extension FieldType where Value == ToolOverride.Transformation {
    /// A text, or a map of texts.
    static let transformation = FieldType(
        schema: ["anyOf": [["type": "string"], ["type": "object", "additionalProperties": ["type": "string"]]]],
        decode: { json, decoding in
            if let text = json.string { return .whole(text) }
            return FieldType<OrderedMap<String>>.textMap.decode(json, &decoding).map { .fields($0) }
        },
        encode: { transformation in
            switch transformation {
            case .whole(let text): .string(text)
            case .fields(let map): FieldType<OrderedMap<String>>.textMap.encode(map)
            }
        })
}
