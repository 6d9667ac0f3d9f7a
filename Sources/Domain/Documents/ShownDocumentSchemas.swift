import Catalog

/// The schemas of whole documents as they are shown: what `AgentDocument` and `ProjectOperations` put together. An
/// agent of its own leaves out some unset members; in a project it shows them as null (manage spec §1.8, §4.1).
enum ShownDocumentSchemas {
    static let all: [(name: String, schema: JSONObject)] = [
        ("AgentWithinContextOfProjectResponse", OpenAPI.envelope(OpenAPI.reference("FullAgent"))),
        ("FullAgent", agentAlone), ("FullAgentSubAgent", subAgent(.alone)), ("FullAgentTool", tool),
        ("FullAgentExternalAgent", externalAgent), ("FullAgentTeamAgent", teamAgent), ("FullAgentUse", use),
        ("FullAgentTrigger", stamped(Trigger.schema(for: .view, withNulls: Trigger.kind.showsUnset))),
        ("FullAgentContextConfig", stamped(ContextConfig.schema(for: .view))),
        ("CanRelateToInternalSubAgent", internalRelation), ("FullAgentExternalDelegate", externalDelegate),
        ("FullAgentTeamDelegate", teamDelegate),
        ("AgentWithinContextOfProjectSelect", agent(.inProject)),
        ("FullAgentSubAgentSelect", subAgent(.inProject)),
        ("FullAgentSubAgentSelectWithRelationIds", subAgent(.withRelationIDs)),
        ("AgentWithinContextOfProjectSelectWithRelationIds", agent(.withRelationIDs)),
        ("FullProjectTool", stamped(Tool.schema(for: .view, withNulls: true))),
        ("FullProjectSelect", project(agents: "AgentWithinContextOfProjectSelect")),
        ("FullProjectSelectResponse", OpenAPI.envelope(OpenAPI.reference("FullProjectSelect"))),
        (
            "FullProjectSelectWithRelationIds",
            project(agents: "AgentWithinContextOfProjectSelectWithRelationIds")
        ),
        (
            "FullProjectSelectWithRelationIdsResponse",
            OpenAPI.envelope(OpenAPI.reference("FullProjectSelectWithRelationIds"))
        ),
    ]

    private static func map(_ schema: String, orNull: Bool = false) -> JSONValue {
        ["type": orNull ? ["object", "null"] : "object", "additionalProperties": .object(OpenAPI.reference(schema))]
    }

    private static func stamped(_ schema: JSONObject) -> JSONObject {
        schema.adding(OpenAPI.times, required: OpenAPI.times.keys)
    }

    private static func list(_ element: JSONObject) -> JSONValue { ["type": "array", "items": .object(element)] }

    private static let text: JSONObject = ["type": "string"]
    private static let headers: JSONValue = ["type": ["object", "null"], "additionalProperties": .object(text)]

    // MARK: Sub-agents

    private static func subAgent(_ style: AgentDocument.Style) -> JSONObject {
        let target = style == .withRelationIDs ? OpenAPI.reference("CanRelateToInternalSubAgent") : text
        let delegates: [JSONObject] = [
            target, OpenAPI.reference("FullAgentExternalDelegate"), OpenAPI.reference("FullAgentTeamDelegate"),
        ]
        let wiring: JSONObject = [
            "type": ["type": "string", "enum": ["internal"]], "canUse": list(OpenAPI.reference("FullAgentUse")),
            "canTransferTo": list(target), "canDelegateTo": list(["anyOf": .array(delegates.map(JSONValue.object))]),
            "dataComponents": list(text), "artifactComponents": list(text), "skills": list(Skill.link.elementSchema),
        ]
        let all = stamped(SubAgent.schema(for: .view, withNulls: true).adding(wiring, required: wiring.keys))
        return style == .alone ? leavingOut(["models", "stopWhen"], of: SubAgent.self, in: all) : all
    }

