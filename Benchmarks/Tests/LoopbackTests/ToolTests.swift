import Kit
import Loading
import ModelServing
import Testing

struct ToolTests {
    private static func post(_ model: RunningModel, _ path: String, _ body: String, _ required: String) throws
        -> LoadReport
    {
        var plan = LoadPlan(port: model.port, path: path, body: body)
        plan.requests = 1
        plan.required = required
        plan.marker = Directive.marker
        plan.requestSeconds = 5
        return try LoadClient(plan).perform()
    }

    @Test(arguments: [
        (#""method":"server/discover""#, #""id":7,"result":{"supportedVersions":["2026-07-28"]"#),
        (#""method":"tools/list""#, #""tools":[{"name":"search""#),
        (#""method":"tools/call","params":{"name":"search"}"#, #""content":[{"type":"text","text":"three birds"}]"#),
        (#""method":"initialize""#, #""error":{"code":-32601"#),
    ])
    func `the tool server speaks the newest revision of MCP`(_ members: String, _ required: String) throws {
        let model = try RunningModel()
        defer { model.stop() }
        let report = try Self.post(model, "/mcp", "{\"jsonrpc\":\"2.0\",\"id\":7,\(members)}", required)
        #expect(report.errors == 0, "\(report.firstError ?? "")")
    }

    @Test func `what is no request is an error`() throws {
        let model = try RunningModel()
        defer { model.stop() }
        for body in ["", "[]", "{\"id\":1}"] {
            #expect(try Self.post(model, "/mcp", body, #""error":{"code":-32600"#).errors == 0, "\(body)")
        }
    }

    @Test(arguments: [false, true])
    func `an answer to another result than the one looked for has no markers`(_ isStreamed: Bool) throws {
        let model = try RunningModel()
        defer { model.stop() }
        func markers(_ result: String) throws -> Int {
            let directive = "%bench mode=tool chunks=3 result=birds%"
            let body =
                #"{"stream":\#(isStreamed),"messages":[{"role":"user","content":"\#(directive)"},"#
                + #"{"role":"tool","content":"\#(result)"}]}"#
            var plan = LoadPlan(port: model.port, path: "/v1/chat/completions", body: body)
            plan.requests = 1
            plan.marker = Directive.marker
            plan.markers = 3
            return try LoadClient(plan).perform().finished * 3
        }
        #expect(try markers("three birds") == 3)
        #expect(try markers("the server is not there") == 0)
    }
}
