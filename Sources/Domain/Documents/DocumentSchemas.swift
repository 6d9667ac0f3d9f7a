import Catalog

/// The schemas of whole documents, made from those of their parts.
enum DocumentSchemas {
    static let all: [(name: String, schema: JSONObject)] =
        [
            ("FullAgentAgentInsert", subAgent), ("TeamAgent", TeamAgent.schema),
            ("AgentWithinContextOfProject", agent), ("FullProjectDefinition", project), ("RelatedAgentInfo", related),
        ] + ShownDocumentSchemas.all

    private static let related: JSONObject = [
        "type": "object",
        "properties": [
            "id": ["type": "string"], "name": ["type": "string"], "description": ["type": ["string", "null"]],
        ],
        "required": ["id", "name", "description"],
    ]

    private static func map(_ schema: String, nullable: Bool = true) -> JSONValue {
        [
            "type": nullable ? ["object", "null"] : "object",
            "additionalProperties": .object(OpenAPI.reference(schema)),
        ]
    }

    private static let subAgent = SubAgent.schema(for: .create).adding(
        Wiring.schema["properties"]?.object ?? [:], required: ["type", "canUse"])

    private static let agent = Agent.schema(for: .create).adding(
        [
            "subAgents": [
                "type": "object", "additionalProperties": .object(OpenAPI.reference("FullAgentAgentInsert")),
            ],
            "contextConfig": .object(OpenAPI.reference("ContextConfigCreate").allowingNull),
            "functions": map("FunctionCreate"), "functionTools": map("FunctionToolCreate"),
            "tools": map("ToolCreate"), "externalAgents": map("ExternalAgentCreate"), "teamAgents": map("TeamAgent"),
            "triggers": map("TriggerCreate"),
        ], required: ["subAgents"])

    private static let project = Project.schema(for: .create).adding(
        [
            "agents": map("AgentWithinContextOfProject", nullable: false),
            "tools": map("ToolCreate", nullable: false),
            "functions": map("FunctionCreate"), "functionTools": map("FunctionToolCreate"),
            "dataComponents": map("DataComponentCreate"), "artifactComponents": map("ArtifactComponentCreate"),
            "externalAgents": map("ExternalAgentCreate"), "credentialReferences": map("CredentialReferenceCreate"),
            "statusUpdates": ["anyOf": [.object(StatusUpdates.schema), ["type": "null"]]],
            "skills": map("SkillCreate"),
        ], required: ["agents", "tools"])
}
