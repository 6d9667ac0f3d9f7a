import Catalog

/// The operations on whole agents (manage spec §1.7–§1.13).
enum AgentOperations {
    private static let collection = Scope.project.path + "/agent"
    private static let item = collection + "/{agentId}"
    private static let body = OpenAPI.reference("AgentWithinContextOfProject")
    private static let answer = OpenAPI.reference("AgentWithinContextOfProjectResponse")

    static let all: [Operation] = [
        Operation(
            "create-full-agent", .post, collection, tag: "Agents", summary: "Create Full Agent", permission: .edit,
            request: body, responses: [.init(201, "The agent.", schema: answer)],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try create($0, $1) }),
        Operation(
            "get-full-agent", .get, item, tag: "Agents", summary: "Get Full Agent", permission: .view,
            responses: [.init(200, "The agent.", schema: answer)], effect: .read { try get($0, $1) }),
        Operation(
            "get-full-agent-definition", .get, Scope.agent.path + "/full", tag: "Agents",
            summary: "Get Full Agent Definition", permission: .view,
            responses: [.init(200, "The agent.", schema: answer)], effect: .read { try get($0, $1) }),
        Operation(
            "update-full-agent", .put, aliases: [.patch], item, tag: "Agents", summary: "Update Full Agent",
            permission: .edit, request: body,
            responses: [
                .init(200, "The agent, replaced.", schema: answer), .init(201, "The agent, created.", schema: answer),
            ], effect: .write { try put($0, $1) }),
        Operation(
            "delete-full-agent", .delete, item, tag: "Agents", summary: "Delete Full Agent", permission: .edit,
            responses: [.init(204, "Deleted.")],
            effect: .write { workspace, input in
                try workspace.delete(try entry(workspace, input.parameter("agentId")).key)
                return OperationOutput(204)
            }),
        Operation(
            "get-related-agent-infos", .get, Scope.subAgent.path + "/related", tag: "Agents",
            summary: "Get Related Agent Infos", permission: .view, parameters: relatedList.parameters,
            responses: [
                .init(200, "The sub-agents.", schema: OpenAPI.listEnvelope(OpenAPI.reference("RelatedAgentInfo")))
            ], effect: .read { try related($0, $1) }),
    ]

    private static func key(_ id: String) -> ResourceKey { ResourceKey(kind: Agent.kind.name, id: id) }

    private static func entry(_ workspace: Workspace, _ id: String) throws -> Entry {
        if let entry = try workspace.get(key(id)) { return entry }
        try workspace.requireProject()
        throw Problem.notFound(Agent.kind.title)
    }

    private static func get(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        .data(.object(try document(workspace, input.parameter("agentId"))))
    }

    private static func document(_ workspace: Workspace, _ id: String) throws -> JSONObject {
        let entry = try entry(workspace, id)
        let document = AgentDocument(
            style: .alone, branch: workspace.branch, project: try workspace.get(Project.self, workspace.branch.project),
            stored: workspace.several)
        return try document.assemble(entry, Shelf(agent: id, in: workspace))
    }

    private static func create(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        var decoding = Decoding()
        let id = decoding.within("id") { decoding -> String? in
            guard let json = input.body["id"] else {
                decoding.fail("Required")
                return nil
            }
            return FieldType<String>.resourceID.decode(json, &decoding)
        }
        if let id, try workspace.get(key(id)) != nil { throw Problem.conflict("Agent already exists: \(id)") }
        try write(workspace, input.body, id: id ?? "-", &decoding)
        return .data(.object(try document(workspace, id ?? "")), status: 201)
    }

    private static func put(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let id = input.parameter("agentId")
        guard let named = input.body["id"]?.string else { throw Problem.invalid([.init(["id"], "Required")]) }
        guard named == id else {
            throw Problem.invalid([.init(["id"], "The path names agent \(id), the body agent \(named)")])
        }
        let isNew = try workspace.get(key(id)) == nil
        var decoding = Decoding()
        try write(workspace, input.body, id: id, &decoding)
        return .data(.object(try document(workspace, id)), status: isNew ? 201 : 200)
    }

    private static func write(
        _ workspace: Workspace, _ body: JSONValue, id: String, _ decoding: inout Decoding
    ) throws {
        let world = World(
            workspace: workspace, project: try workspace.get(Project.self, workspace.branch.project),
            stored: workspace.get, willExist: { try workspace.get($0) != nil })
        let shelf = try Shelf(agent: id, in: workspace)
        // What is about to be asked for one by one is read at once.
        _ = try workspace.several(Array(AgentDraft.functionKeys(body)))
        let draft = try AgentDraft(body, id: id, shelf, world, &decoding)
        if let draft {
            _ = try workspace.several(Array(draft.usedKeys))
            let known = Set(shelf.entries(SubAgent.kind, id).map(\.key.id))
            try AgentChecks(draft: draft, world: world, storedSubAgents: known).run(&decoding)
        }
        try decoding.finish()
        var drafts = [draft].compactMap(\.self)
        try drafts.settleTriggers(workspace)
        for draft in drafts { try AgentWriter(draft, shelf, world).write() }
    }

    /// The sub-agents that one may hand over to or call, each once (manage spec §1.13).
    private static func related(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireContainers(of: .agent, input.path)
        let agent = input.parameter("agentId")
        let source = input.parameter("subAgentId")
        func key(_ id: String) -> ResourceKey { ResourceKey(kind: SubAgent.kind.name, parent: agent, id: id) }
        let users = try workspace.referrers(key(source)).filter { $0.kind == SubAgentRelation.kind.name }
        let relations = try workspace.several(users).values
            .sorted { ($0.createdAt, $0.key.id) < ($1.createdAt, $1.key.id) }.map { SubAgentRelation($0) }.filter {
                $0.sourceSubAgentId == source
            }
        let targets = Relations.inOrder(relations, by: \.position).compactMap(\.targetSubAgentId).unique.map(key)
        let found = try workspace.several(targets)
        let elements = targets.compactMap { found[$0].map { SubAgent($0) } }.map { info in
            WholeList.Element(
                id: info.id, name: info.name, description: info.description,
                view: [
                    "id": .string(info.id), "name": .string(info.name),
                    "description": info.description.map(JSONValue.string) ?? .null,
                ])
        }
        return relatedList.answer(elements, input.query)
    }

    private static let relatedList = WholeList(
        ListOrder([.name, .id], otherwise: "as the sub-agent has them", searched: "id, name or description"),
        hasPagination: true)
}
