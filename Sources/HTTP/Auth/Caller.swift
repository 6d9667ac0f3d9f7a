public import Access
public import Catalog

/// Who makes a request, as authentication found out. What they may do is the `Gate`'s to say.
public struct Caller: Sendable, Equatable {
    /// On what the right to manage rests.
    public enum Authority: Sendable, Equatable {
        /// A secret of the operator's, or development: everything in every tenant (manage spec §3.1).
        case everything
        /// A person: what their roles allow.
        case person(account: String)
        /// These operations alone, in the caller's own tenant and project: API keys (manage spec §3.1, 7).
        case operations(Set<String>)
        /// Nothing beyond running agents.
        case none
    }

    /// By what the caller was recognised, for logs and the audit: `bypass`, `development`, `session`, `api-key` …
    public var means: String
    /// The tenant that the credential is bound to; nil when it may work in any.
    public var tenant: String?
    /// The project to run in; nil outside of `/run`.
    public var project: String?
    /// The agent to run; nil outside of `/run`.
    public var agent: String?
    /// The person on whose behalf it is made, as people see them; nil when nobody is named.
    public var owner: String?
    /// The whole name of who it is, to whom conversations belong: two keys, the users of two apps and the persons whom
    /// the operator names never share one. Nil when nobody is named.
    public var subject: String?
    /// What it may do with configuration.
    public var authority: Authority
    /// The person, as they have signed in; nil for a machine.
    public var person: SignedIn?
    /// What a run and its conversation are told of where the request came from: `initiatedBy`, `appId`, verified claims
    /// (run spec §1.9). Nil for nothing.
    public var metadata: JSONObject?
    /// The name in the change log and the audit; nil for the person's, or the means.
    public var name: String?
    /// The app through which it comes; nil for none.
    public var app: String?
    /// What that app tells agents; nil for nothing.
    public var appPrompt: String?

    /// A caller from its parts.
    public init(
        means: String, tenant: String? = nil, project: String? = nil, agent: String? = nil, owner: String? = nil,
        subject: String? = nil, authority: Authority = .none, person: SignedIn? = nil, metadata: JSONObject? = nil,
        name: String? = nil
    ) {
        self.means = means
        self.tenant = tenant
        self.project = project
        self.agent = agent
        self.owner = owner
        self.subject = subject ?? owner.map { "user:\($0)" }
        self.authority = authority
        self.person = person
        self.metadata = metadata
        self.name = name
    }

    /// Whoever has not said who they are.
    public static let anonymous = Caller(means: "anonymous")

    /// The account of a person; nil for a machine.
    var account: String? {
        guard case .person(let account) = authority else { return nil }
        return account
    }

    /// Whose bucket its requests are taken from: the operator's own secrets have none.
    var quota: Quota {
        if let app { return .visitor(app: app, subject: subject ?? "") }
        switch authority {
        case .everything: return .none
        case .person(let account): return .person(account)
        case .operations: return .key(actor)
        case .none: return means == "api-key" ? .key(actor) : .none
        }
    }

    /// Whether it came with a credential of machines whose use is put on record: all that run agents, and keys that
    /// open a little of management.
    func isKey(for permission: Operation.Permission) -> Bool {
        if permission == .run { return means != "development" }
        guard case .operations = authority else { return false }
        return true
    }

    /// Who changed something, for the change log.
    var actor: String { name ?? account ?? owner ?? means }
}
