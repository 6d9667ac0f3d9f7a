import Catalog
import CoveyTesting
import Outbound
import Testing

/// Why the servers cannot be started, or nil when they can.
private let missingServers: Comment? = MCPTestServer.missing.map { "\($0)" }

/// What calls to servers of tools carry (run spec §13.2, §19).
@Suite(.enabled(if: missingServers == nil, missingServers), .timeLimit(.minutes(8)), .serialized)
struct MCPCredentialTests {
    typealias Server = ToolScene.Server

    private func headers(_ scene: ToolScene) async throws -> JSONValue {
        try await scene.servers.seen(["event": "inspect"]).last?["headers"] ?? .null
    }

    @Test func `fields of the tool go over those of the credential, and those of the relation over both`() async throws
    {
        let use = Server(
            "t", "/tools", tool: ["headers": ["X-Both": "tool", "X-Tool": "tool"]],
            relation: ["headers": ["X-Both": "relation", "X-Here": "{{$conversation.id}}"]])
        try await ToolScene.run(ToolScene.calling("inspect"), [use]) { scene in
            try await scene.app.client.make(
                "/projects/p/credential-stores/keychain-default/credentials",
                ["key": "k", "value": "secret-1", "metadata": ["X-Tool": "credential", "X-Credential": "credential"]])
            try await scene.app.client.make("/projects/p/credentials", Self.credential("c", key: "k"))
            let linked = try await scene.app.client.send(
                "PATCH", tenantPath + "/projects/p/tools/t", ["credentialReferenceId": "c"])
            #expect(linked.status == 200, "\(linked.text)")
            _ = try await scene.parts(conversation: "conversation-1")
            let headers = try await headers(scene)
            #expect(headers["authorization"] == "Bearer secret-1", "\(headers)")
            #expect(headers["x-credential"] == "credential" && headers["x-tool"] == "tool")
            #expect(headers["x-both"] == "relation" && headers["x-here"] == "conversation-1")
        }
    }

    @Test func `headers that a request forwards reach the server, unless it has them, and no session does`()
        async throws
    {
        let use = Server("t", "/tools", relation: ["headers": ["X-Both": "relation"]])
        try await ToolScene.run(ToolScene.calling("inspect"), [use]) { scene in
            let cookie = "shop=7; better-auth.session_token=secret.signature"
            let body: JSONValue = [
                "messages": messages("Go"), "forwardedHeaders": ["X-Both": "request", "X-Shop": "7"],
            ]
            let reply = try await scene.client.send(
                "POST", "/run/api/executions", body, headers: ["x-forwarded-cookie": cookie])
            #expect(reply.status == 200, "\(reply.text)")
            let first = try await headers(scene)
            #expect(first["x-both"] == "relation" && first["x-shop"] == "7", "\(first)")
            #expect(first["x-forwarded-cookie"] == "shop=7")
            _ = try await scene.parts()
            let second = try await headers(scene)
            #expect(second["x-shop"] == nil && second["x-forwarded-cookie"] == nil, "those of one request")
        }
    }

    @Test func `headers that a request forwards go with a task to another agent of the project`() async throws {
        let script = "turns:\n  - when: {step: 0}\n    call: {tool: delegate_to_a, input: {message: Go}}\n  - say: Done"
        try await ToolScene.run(ToolScene.calling("inspect"), [Server("t", "/tools")]) {
            $0.scripts["front"] = script
        } _: { scene in
            let client = scene.app.client
            try await client.make("/projects/p/agents", ["id": "f", "name": "Front", "defaultSubAgentId": "desk"])
            try await client.make(
                "/projects/p/agents/f/sub-agents",
                [
                    "id": "desk", "name": "Desk", "prompt": "Ask.",
                    "models": ["base": ["model": "scripted/front"]],
                ])
            try await client.make(
                "/projects/p/agents/f/sub-agents/desk/team-agent-relations", ["targetAgentId": "a"])
            let reply = try await client.agent("f", of: "p").send(
                "POST", "/run/api/executions", ["messages": messages("Go"), "forwardedHeaders": ["X-Shop": "7"]],
                headers: ["x-forwarded-cookie": "shop=7"])
            #expect(reply.status == 200, "\(reply.text)")
            let seen = try await headers(scene)
            #expect(seen["x-shop"] == "7" && seen["x-forwarded-cookie"] == "shop=7", "\(seen)")
        }
    }

