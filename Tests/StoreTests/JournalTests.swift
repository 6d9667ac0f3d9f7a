import Catalog
import Store
import Testing

extension ConversationRow {
    /// A conversation with little in it.
    static func sample(
        tenant: String = "t", project: String = "p", id: String = "c", owner: String? = nil, at: Int64 = 1
    ) -> ConversationRow {
        ConversationRow(
            key: ConversationKey(tenant: tenant, project: project, id: id), agent: "support", owner: owner, ref: "main",
            createdAt: at, updatedAt: at, subject: owner)
    }
}

extension MessageRow {
    static func sample(_ id: String, in conversation: ConversationKey, at: Int64 = 1) -> MessageRow {
        MessageRow(conversation: conversation, id: id, role: "user", content: ["text": .string(id)], createdAt: at)
    }
}

extension RunRow {
    static func sample(_ id: String, at: Int64 = 1, lease: Lease? = nil) -> RunRow {
        RunRow(
            key: RunKey(tenant: "t", project: "p", id: id), conversation: "c", agent: "support", branch: "main",
            request: ["model": "x"], startedAt: at, updatedAt: at, lease: lease)
    }
}

@Suite struct JournalTests {
    let conversation = ConversationKey(tenant: "t", project: "p", id: "c")

    @Test(arguments: Engine.available) func `a conversation comes back as it was written`(_ engine: Engine) async throws
    {
        try await withStore(engine) { store in
            var row = ConversationRow.sample(owner: "ann", at: 5)
            row.activeSubAgent = "main"
            row.title = "It's \"quoted\" ☃"
            row.metadata = ["z": 1, "a": [2, nil]]
            row.userProperties = ["plan": "free"]
            row.properties = [:]
            try await store.commit([.conversation(row)], durability: .full)
            #expect(try await store.conversation(conversation) == row)
            #expect(try await store.conversation(ConversationKey(tenant: "t", project: "q", id: "c")) == nil)
            #expect(try await store.conversation(ConversationKey(tenant: "u", project: "p", id: "c")) == nil)
        }
    }

    @Test(arguments: Engine.available) func `a second write keeps what it does not name`(_ engine: Engine) async throws
    {
        try await withStore(engine) { store in
            var row = ConversationRow.sample(at: 5)
            row.title = "First"
            row.activeSubAgent = "main"
            try await store.commit([.conversation(row)], durability: .process)
            var again = ConversationRow.sample(at: 9)
            again.agent = "sales"
            again.metadata = ["a": 1]
            try await store.commit([.conversation(again)], durability: .process)
            let read = try #require(try await store.conversation(conversation))
            #expect((read.title, read.activeSubAgent, read.agent) == ("First", "main", "sales"))
            #expect((read.createdAt, read.updatedAt) == (5, 9) && read.metadata == ["a": 1])
        }
    }

