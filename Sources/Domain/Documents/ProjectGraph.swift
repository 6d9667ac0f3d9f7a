public import Catalog

/// A branch's whole configuration, typed and wired up, as runs read it. Made once for each head of a branch and shared;
/// every look-up is by key.
public struct ProjectGraph: Sendable {
    /// The project itself; nil on a branch that has none.
    public let project: Project?
    /// The agents by id.
    public let agents: [String: AgentGraph]
    /// The MCP tools by id.
    public let tools: [String: Tool]
    /// The functions by id.
    public let functions: [String: Function]
    /// The external agents by id.
    public let externalAgents: [String: ExternalAgent]
    /// The data components by id.
    public let dataComponents: [String: DataComponent]
    /// The artifact components by id.
    public let artifactComponents: [String: ArtifactComponent]
    /// The credential references by id.
    public let credentials: [String: CredentialReference]

    /// Wires up what a branch holds. What refers to something that is not there is left out.
    ///
    /// - Parameter entries: Every resource of the branch.
    public init(entries: [Entry]) {
        let shelf = Shelf(entries)
        project = shelf.values(Project.self, "").first
        tools = shelf.byID(Tool.self)
        functions = shelf.byID(Function.self)
        externalAgents = shelf.byID(ExternalAgent.self)
        dataComponents = shelf.byID(DataComponent.self)
        artifactComponents = shelf.byID(ArtifactComponent.self)
        credentials = shelf.byID(CredentialReference.self)
        let parts = AgentGraph.Parts(
            tools: tools, functions: functions, externalAgents: externalAgents, dataComponents: dataComponents,
            artifactComponents: artifactComponents, skills: shelf.byID(Skill.self),
            skillFiles: Dictionary(grouping: shelf.values(SkillFile.self, ""), by: \.skillId),
            agentIDs: Set(shelf.values(Agent.self, "").map(\.id)))
        agents = Dictionary(
            shelf.values(Agent.self, "").map { ($0.id, AgentGraph($0, shelf, parts)) }, uniquingKeysWith: { $1 })
    }
}

/// An agent with its sub-agents and what they may use and call.
public struct AgentGraph: Sendable {
    /// The agent itself.
    public let agent: Agent
    /// The sub-agents by id, in their order.
    public let subAgents: OrderedMap<SubAgentGraph>
    /// The context configs by id.
    public let contextConfigs: [String: ContextConfig]
    /// The function tools by id.
    public let functionTools: [String: FunctionTool]

    /// The context config in use, or nil.
    public var contextConfig: ContextConfig? { agent.contextConfigId.flatMap { contextConfigs[$0] } }

    /// The sub-agent that gets the user's messages first, or nil while none is named or it is not there.
    public var defaultSubAgent: SubAgentGraph? { agent.defaultSubAgentId.flatMap { subAgents[$0] } }

    /// What agents of a project share.
    struct Parts {
        let tools: [String: Tool]
        let functions: [String: Function]
        let externalAgents: [String: ExternalAgent]
        let dataComponents: [String: DataComponent]
        let artifactComponents: [String: ArtifactComponent]
        let skills: [String: Skill]
        let skillFiles: [String: [SkillFile]]
        let agentIDs: Set<String>
    }

    init(_ agent: Agent, _ shelf: Shelf, _ parts: Parts) {
        self.agent = agent
        contextConfigs = shelf.byID(ContextConfig.self, agent.id)
        functionTools = shelf.byID(FunctionTool.self, agent.id)
        let relations = Relations(shelf, agent.id)
        let ids = Set(relations.subAgents.map(\.id))
        let functionTools = functionTools
        subAgents = OrderedMap(
            relations.subAgents.map { subAgent in
                (subAgent.id, SubAgentGraph(subAgent, relations, parts, functionTools, ids))
            })
    }
}

