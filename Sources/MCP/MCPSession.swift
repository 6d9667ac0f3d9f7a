import Catalog
import Outbound

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
    public func tools() async throws(MCPFailure) -> MCPToolList {
        let limits = calls.limits
        var freshMs: Int?
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
            if let ms = page["ttlMs"]?.integer { freshMs = min(freshMs ?? .max, max(0, ms)) }
            for value in listed {
                guard let tool = try tool(value) else { continue }
                guard names.insert(tool.name).inserted else { throw .malformed("it has two tools \(tool.name)") }
                bytes += tool.bytes
                tools.append(tool)
            }
            guard bytes <= limits.toolsBytesMax else {
                throw .tooMuch("tools of more than \(limits.toolsBytesMax) bytes")
            }
            cursor = page["nextCursor"]?.string
            guard let cursor else {
                return MCPToolList(tools: tools, isFreshFor: freshMs.map { .milliseconds($0) })
            }
            guard cursors.insert(cursor).inserted else { throw .malformed("its list of tools has no end") }
        }
        throw .tooMuch("more than \(limits.pagesMax) pages of tools")
    }

    /// Calls a tool.
    ///
    /// A server of a revision with handshake is told when the task is cancelled or the time is up; to the others the
    /// end of the connection says so.
    ///
    /// - Throws: `timedOut` when nothing was heard for `MCPCall.idle`, or when `MCPCall.total` is over.
    public func call(_ call: MCPCall) async throws(MCPFailure) -> MCPCallResult {
        let id = calls.nextID()
        var meta = self.meta ?? [:]
        meta["progressToken"] = .integer(Int64(id))
        meta["idempotencyKey"] = call.idempotencyKey.map(JSONValue.string)
        var headers = self.meta == nil ? HTTPHeaders() : call.tool.parameterHeaders.headers(call.arguments)
        if call.sendsKeyAsHeader { headers["Idempotency-Key"] = call.idempotencyKey }
        let request = Outgoing(
            id: id, method: "tools/call",
            parameters: [
                "name": .string(call.tool.name), "arguments": .object(call.arguments), "_meta": .object(meta),
            ], time: call.total, headers: headers)
        let answer: Message.Incoming
        do throws(MCPFailure) {
            answer = try await calls.watch(request, idle: call.idle, call.onProgress)
        } catch {
            if self.meta == nil, error == .cancelled || error == .timedOut { abandoned(id, error) }
            throw error
        }
        return try MCPCallResult(try Calls.result(of: answer))
    }

    /// Whether the connection that carries the answers is gone: what is called now fails.
    public var isOver: Bool { calls.isOver }

    /// Ends the session, whatever becomes of the task, in a few seconds at most.
    public func close() async { await calls.close() }

    /// Tells the server that nobody waits for a request any more.
    private func abandoned(_ id: Int, _ failure: MCPFailure) {
        let reason = failure == .cancelled ? "The run was stopped." : "It took too long."
        calls.tellAside("notifications/cancelled", ["requestId": .integer(Int64(id)), "reason": .string(reason)])
    }

    private func parameters(_ cursor: String?) -> JSONObject {
        var parameters = JSONObject()
        if let cursor { parameters["cursor"] = .string(cursor) }
        if let meta { parameters["_meta"] = .object(meta) }
        return parameters
    }

    /// A tool of the list; nil for one that must not be used.
    private func tool(_ value: JSONValue) throws(MCPFailure) -> MCPToolDescription? {
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
        var tool = MCPToolDescription(name: name, description: description, inputSchema: schema)
        if meta != nil {
            guard let headers = ParameterHeaders(schema) else { return nil }
            tool.parameterHeaders = headers
        }
        return tool
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
