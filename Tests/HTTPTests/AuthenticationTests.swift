import Catalog
import CoveyTesting
import HTTP
import Outbound
import Testing

/// Who is let in, and what the others are told.
struct AuthenticationTests {
    private static let manageSecret = "manage-secret-0123456789"
    private static let runSecret = "run-secret-0123456789"

    private static func bearer(_ secret: String, _ more: HTTPHeaders = [:]) -> HTTPHeaders {
        var headers: HTTPHeaders = ["authorization": "Bearer \(secret)"]
        for field in more.fields { headers[field.name] = field.value }
        return headers
    }

    private static let scope: HTTPHeaders = [
        "x-inkeep-tenant-id": "default", "x-inkeep-project-id": "p", "x-inkeep-agent-id": "a",
    ]

    private static func options(isDevelopment: Bool = false) -> TestApp.Options {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(
            manageBypassSecret: manageSecret, runBypassSecret: runSecret, isDevelopment: isDevelopment)
        return options
    }

    /// Manage spec §8 check 2.
    @Test func `management takes its bypass secret and nothing else`() async throws {
        try await TestApp.run(Self.options()) { app in
            let path = tenantPath + "/projects"
            let missing = "Missing or invalid authorization header. Expected: Bearer <api_key>"
            try await app.client.check([
                Scenario("the secret", "GET", path, headers: Self.bearer(Self.manageSecret), status: 200),
                Scenario(
                    "in small letters", "GET", path, headers: ["authorization": "bearer \(Self.manageSecret)"],
                    status: 200),
                Scenario("as a key", "GET", path, headers: ["x-api-key": Self.manageSecret], status: 200),
                Scenario("no credential", "GET", path, status: 401, contains: [missing, "\"unauthorized\""]),
                Scenario(
                    "basic credentials", "GET", path, headers: ["authorization": "Basic eDp5"], status: 401,
                    contains: [missing]),
                Scenario(
                    "the other secret", "GET", path, headers: Self.bearer(Self.runSecret), status: 401,
                    contains: ["Invalid Token"]),
                Scenario(
                    "the beginning of it", "GET", path, headers: Self.bearer("manage-secret-01234567"), status: 401,
                    contains: ["Invalid Token"], lacks: [Self.manageSecret]),
                Scenario(
                    "before the body is looked at", "POST", path, text: "{", type: "application/json", status: 401),
            ])
            let reply = try await app.client.send("GET", path)
            #expect(reply.headers["www-authenticate"] == "Bearer")
        }
    }

    @Test func `running takes its bypass secret with a scope`() async throws {
        try await TestApp.run(Self.options()) { app in
            var manager = app.client
            manager.headers = Self.bearer(Self.manageSecret)
            try await manager.makeProject()
            try await manager.makeAgent()
            let path = "/run/v1/chat/completions"
            let body: JSONValue = ["model": "x", "messages": messages("Hi")]
            let scoped = Self.bearer(Self.runSecret, Self.scope)
            let partial = Self.bearer(Self.runSecret, ["x-inkeep-tenant-id": "default", "x-inkeep-project-id": "p"])
            func acting(_ user: String) -> HTTPHeaders {
                Self.bearer(Self.runSecret, Self.scope).with("x-inkeep-run-as-user-id", user)
            }
            let identifier = "x-inkeep-run-as-user-id cannot be a system identifier"
            try await app.client.check([
                Scenario(
                    "the secret and a scope", "POST", path, body, headers: scoped, status: 200,
                    contains: ["Mock response."]),
                Scenario(
                    "without an agent", "POST", path, body, headers: partial, status: 401,
                    contains: ["Missing or invalid tenant, project, or agent ID"]),
                Scenario(
                    "no credential", "POST", path, body, headers: Self.scope, status: 401,
                    contains: ["Expected: Bearer <api_key>"]),
                Scenario(
                    "a short one", "POST", path, body, headers: Self.bearer("short", Self.scope), status: 401,
                    contains: ["Invalid API key format"]),
                Scenario(
                    "a wrong one", "POST", path, body, headers: Self.bearer(Self.manageSecret, Self.scope), status: 401,
                    contains: ["Invalid Token"]),
                Scenario(
                    "for an app", "POST", path, body, headers: scoped.with("x-inkeep-app-id", "app_1"), status: 401,
                    contains: ["Invalid Token"]),
                Scenario("on behalf of a user", "POST", path, body, headers: acting("u1"), status: 200),
                Scenario(
                    "on behalf of the system", "POST", path, body, headers: acting("system"), status: 400,
                    contains: [identifier]),
                Scenario(
                    "on behalf of a key", "POST", path, body, headers: acting("apikey:1"), status: 400,
                    contains: [identifier]),
                Scenario(
                    "an unknown project", "POST", path, body, headers: scoped.with("x-inkeep-project-id", "q"),
                    status: 404, contains: ["Project not found"]),
                Scenario(
                    "an unknown agent", "POST", path, body, headers: scoped.with("x-inkeep-agent-id", "b"), status: 404,
                    contains: ["Agent not found"]),
                Scenario("management with it", "GET", tenantPath + "/projects", headers: scoped, status: 401),
            ])
        }
    }

