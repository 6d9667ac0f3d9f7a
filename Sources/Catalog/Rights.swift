/// What a person is in a tenant (manage spec §3.5).
public enum OrganizationRole: String, Sendable, CaseIterable {
    /// Everything.
    case owner
    /// Everything, as owners.
    case admin
    /// What the projects' roles allow.
    case member

    /// Whether it may do everything in every project of the tenant.
    public var isAdministrator: Bool { self != .member }
}

/// What a person is in a project (manage spec §3.6).
public enum ProjectRole: String, Sendable, CaseIterable {
    /// May change it.
    case admin = "project_admin"
    /// May use it.
    case member = "project_member"
    /// May look at it.
    case viewer = "project_viewer"
}

/// What somebody may do in one tenant and, where one is named, one of its projects: the matrix of manage spec §3.6,
/// here and nowhere else.
public struct Rights: Sendable, Equatable {
    /// The role in the tenant; nil for who does not belong to it.
    public let organization: OrganizationRole?
    /// The role in the project; nil without one, or without a project.
    public let project: ProjectRole?

    /// Rights from their parts. A role in a project of a tenant that one does not belong to is none.
    public init(organization: OrganizationRole?, project: ProjectRole? = nil) {
        self.organization = organization
        self.project = organization == nil ? nil : project
    }

    /// Who may do nothing.
    public static let nobody = Rights(organization: nil)
    /// Who may do everything.
    public static let owner = Rights(organization: .owner)

    /// Whether it may do everything in the tenant.
    public var isAdministrator: Bool { organization?.isAdministrator == true }

    /// Whether it may know that the project is there.
    public var seesProject: Bool { may(.view) }

    /// Whether it may do what needs `permission`.
    public func may(_ permission: Operation.Permission) -> Bool {
        switch permission {
        case .none: true
        case .member, .own: organization != nil
        case .admin: isAdministrator
        case .view: isAdministrator || project != nil
        case .use: isAdministrator || project == .admin || project == .member
        case .edit: isAdministrator || project == .admin
        case .person, .operator, .run: false
        }
    }
}
