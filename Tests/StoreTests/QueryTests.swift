import Catalog
import StoreTesting
import Synchronization
import Testing

@testable import Store

/// How SQLite would run the statements that ran.
private final class Plans: Sendable {
    private let plans = Mutex<[String: [String]]>([:])

    var all: [String: [String]] { plans.withLock { $0 } }

    @Sendable func note(_ connection: any Connection, _ statement: Statement, _ values: [SQLValue]) throws {
        let plan = try connection.rows(Statement("EXPLAIN QUERY PLAN \(statement.text)"), values) { $0.text(3) }
        plans.withLock { $0[statement.text] = plan }
    }
}

@Suite struct QueryTests {
    let branch = BranchKey(tenant: "t", project: "p")
    let conversation = ConversationKey(tenant: "t", project: "p", id: "c")
    let run = RunKey(tenant: "t", project: "p", id: "r")
    let tool = ResourceKey(kind: "tool", id: "search")

    private let plans = Plans()

    private func watched() async throws -> (WatchedDatabase, Store) {
        let database = WatchedDatabase(try await Engine.sqlite.database(), look: plans.note)
        let store = try await Store.open(database, containers: Engine.containers, links: { _, _ in [] })
        _ = try await store.makeProject()
        try await store.put(tool, in: branch)
        let lease = Lease(owner: "me", until: 9)
        try await store.commit(
            [.conversation(.sample()), .runStarted(.sample("r", lease: lease))], durability: .process)
        return (database, store)
    }

    @Test func `a page of any list is at most two statements`() async throws {
        let (database, store) = try await watched()
        var query = ListQuery(kind: "tool")
        #expect(try await database.watching { _ = try await store.list(query, in: branch) }.count == 2)
        query.referringTo = tool
        #expect(try await database.watching { _ = try await store.list(query, in: branch) }.count == 1, "none refers")
        let projects = try await database.watching {
            _ = try await store.tenantList("t", kind: "project", page: 1, limit: 10)
        }
        #expect(projects.count == 2)
        for owner in [nil, "ann"] {
            let statements = try await database.watching {
                _ = try await store.conversations(
                    tenant: "t", project: "p", ConversationQuery(of: owner.map { .owner($0) } ?? .all, limit: 10))
            }
            #expect(statements.count == 2)
        }
        await store.close()
    }

