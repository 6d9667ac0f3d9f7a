public import Catalog
import Events
public import Models

/// An agent with everything worked out that does not depend on a turn. Immutable and shared by all its runs.
final class CompiledAgent: Sendable {
    let id: String
    let name: String
    /// Whether streams end when a run waits for a person, where the request does not say.
    let isDurable: Bool
    /// The sub-agent that new conversations start with; nil when the agent has none.
    let entry: String?
    /// What it tells of itself.
    let summary: AgentSummary
    let subAgents: [String: CompiledSubAgent]
    private let streamedRules: RunRules
    private let gatheredRules: RunRules

    init(_ agent: AgentDefinition, models: ModelSource, limits: RuntimeLimits) {
        id = agent.id
        name = agent.name
        isDurable = agent.isDurable
        let known = Set(agent.subAgents.map(\.id))
        let entry = agent.defaultSubAgent.flatMap { known.contains($0) ? $0 : nil } ?? agent.subAgents.first?.id
        self.entry = entry
        summary = AgentSummary(
            id: agent.id, name: agent.name, description: agent.description,
            entry: agent.subAgents.first { $0.id == entry }.map {
                AgentSummary.Entry(id: $0.id, name: $0.name, description: $0.description)
            })
        var compiled: [String: CompiledSubAgent] = [:]
        var rules = RunRules(
            subAgents: [:], transferLimit: agent.transferLimit ?? limits.transferCount,
            modelAttempts: limits.consecutiveErrors, frameLimit: limits.frames, depthLimit: limits.delegationDepth,
            callLimit: limits.parallelCalls, answerBytesLimit: limits.answerBytes)
        for subAgent in agent.subAgents {
            let toolset = Toolset(
                relations: RelationTools(of: subAgent, in: agent), tools: subAgent.tools, sources: subAgent.sources)
            compiled[subAgent.id] = CompiledSubAgent(subAgent, in: agent, toolset, models, limits)
            rules.subAgents[subAgent.id] = toolset.rules(stepLimit: subAgent.stepLimit ?? limits.generationSteps)
        }
        subAgents = compiled
        streamedRules = rules
        rules.streams = false
        gatheredRules = rules
    }

    func rules(streams: Bool) -> RunRules { streams ? streamedRules : gatheredRules }
}

/// Where models come from: a function handed in, so that tests bring their own.
public struct ModelSource: Sendable {
    /// Finds the model that a configuration names. Throws `ModelFailure` of kind `configuration` or `unsupported`.
    public let resolve:
        @Sendable (_ model: String, _ providerOptions: JSONObject) throws(ModelFailure) -> (
            model: any Model, options: ModelOptions
        )

    /// A source of this function.
    public init(
        _ resolve:
            @escaping @Sendable (_ model: String, _ providerOptions: JSONObject) throws(ModelFailure) -> (
                model: any Model, options: ModelOptions
            )
    ) {
        self.resolve = resolve
    }

    /// The models that `resolver` finds.
    public init(_ resolver: ModelResolver) {
        resolve = { (model, options) throws(ModelFailure) in
            try resolver.resolve(model, providerOptions: options)
        }
    }
}

/// A sub-agent with its prompt, tools and model worked out.
struct CompiledSubAgent: Sendable {
    let id: String
    let prompt: SystemPrompt
    let toolset: Toolset
    let history: HistoryView
    /// Why it cannot work at all; nil when it can.
    let unsupported: RunFailure?
    private let choice: ModelChoice?
    private let models: ModelSource
    private let callMs: (standard: Int, maximum: Int)
    private let resolved: ResolvedModel?

    struct ResolvedModel: Sendable {
        /// The model as it is configured: `openai/gpt-5`.
        let name: String
        let model: any Model
        let options: ModelOptions
    }

    init(
        _ subAgent: SubAgentDefinition, in agent: AgentDefinition, _ toolset: Toolset, _ models: ModelSource,
        _ limits: RuntimeLimits
    ) {
        id = subAgent.id
        prompt = SystemPrompt(subAgent, in: agent, toolset)
        self.toolset = toolset
        history = HistoryView(subAgent: subAgent.id, settings: subAgent.history, limits: limits)
        unsupported = Self.unsupported(subAgent, in: agent)
        choice = subAgent.model ?? agent.model
        self.models = models
        callMs = (limits.modelCallMs, limits.modelCallMaxMs)
        resolved = try? Self.resolve(choice, models, callMs)
    }

    private static func unsupported(_ subAgent: SubAgentDefinition, in agent: AgentDefinition) -> RunFailure? {
        let needs = agent.needs.map { "the agent's \($0)" } + subAgent.needs
        guard !needs.isEmpty else { return nil }
        return RunFailure(
            code: "unsupported",
            message: "Sub-agent '\(subAgent.id)' cannot run: not supported yet is \(needs.joined(separator: ", ")).")
    }

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