    @Test func `a field that cannot be filled in is no half request`() async throws {
        let use = Server("t", "/tools", relation: ["headers": ["X-City": "{{headers.x-city}}"]])
        try await ToolScene.run(ToolScene.calling("inspect"), [use]) { scene in
            let parts = try await scene.parts()
            #expect(parts.notices.map(\.code) == ["mcp_header_missing"])
            #expect(parts.notices.first?.message.contains("headers.x-city") == true)
            #expect(try await scene.servers.counts("/tools").requests == 0)
        }
    }

    @Test func `a credential that does not exist is said, and nothing is asked`() async throws {
        try await ToolScene.run(ToolScene.calling("inspect"), [Server("t", "/tools")]) { scene in
            try await scene.app.client.make("/projects/p/credentials", Self.credential("c", key: "nothing"))
            _ = try await scene.app.client.send(
                "PATCH", tenantPath + "/projects/p/tools/t", ["credentialReferenceId": "c"])
            let parts = try await scene.parts()
            #expect(parts.notices.map(\.code) == ["mcp_credential_missing"])
            #expect(try await scene.servers.counts("/tools").requests == 0)
        }
    }

    @Test func `a credential that a server repeats in a failure reaches neither model nor people`() async throws {
        let use = Server("t", "/tools", tool: ["headers": ["X-Key": "secret-of-the-project"]])
        try await ToolScene.run(ToolScene.calling("fail", "{reason: 'no secret-of-the-project'}"), [use]) { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("failed: ") && parts.notices.map(\.code) == ["mcp_tool_error"])
            let shown = parts.filter { $0["type"] != "tool-input-available" }.map(\.jsonText).joined()
            #expect(!shown.contains("secret-of-the-project"), "\(shown)")
        }
    }

    @Test func `each user's own credential is used for them alone`() async throws {
        let use = Server("t", "/tools", tool: ["credentialScope": "user"])
        try await ToolScene.run(ToolScene.calling("inspect"), [use]) { scene in
            for user in ["alice", "bob"] {
                try await scene.app.client.make(
                    "/projects/p/credential-stores/keychain-default/credentials",
                    ["key": .string(user), "value": .string("token-of-\(user)")])
                var credential = Self.credential(user, key: user).object ?? [:]
                credential["toolId"] = "t"
                credential["userId"] = .string(user)
                try await scene.app.client.make("/projects/p/credentials", .object(credential))
            }
            for user in ["alice", "bob"] {
                _ = try await scene.answer(as: user)
                #expect(try await headers(scene)["authorization"]?.string == "Bearer token-of-\(user)")
            }
            _ = try await scene.answer(as: "carol")
            #expect(try await headers(scene)["authorization"] == nil)
            let parts = try await scene.parts()
            #expect(parts.notices.map(\.code) == ["mcp_credential_missing"], "\(parts.notices)")
            #expect(parts.notices.first?.severity == "warning")
        }
    }

    @Test func `tokens are renewed before they end, and once when the server does not take them`() async throws {
        try await ToolScene.run(ToolScene.calling("echo", "{text: in}"), [Server("t", "/guarded")]) { scene in
            let away = try await scene.parts()
            #expect(away.notices.map(\.code) == ["mcp_credential_missing"], "\(away.notices)")
            #expect(try await scene.app.signIn(to: "t", scene.servers).status == 302)
            #expect(try await scene.answer().contains("in"))
            #expect(try await renewals(scene) == 0)
            // The token is good for an hour.
            scene.app.clock.advance(by: .seconds(3590))
            #expect(try await scene.answer().contains("in"))
            #expect(try await renewals(scene) == 1)
            try await scene.servers.change(["forget": "access"])
            #expect(try await scene.answer().contains("in"))
            #expect(try await renewals(scene) == 2)
            try await scene.servers.change(["forget": "all"])
            let gone = try await scene.parts()
            #expect(gone.notices.map(\.code) == ["mcp_credential_missing"], "\(gone.notices)")
        }
    }

    @Test func `runs at the same time renew a token once`() async throws {
        try await ToolScene.run(ToolScene.calling("echo", "{text: in}"), [Server("t", "/guarded")]) { scene in
            #expect(try await scene.app.signIn(to: "t", scene.servers).status == 302)
            scene.app.clock.advance(by: .seconds(3590))
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await scene.answer() } }
                for try await answer in group { #expect(answer.contains("in"), "\(answer)") }
            }
            #expect(try await renewals(scene) == 1)
        }
    }

    private func renewals(_ scene: ToolScene) async throws -> Int {
        try await scene.servers.allSeen().count { $0["event"] == "tokens" && $0["by"] == "refresh" }
    }

    private static func credential(_ id: String, key: String) -> JSONValue {
        [
            "id": .string(id), "name": .string(id), "type": "keychain", "credentialStoreId": "keychain-default",
            "retrievalParams": ["key": .string(key)],
        ]
    }
}
