public import Catalog
import Cryptography
public import Domain
import Store

/// The apps through which people reach agents, and the credentials that come with them (run spec §1.6).
public struct Apps: Sendable {
    /// An app and where it is.
    public struct Found: Sendable {
        /// The app.
        public let app: App
        /// Its project.
        public let branch: BranchKey
    }

    /// What a request says beside the app.
    public struct Request: Sendable {
        /// The token; nil without one.
        public var bearer: String?
        /// The page's origin; nil without one.
        public var origin: String?
        /// The agent that it asks for; nil for the app's.
        public var agent: String?

        /// A request from its parts.
        public init(bearer: String? = nil, origin: String? = nil, agent: String? = nil) {
            self.bearer = bearer
            self.origin = origin
            self.agent = agent
        }
    }

    private let store: Store
    private let sessions: AnonymousSessions
    private let playground: PlaygroundTokens
    private let uses: LastUses
    private let now: @Sendable () -> Int64

    init(
        store: Store, sessions: AnonymousSessions, playground: PlaygroundTokens, uses: LastUses,
        now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.sessions = sessions
        self.playground = playground
        self.uses = uses
        self.now = now
    }

    /// How long a token of an app's issuer may live.
    private static let lifetimeMax: Duration = .seconds(86_400)
    /// Bytes of the claims that are passed on.
    private static let claimsBytesMax = 1024
    /// Claims that are not passed on.
    private static let ownClaims: Set = [
        "sub", "iat", "exp", "aud", "iss", "jti", "nbf", "tid", "pid", "agentId", "internal",
    ]

    /// The app of this id, enabled or not; nil when there is none.
    public func find(_ id: String) async throws -> Found? {
        guard (1...256).contains(id.utf8.count), !id.utf8.contains(0) else { return nil }
        let found: (branch: BranchKey, entry: Entry)?
        do throws(StoreError) {
            found = try await store.resource(of: App.kind.name, handle: id)
        } catch {
            throw error.problem
        }
        return found.map { Found(app: App($0.entry), branch: $0.branch) }
    }

    /// Whether a page of this origin may use an app.
    public static func allows(_ origin: String?, _ app: App) -> Bool {
        AppOrigin.isAllowed(origin, by: app.config.webClient?.allowedDomains ?? [])
    }

    /// Who calls through an app; nil when the credential says nothing.
    public func runner(_ id: String, _ request: Request) async throws -> Runner? {
        if id == PlaygroundTokens.app { return try await playground.runner(request) }
        guard let found = try await find(id), found.app.enabled else { return nil }
        switch found.app.type {
        case .webClient: return try await visitor(of: found, request)
        // Its people sign in at an authorization server, which this one is not: nobody has a token of it.
        case .supportCopilot: throw Problem(.unauthorized, "Invalid OAuth client")
        case .api: return nil
        }
    }

    private func visitor(of found: Found, _ request: Request) async throws -> Runner? {
        guard let config = found.app.config.webClient else { return nil }
        var refusal: String?
        var token: JSONWebToken?
        if let bearer = request.bearer, !config.publicKeys.isEmpty {
            do throws(Reason) {
                token = try verify(bearer, config)
            } catch {
                refusal = error.text
            }
        }
        if token?.claims["internal"] != true, !Self.allows(request.origin, found.app) {
            throw Problem(.forbidden, "Origin not allowed for this app")
        }
        guard let bearer = request.bearer else { return nil }
        if let token {
            let runner = try runner(found, request, user: token.subject ?? "", claims: Self.claims(of: token))
            note(found)
            return runner
        }
        guard config.allowAnonymous else {
            throw Problem(
                .unauthorized,
                refusal ?? "Authentication is required but no public keys are configured for this app")
        }
        guard let visitor = try await sessions.visitor(bearer, of: found.app.id) else {
            if config.publicKeys.isEmpty { return nil }
            throw Problem(.unauthorized, "Invalid or expired token")
        }
        let runner = try runner(found, request, user: visitor.subject, claims: nil)
        note(found)
        return runner
    }

    private func note(_ found: Found) { uses.note(App.kind.name, found.app.id, at: now()) }

    /// Why a token of an app's issuer is not taken, in the words of run spec §1.6.
    struct Reason: Error {
        let text: String

        init(_ text: String) { self.text = text }

        init(_ refusal: TokenRefusal) {
            text =
                switch refusal {
                case .header: "Failed to decode JWT header"
                case .signature: "Signature verification failed"
                case .expired: "Token expired"
                case .lifetime: "Token lifetime exceeds 24 hours"
                case .missing(let name): "JWT missing required \(name) claim"
                case .claim: "JWT claim validation failed"
                case .form, .algorithm: "JWT verification failed"
                }
        }
    }

    private func verify(_ bearer: String, _ config: WebClientConfig) throws(Reason) -> JSONWebToken {
        do throws(TokenRefusal) {
            let unverified = try UnverifiedToken(bearer)
            guard let kid = unverified.keyID else { throw .missing("kid") }
            guard let stored = config.publicKeys.first(where: { $0.kid == kid }) else { throw .claim("kid") }
            guard let key = PublicKey(pem: stored.publicKey) else { throw .missing("key") }
            let token = try unverified.verified(by: .publicKey(key, stored.algorithm))
            try token.check(
                ClaimChecks(
                    audiences: config.audience.map { [$0] }, required: ["sub", "iat", "exp"],
                    lifetimeMax: Self.lifetimeMax), at: now())
            return token
        } catch {
            switch error {
            case .missing("kid"): throw Reason("JWT missing kid header")
            case .missing("key"): throw Reason("Failed to import public key")
            case .claim("kid"):
                let kid = (try? UnverifiedToken(bearer))?.keyID ?? ""
                throw Reason("kid \"\(kid)\" not found on app")
            default: throw Reason(error)
            }
        }
    }

    private static func claims(of token: JSONWebToken) throws(Problem) -> JSONObject {
        var claims: JSONObject = [:]
        for (name, value) in token.claims where !ownClaims.contains(name) { claims[name] = value }
        let bytes = JSONValue.object(claims).jsonBytes.count
        guard bytes <= claimsBytesMax else {
            throw Problem(.unauthorized, "Token custom claims exceed 1KB limit (\(bytes) bytes)")
        }
        return claims
    }

    /// - Parameter claims: what the app's issuer says of the user; nil for somebody anonymous.
    private func runner(
        _ found: Found, _ request: Request, user: String, claims: JSONObject?
    ) throws(Problem) -> Runner {
        guard let agent = found.app.defaultAgentId, !agent.isEmpty else {
            throw Problem(.internalServerError, "App configuration error: no default agent")
        }
        if let asked = request.agent, asked != agent {
            throw Problem(.forbidden, "Requested agent is not authorized for this app")
        }
        let method = "app_credential_web_client" + (claims == nil ? "" : "_authenticated")
        var metadata: JSONObject = [
            "initiatedBy": ["type": "user", "id": .string(user)], "appId": .string(found.app.id),
            "authMethod": .string(method),
        ]
        if let claims {
            metadata["externalUserId"] = .string(user)
            if !claims.isEmpty { metadata["verifiedClaims"] = .object(claims) }
        }
        // What an issuer may write must not be taken for what this server wrote.
        let sort = claims == nil ? "anonymous" : "user"
        return Runner(
            means: "app", tenant: found.branch.tenant, project: found.branch.project, agent: agent, user: user,
            subject: "app:\(found.app.id):\(sort):\(user)", metadata: metadata, name: "app:\(found.app.id)",
            app: found.app.id, prompt: found.app.prompt.flatMap { $0.isEmpty ? nil : $0 })
    }
}
