import Catalog

/// The operations on apps that do not follow from their declaration (manage spec §2.22).
enum AppOperations {
    private static let keys = Scope.project.path + "/apps/{appId}/auth/keys"

    private static let keyList = WholeList(
        ListOrder([.createdAt, .id], otherwise: "as they were added", searched: "kid"))

    static let all: [Operation] = [
        Operation(
            "list-tenant-apps", .get, Scope.tenant.path + "/apps", tag: "Apps", summary: "List Tenant Apps",
            permission: .member, isVersioned: false,
            parameters: Page.parameters + App.kind.listOrder.parameters + App.kind.filterParameters,
            responses: [.init(200, "One page.", schema: OpenAPI.reference("TenantAppListResponse"))],
            effect: .read { try listOfTenant($0, $1) }),
        Operation(
            "create-app", .post, Scope.project.path + "/apps", tag: "Apps", summary: "Create App", permission: .edit,
            isVersioned: false, request: OpenAPI.reference("AppCreate"),
            responses: [.init(201, "The app.", schema: OpenAPI.reference("AppCreateResponse"))],
            effect: .write { try create($0, $1) }),
        Operation(
            "list-app-auth-keys", .get, keys, tag: "Apps", summary: "List Public Keys", permission: .view,
            isVersioned: false, parameters: keyList.parameters,
            responses: [.init(200, "The keys.", schema: OpenAPI.reference("PublicKeyListResponse"))],
            effect: .read { workspace, input in
                let app = App(try entry(workspace, input))
                let keys = (app.config.webClient?.publicKeys ?? []).map { key in
                    WholeList.Element(
                        id: key.kid, createdAt: Timestamp.milliseconds(key.addedAt ?? "") ?? 0, view: key.view)
                }
                return keyList.answer(keys, input.query)
            }),
        Operation(
            "create-app-auth-key", .post, keys, tag: "Apps", summary: "Add Public Key", permission: .edit,
            isVersioned: false, request: OpenAPI.reference("AddPublicKeyRequest"),
            responses: [.init(201, "The key.", schema: OpenAPI.reference("PublicKeyResponse"))],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try addKey($0, $1) }),
        Operation(
            "delete-app-auth-key", .delete, keys + "/{kid}", tag: "Apps", summary: "Delete Public Key",
            permission: .edit, isVersioned: false, responses: [.init(204, "Deleted.")],
            effect: .write { try deleteKey($0, $1) }),
    ]

    static let schemas: [(name: String, schema: JSONObject)] = [
        (
            "AppCreateResponse",
            OpenAPI.envelope([
                "type": "object", "properties": ["app": .object(OpenAPI.reference("AppResponseItem"))],
                "required": ["app"],
            ])
        ), ("TenantAppListResponse", tenantList), ("PublicKeyConfig", PublicKeyConfig.schema(for: .view)),
        ("AddPublicKeyRequest", PublicKeyConfig.schema(for: .create)),
        ("PublicKeyResponse", OpenAPI.envelope(OpenAPI.reference("PublicKeyConfig"))),
        ("PublicKeyListResponse", keyList.schema(of: OpenAPI.reference("PublicKeyConfig"))),
    ]

    private static let tenantList: JSONObject = {
        var schema = OpenAPI.listEnvelope(OpenAPI.reference("AppResponseItem"))
        var properties = schema["properties"]?.object ?? [:]
        properties["role"] = ["type": "string", "enum": ["owner", "admin", "member"]]
        properties["tenantHasAnyApps"] = ["type": "boolean"]
        schema["properties"] = .object(properties)
        return schema
    }()

    // MARK: Apps

    private static func create(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let (entry, status) = try App.kind.create(workspace, input)
        return .data(["app": .object(try App.kind.shown(entry, workspace))], status: status)
    }

    /// The apps of all projects of the tenant. Everybody who may call it may see all of them: there are no members with
    /// fewer rights yet.
    private static func listOfTenant(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let (entries, total) = try workspace.inTenant(App.kind.listQuery(input, workspace))
        let hasAny = try total > 0 || workspace.inTenant(ListQuery(kind: App.kind.name, limit: 1)).total > 0
        let views = try entries.map { entry in
            var view = App.kind.view(entry, in: workspace.branch)
            for (name, member) in LastUse.members(try workspace.observations.get(entry.key)) { view[name] = member }
            return JSONValue.object(view)
        }
        var output = Page(query: input.query).answer(views, total: total)
        if var body = output.body?.object {
            body["role"] = workspace.surroundings.caller.isAdministrator ? "owner" : "member"
            body["tenantHasAnyApps"] = .bool(hasAny)
            output.body = .object(body)
        }
        return output
    }

    // MARK: Public keys

    private static func entry(_ workspace: Workspace, _ input: OperationInput) throws -> Entry {
        try workspace.requireProject()
        let key = ResourceKey(kind: App.kind.name, id: input.parameter("appId"))
        guard let entry = try workspace.get(key) else { throw Problem.notFound(App.kind.title) }
        return entry
    }

    /// The app that a path names when it has keys; throws a 400 for one that cannot have any.
    private static func webClient(_ workspace: Workspace, _ input: OperationInput) throws -> App {
        let app = App(try entry(workspace, input))
        guard app.type == .webClient else { throw Problem.badRequest("Only web client apps have public keys") }
        return app
    }

    private static func addKey(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        var app = try webClient(workspace, input)
        var key = try PublicKeyConfig(body: input.body)
        let keys = app.config.webClient?.publicKeys ?? []
        if keys.contains(where: { $0.kid == key.kid }) {
            throw Problem.conflict("The app has a key \(key.kid) already")
        }
        guard keys.count < WebClientConfig.publicKeysMax else {
            throw Problem.badRequest("An app has at most \(WebClientConfig.publicKeysMax) public keys")
        }
        key.addedAt = Timestamp.text(workspace.now)
        app.config.webClient?.publicKeys.append(key)
        try workspace.put(app)
        return .data(key.view, status: 201)
    }

    private static func deleteKey(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        var app = App(try entry(workspace, input))
        let kid = input.parameter("kid")
        guard app.config.webClient?.publicKeys.contains(where: { $0.kid == kid }) == true else {
            throw Problem.notFound("Public key")
        }
        app.config.webClient?.publicKeys.removeAll { $0.kid == kid }
        try workspace.put(app)
        return OperationOutput(204)
    }
}
