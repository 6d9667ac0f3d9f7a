import Catalog
import CoveyTesting
import Foundation
import Outbound
import Runtime
import Testing

/// Why the agents cannot be started, or nil when they can.
private let missingAgents: Comment? = PythonProgram.missing("a2a-sdk").map { "\($0)" }

/// Tasks for agents on other servers (run spec §7.3): one of the official package, and those that a client meets in the
/// world.
@Suite(.enabled(if: missingAgents == nil, missingAgents), .timeLimit(.minutes(8)), .serialized)
struct ExternalAgentTests {
    /// An app whose agent may delegate to an agent of `Tests/Clients/a2a_server.py`.
    struct Scene: Sendable {
        let app: TestApp
        let client: TestClient
        let agents: TestClient
        private let program: PythonProgram

        static func run(
            _ path: String, _ task: String = "sum", headers: JSONValue = [:], credential: Bool = false,
            options change: (inout TestApp.Options) -> Void = { _ in },
            _ body: @Sendable @escaping (Scene) async throws -> Void
        ) async throws {
            let program = try await PythonProgram.start("a2a_server.py")
            let port = try program.port()
            let root = "http://127.0.0.1:\(port)"
            var options = TestApp.Options()
            options.looksAtTools = true
            options.scripts = [
                "asks": """
                turns:
                  - when: {offers: delegate_to_clerk, step: 0}
                    call: {tool: delegate_to_clerk, input: {message: "\(task)"}}
                  - say: "They say: {{tool.output}}"
                """
            ]
            change(&options)
            try await TestApp.run(options) { app in
                try await app.client.makeProject(model: "scripted/asks")
                try await app.client.makeAgent()
                var agent: JSONObject = [
                    "id": "clerk", "name": "Clerk", "description": "Keeps the books",
                    "baseUrl": .string(path.hasPrefix("http") ? path : root + path),
                ]
                if credential {
                    try await makeCredential(app.client)
                    agent["credentialReferenceId"] = "cred"
                }
                try await app.client.make("/projects/p/external-agents", .object(agent))
                try await app.client.make(
                    "/projects/p/agents/a/sub-agents/main/external-agent-relations",
                    ["externalAgentId": "clerk", "headers": headers])
                try await body(
                    Scene(
                        app: app, client: app.client.agent("a", of: "p"), agents: TestClient(address: root),
                        program: program))
            }
        }

        private static func makeCredential(_ client: TestClient) async throws {
            try await client.make(
                "/projects/p/credentials",
                [
                    "id": "cred", "name": "Books", "type": "keychain", "credentialStoreId": "keychain-default",
                    "retrievalParams": ["key": "books"],
                ])
            let kept = try await client.send(
                "POST", tenantPath + "/projects/p/credential-stores/keychain-default/credentials",
                ["key": "books", "value": "hush-hush"])
            try #require(kept.status < 300, "\(kept.text)")
        }

        func parts(conversation: String = "c1") async throws -> [JSONValue] {
            var client = client
            client.headers["x-emit-operations"] = "true"
            let body: JSONValue = ["messages": messages("How much?"), "conversationId": .string(conversation)]
            var stream = try await client.stream("POST", "/run/api/chat", body)
            return try await stream.rest().compactMap { try? JSONValue(parsing: $0.text) }
        }

        /// What the agents were asked: path, method, headers, body.
        func seen() async throws -> [JSONValue] {
            try await agents.send("GET", "/seen").json["seen"]?.array ?? []
        }
    }

