public import Catalog

/// An MCP server whose tools sub-agents may use (manage spec §2.5).
public struct Tool: Resource, Equatable {
    /// Whose credential calls carry.
    public enum CredentialScope: String, CaseIterable, Sendable {
        /// One for all.
        case project
        /// Each user's own.
        case user
    }

    /// The id, unique within its kind and place.
    public var id = ""
    /// The name shown to people.
    public var name = ""
    /// What it is for.
    public var description: String?
    /// Where it is and what of it is used.
    public var config = ToolConfig()
    /// The credential for it; nil for none.
    public var credentialReferenceId: String?
    /// Whose credential calls carry.
    public var credentialScope = CredentialScope.project
    /// Headers sent with each call; nil for none.
    public var headers: HeaderMap?
    /// Its picture; nil for none.
    public var imageUrl: String?
    /// What the server said that it can do; nil until it was asked.
    public var capabilities: JSONObject?
    /// Why the last look at the server failed; nil when it did not.
    public var lastError: String?
    /// Whether it is one of the built-in integrations.
    public var isWorkApp = false

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "tool", title: "Tool", plural: "tools", in: .project, tags: ["Tools"],
        names: OperationNames(
            list: "list-tools", get: "get-tool", create: "create-tool", update: "update-tool", delete: "delete-tool"),
        schemaName: "McpTool", bodyName: "Tool",
        filters: [
            ("credentialReferenceId", "credentialReferenceId"), ("credentialScope", "credentialScope"),
            ("isWorkApp", "isWorkApp"),
        ],
        listParameters: [
            Operation.Parameter("status", in: .query, "Only tools with this status.", schema: ToolStatus.schema),
            Operation.Parameter(
                "skipDiscovery", in: .query, "Whether servers are not asked.",
                schema: ["type": "string", "enum": ["true", "false"]]),
        ], refusesEmptyUpdate: true, showsUnset: false,
        extras: Extras(
            schemas: [
                "tenantId": ["type": "string"], "projectId": ["type": "string"], "status": .object(ToolStatus.schema),
            ], optionalSchemas: foundSchemas,
            always: { _, branch in
                ["tenantId": .string(branch.tenant), "projectId": .string(branch.project), "status": "unknown"]
            },
            inContext: { tool, key, workspace in
                try tool.found(try workspace.observations.get(key), in: workspace)
            },
            standing: Standing(statuses: ToolStatus.words) { tool, observation, workspace in
                try tool.status(observation, in: workspace)
            }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The tool's id.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name shown to people.", required: true),
        field("description", \.description, .text(), "What it is for."),
        field("config", \.config, .structure, "Where it is and what of it is used.", required: true),
        field(
            "credentialReferenceId", \.credentialReferenceId, .text(1...256), "The credential for it.",
            reference: .to("credential", onDelete: .clear)),
        field("credentialScope", \.credentialScope, .choice, "Whose credential calls carry."),
        field("headers", \.headers, .headerMap, "Headers sent with each call."),
        field("imageUrl", \.imageUrl, .imageURL, "Its picture."),
        field("capabilities", \.capabilities, .jsonObject, "What the server said that it can do."),
        field("lastError", \.lastError, .text(0...10_000), "Why the last look at the server failed."),
        field("isWorkApp", \.isWorkApp, .flag, "Whether it is one of the built-in integrations."),
    ]
}
