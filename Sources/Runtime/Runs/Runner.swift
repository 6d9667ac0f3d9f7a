import Catalog
import Events
import Models
import Store
import Synchronization

/// How the actions of a run are done.
extension ActiveRun {
    /// Does one thing and returns what is to be done then. Nothing when the run is over, for good or for this process.
    func perform(_ action: RunAction, as task: Int) async -> [RunAction] {
        do {
            switch action {
            case .equip(let frame): return try await equip(frame, as: task)
            case .askModel(let frame, let call, let failures, let retryAfter):
                if failures > 0 { try await wait(failures, retryAfter) }
                return try await ask(frame, call, as: task)
            case .callTool(let frame, let call):
                do {
                    try await holdToolCall(call)
                } catch let refused as BudgetUsedUp {
                    return try await take(.failed(.budget(refused.budget)), from: task)
                } catch let failure as ModelFailure {
                    let outcome = RunToolOutcome(callID: call.id, output: .string(failure.message), isError: true)
                    return try await take(.toolEnded(frame: frame, outcome), from: task)
                }
                let outcome = try await outcome(of: call, in: frame, task)
                observe(call.name, outcome)
                return try await take(.toolEnded(frame: frame, outcome), from: task)
            }
        } catch is ContextLost {
            let message = "The context of the conversation could not be read or kept."
            return (try? await take(.failed(RunFailure(code: "internal", message: message)), from: task)) ?? []
        } catch {
            // Either the log cannot be written, and then the run has been given up and its readers know why, or the
            // task was cancelled, and then whoever did so has said what becomes of the run.
            return []
        }
    }

    private func wait(_ failures: Int, _ retryAfter: Duration?) async throws {
        let delay = RetryDelay(world.limits)
            .delay(failures: failures, retryAfter: retryAfter, jitter: world.jitter())
        try await world.clock.pause(for: delay)
    }

    // MARK: Models

    private func ask(_ number: Int, _ call: Int, as task: Int) async throws -> [RunAction] {
        guard let frame = state.withLock({ $0.run.frame(number) }) else { return [] }
        guard let subAgent = agent.subAgents[frame.subAgent] else {
            let message = "Sub-agent '\(frame.subAgent)' does not exist in agent '\(agent.id)'."
            return try await take(.failed(RunFailure(code: "configuration", message: message)), from: task)
        }
        if let unsupported = subAgent.unsupported { return try await take(.failed(unsupported), from: task) }
        do {
            let resolved = try subAgent.model()
            let templates = try await templates()
            let stay = await stay(of: frame, subAgent, templates)
            let summary = state.withLock { $0.run.historySummary }
            let messages = talk.messages(
                for: frame, as: subAgent.history, subAgent.answer, summary: summary,
                takesDocuments: resolved.takesDocuments, namesCalls: stay.toolset.takesReferences)
            let request = ModelRequest(
                system: stay.prompt.blocks(templates, app: talk.appPrompt),
                messages: await world.files.loaded(messages, world.limits),
                tools: stay.toolset.offered, options: resolved.options, responseSchema: subAgent.responseSchema)
            if let compression = try await compression(before: request, frame, subAgent, task) {
                return try await take(.compressed(frame: number, call: call, compression), from: task)
            }
            let allowed = try await allowed(request, resolved.name, number)
            begin(resolved.name, number)
            return try await respond(resolved.model, allowed, number, call, task)
        } catch let failure as ModelFailure {
            return try await take(.modelFailed(frame: number, call: call, failure), from: task)
        } catch let refused as BudgetUsedUp {
            return try await take(.failed(.budget(refused.budget)), from: task)
        }
    }

