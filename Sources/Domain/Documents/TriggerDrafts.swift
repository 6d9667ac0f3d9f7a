import Catalog

extension [AgentDraft] {
    /// Makes the triggers of whole agents ready for the store. Those of all agents at once: the secrets of all are
    /// hashed together.
    mutating func settleTriggers(_ workspace: Workspace) throws {
        var places: [(agent: Int, trigger: String)] = []
        var secrets: [HeaderSecret.Draft] = []
        for index in indices {
            for (id, trigger) in self[index].triggers?.entries ?? [] {
                places.append((index, id))
                let old = self[index].storedTriggers[id]
                secrets.append(HeaderSecret.Draft(new: trigger.authentication, old: old?.authentication))
            }
        }
        try HeaderSecret.settle(&secrets, workspace.surroundings)
        var settled: [Int: OrderedMap<Trigger>] = [:]
        for (place, secret) in zip(places, secrets) {
            guard var trigger = self[place.agent].triggers?[place.trigger] else { continue }
            let old = self[place.agent].storedTriggers[place.trigger]
            trigger.authentication = secret.new
            trigger.namedUser = nil
            if trigger != old { try trigger.settleUsers(over: old, workspace) }
            settled[place.agent, default: OrderedMap()].append(place.trigger, trigger)
        }
        for (index, triggers) in settled { self[index].triggers = triggers }
    }
}
