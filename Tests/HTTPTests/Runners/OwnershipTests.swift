import Access
import Catalog
import CoveyTesting
import Cryptography
import Domain
import HTTP
import Outbound
import Runtime
import Store
import Testing

/// What somebody began is theirs: over all operations of the run side that name a conversation or an execution.
@Suite struct OwnershipTests {
    private static let edwards = PrivateKey.random(for: .edDSA)

    private static func token(_ user: String) -> String {
        let now = StepClock.origin / 1000
        return JSONWebToken(
            claims: ["sub": .string(user), "iat": .integer(now), "exp": .integer(now + 3600)], keyID: "k"
        ).text(signedBy: .privateKey(edwards, .edDSA))
    }

    /// Callers by what tells them apart. The first of them began the conversation.
    private static func callers(
        _ app: TestApp, _ manager: TestClient
    ) async throws -> [(name: String, headers: HTTPHeaders)] {
        let stored: JSONValue = [
            "kid": "k", "publicKey": .string(edwards.publicKey.pem), "algorithm": "EdDSA",
        ]
        let widget = try await manager.makeWidget(keys: [stored])
        let second = try await manager.makeWidget(keys: [stored])
        let foreign = try await manager.makeWidget(in: "q", keys: [stored])
        func visitor(_ app: String, _ client: TestClient) async throws -> HTTPHeaders {
            RunnerApp.page(app, try #require(try await client.visit(app).json["token"]?.string))
        }
        func service(_ tenant: String) -> HTTPHeaders {
            let now = StepClock.origin / 1000
            let token = JSONWebToken(claims: [
                "iss": "inkeep-agents", "sub": "a", "aud": "main", "tenantId": .string(tenant), "projectId": "p",
                "initiatedBy": ["type": "user", "id": "ann"], "iat": .integer(now), "exp": .integer(now + 600),
            ])
            return RunnerApp.bearer(token.text(signedBy: .secret(Array(RunnerApp.serviceSecret.utf8))))
        }
        func bypass(_ user: String?) -> HTTPHeaders {
            var headers = RunnerApp.bearer(
                RunnerApp.runSecret,
                ["x-inkeep-tenant-id": "default", "x-inkeep-project-id": "p", "x-inkeep-agent-id": "a"])
            headers["x-inkeep-run-as-user-id"] = user
            return headers
        }
        return [
            ("ann of an app", RunnerApp.page(widget, token("ann"))),
            ("bob of the app", RunnerApp.page(widget, token("bob"))),
            ("ann of another app", RunnerApp.page(second, token("ann"))),
            ("ann of another project", RunnerApp.page(foreign, token("ann"))),
            ("a visitor", try await visitor(widget, app.client)),
            ("another visitor", try await visitor(widget, app.client)),
            ("a key", RunnerApp.bearer(try await manager.makeKey().key)),
            ("another key", RunnerApp.bearer(try await manager.makeKey().key)),
            ("a key of another agent", RunnerApp.bearer(try await manager.makeKey("b").key)),
            ("a key of another project", RunnerApp.bearer(try await manager.makeKey("a", in: "q").key)),
            ("a service for ann", service("default")), ("a service of another tenant", service("other")),
            ("the operator for ann", bypass("ann")), ("the operator", bypass(nil)),
        ]
    }

    /// Every operation of the run side that names a conversation, an execution or a file in one, as a request.
    private static func requests(
        _ conversation: String, _ run: String, _ document: JSONValue
    ) throws -> [(name: String, method: String, path: String, body: JSONValue?)] {
        var requests: [(name: String, method: String, path: String, body: JSONValue?)] = []
        for (path, item) in try #require(document["paths"]?.object) where path.hasPrefix("/run/") {
            guard path.contains("{conversationId}") || path.contains("{executionId}") else { continue }
            let filled = path.replacing("{conversationId}", with: conversation)
                .replacing("{executionId}", with: run).replacing("{toolCallId}", with: "call_1")
                .replacing("{mediaKey}", with: "u1-0")
            for (method, _) in try #require(item.object) where ["get", "post", "delete"].contains(method) {
                let body: JSONValue? = path.contains("/approvals/") ? ["approved": true] : nil
                requests.append(("\(method) \(path)", method.uppercased(), filled, body))
            }
        }
        let chat = RunnerApp.turn(conversation)
        var completion = chat.object ?? [:]
        completion["model"] = "x"
        requests.append(("a turn", "POST", RunnerApp.chat, chat))
        requests.append(("a completion", "POST", "/run/v1/chat/completions", .object(completion)))
        requests.append(("an execution", "POST", "/run/api/executions", chat))
        return requests
    }

    @Test(.timeLimit(.minutes(8))) func `nobody else sees, continues or stops what somebody began`() async throws {
        try await RunnerApp.run { app, manager in
            let callers = try await Self.callers(app, manager)
            let document = try await manager.send("GET", "/openapi.json").json
            for (number, beginner) in callers.enumerated() where !beginner.name.contains("another tenant") {
                let id = "c\(number)"
                let began = try await app.client.send(
                    "POST", RunnerApp.chat, RunnerApp.turn(id), headers: beginner.headers)
                try #require(began.status == 200, "\(beginner.name): \(began.text)")
                let project = try #require(
                    try await ["p", "q"].asyncFirst {
                        try await app.store.conversation(.init(tenant: "default", project: $0, id: id)) != nil
                    })
                let run = try #require(
                    try await app.store.latestRun(.init(tenant: "default", project: project, id: id)))
                let requests = try Self.requests(id, run.key.id, document)
                #expect(requests.count >= 10, "the reading of the description has gone stale")
                for other in callers where other.name != beginner.name {
                    for request in requests {
                        let reply = try await app.client.send(
                            request.method, request.path, request.body, headers: other.headers)
                        // Who is no end user is told so before anything is looked at.
                        let isRefused = reply.status == 404 || reply.status == 401
                        #expect(
                            isRefused,
                            "\(other.name), of \(beginner.name): \(request.name): \(reply.status) \(reply.text)"
                        )
                        #expect(!reply.text.contains("Mock response"), "\(other.name): \(request.name)")
                    }
                }
                let again = try await app.client.send(
                    "POST", RunnerApp.chat, RunnerApp.turn(id), headers: beginner.headers)
                #expect(again.status == 200, "\(beginner.name) goes on: \(again.text)")
            }
        }
    }
}

extension Array {
    /// The first element of which something is true.
    fileprivate func asyncFirst(where isWanted: (Element) async throws -> Bool) async throws -> Element? {
        for element in self where try await isWanted(element) { return element }
        return nil
    }
}
