import Catalog
import Cryptography
public import Store

/// Signing in a program by a person at a browser (manage spec §3.10, RFC 8628).
extension People {
    /// How long a code is good, milliseconds.
    static let deviceCodeMs: Int64 = 60 * 60_000
    /// How long a program waits between two questions, milliseconds; and how much longer each time it does not.
    static let deviceIntervalMs: Int64 = 5000
    /// Letters and digits of a code that a person types in: none that is taken for another, none that spells a word.
    private static let userCodeLetters = Array("BCDFGHJKLMNPQRSTVWXZ2456789")
    private static let userCodeLength = 8

    /// The code that a program polls with, and what a person is to be told.
    public struct DeviceGrant: Sendable {
        /// The code that the program polls with.
        public let deviceCode: String
        /// What is known of it.
        public let code: DeviceCode
    }

    /// Begins a sign-in for a program. Throws 429.
    public func beginDevice(client: String, scope: String?, _ visitor: Visitor) async throws -> DeviceGrant {
        let now = self.now()
        let (deviceCode, userCode) = (Random.alphanumerics(43), Self.makeUserCode())
        let code = DeviceCode(
            digest: SHA256.hexadecimal(deviceCode), userCode: userCode, client: client, scope: scope,
            intervalMs: Self.deviceIntervalMs, createdAt: now, expiresAt: now + Self.deviceCodeMs)
        let address = LockOut.name("device", from: visitor).map { (name: $0, rule: LockOut.making) }
        try await store.writeAccess { access in
            try access.reserve(nil, address, at: now)
            try access.removeExpired(at: now)
            try access.insert(code)
        }
        return DeviceGrant(deviceCode: deviceCode, code: code)
    }

    private static func makeUserCode() -> String {
        var code = ""
        while code.count < userCodeLength {
            // Of 256 values 243 are nine times 27; the rest would make the first letters more likely.
            for byte in Random.bytes(userCodeLength) where byte < 243 && code.count < userCodeLength {
                code.append(userCodeLetters[Int(byte) % userCodeLetters.count])
            }
        }
        return code
    }

    /// What a program gets that asks whether somebody has approved.
    ///
    /// - Throws: 400 with one of the words of RFC 8628 §3.5.
    public func pollDevice(_ deviceCode: String, client: String, _ visitor: Visitor) async throws -> SignedIn {
        let (now, digest) = (self.now(), SHA256.hexadecimal(deviceCode))
        let (token, id) = (SessionToken.make(), Self.makeID())
        let outcome: Result<SignedIn, Problem> = try await store.writeAccess { [self] access in
            guard var code = try access.deviceCode(digest: digest), code.client == client else {
                return .failure(Self.device("invalid_grant", "There is no such device code"))
            }
            guard code.expiresAt > now else {
                return .failure(Self.device("expired_token", "The device code has expired"))
            }
            // What is found out about the code is kept, so these are outcomes and not errors.
            if code.askedAt > 0, now - code.askedAt < code.intervalMs {
                (code.askedAt, code.intervalMs) = (now, code.intervalMs + Self.deviceIntervalMs)
                try access.update(code)
                return .failure(Self.device("slow_down", "Ask less often"))
            }
            switch code.status {
            case .pending:
                code.askedAt = now
                try access.update(code)
                return .failure(Self.device("authorization_pending", "Nobody has approved yet"))
            case .denied:
                try access.removeDeviceCode(digest: digest)
                return .failure(Self.device("access_denied", "The request was denied"))
            case .approved:
                try access.removeDeviceCode(digest: digest)
                guard let account = try code.account.flatMap({ try access.account($0) }) else {
                    return .failure(Self.device("access_denied", "Who approved is not there any more"))
                }
                let session = try begin(token, id, of: account, access, visitor)
                try access.append([
                    record(
                        "sign-in", by: account.id, means: "device", tenant: session.organization, target: code.client,
                        visitor)
                ])
                return .success(SignedIn(token: token, session: session, account: account))
            }
        }
        return try outcome.get()
    }

    private static func device(_ reason: String, _ detail: String) -> Problem {
        .refused(.badRequest, reason, detail)
    }

    /// What a person typed in, as codes are kept: without hyphens and spaces, in capitals.
    private static func plain(_ userCode: String) -> String {
        String(userCode.uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(userCodeLength * 2))
    }

    /// How far a code is that a person typed in.
    ///
    /// - Throws: 400 when there is none, or it has expired; 429 for who tries many.
    public func device(userCode: String, _ visitor: Visitor) async throws -> DeviceCode {
        let (now, plain) = (self.now(), Self.plain(userCode))
        let address = LockOut.name("code", from: visitor).map { (name: $0, rule: LockOut.code) }
        let found = try await store.writeAccess(.process) { access -> DeviceCode? in
            try access.reserve(nil, address, at: now)
            guard let code = try access.deviceCode(userCode: plain), code.expiresAt > now else { return nil }
            if let address { try access.releaseAttempt(address.name) }
            return code
        }
        guard let found else { throw Self.device("invalid_request", "There is no such code, or it has expired") }
        return found
    }

    /// A person approves or denies a code. Throws as `device`, and 400 when somebody has done so already.
    public func decideDevice(
        userCode: String, isApproved: Bool, by person: SignedIn, _ visitor: Visitor
    ) async throws {
        let known = try await device(userCode: userCode, visitor)
        let now = self.now()
        try await store.writeAccess { [self] access in
            guard var code = try access.deviceCode(digest: known.digest), code.expiresAt > now,
                code.status == .pending
            else { throw Self.device("invalid_request", "The code was used already") }
            (code.status, code.account) = (isApproved ? .approved : .denied, person.account.id)
            try access.update(code)
            try access.append([
                record(
                    isApproved ? "approve-device" : "deny-device", by: person.account.id,
                    tenant: person.session.organization, target: code.client, visitor)
            ])
        }
    }
}
