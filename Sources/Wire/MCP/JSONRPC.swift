public import Catalog

/// A refusal as JSON-RPC 2.0 has it (§5.1), with the HTTP status that it is sent with.
public struct JSONRPCError: Error, Sendable, Hashable {
    /// What kind of refusal it is.
    public let code: Int
    /// One sentence for the client.
    public let message: String
    /// More for programs; nil for nothing.
    public let data: JSONValue?
    /// The HTTP status. A request that was understood and whose method refuses it is a 200 with an error in it.
    public let status: Int

    /// A refusal from its parts.
    public init(_ code: Int, _ message: String, data: JSONValue? = nil, status: Int = 200) {
        self.code = code
        self.message = message
        self.data = data
        self.status = status
    }

    /// The body was no JSON.
    public static let parseError = -32700
    /// The body was JSON, but no message.
    public static let invalidRequest = -32600
    /// There is no such method.
    public static let methodNotFound = -32601
    /// The parameters are not as the method takes them.
    public static let invalidParams = -32602
    /// It is our fault.
    public static let internalError = -32603

    /// The answer to the request `id`, null when it could not be read.
    public func reply(to id: JSONValue) -> JSONValue {
        var error: JSONObject = ["code": .integer(Int64(code)), "message": .string(message)]
        error["data"] = data
        return ["jsonrpc": "2.0", "id": id, "error": .object(error)]
    }
}

/// One message of JSON-RPC 2.0.
public struct JSONRPCMessage: Sendable, Hashable {
    /// The three kinds.
    public enum Kind: Sendable, Hashable {
        /// Wants an answer with this id: a string or a whole number.
        case request(id: JSONValue)
        /// Wants none.
        case notification
        /// Is an answer to something.
        case response
    }

    /// Which kind it is.
    public let kind: Kind
    /// The method; empty for a response.
    public let method: String
    /// The parameters by name; empty when there are none.
    public let params: JSONObject

    /// Reads a message.
    public init(_ json: JSONValue) throws(JSONRPCError) {
        guard let object = json.object, object["jsonrpc"] == "2.0" else { throw Self.invalid }
        guard let method = object["method"] else {
            guard object["result"] != nil || object["error"] != nil else { throw Self.invalid }
            (kind, self.method, params) = (.response, "", [:])
            return
        }
        guard let method = method.string else { throw Self.invalid }
        switch object["params"] {
        case nil: params = [:]
        case .object(let members)?: params = members
        default: throw JSONRPCError(JSONRPCError.invalidParams, "params must be an object", status: 400)
        }
        self.method = method
        switch object["id"] {
        case nil: kind = .notification
        case .string(let id)?: kind = .request(id: .string(id))
        case .integer(let id)?: kind = .request(id: .integer(id))
        default: throw Self.invalid
        }
    }

    /// The id that an answer to `json` has, whatever else is wrong with it; null when it has none.
    public static func id(of json: JSONValue) -> JSONValue {
        switch json["id"] {
        case .string(let id)?: .string(id)
        case .integer(let id)?: .integer(id)
        default: .null
        }
    }

    /// The answer to the request `id`.
    public static func reply(_ result: JSONObject, to id: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "result": .object(result)]
    }

    private static let invalid = JSONRPCError(
        JSONRPCError.invalidRequest, "Invalid Request: the body must be one JSON-RPC 2.0 message", status: 400)
}
