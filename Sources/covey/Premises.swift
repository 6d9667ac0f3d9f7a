import Cryptography
import HTTP
import Runtime
import Store

/// The database that the settings name, and the keys to what is sealed in it.
enum Premises {
    /// Opens the database. Throws `StartFailure`.
    static func openStore(_ settings: Settings) async throws -> Store {
        do throws(StoreError) {
            return try await Application.openStore(at: settings.databaseURL)
        } catch {
            throw StartFailure("The database \(withoutPassword(settings.databaseURL)) cannot be used. \(error)")
        }
    }

    /// The keys, once it is sure that they are those of the database. A new one is made only for a database that has
    /// none yet: with any other, what the database holds could not be read.
    static func keyring(_ settings: Settings, _ store: Store) async throws -> Keyring {
        do {
            let known = try await store.secretKeys()
            let keyring = try KeyFile.keyring(settings, expecting: known)
            try await store.admit(keyring, at: RuntimeClock.live.now())
            return keyring
        } catch let problem as SecretKeyProblem {
            throw StartFailure(problem.description)
        } catch let error as StoreError {
            throw StartFailure("The database \(withoutPassword(settings.databaseURL)) cannot be used. \(error)")
        }
    }

    /// A database's address as it may be shown.
    private static func withoutPassword(_ url: String) -> String {
        guard url.hasPrefix("postgres"), let at = url.lastIndex(of: "@"), let scheme = url.firstRange(of: "://") else {
            return url
        }
        return "\(url[..<scheme.upperBound])…\(url[at...])"
    }
}
