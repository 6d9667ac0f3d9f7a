public import Catalog
import Cryptography

/// A key with which programs run an agent (manage spec §2.21). The key itself is told once and not kept.
public struct APIKey: Resource, Equatable {
    /// The id, unique in the project.
    public var id = ""
    /// The agent that it opens.
    public var agentId = ""
    /// The part of the key by which it is found: 12 letters and digits.
    public var publicId = ""
    /// How the key begins, for people: its first 12 characters.
    public var keyPrefix = ""
    /// The hash of the key (`SecretHash`).
    public var keyHash = ""
    /// The name shown to people.
    public var name = ""
    /// When it was last used, RFC 3339; nil for never.
    public var lastUsedAt: String?
    /// When it ceases to open anything, RFC 3339; nil for never.
    public var expiresAt: String?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "api-key", title: "API key", plural: "api-keys", in: .project, tags: ["API Keys"],
        names: OperationNames(
            list: "list-api-keys", get: "get-api-key-by-id", update: "update-api-key", delete: "delete-api-key"),
        schemaName: "ApiKey", label: "API Key", identity: .generated, filters: [("agentId", "agentId")],
        isVersioned: false, handle: "publicId",
        extras: Extras(inContext: { try $0.used(ResourceKey(kind: $1.kind, id: $0.publicId), in: $2) }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The key's id.", .recorded),
        field(
            "agentId", \.agentId, .resourceID, "The agent that the key opens.", .createOnly, required: true,
            reference: .to(Agent.kind.name)),
        field("publicId", \.publicId, .text(), "The part of the key by which it is found.", .recorded),
        field("keyPrefix", \.keyPrefix, .text(), "How the key begins.", .recorded),
        field("keyHash", \.keyHash, .text(), "The hash of the key.", .hidden),
        field("name", \.name, .text(1...256), "The name shown to people.", required: true),
        field("lastUsedAt", \.lastUsedAt, .text(), "When the key was last used.", .recorded),
        field("expiresAt", \.expiresAt, .moment, "When the key ceases to open anything; never unless told."),
    ]

    private func used(_ key: ResourceKey, in workspace: Workspace) throws -> JSONObject {
        LastUse.members(try workspace.observations.get(key))
    }

    // MARK: Making one

    private static let publicIDLength = 12
    private static let prefixLength = 12
    private static let secretBytes = 32

    /// A new key: `sk_`, the public id, a dot and 32 random bytes.
    private static func makeKey() -> String {
        "sk_\(Random.alphanumerics(publicIDLength)).\(Base64.url.text(Random.bytes(secretBytes)))"
    }

    static let create = Operation(
        "create-api-key", .post, Scope.project.path + "/api-keys", tag: "API Keys", summary: "Create API Key",
        permission: .use, isVersioned: false, request: OpenAPI.reference("ApiKeyCreate"),
        responses: [.init(201, "The key, told this once.", schema: OpenAPI.reference("ApiKeyCreateResponse"))],
        effect: .write { try create($0, $1) })

    private static func create(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        var made = APIKey(stored: try kind.create(input.body))
        if let end = made.expiresAt.flatMap(Timestamp.milliseconds), end <= workspace.now {
            throw Problem.invalid([.init(["expiresAt"], "must be in the future")])
        }
        made.id = workspace.makeID()
        let key = kind.key(made.id, input.path)
        let broken = try kind.brokenReferences(key, made.document, old: nil, in: workspace)
        if !broken.isEmpty { throw Problem.invalid(broken) }
        // The key and its hash are made together, beside the transaction: the first attempt makes them for the second.
        let work = SlowWork(["api-key"]) {
            let text = makeKey()
            return "\(text) \(SecretHash.make(text))"
        }
        let parts = try workspace.surroundings.slowly([work]).flatMap { $0.split(separator: " ") }.map(String.init)
        guard parts.count == 2 else { throw Problem(.internalServerError, Problem.internalDetail) }
        made.publicId = String(parts[0].dropFirst("sk_".count).prefix(publicIDLength))
        made.keyPrefix = String(parts[0].prefix(prefixLength))
        made.keyHash = parts[1]
        let entry = try workspace.put(made)
        try workspace.setHandle(key, made.publicId)
        return .data(["apiKey": .object(try kind.shown(entry, workspace)), "key": .string(parts[0])], status: 201)
    }

    static let schemas: [(name: String, schema: JSONObject)] = [
        (
            "ApiKeyCreateResponse",
            OpenAPI.envelope([
                "type": "object",
                "properties": ["apiKey": .object(OpenAPI.reference("ApiKey")), "key": ["type": "string"]],
                "required": ["apiKey", "key"],
            ])
        )
    ]
}
