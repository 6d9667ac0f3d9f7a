import Catalog
import CoveyTesting
import Testing

/// What the seeds' operations are sent, and what their answers must have.
extension SeedTests {
    /// What an object must have, and what it may have because the contract adds it.
    struct Shape {
        let place: [String]
        let members: Set<String>
        let more: Set<String>

        init(_ place: String, _ members: String, more: String = "") {
            self.place = place.split(separator: "/").map(String.init)
            self.members = Set(members.split(separator: " ").map(String.init))
            self.more = Set(more.split(separator: " ").map(String.init))
        }

        func check(_ json: JSONValue, _ name: String) {
            let object = place.reduce(Optional(json)) { value, step in Int(step).map { value?[$0] } ?? value?[step] }
            let shown = Set(object?.object?.keys ?? [])
            let where_ = "\(name) \(place.joined(separator: "/"))"
            #expect(members.subtracting(shown).isEmpty, "\(where_) lacks members")
            #expect(shown.subtracting(members).subtracting(more).isEmpty, "\(where_) has members of nobody's")
        }
    }

    static let agentMembers =
        "contextConfigId createdAt defaultSubAgentId description id models name prompt statusUpdates stopWhen updatedAt"
    static let agentShape = Shape("data", agentMembers, more: "executionMode")
    static let pageShapes = [
        Shape("data/0", agentMembers, more: "executionMode"), Shape("", "data pagination"),
        Shape("pagination", "limit page pages total"),
    ]
    static let models = "base structuredOutput summarizer"
    static let slot = "model providerOptions"
    static let slotMore = "fallbackModels allowedProviders"
    static let fullShapes = [
        Shape("", "data"),
        Shape(
            "data",
            agentMembers + " contextConfig externalAgents functionTools functions subAgents teamAgents tools triggers",
            more: "executionMode"),
        Shape("data/contextConfig", "contextVariables headersSchema id", more: "createdAt updatedAt"),
        Shape(
            "data/externalAgents/crm",
            "baseUrl createdAt credentialReferenceId description id name updatedAt", more: "type"),
        Shape("data/functionTools/calc", "createdAt description functionId id name updatedAt", more: "agentId"),
        Shape("data/functions/calc-fn", "createdAt dependencies executeCode id inputSchema updatedAt"),
        Shape("data/models", models), Shape("data/models/base", slot, more: slotMore),
        Shape("data/models/structuredOutput", slot, more: slotMore),
        Shape("data/models/summarizer", slot, more: slotMore),
        Shape("data/statusUpdates", "enabled numEvents prompt statusComponents timeInSeconds"),
        Shape("data/statusUpdates/statusComponents/0", "description detailsSchema type"),
        Shape("data/stopWhen", "transferCountIs"),
        Shape(
            "data/subAgents/sub_agent_123",
            "artifactComponents canDelegateTo canTransferTo canUse conversationHistoryConfig createdAt dataComponents "
                + "description id models name prompt stopWhen type updatedAt",
            more: "skills outputContract"),
        Shape(
            "data/subAgents/sub_agent_123/canUse/0",
            "agentToolRelationId headers toolId toolPolicies toolSelection"),
        Shape("data/subAgents/sub_agent_123/canUse/0/toolPolicies/forecast", "needsApproval"),
        Shape("data/subAgents/sub_agent_123/models", models),
        Shape("data/teamAgents/night", "description id name", more: "type"),
        Shape(
            "data/tools/weather",
            "config createdAt credentialReferenceId credentialScope description headers id imageUrl name updatedAt",
            more: "capabilities lastError isWorkApp"),
        Shape("data/tools/weather/config", "mcp type"),
        Shape("data/tools/weather/config/mcp", "activeTools prompt server toolOverrides transport"),
        Shape("data/tools/weather/config/mcp/server", "url"),
        Shape(
            "data/tools/weather/config/mcp/toolOverrides/forecast", "description displayName schema transformation"),
        Shape(
            "data/tools/weather/config/mcp/transport",
            "eventSourceInit reconnectionOptions requestInit sessionId type"),
    ]

    // MARK: Bodies with everything that the seeds name

    static let slots: JSONValue = [
        "base": ["model": "mock/m", "providerOptions": ["temperature": 1]],
        "structuredOutput": ["model": "mock/s", "providerOptions": ["temperature": 0]],
        "summarizer": ["model": "mock/z", "providerOptions": ["temperature": 0]],
    ]

