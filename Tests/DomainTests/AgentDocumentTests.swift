import Catalog
import Domain
import Testing

@Suite struct AgentDocumentTests {
    private let item = ["agentId": "support"]

    private func shopWithAgent() throws -> Memory {
        let memory = try Samples.shop()
        let output = try memory.call("create-full-agent", body: Samples.agent)
        #expect(output.status == 201)
        return memory
    }

    @Test func `a whole agent comes back as it was sent`() throws {
        let memory = try shopWithAgent()
        let shown = try memory.call("get-full-agent", item).data
        for member in ["name", "description", "defaultSubAgentId", "prompt", "models", "stopWhen", "statusUpdates"] {
            #expect(shown[member] == Samples.agent[member], "\(member)")
        }
        let masked = ContextConfig.kind.masking(Samples.contextConfig)
        #expect(shown[path: "contextConfig/contextVariables"] == masked["contextVariables"])
        #expect(shown["contextConfigId"] == "ctx")
        #expect(shown["subAgents"]?.object?.keys == ["router", "billing", "archive"])
        #expect(shown[path: "subAgents/router/canTransferTo"] == ["billing", "archive"])
        #expect(shown[path: "subAgents/router/type"] == "internal")
        #expect(shown[path: "subAgents/router/dataComponents"] == ["order-card"])
        #expect(shown[path: "subAgents/router/artifactComponents"] == ["citation"])
        let delegates = shown[path: "subAgents/router/canDelegateTo"]?.array ?? []
        #expect(delegates.map { $0["agentId"] ?? $0["externalAgentId"] ?? $0 } == ["other", "billing", "crm"])
        #expect(delegates.first?["headers"] == ["x-b": "********"])
        #expect(delegates.last?["subAgentExternalAgentRelationId"]?.string?.count == 32)
        let uses = shown[path: "subAgents/billing/canUse"]?.array ?? []
        #expect(uses.map { $0["toolId"] } == ["calc", "weather"])
        #expect(uses[0]["toolSelection"] == .null && uses[0]["headers"] == [:])
        #expect(uses[1]["toolSelection"] == ["get_forecast"] && uses[1]["headers"] == ["x-k": "********"])
        #expect(shown[path: "tools/weather/config"] == Samples.tool["config"])
        #expect(shown[path: "functions/calc-fn/executeCode"] == Samples.function["executeCode"])
        #expect(shown[path: "functionTools/calc/agentId"] == "support")
        #expect(shown[path: "teamAgents/other/type"] == "team")
        #expect(shown[path: "externalAgents/crm/type"] == "external")
        #expect(try memory.call("get-full-agent-definition", item).data == shown)
    }

    @Test func `what was read writes nothing when it is put back`() throws {
        let memory = try shopWithAgent()
        let shown = try memory.call("get-full-agent", item).data
        let writes = memory.writes
        let output = try memory.call("update-full-agent", item, body: shown)
        #expect(output.status == 200)
        #expect(memory.writes == writes)
        #expect(output.data == shown)
    }

    @Test func `what was made piece by piece writes nothing when it is put back`() throws {
        let memory = try Samples.shop()
        try memory.call("update-project", ["id": "shop"], body: ["stopWhen": ["transferCountIs": 7, "stepCountIs": 9]])
        try memory.call("create-agent", body: ["id": "loose", "name": "Loose", "defaultSubAgentId": "later"])
        let agent = ["agentId": "loose"]
        for id in ["b", "a", "c"] { try memory.call("create-subagent", agent, body: ["id": .string(id), "name": "S"]) }
        for target in ["c", "a"] {
            for type in ["transfer", "delegate"] {
                try memory.call(
                    "create-sub-agent-relation", agent,
                    body: [
                        "id": "x", "sourceSubAgentId": "b", "targetSubAgentId": .string(target),
                        "relationType": .string(type),
                    ])
            }
        }
        try memory.call(
            "create-subagent-tool-relation", agent,
            body: ["id": "x", "subAgentId": "a", "toolId": "weather", "headers": [:], "toolPolicies": [:]])
        try memory.call(
            "create-sub-agent-external-agent-relation", ["agentId": "loose", "subAgentId": "a"],
            body: ["externalAgentId": "crm"])
        try memory.call(
            "associate-data-component-with-agent", agent,
            body: ["agentId": "loose", "subAgentId": "a", "dataComponentId": "order-card"])
        let shown = try memory.call("get-full-agent", agent).data
        #expect(shown[path: "stopWhen/transferCountIs"] == 7)
        #expect(shown[path: "subAgents/a/stopWhen/stepCountIs"] == 9)
        let writes = memory.writes
        try memory.call("update-full-agent", agent, body: shown)
        #expect(memory.writes == writes)
    }

