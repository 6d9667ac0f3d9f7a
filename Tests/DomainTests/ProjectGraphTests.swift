import Catalog
import Domain
import Testing

@Suite struct ProjectGraphTests {
    private func graph(_ memory: Memory) -> ProjectGraph {
        let entries = (memory.projects["shop"]?.entries.values).map(Array.init) ?? []
        return ProjectGraph(entries: entries.sorted { ($0.createdAt, $0.key.id) < ($1.createdAt, $1.key.id) })
    }

    @Test func `a run finds everything that the configuration says`() throws {
        let memory = try Samples.shop()
        try memory.call("create-full-agent", body: Samples.agent)
        let graph = graph(memory)
        #expect(graph.project?.models?.base?.model == "openai/gpt-5.2")
        #expect(Set(graph.agents.keys) == ["support", "other"])
        let agent = try #require(graph.agents["support"])
        #expect(agent.subAgents.names == ["router", "billing", "archive"])
        #expect(agent.defaultSubAgent?.subAgent.prompt == "Route.")
        #expect(agent.contextConfig?.contextVariables?["user"]?.credentialID == "weather-key")
        let router = try #require(agent.subAgents["router"])
        #expect(router.transfers.map(\.target) == ["billing", "archive"])
        #expect(router.dataComponents.map(\.name) == ["OrderCard"])
        #expect(router.artifactComponents.map(\.name) == ["Citation"])
        let delegates = try router.delegates.map { delegate in
            switch delegate {
            case .sub(_, let target): "sub \(target)"
            case .external(let relation, let external): "external \(external.id) \(try opened(relation.headers))"
            case .team(let relation, let agent): "team \(agent) \(try opened(relation.headers))"
            }
        }
        #expect(delegates == ["team other 2", "sub billing", "external crm 1"])
        let billing = try #require(agent.subAgents["billing"])
        #expect(billing.tools.map(\.tool.config.mcp.server.url) == ["https://mcp.example.com/mcp"])
        #expect(billing.tools[0].relation.toolPolicies?["get_forecast"]?.needsApproval == true)
        #expect(billing.tools[0].tool.config.mcp.toolOverrides?["get_forecast"]?.displayName == "forecast")
        #expect(billing.functionTools.map(\.function.id) == ["calc-fn"])
        #expect(billing.functionTools[0].relation.toolPolicies?["*"]?.needsApproval == true)
        #expect(billing.subAgent.conversationHistoryConfig?.mode == .scoped)
        #expect(agent.subAgents["archive"]?.subAgent.conversationHistoryConfig == .standard)
    }

    @Test func `relations made alone come after those of a document, in the order in which they were made`() throws {
        let memory = try Samples.shop()
        try memory.call("create-full-agent", body: Samples.agent)
        try memory.call("create-subagent", ["agentId": "support"], body: ["id": "aaa", "name": "Late"])
        try memory.call(
            "create-sub-agent-relation", ["agentId": "support"],
            body: ["sourceSubAgentId": "router", "targetSubAgentId": "aaa", "relationType": "transfer"])
        let agent = try #require(graph(memory).agents["support"])
        #expect(agent.subAgents.names == ["router", "billing", "archive", "aaa"])
        #expect(agent.subAgents["router"]?.transfers.map(\.target) == ["billing", "archive", "aaa"])
    }

    @Test func `what refers to nothing is left out`() throws {
        let memory = try Samples.shop()
        try memory.call("create-full-agent", body: Samples.agent)
        for key in ["tool", "function", "external-agent", "data-component"] {
            let keys = memory.projects["shop"]?.entries.keys.filter { $0.kind == key } ?? []
            for key in keys { memory.projects["shop"]?.entries[key] = nil }
        }
        let agent = try #require(graph(memory).agents["support"])
        let router = try #require(agent.subAgents["router"])
        #expect(router.delegates.count == 2 && router.dataComponents.isEmpty)
        #expect(agent.subAgents["billing"]?.tools.isEmpty == true)
        #expect(agent.subAgents["billing"]?.functionTools.isEmpty == true)
    }

    @Test func `an empty branch has no project`() {
        let graph = ProjectGraph(entries: [])
        #expect(graph.project == nil && graph.agents.isEmpty)
    }

    @Test func `a stored document that no longer keeps a rule is read all the same`() {
        let key = ResourceKey(kind: "agent", id: "old")
        let document: JSONValue = [
            "id": "old", "name": "", "stopWhen": ["transferCountIs": 5000], "models": ["base": ["model": 7]],
            "executionMode": "gone", "prompt": "kept",
        ]
        let entry = Entry(key: key, document: document, createdAt: 0, updatedAt: 0, revision: 1)
        let agent = ProjectGraph(entries: [entry]).agents["old"]?.agent
        #expect(agent?.prompt == "kept" && agent?.name == "")
        #expect(agent?.stopWhen?.transferCountIs == 5000)
        #expect(agent?.executionMode == .classic)
    }
}
