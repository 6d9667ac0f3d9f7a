import CCrypto

/// PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2), for proofs of work. Secrets that are kept are for `SecretHash`.
public enum PasswordDerivation {
    /// The derived key.
    ///
    /// - Parameters:
    ///   - iterations: at least 1; the time grows with them.
    ///   - length: bytes of the key, at least 1.
    public static func pbkdf2(_ password: [UInt8], salt: [UInt8], iterations: Int, length: Int) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: length)
        let password = password.map(CChar.init(bitPattern:))
        let made = PKCS5_PBKDF2_HMAC(
            password, Int32(password.count), salt, Int32(salt.count), Int32(iterations), EVP_sha256(), Int32(length),
            &key)
        precondition(made == 1, "libcrypto cannot make a PBKDF2 key")
        return key
    }
}
