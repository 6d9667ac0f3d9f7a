import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Every status that the document lists for the management operations of the seeds is brought about, one by one.
extension SeedTests {
    /// One success of an operation.
    private struct Step: Sendable {
        let id: String
        var path: [String: String] = [:]
        var body: JSONValue?
        let status: Int
        /// Whether the same again is a 409.
        var clashes = false
    }

    private static let small: JSONValue = ["id": "small", "name": "Small", "subAgents": [:]]

    /// In the order in which they succeed, on what `prepare` made.
    private static let steps: [Step] = [
        Step(id: "create-agent", body: ["id": "resource_790", "name": "x"], status: 201, clashes: true),
        Step(id: "list-agents", status: 200),
        Step(id: "get-agent", status: 200),
        Step(id: "update-agent", body: ["name": "y"], status: 200),
        Step(
            id: "create-full-agent", body: ["id": "fresh", "name": "Fresh", "subAgents": [:]], status: 201,
            clashes: true),
        Step(id: "get-full-agent", status: 200),
        Step(id: "get-full-agent-definition", status: 200),
        Step(id: "update-full-agent", path: ["agentId": "small"], body: small, status: 201),
        Step(id: "update-full-agent", path: ["agentId": "small"], body: small, status: 200),
        Step(id: "get-related-agent-infos", status: 200),
        Step(
            id: "associate-artifact-component-with-agent", body: association("artifactComponentId"), status: 201,
            clashes: true),
        Step(id: "get-artifact-components-for-agent", status: 200),
        Step(id: "check-artifact-component-agent-association", status: 200),
        Step(id: "get-agents-using-artifact-component", status: 200),
        Step(id: "remove-artifact-component-from-agent", status: 200),
        Step(
            id: "associate-data-component-with-agent", body: association("dataComponentId"),
            status: 201, clashes: true),
        Step(id: "get-data-components-for-agent", status: 200),
        Step(id: "check-data-component-agent-association", status: 200),
        Step(id: "get-agents-using-data-component", status: 200),
        Step(id: "remove-data-component-from-agent", status: 200),
        Step(id: "delete-full-agent", path: ["agentId": "small"], status: 204),
        Step(id: "delete-agent", path: ["id": "resource_790"], status: 204),
    ]

    /// Statuses that are listed and not brought about here, with the reason. May only shrink.
    private static func isElsewhere(_ status: Int, _ operation: DescribedOperation) -> Bool {
        let isRead = operation.methods[0] == "GET"
        return switch status {
        // Every operation by people of every role: `RolesTests`.
        case 403: true
        // Said before anything of the operation is looked at: `QuotaTests`.
        case 429: true
        // The contract lists it everywhere; only a key that belongs to another request brings it about.
        case 422: isRead
        // A full disk: `DurabilityTests`.
        case 507: true
        // Beside what clashes: a request with the same key is still running: `IdempotencyTests`.
        case 409: !steps.contains { $0.id == operation.id && $0.clashes }
        default: false
        }
    }

    @Test(.timeLimit(.minutes(8))) func `each status that an operation lists is answered`() async throws {
        let seen = Shared<[String: Set<Int>]>([:])
        try await run { (app: TestApp, client: TestClient) async throws -> Void in
            let described = try await DescribedOperation.all(client)
            try await Self.prepare(client)
            var ledger = Ledger(client: client, stranger: app.client, seen: seen)
            for step in Self.steps { try await ledger.succeed(step) }
            for step in Self.steps { try await ledger.fail(step) }
            try await app.hideTables("branch", "resource")
            for step in Self.steps { try await ledger.ask(step, expecting: 500) }
            await app.store.close()
            for step in Self.steps { try await ledger.ask(step, expecting: 503) }
            for id in Self.ids {
                let operation = try #require(described.first { $0.id == id })
                let lacking = operation.statuses.subtracting(seen.value[id] ?? [])
                let wanted = lacking.filter { !Self.isElsewhere($0, operation) }
                #expect(wanted.isEmpty, "\(id) lists statuses that nothing here brings about")
                let reached = operation.statuses.intersection(seen.value[id] ?? [])
                #expect(reached.allSatisfy { !Self.isElsewhere($0, operation) }, "\(id): take the reason away")
            }
        }
    }

