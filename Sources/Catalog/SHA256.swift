import CCrypto

/// SHA-256 of texts.
enum SHA256 {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The digest of the text's UTF-8 in lower-case hexadecimal, 64 characters.
    static func hexadecimal(_ text: String) -> String {
        var text = text
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        text.withUTF8 { bytes in _ = CCrypto.SHA256(bytes.baseAddress, bytes.count, &digest) }
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
