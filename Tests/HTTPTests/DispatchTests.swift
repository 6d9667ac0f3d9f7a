import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// What every request goes through: routes, bodies, ids, headers.
struct DispatchTests {
    @Test func `every refusal has its status and its words`() async throws {
        var options = TestApp.Options()
        options.limits.bodyBytesMax = 2000
        try await TestApp.run(options) { app in
            try await app.client.makeProject()
            let projects = tenantPath + "/projects"
            let agents = projects + "/p/agents"
            let huge = "{\"id\":\"" + String(repeating: "a", count: 3000) + "\"}"
            try await app.client.check([
                Scenario(
                    "an unknown route", "GET", "/nothing", status: 404, contains: ["Route not found", "not_found"]),
                Scenario("a route of no tenant", "GET", "/manage/tenants//projects", status: 404),
                Scenario("a wrong method", "PUT", "/health", status: 405, contains: ["GET, HEAD, OPTIONS"]),
                Scenario(
                    "an unknown project", "GET", projects + "/q/agents", status: 404, contains: ["Project not found"]),
                Scenario("an unknown agent", "GET", agents + "/x", status: 404, contains: ["Agent not found"]),
                Scenario(
                    "a project id that is no id", "GET", projects + "/P%24/agents", status: 400,
                    contains: ["projectId"]),
                Scenario("an id that is none", "GET", agents + "/a%2Fb", status: 400, contains: ["/id", "letters"]),
                Scenario("a reserved id", "GET", agents + "/new", status: 400, contains: ["reserved"]),
                Scenario("an escape that is none", "GET", agents + "/%zz", status: 400, contains: ["percent-encoded"]),
                Scenario("a query that is none", "GET", agents + "?page=%zz", status: 400, contains: ["query"]),
                Scenario("a page that is none", "GET", agents + "?page=0", status: 400, contains: ["page"]),
                Scenario("a limit beyond the most", "GET", agents + "?limit=101", status: 400, contains: ["limit"]),
                Scenario("an unknown ref", "GET", agents + "?ref=other", status: 404, contains: ["Unknown ref: other"]),
                Scenario("the main ref", "GET", agents + "?ref=main", status: 200),
                Scenario(
                    "an unknown ref by header", "GET", agents, headers: ["x-inkeep-ref": "v1"], status: 404,
                    contains: ["Unknown ref: v1"]),
                Scenario("no body", "POST", agents, status: 400, contains: ["needs a JSON body"]),
                Scenario(
                    "half a document", "POST", agents, text: "{\"id\":", type: "application/json", status: 400,
                    contains: ["end of input at byte 6"]),
                Scenario(
                    "nonsense", "POST", agents, text: "\u{1}\u{2}", type: "application/json", status: 400,
                    contains: ["byte 0"]),
                Scenario(
                    "two documents", "POST", agents, text: "{}{}", type: "application/json", status: 400,
                    contains: ["byte 2"]),
                Scenario(
                    "no object", "POST", agents, text: "[1]", type: "application/json", status: 400,
                    contains: ["must be an object"]),
                Scenario(
                    "another media type", "POST", agents, text: "id=a", type: "application/x-www-form-urlencoded",
                    status: 415),
                Scenario(
                    "no media type", "POST", agents, text: "{}", type: nil, status: 415,
                    contains: ["application/json"]),
                Scenario(
                    "JSON with a charset", "POST", agents, text: "{\"id\":\"c\",\"name\":\"C\"}",
                    type: "Application/JSON; charset=utf-8", status: 201),
                Scenario(
                    "a body that is too large", "POST", agents, text: huge, type: "application/json", status: 413,
                    contains: ["2000 bytes"]),
                Scenario(
                    "all broken fields at once", "POST", agents, ["id": 3, "name": ""], status: 400,
                    contains: ["\"/id\"", "\"/name\"", "Validation Failed"]),
                Scenario("an id twice", "POST", agents, ["id": "c", "name": "C"], status: 409, contains: ["conflict"]),
            ])
        }
    }

    @Test func `every reply has the common headers, and the client's request id`() async throws {
        try await TestApp.run { app in
            for path in ["/health", "/nothing", tenantPath + "/projects"] {
                let reply = try await app.client.send("GET", path, headers: ["x-request-id": "mine-1"])
                #expect(reply.headers["x-request-id"] == "mine-1")
                #expect(reply.headers["x-content-type-options"] == "nosniff")
                #expect(reply.headers["referrer-policy"] == "strict-origin-when-cross-origin")
                #expect(reply.headers["x-xss-protection"] == "0")
                #expect(reply.headers["date"] == "Mon, 05 Jan 2026 10:00:00 GMT")
            }
            let problem = try await app.client.send("GET", "/nothing?x=1", headers: ["x-request-id": "mine-2"])
            #expect(problem.headers["content-type"] == "application/problem+json")
            #expect(problem.json["requestId"] == "mine-2")
            #expect(problem.json["instance"] == "/nothing")
        }
    }