    private static func prepare(_ client: TestClient) async throws {
        try await makeBeside(client)
        let agent: JSONValue = ["id": "resource_789", "name": "A"]
        try #require(try await client.send("POST", project + "/agents", agent).status == 201)
        let subAgent: JSONValue = ["id": "sub_agent_123", "name": "S"]
        let subAgents = project + "/agents/resource_789/sub-agents"
        try #require(try await client.send("POST", subAgents, subAgent).status == 201)
    }

    /// Sends requests and keeps which operation answered with what.
    private struct Ledger {
        let client: TestClient
        let stranger: TestClient
        let seen: Shared<[String: Set<Int>]>
        private var count = 0

        init(client: TestClient, stranger: TestClient, seen: Shared<[String: Set<Int>]>) {
            self.client = client
            self.stranger = stranger
            self.seen = seen
        }

        /// The step's request, with what is told done to it.
        @discardableResult
        mutating func ask(
            _ step: Step, expecting status: Int, as caller: TestClient? = nil, path values: [String: String] = [:],
            query: String = "", headers: HTTPHeaders = [:], body: JSONValue? = nil, type: String? = "application/json"
        ) async throws -> TestReply {
            let operation = try SeedTests.operation(step.id)
            let path = SeedTests.path(operation, step.path.merging(values) { $1 }) + query
            let reply = try await (caller ?? client).send(
                operation.method.rawValue, path, bytes: (body ?? step.body)?.jsonBytes, type: type, headers: headers)
            #expect(reply.status == status, "\(step.id) \(path): \(reply.status) \(reply.text.prefix(300))")
            seen.value[step.id, default: []].insert(reply.status)
            if status >= 400 {
                #expect(reply.json["status"] == .integer(Int64(status)) && reply.json["error"]?["code"] != nil)
                #expect(reply.json["code"] != nil && !reply.text.lowercased().contains("sqlite"), "\(reply.text)")
            }
            return reply
        }

        /// The step, rehearsed and done; read again by who has it, written again, and for another request.
        mutating func succeed(_ step: Step) async throws {
            let isRead = try SeedTests.operation(step.id).method == .get
            if isRead {
                let tag = try #require(try await ask(step, expecting: step.status).headers["etag"])
                try await ask(step, expecting: 304, headers: ["if-none-match": tag])
                return
            }
            count += 1
            let key: HTTPHeaders = ["idempotency-key": "key-\(count)"]
            try await ask(step, expecting: 200, query: "?dryRun=true")
            try await ask(step, expecting: step.status, headers: key)
            let again = try await ask(step, expecting: step.status, headers: key)
            #expect(again.headers["idempotent-replayed"] == "true")
            let other = step.body.map { JSONValue.object(($0.object ?? [:]).with("description", "other")) }
            try await ask(step, expecting: 422, path: ["projectId": "project_457"], headers: key, body: other)
            if step.clashes { try await ask(step, expecting: 409) }
        }

        /// The step, wrong in every way that it may be wrong.
        mutating func fail(_ step: Step) async throws {
            let operation = try SeedTests.operation(step.id)
            try await ask(step, expecting: 401, as: stranger)
            try await ask(step, expecting: 400, path: ["projectId": "a%20b"])
            try await ask(step, expecting: 404, path: ["projectId": "nowhere"])
            if operation.request != nil {
                try await ask(step, expecting: 415, type: "text/plain")
                let long = JSONValue.string(String(repeating: "x", count: SeedTests.bodyBytesMax))
                try await ask(step, expecting: 413, body: ["name": long])
            }
            let takesCondition = ["update-agent", "delete-agent", "update-full-agent", "delete-full-agent"]
            if takesCondition.contains(step.id) {
                let there = step.path.mapValues { _ in "resource_789" }
                let body = step.body.map { JSONValue.object(($0.object ?? [:]).with("id", "resource_789")) }
                try await ask(step, expecting: 412, path: there, headers: ["if-match": "\"nothing\""], body: body)
            }
        }
    }
}
