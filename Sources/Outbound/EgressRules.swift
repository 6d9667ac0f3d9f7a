import Synchronization

/// Whom a request is made for. Operators may let one project, or one tool of it, reach what others do not.
public struct EgressScope: Sendable, Hashable {
    /// The tenant's id.
    public let tenant: String
    /// The project's id.
    public let project: String
    /// The id of the tool or variable; nil for none in particular.
    public let tool: String?

    /// A scope of these ids.
    public init(tenant: String, project: String, tool: String? = nil) {
        self.tenant = tenant
        self.project = project
        self.tool = tool
    }

    /// Reads `tenant/project` or `tenant/project/tool`. Nil for anything else.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(tenant: parts[0], project: parts[1], tool: parts.count == 3 ? parts[2] : nil)
    }

    /// The scopes whose allowances hold for this one.
    fileprivate var holding: [EgressScope] {
        tool == nil ? [self] : [EgressScope(tenant: tenant, project: project), self]
    }
}

/// The allow-lists of a server: one for everybody, and more for projects and tools.
public struct EgressRules: Sendable, Hashable {
    /// What holds for everybody.
    public var everybody: EgressPolicy
    private var scoped: [EgressScope: [String]] = [:]

    /// Rules that are the same for everybody.
    public init(_ everybody: EgressPolicy) { self.everybody = everybody }

    /// Rules from the text of `COVEY_EGRESS_ALLOW`: entries with commas between them, each an address, a range or a
    /// host name, for everybody, or, after `tenant/project=` or `tenant/project/tool=`, for those alone.
    ///
    /// - Throws: `EgressRulesError` with the entries that are none.
    public init(allow text: String) throws(EgressRulesError) {
        var open: [String] = []
        var wrong: [String] = []
        for entry in text.split(separator: ",").map(Self.trimmed) where !entry.isEmpty {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
            guard let target = parts.last, Self.isTarget(target) else {
                wrong.append(String(entry))
                continue
            }
            if parts.count == 1 {
                open.append(String(target))
            } else if let scope = EgressScope(parts[0]) {
                scoped[scope, default: []].append(String(target))
            } else {
                wrong.append(String(entry))
            }
        }
        guard wrong.isEmpty else { throw EgressRulesError(entries: wrong) }
        everybody = EgressPolicy(allow: open)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// An address, a range, or a host name, which has no slash.
    private static func isTarget(_ text: Substring) -> Bool {
        IPRange(text) != nil || (!text.isEmpty && !text.contains { "/:@=%".contains($0) || $0.isWhitespace })
    }

    /// The policy for a scope.
    public func policy(for scope: EgressScope?) -> EgressPolicy {
        let more = EgressPolicy(allow: own(scope).flatMap { scoped[$0] ?? [] })
        var policy = everybody
        policy.allowedRanges += more.allowedRanges
        policy.allowedHosts += more.allowedHosts
        return policy
    }

    /// The scopes with allowances of their own that hold for `scope`.
    fileprivate func own(_ scope: EgressScope?) -> [EgressScope] {
        (scope?.holding ?? []).filter { scoped[$0] != nil }
    }
}

/// Entries of an allow-list that cannot be read.
public struct EgressRulesError: Error, Sendable, Hashable {
    /// The entries as they were written.
    public let entries: [String]
}

extension HTTPClient {
    /// Live clients by rules: requests of scopes that may reach the same share connections, and no others do, because
    /// a connection that is used again is not asked about again.
    public static func live(rules: EgressRules, limits: HTTPLimits = HTTPLimits()) -> HTTPClient {
        let open = HTTPClient.live(policy: rules.everybody, limits: limits)
        let clients = ScopedClients(rules, limits)
        return HTTPClient { request async throws(OutboundError) in
            let scopes = rules.own(request.scope)
            return try await (scopes.isEmpty ? open : clients.client(for: scopes, request.scope)).send(request)
        }
    }
}

/// The clients of scopes with allowances of their own: at most two for each that the rules name.
private final class ScopedClients: Sendable {
    private let rules: EgressRules
    private let limits: HTTPLimits
    private let clients = Mutex<[[EgressScope]: HTTPClient]>([:])

    init(_ rules: EgressRules, _ limits: HTTPLimits) {
        self.rules = rules
        self.limits = limits
    }

    func client(for scopes: [EgressScope], _ scope: EgressScope?) -> HTTPClient {
        clients.withLock { clients in
            if let known = clients[scopes] { return known }
            let client = HTTPClient.live(policy: rules.policy(for: scope), limits: limits)
            clients[scopes] = client
            return client
        }
    }
}
