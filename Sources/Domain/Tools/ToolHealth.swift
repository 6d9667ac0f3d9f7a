public import Catalog

/// How the server of a tool was found to be (manage spec §2.5).
public enum ToolStatus: String, CaseIterable, Sendable {
    /// It answers and lists its tools.
    case healthy
    /// It answers, but not as the protocol asks.
    case unhealthy
    /// It was not looked at.
    case unknown
    /// It wants a credential.
    case needsAuth = "needs_auth"
    /// It does not answer.
    case unavailable

    /// The words, as they are on the wire.
    static let words = allCases.map(\.rawValue)
    /// The JSON Schema of the words.
    static let schema: JSONObject = ["type": "string", "enum": .array(words.map(JSONValue.string))]
}

/// What was found out about a tool's server: the document of its `Observation`.
public struct ToolHealth: Sendable, Equatable {
    /// The server's tools as it lists them: objects with `name`, `description` and `inputSchema`.
    public var tools: [JSONValue] = []
    /// The server's version.
    public var version: String?
    /// What the server can do: a flag for each thing, by name.
    public var capabilities: JSONObject = [:]
    /// How to use it, in its own words.
    public var instructions: String?
    /// Why it could not be spoken to.
    public var lastError: String?
    /// When the credential expires, as a time of RFC 3339.
    public var expiresAt: String?

    /// Nothing was found.
    public init() {}

    /// What an observation keeps.
    public init(_ document: JSONObject) {
        tools = document["tools"]?.array ?? []
        version = document["version"]?.string
        capabilities = document["capabilities"]?.object ?? [:]
        instructions = document["instructions"]?.string
        lastError = document["lastError"]?.string
        expiresAt = document["expiresAt"]?.string
    }

    /// What is kept of it.
    public var document: JSONObject {
        var document: JSONObject = ["tools": .array(tools), "capabilities": .object(capabilities)]
        for (name, text) in [
            ("version", version), ("instructions", instructions), ("lastError", lastError), ("expiresAt", expiresAt),
        ] { document[name] = text.map(JSONValue.string) }
        return document
    }
}

extension Tool {
    /// What of the configuration decides what is found out: an observation for another basis says nothing.
    public func basis(in workspace: Workspace) throws -> String {
        let members = document
        let parts = [members["config"]?["mcp"]?["server"], members["config"]?["mcp"]?["transport"], members["headers"]]
        let credential = try credentialReferenceId.flatMap { try workspace.get(CredentialReference.self, $0) }
        let writtenAt = try credential?.entry(workspace)?.createdAt
        return DeterministicID.make(
            parts.map { $0?.jsonText ?? "" } + [
                credentialScope.rawValue, credentialReferenceId ?? "", credential?.document.jsonText ?? "",
                writtenAt.map(String.init) ?? "",
            ])
    }

    /// What is known of the server; nil when nothing is that holds for this configuration.
    func valid(_ observation: Observation?, in workspace: Workspace) throws -> Observation? {
        guard let observation, try observation.basis == basis(in: workspace) else { return nil }
        return observation
    }

    /// How the server was found to be. Nobody's own credential is at hand, so a tool of users wants one.
    func status(_ observation: Observation?, in workspace: Workspace) throws -> String {
        if credentialScope == .user { return ToolStatus.needsAuth.rawValue }
        return try valid(observation, in: workspace)?.status ?? ToolStatus.unknown.rawValue
    }

    /// The members of answers that say what was found out about the server (manage spec §4.8).
    func found(_ observation: Observation?, in workspace: Workspace) throws -> JSONObject {
        var members: JSONObject = ["status": .string(try status(observation, in: workspace))]
        guard credentialScope == .project, let observation = try valid(observation, in: workspace) else {
            return members
        }
        let health = ToolHealth(observation.document)
        members["availableTools"] = .array(available(health.tools))
        members["version"] = health.version.map(JSONValue.string)
        members["expiresAt"] = health.expiresAt.map(JSONValue.string)
        members["lastError"] = health.lastError.map(JSONValue.string) ?? (lastError == nil ? nil : .null)
        if observation.status == ToolStatus.healthy.rawValue {
            var capabilities = health.capabilities
            capabilities["serverInstructions"] = (config.mcp.prompt ?? health.instructions).map(JSONValue.string)
            members["capabilities"] = .object(capabilities)
        }
        return members
    }

