import Catalog

/// Takes a whole agent apart: writes what the document says and deletes what lives in the agent and is not in it
/// (manage spec §1.11). Runs in one transaction; what is stored as it should be is not written again.
struct AgentWriter {
    let draft: AgentDraft
    let world: World
    private let stored: Relations
    private let shelf: Shelf
    private let id: String
    private var workspace: Workspace { world.workspace }

    init(_ draft: AgentDraft, _ shelf: Shelf, _ world: World) {
        self.draft = draft
        self.world = world
        self.shelf = shelf
        id = draft.agent.id
        stored = Relations(shelf, draft.agent.id)
    }

    /// Writes all of it.
    func write() throws {
        for function in draft.functions.values { try workspace.put(function) }
        let agent = withBounds(draft.agent)
        try workspace.put(agent)
        if let config = draft.contextConfig { try workspace.put(config, in: id) }
        for tool in draft.functionTools.values { try workspace.put(tool, in: id) }
        for trigger in draft.triggers?.values ?? [] { try workspace.put(trigger, in: id) }
        try writeSubAgents(agent)
        var kept: Set<ResourceKey> = []
        for (name, sub) in draft.subAgents.entries {
            for key in try writeRelations(of: name, sub.wiring) where !kept.insert(key).inserted {
                throw Problem.badRequest("The relation \(key.id) of sub-agent \(name) is named for two things")
            }
        }
        try deleteOrphans(keeping: kept)
    }

    // MARK: The agent and its sub-agents

    /// The agent with the project's bound where it has none of its own (manage spec §1.9). A bound that is only shown,
    /// because the project has it, is not stored when it comes back.
    private func withBounds(_ agent: Agent) -> Agent {
        guard let bounds = world.project?.stopWhen else { return agent }
        let inherited = AgentBounds.inherited(bounds)
        var agent = agent
        if let old = draft.stored, old.stopWhen?.transferCountIs == nil, agent.stopWhen?.transferCountIs == inherited {
            agent.stopWhen = old.stopWhen
        } else if agent.stopWhen?.transferCountIs == nil {
            agent.stopWhen = AgentStopWhen()
            agent.stopWhen?.transferCountIs = inherited
        }
        return agent
    }

