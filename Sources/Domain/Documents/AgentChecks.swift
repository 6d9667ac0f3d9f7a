import Catalog

/// What must hold between the parts of a whole agent, and with what is stored beside it (manage spec §1.7, §1.9).
struct AgentChecks {
    let draft: AgentDraft
    let world: World
    /// The sub-agents that are stored.
    let storedSubAgents: Set<String>

    /// Notes everything that is broken.
    func run(_ decoding: inout Decoding) throws {
        checkDefault(&decoding)
        try checkFunctionTools(&decoding)
        try checkContextConfig(&decoding)
        try checkTriggers(&decoding)
        var relationIDs: Set<String> = []
        for (id, sub) in draft.subAgents.entries {
            checkTransfers(id, sub.wiring, &decoding)
            try checkDelegates(id, sub.wiring, &decoding)
            try checkUses(id, sub.wiring, &relationIDs, &decoding)
            try checkComponents("dataComponents", id, sub.wiring.dataComponents, DataComponent.kind, &decoding)
            try checkSkills(id, sub.wiring, &decoding)
            try checkComponents(
                "artifactComponents", id, sub.wiring.artifactComponents, ArtifactComponent.kind, &decoding)
        }
        checkCycles(&decoding)
    }

    private func key(_ kind: Kind, _ id: String, in parent: String = "") -> ResourceKey {
        ResourceKey(kind: kind.name, parent: parent, id: id)
    }

    private func noSubAgent(_ id: String) -> String { "names the sub-agent \(id), which is not in subAgents" }

    private func checkDefault(_ decoding: inout Decoding) {
        guard let id = draft.agent.defaultSubAgentId, draft.subAgents[id] == nil else { return }
        // A default that was named before there was such a sub-agent may stay until there is one.
        if draft.stored?.defaultSubAgentId == id, !storedSubAgents.contains(id) { return }
        decoding.fail(noSubAgent(id), at: "defaultSubAgentId")
    }

    private func checkFunctionTools(_ decoding: inout Decoding) throws {
        for (id, tool) in draft.functionTools.entries where draft.functions[tool.functionId] == nil {
            let function = key(Function.kind, tool.functionId)
            if try !world.willExist(function) {
                decoding.fail(Kind.unknown(function), along: ["functionTools", id, "functionId"])
            }
        }
    }

    private func checkContextConfig(_ decoding: inout Decoding) throws {
        for broken in try draft.contextConfig?.unknownCredentials(exists: world.willExist) ?? [] {
            decoding.fail(broken.reason, along: ["contextConfig"] + broken.path)
        }
    }

    private func checkTriggers(_ decoding: inout Decoding) throws {
        for (id, trigger) in draft.triggers?.entries ?? [] {
            let place = ["triggers", id]
            let secrets = HeaderSecret.Draft(
                new: trigger.authentication, old: draft.storedTriggers[id]?.authentication)
            for lacking in secrets.lacking { decoding.fail(Trigger.nothingToKeep, along: place + lacking) }
            guard let credential = trigger.signingSecretCredentialReferenceId else { continue }
            try checkKnown(
                key(CredentialReference.kind, credential), place + ["signingSecretCredentialReferenceId"], &decoding)
        }
    }

    private func checkTransfers(_ id: String, _ wiring: Wiring, _ decoding: inout Decoding) {
        for (position, target) in (wiring.canTransferTo ?? []).enumerated() where draft.subAgents[target] == nil {
            decoding.fail(noSubAgent(target), along: ["subAgents", id, "canTransferTo", String(position)])
        }
    }

    private func checkDelegates(_ id: String, _ wiring: Wiring, _ decoding: inout Decoding) throws {
        var relationIDs: Set<String> = []
        for (position, delegate) in (wiring.canDelegateTo ?? []).enumerated() {
            let place = ["subAgents", id, "canDelegateTo", String(position)]
            switch delegate {
            case .name(let target) where draft.subAgents[target] != nil: continue
            case .name(let target):
                guard draft.externalAgents.contains(target) else {
                    decoding.fail(noSubAgent(target), along: place)
                    continue
                }
                try checkKnown(key(ExternalAgent.kind, target), place, &decoding)
            case .external(let external):
                try checkKnown(
                    key(ExternalAgent.kind, external.externalAgentId), place + ["externalAgentId"], &decoding)
                checkOnce(external.relationID, &relationIDs, place + ["subAgentExternalAgentRelationId"], &decoding)
            case .team(let team):
                try checkKnown(key(Agent.kind, team.agentId), place + ["agentId"], &decoding)
                checkOnce(team.relationID, &relationIDs, place + ["subAgentTeamAgentRelationId"], &decoding)
            }
        }
    }

