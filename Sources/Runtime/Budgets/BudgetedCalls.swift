import Catalog
import Events
import Models
import Store
import Synchronization

/// A budget has nothing left for the call.
struct BudgetUsedUp: Error {
    let budget: Budget
}

/// What calls may come to use is held before they are made, for all replicas at once. A run that no budget bounds asks
/// nobody.
extension ActiveRun {
    /// How long a hold outlives the time that its call may take, milliseconds.
    private static let graceMs: Int64 = 60_000

    /// The request as the budgets allow it: where less is left than the reply may have, the reply may have less.
    ///
    /// - Throws: `BudgetUsedUp` when there is too little, `ModelFailure` when the budgets cannot be asked.
    func allowed(_ request: ModelRequest, _ model: String, _ frame: Int) async throws -> ModelRequest {
        guard let budget = state.withLock({ $0.budget }) else { return request }
        let input = Int64(request.estimatedInputTokens)
        let parameters = request.options.parameters
        let asked = parameters["maxOutputTokens"]?.integer ?? parameters["maxTokens"]?.integer
        let output = asked.map { Int64($0) }
        let demands = budget.demands(model, input: input, output: output, at: world.clock.now())
        let held = try await hold(
            demands, RunBudget.modelCall(frame), milliseconds: request.options.timeout.wholeMilliseconds)
        guard let limit = budget.replyLimit(demands, held, model, input: input) else { return request }
        var request = request
        request.options.parameters["maxTokens"] = nil
        request.options.parameters["maxOutputTokens"] = .integer(limit)
        return request
    }

    /// Holds what a call of a tool uses. Throws as `allowed`.
    func holdToolCall(_ call: ToolCall) async throws {
        guard let budget = state.withLock({ $0.budget }) else { return }
        let demands = budget.toolDemands(at: world.clock.now())
        _ = try await hold(demands, RunBudget.toolCall(call.id), milliseconds: Int64(world.limits.toolCallMs))
    }

    private func hold(
        _ demands: [(budget: Budget, demand: BudgetDemand)], _ call: String, milliseconds: Int64
    ) async throws -> [Int64] {
        if demands.isEmpty { return [] }
        let now = world.clock.now()
        let answer: BudgetAnswer
        do throws(StoreError) {
            answer = try await world.store.hold(
                demands.map(\.demand), run: key.id, call: call, now: now, until: now + milliseconds + Self.graceMs)
        } catch {
            throw ModelFailure(.overloaded, "The budgets of this run cannot be asked at the moment.")
        }
        switch answer {
        case .refused(let place): throw BudgetUsedUp(budget: demands[place].budget)
        case .held(let amounts):
            state.withLock { $0.budget?.held[call] = demands.map { ($0.budget, $0.demand.account) } }
            return amounts
        }
    }
}

extension Runs {
    /// What a tenant's administrators said of money and bounds.
    func terms(of tenant: String) async throws(Problem) -> TenantTerms {
        try await reading { () throws(StoreError) in try await self.world.terms.terms(of: tenant) }
    }

    /// Refuses a turn for which a budget has nothing left.
    ///
    /// - Throws: `Problem` 402 where it is money, 429 where it is something else.
    func admit(_ place: RunPlace, _ terms: TenantTerms) async throws(Problem) {
        let now = world.clock.now()
        let budgets = terms.budgets.filter { $0.per != .run && $0.bounds(place) }
        if budgets.isEmpty { return }
        let accounts = budgets.map { $0.account(place, at: now) }
        let used = try await reading { () throws(StoreError) in try await self.world.store.used(of: accounts) }
        for (budget, used) in zip(budgets, used) where used >= Int64(budget.limit) {
            throw Problem(
                budget.isMoney ? .paymentRequired : .tooManyRequests, RunFailure.budget(budget).message,
                extras: ["budget": .string(budget.id)], retryAfter: budget.wait(at: now))
        }
    }
}

extension TenantTerms {
    /// The rules of a run with the depth that the budgets allow it.
    func bounded(_ rules: RunRules, _ place: RunPlace) -> RunRules {
        var rules = rules
        for budget in budgets where budget.measure == .depth && budget.bounds(place) {
            rules.depthLimit = min(rules.depthLimit, budget.limit)
        }
        return rules
    }
}
