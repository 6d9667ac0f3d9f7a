import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Why the servers cannot be started, or nil when they can.
private let missingServers: Comment? = MCPTestServer.missing.map { "\($0)" }

/// Signing in to a server of tools at a real authorization server, that of the official package (manage spec §4.7).
@Suite(.enabled(if: missingServers == nil, missingServers), .timeLimit(.minutes(8)), .serialized)
struct ToolSignInTests {
    private static let path = tenantPath + "/projects/p/tools"

    private func run(_ body: @Sendable (TestApp, MCPTestServer) async throws -> Void) async throws {
        let servers = try await MCPTestServer.start()
        var options = TestApp.Options()
        options.looksAtTools = true
        options.publicURL = "http://localhost:3002"
        try await TestApp.run(options) { app in
            try await app.client.makeProject()
            try await app.client.make("/projects/p/tools", .guardedTool("t", servers))
            try await body(app, servers)
        }
    }

    @Test func `who signs in gives the project a credential, which is sealed and shown to nobody`() async throws {
        try await run { app, servers in
            #expect(try await app.client.send("GET", Self.path + "/t").data["status"] == "needs_auth")
            let page = try await app.signIn(to: "t", servers)
            #expect(page.status == 302, "\(page.text)")
            #expect(page.headers["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(page.headers["location"] == "/manage/oauth/done?tool=t")
            let done = try await app.client.send("GET", "/manage/oauth/done?tool=t")
            #expect(done.text.contains("oauth-success") && done.text.contains("data-all=\"http://localhost:3002\""))
            #expect(done.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            let registered = try await servers.seen(["event": "registered"])
            #expect(registered.map { $0["name"] } == ["Covey"])
            let given = try await servers.seen(["event": "tokens", "by": "code"])
            #expect(given.first?["resource"]?.string == servers.url("/guarded"))

            let tool = try await app.client.send("GET", Self.path + "/t").data
            let reference = try #require(tool["credentialReferenceId"]?.string)
            let credential = try await app.client.send("GET", tenantPath + "/projects/p/credentials/\(reference)").data
            #expect(credential["type"] == "keychain" && credential["retrievalParams"]?["key"] == "oauth_token_t")
            #expect(credential["userId"] == nil || credential["userId"] == .null)
            let token = try #require(given.first?["access"]?.string)
            let kept = try await app.store.database.read { connection in
                try connection.rows(Statement("SELECT key, value FROM credential_entry"), []) {
                    [$0.text(0), $0.text(1)]
                }
            }
            #expect(kept.map { $0[0] } == ["oauth_token_t"] && kept[0][1].hasPrefix("v1."))
            for text in [tool.jsonText, credential.jsonText, page.text, kept[0][1]] { #expect(!text.contains(token)) }
            let audit = try await app.client.send("GET", tenantPath + "/audit?action=tool-sign-in").json
            #expect(audit["data"]?[0]?["target"] == "t")

            // Signing in again uses the same reference.
            #expect(try await app.signIn(to: "t", servers).status == 302)
            let again = try await app.client.send("GET", Self.path + "/t").data
            #expect(again["credentialReferenceId"]?.string == reference)
            let health = try await app.client.send("GET", Self.path + "/t").data
            #expect(health["status"] == "healthy", "\(health.jsonText)")
            #expect(health["expiresAt"] == "2026-01-05T11:00:00.000Z")
        }
    }

    @Test func `a way to the server is good once, in the browser that went it`() async throws {
        try await run { app, servers in
            let way = try await app.leave(for: "t", servers)
            let stranger = try await app.client.send("GET", way.back)
            #expect(stranger.status == 400 && stranger.text.contains("not begun in this browser"))
            // Who tries it without the cookie has spent it.
            #expect(try await app.client.send("GET", way.back, headers: ["cookie": way.cookie]).status == 400)

            let next = try await app.leave(for: "t", servers)
            let other = try await app.client.send("GET", next.back, headers: ["cookie": way.cookie])
            #expect(other.status == 400)
            let third = try await app.leave(for: "t", servers)
            #expect(try await app.client.send("GET", third.back, headers: ["cookie": third.cookie]).status == 302)
            #expect(try await app.client.send("GET", third.back, headers: ["cookie": third.cookie]).status == 400)

            let late = try await app.leave(for: "t", servers)
            app.clock.advance(by: .seconds(601))
            #expect(try await app.client.send("GET", late.back, headers: ["cookie": late.cookie]).status == 400)
            let given = try await servers.seen(["event": "tokens", "by": "code"])
            #expect(given.count == 1)
        }
    }

    @Test func `an answer of another server, and a refusal, give no credential`() async throws {
        try await run { app, servers in
            let way = try await app.leave(for: "t", servers)
            let mixed = try await app.client.send(
                "GET", way.back + "&iss=https%3A%2F%2Felsewhere.example", headers: ["cookie": way.cookie])
            #expect(mixed.status == 400 && mixed.text.contains("another server"))
            try await servers.change(["open": false])
            let refused = try await app.signIn(to: "t", servers)
            #expect(refused.status == 400 && refused.text.contains("access_denied"), "\(refused.text)")
            let bad = try await app.leave(for: "t", servers)
            let script = try await app.client.send(
                "GET", bad.back + "&error_description=%3Cscript%3Ealert",
                headers: ["cookie": bad.cookie, "accept": "text/html"])
            #expect(script.status == 400 && script.text.contains("&lt;script&gt;alert"), "\(script.text)")
            #expect(!script.text.contains("<script>alert"))
            #expect(try await app.client.send("GET", Self.path + "/t").data["credentialReferenceId"] == nil)
        }
    }

    @Test func `servers that cannot be signed in to, and tools that are not there, are told as pages`() async throws {
        try await run { app, servers in
            try await app.client.make(
                "/projects/p/tools",
                [
                    "id": "open", "name": "Open",
                    "config": ["type": "mcp", "mcp": ["server": ["url": "http://127.0.0.1:9/mcp"]]],
                ])
            for (tool, status) in [("none", 404), ("open", 400)] {
                for (accept, type) in [("text/html,*/*", "text/html"), ("*/*", "application/problem+json")] {
                    let reply = try await app.client.send(
                        "GET", Self.path + "/\(tool)/oauth/login", headers: ["accept": accept])
                    #expect(reply.status == status, "\(reply.text)")
                    #expect(reply.headers["content-type"]?.hasPrefix(type) == true)
                }
            }
        }
    }

    @Test func `of a tool of users each signs in for themselves`() async throws {
        try await run { app, servers in
            try await app.client.make("/projects/p/tools", .guardedTool("own", servers, scope: "user"))
            #expect(try await app.signIn(to: "own", servers).status == 302)
            let tool = try await app.client.send("GET", Self.path + "/own").data
            #expect(tool["credentialReferenceId"] == nil)
            let own = try await app.client.send("GET", Self.path + "/own/user-credential").data
            #expect(own["toolId"] == "own" && own["userId"]?.string?.isEmpty == false, "\(own.jsonText)")
            #expect(try await app.signIn(to: "own", servers).status == 302)
            #expect(try await app.client.send("GET", Self.path + "/own/user-credential").data["id"] == own["id"])
        }
    }
}

extension JSONValue {
    /// A tool at the server that wants tokens of the authorization server.
    static func guardedTool(_ id: String, _ servers: MCPTestServer, scope: String = "project") -> JSONValue {
        [
            "id": .string(id), "name": .string(id), "credentialScope": .string(scope),
            "config": ["type": "mcp", "mcp": ["server": ["url": .string(servers.url("/guarded"))]]],
        ]
    }
}

extension TestApp {
    /// Goes to sign in to a tool's server and lets the server send the browser back.
    func leave(for tool: String, _ servers: MCPTestServer) async throws -> (back: String, cookie: String) {
        let login = try await client.send("GET", tenantPath + "/projects/p/tools/\(tool)/oauth/login")
        try #require(login.status == 302, "\(login.text)")
        let cookie = try #require(login.headers["set-cookie"])
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
        let there = try #require(login.headers["location"])
        #expect(there.contains("code_challenge_method=S256") && there.contains("resource="))
        let page = try await TestClient(address: servers.url("")).send(
            "GET", String(there.dropFirst(servers.url("").count)))
        try #require(page.status == 302, "\(page.text)")
        let back = try #require(page.headers["location"])
        let path = try #require(back.firstRange(of: "/manage/oauth"))
        return (String(back[path.lowerBound...]), String(cookie.prefix { $0 != ";" }))
    }

    /// Signs in to a tool's server.
    func signIn(to tool: String, _ servers: MCPTestServer) async throws -> TestReply {
        let way = try await leave(for: tool, servers)
        return try await client.send("GET", way.back, headers: ["cookie": way.cookie])
    }
}