    @Test func `a page far into a long list is read from the index that has its order`() async throws {
        let (database, store) = try await watched()
        let indexes: [ListQuery.Sort: String] = [
            .createdAt: "resource_in_place", .updatedAt: "resource_by_update", .name: "resource_by_name",
            .id: "resource_inside",
        ]
        for (sort, index) in indexes {
            for order in ListQuery.Order.allCases {
                let query = ListQuery(kind: "tool", sort: sort, order: order, isNamed: true)
                let statements = try await database.watching { _ = try await store.list(query, in: branch) }
                let page = try #require(statements.last)
                let plan = plans.all[page] ?? []
                #expect(
                    plan.contains { $0.hasPrefix("SEARCH resource USING COVERING INDEX \(index) ") },
                    "\(plan.joined(separator: "\n"))")
                #expect(plan.count { $0.contains("TEMP B-TREE") } <= 1, "only what is shown is sorted")
            }
        }
        await store.close()
    }

    @Test func `a project is read by one statement`() async throws {
        let (database, store) = try await watched()
        #expect(try await database.watching { _ = try await store.graph(of: branch) }.count == 1)
        await store.close()
    }

    @Test func `a turn's commits are few statements`() async throws {
        let (database, store) = try await watched()
        let event = StoredEvent(sequence: 1, at: 1, type: "text", body: Array("{}".utf8))
        let first = try await database.watching {
            try await store.commit(
                [
                    .conversation(.sample()), .message(.sample("m", in: conversation)), .runStarted(.sample("r2")),
                    .events(run, [event]),
                ], durability: .process)
        }
        #expect(first.count == 4)
        let second = try await database.watching {
            try await store.commit(
                [
                    .message(.sample("n", in: conversation)),
                    .runUpdated(run, .completed, lease: nil, heldBy: "me", at: 2),
                ], durability: .process)
        }
        #expect(second.count == 3)
        #expect(try await store.messages(conversation, limit: 9).map(\.position) == [1, 2])
        await store.close()
    }

    /// Every form of a list.
    private static func list(_ transaction: ConfigurationTransaction, _ tool: ResourceKey) throws {
        for sort in ListQuery.Sort.allCases {
            for order in ListQuery.Order.allCases {
                for isNamed in [false, true] {
                    let filters: [ListQuery.Filter] = [
                        .init("toolId", is: "search", target: tool), .init("type", is: "x"),
                    ]
                    var query = ListQuery(kind: "tool", sort: sort, order: order, isNamed: isNamed)
                    _ = try transaction.page(query)
                    _ = try transaction.tenantPage(query)
                    query.search = "s"
                    _ = try transaction.page(query)
                    _ = try transaction.tenantPage(query)
                    query.filters = filters
                    _ = try transaction.page(query)
                }
            }
        }
    }

    /// A write with a key, and the same again.
    private static func writeOnce(_ store: Store, _ branch: BranchKey) async throws {
        let name = KeyedRequest.Name(tenant: "t", caller: "ann", operation: "make", key: "k")
        for fingerprint in ["f", "f"] {
            _ = try await store.write(
                in: branch, actor: "ann", at: 3, once: KeyedRequest(name, fingerprint: fingerprint)
            ) { _ in ((), KeptAnswer(status: 204, body: nil, entityTag: nil)) }
        }
    }

    @Test func `no query walks through a whole table`() async throws {
        let (_, store) = try await watched()
        let relation = ResourceKey(kind: "relation", id: "x")
        _ = try await store.graph(of: branch)
        _ = try await store.changes(of: branch)
        _ = try await store.linksFrom(tool, in: branch)
        let agent = ResourceKey(kind: "agent", id: "a")
        _ = try await store.readConfiguration(in: branch) { try $0.contents(of: agent) }
        try await store.write(in: branch, actor: "ann", at: 3) { transaction in
            let part = ResourceKey(kind: "part", parent: "a", id: "p")
            _ = try transaction.contents(of: agent)
            try transaction.put(part, [:], [])
            try transaction.put(part, ["v": 2], [])
        }
        try await store.write(in: branch, actor: "ann", at: 3) { transaction in
            _ = try transaction.everything()
            _ = try transaction.all("tool", "")
            _ = try transaction.several([tool, relation])
            _ = try transaction.links(from: tool)
            let links = [ResourceLink(target: tool, role: "toolId", rule: .clear)]
            try transaction.put(relation, ["toolId": "search"], links)
            try transaction.put(relation, ["toolId": "search", "v": 2], [])
            try transaction.put(relation, ["toolId": "search", "v": 3], links)
            _ = try transaction.page(ListQuery(kind: "tool"))
            _ = try transaction.page(ListQuery(kind: "relation", referringTo: tool))
            let keys = [tool, relation, relation, ResourceKey(kind: "tool", id: "none")]
            #expect(try transaction.several(keys).count == 2)
            try Self.list(transaction, tool)
            _ = try transaction.atTop(of: ["p"], kind: "agent")
            _ = try transaction.referrers(tool)
            try transaction.delete(tool)
            try transaction.put(ResourceKey(kind: "agent", id: "a"), [:], [])
            try transaction.delete(ResourceKey(kind: "agent", id: "a"))
        }
        try await store.write(in: BranchKey(tenant: "t", project: "p", branch: "draft"), actor: "ann", at: 3) {
            try $0.createBranch(from: "main")
        }
        try await useVersions(store)
        let event = StoredEvent(sequence: 1, at: 1, type: "text", body: Array("{}".utf8))
        try await store.commit(
            [
                .message(.sample("m", in: conversation)), .events(run, [event]),
                .runUpdated(run, .running, lease: Lease(owner: "me", until: 9), heldBy: "me", at: 2),
                .runUpdated(run, .running, lease: Lease(owner: "me", until: 9), at: 2),
                .activeSubAgent(conversation, "x", at: 3),
            ], durability: .process)
        try await readConversations(store)
        _ = try await store.run(run)
        _ = try await store.latestRun(conversation)
        _ = try await store.events(run)
        _ = try await store.renewLeases(owner: "me", ["r"], until: 11)
        _ = try await store.claimRuns(owner: "you", now: 50, leaseUntil: 60, limit: 5)
        try await store.releaseLeases(exceptOf: "me")
        _ = try await store.deleteConversation(conversation)
        try await Self.writeOnce(store, branch)
        try await store.write(in: branch, actor: "ann", at: 3) { try $0.deleteProject() }
        expectSearches()
        await store.close()
    }

    /// That no statement which ran looks at all of a table, or at all of a branch where it wants less.
    private func expectSearches() {
        let plans = plans.all
        #expect(plans.count > 40)
        // What an upgrade does once is no query.
        let onceOnly = plans.keys.filter { $0.contains("schema_version") || $0.contains("facets_declared") }
        for (statement, plan) in plans where !onceOnly.contains(statement) && statement != "DELETE FROM facet" {
            // A window or a count over rows that an index found scans those, and a look at several things the list of
            // their keys; a statement without FROM scans nothing.
            let scans = plan.filter {
                $0.hasPrefix("SCAN") && !$0.hasPrefix("SCAN CONSTANT ROW") && !$0.hasPrefix("SCAN (")
                    && $0 != "SCAN counted" && $0 != "SCAN wanted" && !$0.hasSuffix("CONSTANT ROWS")
            }
            #expect(scans.isEmpty, "\(statement)\n\(plan.joined(separator: "\n"))")
            if Self.areAboutBranches.contains(statement) { continue }
            let walks = plan.filter { $0.hasSuffix("(tenant=? AND project=? AND branch=?)") }
            #expect(walks.isEmpty, "\(statement)\n\(plan.joined(separator: "\n"))")
        }
    }

    /// What has to look at all of a branch.
    private static let areAboutBranches = Set(
        ([
            SQL.everything, SQL.graph, SQL.links.all, SQL.outsideLinks.all, SQL.copyResources, SQL.copyLinks,
            SQL.copyFacets, SQL.copyTally,
            // Seeks the end of the log.
            SQL.lastNumber,
        ] + SQL.deleteBranch + SQL.deleteProject).map(\.text))

    /// Reads conversations in every way that there is.
    private func readConversations(_ store: Store) async throws {
        for includesInternal in [true, false] {
            _ = try await store.messages(conversation, limit: 9, includesInternal: includesInternal)
        }
        _ = try await store.shownMessages(conversation, page: 1, limit: 9)
        _ = try await store.message("m", in: conversation)
        _ = try await store.conversation(conversation)
        _ = try await store.isTaken(conversation)
        let ways: [(String?, ListQuery.Order)] = [(nil, .descending), (nil, .ascending), ("c", .descending)]
        for owner in [nil, "ann"] {
            for (search, order) in ways {
                _ = try await store.conversations(
                    tenant: "t", project: "p",
                    ConversationQuery(of: owner.map { .owner($0) } ?? .all, search: search, order: order, limit: 10))
            }
        }
    }

    /// Asks everything of branches and states that there is to ask.
    private func useVersions(_ store: Store) async throws {
        let agent = ResourceKey(kind: "agent", id: "a")
        try await store.write(in: branch, actor: "ann", at: 4) { transaction in
            let versions = transaction.versions(at: nil)
            let first = try #require(try versions.past(1))
            let head = try #require(try versions.standing()?.commit)
            _ = try versions.create("old", first)
            let old = try versions.reader(first)
            _ = try old([tool, agent, agent])
            _ = try versions.branches(nil)
            _ = try versions.branches(tool)
            _ = try versions.commit(head.hash(in: transaction.branch))
            _ = try versions.touched(first, head)
            let vector = try versions.vector(head)
            for subject in [.everything, .resource(tool), .container(agent)] as [HistoryQuery.Subject] {
                for order in ListQuery.Order.allCases {
                    _ = try versions.history(HistoryQuery(subject, order: order))
                }
            }
            try versions.apply([(tool, nil), (agent, nil)])
            try versions.record(MergeRecord(source: first, vector: vector, message: nil, author: nil))
            try versions.remove("old")
        }
    }
}
