import Store

/// Which tools are to be looked at, and which are under way: a value, so that its rules can be read in one place.
struct HealthQueue {
    /// Tools that wait at most; more are found again when they are due.
    static let lengthMax = 1000

    private var waiting: [ToolKey] = []
    private var known: Set<ToolKey> = []
    private(set) var running: Set<ToolKey> = []
    /// The servers that are spoken to.
    private var servers: Set<String> = []
    /// Tools whose server is spoken to for another.
    private var parked: [String: [ToolKey]] = [:]

    /// Adds a tool, unless it waits or runs; an urgent one comes next.
    mutating func add(_ key: ToolKey, isUrgent: Bool = false) {
        guard !running.contains(key) else { return }
        if known.contains(key) {
            guard isUrgent, let place = waiting.firstIndex(of: key) else { return }
            waiting.remove(at: place)
        } else {
            guard known.count < Self.lengthMax else { return }
            known.insert(key)
        }
        if isUrgent { waiting.insert(key, at: 0) } else { waiting.append(key) }
    }

    /// The next tool to look at, if fewer than `limit` are under way.
    mutating func next(limit: Int) -> ToolKey? {
        guard running.count < limit, !waiting.isEmpty else { return nil }
        let key = waiting.removeFirst()
        known.remove(key)
        running.insert(key)
        return key
    }

    /// Takes a server for a tool that is under way; false when it is taken, and the tool then waits for it.
    mutating func take(_ server: String, for key: ToolKey) -> Bool {
        if servers.insert(server).inserted { return true }
        parked[server, default: []].append(key)
        running.remove(key)
        known.insert(key)
        return false
    }

    /// Gives a server back.
    mutating func give(_ server: String) {
        servers.remove(server)
        waiting = (parked.removeValue(forKey: server) ?? []) + waiting
    }

    /// Ends with a tool. Whether it is really done, and not waiting for its server.
    mutating func finish(_ key: ToolKey) -> Bool { running.remove(key) != nil }
}
