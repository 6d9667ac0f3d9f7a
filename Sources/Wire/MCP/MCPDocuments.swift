public import Catalog

/// What a server of the Model Context Protocol tells of itself: one agent, one tool by which it is asked
/// (run spec §24).
public struct MCPDocuments: Sendable, Hashable {
    /// The tool's name.
    public static let toolName = "send-query-to-agent"

    private let agentName: String
    private let agentDescription: String?
    private let version: String

    /// Of an agent.
    ///
    /// - Parameters:
    ///   - agentName: What the agent is called.
    ///   - agentDescription: What it is for; nil when that was not said.
    ///   - version: The version of this server.
    public init(agentName: String, agentDescription: String?, version: String) {
        self.agentName = agentName
        self.agentDescription = agentDescription
        self.version = version
    }

    private var serverInfo: JSONValue { ["name": "covey", "title": "Covey", "version": .string(version)] }
    private static let capabilities: JSONValue = ["tools": ["listChanged": false]]

    /// The answer to `initialize`.
    public func initialized(_ revision: String) -> JSONObject {
        ["protocolVersion": .string(revision), "capabilities": Self.capabilities, "serverInfo": serverInfo]
    }

    /// The answer to `server/discover`.
    public func discovered() -> JSONObject {
        stateless([
            "supportedVersions": .array(MCPRevision.all.map(JSONValue.string)), "capabilities": Self.capabilities,
        ])
    }

    /// The answer to `tools/list`.
    ///
    /// - Parameter isStateless: Whether the client names the conversation in each call, because there is no session.
    public func tools(isStateless: Bool) -> JSONObject {
        let tools: JSONObject = ["tools": [tool(isStateless: isStateless)]]
        return isStateless ? stateless(tools) : tools
    }

    private func tool(isStateless: Bool) -> JSONValue {
        var properties: JSONObject = [
            "query": ["type": "string", "minLength": 1, "description": "What is said to the agent."]
        ]
        if isStateless {
            properties["conversationId"] = [
                "type": "string",
                "description": "The conversation to go on with, as an earlier answer names it; a new one without it.",
            ]
        }
        var description = "Sends a message to the agent \(agentName) and returns its answer."
        if let agentDescription, !agentDescription.isEmpty { description += " \(agentDescription)" }
        return [
            "name": .string(Self.toolName), "title": .string(agentName), "description": .string(description),
            "inputSchema": ["type": "object", "properties": .object(properties), "required": ["query"]],
        ]
    }

    /// A result that may be kept by nobody: it depends on who asks, and on what is configured now.
    private func stateless(_ result: JSONObject) -> JSONObject {
        var result = result
        result["ttlMs"] = 0
        result["cacheScope"] = "private"
        return Self.complete(result, serverInfo)
    }

    private static func complete(_ result: JSONObject, _ serverInfo: JSONValue) -> JSONObject {
        var result = result
        result["resultType"] = "complete"
        result["_meta"] = ["io.modelcontextprotocol/serverInfo": serverInfo]
        return result
    }
}

/// What `tools/call` asks for.
public struct MCPToolCall: Sendable, Hashable {
    /// What is said to the agent.
    public let query: String
    /// The conversation to go on with; nil for a new one, or for that of the session.
    public let conversationID: String?

    /// Reads the parameters of the call.
    ///
    /// - Throws: −32602 when they are not as `MCPDocuments` says.
    public init(_ params: JSONObject, isStateless: Bool) throws(JSONRPCError) {
        guard let name = params["name"]?.string else { throw Self.invalid("params.name must be a string") }
        guard name == MCPDocuments.toolName else { throw Self.invalid("Unknown tool: \(name)") }
        let arguments = params["arguments"]?.object ?? [:]
        guard let query = arguments["query"]?.string, !query.allSatisfy(\.isWhitespace) else {
            throw Self.invalid("arguments.query must be a string that says something")
        }
        self.query = query
        guard isStateless, let id = arguments.present("conversationId") else {
            conversationID = nil
            return
        }
        guard let id = id.string, RequestedTurn.isConversationID(id) else {
            throw Self.invalid("arguments.conversationId must be the id of a conversation")
        }
        conversationID = id.isEmpty ? nil : id
    }

    private static func invalid(_ reason: String) -> JSONRPCError {
        JSONRPCError(JSONRPCError.invalidParams, "Invalid params: \(reason)")
    }
}
