import Catalog
import Events
import Models
import Store

/// How a turn becomes a run.
extension Runs {
    /// Starts a turn and returns as soon as it is in the log; the model is asked meanwhile. The run goes on whether
    /// or not anybody reads it.
    ///
    /// A turn in a new conversation reads nothing but the number of the last configuration change.
    ///
    /// - Throws: `Problem` 402 or 429 where a budget has nothing left; 404 for an unknown agent, and for a
    ///   conversation that does not belong to this owner, agent and project; 400 for an id of the wrong form or an
    ///   empty message; 409 for a message id that exists, and while another turn is under way in the conversation; 503
    ///   when there are as many runs as allowed.
    public func start(_ turn: Turn) async throws -> RunHandle {
        if let id = turn.messageID, !Turn.isMessageID(id) {
            throw Problem.badRequest("messageId must match /^[A-Za-z0-9_-]{1,64}$/")
        }
        guard turn.parts.contains(where: { $0.text != "" }) else { throw Problem.badRequest("The message is empty") }
        guard let agent = try await agent(of: turn) else { throw Problem.notFound("Agent") }
        let given = turn.conversation.flatMap { $0.isEmpty ? nil : $0 }
        let conversation = turn.conversationKey(given ?? world.makeID())
        let hold = try take(conversation, isNew: turn.delegated == nil)
        do {
            return try await start(turn, agent, hold, mayExist: given != nil && turn.delegated == nil)
        } catch {
            registry.release(hold)
            throw error
        }
    }

    private func agent(of turn: Turn) async throws -> CompiledAgent? {
        do {
            return try await agent(turn.agent, in: turn.branch)
        } catch let error as StoreError {
            throw error.problem
        }
    }

    private func take(_ conversation: ConversationKey, isNew: Bool) throws(Problem) -> Registry.Hold {
        do {
            return try registry.take(conversation, isNew: isNew)
        } catch {
            switch error {
            case .busy: throw Self.busy
            case .full:
                throw Problem(
                    .serviceUnavailable, "The server has as many runs under way as it may. Try again in a moment.",
                    retryAfter: .seconds(1))
            case .closing:
                throw Problem(.serviceUnavailable, "The server is stopping.", retryAfter: .seconds(5))
            }
        }
    }

    private static let busy = Problem.conflict(
        "This conversation is still answering an earlier message. Wait for the answer or cancel it.")

    private func start(
        _ turn: Turn, _ agent: CompiledAgent, _ hold: Registry.Hold, mayExist: Bool
    ) async throws -> RunHandle {
        let conversation = hold.conversation
        let row = mayExist ? try await existing(conversation, turn) : nil
        let subAgent = try entry(row, agent, turn)
        let terms = try await terms(of: conversation.tenant)
        let key = RunKey(
            tenant: conversation.tenant, project: conversation.project, id: turn.delegated?.run ?? world.makeID())
        let scope = RunScope(
            key: key, conversation: conversation, branch: turn.branch.branch, agent: agent.id, owner: turn.owner,
            subject: turn.subject, metadata: turn.metadata, forwardsHeaders: !turn.forwardedHeaders.isEmpty,
            delegated: turn.delegated)
        let place = RunPlace(scope, user: turn.owner)
        try await admit(place, terms)
        let earlier = row == nil ? [] : try await history(conversation, agent)
        let artifacts = row == nil ? [] : try await artifacts(conversation, agent)
        let userMessage = turn.messageID ?? world.makeID()
        let message = try await world.files.take(turn, in: conversation, message: userMessage, limits: world.limits)
        let earlierFiles = await world.files.earlier(earlier, world.limits)
        let now = world.clock.now()
        let start = RunStart(
            conversation: conversation.id, requestID: "\(turn.requestIDPrefix)-\(world.makeID())", agent: agent.id,
            agentName: agent.name, subAgent: subAgent, userMessage: userMessage,
            answerMessage: world.makeID(), emitOperations: turn.emitsOperations,
            isDurable: turn.isDurable ?? agent.isDurable, origin: turn.origin)
        var rules = terms.bounded(agent.rules(streams: turn.isStreamed), place)
        rules.depth = turn.delegated?.depth ?? 0
        let run = Run(rules: rules, knowing: artifacts.map(\.body), makeID: world.makeID)
        let headers = try await headers(of: turn, agent, scope, isNew: row == nil)
        let active = ActiveRun(
            scope: scope, agent: agent,
            talk: ConversationSoFar(
                id: conversation.id, earlier: earlier, artifacts: artifacts, earlierFiles: earlierFiles,
                parts: message.said, clientTime: turn.clientTime, appPrompt: turn.appPrompt),
            world: world, run: run, start: start, startedAt: now, committed: 0, terms: terms,
            onTeamTask: { try await self.answer($1, for: $0) }
        ) { self.left($0, $1, hold) }
        registry.add(active)
        do {
            var rows = rows(turn, message.content, row, start, key, conversation, at: now)
            if let headers { rows.append(.contextValues(conversation, [headers])) }
            if let forwarded = agent.outside.flatMap({ ForwardedHeaders(scope, $0.keyring).row(turn, at: now) }) {
                rows.append(.contextValues(conversation, [forwarded]))
            }
            try await active.begin(.started(start), making: rows)
        } catch let error as StoreError {
            throw Self.problem(error, start)
        }
        active.spawnStatus(after: 0)
        return handle(active)
    }