    @Test(
        arguments: [
            ("subAgents/router/type", nil, ["/subAgents/router/type"]),
            ("subAgents/router/name", "", ["/subAgents/router/name"]),
            ("subAgents/router/canUse", nil, ["/subAgents/router/canUse"]),
            ("subAgents", nil, ["/subAgents"]),
            ("name", nil, ["/name"]),
            ("id", nil, ["/id"]),
            ("id", "bad id", ["/id"]),
            ("defaultSubAgentId", "nobody", ["/defaultSubAgentId"]),
            ("stopWhen", ["transferCountIs": 0], ["/stopWhen/transferCountIs"]),
            ("statusUpdates/colour", "red", ["/statusUpdates/colour"]),
            ("prompt", 7, ["/prompt"]),
            ("subAgents/router/canTransferTo", ["nobody", "billing"], ["/subAgents/router/canTransferTo/0"]),
            ("subAgents/router/canDelegateTo", ["nobody"], ["/subAgents/router/canDelegateTo/0"]),
            ("subAgents/router/canDelegateTo", ["router"], ["/subAgents/router/canDelegateTo"]),
            ("subAgents/router/canDelegateTo", [7], ["/subAgents/router/canDelegateTo/0"]),
            (
                "subAgents/router/canDelegateTo", [["externalAgentId": "crm", "agentId": "other"]],
                ["/subAgents/router/canDelegateTo/0"]
            ),
            (
                "subAgents/router/canDelegateTo", [["externalAgentId": "nobody"], ["agentId": "nobody"]],
                ["/subAgents/router/canDelegateTo/0/externalAgentId", "/subAgents/router/canDelegateTo/1/agentId"]
            ),
            ("subAgents/billing/canDelegateTo", ["router"], ["/subAgents/billing/canDelegateTo"]),
            (
                "subAgents/router/canUse", [["toolId": "nothing"], ["toolId": "calc"], ["toolId": "calc"]],
                ["/subAgents/router/canUse/0/toolId", "/subAgents/router/canUse/2/toolId"]
            ),
            (
                "subAgents/router/canUse", [["toolId": "weather", "headers": ["Host:": "x"]]],
                ["/subAgents/router/canUse/0/headers/Host:"]
            ),
            ("subAgents/router/dataComponents", ["nothing"], ["/subAgents/router/dataComponents/0"]),
            ("subAgents/router/artifactComponents", ["nothing"], ["/subAgents/router/artifactComponents/0"]),
            ("functionTools/calc/functionId", "nothing", ["/functionTools/calc/functionId"]),
            ("functions/calc-fn/executeCode", "1 + 1", ["/functions/calc-fn/executeCode"]),
            (
                "contextConfig/contextVariables/user/credentialReferenceId", "nothing",
                ["/contextConfig/contextVariables/user/credentialReferenceId"]
            ),
            ("contextConfig/headersSchema", ["type": "nonsense"], ["/contextConfig/headersSchema/type"]),
            ("subAgents/router/skills", [["id": "gone", "index": 0]], ["/subAgents/router/skills/0/id"]),
            ("triggers", ["t": ["enabled": 1]], ["/triggers/t/name", "/triggers/t/enabled"]),
            (
                "triggers",
                [
                    "t": [
                        "name": "T", "signingSecretCredentialReferenceId": "nobody",
                        "authentication": ["headers": [["name": "X-Key", "keepExisting": true]]],
                    ]
                ],
                [
                    "/triggers/t/authentication/headers/0/keepExisting",
                    "/triggers/t/signingSecretCredentialReferenceId",
                ]
            ),
            ("subAgents/new", ["type": "internal", "name": "N", "canUse": []], ["/subAgents/new/id"]),
            ("tools", ["t": ["name": "T"]], ["/tools/t/config"]),
            ("teamAgents", ["t": ["id": "t"]], ["/teamAgents/t/name"]),
        ] as [(String, JSONValue?, [String])])
    func `a broken document names each broken place and writes nothing`(
        path: String, value: JSONValue?, broken: [String]
    ) throws {
        let memory = try Samples.shop()
        let before = memory.projects["shop"]?.entries
        let problem = try memory.refusal("create-full-agent", body: Samples.agent.with(path, value))
        #expect(problem.status == 400)
        #expect(problem.pointers == broken)
        #expect(memory.projects["shop"]?.entries == before)
    }

