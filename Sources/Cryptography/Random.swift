import CCrypto

/// What nobody can guess, from the generator of libcrypto.
public enum Random {
    private static let alphanumerics = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// So many random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no random bytes")
        return bytes
    }

    /// So many random letters and digits, each as likely as the other: 5.95 bits a character.
    public static func alphanumerics(_ count: Int) -> String {
        var text: [UInt8] = []
        while text.count < count {
            // Of 256 values 248 are a multiple of 62; the rest would make the first letters more likely.
            for byte in bytes(count - text.count) where byte < 248 { text.append(alphanumerics[Int(byte) % 62]) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
