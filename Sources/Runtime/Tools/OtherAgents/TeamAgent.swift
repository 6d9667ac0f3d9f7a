import Catalog
import Cryptography
import Domain
import Events
import Outbound
import Store

/// Another agent of the project as a sub-agent delegates to it (run spec §7.4): a run of its own does the task.
struct TeamAgent: Sendable {
    let id: String
    let name: String
    let description: String?
    let relations: [(title: String, agents: [OtherAgent.Named])]
    let headers: ServerHeaders
    let keyring: Keyring

    func otherAgent(_ limits: RuntimeLimits) -> OtherAgent {
        // A task whose run is there already is followed, so it may be handed out again. It may take as long as a run.
        OtherAgent(
            kind: .team, id: id, name: name, description: description, relations: relations, isIdempotent: true,
            longestMs: limits.runMs
        ) { task, context in
            let fields = try headers.fields(for: context, keyring: keyring)
            let headers = Dictionary(fields.fields.map { ($0.name.lowercased(), $0.value) }) { $1 }
            return try await context.askTeam(
                TeamTask(
                    agent: id, message: task.message, call: task.call, idempotencyKey: context.idempotencyKey,
                    headers: headers, depth: context.depth + 1))
        }
    }
}

extension TeamAgent {
    init(_ graph: AgentGraph, in project: ProjectGraph, _ relation: TeamAgentRelation, _ keyring: Keyring) {
        (id, name) = (graph.agent.id, graph.agent.name)
        let entry = graph.defaultSubAgent ?? graph.subAgents.values.first
        // An agent that says nothing of itself is known by the sub-agent that takes what it is asked.
        description = graph.agent.description.flatMap { $0.isEmpty ? nil : $0 } ?? entry?.subAgent.description
        relations = entry.map { Self.relations(of: $0, in: graph, project) } ?? []
        headers = ServerHeaders(relation.headers)
        self.keyring = keyring
    }

    private static func relations(
        of entry: SubAgentGraph, in agent: AgentGraph, _ project: ProjectGraph
    ) -> [(title: String, agents: [OtherAgent.Named])] {
        func named(_ id: String) -> OtherAgent.Named? {
            agent.subAgents[id].map { OtherAgent.Named(name: $0.subAgent.name, description: $0.subAgent.description) }
        }
        let delegates = entry.delegates.compactMap { delegate -> OtherAgent.Named? in
            switch delegate {
            case .sub(_, let target): named(target)
            case .external(_, let agent): OtherAgent.Named(name: agent.name, description: agent.description)
            case .team(_, let id):
                project.agents[id].map { OtherAgent.Named(name: $0.agent.name, description: $0.agent.description) }
            }
        }
        return [
            (OtherAgent.handsOverTo, entry.transfers.compactMap { named($0.target) }),
            (OtherAgent.delegatesTo, delegates),
            (
                "It can use the tools",
                entry.functionTools.map {
                    OtherAgent.Named(name: $0.functionTool.name, description: $0.functionTool.description)
                } + entry.tools.map { OtherAgent.Named(name: $0.tool.name, description: $0.tool.description) }
            ),
        ]
    }
}

/// A task for another agent of the project.
struct TeamTask: Sendable {
    /// The agent's id.
    let agent: String
    /// What is to be done.
    let message: String
    /// The id of the call by which it is handed out.
    let call: String
    /// The same for all tries of the call: the run and its conversation are named after it.
    let idempotencyKey: String
    /// The headers of the relation by their names in lower case, as if a request had brought them.
    let headers: [String: String]
    /// How deep the run is that does it.
    let depth: Int
}
