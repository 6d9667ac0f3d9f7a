/// Where resources of a kind live, and with it the beginning of their paths.
public enum Scope: Sendable, Equatable {
    /// In the tenant: projects alone.
    case tenant
    /// In a project.
    case project
    /// In an agent.
    case agent
    /// In a sub-agent.
    case subAgent

    /// The names of the kinds that others live in.
    public static let agentKind = "agent"
    /// The name of the kind of sub-agents.
    public static let subAgentKind = "sub-agent"
    /// The kinds whose deletion deletes what lives in them.
    public static let containers: Set<String> = [agentKind, subAgentKind]

    /// The path of what holds the collections of this scope.
    public var path: String {
        switch self {
        case .tenant: "/manage/tenants/{tenantId}"
        case .project: "/manage/tenants/{tenantId}/projects/{projectId}"
        case .agent: Scope.project.path + "/agents/{agentId}"
        case .subAgent: Scope.agent.path + "/sub-agents/{subAgentId}"
        }
    }

    /// The parent part of keys in this scope.
    ///
    /// - Parameter path: The values of the path's parameters.
    public func parent(_ path: [String: String]) -> String {
        switch self {
        case .tenant, .project: ""
        case .agent: path["agentId"] ?? ""
        case .subAgent: "\(path["agentId"] ?? "")/\(path["subAgentId"] ?? "")"
        }
    }

    /// What must exist for something to live here, outermost first, beside the project.
    func containers(_ path: [String: String]) -> [(key: ResourceKey, title: String)] {
        let agent = path["agentId"] ?? ""
        let agentKey = ResourceKey(kind: Self.agentKind, id: agent)
        let subAgentKey = ResourceKey(kind: Self.subAgentKind, parent: agent, id: path["subAgentId"] ?? "")
        switch self {
        case .tenant, .project: return []
        case .agent: return [(agentKey, "Agent")]
        case .subAgent: return [(agentKey, "Agent"), (subAgentKey, "Sub-agent")]
        }
    }
}

extension Workspace {
    /// Throws a 404 unless the branch exists. A tenant's own workspace has none.
    public func requireProject() throws {
        guard try exists() else { throw Problem.notFound("Project") }
    }

    /// Throws a 404 naming the outermost of project, agent and sub-agent in the path that is not there. What lives
    /// outside branches lives in the agents of the main branch.
    public func requireContainers(of scope: Scope, _ path: [String: String]) throws {
        try requireProject()
        let containers = scope.containers(path)
        guard !containers.isEmpty else { return }
        let world = branch.branch == BranchKey.unversioned ? try on(BranchKey.main) : self
        for (key, title) in containers where try world.get(key) == nil { throw Problem.notFound(title) }
    }
}
