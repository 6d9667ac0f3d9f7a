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

    /// The cookie of another name, for reading.
    init(named name: String) {
        self.name = name
        isSecure = false
    }

    /// The values of the cookie of any name in a `Cookie` header, unescaped, at most four.
    public static func values(named name: String, in header: String) -> [String] {
        SessionCookie(named: name).values(in: header)
    }

    /// A `Cookie` header without the cookies that say who is signed in here: what others get of it gives nobody's
    /// session away. Nil where nothing else is in it.
    public static func removed(from header: String) -> String? {
        let kept = header.split(separator: ";").filter { part in
            let name = part.drop { $0 == " " || $0 == "\t" }.prefix { $0 != "=" && $0 != " " && $0 != "\t" }
            return !name.hasSuffix(plainName)
        }
        let text = kept.map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
        return text.isEmpty ? nil : text
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
            if let text = PercentCoding.decode(value) { found.append(text) }
        }
        return found
    }

    /// The `Set-Cookie` that keeps a signed token.
    ///
    /// - Parameter seconds: how long; nil until the browser is closed.
    func setting(_ signed: String, seconds: Int64?) -> String {
        "\(name)=\(PercentCoding.component(signed)); Path=/; HttpOnly; \(site)"
            + (seconds.map { "; Max-Age=\($0)" } ?? "")
    }

    /// The `Set-Cookie` that takes it away.
    var clearing: String { "\(name)=; Path=/; HttpOnly; \(site); Max-Age=0" }

    private var site: String { isSecure ? "Secure; SameSite=None" : "SameSite=Lax" }
}
