import Catalog

/// What a whole document is written against.
struct World {
    /// The transaction.
    let workspace: Workspace
    /// The project's own bounds.
    let project: Project?
    /// What is stored under a key, or nil.
    let stored: (ResourceKey) throws -> Entry?
    /// Whether a key will be there when the document is written.
    let willExist: (ResourceKey) throws -> Bool

    /// What is stored under an id, typed.
    func value<R: Resource>(_ type: R.Type, _ id: String, in parent: String = "") throws -> R? {
        try stored(ResourceKey(kind: R.kind.name, parent: parent, id: id)).map { R($0) }
    }
}

/// A whole agent as a body describes it, laid over what is stored.
struct AgentDraft {
    /// A sub-agent with what it may use and call.
    struct Sub {
        var subAgent: SubAgent
        let wiring: Wiring
    }

    var agent: Agent
    /// The agent as stored, or nil for a new one.
    let stored: Agent?
    var subAgents: OrderedMap<Sub>
    let functions: OrderedMap<Function>
    let functionTools: OrderedMap<FunctionTool>
    var contextConfig: ContextConfig?
    /// The triggers that the agent is to have; nil leaves them alone.
    var triggers: OrderedMap<Trigger>?
    /// The triggers that are stored.
    let storedTriggers: [String: Trigger]
    /// The external agents that the body describes; they are named, not written.
    let externalAgents: Set<String>

    /// Sub-agents of one agent at most.
    static let subAgentsMax = 1000

    /// Reads a body; nil after it noted in `decoding` what is broken.
    init?(_ body: JSONValue, id: String, _ shelf: Shelf, _ world: World, _ decoding: inout Decoding) throws {
        let brokenBefore = decoding.broken.count
        stored = try world.value(Agent.self, id)
        let readAgent = decoding.read(body, id: id, over: stored)
        var extras = AgentExtras()
        _ = extras.assign(body, creating: true, &decoding)
        let storedSubAgents = shelf.byID(SubAgent.self, id)
        let storedTools = shelf.byID(FunctionTool.self, id)
        functions = try decoding.readMap("functions", of: body) { try world.value(Function.self, $0) }
        functionTools = OrderedMap(
            decoding.readMap("functionTools", of: body) { storedTools[$0] }.entries.map { name, value in
                var tool = value
                tool.agentId = id
                return (name, tool)
            })
        let storedTriggers = shelf.byID(Trigger.self, id)
        self.storedTriggers = storedTriggers
        if extras.triggers != nil { triggers = decoding.readMap("triggers", of: body) { storedTriggers[$0] } }
        // Described for the reader; their own operations and the whole project write them.
        let _: OrderedMap<Tool> = decoding.readMap("tools", of: body, isWritten: false) { _ in nil }
        let external: OrderedMap<ExternalAgent> = decoding.readMap(
            "externalAgents", of: body, isWritten: false, over: { _ in nil })
        externalAgents = Set(external.names)
        Self.checkTeamAgents(body, &decoding)
        subAgents = Self.readSubAgents(body, storedSubAgents, &decoding)
        KeptHeaders(subAgents: subAgents, shelf: shelf, agent: id).check(&decoding)
        agent = readAgent ?? Agent()
        contextConfig = try Self.readContextConfig(extras.contextConfig, of: agent, shelf, world, &decoding)
        if decoding.broken.count > brokenBefore { return nil }
        agent.normalize()
        if let contextConfig { agent.contextConfigId = contextConfig.id }
    }

    /// The keys of the functions that a body describes.
    static func functionKeys(_ body: JSONValue) -> Set<ResourceKey> {
        Set((body["functions"]?.object?.keys ?? []).map { ResourceKey(kind: Function.kind.name, id: $0) })
    }

