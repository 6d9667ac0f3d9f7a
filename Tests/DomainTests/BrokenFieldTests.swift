import Catalog
import Domain
import Testing

/// Bodies of single kinds that are refused, each with the places that are at fault.
@Suite struct BrokenFieldTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let operation: String
        let body: JSONValue
        let broken: [String]
        var path: [String: String] = ["agentId": "other", "subAgentId": "a"]

        var testDescription: String { "\(operation) \(broken)" }
    }

    private static let prop: JSONValue = ["type": "string"]

    static let rows: [Row] = [
        Row(operation: "create-agent", body: ["id": "bad id", "name": ""], broken: ["/id", "/name"]),
        Row(operation: "create-agent", body: [:], broken: ["/id", "/name"]),
        Row(operation: "create-agent", body: ["id": "new", "name": "N"], broken: ["/id"]),
        Row(operation: "create-agent", body: [1], broken: [""]),
        Row(
            operation: "create-agent",
            body: ["id": "a", "name": "N", "stopWhen": ["transferCountIs": 1001], "executionMode": "fast"],
            broken: ["/stopWhen/transferCountIs", "/executionMode"]),
        Row(
            operation: "create-agent",
            body: ["id": "a", "name": "N", "models": ["base": ["model": 1, "fallbackModels": [""]]]],
            broken: ["/models/base/model", "/models/base/fallbackModels/0"]),
        Row(
            operation: "create-agent",
            body: ["id": "a", "name": "N", "statusUpdates": ["numEvents": 0, "statusComponents": [[:]]]],
            broken: ["/statusUpdates/numEvents", "/statusUpdates/statusComponents/0/type"]),
        Row(
            operation: "create-agent",
            body: ["id": "a", "name": "N", "prompt": .string(String(repeating: "x", count: 200_001))],
            broken: ["/prompt"]),
        Row(
            operation: "create-subagent",
            body: [
                "id": "s", "name": "S", "conversationHistoryConfig": ["mode": "some"],
                "outputContract": ["onViolation": "shout"],
            ], broken: ["/conversationHistoryConfig/mode", "/outputContract/onViolation"]),
        Row(
            operation: "create-subagent",
            body: ["id": "s", "name": "S", "outputContract": ["requireTransfer": true, "requireComponent": ["x"]]],
            broken: ["/outputContract/requireTransfer"]),
        Row(
            operation: "create-tool",
            body: Samples.tool.with("config/type", "soap").with("imageUrl", "data:image/png,"),
            broken: ["/config/type", "/imageUrl"]),
        Row(operation: "create-tool", body: ["id": "t", "name": "T"], broken: ["/config"]),
        Row(
            operation: "create-tool",
            body: Samples.tool.with("headers", ["Content-Length": "1", "ok": "a\r\nb", "": "x", "fine": ""]),
            broken: ["/headers/Content-Length", "/headers/ok", "/headers/", "/headers/fine"]),
        Row(
            operation: "create-tool",
            body: Samples.tool.with("id", "t").with("config/mcp/toolOverrides", ["x": ["transformation": ["y": 1]]]),
            broken: ["/config/mcp/toolOverrides/x/transformation/y"]),
        Row(
            operation: "create-tool", body: Samples.tool.with("id", "t").with("credentialReferenceId", "gone"),
            broken: ["/credentialReferenceId"]),
        Row(operation: "create-function", body: ["id": "f", "executeCode": "1"], broken: ["/executeCode"]),
        Row(
            operation: "create-function",
            body: ["id": "f", "executeCode": "", "inputSchema": 7, "dependencies": ["x": 1]],
            broken: ["/inputSchema", "/executeCode", "/dependencies/x"]),
        Row(
            operation: "create-function-tool", body: ["id": "t", "name": "T", "functionId": "gone"],
            broken: ["/functionId"]),
        Row(operation: "create-data-component", body: ["id": "d", "name": "D"], broken: ["/props"]),
        Row(
            operation: "create-data-component",
            body: ["id": "d", "name": "D", "props": ["type": "object", "properties": ["x": prop], "required": ["y"]]],
            broken: ["/props/properties/x", "/props/required/0"]),
        Row(
            operation: "create-data-component",
            body: Samples.dataComponent.with("render", ["component": "eval('x')", "mockData": [:]]),
            broken: ["/render/component", "/render/component", "/render/component"]),
        Row(
            operation: "create-context-config",
            body: ["contextVariables": ["v": ["id": "v", "trigger": "daily", "fetchConfig": ["method": "HEAD"]]]],
            broken: [
                "/contextVariables/v/trigger", "/contextVariables/v/fetchConfig/url",
                "/contextVariables/v/fetchConfig/method",
            ]),
        Row(
            operation: "create-context-config",
            body: Samples.contextConfig.with("contextVariables/user/credentialReferenceId", "gone"),
            broken: ["/contextVariables/user/credentialReferenceId"]),
        Row(
            operation: "create-external-agent", body: ["id": "e", "name": "E", "baseUrl": "crm.example.com"],
            broken: ["/baseUrl"]),
        Row(
            operation: "create-credential",
            body: Samples.credential.with("type", "paper").with("credentialStoreId", nil),
            broken: ["/type", "/credentialStoreId"]),
        Row(
            operation: "create-sub-agent-relation",
            body: ["sourceSubAgentId": "gone", "targetSubAgentId": "a", "relationType": "transfer"],
            broken: ["/sourceSubAgentId"]),
        Row(
            operation: "create-sub-agent-relation", body: ["sourceSubAgentId": "a", "relationType": "transfer"],
            broken: ["/targetSubAgentId"]),
        Row(
            operation: "create-sub-agent-relation",
            body: [
                "sourceSubAgentId": "a", "targetSubAgentId": "a", "teamSubAgentId": "x", "relationType": "delegate",
            ], broken: ["/teamSubAgentId"]),
        Row(
            operation: "create-subagent-tool-relation", body: ["subAgentId": "gone", "toolId": "gone"],
            broken: ["/subAgentId", "/toolId"]),
        Row(
            operation: "create-sub-agent-external-agent-relation", body: ["externalAgentId": "gone"],
            broken: ["/externalAgentId"]),
        Row(
            operation: "create-sub-agent-team-agent-relation", body: ["targetAgentId": "gone"],
            broken: ["/targetAgentId"]),
    ]

    @Test(arguments: rows) func `a broken body names every broken place`(row: Row) throws {
        let memory = try Samples.shop()
        try memory.call("create-subagent", ["agentId": "other"], body: ["id": "a", "name": "A"])
        let writes = memory.writes
        let problem = try memory.refusal(row.operation, row.path, body: row.body)
        #expect(problem.status == 400 && problem.pointers == row.broken)
        #expect(memory.writes == writes)
    }

    @Test func `what a client cannot write is not taken`() throws {
        let memory = try Samples.shop()
        try memory.call("create-subagent", ["agentId": "other"], body: ["id": "a", "name": "A", "position": 7])
        #expect(memory.projects["shop"]?.entries.values.contains { $0.document["position"] != nil } == false)
        try memory.call("create-function", body: Samples.function)
        let tool = try memory.call(
            "create-function-tool", ["agentId": "other"],
            body: ["id": "t", "agentId": "elsewhere", "name": "T", "functionId": "calc-fn", "createdAt": "1"]
        ).data
        #expect(tool["agentId"] == "other" && tool["createdAt"] != "1")
        let renamed = try memory.call("update-agent", ["id": "other"], body: ["id": "moved", "name": "Moved"]).data
        #expect(renamed["id"] == "other" && renamed["name"] == "Moved")
    }

    @Test func `members of contracts and history that are not declared are kept`() throws {
        let memory = try Samples.shop()
        let shown = try memory.call(
            "create-subagent", ["agentId": "other"],
            body: [
                "id": "a", "name": "A", "conversationHistoryConfig": ["mode": "scoped", "extra": 1],
                "outputContract": ["extra": ["x": 9_007_199_254_740_993]],
            ]
        ).data
        #expect(shown["conversationHistoryConfig"] == ["mode": "scoped", "extra": 1])
        #expect(shown["outputContract"] == ["extra": ["x": 9_007_199_254_740_993]])
    }
}
