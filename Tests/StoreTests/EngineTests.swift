import Catalog
import Store
import Testing

/// A table that tests of the engines write to.
private enum Notes {
    static let create = "CREATE TABLE note (id {integer} NOT NULL PRIMARY KEY, text {text})"
    static let insert = Statement("INSERT INTO note (id, text) VALUES ($1, $2)")
    static let count = Statement("SELECT count(*) FROM note")
    static let all = Statement("SELECT id, text FROM note ORDER BY id")

    static func count(_ database: any Database) async throws -> Int64? {
        try await database.read { connection in try connection.first(count, []) { $0.integer(0) } }
    }
}

/// Fails a body as its caller would.
private struct Refused: Error, Equatable {}

@Suite struct EngineTests {
    private func withNotes(_ engine: Engine, _ body: (any Database) async throws -> Void) async throws {
        let database = try await engine.database()
        do {
            try await database.write(.process) { try $0.script(Notes.create) }
            try await body(database)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    private static let values = Statement(
        """
        SELECT CAST($2 AS TEXT), CAST($1 AS {integer}), CAST($3 AS DOUBLE PRECISION), CAST($4 AS TEXT),
            CAST($5 AS TEXT), CAST($1 AS {integer}) > 3
        """)

    @Test(arguments: Engine.available)
    func `parameters go by their number and values come back`(_ engine: Engine) async throws {
        try await withNotes(engine) { database in
            let matches = try await database.read { connection in
                try connection.first(
                    Self.values,
                    [.integer(.max), .text("é\"'\\☃"), .double(-1.25e-7), .null, .utf8(Array("bytes".utf8))]
                ) { row in
                    row.text(0) == "é\"'\\☃" && row.integer(1) == .max && row.double(2) == -1.25e-7 && row.isNull(3)
                        && row.optionalText(3) == nil && row.optionalInteger(3) == nil
                        && row.utf8(4) == Array("bytes".utf8) && row.bool(5)
                }
            }
            #expect(matches == true)
        }
    }

    @Test(arguments: Engine.available)
    func `empty text is not null`(_ engine: Engine) async throws {
        try await withNotes(engine) { database in
            try await database.write(.process) { connection in
                try connection.execute(Notes.insert, [.integer(1), .text("")])
                try connection.execute(Notes.insert, [.integer(2), .utf8([])])
                try connection.execute(Notes.insert, [.integer(3), .null])
            }
            let texts = try await database.read { try $0.rows(Notes.all, []) { $0.optionalText(1) } }
            #expect(texts == ["", "", nil])
        }
    }

    @Test(arguments: Engine.available, [Durability.process, .full])
    func `a failing job harms none of its neighbours`(_ engine: Engine, _ durability: Durability) async throws {
        try await withNotes(engine) { database in
            let outcomes = await withTaskGroup(of: (Int64, Result<Void, any Error>).self) { group in
                for number in 1...120 as ClosedRange<Int64> {
                    group.addTask {
                        do throws(StoreError) {
                            try await database.write(durability) { connection in
                                try connection.execute(Notes.insert, [.integer(number), .text("kept")])
                                // One in three fails after its write: by an error of its own, or by a doubled key.
                                if number.isMultiple(of: 6) { throw Refused() }
                                if number.isMultiple(of: 3) {
                                    try connection.execute(Notes.insert, [.integer(number), .text("twice")])
                                }
                            }
                            return (number, .success(()))
                        } catch {
                            return (number, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (number, outcome) in outcomes {
                switch (outcome, number.isMultiple(of: 6), number.isMultiple(of: 3)) {
                case (.success, false, false): break
                case (.failure(StoreError.other(let cause)), true, _): #expect(cause is Refused)
                case (.failure(StoreError.uniqueViolation), false, true): break
                default: Issue.record("job \(number): \(outcome)")
                }
            }
            let kept = try await database.read { try $0.rows(Notes.all, []) { $0.integer(0) } }
            #expect(kept == (1...120).filter { !$0.isMultiple(of: 3) })
        }
    }

    @Test(arguments: Engine.available)
    func `what a write returned is there for the next read`(_ engine: Engine) async throws {
        try await withNotes(engine) { database in
            for number in 1...50 as ClosedRange<Int64> {
                let durability: Durability = number.isMultiple(of: 2) ? .full : .process
                try await database.write(durability) { connection in
                    _ = try connection.execute(Notes.insert, [.integer(number), .null])
                }
                #expect(try await Notes.count(database) == number)
            }
        }
    }

    @Test(arguments: Engine.available)
    func `a syntax error is for the log and the connection goes on`(_ engine: Engine) async throws {
        try await withNotes(engine) { database in
            let broken = Statement("SELECT FROM WHERE")
            for _ in 1...3 {
                let error = try await storeError { try await database.read { try $0.query(broken, []) { _ in } } }
                guard case .other(let cause as EngineFailure) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(!cause.message.isEmpty)
                #expect(error?.problem.detail == Problem.internalDetail)
            }
            #expect(try await Notes.count(database) == 0)
        }
    }

    @Test(arguments: Engine.available)
    func `reads at the same time are all answered`(_ engine: Engine) async throws {
        try await withNotes(engine) { database in
            let total = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<200 { group.addTask { try await Notes.count(database) } }
                return try await group.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
            }
            #expect(total == 200)
        }
    }

    @Test(arguments: Engine.available)
    func `a closed database refuses and has finished what it took`(_ engine: Engine) async throws {
        let database = try await engine.database()
        try await database.write(.process) { try $0.script(Notes.create) }
        let stream = database.listen("any")
        await withTaskGroup(of: StoreError?.self) { group in
            for number in 1...40 as ClosedRange<Int64> {
                group.addTask {
                    do throws(StoreError) {
                        try await database.write(.full) { connection in
                            _ = try connection.execute(Notes.insert, [.integer(number), .null])
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            group.addTask {
                await database.close()
                return nil
            }
            // That every task comes to its end is the point: no caller is left waiting.
            for await error in group {
                switch error {
                case nil, .unavailable(retryable: false): break
                case let error?: Issue.record("\(error)")
                }
            }
        }
        let late = try await storeError { try await database.write(.process) { try $0.script("SELECT 1") } }
        guard case .unavailable(retryable: false) = late else {
            Issue.record("\(String(describing: late))")
            return
        }
        let read = try await storeError { _ = try await Notes.count(database) }
        guard case .unavailable(retryable: false) = read else {
            Issue.record("\(String(describing: read))")
            return
        }
        var signals = 0
        for await signal in stream where signal != .catchUp { signals += 1 }
        #expect(signals == 0)
        await database.close()
    }

    /// A job that came between the last look into the queue and the one whether to stop was left behind.
    @Test(.timeLimit(.minutes(4))) func `whoever writes while the database closes is answered`() async throws {
        for round in 0..<1000 as Range<Int64> {
            let database = try SQLiteDatabase(path: ":memory:")
            try await database.write(.process) { try $0.script(Notes.create) }
            await withTaskGroup(of: Void.self) { group in
                for writer in 1...3 as ClosedRange<Int64> {
                    group.addTask {
                        for turn in 0..<20 as Range<Int64> {
                            if writer == 1, turn == round % 20 { await database.close() }
                            _ = try? await database.write(.full) { connection in
                                _ = try connection.execute(Notes.insert, [.integer(writer * 100 + turn), .null])
                            }
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: Engine.available)
    func `listeners hear what is told on their channel`(_ engine: Engine) async throws {
        let listening = try await Store.open(try await engine.database(), containers: [])
        let channel = "runs \"\(UInt64.random(in: 0 ... .max))\""
        let stream = listening.listen(channel)
        var iterator = stream.makeAsyncIterator()
        // PostgreSQL says when it listens; what is told within one process is heard at once.
        if engine == .postgres { #expect(await iterator.next() == .catchUp) }
        try await listening.notify("another channel", "not for us")
        for number in 1...5 { try await listening.notify(channel, "run \(number)") }
        for number in 1...5 { #expect(await iterator.next() == .message("run \(number)")) }
        await listening.close()
        #expect(await iterator.next() == nil)
    }

    @Test func `an unknown kind of database is refused with what is known`() async throws {
        let error = try await storeError { _ = try await Store.open(url: "mysql://localhost", containers: []) }
        #expect(error?.description == "A database is named sqlite:PATH or postgres://…, not mysql:….")
    }
}
