public import Cryptography
public import Store

/// Everything by which those who run agents are recognised.
public struct Runners: Sendable {
    /// API keys.
    public let keys: APIKeys
    /// Apps and their credentials.
    public let apps: Apps
    /// Tokens of anonymous visitors.
    public let sessions: AnonymousSessions
    /// Tokens of the playground.
    public let playground: PlaygroundTokens
    /// Tokens of services; nil when there is no secret for them.
    public let services: ServiceTokens?
    /// The proof of work; nil when there is no secret for it.
    public let challenges: Challenges?
    /// When keys and apps were used.
    public let uses: LastUses

    /// What a configuration turns on, over a store.
    ///
    /// - Parameters:
    ///   - keyring: seals the secrets that the server makes for itself.
    ///   - now: milliseconds since 1970.
    public init(
        _ configuration: RunnerConfiguration, store: Store, keyring: Keyring, now: @escaping @Sendable () -> Int64
    ) {
        let secrets = ServerSecrets(store: store, keyring: keyring, now: now)
        uses = LastUses(store)
        keys = APIKeys(store: store, checks: SecretChecks(now: now), uses: uses, now: now)
        sessions = AnonymousSessions(configuration, store: store, secrets: secrets, now: now)
        playground = PlaygroundTokens(store: store, secrets: secrets, now: now)
        apps = Apps(store: store, sessions: sessions, playground: playground, uses: uses, now: now)
        services = configuration.serviceSecret.map { ServiceTokens(secret: $0, now: now) }
        challenges = configuration.workSecret.map {
            Challenges(secret: $0, difficulty: configuration.workDifficulty, store: store, now: now)
        }
    }
}
