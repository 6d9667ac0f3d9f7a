public import Access
import Catalog
import Cryptography
import HTTPTypes
import Store

/// Finds out who makes a request: a list of strategies for each side of the API, tried in order; the first that knows
/// the credential decides. A new kind of credential is one more strategy in a list.
public struct Authenticator: Sendable {
    /// One kind of credential.
    struct Strategy: Sendable {
        /// The caller; nil when the credential is not of this kind. Throws when it is, but is not good.
        let recognise: @Sendable (Credentials) async throws -> Caller?
    }

    /// The secrets and switches that decide whom the server lets in.
    public struct Configuration: Sendable {
        /// Opens all of management (manage spec §3.1); nil when not set.
        public var manageBypassSecret: String?
        /// Opens all of running agents (run spec §1.3); nil when not set.
        public var runBypassSecret: String?
        /// Whether requests without a credential are let in: for development on loopback alone.
        public var isDevelopment: Bool
        /// What recognises those who run agents.
        public var runners: RunnerConfiguration

        /// A configuration from its parts.
        public init(
            manageBypassSecret: String? = nil, runBypassSecret: String? = nil, isDevelopment: Bool = false,
            runners: RunnerConfiguration = RunnerConfiguration()
        ) {
            self.runners = runners
            self.manageBypassSecret = manageBypassSecret
            self.runBypassSecret = runBypassSecret
            self.isDevelopment = isDevelopment
        }
    }

    /// Characters of the shortest token that is looked at (run spec §1.2).
    static let tokenLengthMin = 16

    private let manageStrategies: [Strategy]
    private let runStrategies: [Strategy]
    private let isDevelopment: Bool
    private let runners: Runners

    /// The strategies that the configuration turns on.
    ///
    /// - Parameters:
    ///   - runners: what recognises those who run agents, made of the same configuration.
    ///   - people: who has signed in.
    ///   - origins: the pages that may act for them.
    init(_ configuration: Configuration, _ runners: Runners, _ people: People, _ origins: TrustedOrigins) {
        isDevelopment = configuration.isDevelopment
        self.runners = runners
        manageStrategies =
            [configuration.manageBypassSecret.map(Self.manageBypass)].compactMap(\.self)
            + [Self.session(people, origins)] + Self.manageStrategies(of: runners)
        runStrategies =
            [configuration.runBypassSecret.map(Self.runBypass)].compactMap(\.self) + Self.runStrategies(of: runners)
    }

    /// Who calls an operation of management. Throws 401.
    func manage(_ credentials: Credentials) async throws -> Caller {
        var credentials = credentials
        if credentials.bearer == nil { credentials = credentials.withKeyAsBearer }
        for strategy in manageStrategies {
            if let caller = try await strategy.recognise(credentials) { return caller }
        }
        guard credentials.bearer == nil else { throw Problem.unauthorized("Invalid Token") }
        if isDevelopment, credentials.isFromThisMachine { return Caller(means: "development", authority: .everything) }
        throw Problem.unauthorized("Missing or invalid authorization header. Expected: Bearer <api_key>")
    }

    /// Who runs an agent (run spec §1.2). Throws 401, and 400 for an acting user that cannot be one.
    func run(_ credentials: Credentials) async throws -> Caller {
        do throws(Nobody) {
            return try await recogniseRunner(credentials)
        } catch {
            if let refusal = error.refusal { throw refusal }
            guard isDevelopment else { throw error.problem }
            return Caller(
                means: "development", tenant: credentials[.tenantID] ?? "default",
                project: credentials[.projectID] ?? "default", agent: credentials[.agentID] ?? "default",
                owner: try credentials.actingUser())
        }
    }

    /// That nobody was recognised.
    private struct Nobody: Error {
        /// What they are told where nobody is let in without a credential.
        let problem: Problem
        /// What they are told also in development, because the credential was one and is not good.
        var refusal: (any Error)?
    }

