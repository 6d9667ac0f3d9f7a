public import Catalog

/// A whole project as the SDK of the original sends it (manage spec §5.5), extra members included: what it adds to
/// credentials, external agents and function tools, times everywhere, maps of an agent that repeat the project's.
public enum SDKProject {
    /// The project's id.
    public static let id = "helpdesk"

    private static let time: JSONValue = "2026-01-05T09:00:00.000Z"

    private static func stamped(_ members: JSONObject) -> JSONValue {
        var members = members
        members["createdAt"] = time
        members["updatedAt"] = time
        return .object(members)
    }

    private static let props: JSONValue = [
        "type": "object",
        "properties": ["number": ["type": "string", "description": "The number of the order", "inPreview": true]],
        "required": ["number"], "additionalProperties": false,
    ]

    private static let weather = stamped([
        "id": "weather", "name": "Weather",
        "config": [
            "type": "mcp",
            "mcp": [
                "server": ["url": "https://mcp.example.com/mcp"], "transport": ["type": "streamable_http"],
                "activeTools": ["forecast"],
            ],
        ],
        "credentialReferenceId": "weather-key", "status": "unknown", "availableTools": [], "tenantId": "default",
        "projectId": "helpdesk",
    ])

    private static let billing = stamped([
        "id": "billing-service", "name": "Billing service", "description": "Knows invoices",
        "baseUrl": "https://billing.example.com/a2a", "type": "external", "credentialReferenceId": "weather-key",
    ])

    private static let functions: JSONValue = [
        "add-tax": [
            "id": "add-tax", "executeCode": "async ({ amount }) => ({ total: amount * 1.19 })",
            "inputSchema": ["type": "object", "properties": ["amount": ["type": "number"]], "required": ["amount"]],
            "dependencies": [:],
        ]
    ]

    private static let functionTools: JSONValue = [
        "add-tax": stamped([
            "id": "add-tax", "name": "add-tax", "description": "Adds the tax", "functionId": "add-tax",
            "agentId": "support", "projectId": "helpdesk", "tenantId": "default",
        ])
    ]

    private static let contextConfig: JSONValue = [
        "id": "support-context",
        "headersSchema": [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": ["x-user": ["type": "string"]], "required": ["x-user"], "additionalProperties": false,
        ],
        "contextVariables": [
            "user": [
                "id": "user-info", "name": "User", "trigger": "initialization",
                "fetchConfig": [
                    "url": "https://crm.example.com/users/{{headers.x-user}}", "method": "GET",
                    "headers": ["accept": "application/json"],
                ],
                "responseSchema": ["type": "object", "properties": ["plan": ["type": "string"]]],
                "defaultValue": ["plan": "free"], "credentialReferenceId": "weather-key",
            ]
        ],
    ]

    private static let support = stamped([
        "id": "support", "name": "Support", "description": "Answers customers", "defaultSubAgentId": "router",
        "prompt": "Be kind.", "models": ["base": ["model": "mock/m"]], "stopWhen": ["transferCountIs": 5],
        "statusUpdates": ["enabled": true, "numEvents": 3, "timeInSeconds": 30],
        "subAgents": [
            "router": [
                "id": "router", "type": "internal", "name": "Router", "description": "", "prompt": "Route.",
                "canUse": [
                    ["toolId": "weather", "toolSelection": .null],
                    ["toolId": "add-tax", "toolPolicies": ["*": ["needsApproval": true]]],
                ],
                "canTransferTo": ["orders"],
                "canDelegateTo": [
                    "orders", ["externalAgentId": "billing-service", "headers": ["x-from": "support"]],
                    ["agentId": "night"],
                ],
                "dataComponents": ["order-card"], "artifactComponents": ["order"],
                "skills": [["id": "tone", "index": 0, "alwaysLoaded": true]],
            ],
            "orders": [
                "id": "orders", "type": "internal", "name": "Orders", "prompt": "Look up.",
                "canUse": [["toolId": "weather", "toolSelection": ["forecast"], "headers": ["x-unit": "metric"]]],
                "canTransferTo": [], "canDelegateTo": [], "dataComponents": [], "artifactComponents": [],
                "stopWhen": ["stepCountIs": 12],
            ],
        ],
        "contextConfig": contextConfig, "tools": ["weather": weather], "functionTools": functionTools,
        "functions": functions, "externalAgents": ["billing-service": billing],
        "teamAgents": ["night": ["id": "night", "name": "Night", "description": "At night", "type": "team"]],
        "triggers": [:],
    ])

    private static let night = stamped([
        "id": "night", "name": "Night", "description": "At night", "defaultSubAgentId": "sleeper",
        "subAgents": [
            "sleeper": [
                "id": "sleeper", "type": "internal", "name": "Sleeper", "prompt": "Be brief.", "canUse": [],
                "canTransferTo": [], "canDelegateTo": [], "dataComponents": [], "artifactComponents": [],
            ]
        ],
        "triggers": [:],
    ])

    /// One agent of it, as the SDK sends an agent that stands alone.
    public static let agent = night

    /// One of each kind that the SDK makes by itself: the segment of the path, and the body.
    public static let alone: [(segment: String, body: JSONValue)] = [
        ("tools", weather), ("external-agents", billing),
        ("data-components", stamped(["id": "order-card", "name": "OrderCard", "description": "", "props": props])),
        ("artifact-components", stamped(["id": "order", "name": "Order", "description": "", "props": props])),
    ]

    /// The whole project.
    public static let body = stamped([
        "id": .string(id), "name": "Helpdesk", "description": "",
        "models": ["base": ["model": "mock/m"], "summarizer": ["model": "mock/m"]],
        "stopWhen": ["transferCountIs": 10, "stepCountIs": 50], "agents": ["support": support, "night": night],
        "tools": ["weather": weather], "functions": functions, "functionTools": functionTools,
        "dataComponents": [
            "order-card": stamped([
                "id": "order-card", "name": "OrderCard", "description": "Shows an order", "props": props,
                "render": [
                    "component":
                        "import React from 'react';\nfunction OrderCard({ number }) { return <div>{number}</div>; }",
                    "mockData": ["number": "1042"],
                ],
            ])
        ],
        "artifactComponents": ["order": stamped(["id": "order", "name": "Order", "description": "", "props": props])],
        "externalAgents": ["billing-service": billing],
        "credentialReferences": [
            "weather-key": [
                "id": "weather-key", "name": "Weather key", "type": "memory", "credentialStoreId": "memory-default",
                "retrievalParams": ["key": "WEATHER_KEY"],
                "usedBy": [["id": "weather", "type": "tool"], ["id": "billing-service", "type": "externalAgent"]],
            ]
        ],
        "skills": [
            "tone": [
                "files": [
                    [
                        "filePath": "SKILL.md",
                        "content": "---\nname: tone\ndescription: How to sound\n---\nWarm, short sentences.\n",
                    ], ["filePath": "examples/good.md", "content": "Thank you, gladly.\n"],
                ]
            ]
        ],
    ])
}
