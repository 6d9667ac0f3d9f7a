import Models
import Store

/// A tenant's prices, ready to be asked for each call.
struct PriceList: Sendable {
    private var exact: [String: ModelPrice] = [:]
    /// Those whose name ends in an asterisk, the longest first, without it.
    private var beginnings: [(String, ModelPrice)] = []

    init(_ prices: [ModelPrice] = []) {
        for price in prices {
            if price.model.hasSuffix("*") {
                beginnings.append((String(price.model.dropLast()), price))
            } else {
                exact[price.model] = price
            }
        }
        beginnings.sort { $0.0.utf8.count > $1.0.utf8.count }
    }

    var isEmpty: Bool { exact.isEmpty && beginnings.isEmpty }

    /// The price of a model: that of its whole name, else of the longest beginning. Nil where it has none.
    func price(of model: String) -> ModelPrice? {
        exact[model] ?? beginnings.first { model.hasPrefix($0.0) }?.1
    }

    /// What a call cost, millionths, rounded up; nil where the model has no price.
    func cost(of usage: Usage, _ model: String) -> Int64? {
        guard let price = price(of: model) else { return nil }
        let cached = min(usage.cachedInputTokens, usage.inputTokens)
        let parts = [
            (usage.inputTokens - cached, price.inputMicros), (cached, price.cachedInputMicros ?? price.inputMicros),
            (usage.outputTokens, price.outputMicros),
        ]
        // Prices are of a million tokens. What does not fit 64 bits is more than anybody has.
        var total: Int64 = 0
        for (tokens, micros) in parts {
            let (product, isTooMuch) = Int64(tokens).multipliedReportingOverflow(by: micros)
            let (sum, isTooMuchInAll) = total.addingReportingOverflow(isTooMuch ? .max : product)
            if isTooMuchInAll { return .max / 1_000_000 }
            total = sum
        }
        return total / 1_000_000 + (total % 1_000_000 > 0 ? 1 : 0)
    }
}
