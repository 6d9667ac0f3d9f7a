import Catalog

extension Store {
    /// Commits `changes` in their order, all or none of them, and returns when they are as durable as asked.
    ///
    /// - Throws: what the changes' own descriptions say.
    public func commit(_ changes: [RunChange], durability: Durability) async throws(StoreError) {
        try await database.write(durability) { connection in
            var positions = Positions(changes)
            for change in changes { try connection.apply(change, &positions) }
        }
    }

    /// The same, fully durable, once for a key: where the request was done before, nothing is changed.
    ///
    /// - Parameter made: what comes of the changes.
    /// - Throws: also `KeyedRequestError`.
    public func commit<Made: Sendable>(
        _ changes: [RunChange], making made: Made, once keyed: KeyedWrite<Made>?
    ) async throws -> Once<Made> {
        try await write(.full, once: keyed) { connection in
            var positions = Positions(changes)
            for change in changes { try connection.apply(change, &positions) }
            return made
        }
    }

    /// The conversation; nil when the project has none of that id.
    public func conversation(_ key: ConversationKey) async throws(StoreError) -> ConversationRow? {
        try await database.read { connection in
            try connection.first(JournalSQL.conversation, key.values) { try $0.conversation(key.tenant, key.project) }
        }
    }

    /// Whether the tenant has a conversation of that id in whichever project.
    public func isTaken(_ key: ConversationKey) async throws(StoreError) -> Bool {
        try await database.read { connection in
            try connection.first(JournalSQL.isTaken, [.text(key.tenant), .text(key.id)]) { $0.integer(0) } != nil
        }
    }

    /// Deletes a conversation with its messages, runs and events. False when the project has none of that id.
    public func deleteConversation(_ key: ConversationKey) async throws(StoreError) -> Bool {
        try await database.write(.full) { connection in
            try connection.execute(JournalSQL.deleteConversation, key.values) > 0
        }
    }

    /// The run; nil when the project has none of that id.
    public func run(_ key: RunKey) async throws(StoreError) -> RunRow? {
        try await database.read { connection in try connection.first(JournalSQL.run, key.values) { try $0.run() } }
    }

    /// The run that was started last in a conversation; nil when there was none.
    public func latestRun(_ conversation: ConversationKey) async throws(StoreError) -> RunRow? {
        try await database.read { connection in
            try connection.first(JournalSQL.latestRun, conversation.values) { try $0.run() }
        }
    }

    /// A run's events after a number, in order; none when the project has no such run.
    ///
    /// - Parameter limit: how many, 1–10,000.
    public func events(
        _ run: RunKey, after sequence: Int64 = 0, limit: Int = 1000
    ) async throws(StoreError) -> [StoredEvent] {
        try await database.read { connection in
            let values = run.values + [.integer(sequence), .integer(limit.clamped(to: 1...10_000))]
            return try connection.rows(JournalSQL.events, values) { row in
                StoredEvent(
                    sequence: row.integer(0), at: row.integer(1), type: row.text(2), body: row.utf8(3) ?? [])
            }
        }
    }
}

/// Places for the messages of one commit: all of a conversation's are reserved by the first statement that touches it.
private struct Positions {
    private var messageCounts: [ConversationKey: Int64] = [:]
    private var next: [ConversationKey: Int64] = [:]

    init(_ changes: [RunChange]) {
        for case .message(let row) in changes { messageCounts[row.conversation, default: 0] += 1 }
    }

    /// How many places the next statement on the conversation is to reserve.
    func wanted(in key: ConversationKey) -> Int64 { next[key] == nil ? messageCounts[key] ?? 0 : 0 }

    /// Notes what a statement that reserved `count` places returned: the last of them.
    mutating func reserved(_ count: Int64, upTo last: Int64, in key: ConversationKey) {
        if count > 0 { next[key] = last - count + 1 }
    }

    /// The next reserved place; nil when none has been.
    mutating func take(in key: ConversationKey) -> Int64? {
        guard let position = next[key] else { return nil }
        next[key] = position + 1
        return position
    }
}

