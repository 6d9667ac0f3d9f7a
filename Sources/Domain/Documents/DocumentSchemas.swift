import Catalog

/// The schemas of whole documents, made from those of their parts.
enum DocumentSchemas {
    static let all: [(name: String, schema: JSONObject)] = [
        ("FullAgentAgentInsert", subAgent), ("TeamAgent", TeamAgent.schema),
        ("AgentWithinContextOfProject", agent),
        ("AgentWithinContextOfProjectResponse", OpenAPI.envelope(OpenAPI.reference("AgentWithinContextOfProject"))),
        ("AgentWithinContextOfProjectSelect", agentView), ("CanRelateToInternalSubAgent", internalRelation),
        ("FullAgentSubAgentSelectWithRelationIds", subAgentWithRelationIDs),
        ("AgentWithinContextOfProjectSelectWithRelationIds", agentWithRelationIDs),
        ("FullProjectDefinition", project), ("FullProjectSelect", projectView),
        ("FullProjectSelectResponse", OpenAPI.envelope(OpenAPI.reference("FullProjectSelect"))),
        ("FullProjectSelectWithRelationIds", projectWithRelationIDs),
        (
            "FullProjectSelectWithRelationIdsResponse",
            OpenAPI.envelope(OpenAPI.reference("FullProjectSelectWithRelationIds"))
        ),
        ("RelatedAgentInfo", related),
    ]

    private static let related: JSONObject = [
        "type": "object",
        "properties": [
            "id": ["type": "string"], "name": ["type": "string"], "description": ["type": ["string", "null"]],
        ],
        "required": ["id", "name", "description"],
    ]

    private static func map(_ schema: String) -> JSONValue {
        ["type": ["object", "null"], "additionalProperties": .object(OpenAPI.reference(schema))]
    }

    private static func adding(_ members: JSONObject, _ required: [String], to schema: JSONObject) -> JSONObject {
        var schema = schema
        schema["properties"] = .object((schema["properties"]?.object ?? [:]).merging(members))
        let all = (schema["required"]?.array ?? []) + required.map(JSONValue.string)
        if !all.isEmpty { schema["required"] = .array(all) }
        return schema
    }

    private static let subAgent = adding(
        Wiring.schema["properties"]?.object ?? [:], ["type", "canUse"], to: SubAgent.schema(for: .create))

    private static let agent = adding(
        [
            "subAgents": [
                "type": "object", "additionalProperties": .object(OpenAPI.reference("FullAgentAgentInsert")),
            ],
            "contextConfig": .object(OpenAPI.reference("ContextConfigCreate")),
            "functions": map("FunctionCreate"), "functionTools": map("FunctionToolCreate"),
            "tools": map("ToolCreate"), "externalAgents": map("ExternalAgentCreate"), "teamAgents": map("TeamAgent"),
            "triggers": map("TriggerCreate"),
        ], ["subAgents"], to: Agent.schema(for: .create))

    /// An agent as part of a whole project that is shown.
    private static let agentView = adding(
        ["contextConfig": ["anyOf": [.object(OpenAPI.reference("ContextConfig")), ["type": "null"]]]], [], to: agent)

    private static let internalRelation: JSONObject = [
        "type": "object",
        "properties": ["subAgentId": ["type": "string"], "subAgentSubAgentRelationId": ["type": "string"]],
        "required": ["subAgentId", "subAgentSubAgentRelationId"],
    ]

    private static let subAgentWithRelationIDs = adding(
        [
            "canTransferTo": [
                "type": ["array", "null"], "items": .object(OpenAPI.reference("CanRelateToInternalSubAgent")),
            ],
            "canDelegateTo": [
                "type": ["array", "null"],
                "items": [
                    "anyOf": [
                        .object(OpenAPI.reference("CanRelateToInternalSubAgent")), .object(ExternalDelegate.schema),
                        .object(TeamDelegate.schema),
                    ]
                ],
            ],
        ], [], to: subAgent)

    private static let agentWithRelationIDs = adding(
        ["subAgents": map("FullAgentSubAgentSelectWithRelationIds")], [], to: agentView)

    private static let projectParts: JSONObject = [
        "agents": map("AgentWithinContextOfProject"), "tools": map("ToolCreate"), "functions": map("FunctionCreate"),
        "functionTools": map("FunctionToolCreate"), "dataComponents": map("DataComponentCreate"),
        "artifactComponents": map("ArtifactComponentCreate"), "externalAgents": map("ExternalAgentCreate"),
        "credentialReferences": map("CredentialReferenceCreate"),
        "statusUpdates": ["anyOf": [.object(StatusUpdates.schema), ["type": "null"]]],
        "skills": map("SkillCreate"),
    ]

    private static let project = adding(projectParts, ["agents", "tools"], to: Project.schema(for: .create))

    private static let projectView = adding(
        projectParts.merging([
            "agents": map("AgentWithinContextOfProjectSelect"), "skills": map("SkillWithFiles"),
            "createdAt": ["type": "string"],
            "updatedAt": ["type": "string"],
        ]),
        ["agents", "tools", "createdAt", "updatedAt"], to: Project.schema(for: .view))

    private static let projectWithRelationIDs = adding(
        ["agents": map("AgentWithinContextOfProjectSelectWithRelationIds")], [], to: projectView)
}
