import Catalog

/// Bodies that tests start from, taken from the examples of the manage spec.
enum Samples {
    static let project: JSONValue = [
        "id": "shop", "name": "Shop", "models": ["base": ["model": "openai/gpt-5.2"]],
    ]

    static let tool: JSONValue = [
        "id": "weather", "name": "Weather", "description": "Forecasts", "headers": ["X-Region": "eu"],
        "imageUrl": "https://img.example.com/w.png",
        "config": [
            "type": "mcp",
            "mcp": [
                "server": ["url": "https://mcp.example.com/mcp"], "transport": ["type": "streamable_http"],
                "activeTools": ["get_forecast"], "prompt": "Use metric units.",
                "toolOverrides": [
                    "get_forecast": [
                        "displayName": "forecast", "description": "Weather for a city",
                        "schema": [
                            "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
                        ],
                        "transformation": ["location": "city"],
                    ]
                ],
            ],
        ],
    ]

    static let function: JSONValue = [
        "id": "calc-fn", "executeCode": "async ({x}) => { return x + 1 }",
        "inputSchema": ["type": "object", "properties": ["x": ["type": "number"]]],
        "dependencies": ["mathjs": "^13.0.0"],
    ]

    static let props: JSONValue = [
        "type": "object", "properties": ["number": ["type": "string", "description": "invoice number"]],
        "required": ["number"],
    ]

    static let dataComponent: JSONValue = ["id": "order-card", "name": "OrderCard", "props": props]
    static let artifactComponent: JSONValue = ["id": "citation", "name": "Citation", "props": props]
    static let externalAgent: JSONValue = ["id": "crm", "name": "CRM", "baseUrl": "https://crm.example.com/a2a"]

    static let credential: JSONValue = [
        "id": "weather-key", "name": "Weather key", "type": "memory", "credentialStoreId": "memory-default",
        "retrievalParams": ["key": "weather-key"],
    ]

    static let contextConfig: JSONValue = [
        "id": "ctx", "headersSchema": ["type": "object", "properties": ["x-user": ["type": "string"]]],
        "contextVariables": [
            "user": [
                "id": "user-info", "name": "User", "trigger": "initialization",
                "fetchConfig": [
                    "url": "https://crm.example.com/users/{{headers.x-user}}", "method": "GET",
                    "headers": ["accept": "application/json"], "transform": "data.profile", "timeout": 5000,
                    "requiredToFetch": ["{{headers.x-user}}"],
                ],
                "responseSchema": ["type": "object"], "defaultValue": ["plan": "free"],
                "credentialReferenceId": "weather-key",
            ]
        ],
    ]

    /// The skill of manage spec, appendix A.10.
    static let skill = skill(
        "refund-policy",
        "---\nname: refund-policy\ndescription: How refunds work\nmetadata:\n  owner: finance\n---\n# Refunds\n…",
        ["references/table.md": "| a | b |"])

    /// The body of a skill: its entry, and other files by path.
    static func skill(_ name: String, _ entry: String? = nil, _ files: KeyValuePairs<String, String> = [:]) -> JSONValue
    {
        let text = entry ?? "---\nname: \(name)\ndescription: Of use for \(name)\n---\nBe \(name)."
        let all = [("SKILL.md", text)] + files.map { ($0.key, $0.value) }
        return ["files": .array(all.map { ["filePath": .string($0.0), "content": .string($0.1)] })]
    }

    /// The full agent of manage spec §1.7, without the kinds that are not built yet.
    static let agent: JSONValue = [
        "id": "support", "name": "Support", "description": "Front desk", "defaultSubAgentId": "router",
        "prompt": "Be polite.",
        "models": ["base": ["model": "anthropic/claude-sonnet-4-5", "providerOptions": ["temperature": 1]]],
        "stopWhen": ["transferCountIs": 8],
        "statusUpdates": [
            "enabled": true, "numEvents": 5, "timeInSeconds": 20, "prompt": "Short",
            "statusComponents": [
                [
                    "type": "progress", "description": "one-line progress",
                    "detailsSchema": [
                        "type": "object", "properties": ["step": ["type": "string", "description": "step"]],
                        "required": ["step"],
                    ],
                ]
            ],
        ],
        "contextConfig": contextConfig,
        "subAgents": [
            "router": [
                "id": "router", "type": "internal", "name": "Router", "prompt": "Route.", "canUse": [],
                "canTransferTo": ["billing", "archive"],
                "canDelegateTo": [
                    ["agentId": "other", "headers": ["x-b": "2"]], "billing",
                    ["externalAgentId": "crm", "headers": ["x-a": "1"]],
                ],
                "dataComponents": ["order-card"], "artifactComponents": ["citation"],
                "skills": [["id": "refund-policy", "index": 1, "alwaysLoaded": true], ["id": "tone", "index": 0]],
            ],
            "billing": [
                "id": "billing", "type": "internal", "name": "Billing", "description": "Invoices",
                "models": ["base": ["model": "openai/gpt-5.2"]], "stopWhen": ["stepCountIs": 20],
                "conversationHistoryConfig": ["mode": "scoped", "limit": 20],
                "canUse": [
                    ["toolId": "calc", "toolPolicies": ["*": ["needsApproval": true]]],
                    [
                        "toolId": "weather", "toolSelection": ["get_forecast"], "headers": ["x-k": "v"],
                        "toolPolicies": ["get_forecast": ["needsApproval": true]],
                    ],
                ],
            ],
            "archive": ["id": "archive", "type": "internal", "name": "Archive", "canUse": []],
        ],
        "functions": ["calc-fn": function],
        "functionTools": [
            "calc": ["id": "calc", "name": "calc", "description": "adds one", "functionId": "calc-fn"]
        ],
        "triggers": [
            "hook": [
                "id": "hook", "name": "Hook", "messageTemplate": "New: {{title}}", "inputSchema": ["type": "object"],
                "outputTransform": ["jmespath": "issue"], "runAsUserIds": ["u1", "u2"],
                "signingSecretCredentialReferenceId": "weather-key",
                "signatureVerification": [
                    "algorithm": "sha256", "encoding": "hex",
                    "signature": ["source": "header", "key": "x-signature", "prefix": "sha256="],
                    "signedComponents": [["source": "body", "key": "@"]],
                    "componentJoin": ["strategy": "concatenate", "separator": ""],
                ],
            ]
        ],
    ]

    /// A project `shop` with everything that `agent` refers to.
    static func shop() throws -> Memory {
        let memory = Memory()
        try memory.call("create-project", body: project)
        try memory.call("create-credential", body: credential)
        try memory.call("create-tool", body: tool)
        try memory.call("create-data-component", body: dataComponent)
        try memory.call("create-artifact-component", body: artifactComponent)
        try memory.call("create-external-agent", body: externalAgent)
        try memory.call("create-agent", body: ["id": "other", "name": "Other"])
        try memory.call("create-skill", body: skill)
        try memory.call("create-skill", body: skill("tone"))
        return memory
    }
}

extension JSONValue {
    /// This document with the value at a path of members replaced, or removed by nil.
    func with(_ path: String, _ value: JSONValue?) -> JSONValue {
        var steps = path.split(separator: "/").map(String.init)
        guard var members = object, !steps.isEmpty else { return self }
        let first = steps.removeFirst()
        members[first] = steps.isEmpty ? value : (members[first] ?? [:]).with(steps.joined(separator: "/"), value)
        return .object(members)
    }
}
