import Access
import Catalog
import CoveyTesting
import Cryptography
import HTTP
import Outbound
import Testing

/// An app with projects, agents and widgets that are reached by the credentials of those who run agents.
enum RunnerApp {
    static let manageSecret = "manage-secret-0123456789"
    static let runSecret = "run-secret-0123456789"
    static let workSecret = "work-secret-of-at-least-32-characters"
    static let serviceSecret = "service-secret-of-at-least-32-characters"
    static let origin = "https://docs.example.com"
    static let chat = "/run/api/chat"

    /// A server that lets nobody in without a credential.
    ///
    /// - Parameter changing: what is changed of the configuration.
    static func options(_ changing: (inout RunnerConfiguration) -> Void = { _ in }) -> TestApp.Options {
        var options = TestApp.Options()
        var runners = RunnerConfiguration(serviceSecret: serviceSecret)
        changing(&runners)
        options.authentication = Authenticator.Configuration(
            manageBypassSecret: manageSecret, runBypassSecret: runSecret, runners: runners)
        return options
    }

    /// Starts it with projects `p` and `q`, each with agents `a` and `b`.
    static func run(
        _ options: TestApp.Options = options(),
        _ body: @Sendable (_ app: TestApp, _ manager: TestClient) async throws -> Void
    ) async throws {
        try await TestApp.run(options) { app in
            var manager = app.client
            manager.headers["authorization"] = "Bearer \(manageSecret)"
            for project in ["p", "q"] {
                try await manager.makeProject(project)
                for agent in ["a", "b"] { try await manager.makeAgent(agent, in: project) }
            }
            try await body(app, manager)
        }
    }

    static func bearer(_ token: String, _ more: HTTPHeaders = [:]) -> HTTPHeaders {
        var headers = more
        headers["authorization"] = "Bearer \(token)"
        return headers
    }

    /// Headers of a page that speaks through an app.
    static func page(_ app: String, _ token: String? = nil, origin: String? = origin) -> HTTPHeaders {
        var headers: HTTPHeaders = ["x-inkeep-app-id": app]
        headers["origin"] = origin
        headers["authorization"] = token.map { "Bearer \($0)" }
        return headers
    }

    /// A turn in a conversation.
    static func turn(_ conversation: String? = nil) -> JSONValue {
        var body: JSONObject = ["messages": messages("Hi"), "stream": false]
        if let conversation { body["conversationId"] = .string(conversation) }
        return .object(body)
    }
}

extension TestClient {
    /// Makes an API key and returns it with its id.
    func makeKey(_ agent: String = "a", in project: String = "p") async throws -> (key: String, id: String) {
        let made = try await make("/projects/\(project)/api-keys", ["agentId": .string(agent), "name": "k"])
        return (try #require(made["key"]?.string), try #require(made["apiKey"]?["id"]?.string))
    }

    /// Makes a widget for `RunnerApp.origin` and returns its id.
    func makeWidget(
        in project: String = "p", anonymous: Bool = true, agent: String? = "a", keys: [JSONValue] = [],
        audience: String? = nil
    ) async throws -> String {
        var web: JSONObject = [
            "allowedDomains": ["docs.example.com", "*.example.dev", "localhost:3000"],
            "allowAnonymous": .bool(anonymous), "publicKeys": .array(keys),
        ]
        if let audience { web["audience"] = .string(audience) }
        var body: JSONObject = [
            "name": "Widget", "type": "web_client", "config": ["type": "web_client", "webClient": .object(web)],
        ]
        if let agent { body["defaultAgentId"] = .string(agent) }
        let made = try await make("/projects/\(project)/apps", .object(body))
        return try #require(made["app"]?["id"]?.string)
    }

    /// A token of an anonymous visitor.
    func visit(_ app: String, with token: String? = nil, headers: HTTPHeaders = [:]) async throws -> TestReply {
        var all = RunnerApp.page(app, token)
        for field in headers.fields { all[field.name] = field.value }
        return try await send("POST", "/run/auth/apps/\(app)/anonymous-session", headers: all)
    }
}

/// The claims of a token, unchecked.
func claims(_ token: String) throws -> JSONValue {
    let parts = token.split(separator: ".")
    try #require(parts.count == 3)
    return try JSONValue(parsing: try #require(Base64.url.bytes(parts[1])))
}
