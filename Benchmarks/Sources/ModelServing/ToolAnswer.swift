import Kit

/// The tool server beside the model: MCP over streamable HTTP in its newest revision, which keeps no sessions, with one
/// tool that answers at once.
enum ToolAnswer {
    /// Where it is.
    static let path = "/mcp"
    /// What its tool answers.
    static let result = "three birds"
    private static let revision = "2026-07-28"

    /// The answer to one message: of the kind that the method has, or the error that JSON-RPC has for others.
    static func message(to body: UnsafeRawBufferPointer) -> (method: String?, message: JSON) {
        guard let request = try? JSON(reading: body), let method = request["method"]?.string, let id = request["id"]
        else { return (nil, answer(.null, "error", error(-32_600, "no request"))) }
        switch method {
        case "server/discover":
            let server = JSON.object([
                ("supportedVersions", .array([.text(revision)])), ("capabilities", .object([("tools", .object([]))])),
                ("serverInfo", .object([("name", .text("bench")), ("version", .text("1"))])),
            ])
            return (method, answer(id, "result", server))
        case "tools/list":
            let list = JSON.object([("tools", .array([tool])), ("ttlMs", .count(3_600_000))])
            return (method, answer(id, "result", list))
        case "tools/call":
            let content = JSON.object([("type", .text("text")), ("text", .text(result))])
            return (method, answer(id, "result", .object([("content", .array([content]))])))
        default: return (method, answer(id, "error", error(-32_601, "no such method")))
        }
    }

    private static let tool = JSON.object([
        ("name", .text("search")), ("description", .text("Searches for something.")),
        (
            "inputSchema",
            .object([
                ("type", .text("object")),
                ("properties", .object([("query", .object([("type", .text("string"))]))])),
                ("required", .array([.text("query")])),
            ])
        ),
    ])

    private static func answer(_ id: JSON, _ member: String, _ value: JSON) -> JSON {
        .object([("jsonrpc", .text("2.0")), ("id", id), (member, value)])
    }

    private static func error(_ code: Int, _ message: String) -> JSON {
        .object([("code", .count(code)), ("message", .text(message))])
    }
}