extension Connection {
    fileprivate func apply(_ change: RunChange, _ positions: inout Positions) throws {
        switch change {
        case .conversation(let row): try put(row, &positions)
        case .message(let row): try append(row, &positions)
        case .runStarted(let row):
            try naming("Run \(row.key.id)") { try execute(JournalSQL.insertRun, row.values) }
        case .runUpdated(let key, let status, let lease, let owner, let at):
            try update(key, status, lease, heldBy: owner, at: at)
        case .runSuspended(let key, let wakeAt, let owner, let at):
            let values = key.values + [.integer(at), wakeAt.map { .integer($0) } ?? .null, .text(owner)]
            guard try execute(InboxSQL.suspend, values) > 0 else {
                throw StoreError.conflict("Run \(key.id) is not held by \(owner).")
            }
            // A statement of its own, which sees what was sent until the one before had locked the run.
            try execute(InboxSQL.wakeForLetters, [.text(key.id)])
        case .lettersTaken(let key, let ids):
            if ids.isEmpty { return }
            // Who sends a letter locks the run first, too: in another order each might wait for the other.
            try execute(InboxSQL.lock, [.text(key.id)])
            for id in ids { try execute(InboxSQL.remove, [.text(key.id), .text(id)]) }
        case .artifact(let row): try put(row)
        case .events(let run, let events):
            for event in events { try append(event, to: run) }
        case .usage(let rows, let part): try add(rows, part: part)
        case .charges(let charges, let run): try charge(charges, run: run.id)
        case .closed(let accounts): try close(accounts)
        case .contextValues(let key, let rows): try put(rows, of: key)
        case .activeSubAgent(let key, let subAgent, let at):
            let values = key.values + [.text(subAgent), .integer(at)]
            guard try execute(JournalSQL.activeSubAgent, values) > 0 else { throw key.missing }
        }
    }

    private func put(_ row: ConversationRow, _ positions: inout Positions) throws {
        let count = positions.wanted(in: row.key)
        let last = try first(JournalSQL.putConversation, row.values + [.integer(count)]) { $0.integer(0) }
        guard let last else { throw StoreError.conflict("Conversation \(row.key.id) belongs to somebody else.") }
        positions.reserved(count, upTo: last, in: row.key)
    }

    private func append(_ row: MessageRow, _ positions: inout Positions) throws {
        let key = row.conversation
        if let position = positions.take(in: key) { return try insert(row, at: position) }
        let count = positions.wanted(in: key)
        let values = key.values + [.integer(row.createdAt), .integer(count)]
        let last = try first(JournalSQL.reservePositions, values) { $0.integer(0) }
        guard let last else { throw key.missing }
        positions.reserved(count, upTo: last, in: key)
        guard let position = positions.take(in: key) else { preconditionFailure("a message reserves its place") }
        try insert(row, at: position)
    }

    private func insert(_ row: MessageRow, at position: Int64) throws {
        try naming("Message \(row.id)") { try execute(JournalSQL.insertMessage, row.values(at: position)) }
    }

    private func update(_ key: RunKey, _ status: RunStatus, _ lease: Lease?, heldBy owner: String?, at: Int64) throws {
        let state: [SQLValue] = [
            .text(status.rawValue), .text(lease?.owner), .integer(lease?.until ?? 0), .integer(at),
            status.isFinished ? .integer(at) : .null,
        ]
        guard let owner else {
            guard try execute(JournalSQL.updateRun, key.values + state) > 0 else {
                throw StoreError.notFound("Run \(key.id)")
            }
            return
        }
        guard try execute(JournalSQL.updateHeldRun, key.values + state + [.text(owner)]) == 0 else { return }
        let isThere = try first(JournalSQL.run, key.values) { _ in true } ?? false
        throw isThere ? StoreError.conflict("Run \(key.id) is not held by \(owner).") : .notFound("Run \(key.id)")
    }

