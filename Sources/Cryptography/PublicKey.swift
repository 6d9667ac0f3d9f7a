import CCrypto

/// A public key that checks signatures, read by libcrypto. It is a value: its bytes.
public struct PublicKey: Sendable, Equatable {
    /// What signatures a key can check (RFC 7518 §3.1, RFC 8037 §3.1).
    public enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case edDSA = "EdDSA"
    }

    /// The key's sort and strength.
    public enum Family: Sendable, Equatable {
        /// RSA with so many bits.
        case rsa(bits: Int)
        /// An elliptic curve by libcrypto's name for it: `prime256v1`, `secp384r1`, `secp521r1`.
        case ellipticCurve(String)
        /// Ed25519 or Ed448.
        case edwards
        /// Any other.
        case other
    }

    /// The key's sort and strength.
    public let family: Family
    /// The key as a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) in DER: one text for each key.
    let der: [UInt8]

    /// Bytes of a PEM text that are read at most: an RSA key of 16,384 bits has some 2,800.
    public static let bytesMax = 16_384
    private static let rsaBitsMin = 2048

    /// Reads a text in PEM (RFC 7468, `BEGIN PUBLIC KEY`) that is one key and nothing else; nil when it is not.
    public init?(pem: String) {
        let text = pem.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace || $0 == " " } }
            .filter { !$0.isEmpty }
        guard pem.utf8.count <= Self.bytesMax, text.first == "-----BEGIN PUBLIC KEY-----",
            text.last == "-----END PUBLIC KEY-----", text.count(where: { $0.hasPrefix("-----") }) == 2
        else { return nil }
        let bytes = Array((text.joined(separator: "\n") + "\n").utf8)
        guard let input = BIO_new_mem_buf(bytes, Int32(bytes.count)) else { return nil }
        defer { BIO_free(input) }
        // Nothing is locked with a password here: an empty one keeps libcrypto from asking at the terminal.
        let key = PEM_read_bio_PUBKEY(input, nil, { _, _, _, _ in 0 }, nil)
        ERR_clear_error()
        guard let key else { return nil }
        defer { EVP_PKEY_free(key) }
        self.init(key)
    }

    /// Reads a SubjectPublicKeyInfo in DER; nil when the bytes are not one key and nothing else, or the key is not
    /// sound: a point that is not on its curve.
    init?(der: [UInt8]) {
        guard let key = Self.read(der) else { return nil }
        defer { EVP_PKEY_free(key) }
        self.init(key)
    }

    /// The key in PEM.
    public var pem: String {
        let text = Array(Base64.standard.text(der))
        let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
        return (["-----BEGIN PUBLIC KEY-----"] + lines + ["-----END PUBLIC KEY-----", ""]).joined(separator: "\n")
    }

    private init?(_ key: OpaquePointer) {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: family = .rsa(bits: Int(EVP_PKEY_get_bits(key)))
        case EVP_PKEY_EC: family = .ellipticCurve(Self.curve(of: key))
        case EVP_PKEY_ED25519, EVP_PKEY_ED448: family = .edwards
        default: family = .other
        }
        guard let der = encoded({ i2d_PUBKEY(key, $0) }) else { return nil }
        self.der = der
    }

    /// The key for libcrypto; the caller frees it.
    private static func read(_ der: [UInt8]) -> OpaquePointer? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            guard let key = d2i_PUBKEY(nil, &position, buffer.count) else { return nil }
            guard position == buffer.baseAddress.map({ $0 + buffer.count }) else {
                EVP_PKEY_free(key)
                return nil
            }
            return key
        }
    }

    /// Whether `signature` is of `message` by this key's owner. False also for a key that cannot check signatures of
    /// the algorithm, and for a signature of another form: those of ECDSA are r and s at full length, one behind the
    /// other (RFC 7518 §3.4).
    public func verifies(_ signature: [UInt8], of message: [UInt8], _ algorithm: Algorithm) -> Bool {
        guard refusal(of: algorithm) == nil, let key = Self.read(der) else { return false }
        defer {
            EVP_PKEY_free(key)
            ERR_clear_error()
        }
        var signature = signature
        if let width = algorithm.integerBytes {
            guard let pair = ECDSASignature(joined: signature, width: width)?.der else { return false }
            signature = pair
        }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, algorithm.digest, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    private static func curve(of key: OpaquePointer) -> String {
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return "" }
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Why the key cannot check signatures of `algorithm`, for people; nil when it can.
    public func refusal(of algorithm: Algorithm) -> String? {
        switch algorithm {
        case .rs256, .rs384, .rs512:
            guard case .rsa(let bits) = family else { return "is not an RSA key, as \(algorithm.rawValue) needs" }
            return bits < Self.rsaBitsMin ? "has \(bits) bits; an RSA key needs at least \(Self.rsaBitsMin)" : nil
        case .es256: return refusal(ofCurve: "prime256v1", called: "P-256", algorithm)
        case .es384: return refusal(ofCurve: "secp384r1", called: "P-384", algorithm)
        case .es512: return refusal(ofCurve: "secp521r1", called: "P-521", algorithm)
        case .edDSA: return family == .edwards ? nil : "is not an Ed25519 or Ed448 key, as EdDSA needs"
        }
    }

    private func refusal(ofCurve curve: String, called name: String, _ algorithm: Algorithm) -> String? {
        family == .ellipticCurve(curve) ? nil : "is not a key of \(name), as \(algorithm.rawValue) needs"
    }
}