    /// A schema of which members that are unset are left out instead of null.
    private static func leavingOut<Whole: Structure>(
        _ names: Set<String>, of type: Whole.Type, in schema: JSONObject
    ) -> JSONObject {
        let plain = Whole.schema(for: .view)["properties"]?.object ?? [:]
        let members = JSONObject(plain.filter { names.contains($0.key) })
        return schema.withoutRequiring(names).adding(members)
    }

    private static let use: JSONObject = [
        "type": "object", "required": ["agentToolRelationId", "toolId", "toolSelection", "headers", "toolPolicies"],
        "properties": [
            "agentToolRelationId": .object(text), "toolId": .object(text),
            "toolSelection": ["type": ["array", "null"], "items": .object(text)],
            "headers": ["type": "object", "additionalProperties": .object(text)],
            "toolPolicies": .object(FieldType<ToolPolicies>.map(of: .structure).shownSchema),
        ],
    ]

    private static let internalRelation: JSONObject = [
        "type": "object", "properties": ["subAgentId": .object(text), "subAgentSubAgentRelationId": .object(text)],
        "required": ["subAgentId", "subAgentSubAgentRelationId"],
    ]

    private static let externalDelegate = delegate("externalAgentId", "subAgentExternalAgentRelationId")
    private static let teamDelegate = delegate("agentId", "subAgentTeamAgentRelationId")

    private static func delegate(_ target: String, _ relation: String) -> JSONObject {
        JSONObject([("type", "object")]).adding(
            JSONObject([(target, .object(text)), (relation, .object(text)), ("headers", headers)]),
            required: [target, relation, "headers"])
    }

    // MARK: Agents

    private static let tool = stamped(Tool.schema(for: .view))

    private static let externalAgent: JSONObject = [
        "allOf": [
            .object(OpenAPI.reference(ExternalAgent.kind.schemaName)),
            [
                "type": "object", "properties": ["type": ["type": "string", "enum": ["external"]]],
                "required": ["type"],
            ],
        ]
    ]

    private static let teamAgent: JSONObject = [
        "type": "object", "required": ["id", "name", "description", "type"],
        "properties": [
            "id": .object(text), "name": .object(text), "description": ["type": ["string", "null"]],
            "type": ["type": "string", "enum": ["team"]],
        ],
    ]

    private static func parts(_ subAgent: String) -> JSONObject {
        [
            "subAgents": map(subAgent), "tools": ["type": "null"],
            "externalAgents": map("FullAgentExternalAgent"), "teamAgents": map("FullAgentTeamAgent"),
            "functionTools": map(FunctionTool.kind.schemaName), "functions": map(Function.kind.schemaName),
            "triggers": map("FullAgentTrigger"),
        ]
    }

    private static func agent(_ style: AgentDocument.Style) -> JSONObject {
        let name =
            switch style {
            case .alone: "FullAgentSubAgent"
            case .inProject: "FullAgentSubAgentSelect"
            case .withRelationIDs: "FullAgentSubAgentSelectWithRelationIds"
            }
        let config = OpenAPI.reference(ContextConfig.kind.schemaName).allowingNull
        let parts = parts(name).merging(style == .alone ? [:] : ["contextConfig": .object(config)])
        return stamped(Agent.schema(for: .view, withNulls: true).adding(parts, required: parts.keys))
    }

    private static let agentAlone = leavingOut(
        ["models", "statusUpdates", "prompt", "stopWhen"], of: Agent.self, in: agent(.alone)
    ).adding(["contextConfig": .object(OpenAPI.reference("FullAgentContextConfig")), "tools": map("FullAgentTool")])

    // MARK: Projects

    private static func project(agents: String) -> JSONObject {
        var parts: JSONObject = [
            "agents": map(agents), "tools": map("FullProjectTool"),
            "functionTools": map(FunctionTool.kind.schemaName, orNull: true), "statusUpdates": ["type": "null"],
            "skills": map("SkillWithFiles"),
        ]
        for (name, kind) in ProjectDraft.maps where kind.name != Tool.kind.name {
            parts[name] = map(kind.schemaName, orNull: true)
        }
        return stamped(Project.schema(for: .view, withNulls: true).adding(parts, required: parts.keys))
    }
}
