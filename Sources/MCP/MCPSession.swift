import Catalog

/// A session with a server that has begun.
public struct MCPSession: Sendable {
    /// What the server says of itself.
    public let server: MCPServerDescription
    let calls: Calls
    /// What every request of a revision without handshake carries; nil for the older ones.
    let meta: JSONObject?

    /// All tools of the server, page by page.
    ///
    /// - Throws: `malformed` when a tool is none or two have one name, `tooMuch` when a bound of `MCPLimits` is passed.
    public func tools() async throws(MCPFailure) -> [MCPToolDescription] {
        let limits = calls.limits
        var tools: [MCPToolDescription] = []
        var names: Set<String> = []
        var bytes = 0
        var cursor: String?
        var cursors: Set<String> = []
        for _ in 0..<limits.pagesMax {
            let page = try await calls.result("tools/list", parameters(cursor))
            guard let listed = page["tools"]?.array else { throw .malformed("its list of tools is none") }
            guard tools.count + listed.count <= limits.toolsMax else {
                throw .tooMuch("more than \(limits.toolsMax) tools")
            }
            for value in listed {
                let tool = try tool(value)
                guard names.insert(tool.name).inserted else { throw .malformed("it has two tools \(tool.name)") }
                bytes += tool.bytes
                tools.append(tool)
            }
            guard bytes <= limits.toolsBytesMax else {
                throw .tooMuch("tools of more than \(limits.toolsBytesMax) bytes")
            }
            cursor = page["nextCursor"]?.string
            guard let cursor else { return tools }
            guard cursors.insert(cursor).inserted else { throw .malformed("its list of tools has no end") }
        }
        throw .tooMuch("more than \(limits.pagesMax) pages of tools")
    }

    private func parameters(_ cursor: String?) -> JSONObject {
        var parameters = JSONObject()
        if let cursor { parameters["cursor"] = .string(cursor) }
        if let meta { parameters["_meta"] = .object(meta) }
        return parameters
    }

    private func tool(_ value: JSONValue) throws(MCPFailure) -> MCPToolDescription {
        let limits = calls.limits
        guard let name = value["name"]?.string, !name.isEmpty else { throw .malformed("a tool has no name") }
        guard name.utf8.count <= limits.nameBytesMax else {
            throw .tooMuch("a name of a tool of more than \(limits.nameBytesMax) bytes")
        }
        let description = value["description"]?.string
        guard (description?.utf8.count ?? 0) <= limits.textBytesMax else {
            throw .tooMuch("a description of the tool \(name) of more than \(limits.textBytesMax) bytes")
        }
        guard let schema = value["inputSchema"]?.object else { throw .malformed("the tool \(name) has no inputSchema") }
        guard JSONValue.object(schema).nests(atMost: limits.schemaDepthMax) else {
            throw .tooMuch("an inputSchema of the tool \(name) that nests deeper than \(limits.schemaDepthMax)")
        }
        return MCPToolDescription(name: name, description: description, inputSchema: schema)
    }
}

extension MCPToolDescription {
    /// Bytes of it as JSON, near enough for a bound.
    fileprivate var bytes: Int {
        name.utf8.count + (description?.utf8.count ?? 0) + JSONValue.object(inputSchema).jsonBytes.count
    }
}

extension JSONValue {
    /// Whether there are no more levels of arrays and objects than `depth`.
    fileprivate func nests(atMost depth: Int) -> Bool {
        switch self {
        case .array(let elements): depth > 0 && elements.allSatisfy { $0.nests(atMost: depth - 1) }
        case .object(let members): depth > 0 && members.values.allSatisfy { $0.nests(atMost: depth - 1) }
        default: true
        }
    }
}