    @Test(arguments: Engine.available) func `a conversation of another is a conflict`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            try await store.commit([.conversation(.sample(owner: "ann"))], durability: .process)
            let intruders: [ConversationRow] = [
                .sample(owner: "bob"), .sample(owner: nil), .sample(project: "q", owner: "ann"),
            ]
            for intruder in intruders {
                let error = try await storeError {
                    try await store.commit([.conversation(intruder)], durability: .process)
                }
                guard case .conflict = error else { return #expect(Bool(false), "\(String(describing: error))") }
            }
            #expect(try await store.isTaken(ConversationKey(tenant: "t", project: "q", id: "c")))
            #expect(try await !store.isTaken(ConversationKey(tenant: "u", project: "p", id: "c")))
            // Another tenant's id is another conversation.
            try await store.commit([.conversation(.sample(tenant: "u", owner: "bob"))], durability: .process)
            #expect(try await store.conversation(conversation)?.owner == "ann")
        }
    }

    @Test(arguments: Engine.available) func `messages keep their order and come newest last`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            try await store.commit([.conversation(.sample())], durability: .process)
            var full = MessageRow.sample("m0", in: conversation, at: 3)
            full.fromSubAgent = "a"
            full.toSubAgent = "b"
            full.visibility = "internal"
            full.type = "a2a-request"
            full.run = "r"
            full.metadata = ["k": "v"]
            try await store.commit([.message(full)], durability: .process)
            for number in 1...9 {
                try await store.commit([.message(.sample("m\(number)", in: conversation, at: 4))], durability: .process)
            }
            let all = try await store.messages(conversation, limit: 100)
            #expect(all.map(\.id) == (0...9).map { "m\($0)" } && all.map(\.position) == Array(1...10))
            full.position = 1
            #expect(all[0] == full)
            #expect(try await store.messages(conversation, limit: 3).map(\.id) == ["m7", "m8", "m9"])
            #expect(try await store.messages(conversation, limit: 2, before: 4).map(\.id) == ["m1", "m2"])
            #expect(try await store.conversation(conversation)?.updatedAt == 4)
            let elsewhere = ConversationKey(tenant: "t", project: "q", id: "c")
            #expect(try await store.messages(elsewhere, limit: 3).isEmpty)
        }
    }

    @Test(arguments: Engine.available) func `a message id is taken once`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            try await store.commit(
                [.conversation(.sample()), .message(.sample("m", in: conversation))], durability: .process)
            let error = try await storeError {
                try await store.commit(
                    [.message(.sample("n", in: conversation)), .message(.sample("m", in: conversation))],
                    durability: .process)
            }
            guard case .uniqueViolation("Message m") = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
            #expect(try await store.messages(conversation, limit: 9).map(\.id) == ["m"])
            let nowhere = ConversationKey(tenant: "t", project: "q", id: "c")
            let missing = try await storeError {
                try await store.commit([.message(.sample("o", in: nowhere))], durability: .process)
            }
            guard case .notFound = missing else { return #expect(Bool(false), "\(String(describing: missing))") }
        }
    }

    @Test(arguments: Engine.available) func `messages from many writers get places without gaps`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            try await store.commit([.conversation(.sample())], durability: .process)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        try await store.commit(
                            [.message(.sample("m\(number)", in: conversation))],
                            durability: number.isMultiple(of: 5) ? .full : .process)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.messages(conversation, limit: 100).map(\.position) == Array(1...50))
        }
    }

    @Test(arguments: Engine.available) func `a run is written, changed and found`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let first = RunRow.sample("r1", at: 1, lease: Lease(owner: "me", until: 50))
            try await store.commit([.conversation(.sample()), .runStarted(first)], durability: .process)
            #expect(try await store.run(first.key) == first)
            #expect(try await store.run(RunKey(tenant: "t", project: "q", id: "r1")) == nil)
            try await store.commit([.runStarted(.sample("r2", at: 2))], durability: .process)
            #expect(try await store.latestRun(conversation)?.key.id == "r2")
            try await store.commit(
                [.runUpdated(first.key, .waiting, lease: nil, heldBy: "me", at: 7)], durability: .process)
            let waiting = try #require(try await store.run(first.key))
            #expect(waiting.status == .waiting && waiting.lease == nil && waiting.finishedAt == nil)
            try await store.commit([.runUpdated(first.key, .completed, lease: nil, at: 8)], durability: .process)
            let finished = try #require(try await store.run(first.key))
            #expect(finished.status == .completed && finished.finishedAt == 8 && finished.updatedAt == 8)
            let twice = try await storeError { try await store.commit([.runStarted(first)], durability: .process) }
            guard case .uniqueViolation("Run r1") = twice else {
                return #expect(Bool(false), "\(String(describing: twice))")
            }
            let missing = try await storeError {
                let key = RunKey(tenant: "t", project: "q", id: "r1")
                try await store.commit([.runUpdated(key, .failed, lease: nil, at: 9)], durability: .process)
            }
            guard case .notFound = missing else { return #expect(Bool(false), "\(String(describing: missing))") }
        }
    }

    @Test(arguments: Engine.available) func `events are read on from any number`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let run = RunRow.sample("r")
            let events = (1...20).map { number in
                StoredEvent(
                    sequence: Int64(number), at: Int64(number), type: "text", body: Array(#"{"t":"☃ \#(number)"}"#.utf8)
                )
            }
            try await store.commit(
                [.conversation(.sample()), .runStarted(run), .events(run.key, events)], durability: .process)
            #expect(try await store.events(run.key) == events)
            #expect(try await store.events(run.key, after: 5, limit: 3) == Array(events[5..<8]))
            #expect(try await store.events(RunKey(tenant: "t", project: "q", id: "r")).isEmpty)
            let twice = try await storeError {
                try await store.commit([.events(run.key, [events[3]])], durability: .process)
            }
            guard case .uniqueViolation("Event 4 of run r") = twice else {
                return #expect(Bool(false), "\(String(describing: twice))")
            }
            let unknown = try await storeError {
                let key = RunKey(tenant: "t", project: "p", id: "nowhere")
                try await store.commit([.events(key, events)], durability: .process)
            }
            guard case .foreignKeyViolation = unknown else {
                return #expect(Bool(false), "\(String(describing: unknown))")
            }
        }
    }

    @Test(arguments: Engine.available) func `a commit is whole or not at all`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let run = RunRow.sample("r")
            let event = StoredEvent(sequence: 1, at: 1, type: "text", body: Array("{}".utf8))
            let error = try await storeError {
                try await store.commit(
                    [
                        .conversation(.sample()), .runStarted(run), .message(.sample("m", in: conversation)),
                        .events(run.key, [event, event]),
                    ], durability: .full)
            }
            guard case .uniqueViolation = error else { return #expect(Bool(false), "\(String(describing: error))") }
            #expect(try await store.conversation(conversation) == nil)
            #expect(try await store.run(run.key) == nil)
        }
    }

    @Test(arguments: Engine.available) func `the active sub-agent is set and unset`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            try await store.commit(
                [.conversation(.sample()), .activeSubAgent(conversation, "sales", at: 4)], durability: .process)
            #expect(try await store.conversation(conversation)?.activeSubAgent == "sales")
            try await store.commit([.activeSubAgent(conversation, nil, at: 5)], durability: .process)
            #expect(try await store.conversation(conversation)?.activeSubAgent == nil)
            let missing = try await storeError {
                let key = ConversationKey(tenant: "t", project: "q", id: "c")
                try await store.commit([.activeSubAgent(key, "x", at: 5)], durability: .process)
            }
            guard case .notFound = missing else { return #expect(Bool(false), "\(String(describing: missing))") }
        }
    }

    @Test(arguments: Engine.available) func `conversations are listed last changed first`(_ engine: Engine) async throws
    {
        try await withStore(engine) { store in
            for number in 1...5 {
                let owner = number.isMultiple(of: 2) ? "ann" : "bob"
                try await store.commit(
                    [.conversation(.sample(id: "c\(number)", owner: owner, at: Int64(number)))], durability: .process)
            }
            let touched = ConversationKey(tenant: "t", project: "p", id: "c1")
            try await store.commit([.message(.sample("m", in: touched, at: 9))], durability: .process)
            let page = try await store.conversations(tenant: "t", project: "p", ConversationQuery(limit: 3))
            #expect(page.total == 5 && page.conversations.map(\.key.id) == ["c1", "c5", "c4"])
            let owned = try await store.conversations(
                tenant: "t", project: "p", ConversationQuery(of: .owner("ann"), limit: 3))
            #expect(owned.total == 2 && owned.conversations.map(\.key.id) == ["c4", "c2"])
            #expect(try await store.conversations(tenant: "t", project: "q", ConversationQuery(limit: 3)).total == 0)
        }
    }

    @Test(arguments: Engine.available) func `a deleted conversation takes all along`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let run = RunRow.sample("r")
            let event = StoredEvent(sequence: 1, at: 1, type: "text", body: Array("{}".utf8))
            try await store.commit(
                [
                    .conversation(.sample()), .message(.sample("m", in: conversation)), .runStarted(run),
                    .events(run.key, [event]),
                ], durability: .process)
            #expect(try await !store.deleteConversation(ConversationKey(tenant: "t", project: "q", id: "c")))
            #expect(try await store.deleteConversation(conversation))
            #expect(try await store.run(run.key) == nil)
            #expect(try await store.events(run.key).isEmpty)
            #expect(try await store.messages(conversation, limit: 9).isEmpty)
            #expect(try await !store.deleteConversation(conversation))
        }
    }
}

