import Catalog

/// A whole project as a body describes it, laid over what is stored (manage spec §4.1). An absent map is an empty one:
/// clients leave empty maps out and mean that nothing of the kind is there.
struct ProjectDraft {
    let credentials: OrderedMap<CredentialReference>
    let functions: OrderedMap<Function>
    let tools: OrderedMap<Tool>
    let externalAgents: OrderedMap<ExternalAgent>
    let dataComponents: OrderedMap<DataComponent>
    let artifactComponents: OrderedMap<ArtifactComponent>
    /// The skills by name; those that are not named stay (manage spec §4.1).
    let skills: OrderedMap<SkillDraft>
    /// The agents with the sub-agents that they have in the store.
    let agents: [AgentDraft]
    /// The keys of everything in the project that will be there.
    let keys: Set<ResourceKey>

    /// The maps of a whole project beside its agents.
    static let maps = [
        ("functions", Function.kind), ("dataComponents", DataComponent.kind),
        ("artifactComponents", ArtifactComponent.kind), ("externalAgents", ExternalAgent.kind),
        ("credentialReferences", CredentialReference.kind), ("tools", Tool.kind),
    ]

    /// Agents of one project at most.
    static let agentsMax = 1000
    /// Skills of one document at most.
    static let skillsMax = 1000

    /// Reads a body; notes in `decoding` what is broken.
    init(_ body: JSONValue, _ project: Project, _ shelf: Shelf, _ workspace: Workspace, _ decoding: inout Decoding)
        throws
    {
        let hidden = shelf.entries(CredentialReference.kind, "").filter {
            CredentialReference.kind.ownership(workspace)?.isMet(by: $0.document) == false
        }.map(\.key)
        credentials = decoding.readMap("credentialReferences", of: body, over: Self.find(shelf))
        for (id, _) in credentials.entries where hidden.contains(where: { $0.id == id }) {
            decoding.fail("is another user's own", along: ["credentialReferences", id])
        }
        functions = decoding.readMap("functions", of: body, over: Self.find(shelf))
        tools = decoding.readMap("tools", of: body, over: Self.find(shelf))
        externalAgents = decoding.readMap("externalAgents", of: body, over: Self.find(shelf))
        dataComponents = decoding.readMap("dataComponents", of: body, over: Self.find(shelf))
        artifactComponents = decoding.readMap("artifactComponents", of: body, over: Self.find(shelf))
        var extras = ProjectExtras()
        _ = extras.assign(body, creating: true, &decoding)
        skills = Self.readSkills(extras.skills, &decoding)
        let agentBodies = body["agents"]?.object ?? [:]
        if agentBodies.count > Self.agentsMax {
            decoding.fail("must have at most \(Self.agentsMax) agents", at: "agents")
        }

        var keys: Set<ResourceKey> = []
        func add(_ kind: Kind, _ ids: [String]) {
            for id in ids { keys.insert(ResourceKey(kind: kind.name, id: id)) }
        }
        // What is described is known even where it is broken: the fault is told at its cause alone.
        for (name, kind) in Self.maps { add(kind, body[name]?.object?.keys ?? []) }
        add(Agent.kind, agentBodies.keys)
        add(Skill.kind, (extras.skills?.keys ?? []) + shelf.entries(Skill.kind, "").map(\.key.id))
        for agent in agentBodies.values { add(Function.kind, agent["functions"]?.object?.keys ?? []) }
        // What others have alone stays, seen by the caller or not.
        keys.formUnion(hidden)
        self.keys = keys

        let known = keys
        let components = Self.named(dataComponents, artifactComponents)
        let world = World(
            workspace: workspace, project: project, stored: { components[$0] ?? shelf[$0] },
            willExist: { known.contains($0) })
        agents = try Self.readAgents(agentBodies, extras.functionTools, shelf, world, &decoding)
        checkCredentials("tools", tools.entries.map { ($0.name, $0.value.credentialReferenceId) }, &decoding)
        let external = externalAgents.entries.map { ($0.name, $0.value.credentialReferenceId) }
        checkCredentials("externalAgents", external, &decoding)
        checkOwnership(&decoding)
    }

    private static func readSkills(_ bodies: JSONObject?, _ decoding: inout Decoding) -> OrderedMap<SkillDraft> {
        var skills = OrderedMap<SkillDraft>()
        guard let bodies else { return skills }
        guard bodies.count <= skillsMax else {
            decoding.fail("must have at most \(skillsMax) skills", at: "skills")
            return skills
        }
        for (name, body) in bodies {
            decoding.within("skills") { decoding in
                decoding.within(name) { decoding in
                    guard let draft = SkillDraft(body, &decoding) else { return }
                    if draft.skill.id == name {
                        skills.append(name, draft)
                    } else {
                        decoding.fail("must be called \(name) in its front-matter, not \(draft.skill.id)", at: "files")
                    }
                }
            }
        }
        return skills
    }

    private static func find<R: Resource>(_ shelf: Shelf) -> (String) -> R? {
        { id in shelf[ResourceKey(kind: R.kind.name, id: id)].map { R($0) } }
    }

    /// The components as they are about to be, under their keys: contracts name them by their new names.
    private static func named(
        _ data: OrderedMap<DataComponent>, _ artifacts: OrderedMap<ArtifactComponent>
    ) -> [ResourceKey: Entry] {
        func entry<R: Resource>(_ value: R) -> (ResourceKey, Entry) {
            let key = ResourceKey(kind: R.kind.name, id: value.id)
            return (key, Entry(key: key, document: value.document, createdAt: 0, updatedAt: 0, revision: 0))
        }
        return Dictionary(data.values.map(entry) + artifacts.values.map(entry), uniquingKeysWith: { $1 })
    }

