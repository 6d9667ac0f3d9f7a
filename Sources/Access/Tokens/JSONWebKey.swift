public import Catalog
public import Cryptography

/// A public key as others publish theirs (RFC 7517): RSA, on a NIST curve, or Ed25519 and Ed448.
public struct JSONWebKey: Sendable, Equatable {
    /// Its name; nil when it has none.
    public let keyID: String?
    /// The one algorithm that it is for; nil when it does not say.
    public let algorithm: PublicKey.Algorithm?
    /// The key.
    public let key: PublicKey

    /// Reads a key that checks signatures; nil for any other, also one of another sort or use.
    public init?(_ json: JSONValue) {
        guard let object = json.object, json["use"].map({ $0.string == "sig" }) ?? true,
            json["key_ops"].map({ $0.array?.contains("verify") == true }) ?? true
        else { return nil }
        func number(_ name: String) -> [UInt8]? { object[name]?.string.flatMap { Base64.url.bytes($0) } }
        let key: PublicKey? =
            switch object["kty"]?.string {
            case "RSA":
                number("n").flatMap { modulus in
                    number("e").flatMap { PublicKey(rsaModulus: modulus, exponent: $0) }
                }
            case "EC":
                number("x").flatMap { x in
                    number("y").flatMap { PublicKey(curve: object["crv"]?.string ?? "", x: x, y: $0) }
                }
            case "OKP": number("x").flatMap { PublicKey(edwards: object["crv"]?.string ?? "", $0) }
            default: nil
            }
        guard let key else { return nil }
        if let name = object["alg"] {
            guard let algorithm = name.string.flatMap(PublicKey.Algorithm.init), key.refusal(of: algorithm) == nil
            else {
                return nil
            }
            self.algorithm = algorithm
        } else {
            algorithm = nil
        }
        keyID = object["kid"]?.string
        self.key = key
    }

    /// What checks a token that claims this algorithm; nil when the key is not for it.
    public func verifier(for claimed: String) -> TokenKey? {
        guard let claimed = PublicKey.Algorithm(rawValue: claimed), key.refusal(of: claimed) == nil,
            algorithm == nil || algorithm == claimed
        else { return nil }
        return .publicKey(key, claimed)
    }
}

/// The keys of one issuer (RFC 7517 §5).
public struct JSONWebKeySet: Sendable, Equatable {
    /// Keys of a set that are looked at.
    public static let keysMax = 100

    /// The keys that check signatures; others are left out.
    public let keys: [JSONWebKey]

    /// A set of keys.
    public init(_ keys: [JSONWebKey]) { self.keys = keys }

    /// Reads a set; nil when it is none.
    public init?(_ json: JSONValue) {
        guard let keys = json["keys"]?.array else { return nil }
        self.keys = keys.prefix(Self.keysMax).compactMap(JSONWebKey.init)
    }

    /// What checks the token: the key that it names, or the only one that is for its algorithm when it names none; nil
    /// when there is none.
    public func verifier(for token: UnverifiedToken) -> TokenKey? {
        if let keyID = token.keyID {
            return keys.first { $0.keyID == keyID }?.verifier(for: token.algorithm)
        }
        let fitting = keys.compactMap { $0.verifier(for: token.algorithm) }
        return fitting.count == 1 ? fitting[0] : nil
    }
}