    private func append(_ event: StoredEvent, to run: RunKey) throws {
        try naming("Event \(event.sequence) of run \(run.id)") {
            let values: [SQLValue] = [
                .text(run.id), .integer(event.sequence), .integer(event.at), .text(event.type), .utf8(event.body),
            ]
            try execute(JournalSQL.insertEvent, values)
        }
    }

    /// Says in a unique violation what it is that exists already; the engines name columns.
    private func naming(_ what: @autoclosure () -> String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch StoreError.uniqueViolation {
            throw StoreError.uniqueViolation(what())
        }
    }
}

extension SQLValue {
    /// A document as its text, or null.
    fileprivate static func json(_ document: JSONValue?) -> SQLValue { document.map { .utf8($0.jsonBytes) } ?? .null }
}

extension ConversationKey {
    /// The values of `$1`, `$2`, `$3`: tenant, id, project.
    var values: [SQLValue] { [.text(tenant), .text(id), .text(project)] }
    fileprivate var missing: StoreError { .notFound("Conversation \(id)") }
}

extension RunKey {
    /// The values of `$1`, `$2`, `$3`: id, tenant, project.
    var values: [SQLValue] { [.text(id), .text(tenant), .text(project)] }
}

extension ConversationRow {
    fileprivate var values: [SQLValue] {
        [
            .text(key.tenant), .text(key.project), .text(key.id), .text(agent), .text(activeSubAgent), .text(owner),
            .text(ref), .text(title), .json(metadata), .json(userProperties), .json(properties), .integer(createdAt),
            .integer(updatedAt), .text(subject), .text(parentRun),
        ]
    }
}

extension MessageRow {
    fileprivate func values(at position: Int64) -> [SQLValue] {
        [
            .text(conversation.tenant), .text(conversation.project), .text(conversation.id), .integer(position),
            .text(id), .text(role), .text(fromSubAgent), .text(toSubAgent), .text(visibility), .text(type), .text(run),
            .json(content), .json(metadata), .integer(createdAt),
        ]
    }
}

extension RunRow {
    fileprivate var values: [SQLValue] {
        [
            .text(key.id), .text(key.tenant), .text(key.project), .text(conversation), .text(agent), .text(branch),
            .text(status.rawValue), .json(request), .integer(startedAt), .integer(updatedAt), .integer(finishedAt),
            .text(lease?.owner), .integer(lease?.until ?? 0), .integer(attempt),
        ]
    }
}

extension Row {
    func conversation(_ tenant: String, _ project: String) throws -> ConversationRow {
        ConversationRow(
            key: ConversationKey(tenant: tenant, project: project, id: text(0)), agent: text(1),
            activeSubAgent: optionalText(2), owner: optionalText(3), ref: text(4), title: optionalText(5),
            metadata: try json(6), userProperties: try json(7), properties: try json(8), createdAt: integer(9),
            updatedAt: integer(10), subject: optionalText(11), parentRun: optionalText(12))
    }

    func message(in conversation: ConversationKey) throws -> MessageRow {
        MessageRow(
            conversation: conversation, id: text(0), position: integer(1), role: text(2),
            fromSubAgent: optionalText(3), toSubAgent: optionalText(4), visibility: text(5), type: text(6),
            run: optionalText(7), content: try json(8) ?? .null, metadata: try json(9), createdAt: integer(10))
    }

    func run() throws -> RunRow {
        guard let status = RunStatus(rawValue: text(6)) else { throw StoreError.corrupt("status of a run") }
        let lease = optionalText(11).map { Lease(owner: $0, until: integer(12)) }
        return RunRow(
            key: RunKey(tenant: text(0), project: text(1), id: text(2)), conversation: text(3), agent: text(4),
            branch: text(5), status: status, request: try json(7) ?? .null, startedAt: integer(8),
            updatedAt: integer(9), finishedAt: optionalInteger(10), lease: lease, attempt: integer(13))
    }
}
