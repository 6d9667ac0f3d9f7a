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
    /// When and how it tells what it is doing; nil for never.
    let status: StatusRules?
    /// Whether any sub-agent makes artifacts.
    let makesArtifacts: Bool
    /// What it was made of.
    private let source: (agent: AgentDefinition, models: ModelSource, limits: RuntimeLimits)
    /// What its templates may name; nil when it has no context configuration.
    let context: AgentContext?
    /// What it uses of the world outside; nil for nothing.
    let outside: Outside?
    private let streamedRules: RunRules
    private let gatheredRules: RunRules

    init(_ agent: AgentDefinition, models: ModelSource, limits: RuntimeLimits) {
        id = agent.id
        name = agent.name
        isDurable = agent.isDurable
        source = (agent, models, limits)
        context = agent.context
        outside = agent.outside
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
            let one = CompiledSubAgent(subAgent, in: agent, models, limits)
            compiled[subAgent.id] = one
            rules.subAgents[subAgent.id] = one.toolset.rules(
                stepLimit: subAgent.stepLimit ?? limits.generationSteps, answer: one.answer)
        }
        status = agent.status
        makesArtifacts = agent.subAgents.contains { !$0.artifacts.isEmpty }
        subAgents = compiled
        streamedRules = rules
        rules.streams = false
        gatheredRules = rules
    }

    /// The agent with changes of one run.
    func changed(_ changes: RunChanges) -> CompiledAgent {
        if changes.areNone { return self }
        return CompiledAgent(source.agent.changed(changes), models: source.models, limits: source.limits)
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
    /// In which form it answers.
    let answer: AnswerRules
    /// The schema of its answers; nil where they are text.
    let responseSchema: JSONValue?
    /// The model for summaries and names.
    let summarizer: TierModel
    /// Why it cannot work at all; nil when it can.
    let unsupported: RunFailure?
    private let answering: TierModel
    /// The model as it is configured; empty where none is.
    var modelName: String { answering.name }

    init(
        _ subAgent: SubAgentDefinition, in agent: AgentDefinition, _ models: ModelSource, _ limits: RuntimeLimits
    ) {
        id = subAgent.id
        let base = subAgent.model ?? agent.model
        var answer = AnswerRules(
            components: subAgent.components, artifacts: subAgent.artifacts,
            mayCite: agent.subAgents.contains { !$0.artifacts.isEmpty }, contract: subAgent.contract)
        let structured = answer.isStructured ? subAgent.structuredModel ?? agent.structuredModel : nil
        answering = TierModel(structured ?? base, models, limits)
        answer.artifactBytesMax = Self.artifactBytesMax(answering.window ?? limits.compressionLimitTokens)
        self.answer = answer
        responseSchema = answer.isStructured ? AnswerSchema.schema(answer) : nil
        summarizer = TierModel(subAgent.summarizer ?? agent.summarizer ?? base, models, limits)
        let relations = RelationTools(of: subAgent, in: agent)
        toolset = Toolset(
            relations: relations,
            tools: relations.tools + subAgent.tools
                + BuiltInTools.tools(
                    skills: subAgent.skills, answer,
                    compresses: limits.compresses && !(subAgent.tools.isEmpty && subAgent.sources.isEmpty)),
            sources: subAgent.sources)
        prompt = SystemPrompt(subAgent, in: agent, toolset, answer)
        history = HistoryView(subAgent: subAgent.id, settings: subAgent.history, limits: limits)
        unsupported = Self.unsupported(subAgent, in: agent)
    }

    /// The largest artifact that a model of this window may read at once: three tenths of it, at four bytes a token.
    private static func artifactBytesMax(_ window: Int) -> Int { window * 3 / 10 * 4 }

    private static func unsupported(_ subAgent: SubAgentDefinition, in agent: AgentDefinition) -> RunFailure? {
        let needs = agent.needs.map { "the agent's \($0)" } + subAgent.needs
        guard !needs.isEmpty else { return nil }
        return RunFailure(
            code: "unsupported",
            message: "Sub-agent '\(subAgent.id)' cannot run: not supported yet is \(needs.joined(separator: ", ")).")
    }

    /// The model that answers, and how it is called.
    func model() throws(ModelFailure) -> ResolvedModel { try answering.model() }
}
