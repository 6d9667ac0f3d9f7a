import Catalog
import Domain
public import Store

extension ConfigurationCache {
    /// The agents of the projects in `store`, as they are configured.
    ///
    /// - Parameters:
    ///   - models: where models come from.
    ///   - limits: the bounds that agents have where they set none.
    ///   - servers: the servers of tools; nil where none is asked.
    public convenience init(
        store: Store, models: ModelSource, limits: RuntimeLimits = RuntimeLimits(), servers: MCPServers? = nil
    ) {
        self.init(store: store, models: models, limits: limits) { graph in
            let graph = ProjectGraph(entries: graph.entries)
            return graph.agents.values.map { AgentDefinition($0, in: graph.project, servers) }
        }
    }
}

extension AgentDefinition {
    init(_ graph: AgentGraph, in project: Project?, _ servers: MCPServers?) {
        let agent = graph.agent
        id = agent.id
        name = agent.name
        description = agent.description
        prompt = agent.prompt
        defaultSubAgent = agent.defaultSubAgentId
        isDurable = agent.executionMode == .durable
        transferLimit = agent.stopWhen?.transferCountIs ?? project?.stopWhen?.transferCountIs
        model = ModelChoice(agent.models) ?? ModelChoice(project?.models)
        subAgents = graph.subAgents.values.map { SubAgentDefinition($0, in: project, servers) }
        if let context = graph.contextConfig { needs.append("context config '\(context.id)'") }
    }
}

extension SubAgentDefinition {
    init(_ graph: SubAgentGraph, in project: Project?, _ servers: MCPServers?) {
        let subAgent = graph.subAgent
        id = subAgent.id
        name = subAgent.name
        description = subAgent.description
        prompt = subAgent.prompt
        model = ModelChoice(subAgent.models)
        stepLimit = subAgent.stopWhen?.stepCountIs ?? project?.stopWhen?.stepCountIs
        history = HistorySettings(subAgent.conversationHistoryConfig)
        transfers = graph.transfers.map(\.target)
        if let servers {
            sources += graph.tools.map { servers.source(MCPUse(tool: $0.tool, relation: $0.relation)) }
        } else {
            needs += graph.tools.map { "MCP tool '\($0.tool.name)'" }
        }
        needs += graph.functionTools.map { "function tool '\($0.functionTool.name)'" }
        for delegate in graph.delegates {
            switch delegate {
            case .sub(_, let target): delegates.append(target)
            case .external(_, let agent): needs.append("delegation to external agent '\(agent.name)'")
            case .team(_, let agent): needs.append("delegation to team agent '\(agent)'")
            }
        }
        needs += graph.dataComponents.map { "data component '\($0.name)'" }
        needs += graph.artifactComponents.map { "artifact component '\($0.name)'" }
        if let contract = subAgent.outputContract, contract.demandsSomething { needs.append("output contract") }
    }
}

extension OutputContract {
    /// Whether it asks for anything beyond what any answer is.
    fileprivate var demandsSomething: Bool {
        allowText == false || requireTransfer == true || requireComponent?.isEmpty == false
            || requireArtifact?.isEmpty == false
    }
}

extension ModelChoice {
    /// The base model, if one is named.
    fileprivate init?(_ models: Domain.Models?) {
        guard let base = models?.base, let name = base.model, !name.isEmpty else { return nil }
        self.init(model: name, providerOptions: base.providerOptions ?? [:])
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
