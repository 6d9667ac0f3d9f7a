public import Catalog

/// A webhook that makes an agent run (manage spec §2.18).
public struct Trigger: Resource, RunsAsUsers, Equatable {
    /// The id, unique within its agent.
    public var id = ""
    /// The name shown to people.
    public var name = ""
    /// What it is for; nil for nothing said.
    public var description: String?
    /// Whether calls are taken.
    public var enabled = true
    /// The JSON Schema of payloads; nil for any.
    public var inputSchema: JSONValue?
    /// What becomes of a payload before the agent sees it; nil for nothing.
    public var outputTransform: OutputTransform?
    /// The text of the message, in which `{{path}}` stands for what is there in the payload; nil for the payload.
    public var messageTemplate: String?
    /// Who may call it; nil for anybody.
    public var authentication: TriggerAuthentication?
    /// How it tells that a call is signed; nil for calls that are not.
    public var signatureVerification: SignatureVerification?
    /// The credential that has the secret of the signature; nil for none.
    public var signingSecretCredentialReferenceId: String?
    /// The users as whom it runs, one run each; none for one run as nobody.
    public var runAsUserIds: [String] = []
    /// The user that a body named alone; nil when it did not.
    var namedUser: String?
    /// Milliseconds between the runs of one call, 0–600,000; nil for none.
    public var dispatchDelayMs: Int?
    /// Who made it.
    public var createdBy: String?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "trigger", title: "Trigger", plural: "triggers", in: .agent, tags: ["Triggers"],
        names: OperationNames(
            list: "list-triggers", get: "get-trigger-by-id", create: "create-trigger", update: "update-trigger",
            delete: "delete-trigger"), schemaName: "TriggerWithWebhookUrl", bodyName: "Trigger",
        identity: .generated, filters: [("runAsUserId", "runAsUserIds")], refusesEmptyUpdate: true,
        rules: Rules(
            beforePut: { placement, workspace in try placement.value.settle(over: placement.old, workspace) },
            beforeDelete: { trigger, _, workspace in try trigger.requireOwner(workspace.surroundings.caller) }),
        extras: Extras(
            schemas: ["webhookUrl": ["type": "string"], "userCount": ["type": "integer"]],
            inContext: { trigger, key, workspace in
                [
                    "webhookUrl": .string(trigger.webhookURL(key, workspace)),
                    "userCount": .integer(Int64(trigger.runAsUserIds.count)),
                ]
            }, warning: { $0.warning }))

    /// The members.
    public static let fields: [Field<Self>] =
        [
            field("id", \.id, .resourceID, "The trigger's id; made when absent.", .createOnly),
            field("name", \.name, .text(1...256), "The name shown to people.", required: true),
            field("description", \.description, .text(), "What the trigger is for."),
            field("enabled", \.enabled, .flag.described(["default": true]), "Whether calls are taken."),
            field("inputSchema", \.inputSchema, .jsonSchema, "The JSON Schema of payloads."),
            field(
                "outputTransform", \.outputTransform, .structure,
                "What becomes of a payload before the agent sees it."),
            field(
                "messageTemplate", \.messageTemplate, .text(1...200_000),
                "The text of the message; {{path}} stands for what is there in the payload."),
            field("authentication", \.authentication, .structure, "Who may call it."),
            field(
                "signatureVerification", \.signatureVerification, .structure, "How it tells that a call is signed."),
            field(
                "signingSecretCredentialReferenceId", \.signingSecretCredentialReferenceId, .text(1...256),
                "The credential that has the secret of the signature.",
                reference: .to(CredentialReference.kind.name, onDelete: .clear)),
        ] + userFields(\.runAsUserId, \.runAsUserIds) + [
            field(
                "dispatchDelayMs", \.dispatchDelayMs, .integer(0...600_000),
                "Milliseconds between the runs of one call."),
            field("createdBy", \.createdBy, .text(), "Who made it.", .recorded),
        ]

    /// Notes what is broken across members.
    public func check(_ decoding: inout Decoding) { checkUsers(&decoding) }

    /// Makes it ready for the store: its users, and the secrets of its header fields.
    mutating func settle(over old: Trigger?, _ workspace: Workspace) throws {
        var drafts = [HeaderSecret.Draft(new: authentication, old: old?.authentication)]
        let lacking = drafts[0].lacking
        if !lacking.isEmpty { throw Problem.invalid(lacking.map { .init($0, Self.nothingToKeep) }) }
        try settleUsers(over: old, workspace)
        try HeaderSecret.settle(&drafts, workspace.surroundings)
        authentication = drafts[0].new
    }

    /// The reason where a value is to be kept and there is none.
    static let nothingToKeep = "keeps a value, but none is stored under this name"

    mutating func usersHaveGone() {}

    private var warning: String? {
        switch (signatureVerification != nil, signingSecretCredentialReferenceId != nil) {
        case (true, false): "Signatures are not checked: signingSecretCredentialReferenceId is not set"
        case (false, true): "Signatures are not checked: signatureVerification is not set"
        default: nil
        }
    }

    /// The address that callers use.
    private func webhookURL(_ key: ResourceKey, _ workspace: Workspace) -> String {
        let branch = workspace.branch
        let path = [
            "run", "tenants", branch.tenant, "projects", branch.project, "agents", key.agent, "triggers", key.id,
        ]
        return ([workspace.surroundings.publicURL] + path.map { PercentCoding.component($0) }).joined(separator: "/")
    }
}
