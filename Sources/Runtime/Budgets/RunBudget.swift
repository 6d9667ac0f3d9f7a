import Events
import Models
import Store

/// The budgets that bound a run, and what its calls hold of them. Nil in a run with which none has to do.
struct RunBudget: Sendable {
    let place: RunPlace
    let prices: PriceList
    /// Those with accounts; what bounds each run by itself alone, its depth, is in its rules.
    let budgets: [Budget]
    /// Those of which each run has an account, this one or one that works for it.
    private let perRun: [Budget]
    /// What calls under way hold, by the name of the call.
    var held: [String: [(budget: Budget, account: BudgetAccount)]] = [:]

    init?(_ terms: TenantTerms, _ place: RunPlace) {
        let counted = terms.budgets.filter { $0.measure != .depth }
        let budgets = counted.filter { $0.bounds(place) }
        // Agents that work for it may be bounded where it is not.
        let perRun = place.isDelegated ? [] : counted.filter { $0.per == .run }
        if budgets.isEmpty && perRun.isEmpty { return nil }
        self.place = place
        self.perRun = perRun
        prices = terms.prices
        self.budgets = budgets
    }

    /// The name of the model call of a frame among holds: each makes one at a time.
    static func modelCall(_ frame: Int) -> String { "model \(frame)" }
    /// The name of a tool call among holds.
    static func toolCall(_ id: String) -> String { "tool \(id)" }

    /// Tokens of a reply that are held where nobody says how long it may become.
    static let replyTokens: Int64 = 4096

    /// What a call of a model may come to use: one demand for each budget that counts it.
    ///
    /// - Parameters:
    ///   - input: tokens of the prompt, estimated.
    ///   - output: tokens that the reply may have; nil where nobody says.
    func demands(
        _ model: String, input: Int64, output: Int64?, at time: Int64
    ) -> [(budget: Budget, demand: BudgetDemand)] {
        let reply = output ?? Self.replyTokens
        return budgets.compactMap { budget in
            let (wanted, least): (Int64, Int64)
            switch budget.measure {
            case .tokens: (wanted, least) = (input + reply, input + 1)
            case .costMicros:
                func cost(_ output: Int64) -> Int64? {
                    prices.cost(of: Usage(inputTokens: Int(input), outputTokens: Int(output)), model)
                }
                guard let most = cost(reply), let some = cost(1) else { return nil }
                (wanted, least) = (most, some)
            case .modelCalls: (wanted, least) = (1, 1)
            // What is left of the time is looked at; how long the call takes nobody knows.
            case .runMs: (wanted, least) = (1, 1)
            case .toolCalls, .depth: return nil
            }
            return (budget, demand(budget, wanted, least, at: time))
        }
    }

    /// What a call of a tool uses.
    func toolDemands(at time: Int64) -> [(budget: Budget, demand: BudgetDemand)] {
        budgets.filter { $0.measure == .toolCalls || $0.measure == .runMs }.map {
            ($0, demand($0, 1, 1, at: time))
        }
    }

    private func demand(_ budget: Budget, _ wanted: Int64, _ least: Int64, at time: Int64) -> BudgetDemand {
        BudgetDemand(
            account: budget.account(place, at: time), limit: Int64(budget.limit), wanted: wanted, least: least)
    }

    /// Tokens that a reply may have after this much was held of these budgets; nil where they do not bound it more than
    /// it is.
    func replyLimit(
        _ demands: [(budget: Budget, demand: BudgetDemand)], _ held: [Int64], _ model: String, input: Int64
    ) -> Int64? {
        var limit: Int64?
        for ((budget, demand), held) in zip(demands, held) where held < demand.wanted {
            let most: Int64
            switch budget.measure {
            case .tokens: most = held - input
            case .costMicros:
                guard let price = prices.price(of: model), price.outputMicros > 0,
                    let prompt = prices.cost(of: Usage(inputTokens: Int(input)), model)
                else { continue }
                most = (held - prompt) * 1_000_000 / price.outputMicros
            default: continue
            }
            limit = min(limit ?? .max, max(1, most))
        }
        return limit
    }

    /// What a call that ended is charged: its holds end.
    mutating func charges(_ call: String, _ usage: Usage, cost: Int64?) -> [BudgetCharge] {
        (held.removeValue(forKey: call) ?? []).map { budget, account in
            let used: Int64 =
                switch budget.measure {
                case .tokens: Int64(usage.totalTokens)
                case .costMicros: cost ?? 0
                case .modelCalls, .toolCalls: 1
                case .runMs, .depth: 0
                }
            return BudgetCharge(account: account, call: call, used: used)
        }
    }

    /// What the end of the run is charged: its time, and the holds of calls that it cut off. The time counts where the
    /// run ends; a conversation's is that of its own runs, which wait for those that work for them.
    mutating func finalCharges(runMs: Int64, at time: Int64) -> [BudgetCharge] {
        var charges = held.keys.sorted().flatMap { self.charges($0, Usage(), cost: nil) }
        for budget in budgets where budget.measure == .runMs && budget.per != .run {
            if place.isDelegated && budget.per == .conversation { continue }
            charges.append(BudgetCharge(account: budget.account(place, at: time), call: "run", used: runMs))
        }
        return charges
    }

    /// The accounts that end with the run. Those that it shares end with the one for which it works.
    func ownAccounts(at time: Int64) -> [BudgetAccount] { perRun.map { $0.account(place, at: time) } }

    /// What bounds how long the run itself may take; nil where nothing does.
    var timeLimit: Budget? {
        budgets.filter { $0.measure == .runMs && $0.per == .run }.min { $0.limit < $1.limit }
    }
}

extension RunFailure {
    /// The end of a run of which a budget has nothing left.
    static func budget(_ budget: Budget) -> RunFailure {
        RunFailure(
            code: "budget",
            message: "The budget '\(budget.id)' of \(budget.limit) \(budget.measure.words) per \(budget.per.rawValue) "
                + "is used up.")
    }
}

extension Budget.Measure {
    /// What is counted, in words.
    var words: String {
        switch self {
        case .tokens: "tokens"
        case .costMicros: "millionths of a US dollar"
        case .runMs: "milliseconds"
        case .modelCalls: "model calls"
        case .toolCalls: "tool calls"
        case .depth: "delegations"
        }
    }
}
