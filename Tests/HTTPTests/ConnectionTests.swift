import Catalog
import CoveyTesting
import HTTP
import Outbound
import Runtime
import Testing

/// Clients that send too much, too slowly or not at all; streams that are silent; a server that stops.
struct ConnectionTests {
    private static let post =
        "POST \(tenantPath)/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    @Test(.timeLimit(.minutes(8))) func `a body that never ends is cut off in time`() async throws {
        var options = TestApp.Options()
        options.limits.request = .milliseconds(100)
        try await TestApp.run(options) { app in
            let raw = try #require(RawConnection(port: app.port))
            raw.send(Self.post + "Content-Length: 100\r\n\r\n{\"id\":")
            #expect(await raw.readToEnd() == "")
            #expect(try await app.client.send("GET", "/health").status == 204)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a head that never ends is cut off in time`() async throws {
        var options = TestApp.Options()
        options.limits.idle = .milliseconds(100)
        try await TestApp.run(options) { app in
            let raw = try #require(RawConnection(port: app.port))
            raw.send("GET /health HTTP/1.1\r\nHost: loc")
            #expect(await raw.readToEnd() == "")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a refused body is not waited for`() async throws {
        var options = TestApp.Options()
        options.limits.bodyBytesMax = 1024
        try await TestApp.run(options) { app in
            let declared = try #require(RawConnection(port: app.port))
            declared.send(Self.post + "Content-Length: 5000000000\r\n\r\n{")
            #expect(await declared.readToEnd().hasPrefix("HTTP/1.1 413"))
            let chunked = try #require(RawConnection(port: app.port))
            chunked.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = "800\r\n" + String(repeating: " ", count: 2048) + "\r\n"
            chunked.send(chunk)
            chunked.send(chunk)
            #expect(await chunked.readToEnd().hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what a stranger sends is not waited for`() async throws {
        var options = TestApp.Options.forPeople
        // A server that waited for the rest would cut the connection off, but not before the test is over.
        options.limits.request = .seconds(600)
        try await TestApp.run(options) { app in
            let ann = try await app.person("ann@x.io", in: "elsewhere")
            for path in ["/projects", "/projects/p/agents"] {
                let raw = try #require(RawConnection(port: app.port))
                raw.send(
                    "POST \(tenantPath)\(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(ann.token)\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
                let reply = await raw.readToEnd()
                #expect(reply.hasPrefix(path == "/projects" ? "HTTP/1.1 403" : "HTTP/1.1 404"), "\(reply)")
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `after an answer that closes the connection no other request is read`()
        async throws
    {
        var options = TestApp.Options()
        options.limits.bodyBytesMax = 1024
        try await TestApp.run(options) { app in
            let raw = try #require(RawConnection(port: app.port))
            raw.send(Self.post + "Content-Length: 2000\r\n\r\n{")
            let reply = await raw.readToEnd()
            #expect(reply.hasPrefix("HTTP/1.1 413") && reply.lowercased().contains("connection: close"), "\(reply)")
            let body = #"{"id":"late","name":"Late","models":{"base":{"model":"mock/m"}}}"#
            let next = Self.post + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
            raw.send(String(repeating: " ", count: 1999) + next)
            // What was sent on another connection later was read later, if the first was read at all.
            try await app.client.makeProject("p", model: "mock/m")
            #expect(try await app.client.send("GET", tenantPath + "/projects/late").status == 404)
        }
    }

    @Test(
        .timeLimit(.minutes(8)),
        arguments: [
            "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /health HTTP/1.1\r\nBad Header: x\r\n\r\n",
            "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n",
        ])
    func `what is not HTTP is refused and the connection closed`(_ request: String) async throws {
        try await TestApp.run { app in
            let raw = try #require(RawConnection(port: app.port))
            raw.send(request.replacing("{long}", with: String(repeating: "a", count: 40_000)))
            let reply = await raw.readToEnd()
            #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 4"), "\(reply)")
            #expect(try await app.client.send("GET", "/health").status == 204)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a client that waits for 100-continue is told to go on`() async throws {
        try await TestApp.run { app in
            let raw = try #require(RawConnection(port: app.port))
            let body = #"{"id":"p","name":"P","models":{"base":{"model":"mock/m"}}}"#
            raw.send(
                Self.post + "Expect: 100-continue\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
            raw.send(body)
            let reply = await raw.readToEnd()
            #expect(reply.hasPrefix("HTTP/1.1 100"))
            #expect(reply.contains("HTTP/1.1 201"))
        }
    }

    @Test(.timeLimit(.minutes(8))) func `two requests in one packet are answered in order`() async throws {
        try await TestApp.run { app in
            let raw = try #require(RawConnection(port: app.port))
            let first = "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"
            raw.send(first + "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let reply = await raw.readToEnd()
            let ready = try #require(reply.firstRange(of: "HTTP/1.1 200"))
            let health = try #require(reply.firstRange(of: "HTTP/1.1 204"))
            #expect(ready.lowerBound < health.lowerBound)
        }
    }

    private static func withHangingAgent(
        _ options: TestApp.Options, _ body: @Sendable (TestApp, TestClient) async throws -> Void
    ) async throws {
        var options = options
        options.scripts["hang"] = "turns:\n  - say: thinking\n    hang: true\n"
        try await TestApp.run(options) { app in
            try await app.client.makeProject(model: "scripted/hang")
            try await app.client.makeAgent()
            try await body(app, app.client.agent("a", of: "p"))
        }
    }

    private static func turn(_ conversation: String) -> JSONValue {
        ["messages": messages("Hi"), "conversationId": .string(conversation)]
    }

    @Test(.timeLimit(.minutes(8))) func `a silent stream is kept alive by comments`() async throws {
        var options = TestApp.Options()
        options.limits.ping = .milliseconds(20)
        try await Self.withHangingAgent(options) { _, client in
            var stream = try await client.stream("POST", "/run/api/chat", Self.turn("c1"))
            #expect(try await stream.read(until: ": ping\n\n: ping\n\n"))
            _ = try await client.send("POST", "/run/v1/conversations/c1/cancel")
            _ = try await stream.rest()
            #expect(stream.text.contains("data: [DONE]\n\n"))
        }
    }

    @Test(.timeLimit(.minutes(8))) func `streams beyond the limit are refused, and a client that left makes room`()
        async throws
    {
        var options = TestApp.Options()
        options.limits.streamsMax = 1
        try await Self.withHangingAgent(options) { app, client in
            do {
                var stream = try await client.stream("POST", "/run/api/chat", Self.turn("c1"))
                #expect(try await stream.next(with: "thinking") != nil)
                let refused = try await client.send("GET", "/run/v1/conversations/c1/stream")
                #expect(refused.status == 503)
                #expect(refused.headers["retry-after"] == "1")
            }
            // The client above has gone; its stream was idle, so only its leaving can end it.
            var status = 503
            while status == 503 {
                let stream = try await client.stream("GET", "/run/v1/conversations/c1/stream")
                status = stream.status
                await Task.yield()
            }
            #expect(status == 200)
            _ = try await client.send("POST", "/run/v1/conversations/c1/cancel")
        }
    }

    @Test(.timeLimit(.minutes(8)))
    func `a stream that is open when the server stops is written to its end`() async throws {
        var options = TestApp.Options()
        options.usesLiveClock = true
        options.scripts["talk"] = "turns:\n  - say: one two three four five\n    delayMs: 50\n"
        try await TestApp.run(options) { app in
            try await app.client.makeProject("p", model: "scripted/talk")
            try await app.client.makeAgent("a", in: "p")
            let client = app.client.agent("a", of: "p")
            var stream = try await client.stream("POST", "/run/api/chat", Self.turn("c1"))
            #expect(try await stream.next(with: "one") != nil)
            await app.stop()
            let events = try await stream.rest()
            #expect(events.last?.text == "[DONE]")
            #expect(stream.text.contains("five"))
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a server that stops ends its streams, and its successor goes on with the run`()
        async throws
    {
        let folder = try TestApp.makeFolder()
        defer { TestApp.remove(folder) }
        var options = TestApp.Options()
        options.folder = folder
        options.runtimeLimits.shutdownMs = 0
        let seen = Shared<String?>(nil)
        let database = Shared<String?>(nil)
        try await Self.withHangingAgent(options) { app, client in
            var stream = try await client.stream("POST", "/run/api/chat", Self.turn("c1"))
            #expect(try await stream.next(with: "thinking") != nil)
            await app.stop()
            _ = try? await stream.rest()
            #expect(!stream.text.contains("[DONE]"), "the run is not over")
            seen.value = stream.text
            database.value = app.databaseURL
        }
        options.databaseURL = database.value
        // A reader that comes before the run is taken up looks for it again and again.
        options.usesLiveClock = true
        options.scripts["hang"] = "turns:\n  - say: well\n"
        try await TestApp.run(options) { app in
            let client = app.client.agent("a", of: "p")
            var stream = try await client.stream("GET", "/run/v1/conversations/c1/stream")
            let events = try await stream.rest()
            #expect(events.contains { $0.text.contains("well") })
            #expect(events.last?.text == "[DONE]")
            let before = try #require(seen.value)
            #expect(stream.text.hasPrefix(before), "what was shown stays as it was")
        }
    }
}
