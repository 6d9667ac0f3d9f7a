public import Catalog
public import Store

/// All prices of a tenant, as administrators read and write them.
public struct PriceTable: Structure, Equatable {
    /// One price for each model or beginning of models' names.
    public var prices: [Price] = []

    /// No prices.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field(
            "prices", \.prices, .list(of: .structure, countMax: 1000),
            "The prices. Of several that fit a model, its whole name counts, else the longest beginning.",
            required: true)
    ]

    /// Each name once.
    public func check(_ decoding: inout Decoding) {
        var seen: Set<String> = []
        for (place, price) in prices.enumerated() where !seen.insert(price.model).inserted {
            decoding.fail("has a price already", along: ["prices", String(place), "model"])
        }
    }

    /// The prices as they are stored.
    public init(_ stored: [ModelPrice]) {
        prices = stored.map { Price($0) }
    }

    /// As they are stored.
    public var stored: [ModelPrice] { prices.map(\.stored) }

    /// What the tokens of a model cost.
    public struct Price: Structure, Equatable {
        /// `openai/gpt-5`, or the beginning of such names and an asterisk.
        public var model = ""
        /// Of a million tokens of prompts, millionths of a US dollar.
        public var inputMicrosPerMillion = 0
        /// Of a million tokens of replies, millionths of a US dollar.
        public var outputMicrosPerMillion = 0
        /// Of a million tokens of prompts from a cache, millionths of a US dollar; nil for as much as others.
        public var cachedInputMicrosPerMillion: Int?

        /// One with every default in place.
        public init() {}

        /// The members.
        public static let fields: [Field<Self>] = [
            field(
                "model", \.model, .text(1...256), "`openai/gpt-5`, or a beginning and an asterisk: `openai/*`.",
                required: true),
            field(
                "inputMicrosPerMillion", \.inputMicrosPerMillion, amount,
                "What a million tokens of prompts cost, millionths of a US dollar.", required: true),
            field(
                "outputMicrosPerMillion", \.outputMicrosPerMillion, amount,
                "What a million tokens of replies cost, millionths of a US dollar.", required: true),
            field(
                "cachedInputMicrosPerMillion", \.cachedInputMicrosPerMillion, amount,
                "The same of prompts from a cache; as much as others unless told."),
        ]

        private static var amount: FieldType<Int> { .integer(0...1_000_000_000_000) }

        init(_ stored: ModelPrice) {
            model = stored.model
            inputMicrosPerMillion = Int(stored.inputMicros)
            outputMicrosPerMillion = Int(stored.outputMicros)
            cachedInputMicrosPerMillion = stored.cachedInputMicros.map { Int($0) }
        }

        var stored: ModelPrice {
            ModelPrice(
                model: model, inputMicros: Int64(inputMicrosPerMillion), outputMicros: Int64(outputMicrosPerMillion),
                cachedInputMicros: cachedInputMicrosPerMillion.map { Int64($0) })
        }
    }
}
