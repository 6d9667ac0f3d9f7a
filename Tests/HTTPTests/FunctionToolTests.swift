import Catalog
import CoveyTesting
import Foundation
import Functions
import Outbound
import Runtime
import Testing

/// Function tools as a model calls them: configured over REST, called in a run, in a worker of the built binary.
@Suite(.enabled(if: BuiltBinary.covey != nil, "covey is not built beside the tests"), .timeLimit(.minutes(5)))
struct FunctionToolTests {
    private static let script = """
        turns:
          - when: {step: 0}
            call: {tool: add_one, input: {x: 41}}
          - when: {tool: add_one}
            say: "It is {{tool.output}}."
        """

    /// Runs an agent whose only tool is the function, and answers the events of one turn.
    private static func turn(
        _ code: String, dependencies: JSONValue = [:], policies: JSONValue = [:],
        _ change: (inout TestApp.Options) -> Void = { _ in },
        prepare: @escaping @Sendable (TestApp) throws -> Void = { _ in }
    ) async throws -> [JSONValue] {
        var options = TestApp.Options()
        options.scripts = ["adds": script]
        options.runsFunctions = true
        change(&options)
        let events = Shared<[JSONValue]>([])
        try await TestApp.run(options) { app in
            try prepare(app)
            try await app.client.makeProject(model: "scripted/adds")
            try await app.client.makeAgent()
            try await app.client.make(
                "/projects/p/functions",
                [
                    "id": "f", "executeCode": .string(code), "dependencies": dependencies,
                    "inputSchema": ["type": "object", "properties": ["x": ["type": "number"]]],
                ])
            try await app.client.make(
                "/projects/p/agents/a/function-tools",
                ["id": "t", "name": "add one", "description": "Adds one.", "functionId": "f"])
            try await app.client.make(
                "/projects/p/agents/a/sub-agent-function-tools",
                ["subAgentId": "main", "functionToolId": "t", "toolPolicies": policies])
            var stream = try await app.client.agent("a", of: "p").stream(
                "POST", "/run/api/chat", ["messages": messages("Add one to 41.")])
            #expect(stream.status == 200)
            events.value = try await stream.rest().compactMap { try? JSONValue(parsing: $0.text) }
        }
        return events.value
    }

    private static func text(_ events: [JSONValue]) -> String {
        events.filter { $0["type"] == "text-delta" }.compactMap { $0["delta"]?.string }.joined()
    }

    /// What the model says of 42: it reads a result with the id of its call, by which it can refer to it.
    private static let answer = "It is {\"value\":42,\"_toolCallId\":\"call_"

    private static func event(_ type: String, _ events: [JSONValue]) -> JSONValue? {
        events.first { $0["type"]?.string == type }
    }

    @Test func `a model calls a function, and answers with its result`() async throws {
        let events = try await Self.turn("async ({ x }) => { console.log(x); return x + 1 }")
        #expect(Self.event("tool-input-available", events)?["toolName"] == "add_one")
        #expect(Self.event("tool-output-available", events)?["output"] == 42)
        #expect(Self.text(events).hasPrefix(Self.answer))
    }

    @Test func `what a function throws is told to the model, and the run goes on`() async throws {
        let events = try await Self.turn("async ({ x }) => {\n  throw new RangeError(`not ${x}`)\n}")
        #expect(Self.event("tool-output-error", events)?["errorText"] == "RangeError: not 41 (line 2)")
        #expect(Self.text(events) == "It is RangeError: not 41 (line 2).")
    }

    @Test func `a function that never ends is ended, and the run goes on`() async throws {
        let events = try await Self.turn("() => { for (;;) {} }") { $0.runtimeLimits.functions.callMs = 700 }
        #expect(Self.text(events) == "It is Function execution timed out after 700ms.")
    }

    @Test func `packages are those in the folder of the project`() async throws {
        let code = "({ x }) => require('adder')(x)"
        let events = try await Self.turn(
            code, dependencies: ["adder": "^1.0.0"],
            prepare: { app in
                let folder = URL(filePath: app.folder).appending(path: "functions/default/p/node_modules/adder")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try Data(#"{"name":"adder","version":"1.0.1"}"#.utf8).write(to: folder.appending(path: "package.json"))
                try Data("module.exports = (x) => x + 1".utf8).write(to: folder.appending(path: "index.js"))
            })
        #expect(Self.text(events).hasPrefix(Self.answer))
        let missing = try await Self.turn(code, dependencies: ["adder": "^1.0.0"])
        #expect(Self.text(missing).contains("npm install --ignore-scripts 'adder@^1.0.0'"))
    }

    @Test func `policies hold for every function tool, or for one by its name`() async throws {
        let code = "async () => (await fetch('http://127.0.0.1:1/')).status"
        let closed = try await Self.turn(code)
        #expect(Self.text(closed).contains("its tool declares no allowedHosts"))
        for name in ["*", "add one"] {
            let open = try await Self.turn(code, policies: [name: ["allowedHosts": ["127.0.0.1"]]])
            #expect(Self.text(open).contains("fetch failed: cannot connect"), "\(Self.text(open))")
        }
        let named: JSONValue = ["*": ["allowedHosts": ["127.0.0.1"]], "add one": ["allowedHosts": ["b.example"]]]
        #expect(Self.text(try await Self.turn(code, policies: named)).contains("requests to b.example alone"))
    }

    @Test func `a host that is none is refused when it is written`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await app.client.make("/projects/p/functions", ["id": "f", "executeCode": "() => 1"])
            try await app.client.make(
                "/projects/p/agents/a/function-tools", ["id": "t", "name": "t", "functionId": "f"])
            for host in ["http://a.example", "a.example:80", "*", "*.", "a..b", ""] {
                let reply = try await app.client.send(
                    "POST", tenantPath + "/projects/p/agents/a/sub-agent-function-tools",
                    [
                        "subAgentId": "main", "functionToolId": "t",
                        "toolPolicies": ["*": ["allowedHosts": [.string(host)]]],
                    ])
                #expect(reply.status == 400, "\(host)")
            }
        }
    }
}
