public import Catalog
public import Cryptography

/// Why a token is not taken.
public enum TokenRefusal: Error, Sendable, Equatable {
    /// It is not a token in three parts, or its header is no header.
    case header
    /// Its claims are not one JSON object, or it is too long.
    case form
    /// It says another algorithm than its key is for, or demands what nobody here understands (`crit`).
    case algorithm
    /// It was not signed with the key, or was changed since.
    case signature
    /// Its time is over.
    case expired
    /// It lives longer than such tokens may.
    case lifetime
    /// A claim that it must have is not there.
    case missing(String)
    /// A claim is not what it must be.
    case claim(String)
}

/// What checks the signature of a token. It decides the algorithm; the token may only agree (RFC 8725 §3.1).
public enum TokenKey: Sendable, Equatable {
    /// HS256 with a secret of at least 32 bytes (RFC 7518 §3.2).
    case secret([UInt8])
    /// Signatures of the owner of a public key.
    case publicKey(PublicKey, PublicKey.Algorithm)

    /// The only name of an algorithm that the header may have.
    var algorithm: String {
        switch self {
        case .secret: "HS256"
        case .publicKey(_, let algorithm): algorithm.rawValue
        }
    }
}

/// What signs tokens.
public enum SigningKey: Sendable {
    /// HS256 with a secret of at least 32 bytes.
    case secret([UInt8])
    /// Signatures by a private key, of an algorithm that it is for.
    case privateKey(PrivateKey, PublicKey.Algorithm)

    /// What checks what this key signed.
    public var verifier: TokenKey {
        switch self {
        case .secret(let secret): .secret(secret)
        case .privateKey(let key, let algorithm): .publicKey(key.publicKey, algorithm)
        }
    }

    fileprivate func sign(_ message: [UInt8]) -> [UInt8] {
        switch self {
        case .secret(let secret): HMAC.sha256(message, key: secret)
        case .privateKey(let key, let algorithm): key.sign(message, algorithm)
        }
    }
}

/// A token as it came: in form, but signed by nobody knows whom. Its claims are not to be had before they are checked.
public struct UnverifiedToken: Sendable {
    /// Bytes of a token that is looked at.
    public static let bytesMax = 16_384

    /// The name of the algorithm that the token claims.
    public let algorithm: String
    /// The name of the key that it says signed it; nil when it says nothing.
    public let keyID: String?
    private let claims: JSONObject
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Reads the compact form (RFC 7515 §3.1) strictly: three parts in base64 for addresses without padding, header and
    /// claims each one JSON object in which no name is doubled, no extension that must be understood.
    public init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.bytesMax else { throw .form }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .header }
        guard let header = Self.object(parts[0]), let algorithm = header["alg"]?.string else { throw .header }
        // No extension is understood here, and a payload that is not base64 is one (RFC 7515 §4.1.11, RFC 7797).
        guard header["crit"] == nil, header["b64"] == nil else { throw .algorithm }
        if let keyID = header["kid"] {
            guard let text = keyID.string else { throw .header }
            self.keyID = text
        } else {
            keyID = nil
        }
        guard let claims = Self.object(parts[1]), let signature = Self.bytes(parts[2]) else { throw .form }
        self.algorithm = algorithm
        self.claims = claims
        self.signature = signature
        signed = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }

    private static func bytes(_ part: Substring.UTF8View) -> [UInt8]? { Base64.url.bytes(Substring(part)) }

    private static func object(_ part: Substring.UTF8View) -> JSONObject? {
        guard let bytes = bytes(part) else { return nil }
        return (try? JSONValue(strictly: bytes))?.object
    }

    /// The token, once its signature is checked.
    public func verified(by key: TokenKey) throws(TokenRefusal) -> JSONWebToken {
        guard algorithm == key.algorithm else { throw .algorithm }
        let isGenuine =
            switch key {
            case .secret(let secret): ConstantTime.areEqual(HMAC.sha256(signed, key: secret), signature)
            case .publicKey(let key, let algorithm): key.verifies(signature, of: signed, algorithm)
            }
        guard isGenuine else { throw .signature }
        return JSONWebToken(claims: claims, keyID: keyID)
    }
}

/// A token (RFC 7519) whose signature is good. Whether its claims are is for `check`.
public struct JSONWebToken: Sendable, Equatable {
    /// The claims.
    public let claims: JSONObject
    /// The name of the key that signed it; nil when it names none.
    public let keyID: String?

