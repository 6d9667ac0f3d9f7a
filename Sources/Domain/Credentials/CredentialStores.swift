import Catalog

/// The credential stores of a project, and writing to them (manage spec §4.6). What they keep is never shown.
enum CredentialStores {
    /// A store.
    struct Store: Sendable {
        /// The id.
        let id: String
        /// What it is.
        let type: CredentialReference.StoreType
        /// Why it cannot be used, for people; nil when it can.
        let reason: String?

        var view: JSONValue {
            [
                "id": .string(id), "type": .string(type.rawValue), "available": .bool(reason == nil),
                "reason": reason.map(JSONValue.string) ?? .null,
            ]
        }

        /// Where it keeps what has this key; nil when it cannot be used.
        func place(_ key: String) -> CredentialPlace? {
            reason == nil ? CredentialPlace(store: id, key: key, isLasting: type == .keychain) : nil
        }
    }

    /// The stores that each project has.
    static let all = [
        Store(id: "memory-default", type: .memory, reason: nil),
        Store(id: "keychain-default", type: .keychain, reason: nil),
        Store(id: "nango-default", type: .nango, reason: "Nango is not configured on this server"),
        Store(id: "composio-default", type: .composio, reason: "Composio is not configured on this server"),
    ]

    static func store(_ id: String) -> Store? { all.first { $0.id == id } }

    // MARK: Operations

    private static let path = Scope.project.path + "/credential-stores"
    private static let list = WholeList(ListOrder([.id], otherwise: "as the server has them", searched: "id"))

    static let operations: [Operation] = [
        Operation(
            "list-credential-stores", .get, path, tag: "Credential Stores", summary: "List Credential Stores",
            permission: .view, isVersioned: false, parameters: list.parameters,
            responses: [.init(200, "The stores.", schema: OpenAPI.reference("CredentialStoreListResponse"))],
            effect: .read { workspace, input in
                try workspace.requireProject()
                return list.answer(all.map { WholeList.Element(id: $0.id, view: $0.view) }, input.query)
            }),
        Operation(
            "create-credential-in-store", .post, path + "/{id}/credentials", tag: "Credential Stores",
            summary: "Create Credential in Store", permission: .edit, isVersioned: false,
            request: OpenAPI.reference("CreateCredentialInStoreRequest"),
            responses: [
                .init(201, "It is kept.", schema: OpenAPI.reference("CreateCredentialInStoreResponse"))
            ], effect: .write { try write($0, $1) }),
    ]

    private static func write(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        guard let store = store(input.parameter("id")) else { throw Problem.notFound("Credential store") }
        let credential = try CredentialInput.decoded(input.body)
        guard let place = store.place(credential.key) else {
            throw Problem.badRequest("Credential store \(store.id) is not available: \(store.reason ?? "")")
        }
        try workspace.credentials.put(
            CredentialEntry(
                place: place, value: credential.value, metadata: credential.metadataText.map(Secret.plain),
                createdAt: workspace.now))
        let createdAt = JSONValue.string(Timestamp.text(workspace.now))
        return .data(
            ["key": .string(credential.key), "storeId": .string(store.id), "createdAt": createdAt], status: 201)
    }

    // MARK: Schemas

    static let schemas: [(name: String, schema: JSONObject)] = [
        ("CredentialStore", storeSchema),
        ("CredentialStoreListResponse", list.schema(of: OpenAPI.reference("CredentialStore"))),
        ("CreateCredentialInStoreRequest", CredentialInput.schema(for: .create)),
        (
            "CreateCredentialInStoreResponse",
            OpenAPI.envelope([
                "type": "object",
                "properties": [
                    "key": ["type": "string"], "storeId": ["type": "string"],
                    "createdAt": ["type": "string", "format": "date-time"],
                ],
                "required": ["key", "storeId", "createdAt"],
            ])
        ),
    ]

    private static let storeSchema: JSONObject = [
        "type": "object",
        "properties": [
            "id": ["type": "string"],
            "type": .object(FieldType<CredentialReference.StoreType>.choice.schema), "available": ["type": "boolean"],
            "reason": ["type": ["string", "null"]],
        ],
        "required": ["id", "type", "available", "reason"],
    ]
}

/// A credential as a client writes it to a store.
struct CredentialInput: Structure {
    /// What it is found by.
    var key = ""
    /// The credential: a text, or JSON with an access token.
    var value = Secret.plain("")
    /// Header fields that go with it; nil for none.
    var metadata: HeaderMap?

    static let fields: [Field<Self>] = [
        field("key", \.key, keyType, "What the credential is found by.", required: true),
        field(
            "value", \.value, .secret, "The credential: a text, or JSON with an access token.", .writeOnly,
            required: true),
        field("metadata", \.metadata, .headerMap, "Header fields that go with it."),
    ]

    private static let keyType = FieldType.text(1...256).checked { key in
        key.unicodeScalars.contains { $0.properties.generalCategory == .control }
            ? "must not contain control characters" : nil
    }

    /// What a body says. A mask keeps nothing here, for nothing is ever shown: it is refused like any broken field.
    static func decoded(_ body: JSONValue) throws(Problem) -> CredentialInput {
        var input = CredentialInput()
        var decoding = Decoding()
        _ = input.assign(body, creating: true, &decoding)
        if input.value == .kept { decoding.fail(SecretPlaces.nothingKept, at: "value") }
        for name in input.metadata?.names(keptFrom: nil) ?? [] {
            decoding.fail(SecretPlaces.nothingKept, along: ["metadata", name])
        }
        try decoding.finish()
        return input
    }

    /// The header fields as the JSON text of an object; nil for none.
    var metadataText: String? {
        guard let metadata, !metadata.isEmpty else { return nil }
        var object = JSONObject()
        for (name, value) in metadata.entries {
            switch value {
            case .template(let text), .secret(.plain(let text)): object[name] = .string(text)
            case .secret: continue
            }
        }
        return JSONValue.object(object).jsonText
    }
}
