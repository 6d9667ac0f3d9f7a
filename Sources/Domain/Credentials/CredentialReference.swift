public import Catalog

/// Where a secret is kept and how it is fetched; never the secret (manage spec §2.15).
public struct CredentialReference: Resource, Equatable {
    /// The kind of store that keeps it.
    public enum StoreType: String, CaseIterable, Sendable { case memory, keychain, nango, composio }

    /// The id, unique within its kind and place.
    public var id = ""
    /// The name shown to people.
    public var name = ""
    /// The kind of store that keeps it.
    public var type = StoreType.memory
    /// The store.
    public var credentialStoreId = ""
    /// What the store needs to find it; nil for nothing.
    public var retrievalParams: JSONObject?
    /// The tool that it is for when it is one user's own; nil for any.
    public var toolId: String?
    /// The user whose own it is; nil for the project's.
    public var userId: String?
    /// Who made it.
    public var createdBy: String?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "credential", title: "Credential", plural: "credentials", in: .project, tags: ["Credentials"],
        names: OperationNames(
            list: "list-credentials", get: "get-credential-by-id", create: "create-credential",
            update: "update-credential", delete: "delete-credential"), schemaName: "CredentialReference",
        rules: Rules(replaces: { credential, key, workspace in
            guard let tool = credential.toolId, let user = credential.userId else { return nil }
            return try workspace.all(key.kind, key.parent).first { other in
                other.document["toolId"] == .string(tool) && other.document["userId"] == .string(user)
            }?.key
        }),
        extras: Extras(
            schemas: ["tools": ["type": "array"], "externalAgents": ["type": "array"]],
            onGet: { _, key, workspace in
                let users = try workspace.referrers(key)
                func views(_ kind: Kind) throws -> JSONValue {
                    let entries = try users.filter { $0.kind == kind.name }.compactMap(workspace.get)
                    return .array(entries.map { .object(kind.view($0, in: workspace.branch)) })
                }
                return ["tools": try views(Tool.kind), "externalAgents": try views(ExternalAgent.kind)]
            }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The credential's id, unique in its project.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name shown to people.", required: true),
        field("type", \.type, .choice, "The kind of store that keeps it.", required: true),
        field("credentialStoreId", \.credentialStoreId, .resourceID, "The store that keeps it.", required: true),
        field("retrievalParams", \.retrievalParams, .jsonObject, "What the store needs to find it; never the secret."),
        field("toolId", \.toolId, .text(1...256), "The tool that a user's own credential is for."),
        field("userId", \.userId, .text(1...256), "The user whose own it is."),
        field("createdBy", \.createdBy, .text(1...256), "Who made it."),
    ]
}
