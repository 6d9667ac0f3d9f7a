public import Catalog

/// Which model answers, and with what options (manage spec §2.1).
public struct ModelSettings: Structure, Equatable {
    /// `provider/model`; nil leaves the choice to the slot that is asked next.
    public var model: String?
    /// Options for the provider: sampling options by their common names, others as the provider calls them.
    public var providerOptions: JSONObject?
    /// Models to try in this order when the first fails; nil for none.
    public var fallbackModels: [String]?
    /// The providers that may serve the model; nil for any.
    public var allowedProviders: [String]?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("model", \.model, .text(), "The model, as provider/model."),
        field("providerOptions", \.providerOptions, .jsonObject, "Options such as temperature and maxOutputTokens."),
        field("fallbackModels", \.fallbackModels, .list(of: .text(1...256)), "Models to try when the first fails."),
        field("allowedProviders", \.allowedProviders, .list(of: .text(1...256)), "Providers that may serve the model."),
    ]

    /// Whether it says anything that counts: a model or options.
    public var isEffective: Bool { model?.isEmpty == false || providerOptions != nil }
}

/// The models of an agent, a sub-agent or a project by what they are used for. A run asks the sub-agent, then the
/// agent, then the project (manage spec §2.1).
public struct Models: Structure, Equatable {
    /// For everything that no other slot is for.
    public var base: ModelSettings?
    /// For answers in a declared form; nil means `base`.
    public var structuredOutput: ModelSettings?
    /// For summaries and status updates; nil means `base`.
    public var summarizer: ModelSettings?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("base", \.base, .structure, "The model for everything that no other slot is for."),
        field("structuredOutput", \.structuredOutput, .structure, "The model for answers in a declared form."),
        field("summarizer", \.summarizer, .structure, "The model for summaries and status updates."),
    ]

    /// This, or nil when no slot says anything that counts (manage spec §1.5).
    public var effective: Models? {
        [base, structuredOutput, summarizer].contains { $0?.isEffective == true } ? self : nil
    }
}

extension FieldType where Value == Models {
    /// Models of which `base` must be there: those of a project.
    static let withBase = FieldType(
        schema: models.schema.adding(["base": .object(ModelSettings.schema)], required: ["base"]),
        shownSchema: models.shownSchema.requiring(["base"]),
        decode: { json, decoding in
            let value = models.decode(json, &decoding)
            guard !decoding.isStored, let value, value.base == nil else { return value }
            decoding.fail("Required", at: "base")
            return nil
        }, encode: models.encode)

    private static let models = FieldType.structure
}
