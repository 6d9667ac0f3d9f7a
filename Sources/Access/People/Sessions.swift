import Catalog
public import Store

/// What a request says of who is signed in: a bearer token, or cookies.
public struct SessionCredentials: Sendable {
    /// The bearer token; nil without one.
    public let bearer: String?
    /// The `Cookie` headers, the one of the request first, then the one that a server-side page forwards.
    public let cookies: [String]

    /// Credentials from their parts.
    public init(bearer: String?, cookies: [String]) {
        self.bearer = bearer
        self.cookies = cookies
    }
}

extension People {
    /// How long a session lives after its end was last moved, milliseconds (manage spec §3.4).
    static let sessionMs: Int64 = 7 * 24 * 60 * 60_000
    /// How long its end stays where it is, milliseconds.
    static let refreshMs: Int64 = 24 * 60 * 60_000

    /// Who is signed in; nil for nobody. A bearer token goes before cookies.
    public func person(_ credentials: SessionCredentials) async throws -> SignedIn? {
        if let bearer = credentials.bearer {
            // A token of another kind is told by its form, without a look into the database.
            guard bearer.utf8.count <= Self.bearerBytesMax, let token = try await read(bearer) else { return nil }
            return try await person(token: token)
        }
        let cookie = SessionCookie(isSecure: isSecure)
        for value in credentials.cookies.flatMap(cookie.values).prefix(SessionCookie.candidatesMax) {
            // A cookie must be signed: others can put cookies into a browser too.
            guard value.utf8.count <= Self.bearerBytesMax,
                let token = SessionToken.unsigned(value, by: try await signingKey()),
                let person = try await person(token: token)
            else { continue }
            return person
        }
        return nil
    }

    /// Bytes of the longest text that can be a token, signed and escaped.
    private static let bearerBytesMax = 256

    private func read(_ bearer: String) async throws -> String? {
        if SessionToken.isWellFormed(bearer) { return bearer }
        guard bearer.contains("."), let text = PercentCoding.decode(bearer[...]) else { return nil }
        return SessionToken.unsigned(text, by: try await signingKey())
    }

    private func person(token: String) async throws -> SignedIn? {
        let (now, digest) = (self.now(), SessionToken.digest(token))
        let found = try await store.readAccess { try $0.session(digest, at: now) }
        guard case (var session, let account)? = found else { return nil }
        if now - session.updatedAt >= Self.refreshMs {
            (session.updatedAt, session.expiresAt) = (now, now + Self.sessionMs)
            let refreshed = session
            try await store.writeAccess(.process) { try $0.update(refreshed) }
        }
        return SignedIn(token: token, session: session, account: account)
    }

    /// The `Set-Cookie` that keeps somebody signed in.
    ///
    /// - Parameter remembering: whether longer than until the browser is closed.
    public func cookie(for person: SignedIn, remembering: Bool = true) async throws -> String {
        let seconds = (person.session.expiresAt - now()) / 1000
        return SessionCookie(isSecure: isSecure).setting(
            SessionToken.signed(person.token, by: try await signingKey()), seconds: remembering ? seconds : nil)
    }

    /// The `Set-Cookie` that takes a cookie away.
    public var clearingCookie: String { SessionCookie(isSecure: isSecure).clearing }

    /// The name of the cookie.
    public var cookieName: String { SessionCookie(isSecure: isSecure).name }

    /// The sessions of a person, newest first.
    public func sessions(of person: SignedIn) async throws -> [AccountSession] {
        let now = self.now()
        return try await store.readAccess { try $0.sessions(of: person.account.id, at: now) }
    }

    /// Ends the session of whoever it is.
    public func signOut(_ person: SignedIn, _ visitor: Visitor) async throws {
        try await store.writeAccess { [self] access in
            guard try access.endSession(person.session.digest, of: person.account.id) else { return }
            try access.append([
                record("sign-out", by: person.account.id, tenant: person.session.organization, visitor)
            ])
        }
    }

    /// Ends one of a person's sessions, which is named by its token or its id. One that is not there has ended.
    public func revokeSession(_ name: String, of person: SignedIn, _ visitor: Visitor) async throws {
        let digest = SessionToken.digest(name)
        try await store.writeAccess { [self] access in
            let isEnded = try access.endSession(digest, of: person.account.id)
            guard try isEnded || access.endSession(name, of: person.account.id) else { return }
            try access.append([
                record("revoke-session", by: person.account.id, tenant: person.session.organization, visitor)
            ])
        }
    }

    /// Ends all sessions of a person, or all but the one that they ask with.
    public func revokeSessions(of person: SignedIn, butThisOne: Bool, _ visitor: Visitor) async throws {
        try await store.writeAccess { [self] access in
            let except = butThisOne ? person.session.digest : nil
            guard try access.endSessions(of: person.account.id, except: except) > 0 else { return }
            try access.append([
                record("revoke-sessions", by: person.account.id, tenant: person.session.organization, visitor)
            ])
        }
    }
}
