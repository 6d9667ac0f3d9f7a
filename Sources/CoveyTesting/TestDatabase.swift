import Foundation
import Runtime
import Store

/// The database that tests use: SQLite, or the PostgreSQL server that `COVEY_TEST_POSTGRES` names.
public enum TestDatabase {
    /// The address of the PostgreSQL server; nil where tests use SQLite.
    public static let postgres: String? = {
        let url = ProcessInfo.processInfo.environment["COVEY_TEST_POSTGRES"] ?? ""
        return url.isEmpty ? nil : url
    }()

    static let sqlite = "sqlite:"

    /// The address of a new database: SQLite in the folder, or a schema of its own on PostgreSQL.
    public static func make(in folder: String) async throws -> String {
        guard let postgres else { return "\(sqlite)\(folder)/covey.db" }
        return try await makeSchema(on: postgres)
    }

    /// The address of a new schema on a PostgreSQL server.
    public static func makeSchema(on server: String) async throws -> String {
        let schema = "test_\(RandomID.make())"
        let database = try PostgresDatabase(url: server)
        try await database.write(.process) { try $0.script("CREATE SCHEMA \(schema)") }
        await database.close()
        return "\(server)?options=-csearch_path%3D\(schema)"
    }
}
