import Access
import Catalog
import Cryptography
import Domain
import HTTPTypes
import MCP
import Outbound
import Runtime
import Store

/// Signing in to servers of tools (manage spec §4.7; Model Context Protocol, authorization; OAuth 2.1).
///
/// Who goes to the server is bound to their browser by a cookie: its secret is in no database, and what proves to the
/// server who comes back follows from it. A way there is good once, and for ten minutes.
struct ToolSignIn: Sendable {
    let store: Store
    let sealing: Sealing
    let projectKind: String
    /// Nil where no server of tools is asked for anything.
    let authorization: AuthorizationProtocol?
    let publicURL: String
    let now: @Sendable () -> Int64

    static let callbackPath = "/manage/oauth/callback"
    private static let purpose = "tool-sign-in"
    /// How long somebody may take at the server, milliseconds.
    private static let timeMs: Int64 = 10 * 60_000
    private static let cookieName = "covey.tool_sign_in"

    private var redirect: String { publicURL + Self.callbackPath }
    private var isSecure: Bool { publicURL.hasPrefix("https://") }

    /// Where somebody is sent, and the `Set-Cookie` that binds that to their browser.
    struct Departure {
        let address: String
        let cookie: String
    }

    /// Somebody goes to sign in to the server of a tool.
    ///
    /// - Throws: 403 for who may not change the project's credential, 404 for no such tool, 400 when the server cannot
    ///   be signed in to.
    func depart(_ call: Call) async throws -> Departure {
        let branch = call.ref.branch(tenant: call.tenant, project: call.path["projectId"] ?? "")
        let key = ResourceKey(kind: Tool.kind.name, id: call.path["id"] ?? "")
        guard call.ref.at == nil, let tool = try await store.resource(key, in: branch).map({ Tool($0) }) else {
            throw Problem.notFound("Tool")
        }
        // What one user signs in for is theirs; the project's is what edits it.
        guard tool.credentialScope == .user || call.rights.may(.edit) else {
            throw Problem(.forbidden, "Only who may edit the project signs in for all its users.")
        }
        let (state, browser) = (Random.alphanumerics(43), Random.alphanumerics(43))
        let (server, client) = try await meet(
            tool.config.mcp.server.url, EgressScope(tenant: branch.tenant, project: branch.project, tool: tool.id))
        let now = self.now()
        var way = ToolSignInWay(
            branch: branch, tool: tool.id, user: tool.credentialScope == .user ? call.requester.name : nil,
            author: call.requester.name, browser: SHA256.hexadecimal(browser), server: server, client: client)
        way.seal(by: sealing.keyring)
        let ticket = Ticket(
            purpose: Self.purpose, digest: SHA256.hexadecimal(state), subject: tool.id, data: way.json, createdAt: now,
            expiresAt: now + Self.timeMs)
        try await store.writeAccess { access in
            try access.removeExpired(at: now)
            try access.insert(ticket)
        }
        return Departure(
            address: AuthorizationProtocol.page(
                of: server, for: client, redirect: redirect, state: state, verifier: Self.verifier(browser)),
            cookie: cookie(browser, seconds: Self.timeMs / 1000))
    }

    private func meet(
        _ url: String, _ scope: EgressScope
    ) async throws(Problem) -> (AuthorizationServer, AuthorizationClient) {
        guard let authorization = authorization?.within(scope) else {
            throw .badRequest("This server asks no servers of tools for anything.")
        }
        do throws(AuthorizationFailure) {
            let server = try await authorization.discover(url)
            let client = try await authorization.register(
                with: server, name: "Covey", homepage: publicURL, redirect: redirect)
            return (server, client)
        } catch {
            throw .badRequest("The server cannot be signed in to: \(error).")
        }
    }