    static let props: JSONValue = [
        "type": "object", "properties": ["n": ["type": "string", "description": "number"]], "required": ["n"],
    ]

    static let beside: [(segment: String, body: JSONValue)] = [
        (
            "credentials",
            ["id": "key", "name": "Key", "type": "memory", "credentialStoreId": "memory-default"]
        ),
        (
            "tools",
            [
                "id": "weather", "name": "Weather", "description": "Forecasts", "headers": ["x-region": "eu"],
                "imageUrl": "https://img.example.com/w.png", "credentialReferenceId": "key",
                "credentialScope": "project",
                "config": [
                    "type": "mcp",
                    "mcp": [
                        "server": ["url": "https://mcp.example.com/mcp"], "activeTools": ["forecast"],
                        "prompt": "Metric.",
                        "transport": [
                            "type": "streamable_http", "requestInit": ["a": 1], "eventSourceInit": ["b": 1],
                            "reconnectionOptions": ["c": 1], "sessionId": "s",
                        ],
                        "toolOverrides": [
                            "forecast": [
                                "displayName": "f", "description": "d", "schema": ["type": "object"],
                                "transformation": "city",
                            ]
                        ],
                    ],
                ],
            ]
        ),
        (
            "external-agents",
            [
                "id": "crm", "name": "CRM", "description": "Customers", "baseUrl": "https://crm.example.com",
                "credentialReferenceId": "key",
            ]
        ),
        ("data-components", ["id": "resource_789", "name": "Card", "description": "d", "props": props]),
        ("artifact-components", ["id": "resource_789", "name": "Note", "description": "d", "props": props]),
        ("agents", ["id": "night", "name": "Night", "description": "At night"]),
    ]

    static let variable: JSONValue = [
        "id": "user", "trigger": "initialization",
        "fetchConfig": ["url": "https://crm.example.com/user", "method": "GET"], "responseSchema": ["type": "object"],
    ]

    static let whole: JSONValue = [
        "id": "resource_789", "name": "Whole", "description": "All of it", "defaultSubAgentId": "sub_agent_123",
        "createdAt": "x", "updatedAt": "y", "models": slots, "prompt": "Be kind.", "stopWhen": ["transferCountIs": 1],
        "statusUpdates": [
            "enabled": true, "numEvents": 1, "timeInSeconds": 1, "prompt": "p",
            "statusComponents": [
                [
                    "type": "t", "description": "d",
                    "detailsSchema": [
                        "type": "object", "properties": ["s": ["type": "string"]], "required": ["s"],
                    ],
                ]
            ],
        ],
        "contextConfig": ["id": "ctx", "headersSchema": ["type": "object"], "contextVariables": ["user": variable]],
        "functions": [
            "calc-fn": [
                "id": "calc-fn", "executeCode": "(a) => a", "inputSchema": ["type": "object"],
                "dependencies": ["x": "1"],
            ]
        ],
        "functionTools": ["calc": ["id": "calc", "name": "calc", "description": "c", "functionId": "calc-fn"]],
        "externalAgents": [:], "teamAgents": [:], "tools": [:], "triggers": [:],
        "subAgents": [
            "sub_agent_123": [
                "id": "sub_agent_123", "name": "S", "description": "d", "prompt": "p", "type": "internal",
                "models": slots, "stopWhen": ["stepCountIs": 2],
                "conversationHistoryConfig": ["mode": "full", "limit": 5],
                "canUse": [
                    [
                        "toolId": "weather", "toolSelection": ["forecast"], "headers": ["x-a": "1"],
                        "toolPolicies": ["forecast": ["needsApproval": true]],
                    ], ["toolId": "calc"],
                ],
                "canTransferTo": ["other"],
                "canDelegateTo": ["other", ["externalAgentId": "crm"], ["agentId": "night"]],
                "dataComponents": ["resource_789"], "artifactComponents": ["resource_789"],
            ],
            "other": ["id": "other", "name": "O", "type": "internal", "canUse": []],
        ],
    ]

    static func makeBeside(_ client: TestClient) async throws {
        for (segment, body) in beside {
            let made = try await client.send("POST", "\(project)/\(segment)", body)
            try #require(made.status == 201, "\(segment): \(made.text)")
        }
    }
}
