/// Who belongs to a tenant and to one of its projects: not configuration, the same on every branch.
public struct Members {
    /// What an account may do in the tenant and in the project.
    public let rights: (_ account: String) throws -> Rights
    /// Everybody who has a role of their own in the project, by account.
    public let all: () throws -> [(account: String, role: ProjectRole)]
    /// The projects of the tenant in which an account has a role of its own, by id.
    public let projects: (_ account: String) throws -> [(project: String, role: ProjectRole)]
    /// Gives an account this role in the project in place of any other, or takes it away with nil. False when the
    /// account does not belong to the tenant; then nothing is done.
    public let set: (_ account: String, ProjectRole?) throws -> Bool

    /// Nobody belongs to anything, and nobody can be made to.
    public static var nobody: Members {
        Members(rights: { _ in .nobody }, all: { [] }, projects: { _ in [] }, set: { _, _ in false })
    }

    /// Members from their functions.
    public init(
        rights: @escaping (String) throws -> Rights,
        all: @escaping () throws -> [(account: String, role: ProjectRole)],
        projects: @escaping (String) throws -> [(project: String, role: ProjectRole)],
        set: @escaping (String, ProjectRole?) throws -> Bool
    ) {
        self.rights = rights
        self.all = all
        self.projects = projects
        self.set = set
    }
}
