import Catalog
import Testing

@testable import Store

@Suite(.enabled(if: Engine.postgresURL != nil, "PostgreSQL is left out: run under Scripts/postgres with"))
struct PostgresTests {
    private static let kill = Statement("SELECT pg_terminate_backend(pg_backend_pid())")
    private static let setting = Statement("SELECT current_setting('synchronous_commit')")
    private static let slow = Statement("SELECT pg_sleep(30)")

    @Test func `a connection lost within a write is an error and the next job works`() async throws {
        try await withStore(.postgres) { store in
            let branch = try await store.makeProject()
            for _ in 1...20 {
                let error = try await storeError {
                    try await store.write(in: branch, actor: "ann", at: 5) { transaction in
                        try transaction.put(ResourceKey(kind: "tool", id: "x"), [:], [])
                        try transaction.connection.query(Self.kill, []) { _ in }
                    }
                }
                guard case .unavailable = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(error?.problem.status == 503)
                #expect(try await store.head(of: branch) == 1)
            }
            try await store.put(ResourceKey(kind: "tool", id: "x"), in: branch)
            #expect(try await store.head(of: branch) == 2)
        }
    }

    @Test func `connections that broke while idle are made anew unseen`() async throws {
        let url = try await Engine.schemaURL()
        let name = "idle\(UInt64.random(in: 0 ... .max))"
        let store = try await Store.open(url: "\(url)&application_name=\(name)", containers: [])
        let branch = try await store.makeProject()
        let killer = try await Store.open(url: url, containers: [])
        let kill = Statement(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1")
        for round in 1...5 as ClosedRange<Int64> {
            let killed = try await killer.database.read { try $0.first(kill, [.text(name)]) { $0.integer(0) } }
            #expect(killed ?? 0 > 0)
            try await store.put(ResourceKey(kind: "tool", id: "x"), ["round": .integer(round)], in: branch)
            #expect(try await store.head(of: branch) == round + 1)
        }
        await killer.close()
        await store.close()
    }

    @Test func `a server that is not there is an error that says to try again`() async throws {
        // Port 1 of loopback: nothing listens there.
        let error = try await storeError {
            _ = try await Store.open(url: "postgres://covey@127.0.0.1:1/postgres", containers: [])
        }
        guard case .unavailable(retryable: true) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `only jobs that ask for it wait for the disk`() async throws {
        try await withStore(.postgres) { store in
            for (durability, expected) in [(Durability.process, "off"), (.full, "on"), (.process, "off")] {
                let level = try await store.database.write(durability) { try $0.first(Self.setting, []) { $0.text(0) } }
                #expect(level == expected)
            }
        }
    }

    @Test func `a statement that takes too long is given up`() async throws {
        let url = try await Engine.schemaURL()
        let store = try await Store.open(url: url + "%20-cstatement_timeout%3D50", containers: [])
        let error = try await storeError {
            try await store.database.write(.process) { try $0.query(Self.slow, []) { _ in } }
        }
        guard case .tooBusy = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await store.ping()
        await store.close()
    }

    @Test func `text with a NUL is refused in words`() async throws {
        try await withStore(.postgres) { store in
            var row = ConversationRow.sample()
            row.title = "a\u{0}b"
            let error = try await storeError { [row] in
                try await store.commit([.conversation(row)], durability: .process)
            }
            #expect(error?.description == "Text must not hold the character U+0000.")
        }
    }

    private static let hold = Statement("SELECT pg_sleep(0.3)")
    private static let read = Statement("SELECT text FROM pair WHERE id = $1")
    private static let write = Statement("UPDATE pair SET text = $2 WHERE id = $1")

    @Test func `jobs that lock each other out are tried again`() async throws {
        try await withStore(.postgres) { store in
            try await store.database.write(.process) { connection in
                try connection.script("CREATE TABLE pair (id BIGINT PRIMARY KEY, text TEXT)")
                try connection.script("INSERT INTO pair VALUES (1, ''), (2, '')")
            }
            // Each holds one row for a while and then wants the other's: the server ends one of them.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for order in [[1, 2], [2, 1]] as [[Int64]] {
                    group.addTask {
                        try await store.database.write(.process) { connection in
                            for id in order {
                                try connection.execute(Self.write, [.integer(id), .text("\(order)")])
                                try connection.query(Self.hold, []) { _ in }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let texts = try await store.database.read { connection in
                try [1, 2].map { id in try connection.first(Self.read, [.integer(id)]) { $0.text(0) } }
            }
            #expect(texts[0] == texts[1])
        }
    }

    @Test func `a listener whose connection broke is told to catch up and hears again`() async throws {
        let url = try await Engine.schemaURL()
        let name = "listen\(UInt64.random(in: 0 ... .max))"
        let store = try await Store.open(url: "\(url)&application_name=\(name)", containers: [])
        var iterator = store.listen(name).makeAsyncIterator()
        #expect(await iterator.next() == .catchUp)
        let kill = Statement(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name = $1 AND query LIKE 'LISTEN%'
            """)
        let killed = try await store.database.read { try $0.first(kill, [.text(name)]) { $0.integer(0) } }
        #expect(killed == 1)
        #expect(await iterator.next() == .catchUp)
        try await store.notify(name, "again")
        #expect(await iterator.next() == .message("again"))
        await store.close()
    }
}
