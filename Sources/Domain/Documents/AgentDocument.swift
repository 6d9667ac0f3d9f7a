import Catalog

/// Puts a whole agent together from what is stored (manage spec §1.8).
struct AgentDocument {
    /// The document that it is part of.
    enum Style {
        /// An agent of its own: members that are unset are left out where clients expect no null.
        case alone
        /// Part of a whole project.
        case inProject
        /// Part of a whole project in which relations among sub-agents show their ids.
        case withRelationIDs
    }

    let style: Style
    let branch: BranchKey
    let project: Project?
    /// Those that are stored under keys of the project.
    let stored: ([ResourceKey]) throws -> [ResourceKey: Entry]

    /// The document of the agent `entry`, of which `shelf` holds what lives in it.
    func assemble(_ entry: Entry, _ shelf: Shelf) throws -> JSONObject {
        let agent = Agent(entry)
        let relations = Relations(shelf, agent.id)
        let used = try stored(Array(used(relations, shelf, agent.id)))
        var document = members(of: agent, entry)
        let config = agent.contextConfigId.flatMap { id in
            shelf.entries(ContextConfig.kind, agent.id).first { $0.key.id == id }
        }
        if let config {
            // Alone it is shown as a create takes it, which knows no null.
            let alone = ContextConfig(config).members(withNulls: false).stamped(config)
            document["contextConfig"] = .object(style == .alone ? alone : ContextConfig.kind.view(config, in: branch))
        } else if style != .alone {
            document["contextConfig"] = .null
        }
        var subAgents = JSONObject()
        let entries = Dictionary(
            shelf.entries(SubAgent.kind, agent.id).map { ($0.key.id, $0) }, uniquingKeysWith: { $1 })
        for subAgent in relations.subAgents {
            guard let stored = entries[subAgent.id] else { continue }
            var members = self.subAgent(subAgent, relations)
            members["skills"] = .array(skills(relations.skills[subAgent.id] ?? [], shelf, agent.id, used))
            subAgents[subAgent.id] = .object(members.stamped(stored))
        }
        document["subAgents"] = .object(subAgents)
        document["tools"] = style == .alone ? .object(tools(relations, used)) : .null
        document["externalAgents"] = .object(externalAgents(relations, used))
        document["teamAgents"] = .object(teamAgents(relations, used))
        addFunctions(shelf, agent.id, used, to: &document)
        let triggers = shelf.entries(Trigger.kind, agent.id)
        document["triggers"] = .object(
            JSONObject(triggers.map { ($0.key.id, .object(Trigger.kind.view($0, in: branch))) }))
        return document.stamped(entry)
    }

    private func members(of agent: Agent, _ entry: Entry) -> JSONObject {
        var agent = agent
        if let bounds = project?.stopWhen, agent.stopWhen?.transferCountIs == nil {
            agent.stopWhen = AgentStopWhen()
            agent.stopWhen?.transferCountIs = AgentBounds.inherited(bounds)
        }
        var members = agent.members(withNulls: true)
        if style == .alone {
            for name in ["models", "statusUpdates", "prompt", "stopWhen"] where members[name] == .null {
                members[name] = nil
            }
        }
        return members
    }

    private func subAgent(_ subAgent: SubAgent, _ relations: Relations) -> JSONObject {
        var subAgent = subAgent
        if let bound = project?.stopWhen?.stepCountIs, subAgent.stopWhen?.stepCountIs == nil {
            subAgent.stopWhen = SubAgentStopWhen()
            subAgent.stopWhen?.stepCountIs = bound
        }
        let id = subAgent.id
        var members = subAgent.members(withNulls: true)
        if style == .alone {
            for name in ["models", "stopWhen"] where members[name] == .null { members[name] = nil }
        }
        members["type"] = "internal"
        members["canUse"] = .array(uses(id, relations))
        let internals = relations.internals[id] ?? []
        members["canTransferTo"] = .array(internals.filter { $0.relationType == .transfer }.map(internalTarget))
        members["canDelegateTo"] = .array(delegates(id, internals, relations))
        members["dataComponents"] = .array((relations.dataComponents[id] ?? []).map { .string($0.target) })
        members["artifactComponents"] = .array(
            (relations.artifactComponents[id] ?? []).map { .string($0.target) })
        return members
    }

    private func skills(
        _ relations: [SkillRelation], _ shelf: Shelf, _ agent: String, _ used: [ResourceKey: Entry]
    ) -> [JSONValue] {
        relations.compactMap { relation in
            let key = ResourceKey(kind: SkillRelation.kind.name, parent: agent, id: relation.id)
            guard let use = shelf[key], let skill = used[Skill.key(relation.target)] else { return nil }
            return .object(Skill.link.element(skill, use, in: branch))
        }
    }

    private func internalTarget(_ relation: SubAgentRelation) -> JSONValue {
        let target = JSONValue.string(relation.targetSubAgentId ?? "")
        guard style == .withRelationIDs else { return target }
        return ["subAgentId": target, "subAgentSubAgentRelationId": .string(relation.id)]
    }

