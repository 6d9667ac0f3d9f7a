import CCrypto

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// Bytes of a digest.
    public static let length = 32

    /// The digest of `bytes`: 32 bytes.
    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        _ = CCrypto.SHA256(bytes, bytes.count, &digest)
        return digest
    }

    /// The digest of the text's UTF-8 in lower-case hexadecimal, 64 characters.
    public static func hexadecimal(_ text: String) -> String { Hexadecimal.text(digest(Array(text.utf8))) }
}

/// HMAC (RFC 2104) with SHA-256.
public enum HMAC {
    /// The code of `message` under `key`: 32 bytes.
    public static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: SHA256.length)
        var length: UInt32 = 0
        let made = CCrypto.HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length)
        precondition(made != nil && length == UInt32(SHA256.length), "libcrypto cannot make an HMAC-SHA256")
        return code
    }
}

/// Comparison whose time tells nothing of where two values differ.
public enum ConstantTime {
    /// Whether two values are equal. How long it takes depends on their lengths alone.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Whether two texts are equal, whatever their lengths: their digests are compared, so that the time does not tell
    /// how long the other is either.
    public static func areEqual(_ left: String, _ right: String) -> Bool {
        areEqual(SHA256.digest(Array(left.utf8)), SHA256.digest(Array(right.utf8)))
    }
}
