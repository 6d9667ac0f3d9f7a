import CSQLite
import Catalog
import Dispatch
import Testing

@testable import Store

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs `body` with a new folder, and removes what it left there.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/covey-store-XXXXXX".utf8CString)
    let made = mkdtemp(&template) != nil
    try #require(made)
    let folder = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    defer {
        for name in ["covey.db", "covey.db-wal", "covey.db-shm"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
    try await body(folder)
}

/// Bytes of a file; nil when there is none.
private func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

private func copy(_ source: String, to target: String) throws {
    let input = open(source, O_RDONLY)
    let output = open(target, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
    try #require(input >= 0 && output >= 0)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(input, &buffer, buffer.count)
        guard count > 0 else { break }
        let written = write(output, buffer, count)
        try #require(written == count)
    }
    close(input)
    close(output)
}

@Suite struct SQLiteTests {
    private static let synchronous = Statement("PRAGMA synchronous")
    private static let journalMode = Statement("PRAGMA journal_mode")
    private static let foreignKeys = Statement("PRAGMA foreign_keys")

    private func pragma(_ statement: Statement, _ database: any Database, _ durability: Durability) async throws
        -> String?
    {
        try await database.write(durability) { try $0.first(statement, []) { $0.text(0) } }
    }

    @Test func `each batch syncs as its jobs ask`() async throws {
        let database = try await Engine.sqlite.database()
        // 1 is NORMAL, 2 is FULL (SQLite documentation, PRAGMA synchronous).
        for (durability, expected) in [(Durability.process, "1"), (.full, "2"), (.full, "2"), (.process, "1")] {
            #expect(try await pragma(Self.synchronous, database, durability) == expected)
        }
        #expect(try await pragma(Self.journalMode, database, .process) == "wal")
        #expect(try await pragma(Self.foreignKeys, database, .process) == "1")
        let levels = await withTaskGroup(of: (Durability, String?).self) { group in
            for number in 0..<200 {
                let durability: Durability = number.isMultiple(of: 7) ? .full : .process
                group.addTask { (durability, try? await pragma(Self.synchronous, database, durability)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        // In a batch with others a job may sync more than it asked, never less.
        #expect(levels.allSatisfy { $0.1 == "2" || ($0.0 == .process && $0.1 == "1") })
        await database.close()
    }

    @Test func `the log is emptied into the file on close and a second opening finds all`() async throws {
        try await withTemporaryFolder { folder in
            let url = "sqlite:\(folder)/covey.db"
            let store = try await Store.open(url: url, containers: [])
            let branch = try await store.makeProject()
            await store.close()
            #expect(size("\(folder)/covey.db-wal") ?? 0 == 0)
            let again = try await Store.open(url: url, containers: [])
            #expect(try await again.head(of: branch) == 1)
            await again.close()
        }
    }

    @Test(arguments: [Durability.process, .full])
    func `what was committed survives the end of the process`(_ durability: Durability) async throws {
        try await withTemporaryFolder { folder in
            try await withTemporaryFolder { copyFolder in
                let store = try await Store.open(url: "sqlite:\(folder)/covey.db", containers: [])
                var found: [Int: Set<String>] = [:]
                for round in 0..<40 {
                    let conversation = ConversationRow.sample(id: "c\(round)")
                    let message = MessageRow.sample("m\(round)", in: conversation.key)
                    try await store.commit([.conversation(conversation), .message(message)], durability: durability)
                    guard round.isMultiple(of: 8) else { continue }
                    // The files as a process that is killed now would leave them.
                    for suffix in ["", "-wal"] {
                        try copy("\(folder)/covey.db\(suffix)", to: "\(copyFolder)/covey.db\(suffix)")
                    }
                    unlink("\(copyFolder)/covey.db-shm")
                    let left = try await Store.open(url: "sqlite:\(copyFolder)/covey.db", containers: [])
                    let page = try await left.conversations(tenant: "t", project: "p", ConversationQuery(limit: 100))
                    found[round] = Set(page.conversations.map(\.key.id))
                    await left.close()
                }
                await store.close()
                for (round, ids) in found { #expect(ids == Set((0...round).map { "c\($0)" })) }
                #expect(found.count == 5)
            }
        }
    }

    @Test func `a statement keeps its plan whatever values it is given`() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/covey.db"
            let store = try await Store.open(url: "sqlite:\(path)", containers: Engine.containers)
            let branch = try await store.makeProject()
            await store.close()
            let connection = try SQLiteConnection(path: path, role: .reader)
            for kind in ["project", "tool", "agent", "tool"] {
                let key = ResourceKey(kind: kind, id: "p")
                let found = try connection.rows(SQL.get, branch.values + key.values) { $0.text(0) }
                #expect(found == (kind == "project" ? ["project"] : []))
            }
            #expect(connection.replannings == 0)
        }
    }

    @Test func `a database in memory leaves no file`() async throws {
        let database = try SQLiteDatabase(path: ":memory:")
        let list = Statement("PRAGMA database_list")
        let path = try #require(try await database.read { try $0.first(list, []) { $0.text(2) } })
        #expect(size(path) != nil)
        await database.close()
        #expect(size(path) == nil)
    }

    private static let fill = Statement("INSERT INTO filler (text) VALUES ($1)")
    private static let fillerCount = Statement("SELECT count(*) FROM filler")
    private static let check = Statement("PRAGMA integrity_check")

    @Test func `a full disk is an error and nothing is damaged`() async throws {
        let store = try await Store.open(try await Engine.sqlite.database(), containers: [])
        let branch = try await store.makeProject()
        try await store.database.write(.full) { connection in
            try connection.script("CREATE TABLE filler (text TEXT); PRAGMA max_page_count = 200")
        }
        let text = String(repeating: "x", count: 20_000)
        let outcomes = await withTaskGroup(of: StoreError?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do throws(StoreError) {
                        try await store.database.write(.process) { _ = try $0.execute(Self.fill, [.text(text)]) }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let failures = outcomes.compactMap { $0 }
        #expect(!failures.isEmpty && failures.count < outcomes.count)
        for failure in failures {
            guard case .full = failure else {
                Issue.record("\(failure)")
                continue
            }
        }
        let kept = try await store.database.read { try $0.first(Self.fillerCount, []) { $0.integer(0) } }
        #expect(kept == Int64(outcomes.count - failures.count))
        #expect(try await store.database.read { try $0.first(Self.check, []) { $0.text(0) } } == "ok")
        #expect(failures[0].problem.status == 507)
        // With room again, writing goes on.
        try await store.database.write(.full) { try $0.script("PRAGMA max_page_count = 100000") }
        try await store.put(ResourceKey(kind: "tool", id: "x"), in: branch)
        #expect(try await store.head(of: branch) == 2)
        await store.close()
    }

    @Test func `the log stays bounded while a writer never rests`() async throws {
        try await withTemporaryFolder { folder in
            let database = try SQLiteDatabase(path: "\(folder)/covey.db")
            try await database.write(.process) { try $0.script("CREATE TABLE filler (text TEXT)") }
            let text = String(repeating: "x", count: 100_000)
            var longest = 0
            // 250 MB in all, nearly four times what the log may hold.
            for _ in 0..<2500 {
                try await database.write(.process) { _ = try $0.execute(Self.fill, [.text(text)]) }
                longest = max(longest, size("\(folder)/covey.db-wal") ?? 0)
            }
            let frameBytes = 4096 + 24
            #expect(longest <= (SQLiteWriter.logFramesMax + 1000) * frameBytes)
            await database.close()
        }
    }

    @Test func `a full queue refuses at once and what was taken is done`() async throws {
        let database = try await Engine.sqlite.database()
        try await database.write(.process) { try $0.script("CREATE TABLE filler (text TEXT)") }
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let mayEnd = DispatchSemaphore(value: 0)
        let refusedCount = 20
        let (done, refused) = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await database.write(.full) { _ in
                    start.yield()
                    mayEnd.wait()
                }
                return true
            }
            // The writer is at work from here on, until it may end.
            for await _ in started { break }
            for _ in 0..<SQLiteWriter.queueMax + refusedCount {
                group.addTask {
                    do throws(StoreError) {
                        try await database.write(.full) { _ = try $0.execute(Self.fill, [.text("x")]) }
                        return true
                    } catch {
                        guard case .tooBusy = error else { throw error }
                        return false
                    }
                }
            }
            var (done, refused) = (0, 0)
            for try await isDone in group {
                if isDone { done += 1 } else { refused += 1 }
                if !isDone, refused == refusedCount { mayEnd.signal() }
            }
            return (done, refused)
        }
        #expect(refused == refusedCount && done == SQLiteWriter.queueMax + 1)
        let count = try await database.read { try $0.first(Self.fillerCount, []) { $0.integer(0) } }
        #expect(count == Int64(SQLiteWriter.queueMax))
        await database.close()
    }

    @Test func `reads that find no connection wait for one`() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/covey.db"
            let database = try SQLiteDatabase(path: path)
            try await database.write(.process) { try $0.script("CREATE TABLE filler (text TEXT)") }
            let readers = try SQLiteReaders(path: path, count: 1)
            let answers = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<500 {
                    group.addTask { try await readers.read { try $0.first(Self.fillerCount, []) { $0.integer(0) } } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 500 && answers.allSatisfy { $0 == 0 })
            readers.close()
            let error = try await storeError { try await readers.read { try $0.script("SELECT 1") } }
            guard case .unavailable(retryable: false) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            await database.close()
        }
    }

    @Test func `what is no database is called damaged`() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/covey.db"
            let file = open(path, O_CREAT | O_WRONLY, 0o600)
            let text = Array(String(repeating: "This is not a database. ", count: 100).utf8)
            #expect(write(file, text, text.count) == text.count)
            close(file)
            let error = try await storeError { _ = try await Store.open(url: "sqlite:\(path)", containers: []) }
            guard case .corrupt = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.description.contains("backup") == true)
        }
        let missing = try await storeError { _ = try await Store.open(url: "sqlite:/nowhere/covey.db", containers: []) }
        guard case .unavailable = missing else {
            Issue.record("\(String(describing: missing))")
            return
        }
    }
}