    /// A token from its parts.
    public init(claims: JSONObject, keyID: String? = nil) {
        self.claims = claims
        self.keyID = keyID
    }

    /// Reads a token that `key` signed.
    public init(_ text: String, by key: TokenKey) throws(TokenRefusal) {
        self = try UnverifiedToken(text).verified(by: key)
    }

    /// The compact form, signed.
    public func text(signedBy key: SigningKey) -> String {
        var header: JSONObject = ["alg": .string(key.verifier.algorithm), "typ": "JWT"]
        if let keyID { header["kid"] = .string(keyID) }
        let parts = [JSONValue.object(header), .object(claims)].map { Base64.url.text($0.jsonBytes) }
        let signed = parts.joined(separator: ".")
        return "\(signed).\(Base64.url.text(key.sign(Array(signed.utf8))))"
    }

    /// A claim that is a text that is not empty; nil when it is not there or something else.
    public subscript(_ name: String) -> String? {
        guard let text = claims[name]?.string, !text.isEmpty else { return nil }
        return text
    }

    /// `sub`; nil when it is not there or no text.
    public var subject: String? { self["sub"] }
    /// `exp`, milliseconds since 1970; nil when it is not there or no time.
    public var expiresAt: Int64? { moment("exp") }
    /// `iat`, milliseconds since 1970; nil when it is not there or no time.
    public var issuedAt: Int64? { moment("iat") }

    /// `aud`, which is one text or a list of them; empty when it is not there or something else.
    public var audiences: [String] {
        if let one = claims["aud"]?.string { return [one] }
        return claims["aud"]?.array?.compactMap(\.string) ?? []
    }

    /// The last second of the year 9999.
    private static let secondsMax = 253_402_300_799.0

    /// A time in seconds since 1970, which may have a fraction (RFC 7519 §2), in milliseconds.
    private func moment(_ name: String) -> Int64? {
        guard let seconds = claims[name]?.double, (0...Self.secondsMax).contains(seconds) else { return nil }
        return Int64(seconds * 1000)
    }
}

/// What the claims of a token must be.
public struct ClaimChecks: Sendable, Equatable {
    /// What `iss` must be; nil for anything.
    public var issuer: String?
    /// Of these `aud` must name one; nil for anything.
    public var audiences: [String]?
    /// The claims that must be there, in the order in which they are looked for.
    public var required: [String]
    /// How far the clocks of two machines may be apart.
    public var tolerance: Duration
    /// How long the token may live from `iat` to `exp`; nil for any time.
    public var lifetimeMax: Duration?

    /// Checks from their parts; of times alone unless told more.
    public init(
        issuer: String? = nil, audiences: [String]? = nil, required: [String] = [],
        tolerance: Duration = .seconds(60), lifetimeMax: Duration? = nil
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.required = required
        self.tolerance = tolerance
        self.lifetimeMax = lifetimeMax
    }
}

extension JSONWebToken {
    /// Refuses claims that are not as they must be at `now`, milliseconds since 1970. Times that are there are checked
    /// whether or not they must be; one that lies ahead, `nbf` or `iat`, is refused, so that nobody makes a long life
    /// look short.
    public func check(_ checks: ClaimChecks, at now: Int64) throws(TokenRefusal) {
        for name in checks.required where claims[name] == nil || claims[name] == .null { throw .missing(name) }
        for name in ["exp", "nbf", "iat"] where claims[name] != nil && moment(name) == nil { throw .claim(name) }
        for name in ["iss", "sub"] where claims[name] != nil && claims[name]?.string == nil { throw .claim(name) }
        if checks.required.contains("sub"), subject == nil { throw .missing("sub") }
        if let issuer = checks.issuer, claims["iss"]?.string != issuer { throw .claim("iss") }
        if let wanted = checks.audiences, !audiences.contains(where: wanted.contains) { throw .claim("aud") }
        let tolerance = checks.tolerance.wholeMilliseconds
        if let end = expiresAt, now >= end + tolerance { throw .expired }
        for name in ["nbf", "iat"] {
            if let start = moment(name), start > now + tolerance { throw .claim(name) }
        }
        if let longest = checks.lifetimeMax, let start = issuedAt, let end = expiresAt,
            end - start > longest.wholeMilliseconds
        {
            throw .lifetime
        }
    }
}

extension Duration {
    /// The whole milliseconds in it.
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
