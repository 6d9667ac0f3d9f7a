/// A program that asks to be signed in by somebody at a browser (RFC 8628). The code that it polls with is not kept.
public struct DeviceCode: Sendable, Equatable {
    /// How far it is.
    public enum Status: String, Sendable {
        case pending, approved, denied
    }

    /// The digest of the code that the program polls with.
    public let digest: String
    /// What the person types in, without its hyphen.
    public let userCode: String
    /// The program, as it names itself.
    public let client: String
    /// What it asks for; nil when it did not say.
    public let scope: String?
    /// How far it is.
    public var status: Status
    /// Who said so; nil while nobody did.
    public var account: String?
    /// When the program last asked, milliseconds since 1970.
    public var askedAt: Int64
    /// How long it is to wait between two questions, milliseconds.
    public var intervalMs: Int64
    /// When it was made, milliseconds since 1970.
    public let createdAt: Int64
    /// When it is good no more, milliseconds since 1970.
    public let expiresAt: Int64

    /// A code that nobody has looked at yet.
    public init(
        digest: String, userCode: String, client: String, scope: String?, intervalMs: Int64, createdAt: Int64,
        expiresAt: Int64
    ) {
        self.digest = digest
        self.userCode = userCode
        self.client = client
        self.scope = scope
        status = .pending
        askedAt = 0
        self.intervalMs = intervalMs
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

extension AccessTransaction {
    /// Keeps a code.
    public func insert(_ code: DeviceCode) throws {
        try connection.execute(
            DeviceSQL.insert,
            [
                .text(code.digest), .text(code.userCode), .text(code.client), .text(code.scope),
                .text(code.status.rawValue), .text(code.account), .integer(code.askedAt), .integer(code.intervalMs),
                .integer(code.createdAt), .integer(code.expiresAt),
            ])
    }

    /// The code that a program polls with, locked for who changes it; nil when there is none.
    public func deviceCode(digest: String) throws -> DeviceCode? {
        try connection.first(DeviceSQL.byDigest, [.text(digest)]) { try $0.deviceCode }
    }

    /// The code that a person typed in, locked for who changes it; nil when there is none.
    public func deviceCode(userCode: String) throws -> DeviceCode? {
        try connection.first(DeviceSQL.byUserCode, [.text(userCode)]) { try $0.deviceCode }
    }

    /// Keeps how far a code is.
    public func update(_ code: DeviceCode) throws {
        try connection.execute(
            DeviceSQL.update,
            [
                .text(code.digest), .text(code.status.rawValue), .text(code.account), .integer(code.askedAt),
                .integer(code.intervalMs),
            ])
    }

    /// Removes a code.
    public func removeDeviceCode(digest: String) throws {
        try connection.execute(DeviceSQL.remove, [.text(digest)])
    }
}

extension Row {
    fileprivate var deviceCode: DeviceCode {
        get throws {
            guard let status = DeviceCode.Status(rawValue: text(4)) else {
                throw StoreError.corrupt("status of a device code")
            }
            var code = DeviceCode(
                digest: text(0), userCode: text(1), client: text(2), scope: optionalText(3), intervalMs: integer(7),
                createdAt: integer(8), expiresAt: integer(9))
            code.status = status
            code.account = optionalText(5)
            code.askedAt = integer(6)
            return code
        }
    }
}

/// The statements on codes of devices.
private enum DeviceSQL {
    static let columns = """
        digest, user_code, client, scope, status, account, asked_at, interval_ms, created_at, expires_at
        """

    static let insert = Statement(
        "INSERT INTO device_code (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    static let byDigest = Statement("SELECT \(columns) FROM device_code WHERE digest = $1 {for update}")
    static let byUserCode = Statement("SELECT \(columns) FROM device_code WHERE user_code = $1 {for update}")
    static let update = Statement(
        "UPDATE device_code SET status = $2, account = $3, asked_at = $4, interval_ms = $5 WHERE digest = $1")
    static let remove = Statement("DELETE FROM device_code WHERE digest = $1")
}