    private static func readAgents(
        _ bodies: JSONObject, _ projectTools: JSONObject?, _ shelf: Shelf, _ world: World, _ decoding: inout Decoding
    ) throws -> [AgentDraft] {
        var drafts: [AgentDraft] = []
        checkUnused(projectTools, bodies, &decoding)
        for (id, body) in bodies {
            var problem: (any Error)?
            decoding.within("agents") { decoding in
                decoding.within(id) { decoding in
                    do {
                        let body = withProjectTools(body, projectTools)
                        guard let draft = try AgentDraft(body, id: id, shelf, world, &decoding) else { return }
                        let subAgents = Set(shelf.entries(SubAgent.kind, id).map(\.key.id))
                        try AgentChecks(draft: draft, world: world, storedSubAgents: subAgents).run(&decoding)
                        drafts.append(draft)
                    } catch {
                        problem = error
                    }
                }
            }
            if let problem { throw problem }
        }
        return drafts
    }

    /// Looks at the function tools of the project's map that no agent has, and that are therefore not kept.
    private static func checkUnused(_ tools: JSONObject?, _ agents: JSONObject, _ decoding: inout Decoding) {
        guard let tools else { return }
        let used = Set(agents.values.flatMap { withProjectTools($0, tools)["functionTools"]?.object?.keys ?? [] })
        decoding.within("functionTools") { decoding in
            for (id, body) in tools where !used.contains(id) {
                var tool = FunctionTool()
                decoding.within(id) { _ = tool.assign(body, creating: true, &$0) }
            }
        }
    }

    /// Function tools may stand in the project's map; an agent has those that its sub-agents use.
    private static func withProjectTools(_ body: JSONValue, _ projectTools: JSONObject?) -> JSONValue {
        guard let projectTools, !projectTools.isEmpty, var members = body.object else { return body }
        var own = members["functionTools"]?.object ?? [:]
        for subAgent in members["subAgents"]?.object?.values ?? [] {
            for id in (subAgent["canUse"]?.array ?? []).compactMap({ $0["toolId"]?.string }) where own[id] == nil {
                own[id] = projectTools[id]
            }
        }
        members["functionTools"] = .object(own)
        return .object(members)
    }

    private func checkCredentials(
        _ map: String, _ users: [(id: String, credential: String?)], _ decoding: inout Decoding
    ) {
        for (id, credential) in users {
            guard let credential else { continue }
            let key = ResourceKey(kind: CredentialReference.kind.name, id: credential)
            if !keys.contains(key) { decoding.fail(Kind.unknown(key), along: [map, id, "credentialReferenceId"]) }
        }
    }

    /// A user has one credential for a tool (manage spec §2.15).
    private func checkOwnership(_ decoding: inout Decoding) {
        var seen: Set<[String]> = []
        for (id, credential) in credentials.entries {
            guard let ownership = credential.ownership, !seen.insert(ownership).inserted else { continue }
            decoding.fail("is a second credential of the user for the tool", along: ["credentialReferences", id])
        }
    }

    /// Writes all of it, and deletes what the project has beside it.
    func write(_ project: Project, _ shelf: Shelf, _ workspace: Workspace) throws {
        // Before anything is written: it may be done again when secrets have been hashed.
        var agents = self.agents
        try agents.settleTriggers(workspace)
        let files = Dictionary(grouping: shelf.entries(SkillFile.kind, "")) { SkillFile($0).skillId }
        for value in skills.values { try value.write(over: files[value.skill.id] ?? [], workspace) }
        for var value in credentials.values {
            let old: CredentialReference? = Self.find(shelf)(value.id)
            value.settleOwner(over: old, by: workspace.surroundings.caller)
            try workspace.put(value)
        }
        for value in functions.values { try workspace.put(value) }
        for value in tools.values { try workspace.put(value) }
        for value in externalAgents.values { try workspace.put(value) }
        for value in dataComponents.values { try workspace.put(value) }
        for value in artifactComponents.values { try workspace.put(value) }
        let components = Self.named(dataComponents, artifactComponents)
        let world = World(
            workspace: workspace, project: project, stored: { components[$0] ?? shelf[$0] },
            willExist: { keys.contains($0) })
        for agent in agents { try AgentWriter(agent, shelf, world).write() }
        // Who refers goes before what is referred to.
        let kinds = [
            Agent.kind, Tool.kind, Function.kind, ExternalAgent.kind, DataComponent.kind, ArtifactComponent.kind,
            CredentialReference.kind,
        ]
        for entry in kinds.flatMap({ shelf.entries($0, "") }) where !keys.contains(entry.key) {
            try workspace.delete(entry.key)
        }
    }
}

/// What a whole project says beside the project's own members and its maps.
struct ProjectExtras: Structure {
    var agents: JSONObject = [:]
    var tools: JSONObject = [:]
    var functionTools: JSONObject?
    var statusUpdates: StatusUpdates?
    var skills: JSONObject?

    static let fields: [Field<Self>] = [
        field("agents", \.agents, .jsonObject, "The agents by id.", required: true),
        field("tools", \.tools, .jsonObject, "The MCP tools by id.", required: true),
        field("functionTools", \.functionTools, .jsonObject, "Function tools that agents use, by id."),
        field("statusUpdates", \.statusUpdates, .structure, "Taken and not kept: agents say when they tell."),
        field("skills", \.skills, .jsonObject, "Skills by name, each with all its files."),
    ]
}
