import Catalog
import Cryptography
import Outbound
import Store

/// Signing in at an OpenID provider (OpenID Connect Core 1.0 §3.1, with PKCE, RFC 7636).
extension People {
    static let statePurpose = "sign-in-elsewhere"
    /// How long somebody may take at the provider, milliseconds.
    static let stateMs: Int64 = 10 * 60_000

    /// Where somebody is sent to sign in elsewhere, and the cookie that binds it to their browser.
    public struct Departure: Sendable {
        /// The provider's page.
        public let address: String
        /// The `Set-Cookie`.
        public let cookie: String
    }

    /// Where they are sent back to, who they are, and the cookies of that.
    public struct Arrival: Sendable {
        /// The page; with `error` in its query when it did not work.
        public let address: String
        /// The `Set-Cookie`s.
        public let cookies: [String]
    }

    private var stateCookie: String { (isSecure ? SessionCookie.securePrefix : "") + "covey.sign_in" }

    private func stateCookie(_ value: String, seconds: Int64) -> String {
        // Lax: the provider sends people back by a link, and nothing else of theirs needs it.
        "\(stateCookie)=\(value); Path=/api/auth; HttpOnly; \(isSecure ? "Secure; " : "")SameSite=Lax; "
            + "Max-Age=\(seconds)"
    }

    /// What follows from the secret in a browser's cookie, and is known to nobody else: the database has a digest.
    private static func derived(_ use: String, _ browser: String) -> String {
        Base64.url.text(HMAC.sha256(Array(use.utf8), key: Array(browser.utf8)))
    }

    /// Sends somebody to a provider.
    ///
    /// - Parameters:
    ///   - callback: the page to which they come back: one that is trusted.
    ///   - failure: the page to which they come back when it does not work.
    /// - Throws: 502 when the provider does not describe itself.
    func depart(to provider: OpenIDProvider, callback: String, failure: String, hint: String?) async throws -> Departure
    {
        let metadata = try await documents.metadata(of: provider.issuer)
        let (now, state, browser) = (self.now(), Random.alphanumerics(43), Random.alphanumerics(43))
        try await store.writeAccess { access in
            try access.removeExpired(at: now)
            try access.insert(
                Ticket(
                    purpose: Self.statePurpose, digest: SHA256.hexadecimal(state), subject: provider.id,
                    data: [
                        "browser": .string(SHA256.hexadecimal(browser)), "callback": .string(callback),
                        "failure": .string(failure), "social": .bool(provider.tenant == nil),
                    ], createdAt: now, expiresAt: now + Self.stateMs))
        }
        let challenge = Base64.url.text(SHA256.digest(Array(Self.derived("verifier", browser).utf8)))
        var members = [
            ("response_type", "code"), ("client_id", provider.clientID),
            ("redirect_uri", provider.redirect(publicURL)), ("scope", provider.scopes.joined(separator: " ")),
            ("state", state), ("nonce", Self.derived("nonce", browser)), ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]
        if let hint { members.append(("login_hint", hint)) }
        let mark = metadata.authorizationEndpoint.contains("?") ? "&" : "?"
        return Departure(
            address: metadata.authorizationEndpoint + mark + PercentCoding.form(members),
            cookie: stateCookie(browser, seconds: Self.stateMs / 1000))
    }

    /// Somebody comes back from a provider.
    ///
    /// - Parameters:
    ///   - isSocial: whether the provider is one of the operator's.
    ///   - query: what the provider sent them with.
    ///   - cookies: the `Cookie` headers.
    /// - Throws: 400 when nobody was sent there from this browser, or they came back before.
    public func arrive(
        from id: String, isSocial: Bool, query: [String: String], cookies: [String], _ visitor: Visitor
    ) async throws -> Arrival {
        let now = self.now()
        let digest = SHA256.hexadecimal(query["state"] ?? "")
        let ticket = try await store.writeAccess { try $0.takeTicket(Self.statePurpose, digest, at: now) }
        let browsers = cookies.flatMap { SessionCookie(named: stateCookie).values(in: $0) }
        guard let ticket, ticket.subject == id, ticket.data["social"]?.bool == isSocial,
            let browser = browsers.first(where: { browser in
                ConstantTime.areEqual(SHA256.hexadecimal(browser), ticket.data["browser"]?.string ?? "")
            }), let callback = ticket.data["callback"]?.string, let failure = ticket.data["failure"]?.string
        else {
            throw Problem.refused(.badRequest, "INVALID_STATE", "The sign-in was not begun in this browser, or is over")
        }
        let clearing = stateCookie("", seconds: 0)
        do {
            if query["error"] != nil { throw Problem.refused(.forbidden, "access_denied", "The provider refused") }
            let provider = try await isSocial ? social(id) : singleSignOn(id)
            let claims = try await claims(of: provider, code: query["code"] ?? "", browser)
            let person = try await admit(claims, by: provider, visitor)
            return Arrival(address: callback, cookies: [clearing, try await cookie(for: person)])
        } catch let problem as Problem where problem.status != 500 {
            try await refuse("sign-in", by: "unknown", tenant: nil, target: id, visitor)
            let reason = problem.extras["reason"]?.string ?? problem.code.rawValue
            let mark = failure.contains("?") ? "&" : "?"
            return Arrival(address: failure + mark + PercentCoding.form([("error", reason)]), cookies: [clearing])
        }
    }

