import ArgumentParser
import Cryptography
import Foundation
import HTTP
import Store

/// Which database a command works on, as `serve` names it.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "sqlite:PATH or postgres://…. [COVEY_DATABASE_URL] (default: covey.db in the data folder)")
    var database: String?

    @Option(help: "The folder for all that Covey keeps. [COVEY_DATA] (default: .covey)")
    var data: String?

    /// The settings of the server whose database it is. Throws `BadSetting`.
    var settings: Settings {
        get throws(BadSetting) {
            try Settings(
                Settings.Flags(database: database, data: data), environment: ProcessInfo.processInfo.environment)
        }
    }

    /// Opens the database for `body`.
    ///
    /// - Parameter alone: whether no server may use it meanwhile.
    func open(alone: Bool = true, _ body: (Store, Settings) async throws -> Void) async throws {
        do {
            let settings = try self.settings
            // Files that are made are their owner's alone.
            umask(0o077)
            try Self.requireDatabase(settings)
            let lock = alone ? try DatabaseLock.take(settings.databaseURL) : nil
            defer { withExtendedLifetime(lock) {} }
            let store = try await Premises.openStore(settings)
            do { try await body(store, settings) } catch {
                await store.close()
                throw error
            }
            await store.close()
        } catch let failure as StartFailure {
            throw Failed(failure.description)
        } catch let setting as BadSetting {
            throw Failed(setting.description)
        } catch let problem as SecretKeyProblem {
            throw Failed(problem.description)
        } catch let error as StoreError {
            throw Failed("The database cannot be used. \(error)")
        }
    }

    /// A wrong path makes no new database.
    private static func requireDatabase(_ settings: Settings) throws(StartFailure) {
        let prefix = "sqlite:"
        guard settings.databaseURL.hasPrefix(prefix) else { return }
        let path = settings.databaseURL.dropFirst(prefix.count)
        guard access(String(path), F_OK) == 0 else {
            throw StartFailure("There is no database at \(path). Name it with --database or --data.")
        }
    }
}
