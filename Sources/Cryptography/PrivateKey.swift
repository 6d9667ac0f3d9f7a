import CCrypto

/// A private key that signs. It does not show when it is printed.
public struct PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// What checks the signatures.
    public let publicKey: PublicKey
    /// The key as a PrivateKeyInfo (RFC 5208) in DER.
    private let der: [UInt8]

    /// Bits of the RSA keys that are made.
    private static let rsaBits: Int32 = 2048

    /// The key whose text in base64 is `text`; nil when that is none.
    public init?(text: String) {
        guard let der = Base64.standard.bytes(text) else { return nil }
        self.init(der: der)
    }

    /// Reads a PrivateKeyInfo in DER; nil when the bytes are none.
    public init?(der: [UInt8]) {
        guard let key = Self.read(der) else { return nil }
        defer { EVP_PKEY_free(key) }
        guard let encoded = encoded({ i2d_PUBKEY(key, $0) }), let publicKey = PublicKey(der: encoded) else {
            return nil
        }
        self.publicKey = publicKey
        self.der = der
    }

    /// The key in base64, to be kept where nobody else reads it.
    public var text: String { Base64.standard.text(der) }

    /// The sort of the key alone.
    public var description: String { "private key \(publicKey.family)" }

    /// Nothing but the key's sort.
    public var customMirror: Mirror { Mirror(self, children: ["family": publicKey.family]) }

    /// A new key for signatures of `algorithm`. An RSA key takes some tenths of a second to make.
    public static func random(for algorithm: PublicKey.Algorithm) -> PrivateKey {
        let sort =
            switch algorithm {
            case .rs256, .rs384, .rs512: EVP_PKEY_RSA
            case .es256, .es384, .es512: EVP_PKEY_EC
            case .edDSA: EVP_PKEY_ED25519
            }
        let curve: Int32 =
            switch algorithm {
            case .es384: NID_secp384r1
            case .es512: NID_secp521r1
            default: NID_X9_62_prime256v1
            }
        guard let context = EVP_PKEY_CTX_new_id(sort, nil), EVP_PKEY_keygen_init(context) == 1 else {
            preconditionFailure("libcrypto makes no keys for \(algorithm.rawValue)")
        }
        defer { EVP_PKEY_CTX_free(context) }
        if sort == EVP_PKEY_RSA { _ = EVP_PKEY_CTX_set_rsa_keygen_bits(context, rsaBits) }
        if sort == EVP_PKEY_EC { _ = EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen(context, &key) == 1, let key else {
            preconditionFailure("libcrypto makes no key for \(algorithm.rawValue)")
        }
        defer { EVP_PKEY_free(key) }
        guard let information = EVP_PKEY2PKCS8(key) else { preconditionFailure("a key has no bytes") }
        defer { PKCS8_PRIV_KEY_INFO_free(information) }
        guard let der = encoded({ i2d_PKCS8_PRIV_KEY_INFO(information, $0) }), let made = PrivateKey(der: der) else {
            preconditionFailure("a key that was made cannot be read")
        }
        return made
    }

    /// The signature of `message`, in the form of tokens (RFC 7518 §3).
    ///
    /// - Parameter algorithm: one that the key is for (`PublicKey.refusal`).
    public func sign(_ message: [UInt8], _ algorithm: PublicKey.Algorithm) -> [UInt8] {
        guard publicKey.refusal(of: algorithm) == nil, let key = Self.read(der) else {
            preconditionFailure("the key makes no signatures of \(algorithm.rawValue)")
        }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("there is no memory") }
        defer { EVP_MD_CTX_free(context) }
        var length = 0
        guard EVP_DigestSignInit(context, nil, algorithm.digest, nil, key) == 1,
            EVP_DigestSign(context, nil, &length, message, message.count) == 1
        else { preconditionFailure("libcrypto does not sign with \(algorithm.rawValue)") }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
            preconditionFailure("libcrypto does not sign with \(algorithm.rawValue)")
        }
        signature.removeLast(signature.count - length)
        guard let width = algorithm.integerBytes else { return signature }
        guard let pair = ECDSASignature(der: signature, width: width) else {
            preconditionFailure("libcrypto signs in a form of its own")
        }
        return pair.joined
    }

    /// The key for libcrypto; the caller frees it.
    private static func read(_ der: [UInt8]) -> OpaquePointer? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &position, buffer.count)
        }
    }
}
