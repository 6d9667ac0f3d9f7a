public import Catalog

/// An agent: sub-agents that work on one conversation together, and what they share (manage spec §1.1).
public struct Agent: Resource, Equatable {
    /// How runs were once kept; every run is journalled now, and the member is kept for clients.
    public enum ExecutionMode: String, CaseIterable, Sendable { case classic, durable }

    /// The id, unique within its kind and place.
    public var id = ""
    /// The name shown to people and models.
    public var name = ""
    /// What it is for; nil for nothing said.
    public var description: String?
    /// The sub-agent that gets the user's messages first; nil until there is one.
    public var defaultSubAgentId: String?
    /// The context config in use; nil for none.
    public var contextConfigId: String?
    /// The models of its sub-agents unless they say otherwise; nil for the project's.
    public var models: Models?
    /// When it tells what it is doing; nil for never.
    public var statusUpdates: StatusUpdates?
    /// Told to every sub-agent before its own prompt; nil for nothing.
    public var prompt: String?
    /// Its bound; nil for the project's.
    public var stopWhen: AgentStopWhen?
    /// Kept for clients.
    public var executionMode = ExecutionMode.classic

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, Scope.agentKind, table: "agent", title: "Agent", plural: "agents", in: .project, tags: ["Agents"],
        names: OperationNames(
            list: "list-agents", get: "get-agent", create: "create-agent", update: "update-agent",
            delete: "delete-agent"),
        rules: Rules(beforePut: { placement, _ in placement.value.normalize() }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The agent's id.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name shown to people and models.", required: true),
        field("description", \.description, .text(), "What the agent is for."),
        field(
            "defaultSubAgentId", \.defaultSubAgentId, .resourceID, "The sub-agent that gets the user's messages first.",
            reference: .to("sub-agent", .ownAgent, onDelete: .loose)),
        field(
            "contextConfigId", \.contextConfigId, .text(0...256), "The context config in use.",
            reference: .to("context-config", .ownAgent, onDelete: .loose)),
        field("models", \.models, .structure, "The models of its sub-agents unless they say otherwise."),
        field("statusUpdates", \.statusUpdates, .structure, "When the agent tells what it is doing."),
        field("prompt", \.prompt, .text(0...200_000), "Told to every sub-agent before its own prompt."),
        field("stopWhen", \.stopWhen, .structure, "When a run ends."),
        field("executionMode", \.executionMode, .choice, "Kept for clients; every run is durable."),
    ]

    /// Makes null of what says nothing (manage spec §1.5).
    mutating func normalize() {
        models = models?.effective
        if prompt?.isEmpty == true { prompt = nil }
        if contextConfigId?.isEmpty == true { contextConfigId = nil }
    }
}
