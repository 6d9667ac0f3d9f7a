public import Cryptography
public import Store
import Synchronization

/// The secrets that this server makes for itself: made once for a database, kept there sealed, shared by all replicas.
public final class ServerSecrets: Sendable {
    private let store: Store
    private let keyring: Keyring
    private let now: @Sendable () -> Int64
    private let known = Mutex<[String: String]>([:])

    /// The secrets of a store, sealed by these keys.
    public init(store: Store, keyring: Keyring, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.keyring = keyring
        self.now = now
    }

    /// The secret of this name.
    ///
    /// - Parameter make: makes it where there is none yet; of what several servers make at once one is kept.
    func secret(_ name: String, _ make: @Sendable () -> String) async throws -> String {
        if let secret = known.withLock({ $0[name] }) { return secret }
        let sealed = try await store.serverSecret(
            name, orKeep: { [keyring] in keyring.seal(make(), in: Self.context(name)) }, at: now())
        let secret = try keyring.open(sealed, in: Self.context(name))
        known.withLock { $0[name] = secret }
        return secret
    }

    /// What a sealed secret is bound to.
    private static func context(_ name: String) -> [String] { ["server-secret", name] }
}