    /// The keys of what the agent uses of its project, where the body names it.
    var usedKeys: Set<ResourceKey> {
        var keys: Set<ResourceKey> = []
        func use(_ kind: Kind, _ ids: [String]) {
            for id in ids { keys.insert(ResourceKey(kind: kind.name, id: id)) }
        }
        for wiring in subAgents.values.map(\.wiring) {
            use(Tool.kind, wiring.canUse.map(\.toolId).filter { functionTools[$0] == nil })
            use(DataComponent.kind, wiring.dataComponents ?? [])
            use(ArtifactComponent.kind, wiring.artifactComponents ?? [])
            use(Skill.kind, (wiring.skills ?? []).map(\.id))
            for delegate in wiring.canDelegateTo ?? [] {
                switch delegate {
                case .name(let id): if subAgents[id] == nil { use(ExternalAgent.kind, [id]) }
                case .external(let external): use(ExternalAgent.kind, [external.externalAgentId])
                case .team(let team): use(Agent.kind, [team.agentId])
                }
            }
        }
        return keys
    }

    private static func readSubAgents(
        _ body: JSONValue, _ stored: [String: SubAgent], _ decoding: inout Decoding
    ) -> OrderedMap<Sub> {
        var subAgents = OrderedMap<Sub>()
        guard let members = body["subAgents"]?.object else {
            decoding.fail(body["subAgents"] == nil ? "Required" : "must be an object", at: "subAgents")
            return subAgents
        }
        guard members.count <= subAgentsMax else {
            decoding.fail("must have at most \(subAgentsMax) sub-agents", at: "subAgents")
            return subAgents
        }
        decoding.within("subAgents") { decoding in
            for (id, json) in members {
                decoding.within(id) { decoding in
                    var wiring = Wiring()
                    guard var subAgent = decoding.read(json, id: id, over: stored[id]) else { return }
                    guard wiring.assign(json, creating: true, &decoding) else { return }
                    // An absent contract is none (manage spec §1.11); every other absent member stays as stored.
                    if json["outputContract"] == nil { subAgent.outputContract = nil }
                    subAgent.normalize()
                    subAgents.append(subAgent.id, Sub(subAgent: subAgent, wiring: wiring))
                }
            }
        }
        return subAgents
    }

    private static func readContextConfig(
        _ json: JSONObject?, of agent: Agent, _ shelf: Shelf, _ world: World, _ decoding: inout Decoding
    ) throws -> ContextConfig? {
        guard let json else { return nil }
        let id = json["id"]?.string ?? agent.contextConfigId ?? world.workspace.makeID()
        let stored = shelf.byID(ContextConfig.self, agent.id)[id]
        var config: ContextConfig? = decoding.within("contextConfig") { decoding in
            var config = decoding.read(.object(json), id: id, over: stored)
            config?.keepSecrets(of: stored, &decoding)
            return config
        }
        config?.normalize()
        return config
    }

    private static func checkTeamAgents(_ body: JSONValue, _ decoding: inout Decoding) {
        guard let json = body["teamAgents"], !json.isNull else { return }
        _ = decoding.within("teamAgents") { FieldType<OrderedMap<TeamAgent>>.map(of: .structure).decode(json, &$0) }
    }
}

extension Decoding {
    /// Reads a resource of a whole document under its key, which is its id, over the stored one.
    mutating func read<R: Resource>(_ json: JSONValue, id: String, over stored: R?) -> R? {
        var json = json
        if case .object(var members) = json {
            members["id"] = .string(id)
            json = .object(members)
        }
        var value = stored ?? R()
        guard value.assign(json, creating: stored == nil, &self) else { return nil }
        if stored != nil { value.id = id }
        return value
    }

    /// Reads a map of resources; none when the member is absent or null.
    ///
    /// - Parameter isWritten: Whether the resources are about to be written: then masks of secrets stand for the stored
    ///   ones. Else the body only describes them for its reader.
    mutating func readMap<R: Resource>(
        _ name: String, of body: JSONValue, isWritten: Bool = true, over stored: (String) throws -> R?
    ) rethrows -> OrderedMap<R> {
        var map = OrderedMap<R>()
        guard let json = body[name], !json.isNull else { return map }
        guard let members = json.object else {
            fail("must be an object, not \(json.typeName)", at: name)
            return map
        }
        for (id, member) in members {
            let old = try stored(id)
            within(name) { decoding in
                decoding.within(id) { decoding in
                    guard var value = decoding.read(member, id: id, over: old) else { return }
                    if isWritten { value.keepSecrets(of: old, &decoding) }
                    map.append(value.id, value)
                }
            }
        }
        return map
    }
}
