import Catalog
import Cryptography

/// The token of a session: as a cookie and as a bearer token (manage spec §3.4).
enum SessionToken {
    /// Characters of a token, 190 bits.
    static let length = 32

    /// A new one.
    static func make() -> String { Random.alphanumerics(length) }

    /// Under what a token is kept.
    static func digest(_ token: String) -> String { SHA256.hexadecimal(token) }

    /// Whether a text has the form of a token.
    static func isWellFormed(_ text: some StringProtocol) -> Bool {
        text.utf8.count == length
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            }
    }

    /// The token with its signature, as cookies carry it before they are escaped.
    static func signed(_ token: String, by key: [UInt8]) -> String {
        token + "." + Base64.standard.text(HMAC.sha256(Array(token.utf8), key: key))
    }

    /// The token of a text, raw or signed by `key`; nil when it is none.
    static func read(_ text: some StringProtocol, by key: [UInt8]) -> String? {
        if isWellFormed(text) { return String(text) }
        return unsigned(text, by: key)
    }

    /// The token of a signed text; nil when it is none, or the signature is not of `key`.
    static func unsigned(_ text: some StringProtocol, by key: [UInt8]) -> String? {
        guard let dot = text.lastIndex(of: "."), isWellFormed(text[..<dot]),
            let signature = Base64.standard.bytes(text[text.index(after: dot)...])
        else { return nil }
        let token = String(text[..<dot])
        return ConstantTime.areEqual(signature, HMAC.sha256(Array(token.utf8), key: key)) ? token : nil
    }
}
