public import Catalog
public import Cryptography
public import Outbound
public import Store
import Synchronization

/// People: their accounts and sessions, what they belong to, and how they get in. Everything here works for several
/// processes on one database.
public final class People: Sendable {
    /// How people get in.
    public let settings: PeopleSettings
    /// The server's address as clients see it, without a slash at its end.
    public let publicURL: String
    let store: Store
    let keyring: Keyring
    let now: @Sendable () -> Int64
    let outbound: HTTPClient?
    private let slowly: @Sendable (SlowWork) async -> String
    private let hashesWaiting = Atomic<Int>(0)
    private let secrets: ServerSecrets

    /// Hashes of passwords that wait at once; more are refused with 503.
    static let hashesWaitingMax = 64

    /// People of a store.
    ///
    /// - Parameters:
    ///   - now: the time, milliseconds since 1970.
    ///   - outbound: with what providers of identities are asked; nil when nobody is.
    ///   - slowly: does works that take a core's time, a bounded number at once.
    public init(
        _ settings: PeopleSettings, store: Store, keyring: Keyring, publicURL: String,
        now: @escaping @Sendable () -> Int64, outbound: HTTPClient? = nil,
        slowly: @escaping @Sendable (SlowWork) async -> String
    ) {
        self.settings = settings
        self.store = store
        self.keyring = keyring
        secrets = ServerSecrets(store: store, keyring: keyring, now: now)
        self.publicURL = publicURL
        self.now = now
        self.outbound = outbound
        self.slowly = slowly
    }

    /// Whether clients reach the server by https, so that cookies are for https alone.
    public var isSecure: Bool { publicURL.lowercased().hasPrefix("https://") }

    /// Where links for people lead: the web console, or the server's own pages.
    public var linkURL: String { settings.consoleURL ?? publicURL }

    // MARK: The secret

    /// What cookies are signed with: as the settings say, or made once and kept sealed for all processes.
    func signingKey() async throws -> [UInt8] {
        if let secret = settings.secret { return Array(secret.utf8) }
        return Array(try await secrets.secret("auth") { Random.alphanumerics(43) }.utf8)
    }

    // MARK: Passwords

    /// Whether a password is that of a hash. Without a hash it takes as long and is not.
    func matches(_ hash: String?, _ password: String) async throws -> Bool {
        // The hash of a random text: nobody has its password.
        let compared = hash ?? Self.hashOfNobody
        let result = try await hashing(
            SlowWork(["password", compared, password]) {
                SecretHash.matches(compared, password) ? "yes" : "no"
            })
        return hash != nil && result == "yes"
    }

    private static let hashOfNobody = Base64.standard.text(Random.bytes(96))

    /// The hash of a password.
    func hash(_ password: String) async throws -> String {
        try await hashing(SlowWork(["hash", password]) { SecretHash.make(password) })
    }

    private func hashing(_ work: SlowWork) async throws -> String {
        defer { hashesWaiting.subtract(1, ordering: .relaxed) }
        guard hashesWaiting.add(1, ordering: .relaxed).newValue <= Self.hashesWaitingMax else {
            throw Problem(.serviceUnavailable, "Too many people sign in at once", retryAfter: .seconds(2))
        }
        return await slowly(work)
    }

    // MARK: The record

    /// What is put on record of a person's doing.
    func record(
        _ action: String, by actor: String, means: String = "session", tenant: String?, target: String = "",
        outcome: AuditRecord.Outcome = .done, _ visitor: Visitor
    ) -> AuditRecord {
        AuditRecord(
            tenant: tenant ?? "", at: now(), actor: actor, means: means, action: action, target: target,
            outcome: outcome, address: visitor.address, request: visitor.request)
    }
}

extension Problem {
    /// A refusal with the word by which clients of `/api/auth` know it (manage spec §3.3).
    static func refused(
        _ code: Code, _ reason: String, _ detail: String, retryAfter: Duration? = nil
    ) -> Problem {
        Problem(code, detail, extras: ["reason": .string(reason)], retryAfter: retryAfter)
    }
}