    private func respond(
        _ model: any Model, _ request: ModelRequest, _ frame: Int, _ call: Int, _ task: Int
    ) async throws -> [RunAction] {
        let actions = ActionList()
        limit(task, to: request.options.timeout)
        do {
            try await traced(identity.modelCall(frame, call)) {
                try await model.respond(to: request) { events in
                    self.noteFirstToken(frame)
                    actions.add(try await self.take(.model(frame: frame, call: call, events), from: task))
                }
            }
            limit(task, to: nil)
            // Does nothing when the reply was complete.
            let cut = ModelFailure(.cut, "The model's reply ended before it was complete.")
            actions.add(try await take(.modelFailed(frame: frame, call: call, cut), from: task))
        } catch let failure as ModelFailure {
            limit(task, to: nil)
            actions.add(try await take(.modelFailed(frame: frame, call: call, failure), from: task))
        } catch is CancellationError {
            guard state.withLock({ $0.tasks.isTimedOut(task) }) else { throw CancellationError() }
            let seconds = request.options.timeout.components.seconds
            let late = ModelFailure(.timedOut, "The model did not finish within \(seconds) seconds.")
            actions.add(try await take(.modelFailed(frame: frame, call: call, late), from: task))
        }
        return actions.all
    }

    func limit(_ task: Int, to duration: Duration?) {
        let deadline = duration.map { world.clock.elapsed() + $0 }
        state.withLock { $0.tasks.limit(task, to: deadline) }
    }

    // MARK: Tools

    private func outcome(of call: ToolCall, in frame: Int, _ task: Int) async throws -> RunToolOutcome {
        let began = world.clock.elapsed()
        func outcome(
            _ output: JSONValue, isError: Bool, files: RunOutcomeFiles? = nil, openTask: String? = nil
        ) -> RunToolOutcome {
            let duration = (world.clock.elapsed() - began).wholeMilliseconds
            return RunToolOutcome(
                callID: call.id, output: output, isError: isError, durationMs: duration, files: files,
                openTask: openTask)
        }
        let templates = try await templates()
        let run = state.withLock { $0.run }
        var tools: Toolset?
        if let at = run.frame(frame), let subAgent = agent.subAgents[at.subAgent] {
            tools = await stay(of: at, subAgent, templates).toolset
        }
        guard let at = run.frame(frame), let tools, let tool = tools.tools[call.name] else {
            return outcome(.string("The tool '\(call.name)' does not exist any more."), isError: true)
        }
        let longestMs = tool.longestMs ?? world.limits.toolCallMs
        limit(task, to: .milliseconds(longestMs))
        defer { limit(task, to: nil) }
        do {
            let context = context(at, call: call.id, templates)
            let call = try await tools.prepared(
                call, in: run, bytesMax: world.limits.toolInputBytes, artifact: context.artifact)
            let returned = try await traced(identity.toolCall(call.id)) { try await tool.call(call, context) }
            let output = returned.output
            let size = output.string?.utf8.count ?? output.jsonBytes.count
            guard size <= world.limits.toolOutputBytes else {
                let most = world.limits.toolOutputBytes
                return outcome(.string("The result has \(size) bytes; at most \(most) can be read."), isError: true)
            }
            let files = await world.files.keep(
                returned.files, in: scope.conversation, message: world.makeID())
            return outcome(output, isError: false, files: files, openTask: returned.openTask)
        } catch let failure as Toolset.ToolFailure {
            return outcome(.string(failure.message), isError: true)
        } catch is CancellationError {
            guard state.withLock({ $0.tasks.isTimedOut(task) }) else { throw CancellationError() }
            let seconds = longestMs / 1000
            return outcome(.string("The tool did not answer within \(seconds) seconds."), isError: true)
        } catch {
            return outcome(.string("The tool failed."), isError: true)
        }
    }
}

extension Run {
    /// The frame of this number; nil when there is none.
    func frame(_ number: Int) -> RunFrame? { frames.indices.contains(number) ? frames[number] : nil }
}

/// Actions that gather while a model answers.
private final class ActionList: Sendable {
    private let actions = Mutex<[RunAction]>([])

    func add(_ more: [RunAction]) {
        if !more.isEmpty { actions.withLock { $0 += more } }
    }

    var all: [RunAction] { actions.withLock { $0 } }
}
