/// That a person is signed in somewhere. The token itself is not kept.
public struct AccountSession: Sendable, Equatable {
    /// The digest of the token.
    public let digest: String
    /// The id, which opens nothing.
    public let id: String
    /// Whose it is.
    public let account: String
    /// The tenant that they work in where a request names none; nil when they belong to none.
    public var organization: String?
    /// From where they signed in; nil when it is not known.
    public let address: String?
    /// With what they signed in, as it named itself; nil when it did not.
    public let agent: String?
    /// When they signed in, milliseconds since 1970.
    public let createdAt: Int64
    /// When its end was last moved, milliseconds since 1970.
    public var updatedAt: Int64
    /// When it ends, milliseconds since 1970.
    public var expiresAt: Int64

    /// A session from its parts.
    public init(
        digest: String, id: String, account: String, organization: String?, address: String?, agent: String?,
        createdAt: Int64, expiresAt: Int64
    ) {
        self.digest = digest
        self.id = id
        self.account = account
        self.organization = organization
        self.address = address
        self.agent = agent
        self.createdAt = createdAt
        updatedAt = createdAt
        self.expiresAt = expiresAt
    }
}

extension AccessTransaction {
    /// The session of a token's digest, and whose it is; nil when there is none, or it has ended. One statement.
    public func session(_ digest: String, at now: Int64) throws -> (session: AccountSession, account: Account)? {
        try connection.first(SessionSQL.find, [.text(digest), .integer(now)]) { row in
            (row.session, try row.account(from: 9))
        }
    }

    /// The sessions of an account that have not ended, newest first, at most 1,000.
    public func sessions(of account: String, at now: Int64) throws -> [AccountSession] {
        try connection.rows(SessionSQL.ofAccount, [.text(account), .integer(now)]) { $0.session }
    }

    /// Begins a session.
    public func insert(_ session: AccountSession) throws {
        try connection.execute(
            SessionSQL.insert,
            [
                .text(session.digest), .text(session.id), .text(session.account), .text(session.organization),
                .text(session.address), .text(session.agent), .integer(session.createdAt),
                .integer(session.updatedAt), .integer(session.expiresAt),
            ])
    }

    /// Keeps the tenant and the end of a session, if it is still there.
    public func update(_ session: AccountSession) throws {
        try connection.execute(
            SessionSQL.update,
            [
                .text(session.digest), .text(session.organization), .integer(session.updatedAt),
                .integer(session.expiresAt),
            ])
    }

    /// Ends one session of an account, named by its digest or its id. Whether there was one.
    public func endSession(_ name: String, of account: String) throws -> Bool {
        try connection.execute(SessionSQL.end, [.text(name), .text(account)]) > 0
    }

    /// Ends the sessions of an account but for one, or all of them, and answers how many.
    public func endSessions(of account: String, except digest: String? = nil) throws -> Int {
        try connection.execute(SessionSQL.endAll, [.text(account), .text(digest ?? "")])
    }

    /// Ends no session, but lets those of an account work in no tenant of this name any more.
    public func leave(_ tenant: String, account: String) throws {
        try connection.execute(SessionSQL.leave, [.text(account), .text(tenant)])
    }

    /// Removes what has expired: sessions, tickets, attempts, codes of devices.
    public func removeExpired(at now: Int64) throws {
        for statement in SessionSQL.expired { try connection.execute(statement, [.integer(now)]) }
    }
}

extension Row {
    fileprivate var session: AccountSession {
        var session = AccountSession(
            digest: text(0), id: text(1), account: text(2), organization: optionalText(3), address: optionalText(4),
            agent: optionalText(5), createdAt: integer(6), expiresAt: integer(8))
        session.updatedAt = integer(7)
        return session
    }
}

/// The statements on sessions.
private enum SessionSQL {
    static let columns = """
        s.digest, s.id, s.account, s.organization, s.address, s.agent, s.created_at, s.updated_at, s.expires_at
        """

    static let find = Statement(
        """
        SELECT \(columns), \(AccountSQL.columns) FROM session s JOIN account a ON a.id = s.account
        WHERE s.digest = $1 AND s.expires_at > $2
        """)
    static let ofAccount = Statement(
        """
        SELECT \(columns) FROM session s WHERE s.account = $1 AND s.expires_at > $2
        ORDER BY s.created_at DESC, s.id LIMIT 1000
        """)
    static let insert = Statement(
        """
        INSERT INTO session (digest, id, account, organization, address, agent, created_at, updated_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """)
    static let update = Statement(
        "UPDATE session SET organization = $2, updated_at = $3, expires_at = $4 WHERE digest = $1")
    static let end = Statement("DELETE FROM session WHERE (digest = $1 OR id = $1) AND account = $2")
    static let endAll = Statement("DELETE FROM session WHERE account = $1 AND digest <> $2")
    static let leave = Statement(
        "UPDATE session SET organization = NULL WHERE account = $1 AND organization = $2")
    static let expired = ["session", "ticket", "attempt", "device_code"].map {
        Statement("DELETE FROM \($0) WHERE expires_at <= $1")
    }
}
