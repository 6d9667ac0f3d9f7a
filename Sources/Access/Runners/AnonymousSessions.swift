public import Catalog
import Cryptography
import Store

/// The tokens of anonymous visitors of apps (run spec §2.1).
public struct AnonymousSessions: Sendable {
    /// A token that was made.
    public struct Session: Sendable, Equatable {
        /// The token.
        public let token: String
        /// When it ends, milliseconds since 1970.
        public let expiresAt: Int64
    }

    /// Who holds a token.
    struct Visitor: Equatable {
        let tenant: String
        let project: String
        let subject: String
        /// When the token was made, milliseconds since 1970.
        let issuedAt: Int64
    }

    private let store: Store
    private let secrets: ServerSecrets
    private let configured: String?
    private let lifetimeMs: Int64
    private let now: @Sendable () -> Int64

    init(
        _ configuration: RunnerConfiguration, store: Store, secrets: ServerSecrets, now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.secrets = secrets
        configured = configuration.anonymousSecret
        lifetimeMs = configuration.anonymousLifetime.wholeMilliseconds
        self.now = now
    }

    private static let issuer = "inkeep"
    private static let type = "anonymous"
    private static let subjectPrefix = "anon_"

    private func key() async throws -> SigningKey {
        if let configured { return .secret(Array(configured.utf8)) }
        let made = try await secrets.secret("anonymous-sessions") { Base64.url.text(Random.bytes(32)) }
        return .secret(Array(made.utf8))
    }

    /// A token for a visitor of an app.
    ///
    /// - Parameters:
    ///   - bearer: a token that the visitor has. While it is good for this app, they stay who they are.
    ///   - app: the app's id.
    ///   - place: the app's project.
    public func issue(refreshing bearer: String?, app: String, in place: BranchKey) async throws -> Session {
        var subject = Self.subjectPrefix + Self.makeUUID()
        var place = (tenant: place.tenant, project: place.project)
        if let bearer, let visitor = try await visitor(bearer, of: app) {
            subject = visitor.subject
            place = (visitor.tenant, visitor.project)
        }
        // What was taken back within this second must not take the new token with it.
        let revoked = try await store.revocation(app: app, subject: subject) ?? 0
        let start = max(now() / 1000, revoked / 1000 + (revoked > 0 ? 1 : 0))
        let end = start + lifetimeMs / 1000
        let token = JSONWebToken(claims: [
            "tid": .string(place.tenant), "pid": .string(place.project), "app": .string(app),
            "type": .string(Self.type), "sub": .string(subject), "iss": .string(Self.issuer),
            "iat": .integer(start), "exp": .integer(end),
        ])
        return Session(token: token.text(signedBy: try await key()), expiresAt: end * 1000)
    }

    /// Who holds a token; nil when it is none of this app's, or not any more.
    func visitor(_ bearer: String, of app: String) async throws -> Visitor? {
        let key = try await key()
        let checks = ClaimChecks(
            issuer: Self.issuer, required: ["sub", "iat", "exp"], tolerance: .seconds(1),
            lifetimeMax: .seconds(RunnerConfiguration.anonymousLifetimeRange.upperBound))
        guard let token = try? JSONWebToken(bearer, by: key.verifier), (try? token.check(checks, at: now())) != nil,
            token["app"] == app, token["type"] == Self.type, let tenant = token["tid"], let project = token["pid"],
            let subject = token.subject, subject.hasPrefix(Self.subjectPrefix), let issuedAt = token.issuedAt
        else { return nil }
        let revoked = try await store.revocation(app: app, subject: subject)
        if let revoked, issuedAt <= revoked { return nil }
        return Visitor(tenant: tenant, project: project, subject: subject, issuedAt: issuedAt)
    }

    /// Takes back the tokens that an app's visitors hold.
    ///
    /// - Parameter subject: whose; nil for everybody's.
    public func revoke(app: String, subject: String?) async throws {
        let moment = now()
        try await store.revoke(
            app: app, subject: subject, before: moment,
            until: moment + Int64(RunnerConfiguration.anonymousLifetimeRange.upperBound) * 1000)
    }

    /// A random UUID (RFC 9562 §5.4).
    private static func makeUUID() -> String {
        var bytes = Random.bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array(Hexadecimal.text(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
