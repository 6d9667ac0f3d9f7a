import Catalog

/// An agent as the runtime needs it, free of how it is configured.
struct AgentDefinition: Sendable {
    var id: String
    var name: String
    var description: String?
    var prompt: String?
    /// The sub-agent that new conversations start with; nil for the first one.
    var defaultSubAgent: String?
    /// `stopWhen.transferCountIs`; nil for the default.
    var transferLimit: Int?
    /// Whether streams end when a run waits for a person, where the request does not say (`executionMode`).
    var isDurable = false
    /// The base model of the agent, else of the project; nil for none.
    var model: ModelChoice?
    /// The model of the agent, else of the project, for answers in components; nil for the base model.
    var structuredModel: ModelChoice?
    /// The model of the agent, else of the project, for summaries and names; nil for the base model.
    var summarizer: ModelChoice?
    /// When and how it tells what it is doing; nil for never.
    var status: StatusRules?
    /// What its templates may name; nil for nothing.
    var context: AgentContext?
    /// What it uses of the world outside; nil for nothing.
    var outside: Outside?
    /// In the order of configuration.
    var subAgents: [SubAgentDefinition]
    /// What it needs and Covey does not have, each by name.
    var needs: [String] = []
}

/// One sub-agent as the runtime needs it.
struct SubAgentDefinition: Sendable {
    var id: String
    var name: String
    var description: String?
    var prompt: String?
    /// Its own base model; nil for the agent's.
    var model: ModelChoice?
    /// Its own model for answers in components; nil for the agent's.
    var structuredModel: ModelChoice?
    /// Its own model for summaries; nil for the agent's.
    var summarizer: ModelChoice?
    /// `stopWhen.stepCountIs`; nil for the default.
    var stepLimit: Int?
    var history = HistorySettings()
    /// Ids of the sub-agents that it may hand over to.
    var transfers: [String] = []
    /// Ids of the sub-agents that it may delegate to.
    var delegates: [String] = []
    /// Agents outside the run that it may delegate to.
    var otherAgents: [OtherAgent] = []
    /// The tools that are called for it, in the order in which the model is told of them.
    var tools: [Toolset.Tool] = []
    /// Where it gets more of them when it goes to work, in the order in which the model is told of them.
    var sources: [ToolSource] = []
    /// The components that it may answer in.
    var components: [ComponentRules] = []
    /// The forms in which it may make artifacts.
    var artifacts: [ArtifactRules] = []
    /// What its answers must be like; nil for anything.
    var contract: ContractRules?
    /// What it knows how to do, in order.
    var skills: [SkillDefinition] = []
    /// What it needs and Covey does not have, each by name.
    var needs: [String] = []
}

/// A model as configured.
struct ModelChoice: Sendable, Hashable {
    var model: String
    var providerOptions: JSONObject = [:]
}

/// What a sub-agent sees of the conversation before (run spec §10).
struct HistorySettings: Sendable, Hashable {
    enum Mode: String, Sendable { case full, scoped, none }

    var mode = Mode.full
    /// Messages, the newest; nil for the default.
    var limit: Int?
    var includesInternal = true
    /// Message types; nil for `chat` and `tool-result`.
    var messageTypes: [String]?
    /// Estimated tokens; nil for the default.
    var maxTokens: Int?
}
