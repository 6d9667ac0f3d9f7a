import Catalog
import CoveyTesting
import Outbound
import Synchronization
import Testing

/// The path of the default tenant.
let tenantPath = "/manage/tenants/default"

extension TestClient {
    /// Makes what a test needs; records an issue when it cannot.
    @discardableResult func make(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        let reply = try await send("POST", tenantPath + path, body)
        try #require(reply.status == 201, "\(path): \(reply.status) \(reply.text)")
        return reply.data
    }

    /// A project `p` whose agents speak with `model` unless they say otherwise.
    func makeProject(_ id: String = "p", model: String = "mock/m") async throws {
        try await make(
            "/projects", ["id": .string(id), "name": "Project", "models": ["base": ["model": .string(model)]]])
    }

    /// An agent with one sub-agent `main`.
    func makeAgent(_ id: String = "a", in project: String = "p") async throws {
        let agents = "/projects/\(project)/agents"
        try await make(agents, ["id": .string(id), "name": "Agent", "defaultSubAgentId": "main"])
        try await make("\(agents)/\(id)/sub-agents", ["id": "main", "name": "Main", "prompt": "Answer."])
    }

    /// Sends all rows and records what is not as it must be.
    func check(_ rows: [Scenario]) async throws {
        for row in rows {
            for failure in try await row.failures(self) { Issue.record("\(failure)") }
        }
    }
}

/// A message as both chat endpoints take it.
func messages(_ text: String) -> JSONValue { [["role": "user", "content": .string(text)]] }

/// A value that closures share.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
