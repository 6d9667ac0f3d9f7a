import Access
import Catalog
import HTTPTypes

/// What a request says of who makes it (run spec §1.1).
struct Credentials: Sendable {
    /// The bearer token; nil without one.
    var bearer: String?
    /// The headers, for what a strategy needs beside the token.
    let headers: HTTPFields
    /// The host that the client addressed, without port.
    let host: String?
    /// The client's address (`TrustedProxies`); empty when there is none.
    let address: String

    /// The host and port that the client addressed.
    let authority: String?
    /// What is asked for; nil where it is not looked at.
    let method: HTTPRequest.Method?

    init(_ request: HTTPRequest, address: String) {
        self.init(
            request.headerFields, authority: request.authority, method: request.method, address: address)
    }

    init(_ headers: HTTPFields, authority: String?, method: HTTPRequest.Method? = nil, address: String) {
        self.address = address
        self.headers = headers
        self.authority = authority
        self.method = method
        host = authority.map(Self.withoutPort)
        bearer = Self.bearer(headers[.authorization])
    }

    /// The token of an `Authorization` header; nil when it has none.
    static func bearer(_ header: String?) -> String? {
        guard let header, header.utf8.count > 7, header.prefix(7).lowercased() == "bearer " else { return nil }
        return String(header.dropFirst(7)).trimmed
    }

    private static func withoutPort(_ authority: String) -> String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    /// What it says of who is signed in. A page of a server may forward the cookie of its reader.
    var session: SessionCredentials {
        SessionCredentials(bearer: bearer, cookies: headers[values: .cookie] + headers[values: .forwardedCookie])
    }

    /// A header that is there and not empty.
    subscript(_ name: HTTPField.Name) -> String? {
        guard let value = headers[name], !value.isEmpty else { return nil }
        return value
    }
}

extension HTTPField.Name {
    /// A name written in this source, where it is known to be a token.
    private static func literal(_ text: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name("\(text)") else { preconditionFailure("\(text) is not a header name") }
        return name
    }

    static let forwardedCookie = literal("x-forwarded-cookie")
    static let forwarded = literal("forwarded")
    static let forwardedFor = literal("x-forwarded-for")
    static let rateLimit = literal("ratelimit")
    static let rateLimitPolicy = literal("ratelimit-policy")
    static let frameOptions = literal("x-frame-options")
    static let requestID = literal("x-request-id")
    static let tenantID = literal("x-inkeep-tenant-id")
    static let projectID = literal("x-inkeep-project-id")
    static let agentID = literal("x-inkeep-agent-id")
    static let challengeSolution = literal("x-inkeep-challenge-solution")
    static let subAgentID = literal("x-inkeep-sub-agent-id")
    static let appID = literal("x-inkeep-app-id")
    static let runAsUser = literal("x-inkeep-run-as-user-id")
    static let ref = literal("x-inkeep-ref")
    static let apiKey = literal("x-api-key")
    static let idempotencyKey = literal("idempotency-key")
    static let idempotentReplayed = literal("idempotent-replayed")
    static let emitOperations = literal("x-emit-operations")
    static let shouldRetry = literal("x-should-retry")
    static let userProperties = literal("x-inkeep-user-properties")
    static let properties = literal("x-inkeep-properties")
    static let clientTimezone = literal("x-inkeep-client-timezone")
    static let clientTimestamp = literal("x-inkeep-client-timestamp")
    static let traceparent = literal("traceparent")
    static let workflowRunID = literal("x-workflow-run-id")
    static let streamStartIndex = literal("x-stream-start-index")
    static let mcpVersion = literal("mcp-protocol-version")
    static let mcpSession = literal("mcp-session-id")
    static let mcpMethod = literal("mcp-method")
    static let mcpName = literal("mcp-name")
    static let conversationID = literal("x-conversation-id")
    static let lastEventID = literal("last-event-id")
    static let uiMessageStream = literal("x-vercel-ai-ui-message-stream")
    static let dataStream = literal("x-vercel-ai-data-stream")
    static let accelBuffering = literal("x-accel-buffering")
    static let contentTypeOptions = literal("x-content-type-options")
    static let referrerPolicy = literal("referrer-policy")
    static let xssProtection = literal("x-xss-protection")
}
