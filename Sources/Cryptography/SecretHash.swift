import CCrypto

/// The hash of a secret that need not be read again: API keys, header secrets of triggers (manage spec §2.18, §2.21).
///
/// The text is base64 of a random salt of 32 bytes, followed by 64 bytes of scrypt (RFC 7914) of secret and salt, with
/// N 16384, r 8, p 1. Making or checking one takes some 50 ms of a core and 16 MiB of memory, so do neither inside a
/// transaction: hash first, store then.
public enum SecretHash {
    private static let saltLength = 32
    private static let keyLength = 64
    private static let cost: UInt64 = 16_384
    private static let blockSize: UInt64 = 8
    private static let parallelism: UInt64 = 1
    /// Bytes that scrypt may take: 16 MiB for these parameters, and what it needs beside them.
    private static let memoryMax: UInt64 = 64 << 20

    /// The hash of a secret, with a salt of its own: two hashes of one secret differ.
    public static func make(_ secret: String) -> String {
        let salt = Random.bytes(saltLength)
        return Base64.standard.text(salt + key(secret, salt))
    }

    /// Whether `hash` is of `secret`, compared in constant time. What is no hash is of none.
    public static func matches(_ hash: String, _ secret: String) -> Bool {
        guard let bytes = Base64.standard.bytes(hash), bytes.count == saltLength + keyLength else { return false }
        return ConstantTime.areEqual(key(secret, Array(bytes.prefix(saltLength))), Array(bytes.dropFirst(saltLength)))
    }

    /// Whether a text is one that `make` may have made.
    public static func isWellFormed(_ hash: String) -> Bool {
        Base64.standard.bytes(hash)?.count == saltLength + keyLength
    }

    private static func key(_ secret: String, _ salt: [UInt8]) -> [UInt8] {
        let secret = Array(secret.utf8).map(CChar.init(bitPattern:))
        var key = [UInt8](repeating: 0, count: keyLength)
        let made = EVP_PBE_scrypt(
            secret, secret.count, salt, salt.count, cost, blockSize, parallelism, memoryMax, &key, key.count)
        precondition(made == 1, "libcrypto cannot make a scrypt key: is there memory for it?")
        return key
    }
}
