import Catalog
import Events
import Store
import Synchronization

/// An agent's context configuration with what it takes to fill it in.
struct AgentContext: Sendable {
    let context: CompiledContext
    let outside: Outside

    /// What finds the values of one run.
    func resolver(of scope: RunScope, in world: RuntimeWorld) -> ContextResolver {
        let branch = BranchKey(
            tenant: scope.conversation.tenant, project: scope.conversation.project, branch: scope.branch)
        return ContextResolver(
            context: context, fetcher: ContextFetcher(store: world.store, outside: outside, branch: branch),
            conversation: scope.conversation, run: scope.key.id, now: world.clock.now)
    }
}

extension ActiveRun {
    /// What templates of this run may name; found out by the first who asks, the same for all and after a restart.
    ///
    /// - Throws: `ContextLost` where it cannot be read or kept; `CancellationError`.
    func templates() async throws -> TemplateValues {
        guard let source = agent.context else { return TemplateValues(document: nil, conversation: conversation.id) }
        let finding = state.withLock { state in
            if let finding = state.context { return finding }
            let finding = Self.spawn { await self.find(source) }
            state.context = finding
            return finding
        }
        let values = try await withTaskCancellationHandler {
            try await finding.value.get()
        } onCancel: {
            finding.cancel()
        }
        return TemplateValues(
            document: .object(values), conversation: conversation.id, environment: source.outside.environment)
    }

    private func find(_ source: AgentContext) async -> Result<JSONObject, any Error> {
        do {
            // The conversation has to be there for what is kept of it.
            _ = try await next(after: 0)
            let resolver = source.resolver(of: scope, in: world)
            let (found, kept) = try await resolver.resolved()
            try Task.checkCancellation()
            for failure in found.failures {
                for action in try await take(.notice(frame: 0, Self.notice(failure))) { spawn(action) }
            }
            try await resolver.keep(kept)
            return .success(found.values)
        } catch is StoreError {
            return .failure(ContextLost())
        } catch {
            return .failure(error)
        }
    }

    private static func notice(_ failure: (variable: String, reason: String)) -> RunNotice {
        RunNotice(
            .warning, code: "context_not_fetched",
            message: "The value '\(failure.variable)' could not be fetched: \(failure.reason).",
            source: failure.variable)
    }
}

/// The store cannot say what templates may name.
struct ContextLost: Error {}

extension Runs {
    /// What is kept of the request's headers from this turn on; nil where that changes nothing.
    ///
    /// - Throws: `Problem` 400 for headers that the agent cannot work with.
    func headers(
        of turn: Turn, _ agent: CompiledAgent, _ scope: RunScope, isNew: Bool
    ) async throws -> ContextValueRow? {
        guard let source = agent.context, let headers = turn.headers else { return nil }
        do {
            return try await source.resolver(of: scope, in: world).headersRow(of: headers, isNew: isNew)
        } catch let error as StoreError {
            throw error.problem
        }
    }
}
