public import Catalog

/// Everything that users manage: the one list of kinds, and the operations that follow from it.
public enum Everything {
    /// The kinds, in the order in which whole documents are written: what is referred to comes first.
    public static let kinds: [Kind] = [
        Project.kind, Skill.kind, SkillFile.kind, CredentialReference.kind, Function.kind, Tool.kind,
        ExternalAgent.kind, DataComponent.kind,
        ArtifactComponent.kind, Agent.kind, ContextConfig.kind, FunctionTool.kind, SubAgent.kind,
        SubAgentRelation.kind, ExternalAgentRelation.kind, TeamAgentRelation.kind, ToolRelation.kind,
        FunctionToolRelation.kind, DataComponentRelation.kind, ArtifactComponentRelation.kind, SkillRelation.kind,
        Trigger.kind, ScheduledTrigger.kind, WebhookDestination.kind, APIKey.kind, App.kind,
    ]

    /// The associations of sub-agents with what they may use.
    public static let links: [Link] = [
        DataComponent.link, ArtifactComponent.link, FunctionTool.link, Skill.link,
    ]

    /// The kinds by name.
    public static let kindsByName = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })

    /// By kind the members that the store keeps for lists to filter by.
    public static let facets = kindsByName.mapValues(\.facets).filter { !$0.value.isEmpty }

    /// Every operation on configuration.
    public static let operations: [Operation] =
        kinds.flatMap(\.operations) + links.flatMap(\.operations) + [
            ToolRelation.reverse, AgentToolStatus.operation, UserCredential.operation,
        ]
        + AgentOperations.all
        + ProjectOperations.all + SkillOperations.all + SkillFileOperations.all + TriggerOperations.all
        + [WebhookDestination.test, APIKey.create] + AppOperations.all + ProjectMembers.all
        + BranchOperations.all + MergeOperations.all + HistoryOperations.all + CredentialStores.operations

    /// The schemas that the operations refer to.
    public static let schemas: [(name: String, schema: JSONObject)] =
        kinds.flatMap(\.documentSchemas) + DocumentSchemas.all + AgentToolStatus.schemas + SkillView.schemas
        + TriggerOperations.schemas + WebhookDestination.schemas + APIKey.schemas + AppOperations.schemas
        + VersionSchemas.all + CredentialStores.schemas + ProjectMembers.schemas

    /// What a document refers to, from the declaration of its kind; loose references are not among them.
    public static func references(_ key: ResourceKey, _ document: JSONValue) -> [ResourceLink] {
        kindsByName[key.kind]?.links(key, document) ?? []
    }
}
