public import Catalog

/// A person, whatever they belong to.
public struct Account: Sendable, Equatable {
    /// The id, random.
    public let id: String
    /// The address as it was given.
    public var email: String
    /// The name.
    public var name: String
    /// The address of a picture; nil without one.
    public var image: String?
    /// Whether somebody who is trusted said that the address is the person's.
    public var isVerified: Bool
    /// The `SecretHash` of the password; nil for who signs in elsewhere.
    public var password: String?
    /// An IANA name; nil while none was chosen.
    public var timezone: String?
    /// What clients keep with the person.
    public var attributes: JSONValue
    /// When it was made, milliseconds since 1970.
    public let createdAt: Int64
    /// When it was last changed, milliseconds since 1970.
    public var updatedAt: Int64

    /// An account from its parts.
    public init(
        id: String, email: String, name: String, image: String? = nil, isVerified: Bool = false,
        password: String? = nil, timezone: String? = nil, attributes: JSONValue = [:], createdAt: Int64
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.image = image
        self.isVerified = isVerified
        self.password = password
        self.timezone = timezone
        self.attributes = attributes
        self.createdAt = createdAt
        updatedAt = createdAt
    }

    /// What an address is found by: its lower case.
    public static func key(_ email: String) -> String { email.trimmed.lowercased() }
}

extension AccessTransaction {
    /// The account; nil when there is none.
    public func account(_ id: String) throws -> Account? {
        try connection.first(AccountSQL.byID, [.text(id)]) { try $0.account(from: 0) }
    }

    /// The account of an address; nil when there is none.
    public func account(email: String) throws -> Account? {
        try connection.first(AccountSQL.byEmail, [.text(Account.key(email))]) { try $0.account(from: 0) }
    }

    /// Whether anybody has an account.
    public func hasAccounts() throws -> Bool { try connection.first(AccountSQL.any, []) { _ in true } ?? false }

    /// The accounts, by address, at most 10,000.
    public func accounts() throws -> [Account] { try connection.rows(AccountSQL.all, []) { try $0.account(from: 0) } }

    /// Makes an account. Throws `StoreError.uniqueViolation` when the address has one.
    public func insert(_ account: Account) throws {
        try connection.execute(AccountSQL.insert, account.values + [.integer(account.createdAt)])
    }

    /// Keeps what is changed of an account.
    public func update(_ account: Account) throws { try connection.execute(AccountSQL.update, account.values) }

    /// The account that a provider of identities knows by this name; nil when there is none.
    public func account(provider: String, subject: String) throws -> Account? {
        try connection.first(AccountSQL.byIdentity, [.text(provider), .text(subject)]) { try $0.account(from: 0) }
    }

    /// Notes that a provider knows an account by this name.
    public func insertIdentity(provider: String, subject: String, account: String, at now: Int64) throws {
        try connection.execute(
            AccountSQL.insertIdentity, [.text(provider), .text(subject), .text(account), .integer(now)])
    }

    /// The providers that know an account, sorted.
    public func identities(of account: String) throws -> [String] {
        try connection.rows(AccountSQL.identities, [.text(account)]) { $0.text(0) }
    }
}

extension Account {
    fileprivate var values: [SQLValue] {
        [
            .text(id), .text(email), .text(Account.key(email)), .text(name), .text(image),
            .integer(isVerified ? 1 : 0), .text(password), .text(timezone), .utf8(attributes.jsonBytes),
            .integer(updatedAt),
        ]
    }
}

extension Row {
    /// Reads the columns of `AccountSQL.columns`.
    func account(from column: Int) throws -> Account {
        var account = Account(
            id: text(column), email: text(column + 1), name: text(column + 2), image: optionalText(column + 3),
            isVerified: integer(column + 4) == 1, password: optionalText(column + 5),
            timezone: optionalText(column + 6), attributes: try json(column + 7) ?? [:],
            createdAt: integer(column + 8))
        account.updatedAt = integer(column + 9)
        return account
    }
}

/// The statements on accounts.
enum AccountSQL {
    /// The columns of an account, read from the table `a`.
    static let columns = """
        a.id, a.email, a.name, a.image, a.is_verified, a.password, a.timezone, a.attributes, a.created_at, a.updated_at
        """

    static let byID = Statement("SELECT \(columns) FROM account a WHERE id = $1")
    static let byEmail = Statement("SELECT \(columns) FROM account a WHERE email_key = $1")
    static let any = Statement("SELECT 1 FROM account LIMIT 1")
    static let all = Statement("SELECT \(columns) FROM account a ORDER BY email_key LIMIT 10000")
    static let insert = Statement(
        """
        INSERT INTO account (id, email, email_key, name, image, is_verified, password, timezone, attributes,
            updated_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """)
    static let update = Statement(
        """
        UPDATE account SET email = $2, email_key = $3, name = $4, image = $5, is_verified = $6, password = $7,
            timezone = $8, attributes = $9, updated_at = $10
        WHERE id = $1
        """)
    static let byIdentity = Statement(
        """
        SELECT \(columns) FROM account_identity i JOIN account a ON a.id = i.account
        WHERE i.provider = $1 AND i.subject = $2
        """)
    static let insertIdentity = Statement(
        """
        INSERT INTO account_identity (provider, subject, account, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (provider, subject) DO NOTHING
        """)
    static let identities = Statement(
        "SELECT DISTINCT provider FROM account_identity WHERE account = $1 ORDER BY provider")
}
