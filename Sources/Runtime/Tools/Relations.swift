import Catalog
import Models

/// The tools by which a sub-agent hands over or hands out work (run spec §7.1, §7.2, §7.5).
struct RelationTools: Sendable {
    /// The tool's name to the target's id.
    private(set) var transfers: [String: String] = [:]
    /// The tool's name to the worker's id.
    private(set) var delegates: [String: String] = [:]
    private(set) var definitions: [ToolDefinition] = []

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
            let name = ToolName.free("delegate_to_" + Self.normal(target.id)) { delegates[$0] != nil }
            delegates[name] = target.id
            definitions.append(
                ToolDefinition(
                    name: name, description: Self.delegateDescription(target, byID), inputSchema: Self.message))
        }
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
        """
        Gives '\(target.id)' a task and returns its result to you; you stay in charge of the conversation and answer \
        the user yourself. Several tasks that do not depend on each other may be given at the same time.
        \(about(target, byID))
        Type: internal
        """
    }

    private static func about(_ target: SubAgentDefinition, _ byID: [String: SubAgentDefinition]) -> String {
        var lines = ["Id: \(target.id)", "Name: \(target.name)"]
        if let description = target.description, !description.isEmpty { lines.append("Description: \(description)") }
        lines += relations("It can hand over to", target.transfers, byID)
        lines += relations("It can delegate to", target.delegates, byID)
        return lines.joined(separator: "\n")
    }

    private static func relations(
        _ title: String, _ ids: [String], _ byID: [String: SubAgentDefinition]
    ) -> [String] {
        let targets = ids.compactMap { byID[$0] }
        guard !targets.isEmpty else { return [] }
        return ["\(title):"]
            + targets.map { target in
                "- \(target.name)" + (target.description.map { $0.isEmpty ? "" : ": \($0)" } ?? "")
            }
    }
}
