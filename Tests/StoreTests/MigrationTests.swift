import Catalog
import Testing

@testable import Store

@Suite struct MigrationTests {
    /// Released migrations never change: a database that has run one will not run it again. When this test fails, put
    /// the old text back and write a new migration.
    static let fingerprints: [UInt64] = [
        4_691_983_964_026_093_639, 16_483_523_381_187_864_321, 4_176_062_511_704_491_275,
        5_699_283_735_232_641_070, 3_013_887_437_429_049_515, 4_244_073_395_898_749_432, 9_757_425_691_665_165_171,
        18_385_903_241_292_244_521, 17_603_558_415_487_456_298, 12_060_517_224_173_210_643,
        12_394_740_196_817_681_162, 14_035_775_571_167_838_123, 13_124_971_014_292_281_101,
        12_660_309_827_009_492_381, 18_289_134_016_634_260_070, 17_977_333_766_399_130_245,
    ]

    /// FNV-1a, 64 bits.
    private func fingerprint(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    @Test func `released migrations are as they were`() {
        #expect(Migrations.all.map(fingerprint) == Self.fingerprints)
    }

    @Test(arguments: Engine.available) func `opening twice migrates once`(_ engine: Engine) async throws {
        let database = try await engine.database()
        try await Migrations.run(on: database)
        try await Migrations.run(on: database)
        let versions = Statement("SELECT version FROM schema_version ORDER BY version")
        let found = try await database.read { try $0.rows(versions, []) { $0.integer(0) } }
        #expect(found == (1...Migrations.all.count).map { Int64($0) })
        await database.close()
    }

    @Test(arguments: Engine.available) func `a newer database is refused and left alone`(_ engine: Engine) async throws
    {
        let database = try await engine.database()
        let steps = Migrations.all + ["CREATE TABLE later (id {integer} NOT NULL PRIMARY KEY)"]
        try await Migrations.run(on: database, steps: steps)
        let error = try await storeError { try await Migrations.run(on: database) }
        guard case .newerSchema(let found, let known) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found == steps.count && known == Migrations.all.count)
        let sentence = try #require(error?.description)
        #expect(sentence.contains("Start the newer covey") && sentence.contains("\(found)"))
        await database.close()
    }

    @Test(arguments: Engine.available) func `a failing step leaves nothing behind`(_ engine: Engine) async throws {
        let database = try await engine.database()
        let broken = ["CREATE TABLE first (id {integer} NOT NULL PRIMARY KEY)", "CREATE TABLE first (id {integer})"]
        #expect(try await storeError { try await Migrations.run(on: database, steps: broken) } != nil)
        try await Migrations.run(on: database, steps: [broken[0]])
        await database.close()
    }

    @Test(arguments: Engine.available) func `two processes that start together migrate once`(_ engine: Engine)
        async throws
    {
        switch engine {
        case .postgres:
            let url = try await Engine.schemaURL()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { await (try Store.open(url: url, containers: [])).close() }
                }
                try await group.waitForAll()
            }
        case .sqlite:
            // Often: who is refused the switch to the log must meet another who is at it.
            for _ in 0..<10 {
                try await withTemporaryFolder { folder in
                    let url = "sqlite:\(folder)/covey.db"
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<4 {
                            group.addTask { await (try Store.open(url: url, containers: [])).close() }
                        }
                        try await group.waitForAll()
                    }
                }
            }
        }
    }
}
