/// What the tokens of a model cost.
public struct ModelPrice: Sendable, Hashable {
    /// The model as it is configured, `openai/gpt-5`, or the beginning of such names and an asterisk: `openai/*`.
    public var model: String
    /// What a million tokens of prompts cost, millionths of a US dollar.
    public var inputMicros: Int64
    /// What a million tokens of replies cost, millionths.
    public var outputMicros: Int64
    /// What a million tokens of prompts cost that came from a cache, millionths; nil for as much as others.
    public var cachedInputMicros: Int64?

    /// A price from its parts.
    public init(model: String, inputMicros: Int64, outputMicros: Int64, cachedInputMicros: Int64? = nil) {
        self.model = model
        self.inputMicros = inputMicros
        self.outputMicros = outputMicros
        self.cachedInputMicros = cachedInputMicros
    }
}

extension Store {
    /// A tenant's prices, by model.
    public func prices(of tenant: String) async throws(StoreError) -> [ModelPrice] {
        try await database.read { try Self.prices(of: tenant, $0) }
    }

    private static func prices(of tenant: String, _ connection: any Connection) throws -> [ModelPrice] {
        try connection.rows(PriceSQL.all, [.text(tenant)]) { row in
            ModelPrice(
                model: row.text(0), inputMicros: row.integer(1), outputMicros: row.integer(2),
                cachedInputMicros: row.optionalInteger(3))
        }
    }

    /// Puts these in place of all prices that a tenant has; returns them as they are now, by model. Throws as
    /// `putBudget` does.
    @discardableResult
    public func setPrices(
        _ prices: [ModelPrice], of tenant: String, at time: Int64, once keyed: KeyedWrite<[ModelPrice]>? = nil
    ) async throws -> Once<[ModelPrice]> {
        try await write(.full, once: keyed) { connection in
            try connection.execute(PriceSQL.clear, [.text(tenant)])
            for price in prices {
                try connection.execute(
                    PriceSQL.insert,
                    [
                        .text(tenant), .text(price.model), .integer(price.inputMicros), .integer(price.outputMicros),
                        price.cachedInputMicros.map(SQLValue.integer) ?? .null, .integer(time),
                    ])
            }
            return try Self.prices(of: tenant, connection)
        }
    }
}

private enum PriceSQL {
    static let all = Statement(
        "SELECT model, input, output, cached FROM model_price WHERE tenant = $1 ORDER BY model")
    static let clear = Statement("DELETE FROM model_price WHERE tenant = $1")
    static let insert = Statement(
        "INSERT INTO model_price (tenant, model, input, output, cached, updated_at) VALUES ($1, $2, $3, $4, $5, $6)")
}