    private func checkKnown(_ key: ResourceKey, _ place: [String], _ decoding: inout Decoding) throws {
        if key.kind == Agent.kind.name, key.id == draft.agent.id { return }
        if try !world.willExist(key) { decoding.fail(Kind.unknown(key), along: place) }
    }

    private func checkOnce(_ id: String?, _ seen: inout Set<String>, _ place: [String], _ decoding: inout Decoding) {
        if let id, !seen.insert(id).inserted { decoding.fail("names a relation that is named before", along: place) }
    }

    private func checkUses(
        _ id: String, _ wiring: Wiring, _ relationIDs: inout Set<String>, _ decoding: inout Decoding
    ) throws {
        var seen: Set<String> = []
        for (position, use) in wiring.canUse.enumerated() {
            let item = ["subAgents", id, "canUse", String(position)]
            let place = item + ["toolId"]
            checkOnce(use.agentToolRelationId, &relationIDs, item + ["agentToolRelationId"], &decoding)
            if !seen.insert(use.toolId).inserted {
                decoding.fail("names a tool that is named before", along: place)
            } else if draft.functionTools[use.toolId] == nil {
                try checkKnown(key(Tool.kind, use.toolId), place, &decoding)
            }
        }
    }

    private func checkSkills(_ id: String, _ wiring: Wiring, _ decoding: inout Decoding) throws {
        var seen: Set<String> = []
        for (position, use) in (wiring.skills ?? []).enumerated() {
            let place = ["subAgents", id, "skills", String(position), "id"]
            if !seen.insert(use.id).inserted {
                decoding.fail("names a skill that is named before", along: place)
            } else {
                try checkKnown(key(Skill.kind, use.id), place, &decoding)
            }
        }
    }

    private func checkComponents(
        _ member: String, _ id: String, _ components: [String]?, _ kind: Kind, _ decoding: inout Decoding
    ) throws {
        for (position, component) in (components ?? []).enumerated() {
            try checkKnown(key(kind, component), ["subAgents", id, member, String(position)], &decoding)
        }
    }

    // MARK: Cycles

    /// Delegation among sub-agents must end somewhere: each waits for whom it called.
    private func checkCycles(_ decoding: inout Decoding) {
        var finished: Set<String> = []
        for start in draft.subAgents.names {
            guard let cycle = cycle(from: start, &finished) else { continue }
            let names = (cycle + [cycle[0]]).joined(separator: " → ")
            let last = cycle[cycle.count - 1]
            decoding.fail("closes a cycle of delegation: \(names)", along: ["subAgents", last, "canDelegateTo"])
            return
        }
    }

    private func targets(of id: String) -> [String] {
        (draft.subAgents[id]?.wiring.canDelegateTo ?? []).compactMap { delegate in
            if case .name(let target) = delegate, draft.subAgents[target] != nil { target } else { nil }
        }
    }

    /// The first cycle that is reached from `start`, in the order of its calls, or nil. Walks with a list of its own:
    /// chains may be longer than the stack is deep.
    private func cycle(from start: String, _ finished: inout Set<String>) -> [String]? {
        var path: [(id: String, rest: ArraySlice<String>)] = [(start, targets(of: start)[...])]
        var onPath: Set = [start]
        while let (id, rest) = path.last {
            guard let next = rest.first else {
                finished.insert(id)
                onPath.remove(id)
                path.removeLast()
                continue
            }
            path[path.count - 1].rest = rest.dropFirst()
            if onPath.contains(next) { return path.map(\.id).drop { $0 != next }.map(\.self) }
            if finished.contains(next) { continue }
            onPath.insert(next)
            path.append((next, targets(of: next)[...]))
        }
        return nil
    }
}