    /// The server's tools that may be used, as models see them: with other names, descriptions and schemas where the
    /// configuration says so. A schema that is no object stands for none.
    func available(_ tools: [JSONValue]) -> [JSONValue] {
        let active = config.mcp.activeTools.map { Set($0) }
        return tools.compactMap { tool in
            guard let name = tool["name"]?.string, active?.contains(name) != false, var shown = tool.object else {
                return nil
            }
            guard let override = config.mcp.toolOverrides?[name] else { return tool }
            if let displayName = override.displayName { shown["name"] = .string(displayName) }
            if let description = override.description { shown["description"] = .string(description) }
            if let schema = override.schema?.object { shown["inputSchema"] = .object(schema) }
            return .object(shown)
        }
    }

    /// The JSON Schemas of those members that are there only when something was found.
    static let foundSchemas: JSONObject = [
        "version": ["type": "string"], "expiresAt": ["type": "string"],
        "availableTools": [
            "type": "array",
            "items": [
                "type": "object",
                "properties": [
                    "name": ["type": "string"], "description": ["type": "string"],
                    "inputSchema": ["type": "object", "additionalProperties": [:]],
                ],
                "required": ["name"],
            ],
        ],
    ]
}

/// The health of the servers that an agent uses (manage spec §2.32). What is known is told; nothing is asked.
enum AgentToolStatus {
    static let operation = Operation(
        "get-agent-tool-status", .get, Scope.agent.path + "/tool-status", tags: ["Agents", "Tools"],
        summary: "Get Tool Status for Agent", permission: .view,
        parameters: [
            Operation.Parameter("status", in: .query, "Only tools with this status.", schema: ToolStatus.schema)
        ] + list.parameters,
        responses: [
            Operation.Response(
                200, "The tools that sub-agents of the agent use.", schema: OpenAPI.reference(schemas[0].name))
        ],
        effect: .read { workspace, input in
            try workspace.requireContainers(of: .agent, input.path)
            return list.answer(try items(workspace, input, input.query["status"]), input.query)
        })

    private static let list = WholeList(
        ListOrder([.name, .id], otherwise: "as the agent has them", searched: "id, name or description"))

    private static func items(
        _ workspace: Workspace, _ input: OperationInput, _ wanted: String?
    ) throws -> [WholeList.Element] {
        var order: [String] = []
        var users: [String: Set<String>] = [:]
        for relation in try workspace.all(ToolRelation.self, in: Scope.agent.parent(input.path)) {
            if users[relation.toolId] == nil { order.append(relation.toolId) }
            users[relation.toolId, default: []].insert(relation.subAgentId)
        }
        let tools = try workspace.several(order.map { ResourceKey(kind: Tool.kind.name, id: $0) })
        return try order.compactMap { id in
            let key = ResourceKey(kind: Tool.kind.name, id: id)
            guard let tool = tools[key].map({ Tool($0) }) else { return nil }
            let found = try tool.found(try workspace.observations.get(key), in: workspace)
            guard wanted == nil || found["status"]?.string == wanted else { return nil }
            let view: JSONValue = [
                "id": .string(id), "name": .string(tool.name), "status": found["status"] ?? .null,
                "lastError": found["lastError"] ?? tool.lastError.map(JSONValue.string) ?? .null,
                "expiresAt": found["expiresAt"] ?? .null, "imageUrl": tool.imageUrl.map(JSONValue.string) ?? .null,
                "subAgentIds": .array(users[id, default: []].sorted().map(JSONValue.string)),
            ]
            return WholeList.Element(id: id, name: tool.name, description: tool.description, view: view)
        }
    }

    /// The schemas that the operation refers to.
    static let schemas: [(name: String, schema: JSONObject)] = [
        (
            "AgentToolStatusListResponse", list.schema(of: OpenAPI.reference("AgentToolStatusItem"))
        ),
        (
            "AgentToolStatusItem",
            [
                "type": "object",
                "properties": [
                    "id": ["type": "string"], "name": ["type": "string"], "status": .object(ToolStatus.schema),
                    "lastError": ["type": ["string", "null"]], "expiresAt": ["type": ["string", "null"]],
                    "imageUrl": ["type": ["string", "null"]],
                    "subAgentIds": ["type": "array", "items": ["type": "string"]],
                ],
                "required": ["id", "name", "status", "lastError", "expiresAt", "imageUrl", "subAgentIds"],
            ]
        ),
    ]
}