    @Test func `without any secret nobody is let in`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration()
        try await TestApp.run(options) { app in
            try await app.client.check([
                Scenario("management", "GET", tenantPath + "/projects", headers: Self.bearer(""), status: 401),
                Scenario(
                    "with any token", "GET", tenantPath + "/projects", headers: Self.bearer(Self.manageSecret),
                    status: 401),
                Scenario(
                    "running", "POST", "/run/api/chat", [:], headers: Self.bearer(Self.runSecret, Self.scope),
                    status: 401),
            ])
        }
    }

    @Test func `in development the scope comes from headers or defaults`() async throws {
        try await TestApp.run(Self.options(isDevelopment: true)) { app in
            try await app.client.makeProject("default")
            try await app.client.makeAgent("default", in: "default")
            let path = "/run/v1/chat/completions"
            let body: JSONValue = ["model": "x", "messages": messages("Hi")]
            try await app.client.check([
                Scenario("nothing said", "POST", path, body, status: 200),
                Scenario(
                    "a token that is not known", "POST", path, body, headers: Self.bearer("sk-whatever-0123456789"),
                    status: 200),
                Scenario(
                    "another agent", "POST", path, body, headers: ["x-inkeep-agent-id": "b"], status: 404,
                    contains: ["Agent not found"]),
                Scenario(
                    "another project", "POST", path, body, headers: ["x-inkeep-project-id": "q"], status: 404,
                    contains: ["Project not found"]),
                Scenario(
                    "as the system", "POST", path, body, headers: ["x-inkeep-run-as-user-id": "system"], status: 400),
                Scenario(
                    "a wrong management token", "GET", tenantPath + "/projects",
                    headers: Self.bearer("nothing-0123456789"), status: 401),
            ])
        }
    }

    @Test func `in development a page from elsewhere cannot manage, by whatever name it comes`() async throws {
        try await TestApp.run(Self.options(isDevelopment: true)) { app in
            let path = tenantPath + "/projects"
            try await app.client.check([
                Scenario(
                    "a page of this machine", "GET", path, headers: ["origin": "http://localhost:3000"], status: 200),
                Scenario(
                    "a page from elsewhere", "GET", path, headers: ["origin": "https://evil.example"], status: 401),
                Scenario("a rebound name", "GET", path, headers: ["host": "evil.example:3002"], status: 401),
                Scenario("a page of nowhere", "GET", path, headers: ["origin": "null"], status: 401),
            ])
        }
    }
}

extension HTTPHeaders {
    /// The same with one more field.
    func with(_ name: String, _ value: String) -> HTTPHeaders {
        var headers = self
        headers[name] = value
        return headers
    }
}