    private func writeSubAgents(_ agent: Agent) throws {
        let old = Dictionary(stored.subAgents.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let keepsPlaces = stored.subAgents.map(\.id) == draft.subAgents.names
        for (place, (name, sub)) in draft.subAgents.entries.enumerated() {
            var subAgent = sub.subAgent
            if let old = old[name] {
                cascadeModels(to: &subAgent, old)
                if old.stopWhen?.stepCountIs == nil, let bound = world.project?.stopWhen?.stepCountIs,
                    subAgent.stopWhen?.stepCountIs == bound
                {
                    subAgent.stopWhen = old.stopWhen
                }
            }
            subAgent.outputContract = try reconciled(subAgent.outputContract, sub.wiring)
            if !keepsPlaces { subAgent.position = place }
            try workspace.put(subAgent, in: id)
        }
    }

    /// A sub-agent that had the agent's model follows when the agent's changes (manage spec §1.11).
    private func cascadeModels(to subAgent: inout SubAgent, _ old: SubAgent) {
        let slots: [WritableKeyPath<Models, ModelSettings?>] = [\.base, \.structuredOutput, \.summarizer]
        for slot in slots {
            guard let agentHad = draft.stored?.models?[keyPath: slot], let had = old.models?[keyPath: slot] else {
                continue
            }
            let new = draft.agent.models?[keyPath: slot]
            guard had.model == agentHad.model, new != agentHad else { continue }
            var models = subAgent.models ?? Models()
            models[keyPath: slot] = new
            subAgent.models = models.effective
        }
    }

    private func reconciled(_ contract: OutputContract?, _ wiring: Wiring) throws -> OutputContract? {
        guard let contract else { return nil }
        func names<R: Resource>(_ type: R.Type, _ ids: [String]?, _ name: (R) -> String) throws -> Set<String> {
            let components = try (ids ?? []).compactMap { try world.value(type, $0) }
            return Set(ids ?? []).union(components.map(name))
        }
        return contract.reconciled(
            dataComponents: try names(DataComponent.self, wiring.dataComponents) { $0.name },
            artifactComponents: try names(ArtifactComponent.self, wiring.artifactComponents) { $0.name })
    }

    // MARK: Relations

    /// Writes the relations of one sub-agent; answers the keys of them all.
    private func writeRelations(of name: String, _ wiring: Wiring) throws -> [ResourceKey] {
        let internals = stored.internals[name] ?? []
        let lists: [(old: [RelationSlot], new: [RelationSlot])] = [
            (slots(internals.filter { $0.relationType == .transfer }), transfers(of: name, wiring, internals)),
            (storedDelegates(name, internals), delegates(of: name, wiring, internals)),
            (storedUses(name), uses(of: name, wiring)),
            (slots(stored.dataComponents[name]), components(name, wiring.dataComponents, stored.dataComponents[name])),
            (
                slots(stored.artifactComponents[name]),
                components(name, wiring.artifactComponents, stored.artifactComponents[name])
            ),
        ]
        var keys: [ResourceKey] = []
        for (old, new) in lists {
            let keepsPlaces = old.map(\.key) == new.map(\.key)
            for (place, slot) in new.enumerated() { try slot.write(workspace, keepsPlaces ? slot.position : place) }
            keys += new.map(\.key)
        }
        for slot in skills(of: name, wiring) {
            // Their places are said in the document.
            try slot.write(workspace, slot.position)
            keys.append(slot.key)
        }
        return keys
    }

    private func slots<R: Placed>(_ relations: [R]?, _ parent: String? = nil) -> [RelationSlot] {
        (relations ?? []).map { RelationSlot($0, in: parent ?? id) }
    }

    private func storedDelegates(_ name: String, _ internals: [SubAgentRelation]) -> [RelationSlot] {
        let own = "\(id)/\(name)"
        let all =
            slots(internals.filter { $0.relationType == .delegate })
            + slots(stored.externals[name], own) + slots(stored.teams[name], own)
        return Relations.inOrder(all, by: \.position)
    }

    private func storedUses(_ name: String) -> [RelationSlot] {
        Relations.inOrder(slots(stored.tools[name]) + slots(stored.functionTools[name]), by: \.position)
    }

    private func transfers(of name: String, _ wiring: Wiring, _ old: [SubAgentRelation]) -> [RelationSlot] {
        (wiring.canTransferTo ?? []).unique.map { internalSlot(name, $0, .transfer, old) }
    }

    private func internalSlot(
        _ source: String, _ target: String, _ type: SubAgentRelation.RelationType, _ old: [SubAgentRelation]
    ) -> RelationSlot {
        if let known = old.first(where: { $0.targetSubAgentId == target && $0.relationType == type }) {
            return RelationSlot(known, in: id)
        }
        var relation = SubAgentRelation()
        relation.sourceSubAgentId = source
        relation.targetSubAgentId = target
        relation.relationType = type
        return RelationSlot(derivingID(relation, SubAgentRelation.identifying, in: id), in: id)
    }

    private func derivingID<R: Resource>(_ value: R, _ members: [String], in parent: String) -> R {
        var value = value
        value.id = DerivedID.make(R.kind, parent, members, value.document, workspace.branch) { id in
            shelf[ResourceKey(kind: R.kind.name, parent: parent, id: id)] != nil
        }
        return value
    }

    private func delegates(of name: String, _ wiring: Wiring, _ old: [SubAgentRelation]) -> [RelationSlot] {
        let slots = (wiring.canDelegateTo ?? []).map { delegate in
            switch delegate {
            case .name(let target) where draft.subAgents[target] != nil: internalSlot(name, target, .delegate, old)
            case .name(let target):
                externalSlot(name, ExternalDelegate(externalAgentId: target))
            case .external(let external): externalSlot(name, external)
            case .team(let team): teamSlot(name, team)
            }
        }
        var seen: Set<String> = []
        return slots.filter { seen.insert("\($0.key.kind) \($0.target)").inserted }
    }

    private func externalSlot(_ name: String, _ delegate: ExternalDelegate) -> RelationSlot {
        var relation = stored.relation(delegate, of: name) ?? ExternalAgentRelation()
        let parent = "\(id)/\(name)"
        relation.subAgentId = name
        relation.externalAgentId = delegate.externalAgentId
        relation.headers = delegate.headers.headersOver(relation.headers)
        if let given = delegate.relationID {
            relation.id = given
        } else if relation.id.isEmpty {
            relation = derivingID(relation, ["externalAgentId"], in: parent)
        }
        return RelationSlot(relation, in: parent)
    }

    private func teamSlot(_ name: String, _ delegate: TeamDelegate) -> RelationSlot {
        var relation = stored.relation(delegate, of: name) ?? TeamAgentRelation()
        let parent = "\(id)/\(name)"
        relation.subAgentId = name
        relation.targetAgentId = delegate.agentId
        relation.headers = delegate.headers.headersOver(relation.headers)
        if let given = delegate.relationID {
            relation.id = given
        } else if relation.id.isEmpty {
            relation = derivingID(relation, ["targetAgentId"], in: parent)
        }
        return RelationSlot(relation, in: parent)
    }

    private func uses(of name: String, _ wiring: Wiring) -> [RelationSlot] {
        wiring.canUse.map { use in
            draft.functionTools[use.toolId] == nil ? toolSlot(name, use) : functionToolSlot(name, use)
        }
    }

    private func toolSlot(_ name: String, _ use: CanUse) -> RelationSlot {
        var relation = stored.relation(use, of: name) ?? ToolRelation()
        relation.subAgentId = name
        relation.toolId = use.toolId
        relation.selectedTools = use.toolSelection.over(relation.selectedTools)
        relation.headers = use.headers.headersOver(relation.headers)
        relation.toolPolicies = use.toolPolicies.mapOver(relation.toolPolicies)
        if let given = use.agentToolRelationId {
            relation.id = given
        } else if relation.id.isEmpty {
            relation = derivingID(relation, ToolRelation.identifying, in: id)
        }
        return RelationSlot(relation, in: id)
    }

    private func functionToolSlot(_ name: String, _ use: CanUse) -> RelationSlot {
        let known = stored.functionTools[name] ?? []
        var relation =
            known.first { $0.id == use.agentToolRelationId } ?? known.first { $0.target == use.toolId }
            ?? FunctionToolRelation()
        relation.subAgentId = name
        relation.target = use.toolId
        relation.toolPolicies = use.toolPolicies.mapOver(relation.toolPolicies)
        if let given = use.agentToolRelationId {
            relation.id = given
        } else if relation.id.isEmpty {
            relation = derivingID(relation, FunctionToolRelation.identifying, in: id)
        }
        return RelationSlot(relation, in: id)
    }

    private func components<Component: Associable>(
        _ name: String, _ ids: [String]?, _ old: [Association<Component>]?
    ) -> [RelationSlot] {
        (ids ?? []).unique.map { component in
            if let known = old?.first(where: { $0.target == component }) { return RelationSlot(known, in: id) }
            var relation = Association<Component>()
            relation.subAgentId = name
            relation.target = component
            return RelationSlot(derivingID(relation, Association<Component>.identifying, in: id), in: id)
        }
    }

    private func skills(of name: String, _ wiring: Wiring) -> [RelationSlot] {
        (wiring.skills ?? []).map { use in
            var relation = stored.skills[name]?.first { $0.target == use.id } ?? SkillRelation()
            relation.subAgentId = name
            relation.target = use.id
            relation.index = use.index
            relation.alwaysLoaded = use.alwaysLoaded
            if relation.id.isEmpty { relation = derivingID(relation, SkillRelation.identifying, in: id) }
            return RelationSlot(relation, in: id)
        }
    }

    // MARK: Orphans

    private func deleteOrphans(keeping kept: Set<ResourceKey>) throws {
        let relationKinds = [
            SubAgentRelation.kind, ExternalAgentRelation.kind, TeamAgentRelation.kind, ToolRelation.kind,
            FunctionToolRelation.kind, DataComponentRelation.kind, ArtifactComponentRelation.kind,
            SkillRelation.kind,
        ]
        for kind in relationKinds {
            let parents = kind.scope == .subAgent ? stored.subAgents.map { "\(id)/\($0.id)" } : [id]
            for entry in parents.flatMap({ shelf.entries(kind, $0) }) where !kept.contains(entry.key) {
                try workspace.delete(entry.key)
            }
        }
        for subAgent in stored.subAgents where draft.subAgents[subAgent.id] == nil {
            try workspace.delete(ResourceKey(kind: SubAgent.kind.name, parent: id, id: subAgent.id))
        }
        for entry in shelf.entries(FunctionTool.kind, id) where draft.functionTools[entry.key.id] == nil {
            try workspace.delete(entry.key)
        }
        guard let triggers = draft.triggers else { return }
        for (name, trigger) in draft.storedTriggers where triggers[name] == nil {
            try trigger.requireOwner(workspace.surroundings.caller)
            try workspace.delete(ResourceKey(kind: Trigger.kind.name, parent: id, id: name))
        }
    }
}

/// The bounds that a project passes on.
enum AgentBounds {
    /// Transfers where neither agent nor project say.
    static let transfersDefault = 10

    /// The bound of an agent that has none in a project with `bounds` (manage spec §1.9).
    static func inherited(_ bounds: StopWhen) -> Int { bounds.transferCountIs ?? transfersDefault }
}