    @Test func `a cycle of delegation is named in the order of its calls`() throws {
        let memory = try Samples.shop()
        let body = Samples.agent.with("subAgents/billing/canDelegateTo", ["archive"])
            .with("subAgents/archive/canDelegateTo", ["router"])
        let problem = try memory.refusal("create-full-agent", body: body)
        #expect(problem.broken.map(\.reason) == ["closes a cycle of delegation: router → billing → archive → router"])
    }

    @Test func `a long chain of delegation is no cycle and takes no stack`() throws {
        let memory = try Samples.shop()
        var subAgents = JSONObject()
        for number in 0..<900 {
            let next: JSONValue = number < 899 ? [.string("s\(number + 1)")] : []
            subAgents["s\(number)"] = ["type": "internal", "name": "S", "canUse": [], "canDelegateTo": next]
        }
        let body: JSONValue = ["id": "chain", "name": "Chain", "subAgents": .object(subAgents)]
        #expect(try memory.call("create-full-agent", body: body).status == 201)
    }

    @Test func `creating an agent that is there is a conflict`() throws {
        let memory = try shopWithAgent()
        #expect(try memory.refusal("create-full-agent", body: Samples.agent).status == 409)
    }

    @Test func `a put creates what is not there and refuses another id`() throws {
        let memory = try Samples.shop()
        #expect(try memory.call("update-full-agent", item, body: Samples.agent).status == 201)
        #expect(try memory.call("update-full-agent", item, body: Samples.agent).status == 200)
        let problem = try memory.refusal("update-full-agent", ["agentId": "desk"], body: Samples.agent)
        #expect(problem.status == 400 && problem.broken.map(\.path) == [["id"]])
        #expect(problem.broken.first?.reason.contains("desk") == true)
    }

