/// The secrets and bounds of those who run agents: anonymous visitors, apps, keys, other services.
public struct RunnerConfiguration: Sendable {
    /// Signs the challenges of the proof of work; nil for no proof of work. At least 32 characters.
    public var workSecret: String?
    /// How much work a challenge is, from 1 to 1,000,000: the greatest number that has to be tried.
    public var workDifficulty: Int
    /// Signs the tokens of anonymous visitors; nil for a secret of the database's. At least 32 characters.
    public var anonymousSecret: String?
    /// How long a token of an anonymous visitor is good.
    public var anonymousLifetime: Duration
    /// Signs the tokens of services that call on behalf of others (run spec §1.5); nil for none.
    public var serviceSecret: String?

    /// Characters of the shortest secret that is taken (run spec §2.1, §2.2).
    public static let secretLengthMin = 32
    /// Seconds that a token of an anonymous visitor may be good (run spec §2.1).
    public static let anonymousLifetimeRange = 60...2_592_000
    /// Numbers that have to be tried (`workDifficulty`).
    public static let workDifficultyRange = 1...1_000_000

    /// A configuration from its parts.
    public init(
        workSecret: String? = nil, workDifficulty: Int = 50_000, anonymousSecret: String? = nil,
        anonymousLifetime: Duration = .seconds(2_592_000), serviceSecret: String? = nil
    ) {
        self.workSecret = workSecret
        self.workDifficulty = workDifficulty
        self.anonymousSecret = anonymousSecret
        self.anonymousLifetime = anonymousLifetime
        self.serviceSecret = serviceSecret
    }
}
