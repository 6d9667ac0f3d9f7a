import Catalog
import Domain
import Testing

@Suite struct ProjectDocumentTests {
    private let item = ["projectId": "shop"]

    /// A whole project with everything in it.
    static let body: JSONValue = [
        "id": "shop", "name": "Shop", "description": "Sells", "models": ["base": ["model": "openai/gpt-5.2"]],
        "stopWhen": ["transferCountIs": 12, "stepCountIs": 40],
        "credentialReferences": [
            "weather-key": Samples.credential.with("usedBy", [["id": "weather", "type": "tool"]])
        ],
        "functions": ["calc-fn": Samples.function],
        "tools": ["weather": Samples.tool.with("credentialReferenceId", "weather-key")],
        "externalAgents": ["crm": Samples.externalAgent.with("type", "external")],
        "dataComponents": ["order-card": Samples.dataComponent],
        "artifactComponents": ["citation": Samples.artifactComponent],
        "skills": ["refund-policy": Samples.skill, "tone": Samples.skill("tone")],
        "agents": [
            "support": Samples.agent,
            "other": ["id": "other", "name": "Other", "subAgents": [:], "triggers": [:]],
        ],
        "createdAt": "2026-01-05T10:00:00.000Z", "updatedAt": "2026-01-05T10:00:00.000Z",
    ]

    private func pushed() throws -> Memory {
        let memory = Memory()
        #expect(try memory.call("update-full-project", item, body: Self.body).status == 201)
        return memory
    }

    @Test func `the smallest push of the spec is created once and then the same`() throws {
        let body = try JSONValue.text(
            """
            {"id":"helpdesk","name":"Helpdesk","description":"","models":{"base":{"model":"openai/gpt-5.2"}},
             "tools":{"weather":{"id":"weather","name":"Weather","config":{"type":"mcp","mcp":{"server":
               {"url":"https://mcp.example.com/mcp"}}}}},
             "credentialReferences":{"weather-key":{"id":"weather-key","name":"Weather","type":"memory",
               "credentialStoreId":"memory-default","retrievalParams":{"key":"WEATHER_KEY"},
               "usedBy":[{"id":"weather","type":"tool"}]}},
             "agents":{"support":{"id":"support","name":"Support","defaultSubAgentId":"router","triggers":{},
               "subAgents":{"router":{"id":"router","type":"internal","name":"Router","prompt":"Help.",
                 "canUse":[{"toolId":"weather","toolSelection":null}],"canTransferTo":[],"canDelegateTo":[],
                 "dataComponents":[],"artifactComponents":[]}}}},
             "createdAt":"2026-01-05T10:00:00.000Z","updatedAt":"2026-01-05T10:00:00.000Z"}
            """)
        let memory = Memory()
        let item = ["projectId": "helpdesk"]
        #expect(try memory.call("update-full-project", item, body: body).status == 201)
        let writes = memory.writes
        #expect(try memory.call("update-full-project", item, body: body).status == 200)
        #expect(memory.writes == writes)
    }

    @Test func `a whole project comes back as it was sent`() throws {
        let memory = try pushed()
        let shown = try memory.call("get-full-project", item).data
        for member in ["id", "name", "description", "models", "stopWhen"] {
            #expect(shown[member] == Self.body[member])
        }
        #expect(shown[path: "tools/weather/config"] == Samples.tool["config"])
        #expect(shown[path: "tools/weather/credentialReferenceId"] == "weather-key")
        #expect(shown[path: "tools/weather/lastError"] == .null)
        #expect(shown[path: "dataComponents/order-card/props"] == Samples.props)
        #expect(shown[path: "credentialReferences/weather-key/type"] == "memory")
        #expect(shown[path: "agents/support/subAgents/router/canTransferTo"] == ["billing", "archive"])
        #expect(shown[path: "agents/support/tools"] == .null)
        #expect(shown[path: "agents/other/stopWhen"] == ["transferCountIs": 12])
        #expect(shown[path: "agents/other/contextConfig"] == .null)
        #expect(shown["functionTools"] == .null && shown["statusUpdates"] == .null)
    }

    @Test func `relation ids show when they are asked for`() throws {
        let memory = try pushed()
        let shown = try memory.call("get-full-project-with-relation-ids", item).data
        let transfer = shown[path: "agents/support/subAgents/router/canTransferTo/0"]
        #expect(transfer?["subAgentId"] == "billing")
        #expect(transfer?["subAgentSubAgentRelationId"]?.string?.count == 32)
        let writes = memory.writes
        try memory.call("update-full-project", item, body: shown)
        #expect(memory.writes == writes, "the form with relation ids can be put back too")
    }

    @Test func `what was read writes nothing when it is put back`() throws {
        let memory = try pushed()
        let shown = try memory.call("get-full-project", item).data
        let writes = memory.writes
        let output = try memory.call("update-full-project", item, body: shown)
        #expect(output.status == 200 && output.data == shown)
        #expect(memory.writes == writes)
    }

    @Test func `a project made piece by piece writes nothing when it is put back`() throws {
        let memory = try Samples.shop()
        try memory.call("create-full-agent", body: Samples.agent)
        try memory.call("create-function", body: Samples.function.with("id", "alone"))
        try memory.call("update-tool", ["id": "weather"], body: ["credentialReferenceId": "weather-key"])
        let shown = try memory.call("get-full-project", item).data
        let writes = memory.writes
        try memory.call("update-full-project", item, body: shown)
        #expect(memory.writes == writes)
    }

    @Test func `creating a project that is there is a conflict`() throws {
        let memory = try pushed()
        #expect(try memory.refusal("create-full-project", body: Self.body).status == 409)
        #expect(try memory.refusal("create-project", body: Samples.project).status == 409)
        #expect(try Memory().call("create-full-project", body: Self.body).status == 201)
    }

