/// An association of sub-agents with what they may use: a relation kind with its own five operations, associate, list
/// by sub-agent, remove, exists, and who uses it (manage spec §1.14–§1.19, §2.9). What it stores is an ordinary
/// resource, so that references, cascades and history come with it.
public struct Link: Sendable {
    /// The operations' names in the contract.
    public struct Names: Sendable {
        let associate: String
        let list: String
        let remove: String
        let exists: String
        let users: String

        /// The names as the contract has them.
        public init(associate: String, list: String, remove: String, exists: String, users: String) {
            self.associate = associate
            self.list = list
            self.remove = remove
            self.exists = exists
            self.users = users
        }
    }

    /// The words in the paths.
    public struct Segments: Sendable {
        let user: String
        let used: String
        let users: String
        let person: String

        /// The words as the contract has them: `agent/{…}/component/{…}`, `component/{…}/agents`, and `Agent`
        /// for who has it in summaries.
        public init(user: String, used: String, users: String, person: String) {
            self.user = user
            self.used = used
            self.users = users
            self.person = person
        }
    }

    /// The relation kind that is stored. Its members `subAgentId` and `member` refer to the two ends.
    public let kind: Kind
    /// The kind of what is used.
    public let target: Kind
    /// The member that refers to what is used, and the path parameter that names it.
    public let member: String
    let names: Names
    let segments: Segments
    let hasPagination: Bool

    /// Declares an association.
    ///
    /// - Parameters:
    ///   - kind: The relation kind, in the scope of agents.
    ///   - target: The kind of what is used.
    ///   - member: The member of `kind` that refers to it.
    ///   - names: The operations' names in the contract.
    ///   - segments: The words in the paths.
    ///   - hasPagination: Whether the list has a pagination block.
    public init(
        _ kind: Kind, to target: Kind, member: String, names: Names, segments: Segments, hasPagination: Bool = false
    ) {
        self.kind = kind
        self.target = target
        self.member = member
        self.names = names
        self.segments = segments
        self.hasPagination = hasPagination
    }

    private static let user = "subAgentId"
    private var base: String { "\(kind.scope.path)/\(kind.plural)" }
    private var userPath: String { "\(base)/\(segments.user)/{\(Self.user)}" }
    private var pairPath: String { "\(userPath)/\(segments.used)/{\(member)}" }

    /// The five operations.
    public var operations: [Operation] {
        [
            operation(
                names.associate, .post, base, "Associate \(target.label) with \(segments.person)", .edit,
                request: requestSchema, moreErrors: [409],
                Operation.Response(201, "The association.", schema: OpenAPI.reference(kind.schemaName + "Response")),
                .write { try associate($0, $1) }),
            operation(
                names.list, .get, userPath, "Get \(target.label)s for \(segments.person)", .view,
                Operation.Response(200, "All of them.", schema: listSchema), .read { try list($0, $1) }),
            operation(
                names.remove, .delete, pairPath, "Remove \(target.label) from \(segments.person)", .edit,
                Operation.Response(200, "Removed.", schema: Self.removedSchema), .write { try remove($0, $1) }),
            operation(
                names.exists, .get, "\(pairPath)/exists",
                "Check if \(target.label) is Associated with \(segments.person)", .view,
                Operation.Response(200, "Whether it has.", schema: Self.existsSchema),
                .read { .init(200, ["exists": .bool(try pair($0, $1) != nil)]) }),
            operation(
                names.users, .get, "\(base)/\(segments.used)/{\(member)}/\(segments.users)",
                "Get \(segments.person)s Using \(target.label)", .view,
                Operation.Response(200, "Who has it.", schema: Self.usersSchema), .read { try users($0, $1) }),
        ]
    }

    private func operation(
        _ id: String, _ method: Operation.Method, _ path: String, _ summary: String, _ permission: Operation.Permission,
        request: JSONObject? = nil, moreErrors: [Int] = [], _ response: Operation.Response, _ effect: Operation.Effect
    ) -> Operation {
        Operation(
            id, method, path, tags: kind.tags, summary: summary, permission: permission, request: request,
            responses: [response], errors: (Operation.commonErrors + moreErrors).sorted(), effect: effect)
    }

    // MARK: What they do

