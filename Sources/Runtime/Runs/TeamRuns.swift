import Catalog
import Events
import Models
import Store
import Synchronization

/// Runs that work for other runs: a task of one agent, done by another of the project (run spec §7.4).
///
/// Such a run is named after the call that hands the task out. Whoever makes the call again after a crash finds it, and
/// follows it instead of beginning another one.
extension Runs {
    /// Has another agent do a task, and waits for its answer.
    ///
    /// - Throws: `Toolset.ToolFailure` with a sentence for the model; `CancellationError`, and then the run that does
    ///   the task is stopped, unless another process goes on with the one that waits; `StoreError`.
    func answer(_ task: TeamTask, for parent: ActiveRun) async throws -> ToolOutput {
        let worker = try await worker(task, for: parent)
        do {
            return try await answer(of: worker, limit: world.limits.toolOutputBytes)
        } catch let error as CancellationError {
            if !parent.isGivenUp { cancelSoon(worker) }
            throw error
        } catch let waits as WaitsForPerson {
            cancelSoon(worker)
            throw Toolset.ToolFailure(
                message: "it wants to call \(waits.tools), which a person has to allow, and nobody is asked in a "
                    + "delegation. Tell the user, or have it done without that.")
        }
    }

    /// The run that does a task: the one that is there already, or a new one.
    private func worker(_ task: TeamTask, for parent: ActiveRun) async throws -> RunHandle {
        let ids = RunDelegated.ids(task.idempotencyKey, parent: parent.key.id)
        let key = RunKey(tenant: parent.key.tenant, project: parent.key.project, id: ids.run)
        if let row = try await world.store.run(key) { return handle(row) }
        let scope = parent.scope
        var turn = Turn(
            branch: scope.branchKey, agent: task.agent, conversation: ids.conversation, owner: scope.owner,
            subject: scope.subject, metadata: scope.metadata, parts: [.text(task.message)],
            appPrompt: parent.talk.appPrompt, isStreamed: false, clientTime: parent.talk.clientTime,
            requestIDPrefix: "team", httpRequest: parent.origin.request,
            traceparent: parent.identity.header(parent.identity.toolCall(task.call)))
        turn.headers = task.headers
        // It works for the same user, whose request they came with.
        for (name, value) in try await parent.forwardedHeaders() { turn.forwardedHeaders[name] = value }
        turn.delegated = RunDelegated(
            run: ids.run, parent: parent.key.id, from: scope.agent, depth: task.depth,
            root: scope.delegated?.root
                ?? RunDelegated.Root(run: parent.key.id, conversation: parent.conversation.id))
        do {
            return try await start(turn)
        } catch let problem as Problem {
            // Another process, which has lost the run that waits, may have begun it at the same moment.
            if let row = try await world.store.run(key) { return handle(row) }
            throw Toolset.ToolFailure(message: Self.sentence(problem))
        }
    }

    private static func sentence(_ problem: Problem) -> String {
        ([problem.detail] + problem.broken.map(\.sentence)).joined(separator: "; ")
    }

    private struct WaitsForPerson: Error {
        let tools: String
    }

    private func answer(of worker: RunHandle, limit: Int) async throws -> ToolOutput {
        var answer = AnswerText()
        var calls = PendingCalls()
        var last: LoggedEvent?
        while true {
            try Task.checkCancellation()
            let events = try await worker.next(after: last?.sequence ?? 0)
            for logged in events { answer.add(logged.event) }
            calls.add(events)
            last = events.last ?? last
            switch last?.event {
            case .finished(let end): return try Self.output(end, answer, limit)
            case .suspended: throw WaitsForPerson(tools: calls.all.map { "'\($0.call.name)'" }.joined(separator: ", "))
            default: if events.isEmpty { throw Toolset.ToolFailure(message: "its run is gone.") }
            }
        }
    }

    private static func output(_ end: RunEnd, _ answer: AnswerText, _ limit: Int) throws -> ToolOutput {
        switch end.outcome {
        case .failed(let failure): throw Toolset.ToolFailure(message: failure.message)
        case .cancelled: throw Toolset.ToolFailure(message: "it was stopped.")
        case .completed:
            guard !answer.data.isEmpty else {
                return ToolOutput(.string(answer.text.isEmpty ? "(no answer)" : answer.text))
            }
            // Who asks cannot look the artifacts of another conversation up, so they come whole as far as they fit.
            let whole = output(answer) { $0.whole }
            return ToolOutput(whole.jsonBytes.count <= limit ? whole : output(answer) { $0.body })
        }
    }

    private static func output(_ answer: AnswerText, _ shown: (RunData) -> JSONValue) -> JSONValue {
        [
            "text": .string(answer.text),
            "data": .array(answer.data.map { ["type": .string($0.kind.rawValue), "data": shown($0)] }),
        ]
    }

    /// Whether somebody still waits for a run's answer. One that works for a run that is over is stopped, should its
    /// process have died before it could do that.
    func isWanted(_ request: RunRequest, _ row: RunRow) async throws(StoreError) -> Bool {
        guard let delegated = request.delegated else { return true }
        let key = RunKey(tenant: row.key.tenant, project: row.key.project, id: delegated.parent)
        return try await world.store.run(key)?.status.isFinished == false
    }
}

extension RunData {
    /// What clients get of it, and of an artifact all that is in it.
    fileprivate var whole: JSONValue {
        guard kind == .artifact, let full = kept?["full"], case .object(var object) = body else { return body }
        object["data"] = full
        return .object(object)
    }
}

extension ActiveRun {
    /// Whether another process goes on with the run.
    var isGivenUp: Bool { state.withLock { $0.failure != nil } }
}
