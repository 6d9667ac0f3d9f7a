import Catalog

extension Relations {
    /// The stored relation that an element of `canUse` means: by its id, else by the tool; nil for none.
    func relation(_ use: CanUse, of subAgent: String) -> ToolRelation? {
        let known = tools[subAgent] ?? []
        return known.first { $0.id == use.agentToolRelationId } ?? known.first { $0.toolId == use.toolId }
    }

    /// The stored relation that an element of `canDelegateTo` means, likewise.
    func relation(_ delegate: ExternalDelegate, of subAgent: String) -> ExternalAgentRelation? {
        let known = externals[subAgent] ?? []
        return known.first { $0.id == delegate.relationID }
            ?? known.first { $0.externalAgentId == delegate.externalAgentId }
    }

    /// The stored relation that an element of `canDelegateTo` means, likewise.
    func relation(_ delegate: TeamDelegate, of subAgent: String) -> TeamAgentRelation? {
        let known = teams[subAgent] ?? []
        return known.first { $0.id == delegate.relationID } ?? known.first { $0.targetAgentId == delegate.agentId }
    }
}

/// Finds the masks of headers in a whole agent that stand for nothing: the headers of relations are not laid over
/// stored ones where they are read, because only the agent as a whole says which relation is meant.
struct KeptHeaders {
    let subAgents: OrderedMap<AgentDraft.Sub>
    let shelf: Shelf
    let agent: String

    /// Notes a broken field for each.
    func check(_ decoding: inout Decoding) {
        var stored: Relations?
        for (id, sub) in subAgents.entries {
            for (place, headers) in sub.wiring.sentHeaders where headers.names(keptFrom: nil) != [] {
                let relations = stored ?? Relations(shelf, agent)
                stored = relations
                for name in headers.names(keptFrom: old(place, of: id, sub.wiring, relations)) {
                    let path = ["subAgents", id, place.member, String(place.position), "headers", name]
                    decoding.fail(SecretPlaces.nothingKept, along: path)
                }
            }
        }
    }

    private func old(_ place: Wiring.Place, of id: String, _ wiring: Wiring, _ stored: Relations) -> HeaderMap? {
        guard place.member == Wiring.Place.delegates else {
            return stored.relation(wiring.canUse[place.position], of: id)?.headers
        }
        return switch wiring.canDelegateTo?[place.position] {
        case .external(let delegate): stored.relation(delegate, of: id)?.headers
        case .team(let delegate): stored.relation(delegate, of: id)?.headers
        case .name, nil: nil
        }
    }
}

extension Wiring {
    /// An element of one of the lists.
    struct Place {
        static let uses = "canUse"
        static let delegates = "canDelegateTo"

        let member: String
        let position: Int
    }

    /// The headers that the elements of the lists say, each with its place.
    fileprivate var sentHeaders: [(place: Place, headers: HeaderMap)] {
        func said(_ headers: Sent<HeaderMap>, _ member: String, _ position: Int) -> (Place, HeaderMap)? {
            guard case .value(let map) = headers else { return nil }
            return (Place(member: member, position: position), map)
        }
        return canUse.enumerated().compactMap { said($1.headers, Place.uses, $0) }
            + (canDelegateTo ?? []).enumerated().compactMap { position, delegate in
                switch delegate {
                case .name: nil
                case .external(let external): said(external.headers, Place.delegates, position)
                case .team(let team): said(team.headers, Place.delegates, position)
                }
            }
    }
}
