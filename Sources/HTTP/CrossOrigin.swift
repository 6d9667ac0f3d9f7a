import Catalog
import HTTPTypes

/// The pages that may act for people who have signed in: the server's own, the console's, and those that the operator
/// names. An explicit list, with no rule about names of domains (manage spec §3.11, §7, 32).
public struct TrustedOrigins: Sendable, Equatable {
    private let origins: Set<String>
    /// Whether pages of this machine are trusted: for development.
    private let trustsThisMachine: Bool

    /// Trusts the pages of these addresses; of an address scheme, host and port count.
    public init(_ addresses: [String] = [], trustsThisMachine: Bool = false) {
        origins = Set(addresses.compactMap { Self.origin(of: $0) })
        self.trustsThisMachine = trustsThisMachine
    }

    /// Scheme, host and port of an address as browsers send them; nil when it has none.
    public static func origin(of address: String) -> String? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let authority = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let name = address[..<scheme.lowerBound].lowercased()
        guard !authority.isEmpty, name == "https" || name == "http" else { return nil }
        var host = authority.lowercased()
        // Browsers leave out the scheme's own port.
        for (scheme, port) in [("https", ":443"), ("http", ":80")] where name == scheme && host.hasSuffix(port) {
            host.removeLast(port.count)
        }
        return "\(name)://\(host)"
    }

    /// Whether a page of `origin`, as its browser sends it, may act for who is signed in.
    func trust(_ origin: String) -> Bool {
        origins.contains(origin) || (trustsThisMachine && Credentials.isFromThisMachine(origin: origin))
    }
}

/// Which pages may read answers (CORS). Pages of any origin may run agents (run spec §0.2): which ones an app trusts
/// authentication decides, and no cookie is a credential there. All else is for trusted origins.
struct CrossOrigin: Sendable {
    let trusted: TrustedOrigins

    private static let exposed =
        "Content-Length, X-Request-Id, X-Conversation-Id, X-Workflow-Run-Id, Mcp-Session-Id, "
        + "X-Vercel-AI-UI-Message-Stream, X-Vercel-AI-Data-Stream, ETag, Retry-After, RateLimit, RateLimit-Policy"
    private static let methods = "GET,POST,PUT,DELETE,OPTIONS,PATCH"

    private func admits(_ origin: String, _ path: Substring) -> Bool {
        path.hasPrefix("/run/") || trusted.trust(origin)
    }

    /// What every reply to a page carries; nothing when no page asked, or one that may not read it.
    func reply(_ request: HTTPFields, _ path: Substring) -> [(name: HTTPField.Name, value: String)] {
        guard let origin = request[.origin] else { return [] }
        guard admits(origin, path) else { return [(.vary, "Origin")] }
        return [
            (.accessControlAllowOrigin, origin), (.accessControlAllowCredentials, "true"),
            (.accessControlExposeHeaders, Self.exposed), (.vary, "Origin"),
        ]
    }

    /// What the reply to a preflight carries beside `reply`.
    func preflight(_ request: HTTPFields, _ path: Substring) -> [(name: HTTPField.Name, value: String)] {
        guard let origin = request[.origin], admits(origin, path) else { return [] }
        return [
            (.accessControlAllowMethods, Self.methods),
            (.accessControlAllowHeaders, request[.accessControlRequestHeaders] ?? "*"),
            (.accessControlMaxAge, path.hasPrefix("/api/auth/") ? "600" : "86400"),
        ]
    }
}