    @Test func `an agent of the official package does a task, and the stream shows it`() async throws {
        try await Scene.run("/official") { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("42 euros") && parts.spoken.contains("\"sum\":42"), "\(parts.spoken)")
            let operations = parts.compactMap { $0["type"] == "data-operation" ? $0["data"] : nil }
            let sent = operations.first { $0["type"] == "delegation_sent" }?["details"]?["data"]
            #expect(sent?["type"] == "external" && sent?["targetSubAgent"] == "clerk")
            let returned = operations.first { $0["type"] == "delegation_returned" }?["details"]?["data"]
            #expect(returned?["type"] == "external" && returned?["result"]?["data"] == [["sum": 42]])
            let asked = try #require(try await scene.seen().last)
            let message = asked["body"]?["params"]?["message"]
            #expect(message?["contextId"] == "c1")
            #expect(message?["metadata"]?["isDelegation"] == true)
            #expect(message?["metadata"]?["delegationId"] == sent?["delegationId"])
            #expect(message?["metadata"]?["fromExternalAgentId"] == "main")
            let told = try await scene.app.client.send(
                "GET", tenantPath + "/projects/p/conversations/c1?includeInternal=true")
            #expect(told.text.contains("main to clerk") && told.text.contains("clerk to main"), "\(told.text)")
        }
    }

    @Test func `an agent remembers the conversation, and may answer at once`() async throws {
        try await Scene.run("/official", "hello") { scene in
            for (conversation, number) in [("c1", 1), ("c1", 2), ("c2", 1)] {
                let answer = try await scene.parts(conversation: conversation).spoken
                #expect(answer == "They say: Hello, number \(number)")
            }
        }
    }

    @Test func `what answers an agent's question goes on with its task, and the next task is a new one`() async throws {
        try await Scene.run("/official", "ask") { scene in
            for words in ["Which month?", "7 euros, as you said ask", "Which month?"] {
                let answer = try await scene.parts().spoken
                #expect(answer.contains(words), "\(answer)")
            }
            let sent = try await scene.seen().compactMap { $0["body"]?["params"]?["message"] }
            #expect(sent.map { $0["taskId"] != nil } == [false, true, false])
            let other = try await scene.parts(conversation: "c2").spoken
            #expect(other.contains("Which month?"), "another conversation, another task: \(other)")
        }
        try await Scene.run("/forgetful", "ask") { scene in
            for _ in 0..<2 { #expect(try await scene.parts().spoken.contains("Which month?")) }
            let sent = try await scene.seen().compactMap { $0["body"]?["params"]?["message"] }
            #expect(sent.map { $0["taskId"] != nil } == [false, true, false], "asked anew")
        }
    }

    @Test(arguments: [
        ("/official", "ask", "Which month?"), ("/polled", "x", "worked"), ("/busy", "x", "done at last"),
        ("/old", "x", "old but well"), ("/lying", "x", "from elsewhere"),
    ])
    func `answers that come late, by detours or as questions are answers`(
        path: String, task: String, words: String
    ) async throws {
        try await Scene.run(path, task) {
            $0.usesLiveClock = true
        } _: { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains(words), "\(parts.spoken)")
            #expect(parts.notices.isEmpty)
        }
    }

    @Test(arguments: [
        ("/official", "fail", "the task is failed: The books are closed."), ("/rejects", "x", "Not my job."),
        ("/wants-login", "x", "wants its user to sign in first"), ("/error", "x", "error -32001: No."),
        ("/other-id", "x", "does not answer the request"), ("/no-parts", "x", "has no parts"),
        ("/junk", "x", "is not JSON"), ("/half", "x", "the connection ended early"),
        ("/vast", "x", "the reply is larger than"), ("/denies", "x", "wants a credential"),
        ("/moved", "x", "answered with status 307"), ("/nobody", "x", "answered with status 404"),
        ("/private", "x", "are not allowed"), ("/gone-away", "x", "are not allowed"), ("/file", "x", "neither http"),
        ("/grpc", "x", "names no address"), ("/newer", "x", "only versions after 0.3"),
        ("http://10.255.255.1", "x", "are not allowed"),
    ])
    func `an agent that fails, lies or leads astray is an error for the model, and the run goes on`(
        path: String, task: String, words: String
    ) async throws {
        try await Scene.run(path, task) { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("'Clerk' could not answer: "), "\(parts.spoken)")
            #expect(parts.spoken.contains(words), "\(parts.spoken)")
            #expect(parts.notices.map(\.code) == ["delegation_failed"])
        }
    }

    @Test func `an answer that is too much for a model is refused`() async throws {
        try await Scene.run("/giant", "x") { scene in
            let answer = try await scene.parts().spoken
            #expect(answer.contains("at most 262144 can be read"), "\(answer.prefix(200))")
        }
    }

    @Test func `an agent that does not answer is given up in its time`() async throws {
        try await Scene.run("/hang", "x") { options in
            options.usesLiveClock = true
            options.runtimeLimits.externalAgentMs = 1500
        } _: { scene in
            let parts = try await scene.parts()
            #expect(
                parts.spoken.contains("took too long") || parts.spoken.contains("did not answer"), "\(parts.spoken)")
        }
    }

    @Test func `who stops the run stops the task`() async throws {
        try await Scene.run("/endless", "x") {
            $0.usesLiveClock = true
        } _: { scene in
            let body: JSONValue = ["messages": messages("Go"), "conversationId": "c1"]
            let stream = try await scene.client.stream("POST", "/run/api/chat", body)
            var seen: [JSONValue] = []
            while !seen.contains(where: { $0["body"]?["method"] == "tasks/get" }) { seen = try await scene.seen() }
            #expect(try await scene.client.send("POST", "/run/v1/conversations/c1/cancel").json == ["cancelled": true])
            #expect(try await scene.agents.send("GET", "/canceled").status == 200)
            let cancel = try await scene.seen().last { $0["body"]?["method"] == "tasks/cancel" }
            #expect(cancel?["body"]?["params"] == ["id": "t1"])
            _ = stream
        }
    }

    @Test func `credentials and rendered headers go along, but to no other origin and into no error`() async throws {
        let headers: JSONValue = ["X-Shop": "shop {{$conversation.id}}"]
        try await Scene.run("/official", "hello", headers: headers, credential: true) { scene in
            let answer = try await scene.parts().spoken
            #expect(answer == "They say: Hello, number 1")
            for asked in try await scene.seen() {
                #expect(asked["headers"]?["authorization"] == "Bearer hush-hush", "\(asked)")
                #expect(asked["headers"]?["x-shop"] == "shop c1")
            }
        }
        try await Scene.run("/lying", "x", headers: headers, credential: true) { scene in
            let answer = try await scene.parts().spoken
            #expect(answer == "They say: from elsewhere")
            let asked = try #require(try await scene.seen().last)
            #expect(asked["path"] == "/elsewhere")
            #expect(asked["headers"]?["authorization"] == nil && asked["headers"]?["x-shop"] == nil)
        }
    }

    @Test func `a header without a value is an error that names it, and nobody is asked`() async throws {
        try await Scene.run("/official", headers: ["X-Shop": "{{headers.x-shop}}"]) { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("its header X-Shop needs 'headers.x-shop'"), "\(parts.spoken)")
            #expect(try await scene.seen().isEmpty)
        }
    }

    @Test func `an agent that is not there again and again is left alone for a while`() async throws {
        try await Scene.run("http://127.0.0.1:9", "x") { options in
            options.runtimeLimits.mcpCircuitFailures = 2
            options.runtimeLimits.delegationRetryMs = 0
        } _: { scene in
            for (conversation, words) in [
                ("c1", "cannot connect"), ("c2", "cannot connect"), ("c3", "failed 2 times in a row"),
            ] {
                let answer = try await scene.parts(conversation: conversation).spoken
                #expect(answer.contains(words), "\(answer)")
            }
            scene.app.clock.advance(by: .seconds(31))
            let answer = try await scene.parts(conversation: "c4").spoken
            #expect(answer.contains("cannot connect"), "\(answer)")
        }
    }
}
