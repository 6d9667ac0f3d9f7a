import Catalog
import Domain
import Functions
public import Store

extension ConfigurationCache {
    /// The agents of the projects in `store`, as they are configured.
    ///
    /// - Parameters:
    ///   - models: where models come from.
    ///   - limits: the bounds that agents have where they set none.
    ///   - outside: what agents use beside the store and the models.
    ///   - clock: the time.
    ///   - jitter: gives a random number in 0…1 for the waits between tries.
    public convenience init(
        store: Store, models: ModelSource, limits: RuntimeLimits = RuntimeLimits(), outside: Outside,
        clock: RuntimeClock = .live, jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        let external = ExternalAgents(
            http: outside.client, store: store, keyring: outside.keyring, clock: clock, limits: limits, jitter: jitter)
        self.init(store: store, models: models, limits: limits) { graph in
            let graph = ProjectGraph(entries: graph.entries)
            if !graph.functions.isEmpty { outside.functions?.prepare() }
            return graph.agents.values.map { AgentDefinition($0, in: graph, limits, outside, external) }
        }
    }
}

extension AgentDefinition {
    init(
        _ graph: AgentGraph, in projectGraph: ProjectGraph, _ limits: RuntimeLimits, _ outside: Outside,
        _ external: ExternalAgents
    ) {
        let (agent, project) = (graph.agent, projectGraph.project)
        id = agent.id
        name = agent.name
        description = agent.description
        prompt = agent.prompt
        defaultSubAgent = agent.defaultSubAgentId
        isDurable = agent.executionMode == .durable
        transferLimit = agent.stopWhen?.transferCountIs ?? project?.stopWhen?.transferCountIs
        model = ModelChoice(agent.models?.base) ?? ModelChoice(project?.models?.base)
        structuredModel =
            ModelChoice(agent.models?.structuredOutput) ?? ModelChoice(project?.models?.structuredOutput)
        summarizer = ModelChoice(agent.models?.summarizer) ?? ModelChoice(project?.models?.summarizer)
        subAgents = graph.subAgents.values.map { SubAgentDefinition($0, in: projectGraph, limits, outside, external) }
        status = agent.statusUpdates.flatMap { StatusRules($0, limits) }
        self.outside = outside
        context = graph.contextConfig.map { AgentContext(context: CompiledContext($0), outside: outside) }
    }
}

extension SubAgentDefinition {
    init(
        _ graph: SubAgentGraph, in projectGraph: ProjectGraph, _ limits: RuntimeLimits, _ outside: Outside,
        _ external: ExternalAgents
    ) {
        let (subAgent, project) = (graph.subAgent, projectGraph.project)
        id = subAgent.id
        name = subAgent.name
        description = subAgent.description
        prompt = subAgent.prompt
        model = ModelChoice(subAgent.models?.base)
        structuredModel = ModelChoice(subAgent.models?.structuredOutput)
        summarizer = ModelChoice(subAgent.models?.summarizer)
        stepLimit = subAgent.stopWhen?.stepCountIs ?? project?.stopWhen?.stepCountIs
        history = HistorySettings(subAgent.conversationHistoryConfig)
        transfers = graph.transfers.map(\.target)
        if let servers = outside.servers {
            sources += graph.tools.map { servers.source(MCPUse(tool: $0.tool, relation: $0.relation)) }
        } else {
            needs += graph.tools.map { "MCP tool '\($0.tool.name)'" }
        }
        if let functions = outside.functions {
            tools += FunctionTools.tools(graph.functionTools, pool: functions)
        } else {
            // A server that was told not to run any.
            needs += graph.functionTools.map { "function tool '\($0.functionTool.name)'" }
        }
        for delegate in graph.delegates {
            switch delegate {
            case .sub(_, let target): delegates.append(target)
            case .external(let relation, let agent):
                otherAgents.append(external.otherAgent(agent, relation))
            case .team(let relation, let id):
                guard let target = projectGraph.agents[id] else { continue }
                otherAgents.append(TeamAgent(target, in: projectGraph, relation, outside.keyring).otherAgent(limits))
            }
        }
        components = graph.dataComponents.map {
            ComponentRules(id: $0.id, name: $0.name, description: $0.description, schema: $0.props)
        }
        artifacts = graph.artifactComponents.map {
            ArtifactRules(id: $0.id, name: $0.name, description: $0.description, schema: $0.props)
        }
        contract = subAgent.outputContract.flatMap {
            ContractRules($0, components: components, artifacts: artifacts, limits)
        }
        skills = graph.skills.map(SkillDefinition.init)
    }
}

extension ContractRules {
    /// The contract; nil when it asks for nothing beyond what any answer is. What it requires by id or name is named
    /// here.
    fileprivate init?(
        _ contract: OutputContract, components: [ComponentRules], artifacts: [ArtifactRules], _ limits: RuntimeLimits
    ) {
        self.init(
            allowsText: contract.allowText ?? true,
            components: (contract.requireComponent ?? []).map { wanted in
                components.first { $0.id == wanted || $0.name == wanted }?.name ?? wanted
            },
            artifacts: (contract.requireArtifact ?? []).map { wanted in
                artifacts.first { $0.id == wanted || $0.name == wanted }?.name ?? wanted
            },
            requiresTransfer: contract.requireTransfer ?? false,
            violation: contract.onViolation.flatMap { Violation(rawValue: $0.rawValue) } ?? .retry,
            retries: contract.retryBudget ?? limits.contractRetries)
        if allowsText, self.components.isEmpty, self.artifacts.isEmpty, !requiresTransfer { return nil }
    }
}

extension StatusRules {
    /// The rules; nil when they are off.
    fileprivate init?(_ updates: StatusUpdates, _ limits: RuntimeLimits) {
        guard updates.enabled != false else { return nil }
        let forms = (updates.statusComponents ?? []).map {
            Form(type: $0.type, description: $0.description ?? "", schema: $0.detailsSchema)
        }
        self.init(
            events: updates.numEvents ?? limits.statusEvents, seconds: updates.timeInSeconds ?? limits.statusSeconds,
            prompt: updates.prompt, forms: forms.isEmpty ? StatusRules.standard : forms)
    }
}

extension SkillDefinition {
    fileprivate init(_ known: SubAgentGraph.KnownSkill) {
        self.init(
            id: known.skill.id, description: known.skill.description, content: known.skill.content,
            files: known.files.map { ($0.filePath, $0.content) }, isAlwaysLoaded: known.isAlwaysLoaded)
    }
}

extension ModelChoice {
    /// The model, if one is named.
    fileprivate init?(_ settings: ModelSettings?) {
        guard let settings, let name = settings.model, !name.isEmpty else { return nil }
        self.init(model: name, providerOptions: settings.providerOptions ?? [:])
    }
}

extension HistorySettings {
    /// As configured; members that a configuration leaves out have the defaults of manage spec §2.1, and a sub-agent
    /// without any configuration those of run spec §10.
    fileprivate init(_ config: ConversationHistoryConfig?) {
        guard let config else { return }
        mode = config.mode.flatMap { Mode(rawValue: $0.rawValue) } ?? .full
        limit = config.limit ?? ConversationHistoryConfig.standard.limit
        maxTokens = config.maxOutputTokens ?? ConversationHistoryConfig.standard.maxOutputTokens
        includesInternal = config.includeInternal ?? false
        messageTypes = config.messageTypes?.map(\.rawValue)
    }
}
