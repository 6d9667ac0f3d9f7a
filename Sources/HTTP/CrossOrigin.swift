import Catalog
import HTTPTypes

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
