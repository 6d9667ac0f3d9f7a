import Catalog

/// The entries of a branch or of a part of it, by kind and place; within a place oldest first.
struct Shelf {
    private struct Place: Hashable {
        let kind: String
        let parent: String
    }

    private let places: [Place: [Entry]]
    private let byKey: [ResourceKey: Entry]

    /// A shelf with `entries` on it, which come oldest first.
    init(_ entries: [Entry]) {
        byKey = Dictionary(entries.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        places = Dictionary(grouping: entries) { Place(kind: $0.key.kind, parent: $0.key.parent) }
    }

    /// A shelf with everything that lives in an agent.
    init(agent: String, in workspace: Workspace) throws {
        self.init(try workspace.contents(ResourceKey(kind: Agent.kind.name, id: agent)))
    }

    /// The entry under a key, or nil.
    subscript(key: ResourceKey) -> Entry? { byKey[key] }

    /// Those of the entries that there are.
    func several(_ keys: [ResourceKey]) -> [ResourceKey: Entry] {
        Dictionary(keys.compactMap { key in byKey[key].map { (key, $0) } }, uniquingKeysWith: { $1 })
    }

    /// The entries of a kind in one place.
    func entries(_ kind: Kind, _ parent: String) -> [Entry] {
        places[Place(kind: kind.name, parent: parent)] ?? []
    }

    /// The typed values of a kind in one place.
    func values<R: Resource>(_ type: R.Type, _ parent: String) -> [R] { entries(R.kind, parent).map { R($0) } }

    /// The typed values of a kind in one place, by id.
    func byID<R: Resource>(_ type: R.Type, _ parent: String = "") -> [String: R] {
        Dictionary(values(type, parent).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }
}

/// The relations of an agent's sub-agents, by the sub-agent that has them, each list in its order.
struct Relations {
    /// The sub-agents in their order.
    let subAgents: [SubAgent]
    let internals: [String: [SubAgentRelation]]
    let externals: [String: [ExternalAgentRelation]]
    let teams: [String: [TeamAgentRelation]]
    let tools: [String: [ToolRelation]]
    let functionTools: [String: [FunctionToolRelation]]
    let dataComponents: [String: [DataComponentRelation]]
    let artifactComponents: [String: [ArtifactComponentRelation]]
    let skills: [String: [SkillRelation]]

    init(_ shelf: Shelf, _ agent: String) {
        func grouped<R: Resource>(
            _ type: R.Type, by user: (R) -> String, _ position: (R) -> Int?
        ) -> [String: [R]] {
            Dictionary(grouping: shelf.values(type, agent), by: user).mapValues { Self.inOrder($0, by: position) }
        }
        let subAgents = Self.inOrder(shelf.values(SubAgent.self, agent)) { $0.position }
        func own<R: Resource>(_ type: R.Type, _ position: (R) -> Int?) -> [String: [R]] {
            let lists = subAgents.map {
                ($0.id, Self.inOrder(shelf.values(type, "\(agent)/\($0.id)"), by: position))
            }
            return Dictionary(lists, uniquingKeysWith: { $1 })
        }
        self.subAgents = subAgents
        internals = grouped(SubAgentRelation.self, by: { $0.sourceSubAgentId }, { $0.position })
        externals = own(ExternalAgentRelation.self) { $0.position }
        teams = own(TeamAgentRelation.self) { $0.position }
        tools = grouped(ToolRelation.self, by: { $0.subAgentId }, { $0.position })
        functionTools = grouped(FunctionToolRelation.self, by: { $0.subAgentId }, { $0.position })
        dataComponents = grouped(DataComponentRelation.self, by: { $0.subAgentId }, { $0.position })
        artifactComponents = grouped(ArtifactComponentRelation.self, by: { $0.subAgentId }, { $0.position })
        skills = grouped(SkillRelation.self, by: { $0.subAgentId }, { $0.position })
    }

    /// The values by position; those without one, made alone, follow in the order in which they came.
    static func inOrder<Value>(_ values: [Value], by position: (Value) -> Int?) -> [Value] {
        values.enumerated().sorted { left, right in
            (position(left.element) ?? Int.max, left.offset) < (position(right.element) ?? Int.max, right.offset)
        }.map(\.element)
    }
}
