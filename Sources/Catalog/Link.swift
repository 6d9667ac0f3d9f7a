/// An association of sub-agents with what they may use: a relation kind with its own five operations, associate, list
/// by sub-agent, remove, exists, and who uses it (manage spec §1.14–§1.19, §2.9). What it stores is an ordinary
/// resource, so that references, cascades and history come with it.
public struct Link: Sendable {
    /// The operations' names in the contract.
    public struct Names: Sendable {
        let associate: String
        let list: String
        let remove: String
        let exists: String?
        let users: String?

        /// The names as the contract has them; nil is not offered.
        public init(
            associate: String, list: String, remove: String, exists: String? = nil, users: String? = nil
        ) {
            self.associate = associate
            self.list = list
            self.remove = remove
            self.exists = exists
            self.users = users
        }
    }

    /// The words of the summaries.
    public struct Verbs: Sendable {
        let associate: String
        let list: String
        let remove: String
        let preposition: String

        /// The words as the contract has them: `Associate Tool with …`, `Get Tools for …`, `Remove Tool from …`.
        public init(
            associate: String = "Associate", list: String = "Get", remove: String = "Remove", with: String = "with"
        ) {
            self.associate = associate
            self.list = list
            self.remove = remove
            preposition = with
        }
    }

    /// What a removal answers.
    public enum Removal: Sendable {
        /// 200 with a message.
        case message
        /// 204.
        case empty
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
    let verbs: Verbs
    let order: String
    let removal: Removal
    let shows: [(name: String, member: String)]
    let hasPagination: Bool

    /// Declares an association.
    ///
    /// - Parameters:
    ///   - kind: The relation kind, in the scope of agents.
    ///   - target: The kind of what is used.
    ///   - member: The member of `kind` that refers to it.
    ///   - names: The operations' names in the contract.
    ///   - segments: The words in the paths.
    ///   - verbs: The words of the summaries.
    ///   - order: The member of `kind` by which the list is ordered.
    ///   - removal: What a removal answers.
    ///   - hasPagination: Whether the list has a pagination block.
    ///   - shows: Members of `kind` that elements of the list have beside those of the target, with their names there.
    public init(
        _ kind: Kind, to target: Kind, member: String, names: Names, segments: Segments, verbs: Verbs = Verbs(),
        order: String = "position", removal: Removal = .message, hasPagination: Bool = false,
        shows: [(name: String, member: String)] = []
    ) {
        self.kind = kind
        self.target = target
        self.member = member
        self.names = names
        self.segments = segments
        self.verbs = verbs
        self.order = order
        self.removal = removal
        self.shows = shows
        self.hasPagination = hasPagination
    }

    private static let user = "subAgentId"
    private var base: String { "\(kind.scope.path)/\(kind.plural)" }
    private var userPath: String { "\(base)/\(segments.user)/{\(Self.user)}" }
    /// The path of the association of two ends.
    public var pairPath: String { "\(userPath)/\(segments.used)/{\(member)}" }

    /// The operations: three, and those two that have a name.
    public var operations: [Operation] {
        let (label, person) = (target.label, segments.person)
        let removed =
            removal == .empty
            ? Operation.Response(204, "Removed.") : Operation.Response(200, "Removed.", schema: Self.removedSchema)
        var operations = [
            operation(
                names.associate, .post, base, "\(verbs.associate) \(label) \(verbs.preposition) \(person)", .edit,
                request: requestSchema, moreErrors: kind.onDuplicate == .conflict ? [409] : [],
                Operation.Response(201, "The association.", schema: OpenAPI.reference(kind.schemaName + "Response")),
                .write { try associate($0, $1) }),
            operation(
                names.list, .get, userPath, "\(verbs.list) \(label)s for \(person)", .view,
                parameters: elements.parameters + target.filterParameters,
                Operation.Response(200, "All of them.", schema: elements.schema(of: elementSchema)),
                .read { try list($0, $1) }),
            operation(
                names.remove, .delete, pairPath, "\(verbs.remove) \(label) from \(person)", .edit, removed,
                .write { try remove($0, $1) }),
        ]
        if let id = names.exists {
            operations.append(
                operation(
                    id, .get, "\(pairPath)/exists", "Check if \(label) is Associated with \(person)", .view,
                    Operation.Response(200, "Whether it has.", schema: Self.existsSchema),
                    .read { try exists($0, $1) }))
        }
        if let id = names.users {
            operations.append(
                operation(
                    id, .get, "\(base)/\(segments.used)/{\(member)}/\(segments.users)",
                    "Get \(person)s Using \(label)", .view, parameters: Self.userList.parameters,
                    Operation.Response(200, "Who has it.", schema: Self.userList.schema(of: Self.userSchema)),
                    .read { try users($0, $1) }))
        }
        return operations
    }

