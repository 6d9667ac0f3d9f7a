import Catalog
import Events
import Models
import Store

/// How runs that a crash has left are picked up.
extension Runs {
    /// How many runs are claimed at once.
    private static let batch = 100

    /// Claims the unfinished runs that nobody drives and goes on with them: the log is folded and what was under way is
    /// done again. On a database that no other process uses that is all of them, at the first call.
    public func recover() async {
        // Where the store fails here, the next tick tries again.
        if !world.store.isShared {
            _ = try? await world.store.releaseLeases(exceptOf: world.owner)
        }
        await claimUnfinished()
    }

    func claimUnfinished() async {
        while !Task.isCancelled {
            let room = min(Self.batch, registry.room)
            guard room > 0,
                let rows = try? await world.store.claimRuns(
                    owner: world.owner, now: world.clock.now(), leaseUntil: world.leaseUntil, limit: room)
            else { return }
            for row in rows where registry.run(row.key.id) == nil { await pickUp(row) }
            if rows.count < room { return }
        }
    }

    private func pickUp(_ row: RunRow) async {
        let conversation = ConversationKey(
            tenant: row.key.tenant, project: row.key.project, id: row.conversation)
        do {
            let log = try await StoredRun(row, world).log()
            guard case .started(let start)? = log.first?.event else { return try await discard(row) }
            // Nil when another turn has begun in the conversation meanwhile: then this one can only be ended.
            let hold = try? registry.take(conversation)
            do {
                try await resume(row, log, start, conversation, hold)
            } catch {
                if let hold { registry.release(hold) }
                throw error
            }
        } catch {
            // The lease of this attempt runs out, and the run is claimed again, as often as attempts are allowed.
            world.report.say(
                RunReport(
                    .warning, "a run could not be picked up", ["run": row.key.id, "reason": "\(error)"]))
        }
    }

    /// Ends a run without a beginning; no process writes one, so this is for rows that people have damaged.
    private func discard(_ row: RunRow) async throws {
        let end = RunChange.runUpdated(row.key, .failed, lease: nil, heldBy: world.owner, at: world.clock.now())
        try await world.store.commit([end], durability: .full)
    }

    private func resume(
        _ row: RunRow, _ log: [LoggedEvent], _ start: RunStart, _ conversation: ConversationKey,
        _ hold: Registry.Hold?
    ) async throws {
        let branch = BranchKey(tenant: row.key.tenant, project: row.key.project, branch: row.branch)
        let request = RunRequest(row.request)
        let agent = try await agent(row.agent, in: branch)
        let compiled = agent ?? CompiledAgent.missing(start, world.limits)
        let run = Run(
            rules: compiled.rules(streams: request.isStreamed), log: log.lazy.map(\.event), makeID: world.makeID)
        let talk = try await talk(row, start, conversation, request, compiled)
        let active = ActiveRun(
            key: row.key, conversation: conversation, agent: compiled, talk: talk, world: world, run: run,
            start: start, startedAt: row.startedAt, committed: log.last?.sequence ?? 0
        ) { [registry] _ in
            if let hold { registry.release(hold) }
        }
        if hold != nil { registry.add(active) }
        world.metrics.runsResumed.add()
        active.say(.notice, "a run was picked up", ["attempt": String(row.attempt)])
        let input = input(row, isFree: hold != nil, hasAgent: agent != nil, compiled)
        try await active.goOn(with: input)
    }

    private func input(_ row: RunRow, isFree: Bool, hasAgent: Bool, _ agent: CompiledAgent) -> RunInput {
        if !hasAgent {
            return .failed(RunFailure(code: "configuration", message: "Agent '\(row.agent)' does not exist any more."))
        }
        if !isFree || row.attempt > Int64(world.limits.runAttempts) {
            return .failed(RunFailure(code: "interrupted", message: "The server was interrupted during this answer."))
        }
        return .resumed(attempt: Int(row.attempt)) { call in
            agent.subAgents.values.allSatisfy { $0.toolset.tools[call.name]?.isSafeToRetry ?? true }
        }
    }

    /// What was said: the messages of other runs, and the user's message of this one.
    private func talk(
        _ row: RunRow, _ start: RunStart, _ conversation: ConversationKey, _ request: RunRequest,
        _ agent: CompiledAgent
    ) async throws -> ConversationSoFar {
        let messages = try await world.store.messages(conversation, limit: 1000)
        let own = messages.first { $0.id == start.userMessage }
        let before = own?.position ?? .max
        return ConversationSoFar(
            id: conversation.id, earlier: messages.filter { $0.position < before && $0.run != row.key.id },
            parts: own.map { StoredContent.parts($0.content) } ?? [], clientTime: request.clientTime)
    }
}

extension ActiveRun {
    /// Goes on with a run that was folded from its log.
    func goOn(with input: RunInput) async throws {
        for action in try await take(input) { spawn(action) }
    }
}

extension CompiledAgent {
    /// Stands in for an agent that is gone, so that its run can be ended.
    static func missing(_ start: RunStart, _ limits: RuntimeLimits) -> CompiledAgent {
        CompiledAgent(
            AgentDefinition(id: start.agent, name: start.agentName, subAgents: []), models: .none, limits: limits)
    }
}

extension ModelSource {
    /// Has no models.
    static let none = ModelSource { (model, _) throws(ModelFailure) in
        throw ModelFailure(.configuration, "There is no model \(model).")
    }
}
