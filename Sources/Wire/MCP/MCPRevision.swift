public import Catalog
import FoundationEssentials

/// The revisions of the Model Context Protocol that Covey serves.
///
/// From 2026-07-28 on every request says in `params._meta` which revision it speaks, and repeats in headers what
/// intermediaries look at; there is no session. Before, a client shook hands by `initialize` and was given a session.
public enum MCPRevision {
    /// The newest one, without sessions.
    public static let stateless = "2026-07-28"
    /// Those that begin with a handshake, newest first.
    public static let handshake = ["2025-11-25", "2025-06-18", "2025-03-26"]
    /// The only one in which several messages may come as one array.
    public static let batching = "2025-03-26"

    /// All of them, newest first.
    public static var all: [String] { [stateless] + handshake }

    /// What a handshake agrees on: what the client asks for, else the newest that has one.
    public static func agreed(on asked: String?) -> String {
        asked.flatMap { handshake.contains($0) ? $0 : nil } ?? handshake[0]
    }

    /// The refusal of a revision that is not served.
    public static func unsupported(_ requested: String) -> JSONRPCError {
        JSONRPCError(
            -32022, "Unsupported protocol version",
            data: ["supported": .array(all.map(JSONValue.string)), "requested": .string(requested)], status: 400)
    }
}

/// The headers of a request that MCP gives a meaning, each with all its values.
public struct MCPHeaders: Sendable, Hashable {
    /// `MCP-Protocol-Version`.
    public var version: [String]
    /// `Mcp-Method`.
    public var method: [String]
    /// `Mcp-Name`.
    public var name: [String]
    /// `Mcp-Session-Id`.
    public var session: [String]

    /// Headers by their values.
    public init(version: [String] = [], method: [String] = [], name: [String] = [], session: [String] = []) {
        self.version = version
        self.method = method
        self.name = name
        self.session = session
    }
}

extension JSONRPCMessage {
    private static let versionKey = "io.modelcontextprotocol/protocolVersion"
    private static let capabilitiesKey = "io.modelcontextprotocol/clientCapabilities"

    private var meta: JSONObject? { params["_meta"]?.object }

    /// What progress is to be told under; nil when the client does not want to be told.
    public var progressToken: JSONValue? {
        switch meta?["progressToken"] {
        case .string(let token)?: .string(token)
        case .integer(let token)?: .integer(token)
        default: nil
        }
    }

    /// Whether it is sent without a session, as from 2026-07-28 on.
    public func isStateless(_ headers: MCPHeaders) -> Bool {
        method != "initialize" && (meta?[Self.versionKey] != nil || headers.version.contains(MCPRevision.stateless))
    }

    /// Checks what every request without a session must say of itself, and that its headers say the same.
    public func checkStateless(_ headers: MCPHeaders) throws(JSONRPCError) {
        if kind == .notification { return try checkVersion(headers.version.first ?? "") }
        guard let version = meta?[Self.versionKey]?.string, meta?[Self.capabilitiesKey]?.object != nil else {
            throw JSONRPCError(
                JSONRPCError.invalidParams,
                "params._meta must have \(Self.versionKey), a string, and \(Self.capabilitiesKey), an object",
                status: 400)
        }
        try Self.check(headers.version, "MCP-Protocol-Version", is: version)
        try Self.check(headers.method, "Mcp-Method", is: method)
        if method == "tools/call", let name = params["name"]?.string {
            try Self.check(headers.name.map { Self.decoded($0) }, "Mcp-Name", is: name)
        }
        try checkVersion(version)
    }

    private func checkVersion(_ version: String) throws(JSONRPCError) {
        guard version == MCPRevision.stateless else { throw MCPRevision.unsupported(version) }
    }

    private static func check(
        _ values: [String?], _ name: String, is expected: String
    ) throws(JSONRPCError) {
        guard values.count == 1, values[0] == expected else {
            throw JSONRPCError(
                -32020, "Header mismatch: \(name) must be sent once and be what the body says", status: 400)
        }
    }

    /// A header's value, which may be UTF-8 in base64 between `=?base64?` and `?=`; nil when that is broken.
    private static func decoded(_ value: String) -> String? {
        let (open, close) = ("=?base64?", "?=")
        guard value.hasPrefix(open), value.hasSuffix(close), value.utf8.count >= open.utf8.count + close.utf8.count
        else { return value }
        let text = value.dropFirst(open.count).dropLast(close.count)
        guard let bytes = Data(base64Encoded: String(text)) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