    private func operation(
        _ id: String, _ method: Operation.Method, _ path: String, _ summary: String, _ permission: Operation.Permission,
        parameters: [Operation.Parameter] = [], request: JSONObject? = nil, moreErrors: [Int] = [],
        _ response: Operation.Response, _ effect: Operation.Effect
    ) -> Operation {
        Operation(
            id, method, path, tags: kind.tags, summary: summary, permission: permission, parameters: parameters,
            request: request, responses: [response], errors: (Operation.commonErrors + moreErrors).sorted(),
            effect: effect)
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

    /// What a sub-agent has: sorted, searched and filtered as what is used is elsewhere, in the sub-agent's order
    /// unless told.
    private var elements: WholeList {
        WholeList(
            ListOrder(
                target.listSorts, otherwise: "as the sub-agent has them",
                searched: target.isNamed ? "id, name or description" : "id"), hasPagination: hasPagination)
    }

    private func list(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let found = try relations(workspace, input, Self.user, input.parameter(Self.user)).map { relation in
            (relation: relation, used: key(of: member, relation.document[member]?.string ?? "", input))
        }
        let used = try workspace.several(found.map(\.used))
        let shown = found.compactMap { relation, key in
            used[key].map { WholeList.Element($0, view: .object(element($0, relation, in: workspace.branch))) }
        }
        return elements.answer(
            shown, input.query, filters: target.demands(input.query, in: found.first?.used.parent ?? ""))
    }

    /// What is used as the list shows it.
    ///
    /// - Parameters:
    ///   - used: What is used.
    ///   - relation: The association.
    public func element(_ used: Entry, _ relation: Entry, in branch: BranchKey) -> JSONObject {
        var view = target.view(used, in: branch)
        let members = kind.view(relation, in: branch)
        for (name, member) in shows { view[name] = members[member] }
        return view
    }

    private func remove(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireContainers(of: kind.scope, input.path)
        guard let relation = try pair(workspace, input) else { throw Problem.notFound(kind.title) }
        try workspace.delete(relation.key)
        if removal == .empty { return OperationOutput(204) }
        return OperationOutput(200, ["message": .string("\(target.title) removed from sub-agent"), "removed": true])
    }

    /// Of parts that are not there no association exists; of a project that is not there nothing is told.
    private func exists(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        return OperationOutput(200, ["exists": .bool(try pair(workspace, input) != nil)])
    }

    /// Who has something, by when they got it: searched by what the sub-agents are called.
    private static let userList = WholeList(
        ListOrder(
            [.createdAt, .name, .id], otherwise: "as the sub-agents have it",
            searched: "sub-agent's id, name or description"))

    private func users(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let found = try relations(workspace, input, member, input.parameter(member)).map { relation in
            (relation: relation, user: key(of: Self.user, relation.document[Self.user]?.string ?? "", input))
        }
        let users = try workspace.several(found.map(\.user))
        let shown = found.map { relation, user in
            WholeList.Element(
                Entry(
                    key: user, document: users[user]?.document ?? [:], createdAt: relation.createdAt,
                    updatedAt: relation.updatedAt, revision: relation.revision),
                view: [
                    "subAgentId": .string(user.id), "createdAt": .string(Timestamp.text(relation.createdAt)),
                ])
        }
        return Self.userList.answer(shown, input.query)
    }

    /// The key of the association of the two ends that a path names, whether it is there or not.
    public func pairKey(_ workspace: Workspace, _ input: OperationInput) throws -> ResourceKey {
        if let relation = try pair(workspace, input) { return relation.key }
        let ends: JSONValue = [
            Self.user: .string(input.parameter(Self.user)), member: .string(input.parameter(member)),
        ]
        // Nobody else can have the id: it is a digest of the ends, which never change.
        let id = DerivedID.make(kind, kind.scope.parent(input.path), kind.unique, ends, workspace.branch) { _ in false }
        return kind.key(id, input.path)
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
        return try workspace.several(referrers.filter { $0.kind == kind.name && $0.parent == parent }).values
            .sorted { place($0) < place($1) }
    }

    private func place(_ entry: Entry) -> (Int, Int64, String) {
        (entry.document[order]?.integer ?? Int.max, entry.createdAt, entry.key.id)
    }

    private func key(of role: String, _ id: String, _ input: OperationInput) -> ResourceKey {
        let source = ResourceKey(kind: kind.name, parent: kind.scope.parent(input.path), id: "")
        let reference = kind.members.first { $0.name == role }?.reference ?? .to(target.name)
        return reference.target(id, from: source)
    }

    // MARK: Schemas

    /// The schema of an element of the list.
    public var elementSchema: JSONObject {
        let used = OpenAPI.reference(target.schemaName)
        guard !shows.isEmpty else { return used }
        let declared = kind.schemas.view["properties"]
        let more = JSONObject(shows.map { ($0.name, declared?[$0.member] ?? [:]) })
        return [
            "allOf": [
                .object(used),
                [
                    "type": "object", "properties": .object(more),
                    "required": .array(shows.map { .string($0.name) }),
                ],
            ]
        ]
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

    private static let userSchema: JSONObject = [
        "type": "object", "properties": ["subAgentId": ["type": "string"], "createdAt": ["type": "string"]],
        "required": ["subAgentId", "createdAt"],
    ]
}
