import Access
import Catalog
import Domain
import HTTPTypes
import Store

/// Invitations and people outside of tenants' paths (manage spec §3.8).
enum ManageInvitations {
    static func endpoints(_ people: People) -> [Endpoint] {
        [
            invite(people), verify(people), pending(people), emailStatus, organizations(people), providers(people),
            profile(people), updateProfile(people), lookup(people),
        ]
    }

    private static let text: JSONValue = ["type": "string"]
    private static let optionalText: JSONValue = ["type": ["string", "null"]]

    private static func object(_ members: JSONObject, required: [String]) -> JSONObject {
        [
            "type": "object", "required": .array(required.map(JSONValue.string)), "properties": .object(members),
        ]
    }

    // MARK: Invitations

    private static let roles: JSONValue = ["type": "string", "enum": ["owner", "admin", "member"]]
    private static let projectRoles: JSONValue = [
        "type": "string", "enum": ["project_admin", "project_member", "project_viewer"],
    ]

    private static let inviteOperation = Operation(
        "invite-members", .post, "/manage/api/invitations", tag: "Invitations", summary: "Invite Members",
        permission: .admin,
        request: object(
            [
                "emails": [
                    "type": "array", "minItems": 1, "maxItems": 50, "items": ["type": "string", "format": "email"],
                ],
                "role": roles, "organizationId": text,
                "assignments": [
                    "type": "array",
                    "items": .object(
                        object(
                            ["projectId": text, "projectRole": projectRoles], required: ["projectId", "projectRole"])),
                ],
            ], required: ["emails", "role", "organizationId"]),
        responses: [
            Operation.Response(
                200, "What became of each address.",
                schema: OpenAPI.envelope([
                    "type": "array",
                    "items": .object(
                        object(
                            [
                                "email": text, "status": ["type": "string", "enum": ["success", "error"]], "id": text,
                                "link": text, "error": text, "compensated": ["type": "boolean"],
                            ], required: ["email", "status"])),
                ]))
        ], effect: .endpoint
    ).namingTenant("organizationId")

    private static func invite(_ people: People) -> Endpoint {
        Endpoint(operation: inviteOperation, recordsItself: true) { call in
            let (emails, wish) = try invitation(call)
            var results: [JSONValue] = []
            for email in emails {
                do {
                    let made = try await people.invite(
                        email, to: call.tenant, wish, by: call.administrator, call.visitor)
                    results.append([
                        "email": .string(email), "status": "success", "id": .string(made.id),
                        "link": .string(people.link(made)),
                    ])
                } catch let problem as Problem where problem.status < 500 && problem.code != .forbidden {
                    results.append([
                        "email": .string(email), "status": "error", "error": .string(problem.detail),
                    ])
                }
            }
            return .json(["data": .array(results)])
        }
    }