/// A sub-agent with what it may use and call, each list in its order.
public struct SubAgentGraph: Sendable {
    /// Whom a sub-agent may call and get an answer from.
    public enum Delegate: Sendable {
        /// Another sub-agent of the same agent.
        case sub(SubAgentRelation, target: String)
        /// An agent on another server.
        case external(ExternalAgentRelation, ExternalAgent)
        /// Another agent of the project, by its id.
        case team(TeamAgentRelation, agent: String)
    }

    /// An MCP tool that it may use.
    public struct ToolUse: Sendable {
        /// The tools, headers and policies of this use.
        public let relation: ToolRelation
        /// The server.
        public let tool: Tool
    }

    /// A function tool that it may use.
    public struct FunctionUse: Sendable {
        /// The policies of this use.
        public let relation: FunctionToolRelation
        /// The name and description that the model sees.
        public let functionTool: FunctionTool
        /// The code.
        public let function: Function
    }

    /// A skill that it has.
    public struct KnownSkill: Sendable {
        /// The skill.
        public let skill: Skill
        /// Its files beside the entry, by path.
        public let files: [SkillFile]
        /// Whether its text is in every prompt.
        public let isAlwaysLoaded: Bool
    }

    /// The sub-agent itself.
    public let subAgent: SubAgent
    /// To whom it may hand over: relations of the type transfer, whose target is there.
    public let transfers: [(relation: SubAgentRelation, target: String)]
    /// Whom it may call.
    public let delegates: [Delegate]
    /// The MCP tools that it may use.
    public let tools: [ToolUse]
    /// The function tools that it may use.
    public let functionTools: [FunctionUse]
    /// The data components with which it may answer.
    public let dataComponents: [DataComponent]
    /// The artifact components that it may make.
    public let artifactComponents: [ArtifactComponent]
    /// What it knows how to do.
    public let skills: [KnownSkill]

    init(
        _ subAgent: SubAgent, _ relations: Relations, _ parts: AgentGraph.Parts, _ ownTools: [String: FunctionTool],
        _ siblings: Set<String>
    ) {
        let id = subAgent.id
        self.subAgent = subAgent
        let internals = (relations.internals[id] ?? []).compactMap { relation in
            relation.targetSubAgentId.flatMap { siblings.contains($0) ? (relation: relation, target: $0) : nil }
        }
        transfers = internals.filter { $0.relation.relationType == .transfer }
        var placed = internals.filter { $0.relation.relationType == .delegate }.map {
            (position: $0.relation.position, delegate: Delegate.sub($0.relation, target: $0.target))
        }
        placed += (relations.externals[id] ?? []).compactMap { relation in
            parts.externalAgents[relation.externalAgentId].map { (relation.position, .external(relation, $0)) }
        }
        placed += (relations.teams[id] ?? []).compactMap { relation in
            let target = relation.targetAgentId
            return parts.agentIDs.contains(target) ? (relation.position, .team(relation, agent: target)) : nil
        }
        delegates = Relations.inOrder(placed, by: \.position).map(\.delegate)
        tools = (relations.tools[id] ?? []).compactMap { relation in
            parts.tools[relation.toolId].map { ToolUse(relation: relation, tool: $0) }
        }
        functionTools = (relations.functionTools[id] ?? []).compactMap { relation in
            guard let tool = ownTools[relation.target], let function = parts.functions[tool.functionId] else {
                return nil
            }
            return FunctionUse(relation: relation, functionTool: tool, function: function)
        }
        dataComponents = (relations.dataComponents[id] ?? []).compactMap { parts.dataComponents[$0.target] }
        artifactComponents = (relations.artifactComponents[id] ?? []).compactMap {
            parts.artifactComponents[$0.target]
        }
        skills = (relations.skills[id] ?? []).compactMap { relation in
            guard let skill = parts.skills[relation.target] else { return nil }
            let files = (parts.skillFiles[skill.id] ?? []).sorted { $0.filePath < $1.filePath }
            return KnownSkill(skill: skill, files: files, isAlwaysLoaded: relation.detail.alwaysLoaded)
        }
    }
}
