public import Catalog

/// A program, widget or copilot through which people reach agents (manage spec §2.22).
public struct App: Resource, Equatable {
    /// The id, unique everywhere: `app_` and 21 characters.
    public var id = ""
    /// The tenant that it belongs to.
    public var tenantId: String?
    /// The project that it belongs to.
    public var projectId: String?
    /// The name shown to people.
    public var name = ""
    /// What it is for; nil for nothing said.
    public var description: String?
    /// What sort of app it is; never changes.
    public var type = AppType.api
    /// The project that it opens: its own, or nil.
    public var defaultProjectId: String?
    /// The agent that it opens unless asked for another; nil for none.
    public var defaultAgentId: String?
    /// Told to agents that are reached through it; nil for nothing.
    public var prompt: String?
    /// Whether it opens anything.
    public var enabled = true
    /// What it needs to know, by its type.
    public var config = AppConfig()
    /// When it was last used, RFC 3339; nil for never.
    public var lastUsedAt: String?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "app", title: "App", plural: "apps", in: .project, tags: ["Apps"],
        names: OperationNames(list: "list-apps", get: "get-app-by-id", update: "update-app", delete: "delete-app"),
        schemaName: "AppResponseItem", bodyName: "App", identity: .prefixed("app_"), filters: [("type", "type")],
        isVersioned: false, handle: "id",
        rules: Rules(beforePut: { placement, workspace in
            try placement.value.settle(over: placement.old, workspace)
        }), extras: Extras(inContext: { LastUse.members(try $2.observations.get($1)) }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The app's id.", .recorded),
        field("tenantId", \.tenantId, .text(), "The tenant that it belongs to.", .fromPath),
        field("projectId", \.projectId, .text(), "The project that it belongs to.", .fromPath),
        field("name", \.name, .text(1...256), "The name shown to people.", required: true),
        field("description", \.description, .text(), "What the app is for."),
        field("type", \.type, .choice, "What sort of app it is.", .createOnly, required: true),
        field(
            "defaultProjectId", \.defaultProjectId, .text(1...256), "The project that it opens: its own, or none."),
        field(
            "defaultAgentId", \.defaultAgentId, .resourceID, "The agent that it opens unless asked for another.",
            reference: .to(Agent.kind.name, onDelete: .clear)),
        field("prompt", \.prompt, .text(0...200_000), "Told to agents that are reached through it."),
        field("enabled", \.enabled, .flag, "Whether it opens anything."),
        field("config", \.config, .structure, "What it needs to know, by its type.", required: true),
        field("lastUsedAt", \.lastUsedAt, .text(), "When it was last used.", .recorded),
    ]

    /// Checks what it refers to, and keeps its keys (manage spec §2.22).
    mutating func settle(over old: App?, _ workspace: Workspace) throws {
        var broken: [Problem.Broken] = []
        if config.type != type { broken.append(.init(["config", "type"], "must be the app's type, \(type.rawValue)")) }
        config = config.effective
        if let defaultProjectId, defaultProjectId != workspace.branch.project {
            broken.append(.init(["defaultProjectId"], "must be the app's own project, \(workspace.branch.project)"))
        }
        if let credential = config.supportCopilot?.credentialReferenceId,
            credential != old?.config.supportCopilot?.credentialReferenceId
        {
            let key = ResourceKey(kind: CredentialReference.kind.name, id: credential)
            if try workspace.on(BranchKey.main).get(key) == nil {
                broken.append(.init(["config", "supportCopilot", "credentialReferenceId"], Kind.unknown(key)))
            }
        }
        if !broken.isEmpty { throw Problem.invalid(broken) }
        if let old {
            config.webClient?.publicKeys = old.config.webClient?.publicKeys ?? []
        } else {
            for position in (config.webClient?.publicKeys ?? []).indices {
                config.webClient?.publicKeys[position].addedAt = Timestamp.text(workspace.now)
            }
        }
    }
}