    private static func invitation(_ call: Call) throws(Problem) -> ([String], People.InvitationWish) {
        var members = try call.members()
        let role = members.word("role", OrganizationRole.self)
        let tenant = members.text("organizationId", 1...256)
        if tenant.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            members.fail("must not have control characters", at: "organizationId")
        }
        let emails = (members.present("emails")?.array ?? []).compactMap(\.string)
        if emails.isEmpty || emails.count > People.invitedMax || emails.contains(where: { $0.utf8.count > 320 }) {
            members.fail("must be 1 to \(People.invitedMax) e-mail addresses", at: "emails")
        }
        let method = members.optionalText("authMethod", 0...100)
        var assignments: [(project: String, role: ProjectRole)] = []
        let listed = call.body["assignments"]?.array ?? []
        if call.body["assignments"] != nil, call.body["assignments"]?.array == nil {
            members.fail("must be a list", at: "assignments")
        }
        if listed.count > 1000 { members.fail("must have at most 1,000 elements", at: "assignments") }
        for assignment in listed.prefix(1000) {
            guard let project = assignment["projectId"]?.string, !project.isEmpty, project.utf8.count <= 255,
                let role = assignment["projectRole"]?.string.flatMap(ProjectRole.init)
            else {
                members.fail("must have a projectId and a projectRole each", at: "assignments")
                break
            }
            assignments.append((project, role))
        }
        try members.finish()
        guard let role else { throw Problem.invalid([.init(["role"], "Required")]) }
        return (emails, People.InvitationWish(role: role, method: method, assignments: assignments))
    }

    private static let emailParameter = Operation.Parameter("email", in: .query, "The e-mail address.")

    private static func verify(_ people: People) -> Endpoint {
        let operation = Operation(
            "verify-invitation", .get, "/manage/api/invitations/verify", tag: "Invitations",
            summary: "Look at an invitation by its link", permission: .none,
            parameters: [emailParameter, Operation.Parameter("id", in: .query, "The invitation.")],
            responses: [
                Operation.Response(
                    200, "The invitation; `valid` alone, and false, without the right address and id.",
                    schema: object(["valid": ["type": "boolean"]], required: ["valid"]))
            ], errors: [500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let (id, email) = (call.query["id"] ?? "", call.query["email"] ?? "")
            guard let found = try await people.verifyInvitation(id, email: email) else {
                return .json(["valid": false])
            }
            return .json([
                "valid": true, "email": .string(found.invitation.email),
                "organizationName": .string(found.organization.name),
                "organizationId": .string(found.organization.id),
                "role": .string(found.invitation.role.rawValue),
                "expiresAt": .string(Timestamp.text(found.invitation.expiresAt)),
                "authMethod": PeopleShapes.text(found.invitation.method),
                "allowedAuthMethods": found.organization.settings["allowedAuthMethods"] ?? .null,
                "userExists": .bool(found.hasAccount), "seatLimitReached": false,
            ])
        }
    }

    private static func pending(_ people: People) -> Endpoint {
        let operation = Operation(
            "list-pending-invitations", .get, "/manage/api/invitations/pending", tag: "Invitations",
            summary: "List the open invitations to one's own address", permission: .person,
            parameters: [emailParameter],
            responses: [
                Operation.Response(
                    200, "The invitations.", schema: ["type": "array", "items": ["type": "object"]])
            ], errors: [401, 403, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            guard let person = call.caller.person else { return .json(.array([])) }
            let email = call.query["email"] ?? person.account.email
            guard Account.key(email) == Account.key(person.account.email) else {
                throw Problem(.forbidden, "Only one's own invitations are shown")
            }
            let found = try await people.pendingInvitations(of: person)
            return .json(.array(found.map { PeopleShapes.invitation($0.invitation, of: $0.organization) }))
        }
    }

    /// No mail is sent, so there is one answer for all.
    private static let emailStatus = Endpoint(
        operation: Operation(
            "get-invitation-email-status", .get, "/manage/api/invitations/{id}/email-status", tag: "Invitations",
            summary: "Whether an invitation was sent by mail", permission: .person,
            responses: [
                Operation.Response(
                    200, "It was not: links are passed on by who invites.",
                    schema: object(["emailSent": ["type": "boolean"], "error": text], required: ["emailSent"]))
            ], errors: [400, 401, 500], effect: .endpoint)
    ) { _ in .json(["emailSent": false, "error": "No mail is configured; pass the link on."]) }

    // MARK: People

    private static func own(_ call: Call) throws(Problem) -> String {
        let id = call.path["userId"] ?? ""
        // Machines that may do everything look at whom they like.
        guard call.caller.account == nil || call.caller.account == id else {
            throw Problem(.forbidden, "Only one's own")
        }
        return id
    }

    private static func organizations(_ people: People) -> Endpoint {
        let operation = Operation(
            "list-user-organizations", .get, "/manage/api/users/{userId}/organizations", tag: "Users",
            summary: "List the organizations of a user", permission: .person,
            responses: [
                Operation.Response(
                    200, "The organizations.", schema: ["type": "array", "items": ["type": "object"]])
            ], errors: [400, 401, 403, 404, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let id = try own(call)
            guard try await people.account(id) != nil else { throw Problem.notFound("User") }
            let theirs = try await people.organizations(of: id)
            return .json(
                .array(
                    theirs.map { organization, member in
                        [
                            "id": .string(member.id), "userId": .string(member.account),
                            "organizationId": .string(organization.id), "role": .string(member.role.rawValue),
                            "createdAt": .string(Timestamp.text(member.createdAt)),
                            "organizationName": .string(organization.name),
                            "organizationSlug": .string(organization.id),
                        ]
                    }))
        }
    }

    private static func providers(_ people: People) -> Endpoint {
        let operation = Operation(
            "list-user-providers", .post, "/manage/api/users/providers", tag: "Users",
            summary: "List with what users sign in", permission: .admin,
            request: object(
                ["userIds": ["type": "array", "items": text, "maxItems": 1000], "organizationId": text],
                required: ["userIds", "organizationId"]),
            responses: [
                Operation.Response(
                    200, "The providers of each.",
                    schema: [
                        "type": "array",
                        "items": .object(
                            object(
                                ["userId": text, "providers": ["type": "array", "items": text]],
                                required: ["userId", "providers"])),
                    ])
            ], effect: .endpoint
        ).namingTenant("organizationId")
        return Endpoint(operation: operation, recordsItself: true) { call in
            var members = try call.members()
            _ = members.text("organizationId", 1...256)
            let named = members.present("userIds")?.array
            let ids = named?.compactMap(\.string)
            if ids == nil || ids?.count != named?.count || ids?.count ?? 0 > 1000 {
                members.fail("must be at most 1,000 ids", at: "userIds")
            }
            try members.finish()
            let found = try await people.providers(of: ids ?? [], in: call.tenant)
            return .json(
                .array(
                    found.map { id, providers in
                        ["userId": .string(id), "providers": .array(providers.map(JSONValue.string))]
                    }))
        }
    }

    private static let profileSchema = object(
        [
            "id": text, "userId": text, "timezone": optionalText, "attributes": ["type": "object"],
            "createdAt": text, "updatedAt": text,
        ], required: ["id", "userId", "timezone", "attributes", "createdAt", "updatedAt"])

    private static func shown(_ account: Account) -> JSONValue {
        [
            "id": .string(account.id), "userId": .string(account.id),
            "timezone": PeopleShapes.text(account.timezone), "attributes": account.attributes,
            "createdAt": .string(Timestamp.text(account.createdAt)),
            "updatedAt": .string(Timestamp.text(account.updatedAt)),
        ]
    }

    private static func profile(_ people: People) -> Endpoint {
        let operation = Operation(
            "get-user-profile", .get, "/manage/api/users/{userId}/profile", tag: "User Profile",
            summary: "Get User Profile", permission: .person,
            responses: [Operation.Response(200, "The profile.", schema: profileSchema)], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            guard let account = try await people.account(try own(call)) else { throw Problem.notFound("User") }
            return .json(shown(account))
        }
    }

    private static func updateProfile(_ people: People) -> Endpoint {
        let operation = Operation(
            "upsert-user-profile", .patch, aliases: [.put], "/manage/api/users/{userId}/profile",
            tag: "User Profile", summary: "Upsert User Profile", permission: .person,
            request: ["type": "object", "properties": ["timezone": optionalText, "attributes": ["type": "object"]]],
            responses: [Operation.Response(200, "The profile.", schema: profileSchema)], effect: .endpoint)
        return Endpoint(operation: operation, recordsItself: true) { call in
            let id = try own(call)
            var members = try call.members()
            var timezone = members.optional("timezone", .timeZone)
            if call.body["timezone"]?.isNull == true { timezone = "" }
            let attributes = call.body["attributes"]
            if let attributes, attributes.object == nil || attributes.jsonBytes.count > 20_000 {
                members.fail("must be an object of at most 20,000 bytes", at: "attributes")
            }
            try members.finish()
            return .json(shown(try await people.updateProfile(of: id, timezone: timezone, attributes: attributes)))
        }
    }

    /// Which buttons a page of signing in shows. It follows from the domain of the address alone, so that nobody learns
    /// who has an account, and where (manage spec §7.34).
    private static func lookup(_ people: People) -> Endpoint {
        let operation = Operation(
            "auth-lookup", .get, "/manage/api/auth-lookup", tag: "Users", summary: "How somebody may sign in",
            permission: .none, parameters: [emailParameter],
            responses: [
                Operation.Response(
                    200, "The ways.",
                    schema: object(
                        ["organizations": ["type": "array", "items": ["type": "object"]]],
                        required: ["organizations"]))
            ], errors: [500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            .json(["organizations": .array(try await people.waysIn(call.query["email"] ?? ""))])
        }
    }
}
