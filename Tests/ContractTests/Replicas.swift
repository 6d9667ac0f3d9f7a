import CoveyTesting
import Foundation
import Testing

/// Built servers of which one may die: one that is started again on its SQLite file, or two on one PostgreSQL, of which
/// the other goes on.
final class Replicas {
    private let place: PairPlace
    /// The one that is spoken to.
    private(set) var server: BuiltServer
    /// The other one; nil on SQLite, and after the first died until `refill`.
    private(set) var other: BuiltServer?
    private let folder: DataFolder
    private let environment: [String: String]
    private let isAlone: Bool

    /// Starts them, with these scripts.
    ///
    /// - Parameter postgres: the server of PostgreSQL on which two are; nil for one on SQLite.
    init(scripts: [String: String], on postgres: String?, environment: [String: String] = [:]) async throws {
        folder = try DataFolder(scripts: scripts)
        isAlone = postgres == nil
        place = await PairPlace.take()
        var environment = environment
        if let postgres { environment["COVEY_DATABASE_URL"] = try await TestDatabase.makeSchema(on: postgres) }
        self.environment = environment
        server = try await BuiltServer(folder: folder.url, environment: environment)
        try await refill()
    }

    /// Kills the server that is spoken to. The other one is spoken to from then on; one that is alone is started again.
    func kill() async throws {
        server.kill()
        if let next = other {
            (server, other) = (next, nil)
        } else {
            server = try await BuiltServer(folder: folder.url, environment: environment)
        }
    }

    /// Asks the one that is spoken to to end, and waits until it has.
    func stop() -> Int32 { server.stop() }

    /// Starts another one in the place of one that died.
    func refill() async throws {
        guard !isAlone, other == nil else { return }
        other = try await BuiltServer(folder: folder.url, environment: environment)
    }
}

/// A place for a pair, until it is let go. Each pair holds a place for a server while it waits for a second one: with
/// as many pairs as places for servers all would wait for each other.
private final class PairPlace: Sendable {
    private static let places = Places(3)

    static func take() async -> PairPlace {
        await places.take()
        return PairPlace()
    }

    deinit { Self.places.give() }
}
