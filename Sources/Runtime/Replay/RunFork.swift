public import Catalog
import Events
import Models
public import Store

/// What is to be different in a run that goes on from an earlier one's log.
public struct RunChanges: Sendable, Equatable {
    /// The sub-agent whose prompt or model is another one; nil for all of the agent's.
    public var subAgent: String?
    /// The prompt; nil for the configured one.
    public var prompt: String?
    /// The model; nil for the configured one.
    public var model: String?

    /// Changes from their parts.
    public init(subAgent: String? = nil, prompt: String? = nil, model: String? = nil) {
        self.subAgent = subAgent
        self.prompt = prompt
        self.model = model
    }

    /// Whether nothing is different.
    var areNone: Bool { prompt == nil && model == nil }

    var json: JSONValue {
        var object: JSONObject = [:]
        object["subAgent"] = subAgent.map(JSONValue.string)
        object["prompt"] = prompt.map(JSONValue.string)
        object["model"] = model.map(JSONValue.string)
        return .object(object)
    }

    init(json: JSONValue) {
        self.init(
            subAgent: json["subAgent"]?.string, prompt: json["prompt"]?.string, model: json["model"]?.string)
    }
}

extension AgentDefinition {
    /// The agent with changes.
    func changed(_ changes: RunChanges) -> AgentDefinition {
        var agent = self
        for place in agent.subAgents.indices
        where changes.subAgent == nil || agent.subAgents[place].id == changes.subAgent {
            if let prompt = changes.prompt { agent.subAgents[place].prompt = prompt }
            if let model = changes.model {
                agent.subAgents[place].model = ModelChoice(
                    model: model, providerOptions: agent.subAgents[place].model?.providerOptions ?? [:])
            }
        }
        return agent
    }
}

/// A run that goes on from a place in the log of another one.
public struct ForkedRun: Sendable, Equatable {
    /// The run.
    public let run: RunKey
    /// The id of its conversation.
    public let conversation: String
}

/// Runs that go on from a place in the log of another one.
extension Runs {
    /// Begins a run in a conversation of its own, which has the log of `row` before its `step`th model call and goes on
    /// from there with changes. The run that it comes of stays as it is.
    ///
    /// - Parameters:
    ///   - step: which model call is the first that is made anew, from 1.
    ///   - results: outputs in place of those that tool calls before had, by the id of the call.
    ///   - actor: who forks it: the conversation is theirs.
    ///   - keyed: the request, where it has a key and is to be done once.
    /// - Throws: `Problem` 409 for a run that goes on, 400 for a step or a call that it does not have;
    ///   `KeyedRequestError`.
    public func fork(
        _ row: RunRow, step: Int, changes: RunChanges, results: [String: JSONValue], actor: String,
        once keyed: KeyedWrite<ForkedRun>? = nil
    ) async throws -> Store.Once<ForkedRun> {
        guard row.status.isFinished else {
            throw Problem.conflict("The run goes on; only one that ended can be forked")
        }
        let log = try await handle(row).log()
        guard case .started(var start)? = log.first?.event else { throw Problem.notFound("Run") }
        let source = ConversationKey(tenant: row.key.tenant, project: row.key.project, id: row.conversation)
        let (earlier, _) = try await said(before: start, row, source)
        guard let question = try await world.store.message(start.userMessage, in: source) else {
            throw Problem.notFound("Message")
        }
        var kept = try Self.beginning(of: log, before: step, results)
        let conversation = ConversationKey(tenant: source.tenant, project: source.project, id: world.makeID())
        let key = RunKey(tenant: source.tenant, project: source.project, id: world.makeID())
        start.conversation = conversation.id
        start.requestID = "fork-\(world.makeID())"
        start.userMessage = world.makeID()
        start.answerMessage = world.makeID()
        start.origin = RunOrigin(user: start.origin.user)
        let now = world.clock.now()
        kept[0] = LoggedEvent(sequence: 1, at: now, event: .started(start))
        var request = row.request.object ?? [:]
        // Nobody waits for its answer.
        request["delegated"] = nil
        request["changes"] = changes.areNone ? nil : changes.json
        var rows: [RunChange] = [
            .conversation(
                ConversationRow(
                    key: conversation, agent: row.agent, activeSubAgent: start.subAgent, ref: row.branch,
                    title: "Fork of \(row.key.id)", metadata: ["forkOf": .string(row.key.id)], createdAt: now,
                    updatedAt: now, subject: "fork:\(actor)"))
        ]
        for message in earlier + [question] {
            var copy = message
            copy.conversation = conversation
            copy.id = message.id == question.id ? start.userMessage : world.makeID()
            copy.run = message.id == question.id ? key.id : nil
            rows.append(.message(copy))
        }
        // Nobody holds it: whoever claims it first goes on with it, as after a crash.
        rows.append(
            .runStarted(
                RunRow(
                    key: key, conversation: conversation.id, agent: row.agent, branch: row.branch,
                    request: .object(request), startedAt: now, updatedAt: now, lease: nil)))
        rows.append(.events(key, kept.map { Journal.stored($0) }))
        let forked = ForkedRun(run: key, conversation: conversation.id)
        let once: Store.Once<ForkedRun>
        do {
            once = try await world.store.commit(rows, making: forked, once: keyed)
        } catch let error as StoreError {
            throw error.problem
        }
        await claimUnfinished()
        return once
    }

    /// The log before a model call, with other outputs of tools.
    private static func beginning(
        of log: [LoggedEvent], before step: Int, _ results: [String: JSONValue]
    ) throws(Problem) -> [LoggedEvent] {
        var calls = 0
        var end: Int?
        for (place, logged) in log.enumerated() {
            guard case .answered = logged.event else { continue }
            calls += 1
            if calls == step { end = place }
        }
        guard let end else {
            throw Problem.invalid([Problem.Broken(["step"], "must be from 1 to \(calls)")])
        }
        var left = Set(results.keys)
        let kept = log[..<end].map { logged -> LoggedEvent in
            guard case .toolEnded(let frame, var outcome) = logged.event, let output = results[outcome.callID] else {
                return logged
            }
            left.remove(outcome.callID)
            (outcome.output, outcome.isError) = (output, false)
            return LoggedEvent(
                sequence: logged.sequence, at: logged.at, event: .toolEnded(frame: frame, outcome))
        }
        guard left.isEmpty else {
            throw Problem.invalid(
                left.sorted().map { Problem.Broken(["toolResults", $0], "is no tool call before the step") })
        }
        return kept
    }
}
