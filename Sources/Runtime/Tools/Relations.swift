import Catalog
import Events
import Models

/// The tools by which a sub-agent hands over or hands out work (run spec §7.1, §7.2, §7.5).
struct RelationTools: Sendable {
    /// The tool's name to the target's id.
    private(set) var transfers: [String: String] = [:]
    /// The tool's name to the worker's id.
    private(set) var delegates: [String: String] = [:]
    /// The tool's name to the agent outside the run.
    private(set) var otherAgents: [String: RunRules.OtherAgent] = [:]
    private(set) var definitions: [ToolDefinition] = []
    /// What calls the agents outside the run, in the order of configuration; not among `definitions`.
    private(set) var tools: [Toolset.Tool] = []

    init() {}

    /// The relations of a sub-agent. Targets that the agent does not have are left out.
    init(of subAgent: SubAgentDefinition, in agent: AgentDefinition) {
        let byID = Dictionary(agent.subAgents.map { ($0.id, $0) }) { first, _ in first }
        for target in subAgent.transfers.compactMap({ byID[$0] }) {
            let name = ToolName.free("transfer_to_" + Self.normal(target.id)) { transfers[$0] != nil }
            transfers[name] = target.id
            definitions.append(
                ToolDefinition(
                    name: name, description: Self.transferDescription(target, byID), inputSchema: Self.nothing))
        }
        for target in subAgent.delegates.compactMap({ byID[$0] }) {
            let name = delegationName(target.id)
            delegates[name] = target.id
            definitions.append(
                ToolDefinition(
                    name: name, description: Self.delegateDescription(target, byID), inputSchema: Self.message))
        }
        for target in subAgent.otherAgents {
            let name = delegationName(target.id)
            otherAgents[name] = RunRules.OtherAgent(target.kind, id: target.id)
            let definition = ToolDefinition(
                name: name, description: Self.delegateDescription(target), inputSchema: Self.message)
            tools.append(target.tool(definition))
        }
    }

    private func delegationName(_ id: String) -> String {
        ToolName.free("delegate_to_" + Self.normal(id)) { delegates[$0] != nil || otherAgents[$0] != nil }
    }

    /// Lower case, white space as `_`.
    static func normal(_ id: String) -> String {
        String(id.lowercased().map { $0.isWhitespace ? "_" : $0 })
    }

    private static let nothing: JSONValue = ["type": "object", "properties": [:], "additionalProperties": false]
    private static let message: JSONValue = [
        "type": "object",
        "properties": [
            "message": [
                "type": "string",
                "description": "The task, with everything that is needed to do it.",
            ]
        ],
        "required": ["message"], "additionalProperties": false,
    ]

    private static func transferDescription(
        _ target: SubAgentDefinition, _ byID: [String: SubAgentDefinition]
    ) -> String {
        """
        Hands the conversation over to '\(target.id)', which answers from here on. Call it when the request belongs to \
        that one; say nothing to the user before or after, and call no other tool with it.
        \(about(target, byID))
        """
    }

    private static func delegateDescription(
        _ target: SubAgentDefinition, _ byID: [String: SubAgentDefinition]
    ) -> String {
        delegateDescription(target.id, .internal, about(target, byID))
    }

    private static func delegateDescription(_ target: OtherAgent) -> String {
        var lines = heading(target.id, target.name, target.description)
        for (title, agents) in target.relations { lines += relations(title, agents) }
        return delegateDescription(target.id, target.kind, lines.joined(separator: "\n"))
    }

    private static func delegateDescription(_ id: String, _ kind: RunDelegation.Kind, _ about: String) -> String {
        """
        Gives '\(id)' a task and returns its result to you; you stay in charge of the conversation and answer the user \
        yourself. Several tasks that do not depend on each other may be given at the same time.
        \(about)
        Type: \(kind.rawValue)
        """
    }

    private static func about(_ target: SubAgentDefinition, _ byID: [String: SubAgentDefinition]) -> String {
        func named(_ ids: [String]) -> [OtherAgent.Named] {
            ids.compactMap { byID[$0].map { OtherAgent.Named(name: $0.name, description: $0.description) } }
        }
        let others = target.otherAgents.map { OtherAgent.Named(name: $0.name, description: $0.description) }
        let lines =
            heading(target.id, target.name, target.description)
            + relations(OtherAgent.handsOverTo, named(target.transfers))
            + relations(OtherAgent.delegatesTo, named(target.delegates) + others)
        return lines.joined(separator: "\n")
    }

    private static func heading(_ id: String, _ name: String, _ description: String?) -> [String] {
        let lines = ["Id: \(id)", "Name: \(name)"]
        guard let description, !description.isEmpty else { return lines }
        return lines + ["Description: \(description)"]
    }

    private static func relations(_ title: String, _ agents: [OtherAgent.Named]) -> [String] {
        guard !agents.isEmpty else { return [] }
        return ["\(title):"]
            + agents.map { agent in
                "- \(agent.name)" + (agent.description.map { $0.isEmpty ? "" : ": \($0)" } ?? "")
            }
    }
}
