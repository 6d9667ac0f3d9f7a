import Catalog
import CoveyTesting
import Outbound
import Testing

/// Why the servers cannot be started, or nil when they can.
private let missingServers: Comment? = MCPTestServer.missing.map { "\($0)" }

/// Agents that call tools of MCP servers, which are real ones of both eras (run spec §13).
@Suite(.enabled(if: missingServers == nil, missingServers), .timeLimit(.minutes(8)), .serialized)
struct MCPToolTests {
    typealias Server = ToolScene.Server

    @Test(arguments: ["/tools", "/kept", "/tools-legacy", "/tools-sse"])
    func `a tool is called from both chat endpoints, whatever the server's transport and revision`(
        path: String
    ) async throws {
        try await ToolScene.run(ToolScene.calling("echo", "{text: \"hello there\"}"), [Server("t", path)]) { scene in
            let answer = try await scene.answer()
            #expect(answer.contains("hello there"), "\(answer)")
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("hello there"))
            #expect(parts.notices.isEmpty, "\(parts.notices)")
            let seen = try await scene.servers.seen(["event": "echo"])
            #expect(seen.count == 2 && seen.allSatisfy { $0["text"] == "hello there" })
        }
    }

    @Test func `instructions of servers reach the model, and those of the configuration before them`() async throws {
        let script = """
            turns:
              - when: {system: "Say the city.", step: 0}
                say: "the server's"
              - when: {system: "Use metric units."}
                say: "the configuration's"
              - say: "none"
            """
        try await ToolScene.run(script, [Server("t", "/tools")]) { scene in
            let answer = try await scene.answer()
            #expect(answer == "the server's", "\(answer)")
        }
        try await ToolScene.run(script, [Server("t", "/tools", mcp: ["prompt": "Use metric units."])]) { scene in
            let answer = try await scene.answer()
            #expect(answer == "the configuration's", "\(answer)")
        }
    }

    @Test func `the tools are those that are listed, active and selected`() async throws {
        let script = """
            turns:
              - when: {offers: echo}
                say: "echo"
              - when: {offers: plain}
                say: "plain"
              - say: "nothing"
            """
        let active: JSONObject = ["activeTools": ["echo", "plain"]]
        for (selected, answer, codes) in [
            (["plain", "fail"], "plain", ["unknown_tool_selected"]), ([], "nothing", ["no_tools_available"]),
            (["echo"], "echo", []),
        ] as [([String], String, [String])] {
            let relation: JSONObject = ["selectedTools": .array(selected.map(JSONValue.string))]
            try await ToolScene.run(script, [Server("t", "/tools", mcp: active, relation: relation)]) { scene in
                let parts = try await scene.parts()
                #expect(parts.spoken == answer)
                #expect(parts.notices.map(\.code) == codes, "\(parts.notices)")
            }
        }
    }

    @Test func `tools of two servers with one name are both there, and a notice says so`() async throws {
        let script = """
            turns:
              - when: {step: 0}
                call:
                  - {tool: echo, input: {text: "one"}}
                  - {tool: first_server_echo, input: {text: "two"}}
              - say: "{{outputs.echo}} {{outputs.first_server_echo}}"
            """
        let one = Server("one", "/tools", name: "first server", relation: ["selectedTools": ["echo"]])
        let two = Server("two", "/kept", relation: ["selectedTools": ["echo"]])
        try await ToolScene.run(script, [one, two]) { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("one") && parts.spoken.contains("two"), "\(parts.spoken)")
            #expect(parts.notices.map(\.code) == ["tool_name_collision"])
            let seen = try await scene.servers.seen(["event": "echo"])
            #expect(Set(seen.compactMap { $0["server"]?.string }) == ["tools", "kept"])
        }
    }

    @Test func `an override renames a tool and makes its arguments`() async throws {
        for (transformation, expected) in [
            ("{text: join(' ', [greeting, name])}", "good day Ada"), ("[1", nil), ("name", nil),
        ] as [(JSONValue, String?)] {
            let override: JSONValue = [
                "echo": [
                    "displayName": "greet people!", "description": "Greets", "transformation": transformation,
                    "schema": [
                        "type": "object", "properties": ["name": ["type": "string"], "text": ["type": "string"]],
                    ],
                ]
            ]
            let input = "{greeting: good day, name: Ada, text: as it was}"
            try await ToolScene.run(
                ToolScene.calling("greet_people", input), [Server("t", "/tools", mcp: ["toolOverrides": override])]
            ) { scene in
                let parts = try await scene.parts()
                #expect(parts.spoken.contains(expected ?? "as it was"), "\(parts.spoken)")
                #expect(parts.notices.map(\.code) == (expected == nil ? ["tool_transformation_failed"] : []))
            }
        }
        let map: JSONValue = ["echo": ["description": "Greets", "transformation": ["text": "who.name"]]]
        try await ToolScene.run(
            ToolScene.calling("echo", "{who: {name: Ada}}"), [Server("t", "/tools", mcp: ["toolOverrides": map])]
        ) { scene in
            let answer = try await scene.answer()
            #expect(answer.contains("Ada"), "\(answer)")
        }
    }

    @Test func `a tool that says that it failed is told to the model and to people, and the run goes on`() async throws
    {
        try await ToolScene.run(ToolScene.calling("fail", "{reason: no such city}"), [Server("t", "/tools")]) { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("Tool \"fail\" failed:") && parts.spoken.contains("no such city"))
            #expect(parts.notices.map(\.code) == ["mcp_tool_error"])
            #expect(parts.contains { $0["type"] == "tool-output-error" }, "\(parts)")
        }
    }

    @Test func `a call carries its key, as a header field where the tool is idempotent`() async throws {
        for (policies, isThere) in [([:], false), (["inspect": ["idempotent": true]], true)] as [(JSONValue, Bool)] {
            try await ToolScene.run(
                ToolScene.calling("inspect"), [Server("t", "/tools", relation: ["toolPolicies": policies])]
            ) { scene in
                _ = try await scene.answer()
                let seen = try await scene.servers.seen(["event": "inspect"])
                let key = try #require(seen.first?["meta"]?["idempotencyKey"]?.string)
                #expect(key.count > 20)
                #expect(seen.first?["headers"]?["idempotency-key"]?.string == (isThere ? key : nil))
            }
        }
    }

    @Test func `a server learns that a run was stopped`() async throws {
        for path in ["/tools", "/tools-legacy", "/tools-sse"] {
            try await ToolScene.run(ToolScene.calling("forever", "{name: x}"), [Server("t", path)]) { scene in
                async let parts = scene.parts(conversation: "c1")
                try await scene.servers.seen(["event": "forever"])
                let reply = try await scene.client.send("POST", "/run/v1/conversations/c1/cancel")
                #expect(reply.status < 300, "\(reply.text)")
                try await scene.servers.seen(["event": "cancelled", "name": "x"])
                _ = try await parts
            }
        }
    }
}