    private func recogniseRunner(_ credentials: Credentials) async throws(Nobody) -> Caller {
        guard let bearer = credentials.bearer else {
            let expected = "Missing or invalid authorization header. Expected: Bearer <api_key>"
            throw Nobody(problem: .unauthorized(expected))
        }
        guard bearer.utf8.count >= Self.tokenLengthMin else {
            throw Nobody(problem: .unauthorized("Invalid API key format"))
        }
        let unknown = Problem.unauthorized("Invalid Token")
        do {
            if let app = credentials[.appID], credentials[.subAgentID] == nil {
                if let caller = try await caller(through: app, credentials) { return caller }
            } else {
                for strategy in runStrategies {
                    if let caller = try await strategy.recognise(credentials) { return caller }
                }
            }
        } catch {
            throw Nobody(problem: unknown, refusal: error)
        }
        throw Nobody(problem: unknown)
    }

    private func caller(through app: String, _ credentials: Credentials) async throws -> Caller? {
        try await runners.apps.runner(
            app,
            Apps.Request(
                bearer: credentials.bearer, origin: credentials.headers[.origin], agent: credentials[.agentID])
        ).map(Caller.init)
    }

    private static func manageBypass(_ secret: String) -> Strategy {
        let expected = Digest(of: secret)
        return Strategy { credentials in
            guard let bearer = credentials.bearer, Digest(of: bearer) == expected else { return nil }
            return Caller(means: "bypass", authority: .everything, name: "bypass")
        }
    }

    /// Who is signed in: by a bearer token, else by a cookie, which browsers send whoever asks them to.
    private static func session(_ people: People, _ origins: TrustedOrigins) -> Strategy {
        Strategy { credentials in
            guard let person = try await people.person(credentials.session) else { return nil }
            if credentials.bearer == nil, credentials.headers[.cookie] != nil {
                try origins.admit(credentials.headers, credentials.method, host: credentials.authority)
            }
            return Caller(means: "session", authority: .person(account: person.account.id), person: person)
        }
    }

    private static func runBypass(_ secret: String) -> Strategy {
        let expected = Digest(of: secret)
        return Strategy { credentials in
            guard let bearer = credentials.bearer, Digest(of: bearer) == expected else { return nil }
            guard let tenant = credentials[.tenantID], let project = credentials[.projectID],
                let agent = credentials[.agentID]
            else { throw Problem.unauthorized("Missing or invalid tenant, project, or agent ID") }
            return Caller(
                means: "bypass", tenant: tenant, project: project, agent: agent, owner: try credentials.actingUser())
        }
    }
}

/// The SHA-256 of a secret: two are compared in constant time, and of equal length whatever the secrets' were.
private struct Digest: Sendable, Equatable {
    private let bytes: [UInt8]

    init(of text: String) { bytes = SHA256.digest(Array(text.utf8)) }

    static func == (left: Digest, right: Digest) -> Bool { ConstantTime.areEqual(left.bytes, right.bytes) }
}

extension Credentials {
    /// The user on whose behalf the caller acts; nil when none is named.
    fileprivate func actingUser() throws(Problem) -> String? {
        guard let user = self[.runAsUser] else { return nil }
        guard user != "system", !user.hasPrefix("apikey:") else {
            throw .badRequest("x-inkeep-run-as-user-id cannot be a system identifier")
        }
        return user
    }

    /// Some clients of management send their key as `X-API-Key`.
    fileprivate var withKeyAsBearer: Credentials {
        var credentials = self
        credentials.bearer = self[.apiKey]
        return credentials
    }

    /// Whether the request was addressed to this machine by its own names and, if a browser sent it, from a page of
    /// this machine: a page from elsewhere must not manage a developer's server, by whatever name it reaches it.
    fileprivate var isFromThisMachine: Bool {
        guard let host, Self.isLoopback(host) else { return false }
        return Self.isFromThisMachine(origin: headers[.origin])
    }

    /// Whether a request came from no page at all, or from one of this machine.
    static func isFromThisMachine(origin: String?) -> Bool {
        guard let origin else { return true }
        guard let authority = origin.split(separator: "/").last else { return false }
        let name =
            authority.hasPrefix("[") ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return isLoopback(String(name))
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "127.0.0.1"
    }
}

extension Problem {
    /// 401 with a sentence of its own.
    static func unauthorized(_ detail: String) -> Problem { Problem(.unauthorized, detail) }

    /// Whether it says that somebody is not let in or does not do as they must, and not that the server cannot, or not
    /// yet.
    var isRefusal: Bool { status < 500 && code != .tooManyRequests }
}