    /// The conversation as stored, nil when there is none of that id.
    private func existing(_ key: ConversationKey, _ turn: Turn) async throws -> ConversationRow? {
        let row = try await reading { () throws(StoreError) in try await self.world.store.conversation(key) }
        guard let row else { return nil }
        guard row.parentRun == nil, row.subject == turn.subject, row.agent == turn.agent, row.ref == turn.branch.branch
        else {
            throw Problem.notFound("Conversation")
        }
        let latest = try await reading { () throws(StoreError) in try await self.world.store.latestRun(key) }
        guard let latest, !latest.status.isFinished else { return row }
        if latest.status == .waiting {
            try await supersede(latest)
        } else if world.store.isShared {
            throw Self.busy
        }
        return row
    }

    /// Ends a run that waits for a person, because that one has said something else instead.
    private func supersede(_ run: RunRow) async throws(Problem) {
        let claimed = try await reading { () throws(StoreError) in
            try await self.world.store.claimWaiting(
                run.key, owner: self.world.owner, now: self.world.clock.now(), leaseUntil: self.world.leaseUntil)
        }
        guard let claimed else { throw Self.busy }
        await pickUp(claimed, ending: .cancelled)
        let after = try await reading { () throws(StoreError) in try await self.world.store.run(run.key) }
        guard after?.status.isFinished != false else { throw Self.busy }
    }

    /// The sub-agent that takes the turn: the conversation's, if the agent still has it, else the agent's first.
    private func entry(_ row: ConversationRow?, _ agent: CompiledAgent, _ turn: Turn) throws(Problem) -> String {
        if let active = row?.activeSubAgent, agent.subAgents[active] != nil { return active }
        if let entry = agent.entry { return entry }
        switch turn.surface {
        case .chatCompletions: throw Problem(.notFound, "No default agent found in agent")
        case .uiMessages: throw Problem.badRequest("Agent does not have a default agent configured")
        }
    }

    /// The newest messages, as many as the sub-agent of the agent that sees the most may see. What sub-agents said
    /// among each other does not count, as most do not see it, but no more than 1,000 messages are read.
    func history(_ conversation: ConversationKey, _ agent: CompiledAgent) async throws(Problem) -> [MessageRow] {
        let wanted = agent.subAgents.values.map { $0.history.mode == .none ? 0 : $0.history.limit }.max() ?? 0
        guard wanted > 0 else { return [] }
        var messages: [MessageRow] = []
        while true {
            let before = messages.first?.position
            let page = try await reading { () throws(StoreError) in
                try await self.world.store.messages(conversation, limit: wanted, before: before)
            }
            messages = page + messages
            let shown = messages.count { $0.visibility == "user-facing" }
            if page.count < wanted { return messages }
            guard shown >= wanted || messages.count >= Self.historyMax else { continue }
            return try await reading { [messages] () throws(StoreError) in
                try await self.withSummary(messages, conversation)
            }
        }
    }

    /// Messages of a conversation that are read at most.
    static let historyMax = 1000

    /// The newest messages of a conversation, and before them the summary of what came earlier, where none of them is
    /// one.
    func withSummary(
        _ messages: [MessageRow], _ conversation: ConversationKey
    ) async throws(StoreError) -> [MessageRow] {
        guard let first = messages.first, HistorySummary.latest(in: messages) == nil,
            let summary = try await world.store.latestSummary(in: conversation, before: first.position)
        else { return messages }
        return [summary] + messages
    }

