import Catalog
import CoveyTesting
import Cryptography
import Events
import Files
import Foundation
import Models
import Outbound
import Store
import Synchronization

@testable import Runtime

/// A store on disk, a clock that stands still, models that play replies, and an agent `desk` in project `shop`:
/// `router` may transfer to `billing`, delegate to `lookup` and `search`, and call `clock` (safe to repeat) and `pay`
/// (not).
final class TestWorld: Sendable {
    let database: any Database
    let store: Store
    let clock = StepClock()
    let models = TestModels()
    let folder: String
    let definition: Mutex<AgentDefinition>
    /// Further agents of the project.
    let colleagues = Mutex<[AgentDefinition]>([])
    /// Calls of `pay` and `clock` so far.
    let toolCalls = Mutex<[String]>([])
    let payGate = Gate()
    /// The files of messages, for all processes.
    let files = MessageFiles(.memory())

    static let branch = BranchKey(tenant: "acme", project: "shop")

    init() async throws {
        folder = NSTemporaryDirectory() + "covey-runtime-" + RandomID.make()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        database = try await Self.database(in: folder)
        store = try await Store.open(database, containers: [])
        definition = Mutex(AgentDefinition(id: "desk", name: "Desk", subAgents: []))
        definition.withLock { $0.subAgents = subAgents() }
        for project in ["shop", "other"] {
            try await store.write(in: BranchKey(tenant: "acme", project: project), actor: "test", at: 0) {
                try $0.createBranch()
            }
        }
    }

    deinit {
        let (database, folder) = (database, folder)
        Task {
            await database.close()
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    /// SQLite in the folder; or a schema of its own on the PostgreSQL server that `COVEY_TEST_POSTGRES` names.
    private static func database(in folder: String) async throws -> any Database {
        guard let server = TestDatabase.postgres else { return try SQLiteDatabase(path: folder + "/covey.db") }
        return try PostgresDatabase(url: try await TestDatabase.makeSchema(on: server))
    }

    /// Lets the leases taken so far run out.
    func outliveLease() { clock.advance(by: .milliseconds(RuntimeLimits().leaseMs + 1)) }

    private func subAgents() -> [SubAgentDefinition] {
        func subAgent(_ id: String) -> SubAgentDefinition {
            SubAgentDefinition(id: id, name: id, prompt: "You are \(id).", model: ModelChoice(model: "test/\(id)"))
        }
        var router = subAgent("router")
        router.transfers = ["billing"]
        router.delegates = ["lookup", "search"]
        router.tools = [
            tool("clock", isSafe: true), tool("pay", isSafe: false), tool("send", isSafe: false, needsApproval: true),
        ]
        var billing = subAgent("billing")
        billing.transfers = ["router"]
        return [router, billing, subAgent("lookup"), subAgent("search")]
    }

    func tool(_ name: String, isSafe: Bool, needsApproval: Bool = false) -> Toolset.Tool {
        let definition = ToolDefinition(name: name, description: "It is \(name).", inputSchema: ["type": "object"])
        return Toolset.Tool(
            definition: definition, rule: RunToolRule(name, needsApproval: needsApproval, isIdempotent: isSafe)
        ) { [weak self] call, _ in
            let times = self?.toolCalls.withLock { calls in
                calls.append(call.name)
                return calls.count { $0 == call.name }
            }
            if call.input["hangs"] == true || (call.input["hangs"] == "once" && times == 1) {
                try await self?.payGate.wait()
            }
            if let reason = call.input["fails"]?.string { throw Toolset.ToolFailure(message: reason) }
            return ToolOutput(.string("\(name) done"))
        }
    }

    /// The runs of a process on this world's database, or on another view of it.
    func runs(_ store: Store? = nil, limits: RuntimeLimits = RuntimeLimits(), owner: String = "one") -> Runs {
        Runs(
            store: store ?? self.store, configuration: configuration(store, limits: limits), files: files,
            limits: limits, clock: clock.runtime, owner: owner,
            jitter: { 1 })
    }

    /// The agent, as a process on this world's database, or on another view of it, compiles it.
    func configuration(_ store: Store? = nil, limits: RuntimeLimits = RuntimeLimits()) -> ConfigurationCache {
        ConfigurationCache(store: store ?? self.store, models: models.source, limits: limits) { [weak self] _ in
            self.map { world in world.definition.withLock { [$0] } + world.colleagues.withLock { $0 } } ?? []
        }
    }

    func turn(
        _ text: String = "Hello", conversation: String? = nil, owner: String? = nil, messageID: String? = nil,
        isStreamed: Bool = true
    ) -> Turn {
        Turn(
            branch: Self.branch, agent: "desk", conversation: conversation, owner: owner, subject: owner,
            messageID: messageID,
            parts: [.text(text)], isStreamed: isStreamed)
    }

    func key(_ conversation: String) -> ConversationKey {
        ConversationKey(tenant: "acme", project: "shop", id: conversation)
    }

    /// The stored messages of a conversation as `role from>to type: text`.
    func messages(_ conversation: String) async throws -> [String] {
        try await store.messages(key(conversation), limit: 100).map { row in
            let to = row.toSubAgent.map { ">\($0)" } ?? ""
            let error = (row.metadata?["error"]?["code"]?.string).map { " [\($0)]" } ?? ""
            return
                "\(row.role) \(row.fromSubAgent ?? "")\(to) \(row.type): \(row.content["text"]?.string ?? "")\(error)"
        }
    }
}

extension RunHandle {
    /// Waits until the log has this event; returns the log up to there.
    @discardableResult func reach(_ event: RunEvent) async throws -> [RunEvent] {
        var log: [LoggedEvent] = []
        while !log.contains(where: { $0.event == event }) {
            let more = try await next(after: log.last?.sequence ?? 0)
            guard !more.isEmpty else { return log.map(\.event) }
            log += more
        }
        return log.map(\.event)
    }
}

extension Runs {
    /// Starts a turn and waits for its whole log.
    func log(_ turn: Turn) async throws -> [RunEvent] { try await start(turn).all().map(\.event) }
}

extension [RunEvent] {
    var briefs: [String] { map(\.brief) }
}

extension Outside {
    /// A world outside in which nothing answers.
    static let nothing = Outside(
        keyring: Keyring(.random()), client: .refusing, environment: TemplateEnvironment())
}
