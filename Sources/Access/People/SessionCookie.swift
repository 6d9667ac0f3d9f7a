import Catalog

/// The cookie that says who is signed in (manage spec §3.4, RFC 6265).
public struct SessionCookie: Sendable, Equatable {
    /// The name on http; on https it has a prefix by which browsers keep it to https.
    static let plainName = "better-auth.session_token"
    static let securePrefix = "__Secure-"

    /// The name.
    public let name: String
    private let isSecure: Bool

    /// The cookie of a server that is reached by https, or by http.
    public init(isSecure: Bool) {
        self.isSecure = isSecure
        name = (isSecure ? Self.securePrefix : "") + Self.plainName
    }

    /// Cookies of this name in one header that are looked at: a page of a neighbouring host may have added some.
    static let candidatesMax = 4

    /// The values of the cookie in a `Cookie` header, unescaped, at most four.
    func values(in header: String) -> [String] {
        var found: [String] = []
        for part in header.split(separator: ";") where found.count < Self.candidatesMax {
            let pair = part.drop { $0 == " " || $0 == "\t" }
            guard let mark = pair.firstIndex(of: "="), pair[..<mark] == name[...] else { continue }
            var value = pair[pair.index(after: mark)...]
            while let last = value.last, last == " " || last == "\t" { value.removeLast() }
            if value.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
            if let text = Self.unescaped(value) { found.append(text) }
        }
        return found
    }

    /// The text with its escapes resolved (RFC 3986 §2.1); nil when one is incomplete or the bytes are not UTF-8.
    private static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(0x25) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// The `Set-Cookie` that keeps a signed token.
    ///
    /// - Parameter seconds: how long; nil until the browser is closed.
    func setting(_ signed: String, seconds: Int64?) -> String {
        // Of a token and base64 these are the only characters that a cookie's value escapes.
        let value = signed.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
        return "\(name)=\(value); Path=/; HttpOnly; \(site)" + (seconds.map { "; Max-Age=\($0)" } ?? "")
    }

    /// The `Set-Cookie` that takes it away.
    var clearing: String { "\(name)=; Path=/; HttpOnly; \(site); Max-Age=0" }

    private var site: String { isSecure ? "Secure; SameSite=None" : "SameSite=Lax" }
}
