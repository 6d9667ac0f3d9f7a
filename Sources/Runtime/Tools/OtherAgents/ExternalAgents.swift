import A2A
import Catalog
import Cryptography
import Domain
import Events
import Outbound
import Store
import Synchronization

/// Agents on other servers that sub-agents delegate to by the Agent2Agent protocol (run spec §7.3). What is known of
/// how they did is shared by all runs.
final class ExternalAgents: Sendable {
    let client: A2AClient
    let breakers: CircuitBreakers
    let store: Store
    let keyring: Keyring
    let longestMs: Int

    /// The agents.
    ///
    /// - Parameters:
    ///   - http: what connections are made with; its policy says where to.
    ///   - store: where credentials are.
    ///   - keyring: opens them.
    ///   - jitter: gives a random number in 0…1 for the waits between tries.
    init(
        http: HTTPClient, store: Store, keyring: Keyring, clock: RuntimeClock, limits: RuntimeLimits,
        jitter: @escaping @Sendable () -> Double
    ) {
        var bounds = A2ALimits()
        bounds.request = .milliseconds(limits.externalAgentMs)
        bounds.card = min(bounds.card, bounds.request)
        bounds.retry = .milliseconds(limits.delegationRetryMs)
        let pause = clock.sleep
        client = A2AClient(
            http: http, limits: bounds, clock: A2AClock(now: clock.now, elapsed: clock.elapsed, pause: pause),
            jitter: jitter)
        breakers = CircuitBreakers(clock: clock, limits: limits)
        self.store = store
        self.keyring = keyring
        longestMs = limits.externalAgentMs
    }

    /// An agent as a sub-agent delegates to it. What it did before a crash nobody knows, so a person is asked before it
    /// is asked again.
    func otherAgent(_ agent: ExternalAgent, _ relation: ExternalAgentRelation) -> OtherAgent {
        OtherAgent(
            kind: .external, id: agent.id, name: agent.name, description: agent.description, isIdempotent: false,
            longestMs: longestMs
        ) { task, context in
            try await ExternalTask(agents: self, agent: agent, headers: ServerHeaders(relation.headers), context)
                .answer(task)
        }
    }
}

/// A task that is given to an agent on another server.
private struct ExternalTask: Sendable {
    let agents: ExternalAgents
    let agent: ExternalAgent
    let headers: ServerHeaders
    let context: ToolContext

    init(agents: ExternalAgents, agent: ExternalAgent, headers: ServerHeaders, _ context: ToolContext) {
        (self.agents, self.agent, self.headers, self.context) = (agents, agent, headers, context)
    }

    private var key: ServerKey {
        ServerKey(
            tenant: context.scope.key.tenant, project: context.scope.key.project, name: agent.id, url: agent.baseUrl)
    }

    func answer(_ task: OtherAgent.Task) async throws -> ToolOutput {
        let address = try await address()
        if let rests = agents.breakers.refusal(of: key) {
            throw Toolset.ToolFailure(
                message: "it failed \(rests.failures) times in a row and is left alone for \(rests.seconds) seconds.")
        }
        let message = message(task, openTask: try await openTask())
        let taken = Mutex<A2ATask?>(nil)
        do throws(A2AFailure) {
            let reply = try await agents.client.send(message, to: address) { one in
                taken.withLock { $0 = one }
            }
            agents.breakers.note(.answered, of: key)
            return Self.output(reply)
        } catch {
            guard error != .cancelled else {
                agents.breakers.note(.abandoned, of: key)
                // A run that another process goes on with still waits for it.
                if !context.isGivenUp(), let one = taken.withLock({ $0 }) {
                    ActiveRun.spawn { [client = agents.client] in await client.cancel(one, of: address) }
                }
                throw CancellationError()
            }
            agents.breakers.note(error.isOutage ? .outage : .answered, of: key)
            // Servers repeat what they were sent, credentials too.
            throw Toolset.ToolFailure(message: HealthMonitor.without(address.headers, "\(error)"))
        }
    }

    private func address() async throws -> A2AAddress {
        let branch = context.scope.branchKey
        let fields = try headers.fields(
            toAgentOver: try await credential(in: branch), for: context, keyring: agents.keyring)
        return A2AAddress(
            baseURL: agent.baseUrl, headers: fields,
            scope: EgressScope(tenant: branch.tenant, project: branch.project, tool: agent.id))
    }

    private func credential(in branch: BranchKey) async throws -> [(name: String, value: String)] {
        guard let id = agent.credentialReferenceId else { return [] }
        let credential: ResolvedCredential?
        do {
            credential = try await agents.store.credential(id, in: branch, keyring: agents.keyring)
        } catch {
            throw Toolset.ToolFailure(message: "its credential cannot be used.")
        }
        guard let credential else { throw Toolset.ToolFailure(message: "its credential is not there.") }
        guard credential.expiresAt.map({ $0 > context.clock.now() }) ?? true else {
            throw Toolset.ToolFailure(message: "its credential has expired.")
        }
        return credential.headers
    }

    /// Messages of the conversation, the newest, among which a question of the agent counts as not answered yet.
    private static let messagesBack = 50

    private func openTask() async throws(StoreError) -> String? {
        let messages = try await agents.store.messages(context.scope.conversation, limit: Self.messagesBack)
        return Journal.openTask(of: agent.id, in: messages)
    }

    private func message(_ task: OtherAgent.Task, openTask: String?) -> A2AMessage {
        let conversation = JSONValue.string(context.scope.conversation.id)
        var metadata: JSONObject = [
            "conversationId": conversation, "threadId": conversation,
            "streamRequestId": .string(context.scope.key.id), "isDelegation": true,
            "fromExternalAgentId": .string(context.subAgent),
        ]
        metadata["delegationId"] = context.delegation.map(JSONValue.string)
        return A2AMessage(
            text: task.message, id: context.idempotencyKey, context: context.scope.conversation.id,
            task: openTask, metadata: metadata)
    }

    private static func output(_ reply: A2AReply) -> ToolOutput {
        guard reply.data.isEmpty, reply.openTask == nil else {
            var output: JSONObject = [reply.openTask == nil ? "text" : "question": .string(reply.text)]
            if !reply.data.isEmpty { output["data"] = .array(reply.data) }
            return ToolOutput(.object(output), openTask: reply.openTask)
        }
        return ToolOutput(.string(reply.text.isEmpty ? "(no answer)" : reply.text))
    }
}
