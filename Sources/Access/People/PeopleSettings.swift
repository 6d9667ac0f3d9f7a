/// How people get in, as the operator decides.
public struct PeopleSettings: Sendable {
    /// Who may make an account.
    public enum SignUp: String, Sendable, CaseIterable {
        /// Who was invited.
        case invited
        /// Anybody.
        case open
    }

    /// Who may make an account.
    public var signUp = SignUp.invited
    /// The address of the web console, without a slash at its end; nil where links lead to the server's own pages.
    public var consoleURL: String?
    /// Origins whose pages may send requests with a cookie, beside the server's and the console's.
    public var trustedOrigins: Set<String> = []
    /// What cookies are signed with; nil for a secret that the server makes and keeps sealed in the database.
    public var secret: String?
    /// The tenant that is made at the first start (manage spec §3.5).
    public var tenant = "default"
    /// Where people may sign in instead, for every tenant: `google`, `microsoft`.
    public var socialProviders: [SocialProvider] = []

    /// Settings under which only who is invited gets in.
    public init() {}
}

/// An OpenID provider that the operator has registered the server with.
public struct SocialProvider: Sendable, Equatable {
    /// The name in paths and bodies: `google`.
    public let name: String
    /// The issuer.
    public let issuer: String
    /// The client's id.
    public let clientID: String
    /// The client's secret.
    public let clientSecret: String

    /// A provider from its parts.
    public init(name: String, issuer: String, clientID: String, clientSecret: String) {
        self.name = name
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
    }
}

/// Whence a request comes, for limits and the record.
public struct Visitor: Sendable, Equatable {
    /// The client's address; empty when there is none.
    public let address: String
    /// What it calls itself; nil when it does not.
    public let agent: String?
    /// The request's id; empty for none.
    public let request: String

    /// A visitor from its parts.
    public init(address: String, agent: String?, request: String) {
        self.address = address
        self.agent = agent.map { String($0.prefix(Self.agentCharactersMax)) }
        self.request = request
    }

    /// Characters of a client's name for itself that are kept.
    public static let agentCharactersMax = 500

    /// Who works on the server's own machine.
    public static let operatorAtHome = Visitor(address: "", agent: nil, request: "")
}
