import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Why the servers cannot be started, or nil when they can.
private let missingServers: Comment? = MCPTestServer.missing.map { "\($0)" }

@Suite(.enabled(if: missingServers == nil, missingServers), .timeLimit(.minutes(8)), .serialized)
struct ToolHealthTests {
    private static let path = tenantPath + "/projects/p/tools"

    private static func tool(_ id: String, _ url: String, more: JSONObject = [:]) -> JSONValue {
        var mcp: JSONObject = ["server": ["url": .string(url)]]
        for (name, value) in more { mcp[name] = value }
        return [
            "id": .string(id), "name": .string(id), "config": ["type": "mcp", "mcp": .object(mcp)],
        ]
    }

    private func run(_ body: @Sendable (TestApp, MCPTestServer) async throws -> Void) async throws {
        let servers = try await MCPTestServer.start()
        var options = TestApp.Options()
        options.looksAtTools = true
        try await TestApp.run(options) { app in
            try await app.client.makeProject()
            try await body(app, servers)
        }
    }

    @Test func `a tool is shown as its server was found, with what the configuration makes of it`() async throws {
        try await run { app, servers in
            let more: JSONObject = [
                "activeTools": ["get_forecast"], "prompt": "Use metric units.",
                "toolOverrides": [
                    "get_forecast": [
                        "displayName": "forecast", "description": "Weather for a city",
                        "schema": ["type": "object", "properties": ["town": ["type": "string"]]],
                    ]
                ],
            ]
            let made = try await app.client.send("POST", Self.path, Self.tool("w", servers.url("/mcp"), more: more))
            #expect(made.status == 201)
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            let reply = try await app.client.send("GET", Self.path + "/w")
            #expect(reply.data["status"] == "healthy", "\(reply.text)")
            #expect(reply.data["version"] == "1.2.3")
            #expect(reply.data["capabilities"]?["tools"] == true)
            #expect(reply.data["capabilities"]?["serverInstructions"] == "Use metric units.")
            #expect(
                reply.data["availableTools"] == [
                    [
                        "name": "forecast", "description": "Weather for a city",
                        "inputSchema": ["type": "object", "properties": ["town": ["type": "string"]]],
                    ]
                ])
            #expect(reply.data["createdAt"] == reply.data["updatedAt"])
            #expect(try await app.store.head(of: branch) == head, "looking changes no configuration")
            // Who read before anything was found may change it all the same; who read another configuration may not.
            let tag = try #require(reply.headers["ETag"])
            let renamed: JSONValue = ["name": "Weather"]
            let first = try await app.client.send("PATCH", Self.path + "/w", renamed, headers: ["If-Match": tag])
            #expect(first.status == 200 && first.data["status"] == "healthy", "\(first.text)")
            let second = try await app.client.send("PATCH", Self.path + "/w", ["name": "W"], headers: ["If-Match": tag])
            #expect(second.status == 412)
            let known = try await app.client.send("GET", Self.path + "/w")
            let again = try await app.client.send(
                "GET", Self.path + "/w", headers: ["If-None-Match": known.headers["ETag"] ?? ""])
            #expect(again.status == 304)
        }
    }

    @Test func `a list is filtered by status before it is cut into pages`() async throws {
        try await run { app, servers in
            for (id, path) in [("a", "/plain"), ("b", "/auth"), ("c", "/plain"), ("d", "/junk"), ("e", "/down")] {
                try await app.client.make("/projects/p/tools", Self.tool(id, servers.url(path)))
                _ = try await app.client.send("GET", Self.path + "/" + id)
            }
            let healthy = try await app.client.send("GET", Self.path + "?status=healthy&limit=1").json
            #expect(healthy["data"]?.array?.count == 1)
            #expect(healthy["pagination"]?["total"] == 2)
            #expect(healthy["pagination"]?["pages"] == 2)
            for (status, id) in [("needs_auth", "b"), ("unhealthy", "d"), ("unavailable", "e")] {
                let list = try await app.client.send("GET", Self.path + "?status=" + status).json
                #expect(list["data"]?.array?.map { $0["id"] } == [.string(id)], "\(list.jsonText)")
                #expect(list["data"]?[0]?["lastError"]?.string?.isEmpty == false)
            }
            let skipped = try await app.client.send("GET", Self.path + "?skipDiscovery=true&status=unknown").json
            #expect(skipped["pagination"]?["total"] == 5)
            #expect(skipped["data"]?.array?.allSatisfy { $0["status"] == "unknown" } == true)
            #expect(try await app.client.send("GET", Self.path + "?status=well").status == 400)
            #expect(try await app.client.send("GET", Self.path + "?skipDiscovery=maybe").status == 400)
        }
    }

    @Test func `the tools of an agent are told with who uses them`() async throws {
        try await run { app, servers in
            try await app.client.makeAgent()
            try await app.client.make("/projects/p/tools", Self.tool("used", servers.url("/plain")))
            try await app.client.make("/projects/p/tools", Self.tool("other", servers.url("/plain")))
            try await app.client.make(
                "/projects/p/agents/a/sub-agent-tool-relations", ["subAgentId": "main", "toolId": "used"])
            _ = try await app.client.send("GET", Self.path + "/used")
            let path = tenantPath + "/projects/p/agents/a/tool-status"
            let item: JSONValue = [
                "id": "used", "name": "used", "status": "healthy", "lastError": nil, "expiresAt": nil, "imageUrl": nil,
                "subAgentIds": ["main"],
            ]
            #expect(try await app.client.send("GET", path).json == ["data": [item]])
            #expect(try await app.client.send("GET", path + "?status=unknown").json == ["data": []])
            #expect(try await app.client.send("GET", path + "?status=odd").status == 400)
            #expect(try await app.client.send("GET", tenantPath + "/projects/p/agents/x/tool-status").status == 404)
        }
    }

    @Test func `a tool is looked at with its credential, as long as that lasts`() async throws {
        try await run { app, servers in
            let credential: JSONValue = [
                "id": "c", "name": "Token", "type": "keychain", "credentialStoreId": "keychain-default",
                "retrievalParams": ["key": "token"],
            ]
            try await app.client.make("/projects/p/credentials", credential)
            let tool = Self.tool("w", servers.url("/auth")).object ?? [:]
            try await app.client.make(
                "/projects/p/tools", .object(tool.merging(["credentialReferenceId": "c"])))
            let lacking = try await app.client.send("GET", Self.path + "/w")
            #expect(lacking.data["status"] == "needs_auth", "\(lacking.text)")
            #expect(lacking.data["lastError"] == "no credential store has its credential")
            let entries = "/projects/p/credential-stores/keychain-default/credentials"
            func write(_ token: String, _ seconds: Int) async throws -> JSONValue {
                let value = "{\"access_token\":\"\(token)\",\"expires_in\":\(seconds)}"
                app.clock.advance(by: .milliseconds(1))
                try await app.client.make(entries, ["key": "token", "value": .string(value)])
                return try await app.client.send("GET", Self.path + "/w").data
            }
            // What is written to the store counts at once: it is another configuration.
            let good = try await write("good-token", 3600)
            #expect(good["status"] == "healthy", "\(good.jsonText)")
            #expect(good["expiresAt"] == "2026-01-05T11:00:00.001Z", "\(good.jsonText)")
            let bad = try await write("bad-token", 3600)
            #expect(bad["status"] == "needs_auth" && bad["expiresAt"] != nil, "\(bad.jsonText)")
            let over = try await write("good-token", 0)
            #expect(over["status"] == "needs_auth" && over["lastError"] == "its credential has expired")
            #expect(!over.jsonText.contains("good-token"))
        }
    }

    @Test func `another configuration is looked at anew, and what was found for the old one is not shown`() async throws
    {
        try await run { app, servers in
            try await app.client.make("/projects/p/tools", Self.tool("t", servers.url("/plain")))
            #expect(try await app.client.send("GET", Self.path + "/t").data["status"] == "healthy")
            let headers: JSONValue = ["headers": ["Authorization": "Bearer wrong-secret-token"]]
            var config = Self.tool("t", servers.url("/error"))["config"] ?? .null
            _ = try await app.client.send("PATCH", Self.path + "/t", headers)
            let patched = try await app.client.send("PATCH", Self.path + "/t", ["config": config])
            #expect(patched.data["status"] == "unknown" && patched.data["availableTools"] == nil)
            let broken = try await app.client.send("GET", Self.path + "/t").data
            #expect(broken["status"] == "unhealthy")
            #expect(broken["lastError"]?.string?.contains("-32000") == true)
            #expect(broken["lastError"]?.string?.contains("wrong-secret") == false, "servers repeat what they are sent")
            config = Self.tool("t", servers.url("/auth"))["config"] ?? .null
            _ = try await app.client.send("PATCH", Self.path + "/t", ["config": config])
            #expect(try await app.client.send("GET", Self.path + "/t").data["status"] == "needs_auth")
            _ = try await app.client.send(
                "PATCH", Self.path + "/t", ["headers": ["Authorization": "Bearer good-token"]])
            #expect(try await app.client.send("GET", Self.path + "/t").data["status"] == "healthy")
        }
    }

    @Test func `a server that fails is looked at again later and later`() async throws {
        try await run { app, servers in
            try await app.client.make("/projects/p/tools", Self.tool("t", servers.url("/down")))
            #expect(try await app.client.send("GET", Self.path + "/t").data["status"] == "unavailable")
            let first = try await servers.counts("/down").requests
            for _ in 0..<5 { _ = try await app.client.send("GET", Self.path + "/t") }
            #expect(try await servers.counts("/down").requests == first, "what is known is told")
            let key = ToolKey(branch: BranchKey(tenant: "default", project: "p"), tool: "t")
            let soon = try await app.store.dueTools(now: app.clock.now + 29_000, limit: 10, findsNew: false)
            #expect(soon == [])
            #expect(try await app.store.dueTools(now: app.clock.now + 30_000, limit: 10, findsNew: false) == [key])
            app.clock.advance(by: .seconds(31))
            while try await servers.counts("/down").requests == first { await Task.yield() }
        }
    }

    @Test func `a slow server holds up its own answer for a moment, and a list not at all`() async throws {
        try await run { app, servers in
            try await app.client.make("/projects/p/tools", Self.tool("t", servers.url("/slow")))
            try await withThrowingTaskGroup(of: TestReply?.self) { group in
                group.addTask { try await app.client.send("GET", Self.path + "/t") }
                while try await servers.counts("/slow").requests == 0 { await Task.yield() }
                #expect(try await app.client.send("GET", Self.path).json["data"]?[0]?["status"] == "unknown")
                // Its own answer comes when the wait is over, and the clock stands still until then.
                let answered = Shared(false)
                group.addTask {
                    while !answered.value {
                        app.clock.advance(by: .milliseconds(100))
                        _ = try await servers.counts("/slow")
                    }
                    return nil
                }
                let reply = try await group.next() ?? nil
                answered.value = true
                #expect(reply?.data["status"] == "unknown")
            }
        }
    }

    @Test func `a tool of users wants a credential, and its server is not asked`() async throws {
        try await run { app, servers in
            var tool = Self.tool("t", servers.url("/plain")).object ?? [:]
            tool["credentialScope"] = "user"
            try await app.client.make("/projects/p/tools", .object(tool))
            #expect(try await app.client.send("GET", Self.path + "/t").data["status"] == "needs_auth")
            #expect(try await servers.counts("/plain").requests == 0)
        }
    }
}
