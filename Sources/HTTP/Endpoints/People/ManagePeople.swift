import Access
import Catalog
import HTTPTypes
import Store

/// The people of a tenant, for who administers it (manage spec §3.3, §3.8).
enum ManagePeople {
    static func endpoints(_ people: People) -> [Endpoint] {
        [passwordLink(people), users(people), admit(people), entitlements]
    }

    private static let text: JSONValue = ["type": "string"]
    private static let tenant = "/manage/tenants/{tenantId}"

    private static func passwordLink(_ people: People) -> Endpoint {
        let operation = Operation(
            "create-password-reset-link", .post, "\(tenant)/password-reset-links", tag: "Users",
            summary: "Create a link to set a password", permission: .admin,
            request: ["type": "object", "required": ["email"], "properties": ["email": text]],
            responses: [
                Operation.Response(
                    200, "The link: good once, for half an hour.",
                    schema: ["type": "object", "required": ["url"], "properties": ["url": text]])
            ], effect: .endpoint)
        return Endpoint(operation: operation, recordsItself: true) { call in
            var members = try call.members()
            let email = members.text("email", 1...320)
            try members.finish()
            let url = try await people.passwordLink(
                for: email, of: call.tenant, by: call.caller.account, call.visitor)
            return .json(["url": .string(url)])
        }
    }

    private static let user: JSONValue = [
        "type": "object", "required": ["id", "email", "name", "role"],
        "properties": ["id": text, "email": text, "name": text, "role": text, "createdAt": text],
    ]

    private static func users(_ people: People) -> Endpoint {
        let operation = Operation(
            "list-users", .get, "\(tenant)/users", tag: "Users", summary: "List the users of a tenant",
            permission: .admin, parameters: userList.parameters,
            responses: [
                Operation.Response(
                    200, "Its users, at most 10,000.", schema: userList.schema(of: user.object ?? [:]))
            ], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let elements = try await people.members(of: call.tenant).map { member, account in
                WholeList.Element(
                    id: account.id, name: account.name, description: account.email, createdAt: account.createdAt,
                    view: shown(account, member.role))
            }
            return .json(userList.answer(elements, call.query).body ?? .null)
        }
    }

    private static let userList = WholeList(
        ListOrder(
            [.name, .id, .createdAt], otherwise: "in the order in which they came",
            searched: "id, name or e-mail address"))

    private static func shown(_ account: Account, _ role: OrganizationRole) -> JSONValue {
        [
            "id": .string(account.id), "email": .string(account.email), "name": .string(account.name),
            "role": .string(role.rawValue), "createdAt": .string(Timestamp.text(account.createdAt)),
        ]
    }

    /// For the operator's secret alone: it makes people known without their doing, and trusts the address.
    private static func admit(_ people: People) -> Endpoint {
        let operation = Operation(
            "create-user", .post, "\(tenant)/users", tag: "Users", summary: "Create a user of a tenant",
            permission: .operator,
            request: [
                "type": "object", "required": ["email"],
                "properties": [
                    "email": text, "name": ["type": ["string", "null"]], "password": ["type": ["string", "null"]],
                    "role": ["type": ["string", "null"], "enum": ["owner", "admin", "member", .null]],
                ],
            ],
            responses: [
                Operation.Response(201, "The user.", schema: OpenAPI.envelope(user.object ?? [:]))
            ], effect: .endpoint)
        return Endpoint(operation: operation, recordsItself: true) { call in
            var members = try call.members()
            let email = members.text("email", 1...320)
            let (name, password) = (members.optionalText("name", 1...256), members.optionalText("password", 1...1000))
            let role = members.present("role") == nil ? nil : members.word("role", OrganizationRole.self)
            try members.finish()
            let admitted = try await people.admit(
                email, name: name, password: password, to: call.tenant, as: role, call.visitor)
            return .json(["data": shown(admitted.account, admitted.role)], status: 201)
        }
    }

    /// Tenants are not limited.
    private static let entitlements = Endpoint(
        operation: Operation(
            "list-org-entitlements", .get, "\(tenant)/entitlements", tag: "Entitlements",
            summary: "List Org Entitlements", permission: .member,
            responses: [
                Operation.Response(
                    200, "What the tenant is limited to: nothing.",
                    schema: [
                        "type": "object", "required": ["entitlements"],
                        "properties": [
                            "entitlements": [
                                "type": "array",
                                "items": [
                                    "type": "object", "required": ["resourceType", "maxValue"],
                                    "properties": ["resourceType": text, "maxValue": ["type": "integer"]],
                                ],
                            ]
                        ],
                    ])
            ], effect: .endpoint)
    ) { _ in .json(["entitlements": []]) }
}