@Suite struct ClaimTests {
    @Test(arguments: Engine.available) func `only runs that nobody drives are claimed`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let expired = RunRow.sample("expired", lease: Lease(owner: "dead", until: 100))
            let alive = RunRow.sample("alive", lease: Lease(owner: "other", until: 101))
            let unowned = RunRow.sample("unowned")
            var waiting = RunRow.sample("waiting")
            waiting.status = .waiting
            var finished = RunRow.sample("finished")
            finished.status = .completed
            finished.finishedAt = 5
            let rows = [expired, alive, unowned, waiting, finished]
            try await store.commit([.conversation(.sample())] + rows.map(RunChange.runStarted), durability: .process)
            let claimed = try await store.claimRuns(owner: "me", now: 100, leaseUntil: 200, limit: 10)
            #expect(Set(claimed.map(\.key.id)) == ["expired", "unowned"])
            #expect(claimed.allSatisfy { $0.lease == Lease(owner: "me", until: 200) && $0.attempt == 2 })
            #expect(try await store.claimRuns(owner: "you", now: 100, leaseUntil: 200, limit: 10).isEmpty)
            #expect(
                try await store.claimRuns(owner: "you", now: 101, leaseUntil: 200, limit: 10).map(\.key.id) == ["alive"]
            )
        }
    }

    @Test(arguments: Engine.available) func `two claimers never get the same run`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let rows = (0..<40).map { RunChange.runStarted(.sample("r\($0)")) }
            try await store.commit([.conversation(.sample())] + rows, durability: .process)
            let claimed = try await withThrowingTaskGroup(of: [RunRow].self) { group in
                for claimer in 0..<8 {
                    group.addTask { try await store.claimRuns(owner: "o\(claimer)", now: 5, leaseUntil: 50, limit: 5) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 40 && Set(claimed.map(\.key.id)).count == 40)
        }
    }

    @Test(arguments: Engine.available) func `who lost its lease is told and cannot write`(_ engine: Engine) async throws
    {
        try await withStore(engine) { store in
            let mine = RunRow.sample("mine", lease: Lease(owner: "me", until: 10))
            let lost = RunRow.sample("lost", lease: Lease(owner: "me", until: 5))
            try await store.commit(
                [.conversation(.sample()), .runStarted(mine), .runStarted(lost)], durability: .process)
            #expect(try await store.claimRuns(owner: "you", now: 7, leaseUntil: 20, limit: 9).map(\.key.id) == ["lost"])
            #expect(try await store.renewLeases(owner: "me", ["mine", "lost"], until: 90) == ["mine"])
            #expect(try await store.run(mine.key)?.lease?.until == 90)
            #expect(try await store.run(lost.key)?.lease == Lease(owner: "you", until: 20))
            let error = try await storeError {
                try await store.commit(
                    [.runUpdated(lost.key, .completed, lease: nil, heldBy: "me", at: 8)], durability: .process)
            }
            guard case .conflict = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
    }

    @Test(arguments: Engine.available) func `a process that starts alone ends the leases of the dead`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let dead = RunRow.sample("dead", lease: Lease(owner: "before", until: 1_000_000))
            let mine = RunRow.sample("mine", lease: Lease(owner: "me", until: 1_000_000))
            try await store.commit(
                [.conversation(.sample()), .runStarted(dead), .runStarted(mine)], durability: .process)
            #expect(try await store.releaseLeases(exceptOf: "me") == 1)
            #expect(try await store.claimRuns(owner: "me", now: 5, leaseUntil: 9, limit: 9).map(\.key.id) == ["dead"])
        }
    }
}

