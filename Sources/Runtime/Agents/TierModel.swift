import Catalog
import Models

/// A model and how it is called.
struct ResolvedModel: Sendable {
    /// The model as it is configured: `openai/gpt-5`.
    let name: String
    let model: any Model
    let options: ModelOptions

    /// Whether it reads office documents (run spec §20).
    var takesDocuments: Bool { name.hasPrefix("openai/") || name.hasPrefix("azure/") }
}

/// The model of a sub-agent for one of its uses (run spec §8).
struct TierModel: Sendable {
    private let choice: ModelChoice?
    private let models: ModelSource
    private let callMs: (standard: Int, maximum: Int)
    private let resolved: ResolvedModel?

    init(_ choice: ModelChoice?, _ models: ModelSource, _ limits: RuntimeLimits) {
        self.choice = choice
        self.models = models
        callMs = (limits.modelCallMs, limits.modelCallMaxMs)
        resolved = try? Self.resolve(choice, models, callMs)
    }

    /// The model as it is configured; empty where none is.
    var name: String { choice?.model ?? "" }

    /// How many tokens it reads at once; nil where nobody knows.
    var window: Int? { resolved.flatMap { ContextWindow.size($0.options) } }

    /// The model and how it is called. What was missing when the agent was compiled may be there now, so a failure is
    /// looked at again on each call.
    func model() throws(ModelFailure) -> ResolvedModel {
        if let resolved { return resolved }
        return try Self.resolve(choice, models, callMs)
    }

    private static func resolve(
        _ choice: ModelChoice?, _ models: ModelSource, _ callMs: (standard: Int, maximum: Int)
    ) throws(ModelFailure) -> ResolvedModel {
        guard let choice else {
            throw ModelFailure(
                .configuration,
                "Base model configuration is required. Please configure models at the project level.")
        }
        var (model, options) = try models.resolve(choice.model, choice.providerOptions)
        if choice.providerOptions["maxDuration"] == nil { options.timeout = Duration.milliseconds(callMs.standard) }
        options.timeout = min(options.timeout, Duration.milliseconds(callMs.maximum))
        return ResolvedModel(name: choice.model, model: model, options: options)
    }
}