    /// What a provider says of who came back: the claims of its token, and what it answers beside them.
    private func claims(of provider: OpenIDProvider, code: String, _ browser: String) async throws -> IdentityClaims {
        let metadata = try await documents.metadata(of: provider.issuer)
        let answer = try await documents.json(tokenRequest(provider, metadata, code, browser), "a token")
        let token: JSONWebToken
        do throws(TokenRefusal) {
            token = try await verified(answer["id_token"]?.string ?? "", provider, metadata, browser)
        } catch {
            throw Problem.refused(.unauthorized, "INVALID_ID_TOKEN", "The identity provider's token is not good")
        }
        var claims = token.claims
        if claims["email"]?.string == nil, let address = metadata.userinfoEndpoint,
            let access = answer["access_token"]?.string
        {
            let request = HTTPRequest(method: "GET", url: address, headers: ["authorization": "Bearer \(access)"])
            let more = try await documents.json(request, "who signed in")
            // Only what is said of the same person counts (OpenID Connect Core 1.0 §5.3.2).
            if more["sub"] == claims["sub"] { claims = (more.object ?? [:]).merging(claims) }
        }
        return IdentityClaims(claims, isTemplate: metadata.isTemplate)
    }

    private func tokenRequest(
        _ provider: OpenIDProvider, _ metadata: OpenIDMetadata, _ code: String, _ browser: String
    ) -> HTTPRequest {
        var members = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", provider.redirect(publicURL)),
            ("code_verifier", Self.derived("verifier", browser)), ("client_id", provider.clientID),
        ]
        var headers: HTTPHeaders = ["content-type": "application/x-www-form-urlencoded"]
        if metadata.takesSecretInBody {
            members.append(("client_secret", provider.clientSecret))
        } else {
            // Both are form-encoded before they are put together (RFC 6749 §2.3.1).
            let pair = [provider.clientID, provider.clientSecret].map({ PercentCoding.component($0) }).joined(
                separator: ":")
            headers["authorization"] = "Basic " + Base64.standard.text(Array(pair.utf8))
        }
        return HTTPRequest(
            method: "POST", url: metadata.tokenEndpoint, headers: headers, body: Array(PercentCoding.form(members).utf8)
        )
    }

    /// The token, once it is sure that the provider signed it for this server and this sign-in (OpenID Connect Core 1.0
    /// §3.1.3.7).
    private func verified(
        _ text: String, _ provider: OpenIDProvider, _ metadata: OpenIDMetadata, _ browser: String
    ) async throws(TokenRefusal) -> JSONWebToken {
        let unverified = try UnverifiedToken(text)
        let key: TokenKey
        do {
            key = try await documents.key(for: unverified, at: metadata.keysEndpoint)
        } catch {
            throw .signature
        }
        let token = try unverified.verified(by: key)
        let checks = ClaimChecks(
            issuer: try metadata.issuer(of: token), audiences: [provider.clientID],
            required: ["iss", "sub", "aud", "exp", "iat", "nonce"])
        try token.check(checks, at: now())
        let party = token["azp"]
        guard party == nil && token.audiences.count == 1 || party == provider.clientID else { throw .claim("azp") }
        guard ConstantTime.areEqual(token["nonce"] ?? "", Self.derived("nonce", browser)) else { throw .claim("nonce") }
        guard token.subject?.utf8.count ?? 0 <= 255 else { throw .claim("sub") }
        return token
    }
}

/// What a provider says of a person.
struct IdentityClaims: Sendable {
    let subject: String
    let email: String?
    /// Whether the provider says that the address is the person's.
    let isVerified: Bool
    let name: String?
    let picture: String?

    /// - Parameter isTemplate: whether the provider is one for tenants of whom each may claim any address: then another
    ///   claim tells whose it is.
    init(_ claims: JSONObject, isTemplate: Bool) {
        subject = claims["sub"]?.string ?? ""
        email = claims["email"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let said = claims[isTemplate ? "xms_edov" : "email_verified"]
        isVerified = said?.bool == true || said?.string == "true" || said?.string == "1" || said?.integer == 1
        name = claims["name"]?.string.flatMap { $0.isEmpty ? nil : String($0.prefix(256)) }
        picture = claims["picture"]?.string.flatMap { $0.utf8.count <= 2000 && $0.hasPrefix("https://") ? $0 : nil }
    }
}
