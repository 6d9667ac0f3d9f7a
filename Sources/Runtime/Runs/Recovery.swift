import Catalog
import Events
import Models
import Store
import Synchronization

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
            for row in rows {
                guard let active = registry.run(row.key.id) else {
                    await pickUp(row)
                    continue
                }
                // A lease that ran out before this process renewed it is its own again by the claim.
                if !active.isDriven { await giveBack(row) }
            }
            if rows.count < room { return }
        }
    }

    /// Gives back a run that was claimed while this process was still letting go of it; whoever lets go claims it anew.
    private func giveBack(_ row: RunRow) async {
        let free = RunChange.runUpdated(
            row.key, .running, lease: nil, heldBy: world.owner, at: world.clock.now())
        // Where this fails the lease runs out by itself.
        try? await world.store.commit([free], durability: .process)
        if registry.run(row.key.id) == nil { claimSoon() }
    }

    /// Goes on with a run that this process has claimed. Where `ending` is given that is all that happens to it.
    func pickUp(_ row: RunRow, ending: RunInput? = nil) async {
        let conversation = ConversationKey(
            tenant: row.key.tenant, project: row.key.project, id: row.conversation)
        do {
            let log = try await handle(row).log()
            guard case .started(let start)? = log.first?.event else { return try await discard(row) }
            // Nil when another turn has begun in the conversation meanwhile: then this one can only be ended.
            let hold = ending == nil ? try? registry.take(conversation, isNew: false) : nil
            do {
                try await resume(row, log, start, conversation, hold, ending)
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
        _ hold: Registry.Hold?, _ ending: RunInput?
    ) async throws {
        let branch = BranchKey(tenant: row.key.tenant, project: row.key.project, branch: row.branch)
        let request = RunRequest(row.request)
        let agent = try await agent(row.agent, in: branch)
        let compiled = agent?.changed(request.changes) ?? CompiledAgent.missing(start, world.limits)
        let terms = try await terms(of: row.key.tenant)
        let scope = try await scope(row, conversation, request)
        let talk = try await talk(row, start, conversation, request, compiled)
        var rules = terms.bounded(
            compiled.rules(streams: request.isStreamed), RunPlace(scope, user: start.origin.user))
        rules.depth = request.delegated?.depth ?? 0
        let run = Run(
            rules: rules, log: log.lazy.map(\.event),
            knowing: talk.artifacts.map(\.body), makeID: world.makeID)
        let active = ActiveRun(
            scope: scope, agent: compiled, talk: talk, world: world, run: run, start: start,
            startedAt: row.startedAt, committed: log.last?.sequence ?? 0, terms: terms,
            onTeamTask: { try await self.answer($1, for: $0) }
        ) { self.left($0, $1, hold) }
        active.note(log)
        active.remember(log)
        if hold != nil { registry.add(active) }
        let isWanted = try await isWanted(request, row)
        if let ending = ending
            ?? self.ending(
                row, isFree: hold != nil, hasAgent: agent != nil, isWanted: isWanted)
        {
            return try await active.goOn(with: ending)
        }
        world.metrics.runsResumed.add()
        active.say(.notice, "a run was picked up", ["attempt": String(row.attempt)])
        active.spawnStatus(after: log.last?.sequence ?? 0)
        // Where it was suspended nothing was cut off.
        if log.last?.event != .suspended || row.attempt > 1 {
            try await active.goOn(with: .resumed(attempt: Int(row.attempt)))
        }
        try await active.take(try await world.store.letters(of: row.key))
        for call in active.overdue(at: world.clock.now()) { try await active.goOn(with: .decided(call)) }
        try await active.suspendAgain()
    }

    private func scope(
        _ row: RunRow, _ conversation: ConversationKey, _ request: RunRequest
    ) async throws -> RunScope {
        let stored = try await world.store.conversation(conversation)
        return RunScope(
            key: row.key, conversation: conversation, branch: row.branch, agent: row.agent, owner: stored?.owner,
            subject: stored?.subject, metadata: stored?.metadata?.object, forwardsHeaders: request.forwardsHeaders,
            delegated: request.delegated)
    }

    /// Why the run can only be ended; nil when it can go on.
    private func ending(_ row: RunRow, isFree: Bool, hasAgent: Bool, isWanted: Bool) -> RunInput? {
        if !isWanted { return .cancelled }
        if !hasAgent {
            return .failed(RunFailure(code: "configuration", message: "Agent '\(row.agent)' does not exist any more."))
        }
        if !isFree || row.attempt > Int64(world.limits.runAttempts) {
            return .failed(RunFailure(code: "interrupted", message: "The server was interrupted during this answer."))
        }
        return nil
    }

    /// Lets go of a run that this process does not drive any more.
    func left(_ run: ActiveRun, _ why: ActiveRun.Leave, _ hold: Registry.Hold?) {
        if let hold { registry.release(hold) }
        if why == .over, run.state.withLock({ $0.run.hasUnnamed }) {
            let naming = ArtifactNaming(
                world: world, agent: run.agent, conversation: run.conversation, run: run.key.id)
            namings.add(limit: world.limits.artifactNamings) { await naming.nameAll() }
        }
        // Somebody may have decided while the run was being suspended.
        if why == .suspended { claimSoon() }
    }

    /// What was said: the messages of other runs, and the user's message of this one.
    private func talk(
        _ row: RunRow, _ start: RunStart, _ conversation: ConversationKey, _ request: RunRequest,
        _ agent: CompiledAgent
    ) async throws -> ConversationSoFar {
        let messages = try await world.store.messages(conversation, limit: Self.historyMax)
        let own = messages.first { $0.id == start.userMessage }
        let before = own?.position ?? .max
        let rest = messages.filter { $0.position < before && $0.run != row.key.id }
        let earlier = messages.count < Self.historyMax ? rest : try await withSummary(rest, conversation)
        return ConversationSoFar(
            id: conversation.id, earlier: earlier,
            artifacts: try await artifacts(conversation, agent).filter { $0.run != row.key.id },
            earlierFiles: await world.files.earlier(earlier, world.limits),
            parts: own == nil ? [] : await world.files.parts(of: own?.content ?? .null),
            clientTime: request.clientTime, appPrompt: request.appPrompt)
    }
}

extension ActiveRun {
    /// Goes on with a run that was folded from its log.
    func goOn(with input: RunInput) async throws {
        for action in try await take(input) { spawn(action) }
    }

    /// Notes of a run that was folded from this log since when its calls wait.
    func note(_ log: [LoggedEvent]) {
        state.withLock { state in
            for logged in log {
                if case .approvalRequested(_, let request) = logged.event { state.askedAt[request.callID] = logged.at }
            }
        }
    }

    /// Refusals of the calls that have waited for a person as long as they may (run spec §15.1).
    func overdue(at now: Int64) -> [RunApprovalDecision] {
        let limit = Int64(world.limits.approvalMs)
        return state.withLock { state in
            state.run.awaiting.compactMap { _, call in
                guard let since = state.askedAt[call.call.id], since + limit <= now else { return nil }
                let reason = "Tool approval timeout for \(call.call.name) (\(call.call.id))"
                return RunApprovalDecision(callID: call.call.id, isApproved: false, reason: reason)
            }
        }
    }

    /// Suspends a run again that was claimed and that nothing came of.
    func suspendAgain() async throws {
        let letters = state.withLock { state -> [String]? in
            guard state.run.isSuspended, !state.isParked, state.pending.isEmpty, !state.isCommitting else { return nil }
            state.isParked = true
            return state.letters
        }
        if let letters { try await commitSuspension(letters) }
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
