import Catalog

/// The operations on who has a role in a project, and on what one may do there (manage spec §3.7).
enum ProjectMembers {
    private static let path = Scope.project.path + "/members"
    private static let tag = "Project Members"

    private static let members = WholeList(
        ListOrder([.id], otherwise: "by person", searched: "userId"))
    private static let memberships = WholeList(
        ListOrder([.id], otherwise: "by project", searched: "projectId"))

    static let all: [Operation] = [
        Operation(
            "list-project-members", .get, path, tag: tag, summary: "List Project Members", permission: .view,
            isVersioned: false, parameters: members.parameters,
            responses: [
                .init(200, "Who has a role of their own.", schema: OpenAPI.reference("ProjectMemberListResponse"))
            ],
            effect: .read { workspace, input in
                try workspace.requireProject()
                let elements = try workspace.members.all().map { member in
                    WholeList.Element(
                        id: member.account,
                        view: ["userId": .string(member.account), "role": .string(member.role.rawValue)])
                }
                return members.answer(elements, input.query)
            }),
        Operation(
            "add-project-member", .post, path, tag: tag, summary: "Add Project Member", permission: .edit,
            isVersioned: false, request: OpenAPI.reference("AddProjectMemberRequest"),
            responses: [.init(201, "The member.", schema: OpenAPI.reference("ProjectMemberResponse"))],
            effect: .write { workspace, input in
                try workspace.requireProject()
                let draft = try ProjectMemberDraft(body: input.body)
                return try set(draft.userId, draft.role, workspace, at: ["userId"], status: 201)
            }),
        Operation(
            "update-project-member", .patch, path + "/{userId}", tag: tag, summary: "Update Project Member Role",
            permission: .edit, isVersioned: false, request: OpenAPI.reference("UpdateProjectMemberRequest"),
            responses: [.init(200, "The member.", schema: OpenAPI.reference("ProjectMemberResponse"))],
            errors: (Operation.commonErrors + [409]).sorted(), effect: .write { try update($0, $1) }),
        Operation(
            "remove-project-member", .delete, path + "/{userId}", tag: tag, summary: "Remove Project Member",
            permission: .edit, isVersioned: false,
            parameters: [
                Operation.Parameter(
                    "role", in: .query, "The role that is taken away; another one stays.",
                    schema: FieldType<ProjectRole>.choice.schema)
            ], responses: [.init(204, "They have no such role.")], effect: .write { try remove($0, $1) }),
        Operation(
            "get-project-permissions", .get, Scope.project.path + "/permissions", tag: "Project Permissions",
            summary: "Get Project Permissions", permission: .view, isVersioned: false,
            responses: [
                .init(200, "What the caller may do.", schema: OpenAPI.reference("ProjectPermissionsResponse"))
            ],
            effect: .read { workspace, _ in
                try workspace.requireProject()
                let rights = workspace.surroundings.caller.rights
                return .data([
                    "canView": .bool(rights.may(.view)), "canUse": .bool(rights.may(.use)),
                    "canEdit": .bool(rights.may(.edit)),
                ])
            }),
        Operation(
            "list-user-project-memberships", .get, Scope.tenant.path + "/users/{userId}/project-memberships",
            tag: "User Project Memberships", summary: "List User Project Memberships", permission: .own,
            isVersioned: false, parameters: memberships.parameters,
            responses: [
                .init(200, "The person's own roles.", schema: OpenAPI.reference("ProjectMembershipListResponse"))
            ],
            effect: .read { workspace, input in
                let user = input.parameter("userId")
                guard try workspace.members.rights(user).organization != nil else { throw Problem.notFound("User") }
                let found = try workspace.members.projects(user)
                let elements = found.map { role in
                    WholeList.Element(
                        id: role.project,
                        view: ["projectId": .string(role.project), "role": .string(role.role.rawValue)])
                }
                return memberships.answer(elements, input.query)
            }),
    ]

    private static func set(
        _ user: String, _ role: ProjectRole, _ workspace: Workspace, at place: [String], status: Int
    ) throws -> OperationOutput {
        guard try workspace.members.set(user, role) else {
            throw Problem.invalid([.init(place, "names \(user), who does not belong to the organization")])
        }
        if !Rights(organization: .member, project: role).may(.use),
            try !workspace.members.rights(user).isAdministrator
        {
            try TriggerUserRemoval.remove(user, from: workspace)
        }
        return .data(
            [
                "userId": .string(user), "role": .string(role.rawValue),
                "projectId": .string(workspace.branch.project),
            ], status: status)
    }

    /// Who changes a role says which it was, so that two who change it at once do not undo each other unseen.
    private static func update(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let change = try ProjectRoleChange(body: input.body)
        guard let previous = change.previousRole else { throw Problem.invalid([.init(["previousRole"], "Required")]) }
        let user = input.parameter("userId")
        guard let role = try workspace.members.rights(user).project else { throw Problem.notFound("Project member") }
        guard role == previous || role == change.role else {
            throw Problem.conflict("The role is \(role.rawValue) by now, not \(previous.rawValue)")
        }
        return try set(user, change.role, workspace, at: [], status: 200)
    }

    private static func remove(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        try workspace.requireProject()
        let user = input.parameter("userId")
        let rights = try workspace.members.rights(user)
        guard rights.organization != nil else { throw Problem.notFound("Project member") }
        if let named = input.query["role"], named != rights.project?.rawValue { return OperationOutput(204) }
        _ = try workspace.members.set(user, nil)
        if !rights.isAdministrator { try TriggerUserRemoval.remove(user, from: workspace) }
        return OperationOutput(204)
    }

    // MARK: Schemas

    private static let role: JSONValue = .object(FieldType<ProjectRole>.choice.schema)
    private static let text: JSONValue = ["type": "string"]

    private static func object(_ properties: JSONObject) -> JSONObject {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.map(JSONValue.string)),
        ]
    }

    static let schemas: [(name: String, schema: JSONObject)] = [
        (
            "ProjectMemberListResponse",
            members.schema(of: object(["userId": text, "role": role]))
        ), ("AddProjectMemberRequest", ProjectMemberDraft.schema(for: .create)),
        ("UpdateProjectMemberRequest", ProjectRoleChange.schema(for: .create)),
        (
            "ProjectMemberResponse",
            OpenAPI.envelope(object(["userId": text, "role": role, "projectId": text]))
        ),
        (
            "ProjectPermissionsResponse",
            OpenAPI.envelope(
                object([
                    "canView": ["type": "boolean"], "canUse": ["type": "boolean"], "canEdit": ["type": "boolean"],
                ]))
        ),
        (
            "ProjectMembershipListResponse",
            memberships.schema(of: object(["projectId": text, "role": role]))
        ),
    ]
}

/// A role as a body gives it to somebody.
struct ProjectMemberDraft: Structure, Equatable {
    var userId = ""
    var role = ProjectRole.viewer

    static let fields: [Field<Self>] = [
        field("userId", \.userId, .user, "The account's id.", required: true),
        field("role", \.role, .choice, "The role.", required: true),
    ]
}

/// A change of a role as a body asks for it.
struct ProjectRoleChange: Structure, Equatable {
    var role = ProjectRole.viewer
    var previousRole: ProjectRole?

    static let fields: [Field<Self>] = [
        field("role", \.role, .choice, "The new role.", required: true),
        field("previousRole", \.previousRole, .choice, "The role that it takes the place of; required."),
    ]
}