    @Test func `what is not in the document goes, what belongs to the project stays`() throws {
        let memory = try shopWithAgent()
        let body: JSONValue = [
            "id": "support", "name": "Support", "defaultSubAgentId": "router",
            "subAgents": ["router": ["type": "internal", "name": "Router", "canUse": []]],
        ]
        let shown = try memory.call("update-full-agent", item, body: body).data
        #expect(shown["subAgents"]?.object?.keys == ["router"])
        #expect(shown[path: "subAgents/router/canTransferTo"] == [])
        #expect(shown[path: "subAgents/router/canDelegateTo"] == [])
        #expect(shown["functionTools"] == [:])
        #expect(shown[path: "subAgents/router/prompt"] == "Route.", "an absent member stays")
        #expect(shown["prompt"] == "Be polite.")
        let kinds = Set((memory.projects["shop"]?.entries ?? [:]).keys.map(\.kind))
        #expect(
            kinds.isDisjoint(with: [
                "sub-agent-relation", "sub-agent-tool-relation", "sub-agent-external-agent-relation", "function-tool",
                "sub-agent-team-agent-relation", "sub-agent-data-component", "sub-agent-function-tool-relation",
            ]))
        #expect(kinds.isSuperset(of: ["function", "tool", "external-agent", "data-component", "context-config"]))
    }

    @Test func `the default sub-agent cannot be left out while it is the default`() throws {
        let memory = try shopWithAgent()
        let problem = try memory.refusal(
            "update-full-agent", item,
            body: [
                "id": "support", "name": "S", "subAgents": ["x": ["type": "internal", "name": "X", "canUse": []]],
            ])
        #expect(problem.pointers == ["/defaultSubAgentId"])
    }

    @Test func `null clears and absence leaves`() throws {
        let memory = try shopWithAgent()
        let sent = Samples.agent.with("prompt", .null).with("stopWhen", nil).with("statusUpdates", .null)
            .with("models", [:])
        let shown = try memory.call("update-full-agent", item, body: sent).data
        #expect(shown["prompt"] == nil && shown["statusUpdates"] == nil && shown["models"] == nil)
        #expect(shown["stopWhen"] == ["transferCountIs": 8])
    }

    @Test func `relation ids that are sent are kept, even several on one sub-agent`() throws {
        let memory = try Samples.shop()
        try memory.call("create-external-agent", body: Samples.externalAgent.with("id", "erp"))
        let delegates: JSONValue = [
            ["externalAgentId": "crm", "subAgentExternalAgentRelationId": "r1"],
            ["externalAgentId": "erp", "subAgentExternalAgentRelationId": "r2"],
        ]
        let uses: JSONValue = [["toolId": "weather", "agentToolRelationId": "r3"]]
        let body = Samples.agent.with("subAgents/router/canDelegateTo", delegates).with("subAgents/router/canUse", uses)
        for _ in 0..<2 {
            let shown = try memory.call("update-full-agent", item, body: body).data
            let ids = shown[path: "subAgents/router/canDelegateTo"]?.array?.map {
                $0["subAgentExternalAgentRelationId"]
            }
            #expect(ids == ["r1", "r2"])
            #expect(shown[path: "subAgents/router/canUse/0/agentToolRelationId"] == "r3")
        }
    }

    @Test func `a relation that was changed does not stand in the way of a new one`() throws {
        let memory = try Samples.shop()
        let body = Samples.agent.with("subAgents/router/canDelegateTo", nil)
        let shown = try memory.call("create-full-agent", body: body).data
        let relations = try memory.call("list-sub-agent-relations", item, query: ["targetSubAgentId": "billing"])
        let relation = ["agentId": "support", "id": relations.data[0]?["id"]?.string ?? ""]
        try memory.call("update-sub-agent-relation", relation, body: ["relationType": "delegate"])
        let changed = try memory.call("get-full-agent", item).data
        #expect(changed[path: "subAgents/router/canDelegateTo"] == ["billing"])
        #expect(changed[path: "subAgents/router/canTransferTo"] == ["archive"])
        let both = changed.with("subAgents/router/canTransferTo", shown[path: "subAgents/router/canTransferTo"])
        let saved = try memory.call("update-full-agent", item, body: both).data
        #expect(saved[path: "subAgents/router/canTransferTo"] == ["billing", "archive"])
        #expect(saved[path: "subAgents/router/canDelegateTo"] == ["billing"])
        let again: JSONValue = [
            "sourceSubAgentId": "router", "targetSubAgentId": "billing", "relationType": "transfer",
        ]
        #expect(try memory.refusal("create-sub-agent-relation", item, body: again).status == 422)
    }

    @Test func `one relation cannot be two things`() throws {
        let memory = try shopWithAgent()
        try memory.call("create-tool", body: Samples.tool.with("id", "radar"))
        let shown = try memory.call("get-full-agent", item).data
        let id = shown[path: "subAgents/billing/canUse/1/agentToolRelationId"] ?? .null
        let uses: JSONValue = [["toolId": "radar", "agentToolRelationId": id], ["toolId": "weather"]]
        let problem = try memory.refusal(
            "update-full-agent", item, body: Samples.agent.with("subAgents/billing/canUse", uses))
        #expect(problem.status == 400 && problem.detail.contains("billing"))
    }

    @Test func `an absent tool selection stays, null means all`() throws {
        let memory = try shopWithAgent()
        func selection(_ item: JSONValue) throws -> JSONValue? {
            let body = Samples.agent.with("subAgents/billing/canUse", [item])
            let shown = try memory.call("update-full-agent", self.item, body: body).data
            return shown[path: "subAgents/billing/canUse/0/toolSelection"]
        }
        #expect(try selection(["toolId": "weather"]) == ["get_forecast"])
        #expect(try selection(["toolId": "weather", "toolSelection": []]) == [])
        #expect(try selection(["toolId": "weather", "toolSelection": .null]) == .null)
    }

    @Test func `a sub-agent that had the agent's model follows it`() throws {
        let memory = try Samples.shop()
        let same: JSONValue = ["base": ["model": "anthropic/claude-sonnet-4-5"], "summarizer": ["model": "openai/own"]]
        let body = Samples.agent.with("subAgents/router/models", same)
        try memory.call("create-full-agent", body: body)
        let changed: JSONValue = ["base": ["model": "openai/gpt-5.2"]]
        let shown = try memory.call("update-full-agent", item, body: body.with("models", changed)).data
        #expect(shown[path: "subAgents/router/models/base/model"] == "openai/gpt-5.2")
        #expect(shown[path: "subAgents/router/models/summarizer/model"] == "openai/own")
        #expect(shown[path: "subAgents/billing/models/base/model"] == "openai/gpt-5.2")
    }

    @Test func `an agent without a bound takes the project's, or ten`() throws {
        let memory = try Samples.shop()
        let body = Samples.agent.with("stopWhen", nil)
        #expect(try memory.call("update-full-agent", item, body: body).data["stopWhen"] == nil)
        try memory.call("update-project", ["id": "shop"], body: ["stopWhen": ["stepCountIs": 9]])
        #expect(try memory.call("update-full-agent", item, body: body).data["stopWhen"] == ["transferCountIs": 10])
    }

    @Test func `a contract loses what the sub-agent does not have`() throws {
        let memory = try Samples.shop()
        let contract: JSONValue = [
            "requireComponent": ["OrderCard", "order-card", "Gone"], "requireArtifact": ["Gone"], "extra": 1,
        ]
        let body = Samples.agent.with("subAgents/router/outputContract", contract)
        let shown = try memory.call("create-full-agent", body: body).data[path: "subAgents/router/outputContract"]
        #expect(shown == ["requireComponent": ["OrderCard", "order-card"], "requireArtifact": [], "extra": 1])
        let without = try memory.call("update-full-agent", item, body: Samples.agent).data
        #expect(without[path: "subAgents/router/outputContract"] == .null)
    }

    @Test func `deleting an agent takes everything in it and whoever calls it`() throws {
        let memory = try shopWithAgent()
        #expect(try memory.call("delete-full-agent", ["agentId": "other"]).status == 204)
        let shown = try memory.call("get-full-agent", item).data
        #expect(shown[path: "subAgents/router/canDelegateTo"]?.array?.count == 2)
        try memory.call("delete-full-agent", item)
        #expect(try memory.refusal("get-full-agent", item).detail == "Agent not found")
        let left = Set((memory.projects["shop"]?.entries ?? [:]).keys.map(\.kind))
        #expect(
            left == [
                "project", "credential", "tool", "data-component", "artifact-component", "external-agent", "function",
                "skill", "skill-file",
            ])
    }

    @Test func `related sub-agents are told once`() throws {
        let memory = try shopWithAgent()
        let output = try memory.call("get-related-agent-infos", ["agentId": "support", "subAgentId": "router"])
        #expect(output.data.array?.map { $0["id"] } == ["billing", "archive"])
        #expect(output.body?["pagination"] == ["page": 1, "limit": 2, "total": 2, "pages": 1])
        let unknown = try memory.call("get-related-agent-infos", ["agentId": "support", "subAgentId": "nobody"])
        #expect(unknown.data == [])
        #expect(try memory.refusal("get-related-agent-infos", ["agentId": "x", "subAgentId": "y"]).status == 404)
    }

    @Test func `an unknown project is a 404 before anything else`() throws {
        let memory = Memory()
        #expect(try memory.refusal("create-full-agent", body: Samples.agent).detail == "Project not found")
        #expect(try memory.refusal("get-full-agent", item).detail == "Project not found")
    }
}