    private func associate(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        _ = try kind.create(input.body)
        try workspace.requireContainers(of: kind.scope, input.path)
        for (reference, title) in [(Self.user, "Sub-agent"), (member, target.title)] {
            let id = input.body[reference]?.string?.trimmed ?? ""
            if try workspace.get(key(of: reference, id, input)) == nil { throw Problem.notFound(title) }
        }
        let (entry, status) = try kind.actions.create(input.body, input.path, workspace)
        return .data(.object(kind.view(entry, in: workspace.branch)), status: status)
    }

    private func list(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let found = try relations(workspace, input, Self.user, input.parameter(Self.user))
        let used = try found.compactMap { relation -> JSONValue? in
            let id = relation.document[member]?.string ?? ""
            guard let entry = try workspace.get(key(of: member, id, input)) else { return nil }
            var view = target.view(entry, in: workspace.branch)
            if hasPagination { view["relationshipId"] = .string(relation.key.id) }
            return .object(view)
        }
        return hasPagination ? Page.whole(used) : OperationOutput(200, ["data": .array(used)])
    }

    private func remove(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireContainers(of: kind.scope, input.path)
        guard let relation = try pair(workspace, input) else { throw Problem.notFound(kind.title) }
        try workspace.delete(relation.key)
        return OperationOutput(200, ["message": .string("\(target.title) removed from sub-agent"), "removed": true])
    }

    private func users(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let found = try relations(workspace, input, member, input.parameter(member))
        let users = found.map { relation -> JSONValue in
            [
                "subAgentId": relation.document[Self.user] ?? .null,
                "createdAt": .string(Timestamp.text(relation.createdAt)),
            ]
        }
        return OperationOutput(200, ["data": .array(users)])
    }

    /// The relation between the two ends that a path names, or nil.
    private func pair(_ workspace: Workspace, _ input: OperationInput) throws -> Entry? {
        try relations(workspace, input, Self.user, input.parameter(Self.user)).first {
            $0.document[member] == .string(input.parameter(member))
        }
    }

    /// The relations of the agent of which one end is `id`, in their order.
    private func relations(
        _ workspace: Workspace, _ input: OperationInput, _ role: String, _ id: String
    ) throws -> [Entry] {
        let parent = kind.scope.parent(input.path)
        let referrers = try workspace.referrers(key(of: role, id, input))
        return try referrers.filter { $0.kind == kind.name && $0.parent == parent }.compactMap(workspace.get)
            .sorted { Self.order($0) < Self.order($1) }
    }

    private static func order(_ entry: Entry) -> (Int, Int64, String) {
        (entry.document["position"]?.integer ?? Int.max, entry.createdAt, entry.key.id)
    }

    private func key(of role: String, _ id: String, _ input: OperationInput) -> ResourceKey {
        let source = ResourceKey(kind: kind.name, parent: kind.scope.parent(input.path), id: "")
        let reference = kind.members.first { $0.name == role }?.reference ?? .to(target.name)
        return reference.target(id, from: source)
    }

    // MARK: Schemas

    private var listSchema: JSONObject {
        let element = OpenAPI.reference(target.schemaName)
        return hasPagination
            ? OpenAPI.listEnvelope(element) : OpenAPI.envelope(["type": "array", "items": .object(element)])
    }

    /// Clients name the agent in the body too; the path is what counts (manage spec §1.14).
    private var requestSchema: JSONObject {
        [
            "allOf": [
                .object(OpenAPI.reference(kind.bodyName + "Create")),
                ["type": "object", "properties": ["agentId": ["type": "string", "maxLength": 256]]],
            ]
        ]
    }

    private static let existsSchema: JSONObject = [
        "type": "object", "properties": ["exists": ["type": "boolean"]], "required": ["exists"],
    ]

    private static let removedSchema: JSONObject = [
        "type": "object", "properties": ["message": ["type": "string"], "removed": ["type": "boolean"]],
        "required": ["message", "removed"],
    ]

    private static let usersSchema = OpenAPI.envelope([
        "type": "array",
        "items": [
            "type": "object", "properties": ["subAgentId": ["type": "string"], "createdAt": ["type": "string"]],
            "required": ["subAgentId", "createdAt"],
        ],
    ])
}
