import Access
import Catalog
import HTTPTypes

/// The pages that may act for people who have signed in: the server's own, the console's, and those that the operator
/// names. An explicit list, with no rule about names of domains (manage spec §3.3, §3.11, §7, 32).
struct TrustedOrigins: Sendable {
    private let origins: Set<String>
    /// Whether the server has no address but the one at which it was reached: one of this machine.
    private let isLocal: Bool
    /// Whether pages of this machine are trusted: for development.
    private let trustsThisMachine: Bool

    /// The server's own origin, the console's, and those that the operator named.
    ///
    /// - Parameter publicURL: the server's address as clients see it; nil when the operator did not say.
    init(publicURL: String?, _ settings: PeopleSettings, trustsThisMachine: Bool) {
        isLocal = publicURL == nil
        self.trustsThisMachine = trustsThisMachine
        let addresses = [publicURL, settings.consoleURL].compactMap(\.self) + settings.trustedOrigins
        origins = Set(addresses.compactMap(Self.origin))
    }

    /// The origins of the server, the console and those that the operator named, in order.
    var named: [String] { origins.sorted() }

    /// The origin of an address (RFC 6454 §4) in lower case; nil when it has none.
    static func origin(_ address: String) -> String? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let host = address[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard !host.isEmpty else { return nil }
        var origin = (address[..<scheme.upperBound] + host).lowercased()
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")]
        where origin.hasPrefix(scheme) && origin.hasSuffix(port) {
            origin.removeLast(port.count)
        }
        return origin
    }

    /// Whether a page of `origin`, as its browser sends it, may read answers for who is signed in.
    func trust(_ origin: String) -> Bool {
        if trustsThisMachine, Credentials.isFromThisMachine(origin: origin) { return true }
        return Self.origin(origin).map(origins.contains) ?? false
    }

    /// Throws 403 when a page that is not trusted may have sent a request that changes something: one with a cookie
    /// must say which page it is from; one without must not say that it is from another.
    func admit(_ headers: HTTPFields, _ method: HTTPRequest.Method?, host: String?) throws(Problem) {
        if method == .get || method == .head || method == .options { return }
        guard let origin = headers[.origin] else {
            if headers[.cookie] == nil { return }
            throw Self.refusal
        }
        if let known = Self.origin(origin), origins.contains(known) || isOwn(known, host: host) { return }
        throw Self.refusal
    }

    /// The address of a page that is a path of the site at `site`, or one of a trusted origin; nil for any other.
    func page(_ text: String, at site: String) -> String? {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "\\" }
        guard isPlain else { return nil }
        if text.hasPrefix("/") { return text.hasPrefix("//") ? nil : site + text }
        guard let origin = Self.origin(text), !origin.contains("@"), origins.contains(origin) else { return nil }
        return text
    }

    private func isOwn(_ origin: String, host: String?) -> Bool {
        guard isLocal, let host, Credentials.isFromThisMachine(origin: origin) else { return false }
        return origin == "http://\(host.lowercased())"
    }

    private static let refusal = Problem(.forbidden, "Invalid origin", extras: ["reason": "INVALID_ORIGIN"])
}
