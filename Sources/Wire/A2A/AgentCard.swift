public import Catalog

/// What an agent tells other agents of itself, as the agent-to-agent protocol has it (run spec §23.1).
public struct AgentCard: Sendable, Hashable {
    private let name: String
    private let description: String
    private let server: String

    /// The card of an agent.
    ///
    /// - Parameters:
    ///   - name: What the agent is called.
    ///   - description: What it is for; nil when that was not said.
    ///   - server: The address of this server, without a slash at its end.
    public init(name: String, description: String?, server: String) {
        self.name = name
        self.description = description.flatMap { $0.isEmpty ? nil : $0 } ?? "AI Agent"
        self.server = server
    }

    /// The card.
    public var json: JSONValue {
        [
            "name": .string(name), "description": .string(description), "url": .string(server + "/run/agents/a2a"),
            "version": "1.0.0",
            "capabilities": ["streaming": true, "pushNotifications": false, "stateTransitionHistory": false],
            "defaultInputModes": ["text", "text/plain"], "defaultOutputModes": ["text", "text/plain"], "skills": [],
            "provider": ["organization": "Covey", "url": .string(server + "/run/agents")],
        ]
    }
}
