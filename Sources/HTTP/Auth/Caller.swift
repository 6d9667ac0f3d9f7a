import Catalog

/// Who makes a request, and what they may do: the one result of authentication.
public struct Caller: Sendable, Equatable {
    /// What a caller may do with the projects of a tenant (manage spec §0.11).
    public enum Grant: Sendable, Equatable {
        /// Everything.
        case all
        /// Nothing beyond running agents.
        case none
    }

    /// By what the caller was recognised, for logs and the change log: `bypass`, `development`, `anonymous`.
    public let means: String
    /// The tenant that the credential is bound to; nil when it may work in any.
    public let tenant: String?
    /// The project to run in; nil outside of `/run`.
    public let project: String?
    /// The agent to run; nil outside of `/run`.
    public let agent: String?
    /// The person on whose behalf it is made, to whom conversations belong; nil when nobody is named.
    public let owner: String?
    /// What it may do with configuration.
    public let grant: Grant

    /// A caller from its parts.
    public init(
        means: String, tenant: String? = nil, project: String? = nil, agent: String? = nil, owner: String? = nil,
        grant: Grant = .none
    ) {
        self.means = means
        self.tenant = tenant
        self.project = project
        self.agent = agent
        self.owner = owner
        self.grant = grant
    }

    /// Whoever has not said who they are.
    public static let anonymous = Caller(means: "anonymous")

    /// Who changed something, for the change log.
    var actor: String { owner ?? means }

    /// Whether the caller may do what needs `permission`.
    func may(_ permission: Operation.Permission) -> Bool {
        switch permission {
        case .none: true
        case .run: project != nil
        case .member, .admin, .view, .use, .edit: grant == .all
        }
    }
}