    @Test func `health, readiness and documents need no credential`() async throws {
        var options = TestApp.Options()
        options.authentication = .init()
        try await TestApp.run(options) { app in
            #expect(try await app.client.send("GET", "/health").status == 204)
            #expect(
                try await app.client.send("GET", "/ready").json == ["status": "ok", "manageDb": true, "runDb": true])
            let page = try await app.client.send("GET", "/docs")
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(!page.text.contains("src=\"http"), "the page asks no other host for anything")
            let document = try await app.client.send("GET", "/openapi.json").json
            #expect(document["openapi"] == "3.1.0")
            #expect(document["paths"]?["/run/v1/chat/completions"]?["post"]?["operationId"] == "create-chat-completion")
            #expect(document["paths"]?["/health"]?["get"]?["security"] == [])
        }
    }

    @Test func `a closed store is not ready`() async throws {
        try await TestApp.run { app in
            await app.store.close()
            let reply = try await app.client.send("GET", "/ready")
            #expect(reply.status == 503)
            #expect(reply.json["checks"] == ["manageDb": false, "runDb": false])
            #expect(reply.headers["retry-after"] == "1")
            #expect(try await app.client.send("GET", "/health").status == 204)
        }
    }

    @Test func `HEAD is GET without the body`() async throws {
        try await TestApp.run { app in
            let get = try await app.client.send("GET", "/openapi.json")
            let raw = try #require(RawConnection(port: app.port))
            raw.send("HEAD /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let head = await raw.readToEnd().lowercased()
            #expect(head.hasPrefix("http/1.1 200"))
            #expect(head.contains("content-length: \(get.bytes.count)\r\n"))
            #expect(head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `pages of any origin may run agents, but not manage them`() async throws {
        try await TestApp.run { app in
            let origin: HTTPHeaders = ["origin": "https://shop.example"]
            let asked: HTTPHeaders = [
                "origin": "https://shop.example", "access-control-request-method": "POST",
                "access-control-request-headers": "content-type,x-inkeep-app-id",
            ]
            let preflight = try await app.client.send("OPTIONS", "/run/api/chat", headers: asked)
            #expect(preflight.status == 204)
            #expect(preflight.headers["access-control-allow-origin"] == "https://shop.example")
            #expect(preflight.headers["access-control-allow-headers"] == "content-type,x-inkeep-app-id")
            #expect(preflight.headers["access-control-allow-methods"]?.contains("POST") == true)
            #expect(preflight.headers["access-control-max-age"] == "86400")
            let run = try await app.client.send("POST", "/run/api/chat", [:], headers: origin)
            #expect(run.headers["access-control-allow-origin"] == "https://shop.example")
            #expect(run.headers["vary"] == "Origin")
            let manage = try await app.client.send("OPTIONS", tenantPath + "/projects", headers: asked)
            #expect(manage.headers["access-control-allow-origin"] == nil)
            #expect(manage.headers["allow"] == "GET, POST, HEAD, OPTIONS")
            #expect(try await app.client.send("OPTIONS", "/nothing", headers: asked).status == 404)
        }
    }

    @Test func `pages of trusted origins may manage, and no page that only looks like one`() async throws {
        var options = TestApp.Options()
        options.people.trustedOrigins = ["https://Console.example.com:443/app", "http://ui.example:8080"]
        try await TestApp.run(options) { app in
            for origin in ["https://console.example.com", "http://ui.example:8080"] {
                let asked: HTTPHeaders = ["origin": origin, "access-control-request-headers": "if-match"]
                let preflight = try await app.client.send("OPTIONS", tenantPath + "/projects", headers: asked)
                #expect(preflight.headers["access-control-allow-origin"] == origin)
                #expect(preflight.headers["access-control-allow-credentials"] == "true")
                #expect(preflight.headers["access-control-allow-headers"] == "if-match")
                let reply = try await app.client.send("GET", "/openapi.json", headers: ["origin": origin])
                #expect(reply.headers["access-control-allow-origin"] == origin)
            }
            for origin in [
                "http://console.example.com", "https://console.example.com.evil.example",
                "https://evil.console.example.com", "https://console.example.com:8443", "null", "http://ui.example",
                "https://example.com",
            ] {
                let reply = try await app.client.send(
                    "OPTIONS", tenantPath + "/projects", headers: ["origin": origin])
                #expect(reply.headers["access-control-allow-origin"] == nil, "\(origin)")
                #expect(reply.headers["access-control-allow-credentials"] == nil, "\(origin)")
                #expect(reply.headers["vary"] == "Origin")
            }
        }
    }
}