@Suite struct ConversationPageTests {
    let conversation = ConversationKey(tenant: "t", project: "p", id: "c")

    @Test(arguments: Engine.available) func `a page tells whether more follow, and totals stay true`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let rows = (1...5).map { ConversationRow.sample(id: "c\($0)", owner: "ann", at: Int64($0)) }
            try await store.commit(rows.map { .conversation($0) }, durability: .process)
            for owner in [nil, "ann"] {
                let pages = try await [1, 2, 3, 4].asyncMap { page in
                    try await store.conversations(
                        tenant: "t", project: "p",
                        ConversationQuery(of: owner.map { .owner($0) } ?? .all, page: page, limit: 2))
                }
                #expect(pages.map(\.hasMore) == [true, true, false, false])
                #expect(pages.map(\.conversations.count) == [2, 2, 1, 0])
                #expect(pages.map(\.total) == [5, 5, 5, 5])
            }
        }
    }

    @Test(arguments: Engine.available) func `conversations are searched by id and title, from either end`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let titles = ["Öl und Gas", "Gas", "OIL", "öl?", nil]
            let rows = titles.enumerated().map { number, title in
                var row = ConversationRow.sample(
                    id: "c\(number)", owner: number < 3 ? "ann" : "bob", at: Int64(number))
                row.title = title
                return row
            }
            try await store.commit(rows.map { .conversation($0) }, durability: .process)
            func found(_ query: ConversationQuery) async throws -> ([String], Int, Bool) {
                let page = try await store.conversations(tenant: "t", project: "p", query)
                return (page.conversations.map(\.key.id), page.total, page.hasMore)
            }
            // Capitals beyond ASCII count on no database.
            #expect(try await found(ConversationQuery(search: "öl")) == (["c3", "c0"], 2, false))
            #expect(try await found(ConversationQuery(search: "öl", order: .ascending)) == (["c0", "c3"], 2, false))
            #expect(try await found(ConversationQuery(of: .owner("ann"), search: "öl")) == (["c0"], 1, false))
            #expect(try await found(ConversationQuery(search: "c", page: 2, limit: 2)) == (["c2", "c1"], 5, true))
            #expect(try await found(ConversationQuery(search: "%")) == ([], 0, false))
            #expect(try await found(ConversationQuery(order: .ascending, limit: 2)) == (["c0", "c1"], 5, true))
            #expect(
                try await found(ConversationQuery(of: .owner("bob"), order: .ascending, limit: 1)) == (["c3"], 2, true))
        }
    }

    @Test(arguments: Engine.available) func `internal messages are left out where only the user's are wanted`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            var changes: [RunChange] = [.conversation(.sample())]
            for number in 1...6 {
                var row = MessageRow.sample("m\(number)", in: conversation)
                if number.isMultiple(of: 2) { row.visibility = "internal" }
                changes.append(.message(row))
            }
            try await store.commit(changes, durability: .process)
            let newest = try await store.messages(conversation, limit: 2, includesInternal: false)
            #expect(newest.map(\.id) == ["m3", "m5"])
            let page = try await store.shownMessages(conversation, page: 2, limit: 2)
            #expect(page.messages.map(\.id) == ["m5"] && page.total == 3)
            #expect(try await store.message("m4", in: conversation)?.id == "m4")
            let other = ConversationKey(tenant: "t", project: "p", id: "d")
            #expect(try await store.message("m4", in: other) == nil)
        }
    }
}

extension Sequence {
    /// The results of one call after the other.
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
