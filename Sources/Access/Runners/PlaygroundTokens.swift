public import Catalog
import Cryptography
import Domain
import Store

/// The tokens with which people who work on an agent try it out (manage spec §3.9). They go with an app that belongs
/// to the server itself, and are signed by a key that the server makes for the database.
public struct PlaygroundTokens: Sendable {
    /// The id of the app.
    public static let app = "app_playground"
    /// How long a token is good.
    public static let lifetime: Duration = .seconds(3600)

    /// A token that was made.
    public struct Made: Sendable, Equatable {
        /// The token.
        public let token: String
        /// When it ends, milliseconds since 1970.
        public let expiresAt: Int64
    }

    /// Who holds a token.
    public struct Holder: Sendable, Equatable {
        /// The account; the means of a caller who is no person.
        public let user: String
        /// The account whose rights count; nil for whom the operator lets do everything.
        public let account: String?
        /// The tenant.
        public let tenant: String
        /// The project.
        public let project: String
        /// The agent.
        public let agent: String
    }

    private let store: Store
    private let secrets: ServerSecrets
    private let now: @Sendable () -> Int64

    init(store: Store, secrets: ServerSecrets, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.secrets = secrets
        self.now = now
    }

    private static let keyID = "playground"
    private static let issuer = "inkeep-playground"

    private func key() async throws -> SigningKey {
        let text = try await secrets.secret("playground-key") { PrivateKey.random(for: .rs256).text }
        guard let key = PrivateKey(text: text) else { throw Problem(.internalServerError, Problem.internalDetail) }
        return .privateKey(key, .rs256)
    }

    /// A token for a person, or for a caller whom the operator lets do everything.
    ///
    /// - Parameter account: the person; nil for the operator's caller `user`.
    public func make(user: String, account: String?, in project: BranchKey, agent: String) async throws -> Made {
        let start = now() / 1000
        let end = start + Self.lifetime.components.seconds
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "sub": .string(user), "tid": .string(project.tenant),
            "pid": .string(project.project), "agentId": .string(agent), "iat": .integer(start), "exp": .integer(end),
        ]
        if account == nil { claims["operator"] = true }
        let token = JSONWebToken(claims: claims, keyID: Self.keyID).text(signedBy: try await key())
        return Made(token: token, expiresAt: end * 1000)
    }

    /// Who holds a token; nil for what is none.
    public func holder(_ bearer: String) async throws -> Holder? {
        guard let unverified = try? UnverifiedToken(bearer), unverified.keyID == Self.keyID else { return nil }
        let checks = ClaimChecks(
            issuer: Self.issuer, required: ["sub", "iat", "exp", "tid", "pid", "agentId"],
            lifetimeMax: Self.lifetime)
        guard let token = try? unverified.verified(by: try await key().verifier),
            (try? token.check(checks, at: now())) != nil, let user = token.subject, let tenant = token["tid"],
            let project = token["pid"], let agent = token["agentId"]
        else { return nil }
        return Holder(
            user: user, account: token.claims["operator"] == true ? nil : user, tenant: tenant, project: project,
            agent: agent)
    }

    /// Who runs the agent of a token; nil for what is none.
    func runner(_ request: Apps.Request) async throws -> Runner? {
        guard let bearer = request.bearer, let holder = try await holder(bearer) else { return nil }
        if let account = holder.account {
            let rights: Rights
            do throws(StoreError) {
                rights = try await store.rights(of: account, tenant: holder.tenant, project: holder.project)
            } catch {
                throw error.problem
            }
            guard rights.may(.use) else { throw Problem(.forbidden, "Access denied: insufficient permissions") }
        }
        if let asked = request.agent, asked != holder.agent {
            throw Problem(.forbidden, "Requested agent is not authorized for this app")
        }
        return Runner(
            means: "playground", tenant: holder.tenant, project: holder.project, agent: holder.agent,
            user: holder.user, subject: "app:\(Self.app):\(holder.tenant):\(holder.user)",
            metadata: [
                "initiatedBy": ["type": "user", "id": .string(holder.user)], "appId": .string(Self.app),
                "authMethod": "app_credential_web_client_authenticated",
            ], name: holder.user)
    }
}