    @Test func `an absent map is an empty one`() throws {
        let memory = try pushed()
        let body: JSONValue = [
            "id": "shop", "name": "Shop", "models": ["base": ["model": "openai/gpt-5.2"]], "tools": [:], "agents": [:],
        ]
        let shown = try memory.call("update-full-project", item, body: body).data
        #expect(shown["agents"] == [:] && shown["tools"] == [:])
        for member in ["functions", "externalAgents", "dataComponents", "artifactComponents", "credentialReferences"] {
            #expect(shown[member] == .null, "\(member)")
        }
        let left = Set((memory.projects["shop"]?.entries ?? [:]).keys.map(\.kind))
        #expect(left == ["project", "skill", "skill-file"], "skills are never deleted by silence")
    }

    @Test func `a new agent may call one that comes after it`() throws {
        let memory = Memory()
        let caller: JSONValue = [
            "name": "First",
            "subAgents": [
                "s": ["type": "internal", "name": "S", "canUse": [], "canDelegateTo": [["agentId": "second"]]]
            ],
        ]
        let body: JSONValue = [
            "id": "shop", "name": "Shop", "models": ["base": [:]], "tools": [:],
            "agents": ["first": caller, "second": ["name": "Second", "subAgents": [:]]],
        ]
        let shown = try memory.call("update-full-project", item, body: body).data
        #expect(shown[path: "agents/first/teamAgents/second/name"] == "Second")
    }

    @Test(
        arguments: [
            ("agents", nil, ["/agents"]),
            ("tools", nil, ["/tools", "/agents/support/subAgents/billing/canUse/1/toolId"]),
            ("models", ["summarizer": [:]], ["/models/base"]),
            ("id", "Shop", ["/id"]),
            ("skills/tone", ["files": []], ["/skills/tone/files"]),
            ("skills/tone", Samples.skill("voice"), ["/skills/tone/files"]),
            ("skills/extra", ["files": [["filePath": "SKILL.md", "content": "x"]]], ["/skills/extra/files/0/content"]),
            (
                "agents/support/subAgents/router/skills", [["id": "gone", "index": 0]],
                ["/agents/support/subAgents/router/skills/0/id"]
            ),
            ("tools/weather/config/mcp/server/url", "ftp://x", ["/tools/weather/config/mcp/server/url"]),
            (
                "tools/weather/config/mcp/toolOverrides/get_forecast/displayName", 7,
                [
                    "/tools/weather/config/mcp/toolOverrides/get_forecast/displayName"
                ]
            ),
            ("tools/weather/credentialReferenceId", "gone", ["/tools/weather/credentialReferenceId"]),
            ("externalAgents/crm/credentialReferenceId", "gone", ["/externalAgents/crm/credentialReferenceId"]),
            ("tools/weather", nil, ["/agents/support/subAgents/billing/canUse/1/toolId"]),
            ("dataComponents", nil, ["/agents/support/subAgents/router/dataComponents/0"]),
            ("agents/other", nil, ["/agents/support/subAgents/router/canDelegateTo/0/agentId"]),
            ("agents/support/subAgents/router/type", "external", ["/agents/support/subAgents/router/type"]),
            (
                "credentialReferences", nil,
                [
                    "/agents/support/contextConfig/contextVariables/user/credentialReferenceId",
                    "/agents/support/triggers/hook/signingSecretCredentialReferenceId",
                    "/tools/weather/credentialReferenceId",
                ]
            ),
        ] as [(String, JSONValue?, [String])])
    func `a broken document names each broken place and writes nothing`(
        path: String, value: JSONValue?, broken: [String]
    ) throws {
        let body = Self.body.with(path, value)
        let item = ["projectId": body["id"]?.string ?? ""]
        for memory in [Memory(), try pushed()] where path != "id" || memory.projects.isEmpty {
            let before = memory.projects["shop"]?.entries
            let problem = try memory.refusal("update-full-project", item, body: body)
            #expect(problem.status == 400 && problem.pointers == broken)
            #expect(memory.projects["shop"]?.entries == before)
        }
    }

    @Test func `a new project must name a model`() throws {
        let problem = try Memory().refusal("update-full-project", item, body: Self.body.with("models", nil))
        #expect(problem.pointers == ["/models"])
    }

    @Test func `everything broken is told at once`() throws {
        let body = Self.body.with("name", 7).with("tools/weather/name", "").with("agents/support/name", nil)
        let problem = try Memory().refusal("update-full-project", item, body: body)
        #expect(problem.pointers == ["/name", "/tools/weather/name", "/agents/support/name"])
    }

    @Test func `function tools of the project's map belong to the agents that use them`() throws {
        let tools = Samples.agent["functionTools"]
        let body = Self.body.with("agents/support/functionTools", nil).with("functionTools", tools)
        let memory = Memory()
        try memory.call("update-full-project", item, body: body)
        let shown = try memory.call("get-full-agent", ["agentId": "support"]).data
        #expect(shown[path: "functionTools/calc/functionId"] == "calc-fn")
    }

    @Test func `a project is deleted on its main branch alone`() throws {
        let memory = try pushed()
        #expect(try memory.refusal("delete-full-project", item, branch: "side").status == 404)
        #expect(try memory.call("delete-full-project", item).status == 204)
        #expect(try memory.refusal("get-full-project", item).detail == "Project not found")
        #expect(try memory.refusal("delete-full-project", item).status == 404)
    }

    @Test func `the path and the body must name the same project`() throws {
        let problem = try Memory().refusal("update-full-project", ["projectId": "store"], body: Self.body)
        #expect(problem.status == 400 && problem.broken.map(\.path) == [["id"]])
        #expect(problem.broken.first?.reason.contains("store") == true)
    }
}