    /// The newest artifacts that the agent may be told of and cite; none for one that makes none.
    func artifacts(_ conversation: ConversationKey, _ agent: CompiledAgent) async throws(Problem) -> [ArtifactRow] {
        guard agent.makesArtifacts else { return [] }
        return try await reading { () throws(StoreError) in
            try await self.world.store.artifacts(conversation, limit: Self.citableArtifacts)
        }
    }

    /// How many artifacts of earlier turns may be cited.
    private static let citableArtifacts = 100

    private func rows(
        _ turn: Turn, _ content: JSONValue, _ row: ConversationRow?, _ start: RunStart, _ key: RunKey,
        _ conversation: ConversationKey, at now: Int64
    ) -> [RunChange] {
        var rows: [RunChange] = []
        let title = row?.title == nil ? turn.title : nil
        if row == nil || title != nil || turn.userProperties != nil || turn.properties != nil {
            rows.append(
                .conversation(
                    ConversationRow(
                        key: conversation, agent: start.agent, activeSubAgent: start.subAgent, owner: turn.owner,
                        ref: turn.branch.branch, title: title,
                        metadata: row == nil ? turn.metadata.map(JSONValue.object) : nil,
                        userProperties: turn.userProperties,
                        properties: turn.properties, createdAt: row?.createdAt ?? now, updatedAt: now,
                        subject: turn.subject, parentRun: turn.delegated?.parent)))
        }
        rows.append(
            .message(
                MessageRow(
                    conversation: conversation, id: start.userMessage, role: "user", toSubAgent: start.subAgent,
                    run: key.id, content: content,
                    metadata: turn.userProperties.map { ["userProperties": $0] } ?? turn.delegated?.metadata,
                    createdAt: now)))
        rows.append(
            .runStarted(
                RunRow(
                    key: key, conversation: conversation.id, agent: start.agent, branch: turn.branch.branch,
                    request: RunRequest(turn).json, startedAt: now, updatedAt: now,
                    lease: Lease(owner: world.owner, until: world.leaseUntil))))
        return rows
    }

    private static func problem(_ error: StoreError, _ start: RunStart) -> Problem {
        switch error {
        case .uniqueViolation(let what) where what == "Message \(start.userMessage)":
            Problem.conflict("Message with id '\(start.userMessage)' already exists in this project")
        // The id is taken by another project or another subject, or the conversation was deleted meanwhile.
        case .conflict, .notFound, .uniqueViolation: Problem.notFound("Conversation")
        default: error.problem
        }
    }
}

/// What of a turn a restart or a cancel needs and neither the log nor the user's message has.
struct RunRequest {
    let isStreamed: Bool
    let clientTime: ClientTime?
    /// The client's own id of the request.
    let clientRequest: String?
    /// What is different in this run, where it is a fork.
    let changes: RunChanges
    /// What the app through which it came tells agents; nil for nothing.
    let appPrompt: String?
    /// Whether headers of the request go on to servers of tools.
    let forwardsHeaders: Bool
    /// Which run it works for; nil for a person's.
    let delegated: RunDelegated?

    init(_ turn: Turn) {
        forwardsHeaders = !turn.forwardedHeaders.isEmpty
        changes = RunChanges()
        delegated = turn.delegated
        isStreamed = turn.isStreamed
        clientRequest = turn.clientRequest
        clientTime = turn.clientTime
        appPrompt = turn.appPrompt
    }

    init(_ json: JSONValue) {
        isStreamed = json["streamed"]?.bool ?? false
        clientRequest = json["clientRequest"]?.string
        changes = RunChanges(json: json["changes"] ?? .null)
        appPrompt = json["appPrompt"]?.string
        forwardsHeaders = json["forwardsHeaders"]?.bool ?? false
        delegated = json["delegated"].flatMap { RunDelegated($0) }
        clientTime = ClientTime(timeZone: json["timeZone"]?.string, timestamp: json["timestamp"]?.string)
    }

    var json: JSONValue {
        var request: JSONObject = ["streamed": .bool(isStreamed)]
        request["clientRequest"] = clientRequest.map(JSONValue.string)
        if forwardsHeaders { request["forwardsHeaders"] = true }
        request["appPrompt"] = appPrompt.map(JSONValue.string)
        request["delegated"] = delegated?.json
        if let clientTime {
            request["timeZone"] = .string(clientTime.timeZone)
            request["timestamp"] = .string(clientTime.timestamp)
        }
        return .object(request)
    }
}
