import Catalog

/// JSON-RPC 2.0, as far as MCP uses it.
enum Message {
    /// What a server sent.
    enum Incoming {
        /// The result of a request of ours.
        case result(id: Int, JSONObject)
        /// The error that a request of ours ended with; the id is nil where the server could not read it.
        case error(id: Int?, code: Int, message: String, data: JSONValue?)
        /// A request of the server's.
        case request(id: JSONValue, method: String)
        /// What it only tells.
        case notification(method: String, JSONObject)
    }

    /// Characters of a server's own words that are shown.
    private static let messageLengthMax = 500

    /// A request of ours.
    static func request(_ id: Int, _ method: String, _ parameters: JSONObject) -> JSONValue {
        [
            "jsonrpc": "2.0", "id": .integer(Int64(id)), "method": .string(method), "params": .object(parameters),
        ]
    }

    /// What we only tell.
    static func notification(_ method: String, _ parameters: JSONObject = [:]) -> JSONValue {
        var message: JSONObject = ["jsonrpc": "2.0", "method": .string(method)]
        if !parameters.isEmpty { message["params"] = .object(parameters) }
        return .object(message)
    }

    /// Our answer to a request of the server's: we are there, and can do nothing else for it.
    static func answer(to id: JSONValue, method: String) -> JSONValue {
        if method == "ping" { return ["jsonrpc": "2.0", "id": id, "result": [:]] }
        return [
            "jsonrpc": "2.0", "id": id,
            "error": ["code": -32601, "message": "This client has no such method"],
        ]
    }

    /// The messages in bytes that a server sent: one, or in revision 2025-03-26 several.
    static func read(_ bytes: some Sequence<UInt8>) throws(MCPFailure) -> [Incoming] {
        let json: JSONValue
        do throws(JSONParseError) {
            json = try JSONValue(mending: bytes)
        } catch {
            throw .malformed("what came is not JSON: \(error)")
        }
        guard let batch = json.array else { return [try incoming(json)] }
        var messages: [Incoming] = []
        for message in batch { messages.append(try incoming(message)) }
        return messages
    }

    static func incoming(_ json: JSONValue) throws(MCPFailure) -> Incoming {
        guard let message = json.object, message["jsonrpc"] == "2.0" else {
            throw .malformed("a message is not JSON-RPC 2.0")
        }
        if let method = message["method"]?.string {
            guard let id = message["id"], !id.isNull else {
                return .notification(method: method, message["params"]?.object ?? [:])
            }
            return .request(id: id, method: method)
        }
        if let error = message["error"]?.object {
            return .error(
                id: message["id"]?.integer, code: error["code"]?.integer ?? 0,
                message: clean(error["message"]?.string ?? "without a message"), data: error["data"])
        }
        guard let id = message["id"]?.integer, let result = message["result"]?.object else {
            throw .malformed("a message is neither request nor answer")
        }
        return .result(id: id, result)
    }

    /// A server's words on one line, cut short.
    static func clean(_ text: String) -> String {
        let line = String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
        return line.count > messageLengthMax ? line.prefix(messageLengthMax) + "…" : line
    }
}

extension Message.Incoming {
    /// The request of ours that a server says it is getting on with; nil when it says something else. The token is the
    /// request's id, as `MCPSession.call` gives it.
    var progress: Int? {
        guard case .notification("notifications/progress", let parameters) = self else { return nil }
        return parameters["progressToken"]?.integer
    }

    /// Whether it is the answer to our request of this id. An error without an id answers what was sent last.
    func answers(_ id: Int) -> Bool {
        switch self {
        case .result(let other, _): other == id
        case .error(let other, _, _, _): other == nil || other == id
        case .request, .notification: false
        }
    }
}