    /// Somebody comes back from the server.
    ///
    /// - Parameters:
    ///   - query: what the server sent them with.
    ///   - cookies: the `Cookie` header fields.
    /// - Returns: the tool.
    /// - Throws: 400 when nobody was sent there from this browser, or they came back before, or the server refused.
    func arrive(query: [String: String], cookies: [String], record: AuditRecord) async throws -> String {
        let now = self.now()
        let digest = SHA256.hexadecimal(query["state"] ?? "")
        let ticket = try await store.writeAccess { try $0.takeTicket(Self.purpose, digest, at: now) }
        let browsers = cookies.flatMap { SessionCookie.values(named: cookieName, in: $0) }
        guard let way = ticket.flatMap({ ToolSignInWay($0.data, sealing.keyring) }),
            let browser = browsers.first(where: { ConstantTime.areEqual(SHA256.hexadecimal($0), way.browser) })
        else { throw Problem.badRequest("The sign-in was not begun in this browser, or is over. Begin it again.") }
        try check(query, way)
        let grant = try await grant(query["code"] ?? "", way, Self.verifier(browser))
        var record = record
        record.tenant = way.branch.tenant
        record.actor = way.author
        record.target = way.tool
        try await keep(grant, way, record)
        return way.tool
    }

    private func check(_ query: [String: String], _ way: ToolSignInWay) throws(Problem) {
        // Another server could have sent somebody here with a code of its own (RFC 9207).
        if let issuer = query["iss"] ?? (way.namesItself ? "" : nil), issuer != way.issuer {
            throw .badRequest("The answer is of another server than the one that was asked.")
        }
        if let error = query["error"] {
            let words = query["error_description"].map { ": \($0.prefix(300))" } ?? ""
            throw .badRequest("The server refused: \(error.prefix(100))\(words)")
        }
    }

    private func grant(
        _ code: String, _ way: ToolSignInWay, _ verifier: String
    ) async throws(Problem) -> AuthorizationGrant {
        let scope = EgressScope(tenant: way.branch.tenant, project: way.branch.project, tool: way.tool)
        guard let authorization = authorization?.within(scope) else {
            throw .badRequest("This server asks no servers of tools for anything.")
        }
        do throws(AuthorizationFailure) {
            let tokens = try await authorization.tokens(
                for: code, verifier: verifier, redirect: redirect, at: way.tokenEndpoint, resource: way.resource,
                as: way.client)
            return AuthorizationGrant(
                accessToken: tokens.access, refreshToken: tokens.refresh,
                expiresAt: tokens.lifetime.map { now() + $0 * 1000 }, tokenEndpoint: way.tokenEndpoint,
                resource: way.resource, scope: tokens.scope, clientID: way.client.id, clientSecret: way.client.secret,
                sendsSecretInBody: way.client.sendsSecretInBody)
        } catch {
            throw .badRequest("The server gave no tokens: \(error).")
        }
    }

    private func keep(_ grant: AuthorizationGrant, _ way: ToolSignInWay, _ record: AuditRecord) async throws {
        let now = self.now()
        try await store.write(in: way.branch, actor: way.author, at: now, audit: record) {
            [projectKind, sealing] transaction in
            let workspace = transaction.workspace(
                WorkspaceTools(projectKind: projectKind, now: now, makeID: RandomID.make, sealing: sealing))
            guard let tool = try workspace.get(Tool.self, way.tool) else { throw Problem.notFound("Tool") }
            // Whose server it was when they left.
            guard AuthorizationProtocol.isResource(way.resource, of: tool.config.mcp.server.url) else {
                throw Problem.badRequest("The tool has another server now. Begin the sign-in again.")
            }
            try grant.keep(for: tool, of: way.user, by: way.author, workspace)
        }
    }

    // MARK: The browser

    private var cookieName: String { (isSecure ? "__Secure-" : "") + Self.cookieName }

    /// Lax: the server sends people back by a link.
    private func cookie(_ value: String, seconds: Int64) -> String {
        "\(cookieName)=\(value); Path=\(Self.callbackPath); HttpOnly; \(isSecure ? "Secure; " : "")SameSite=Lax; "
            + "Max-Age=\(seconds)"
    }

    /// The `Set-Cookie` that takes the cookie away.
    var clearing: String { cookie("", seconds: 0) }

    /// The verifier of RFC 7636 §4.1: it follows from the secret in the browser's cookie.
    private static func verifier(_ browser: String) -> String {
        Base64.url.text(HMAC.sha256(Array("verifier".utf8), key: Array(browser.utf8)))
    }
}
