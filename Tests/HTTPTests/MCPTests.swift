import Catalog
import CoveyTesting
import Outbound
import Testing

/// The agent as a server of the Model Context Protocol: with sessions, and without.
struct MCPTests {
    private static let path = "/run/v1/mcp"
    private static let script = """
        turns:
          - when: {user: hang}
            say: thinking
            hang: true
          - when: {user: fail}
            fail: {kind: auth, message: The key was refused}
          - say: "well done"
        """

    private static func withAgent(_ body: @Sendable (TestApp, TestClient) async throws -> Void) async throws {
        var options = TestApp.Options()
        options.scripts = ["talk": script]
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: "scripted/talk")
            try await app.client.makeAgent()
            try await body(app, app.client.agent("a", of: "p"))
        }
    }

    private static func request(_ id: JSONValue, _ method: String, _ params: JSONValue? = nil) -> JSONValue {
        var message: JSONObject = ["jsonrpc": "2.0", "id": id, "method": .string(method)]
        message["params"] = params
        return .object(message)
    }

    private static func ask(_ text: String, progressToken: String? = nil) -> JSONValue {
        var params: JSONObject = ["name": "send-query-to-agent", "arguments": ["query": .string(text)]]
        if let progressToken { params["_meta"] = ["progressToken": .string(progressToken)] }
        return .object(params)
    }

    /// A client whose requests are of a session.
    private static func session(
        _ client: TestClient, _ version: String = "2025-11-25"
    ) async throws -> TestClient {
        let hello = request(
            0, "initialize",
            [
                "protocolVersion": .string(version), "capabilities": [:],
                "clientInfo": ["name": "test", "version": "1"],
            ])
        let reply = try await client.send("POST", path, hello)
        try #require(reply.status == 200, "\(reply.text)")
        #expect(reply.json["result"]?["protocolVersion"]?.string == version)
        #expect(reply.json["result"]?["capabilities"]?["tools"] != nil)
        #expect(reply.json["result"]?["serverInfo"]?["name"] == "covey")
        var client = client
        let id: String = try #require(reply.headers["mcp-session-id"])
        client.headers["mcp-session-id"] = id
        client.headers["mcp-protocol-version"] = version
        let ready: JSONValue = ["jsonrpc": "2.0", "method": "notifications/initialized"]
        let taken = try await client.send("POST", path, ready)
        #expect(taken.status == 202 && taken.bytes.isEmpty)
        return client
    }

    /// The request without a session, and its headers.
    private static func stateless(
        _ id: JSONValue, _ method: String, _ params: JSONObject = [:]
    ) -> (body: JSONValue, headers: HTTPHeaders) {
        var params = params
        var meta = params["_meta"]?.object ?? [:]
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28"
        meta["io.modelcontextprotocol/clientCapabilities"] = [:]
        params["_meta"] = .object(meta)
        var headers: HTTPHeaders = ["mcp-protocol-version": "2026-07-28", "mcp-method": method]
        headers["mcp-name"] = params["name"]?.string
        return (request(id, method, .object(params)), headers)
    }

    // MARK: Sessions

    @Test func `a session is one conversation`() async throws {
        try await Self.withAgent { app, client in
            let session = try await Self.session(client)
            let tools = try await session.send("POST", Self.path, Self.request(1, "tools/list")).json["result"]?[
                "tools"]
            #expect(tools?.array?.count == 1 && tools?[0]?["name"] == "send-query-to-agent")
            #expect(tools?[0]?["inputSchema"]?["required"] == ["query"])
            #expect(tools?[0]?["description"]?.string?.contains("Agent") == true)
            for id in ["a", "b"] as [JSONValue] {
                let reply = try await session.send(
                    "POST", Self.path, Self.request(id, "tools/call", Self.ask("Hi")),
                    headers: ["accept": "application/json"])
                #expect(reply.headers["content-type"] == "application/json")
                #expect(
                    reply.json == [
                        "jsonrpc": "2.0", "id": id,
                        "result": ["content": [["type": "text", "text": "well done"]], "isError": false],
                    ])
            }
            let id: String = try #require(session.headers["mcp-session-id"])
            let path = "\(tenantPath)/projects/p/conversations/\(id)?format=vercel"
            let conversation = try await app.client.send("GET", path).data
            #expect(conversation["title"] == "Hi")
            #expect(conversation["messages"]?.array?.count == 4)
            let pong = try await session.send("POST", Self.path, Self.request(3, "ping"))
            #expect(pong.json == ["jsonrpc": "2.0", "id": 3, "result": [:]])
        }
    }

    @Test func `who accepts a stream gets progress and the answer in it`() async throws {
        try await Self.withAgent { _, client in
            let session = try await Self.session(client)
            let accept: HTTPHeaders = ["accept": "application/json, text/event-stream"]
            let call = Self.request(7, "tools/call", Self.ask("Hi", progressToken: "t"))
            var stream = try await session.stream("POST", Self.path, call, headers: accept)
            #expect(stream.headers["content-type"] == "text/event-stream")
            let sent = try await stream.rest().map { try JSONValue(parsing: $0.text) }
            #expect(stream.text.hasPrefix("event: message\ndata: "))
            #expect(sent.first?["method"] == "notifications/progress")
            #expect(sent.first?["params"]?["progressToken"] == "t")
            #expect(sent.last?["id"] == 7 && sent.last?["result"]?["content"]?[0]?["text"] == "well done")
            #expect(sent.count == 2)
            let plain = Self.request(8, "tools/call", Self.ask("Hi"))
            var silent = try await session.stream("POST", Self.path, plain, headers: accept)
            #expect(try await silent.rest().count == 1)
        }
    }

    @Test func `a run that fails is an error that the caller's model can read`() async throws {
        try await Self.withAgent { _, client in
            let session = try await Self.session(client)
            let failed = try await session.send("POST", Self.path, Self.request(1, "tools/call", Self.ask("fail")))
            #expect(failed.status == 200 && failed.json["result"]?["isError"] == true)
            #expect(failed.json["result"]?["content"]?[0]?["text"] == "The key was refused")
        }
    }

    @Test func `a handshake agrees on a revision that both know`() async throws {
        try await Self.withAgent { _, client in
            for (asked, agreed) in [
                ("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"), ("1999-01-01", "2025-11-25"),
                ("2026-07-28", "2025-11-25"),
            ] {
                let hello = Self.request(1, "initialize", ["protocolVersion": .string(asked)])
                let reply = try await client.send("POST", Self.path, hello)
                #expect(reply.json["result"]?["protocolVersion"]?.string == agreed)
            }
        }
    }

    @Test func `what is wrong with a session is told in JSON-RPC`() async throws {
        try await Self.withAgent { app, client in
            let list = Self.request(5, "tools/list")
            let session = try await Self.session(client)
            let id: HTTPHeaders = ["mcp-session-id": session.headers["mcp-session-id"] ?? ""]
            let chat = try await client.send(
                "POST", "/run/api/chat", ["messages": messages("Hi"), "conversationId": "c1", "stream": false])
            #expect(chat.status == 200)
            try await client.check([
                Scenario(
                    "no session", "POST", Self.path, list, status: 400,
                    contains: ["-32602", "Mcp-Session-Id header is required", "\"id\":5"]),
                Scenario(
                    "an unknown one", "POST", Self.path, list, headers: ["mcp-session-id": "none"], status: 404,
                    contains: ["-32001", "Session not found"]),
                Scenario(
                    "a conversation that is none", "POST", Self.path, list, headers: ["mcp-session-id": "c1"],
                    status: 404, contains: ["Session not found"]),
                Scenario(
                    "not JSON", "POST", Self.path, text: "{", type: "application/json", status: 400,
                    contains: ["-32700", "\"id\":null"]),
                Scenario("no message", "POST", Self.path, ["a": 1], headers: id, status: 400, contains: ["-32600"]),
                Scenario(
                    "an id that is none", "POST", Self.path, ["jsonrpc": "2.0", "id": nil, "method": "ping"],
                    headers: id, status: 400, contains: ["-32600"]),
                Scenario(
                    "no revision", "POST", Self.path, list,
                    headers: ["mcp-session-id": id["mcp-session-id"] ?? "", "mcp-protocol-version": "1999-01-01"],
                    status: 400, contains: ["-32022", "2025-11-25"]),
                Scenario("no stream to listen to", "GET", Self.path, status: 405),
                Scenario("no end of sessions", "DELETE", Self.path, headers: id, status: 405),
                Scenario(
                    "a page from elsewhere", "POST", Self.path, list, headers: ["origin": "https://evil.example"],
                    status: 403, contains: ["-32600"]),
            ])
            try await session.check([
                Scenario(
                    "no method", "POST", Self.path, Self.request(6, "prompts/list"), status: 200, contains: ["-32601"]),
                Scenario(
                    "no tool", "POST", Self.path, Self.request(6, "tools/call", ["name": "x"]), status: 200,
                    contains: ["-32602", "Unknown tool"]),
                Scenario(
                    "no query", "POST", Self.path, Self.request(6, "tools/call", Self.ask(" ")), status: 200,
                    contains: ["-32602", "query"]),
                Scenario(
                    "a batch", "POST", Self.path, [Self.request(6, "ping")], status: 400,
                    contains: ["-32600", "2025-03-26"]),
            ])
            var bob = app.client.agent("a", of: "p", as: "bob")
            bob.headers["mcp-session-id"] = id["mcp-session-id"]
            #expect(try await bob.send("POST", Self.path, list).status == 404)
            try await app.client.make("/projects/p/agents", ["id": "empty", "name": "Empty"])
            try await app.client.agent("empty", of: "p").check([
                Scenario(
                    "no sub-agent", "POST", Self.path, Self.request(1, "initialize", [:]), status: 400,
                    contains: ["-32001", "default agent"])
            ])
            try await app.client.agent("none", of: "p").check([
                Scenario(
                    "no agent", "POST", Self.path, Self.request(1, "initialize", [:]), status: 404,
                    contains: ["-32001", "Agent not found"])
            ])
        }
    }

    @Test func `several messages at once are answered in the revision that has them`() async throws {
        try await Self.withAgent { _, client in
            let session = try await Self.session(client, "2025-03-26")
            let notification: JSONValue = ["jsonrpc": "2.0", "method": "notifications/roots/list_changed"]
            let batch: JSONValue = [
                Self.request(1, "ping"), notification, Self.request(2, "tools/call", Self.ask("Hi")),
                Self.request(3, "nothing"), 7,
            ]
            let replies = try await session.send("POST", Self.path, batch).json
            #expect((replies.array ?? []).map { $0["id"] } == [1, 2, 3, .null])
            #expect(replies[1]?["result"]?["content"]?[0]?["text"] == "well done")
            #expect(replies[2]?["error"]?["code"] == -32601 && replies[3]?["error"]?["code"] == -32600)
            #expect(try await session.send("POST", Self.path, [notification]).status == 202)
            let many = JSONValue.array(Array(repeating: Self.request(1, "ping"), count: 17))
            #expect(try await session.send("POST", Self.path, many).status == 400)
            #expect(try await session.send("POST", Self.path, []).status == 400)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a call is taken back by its id, and by no other`() async throws {
        try await Self.withAgent { _, client in
            let session = try await Self.session(client)
            let accept: HTTPHeaders = ["accept": "text/event-stream"]
            let call = Self.request("x", "tools/call", Self.ask("hang", progressToken: "t"))
            var stream = try await session.stream("POST", Self.path, call, headers: accept)
            #expect(try await stream.next(with: "progress") != nil)
            let busy = try await session.send("POST", Self.path, Self.request(9, "tools/call", Self.ask("Hi")))
            #expect(busy.json["result"]?["isError"] == true)
            #expect(busy.json["result"]?["content"]?[0]?["text"]?.string?.contains("still answering") == true)
            for id in ["y", "x"] as [JSONValue] {
                let taken = try await session.send(
                    "POST", Self.path,
                    ["jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": id]])
                #expect(taken.status == 202)
            }
            let last = try await stream.rest().last
            #expect(last?.text.contains("\"isError\":true") == true)
            let next = try await session.send("POST", Self.path, Self.request(10, "tools/call", Self.ask("Hi")))
            #expect(next.json["result"]?["isError"] == false)
        }
    }

    // MARK: Without sessions

    @Test func `without a session each call names its conversation`() async throws {
        try await Self.withAgent { app, client in
            let discover = Self.stateless(1, "server/discover")
            let found = try await client.send("POST", Self.path, discover.body, headers: discover.headers)
            #expect(found.headers["mcp-session-id"] == nil)
            let result = found.json["result"]
            #expect(result?["supportedVersions"]?[0] == "2026-07-28" && result?["resultType"] == "complete")
            #expect(result?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "covey")
            let list = Self.stateless(2, "tools/list")
            let tools = try await client.send("POST", Self.path, list.body, headers: list.headers).json["result"]
            #expect(tools?["tools"]?[0]?["inputSchema"]?["properties"]?["conversationId"] != nil)
            #expect(tools?["cacheScope"] == "private" && tools?["ttlMs"] == 0)
            let first = Self.stateless(3, "tools/call", Self.ask("Hi").object ?? [:])
            let answer = try await client.send("POST", Self.path, first.body, headers: first.headers).json["result"]
            #expect(answer?["content"]?[0]?["text"] == "well done" && answer?["resultType"] == "complete")
            let conversation = try #require(answer?["structuredContent"]?["conversationId"]?.string)
            var params = Self.ask("More").object ?? [:]
            params["arguments"] = ["query": "More", "conversationId": .string(conversation)]
            let second = Self.stateless(4, "tools/call", params)
            let more = try await client.send("POST", Self.path, second.body, headers: second.headers).json["result"]
            #expect(more?["structuredContent"]?["conversationId"]?.string == conversation)
            let path = "\(tenantPath)/projects/p/conversations/\(conversation)?format=vercel"
            #expect(try await app.client.send("GET", path).data["messages"]?.array?.count == 4)
            let bob = app.client.agent("a", of: "p", as: "bob")
            let foreign = try await bob.send("POST", Self.path, second.body, headers: second.headers).json["result"]
            #expect(foreign?["isError"] == true && foreign?["content"]?[0]?["text"] == "Conversation not found")
        }
    }

    @Test func `headers must say what the body says`() async throws {
        try await Self.withAgent { _, client in
            let call = Self.stateless(1, "tools/call", Self.ask("Hi").object ?? [:])
            func broken(_ name: String, _ value: String?) -> HTTPHeaders {
                var headers = call.headers
                headers[name] = value
                return headers
            }
            var bare = call.body.object ?? [:]
            bare["params"] = [
                "name": "send-query-to-agent", "_meta": ["io.modelcontextprotocol/protocolVersion": "2026-07-28"],
            ]
            let future = Self.stateless(1, "tools/list", ["_meta": [:]])
            var newer = future.body.object ?? [:]
            newer["params"] = [
                "_meta": [
                    "io.modelcontextprotocol/protocolVersion": "2030-01-01",
                    "io.modelcontextprotocol/clientCapabilities": [:],
                ]
            ]
            let unknown = Self.stateless(1, "resources/list")
            try await client.check([
                Scenario(
                    "another name", "POST", Self.path, call.body, headers: broken("mcp-name", "x"), status: 400,
                    contains: ["-32020", "Mcp-Name"]),
                Scenario(
                    "no method", "POST", Self.path, call.body, headers: broken("mcp-method", nil), status: 400,
                    contains: ["-32020", "Mcp-Method"]),
                Scenario(
                    "another revision", "POST", Self.path, call.body,
                    headers: broken("mcp-protocol-version", "2025-11-25"), status: 400, contains: ["-32020"]),
                Scenario(
                    "no capabilities", "POST", Self.path, .object(bare), headers: call.headers, status: 400,
                    contains: ["-32602", "clientCapabilities"]),
                Scenario(
                    "a revision to come", "POST", Self.path, .object(newer),
                    headers: ["mcp-protocol-version": "2030-01-01", "mcp-method": "tools/list"], status: 400,
                    contains: ["-32022", "\"requested\":\"2030-01-01\""]),
                Scenario(
                    "no such method", "POST", Self.path, unknown.body, headers: unknown.headers, status: 404,
                    contains: ["-32601"]),
                Scenario(
                    "a name in base64", "POST", Self.path, call.body,
                    headers: broken("mcp-name", "=?base64?c2VuZC1xdWVyeS10by1hZ2VudA==?="), status: 200,
                    contains: ["well done"]),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `who leaves takes the call back, where there is no session`() async throws {
        try await Self.withAgent { app, client in
            var params = Self.ask("hang", progressToken: "t").object ?? [:]
            params["arguments"] = ["query": "hang", "conversationId": "c1"]
            let call = Self.stateless(1, "tools/call", params)
            var headers = call.headers
            headers["accept"] = "application/json, text/event-stream"
            do {
                var stream = try await client.stream("POST", Self.path, call.body, headers: headers)
                #expect(try await stream.next(with: "progress") != nil)
            }
            // The stream of the conversation's run ends when the run does.
            var stream = try await client.stream("GET", "/run/v1/conversations/c1/stream")
            #expect(try await stream.rest().contains { $0.text.contains("\"abort\"") })
        }
    }
}