    private func delegates(_ id: String, _ internals: [SubAgentRelation], _ relations: Relations) -> [JSONValue] {
        var placed: [(position: Int?, json: JSONValue)] = internals.filter { $0.relationType == .delegate }
            .map { ($0.position, internalTarget($0)) }
        placed += (relations.externals[id] ?? []).map { relation in
            let item: JSONValue = [
                "externalAgentId": .string(relation.externalAgentId),
                "subAgentExternalAgentRelationId": .string(relation.id), "headers": json(relation.headers) ?? .null,
            ]
            return (relation.position, item)
        }
        placed += (relations.teams[id] ?? []).map { relation in
            let item: JSONValue = [
                "agentId": .string(relation.targetAgentId), "subAgentTeamAgentRelationId": .string(relation.id),
                "headers": json(relation.headers) ?? .null,
            ]
            return (relation.position, item)
        }
        return Relations.inOrder(placed, by: \.position).map(\.json)
    }

    private func uses(_ id: String, _ relations: Relations) -> [JSONValue] {
        var placed: [(position: Int?, json: JSONValue)] = (relations.tools[id] ?? []).map { relation in
            let selection = relation.selectedTools.map { JSONValue.array($0.map(JSONValue.string)) }
            let item = use(relation.id, relation.toolId, selection, relation.headers, relation.toolPolicies)
            return (relation.position, item)
        }
        placed += (relations.functionTools[id] ?? []).map { relation in
            (relation.position, use(relation.id, relation.target, nil, nil, relation.toolPolicies))
        }
        return Relations.inOrder(placed, by: \.position).map(\.json)
    }

    private func use(
        _ relation: String, _ tool: String, _ selection: JSONValue?, _ headers: HeaderMap?,
        _ policies: ToolPolicies?
    ) -> JSONValue {
        [
            "agentToolRelationId": .string(relation), "toolId": .string(tool), "toolSelection": selection ?? .null,
            "headers": json(headers) ?? [:],
            "toolPolicies": policies.map(FieldType<ToolPolicies>.map(of: .structure).show) ?? [:],
        ]
    }

    private func json(_ headers: HeaderMap?) -> JSONValue? {
        headers.map(FieldType<HeaderMap>.headerMap.show)
    }

    // MARK: What the relations lead to

    /// The keys of all of it.
    private func used(_ relations: Relations, _ shelf: Shelf, _ agent: String) -> Set<ResourceKey> {
        let tools = style == .alone ? toolIDs(relations) : []
        let functions = shelf.values(FunctionTool.self, agent).map(\.functionId)
        let skills = relations.skills.values.joined().map { Skill.key($0.target) }
        let ids = [
            (Tool.kind, tools), (ExternalAgent.kind, externalIDs(relations)), (Agent.kind, teamIDs(relations)),
            (Function.kind, functions),
        ]
        return ids.reduce(into: Set(skills)) { keys, part in keys.formUnion(part.1.map { Self.key(part.0, $0) }) }
    }

    private static func key(_ kind: Kind, _ id: String) -> ResourceKey { ResourceKey(kind: kind.name, id: id) }

    private func entries(_ kind: Kind, _ ids: [String], _ used: [ResourceKey: Entry]) -> [Entry] {
        ids.unique.compactMap { used[Self.key(kind, $0)] }
    }

    private func toolIDs(_ relations: Relations) -> [String] {
        relations.subAgents.flatMap { relations.tools[$0.id] ?? [] }.map(\.toolId)
    }

    private func externalIDs(_ relations: Relations) -> [String] {
        relations.subAgents.flatMap { relations.externals[$0.id] ?? [] }.map(\.externalAgentId)
    }

    private func teamIDs(_ relations: Relations) -> [String] {
        relations.subAgents.flatMap { relations.teams[$0.id] ?? [] }.map(\.targetAgentId)
    }

    private func tools(_ relations: Relations, _ used: [ResourceKey: Entry]) -> JSONObject {
        JSONObject(
            entries(Tool.kind, toolIDs(relations), used).map { entry in
                (entry.key.id, .object(Tool(entry).members(withNulls: false).stamped(entry)))
            })
    }

    private func externalAgents(_ relations: Relations, _ used: [ResourceKey: Entry]) -> JSONObject {
        JSONObject(
            entries(ExternalAgent.kind, externalIDs(relations), used).map { entry in
                var shown = ExternalAgent.kind.view(entry, in: branch)
                shown["type"] = "external"
                return (entry.key.id, .object(shown))
            })
    }

    private func teamAgents(_ relations: Relations, _ used: [ResourceKey: Entry]) -> JSONObject {
        JSONObject(
            entries(Agent.kind, teamIDs(relations), used).map { entry in
                let agent = Agent(entry)
                let shown: JSONObject = [
                    "id": .string(agent.id), "name": .string(agent.name),
                    "description": agent.description.map(JSONValue.string) ?? .null, "type": "team",
                ]
                return (agent.id, .object(shown))
            })
    }

    private func addFunctions(
        _ shelf: Shelf, _ agent: String, _ used: [ResourceKey: Entry], to document: inout JSONObject
    ) {
        let tools = shelf.entries(FunctionTool.kind, agent)
        let functions = entries(Function.kind, tools.map { FunctionTool($0).functionId }, used)
        document["functionTools"] = .object(
            JSONObject(tools.map { ($0.key.id, .object(FunctionTool.kind.view($0, in: branch))) }))
        document["functions"] = .object(
            JSONObject(functions.map { ($0.key.id, .object(Function.kind.view($0, in: branch))) }))
    }
}

extension JSONObject {
    /// These members with the times of a stored resource.
    func stamped(_ entry: Entry) -> JSONObject {
        var members = self
        members["createdAt"] = .string(Timestamp.text(entry.createdAt))
        members["updatedAt"] = .string(Timestamp.text(entry.updatedAt))
        return members
    }
}
