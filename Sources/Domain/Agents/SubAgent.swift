public import Catalog

/// A sub-agent: one prompt with its models and bounds. What it may use and whom it may call are relations
/// (manage spec §2.3).
public struct SubAgent: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The name shown to people and models.
    public var name = ""
    /// What it is for, told to sub-agents that may call it.
    public var description: String? = ""
    /// What it is told.
    public var prompt: String? = ""
    /// How much of a conversation it is shown; nil for the usual.
    public var conversationHistoryConfig: ConversationHistoryConfig? = .standard
    /// Its models; nil for the agent's.
    public var models: Models?
    /// Its bound; nil for the project's.
    public var stopWhen: SubAgentStopWhen?
    /// What its answers must be like; nil for anything.
    public var outputContract: OutputContract?
    /// Its place among the agent's sub-agents in a whole document; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, Scope.subAgentKind, title: "Sub-agent", plural: "sub-agents", in: .agent, tags: ["SubAgents"],
        names: OperationNames(
            list: "list-subagents", get: "get-subagent-by-id", create: "create-subagent", update: "update-subagent",
            delete: "delete-subagent"), label: "SubAgent",
        rules: Rules(
            beforePut: { placement, _ in placement.value.normalize() },
            beforeDelete: { subAgent, key, workspace in
                let agent = try workspace.get(Agent.self, key.agent)
                guard agent?.defaultSubAgentId == subAgent.id else { return }
                throw Problem.conflict("Sub-agent \(subAgent.id) is the agent's default; choose another default first")
            }),
        extras: Extras(
            schemas: ["type": ["type": "string", "enum": ["internal"]]], always: { _, _ in ["type": "internal"] }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The sub-agent's id, unique in its agent.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name shown to people and models.", required: true),
        field("description", \.description, .text(), "What it is for, told to sub-agents that may call it."),
        field("prompt", \.prompt, .text(0...200_000), "What the sub-agent is told."),
        field(
            "conversationHistoryConfig", \.conversationHistoryConfig, .structure,
            "How much of a conversation it is shown."),
        field("models", \.models, .structure, "Its models; unset for the agent's."),
        field("stopWhen", \.stopWhen, .structure, "When it ends."),
        field("outputContract", \.outputContract, .structure, "What its answers must be like."),
        field("position", \.position, .integer(), "Its place in a whole document.", .hidden),
    ]

    /// Makes null of what says nothing (manage spec §2.3).
    mutating func normalize() { models = models?.effective }
}
