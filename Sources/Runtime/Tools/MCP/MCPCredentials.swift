import Catalog
import Cryptography
import Domain
import MCP
import Outbound
import Store

/// What calls to servers of tools carry: the credentials of projects and of users, with tokens that are fresh. Tokens
/// that run out are renewed once, however many runs want them.
final class MCPCredentials: Sendable {
    private let store: Store
    private let keyring: Keyring
    private let clock: RuntimeClock
    private let authorization: AuthorizationProtocol
    private let renewals = SingleFlight<Owner, Result<ResolvedCredential, Lacking>>()

    /// Whose credential for which tool.
    struct Owner: Sendable, Hashable {
        let branch: BranchKey
        let tool: String
        /// Nil for the project's.
        let user: String?
    }

    /// Why there is none that is good, as a sentence for the people who build the agent.
    struct Lacking: Error {
        let reason: String
    }

    /// How long before its end a token is renewed, milliseconds.
    private static let leadMs: Int64 = 60_000

    init(store: Store, keyring: Keyring, clock: RuntimeClock, authorization: AuthorizationProtocol) {
        self.store = store
        self.keyring = keyring
        self.clock = clock
        self.authorization = authorization
    }

    /// The credential for a tool; nil when it needs none.
    ///
    /// - Parameter refused: The header fields that the server did not take; nil for a first try. They are not given
    ///   again.
    /// - Throws: `Lacking`, `CancellationError`, what the store throws.
    func credential(_ owner: Owner, of tool: Domain.Tool, refused: HTTPFields? = nil) async throws
        -> ResolvedCredential?
    {
        guard owner.user != nil || tool.credentialReferenceId != nil else { return nil }
        guard let (_, found) = try await find(owner, tool) else { return nil }
        if isGood(found, refused) { return found }
        guard found.grant?.refreshToken != nil else {
            if refused == nil, !hasEnded(found) { return found }
            throw Lacking(
                reason: hasEnded(found) ? "its credential has expired" : "the server does not take its credential")
        }
        let renewed = try await renewals.value(for: owner) { await self.renew(owner, tool, refused) }
        return try renewed.get()
    }

    /// The header fields of a credential.
    typealias HTTPFields = [(name: String, value: String)]

    private func isGood(_ credential: ResolvedCredential, _ refused: HTTPFields?) -> Bool {
        if let refused {
            guard !credential.headers.elementsEqual(refused, by: { $0 == $1 }) else { return false }
        }
        guard let expiresAt = credential.expiresAt else { return true }
        return expiresAt - clock.now() > Self.leadMs
    }

    private func hasEnded(_ credential: ResolvedCredential) -> Bool {
        credential.expiresAt.map { $0 <= clock.now() } ?? false
    }

    private func find(
        _ owner: Owner, _ tool: Domain.Tool
    ) async throws -> (reference: CredentialReference, credential: ResolvedCredential)? {
        let found = try await store.readConfiguration(in: owner.branch) { [keyring] transaction in
            let workspace = transaction.reading(keyring)
            let reference: CredentialReference?
            if let user = owner.user {
                reference = try CredentialReference.own(of: user, for: tool.id, workspace).map {
                    CredentialReference($0)
                }
            } else {
                reference = try tool.credentialReferenceId.flatMap { try workspace.get(CredentialReference.self, $0) }
            }
            return try reference.map { ($0, try $0.resolved(workspace, with: keyring)) }
        }
        guard let (reference, credential) = found else {
            guard owner.user == nil else { return nil }
            throw Lacking(reason: "its credential does not exist")
        }
        guard let credential else { throw Lacking(reason: "no credential store has its credential") }
        return (reference, credential)
    }

    /// Renews the tokens; nil when the task was cancelled meanwhile. Another process may have done it: then its tokens
    /// are taken.
    private func renew(
        _ owner: Owner, _ tool: Domain.Tool, _ refused: HTTPFields?
    ) async -> Result<ResolvedCredential, Lacking>? {
        do {
            guard let (reference, old) = try await find(owner, tool) else {
                return .failure(Lacking(reason: "its credential does not exist"))
            }
            if isGood(old, refused) { return .success(old) }
            guard var grant = old.grant, let token = grant.refreshToken else {
                return .failure(Lacking(reason: "its credential has expired"))
            }
            do throws(AuthorizationFailure) {
                let scope = EgressScope(
                    tenant: owner.branch.tenant, project: owner.branch.project, tool: owner.tool)
                let tokens = try await authorization.within(scope).tokens(
                    refreshing: token, at: grant.tokenEndpoint, resource: grant.resource,
                    as: AuthorizationClient(
                        id: grant.clientID, secret: grant.clientSecret, sendsSecretInBody: grant.sendsSecretInBody))
                grant.take(tokens, at: clock.now())
            } catch {
                if case .network(.cancelled) = error { return nil }
                return try await outcome(of: error, old, owner, tool)
            }
            return .success(try await keep(grant, for: reference, owner, tool))
        } catch let lacking as Lacking {
            return .failure(lacking)
        } catch {
            return .failure(Lacking(reason: "its credential cannot be used"))
        }
    }

    private func outcome(
        of failure: AuthorizationFailure, _ old: ResolvedCredential, _ owner: Owner, _ tool: Domain.Tool
    ) async throws -> Result<ResolvedCredential, Lacking> {
        if let now = try await find(owner, tool)?.credential, now.grant != old.grant { return .success(now) }
        // What is still good may be used while the authorization server is away.
        if !failure.isGrantGone, !hasEnded(old), old.expiresAt != nil { return .success(old) }
        let words = failure.isGrantGone ? "its sign-in has expired: somebody has to sign in again" : "\(failure)"
        return .failure(Lacking(reason: words))
    }

    private func keep(
        _ grant: AuthorizationGrant, for reference: CredentialReference, _ owner: Owner, _ tool: Domain.Tool
    ) async throws -> ResolvedCredential {
        let now = clock.now()
        let outside = BranchKey(
            tenant: owner.branch.tenant, project: owner.branch.project, branch: BranchKey.unversioned)
        return try await store.write(in: outside, actor: "system", at: now) { [keyring] transaction in
            let workspace = transaction.reading(keyring, now: now)
            try grant.keep(for: reference, workspace)
            guard let kept = try reference.resolved(workspace, with: keyring) else {
                throw Lacking(reason: "no credential store has its credential")
            }
            return kept
        }
    }
}

extension AuthorizationGrant {
    /// Takes over what an authorization server gave. Where it gives no new refresh token the old one stays good
    /// (RFC 6749 §6).
    mutating func take(_ tokens: AuthorizationTokens, at now: Int64) {
        accessToken = tokens.access
        refreshToken = tokens.refresh ?? refreshToken
        expiresAt = tokens.lifetime.map { now + $0 * 1000 }
        scope = tokens.scope ?? scope
    }
}
