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
        Self.self, "credential", table: "credential_references", title: "Credential", plural: "credentials",
        in: .project, tags: ["Credentials"],
        names: OperationNames(
            list: "list-credentials", get: "get-credential-by-id", create: "create-credential",
            update: "update-credential", delete: "delete-credential"), schemaName: "CredentialReference",
        filters: [
            ("type", "type"), ("credentialStoreId", "credentialStoreId"), ("toolId", "toolId"), ("userId", "userId"),
        ],
        owner: "userId",
        rules: Rules(
            beforePut: { placement, workspace in
                placement.value.settleOwner(over: placement.old, by: workspace.surroundings.caller)
                // A new one takes the other's place instead.
                guard placement.old != nil, let other = try placement.value.rival(placement.key, workspace) else {
                    return
                }
                throw Problem.conflict("The user has a credential for the tool already: \(other.id)")
            }, afterDelete: { credential, _, workspace in try credential.letEntryGo(workspace) },
            replaces: { credential, key, workspace in
                var credential = credential
                credential.settleOwner(over: nil, by: workspace.surroundings.caller)
                return try credential.rival(key, workspace)
            }),
        extras: Extras(
            optionalSchemas: [
                "tools": rowsSchema(of: Tool.self), "externalAgents": rowsSchema(of: ExternalAgent.self),
            ],
            onGet: { _, key, workspace in
                let users = try workspace.referrers(key)
                return [
                    "tools": try rows(Tool.self, of: users, workspace),
                    "externalAgents": try rows(ExternalAgent.self, of: users, workspace),
                ]
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

    /// Whose it is and who made it: only administrators may name somebody else than the caller (manage spec §2.15).
    mutating func settleOwner(over old: Self?, by caller: Requester) {
        if !caller.isAdministrator {
            if userId != nil { userId = caller.name }
            createdBy = nil
        }
        createdBy = createdBy ?? old?.createdBy ?? caller.name
    }

    /// The tool and the user of a user's own credential, of which there is one (manage spec §2.15); nil for the
    /// project's.
    var ownership: [String]? {
        guard let toolId, let userId else { return nil }
        return [toolId, userId]
    }

    /// The other credential of the same user for the same tool, or nil.
    private func rival(_ key: ResourceKey, _ workspace: Workspace) throws -> ResourceKey? {
        guard let ownership else { return nil }
        return try workspace.all(key.kind, key.parent).first { other in
            other.key != key && Self(other).ownership == ownership
        }?.key
    }

    private static func rowsSchema<R: Resource>(of type: R.Type) -> JSONValue {
        let place: JSONObject = ["tenantId": ["type": "string"], "projectId": ["type": "string"]]
        let row = R.schema(for: .view, withNulls: true).adding(place, required: place.keys)
        return ["type": "array", "items": .object(row.adding(OpenAPI.times, required: OpenAPI.times.keys))]
    }

    /// The resources of a type among `keys` as the store has them: whole rows, what is unset is null.
    private static func rows<R: Resource>(
        _ type: R.Type, of keys: [ResourceKey], _ workspace: Workspace
    ) throws -> JSONValue {
        let branch = workspace.branch
        let place: JSONObject = ["tenantId": .string(branch.tenant), "projectId": .string(branch.project)]
        let entries = try keys.filter { $0.kind == R.kind.name }.compactMap(workspace.get)
        return .array(
            entries.map { entry in
                let members = R(entry).members(withNulls: true).merging(R.kind.view(entry, in: branch))
                return .object(members.merging(place))
            })
    }
}
