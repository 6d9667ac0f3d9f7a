import HTTPTypes

/// Lets pages of any origin call the run API (run spec §0.2): which origins an app trusts is decided by authentication,
/// and no cookie is a credential there.
enum CrossOrigin {
    private static let exposed =
        "Content-Length, X-Request-Id, X-Conversation-Id, X-Workflow-Run-Id, Mcp-Session-Id, "
        + "X-Vercel-AI-UI-Message-Stream, X-Vercel-AI-Data-Stream"

    /// What every reply to a page carries; nothing when no page asked.
    static func reply(_ request: HTTPFields) -> [(name: HTTPField.Name, value: String)] {
        guard let origin = request[.origin] else { return [] }
        return [
            (.accessControlAllowOrigin, origin), (.accessControlAllowCredentials, "true"),
            (.accessControlExposeHeaders, exposed), (.vary, "Origin"),
        ]
    }

    /// What the reply to a preflight carries beside `reply`.
    static func preflight(_ request: HTTPFields) -> [(name: HTTPField.Name, value: String)] {
        [
            (.accessControlAllowMethods, "GET,POST,PUT,DELETE,OPTIONS,PATCH"),
            (.accessControlAllowHeaders, request[.accessControlRequestHeaders] ?? "*"),
            (.accessControlMaxAge, "86400"),
        ]
    }
}
