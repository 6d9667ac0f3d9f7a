import Access
import Catalog
import Domain
import HTTPTypes
import Store

/// What callers of management may learn of themselves: who they are, and which agents they may run
/// (manage spec §2.33, §3.8). Both work in the tenant that `x-inkeep-tenant-id` names.
enum Accounts {
    /// The endpoints.
    static func endpoints(_ store: Store) -> [Endpoint] { [me(store), agents(store)] }

    /// Agents that are listed at most; the list has no pages.
    private static let agentsMax = 10_000

    private static let scope = [
        Operation.Parameter("x-inkeep-tenant-id", in: .header, "The tenant, where the credential does not say.")
    ]

    private static let text: JSONValue = ["type": "string"]

    private static func me(_ store: Store) -> Endpoint {
        Endpoint(operation: meOperation) { call in
            if let person = call.caller.person {
                return .json(try await identity(of: person.account, in: call.tenant, store).json)
            }
            guard let identity = Identity(call.caller, tenant: call.tenant) else {
                throw Problem.notFound("Organization")
            }
            return .json(identity.json)
        }
    }

    private static let agentList = WholeList(
        ListOrder(
            [.name, .id, .createdAt, .updatedAt], otherwise: "project by project",
            searched: "id, name or description"))

    /// Who a person is in a tenant, or in the first of theirs when they do not belong to it. Throws 404 when they
    /// belong to none.
    private static func identity(of account: Account, in tenant: String, _ store: Store) async throws -> Identity {
        let theirs = try await store.readAccess { access in
            let theirs = try access.organizations(of: account.id)
            return (theirs.first { $0.0.id == tenant } ?? theirs.first).map {
                Identity(account, in: $0.0, as: $0.1.role)
            }
        }
        guard let theirs else { throw Problem.notFound("Organization") }
        return theirs
    }

    private static let meOperation = Operation(
        "get-cli-user", .get, "/manage/api/cli/me", tag: "CLI", summary: "Get CLI user info", permission: .person,
        parameters: scope,
        responses: [
            Operation.Response(
                200, "Who the caller is.",
                schema: [
                    "type": "object", "required": ["user", "organization"],
                    "properties": [
                        "user": [
                            "type": "object", "required": ["id", "email", "name"],
                            "properties": ["id": text, "email": text, "name": ["type": ["string", "null"]]],
                        ],
                        "organization": [
                            "type": "object", "required": ["id", "name", "slug", "role"],
                            "properties": ["id": text, "name": text, "slug": text, "role": text],
                        ],
                    ],
                ])
        ], errors: [401, 403, 404, 500], effect: .endpoint)

    private static func agents(_ store: Store) -> Endpoint {
        let operation = Operation(
            "list-available-agents", .get, "/manage/available-agents", tag: "Agents", summary: "List available agents",
            permission: .member, parameters: scope + agentList.parameters,
            responses: [
                Operation.Response(
                    200, "The agents of the tenant, at most \(agentsMax), by project.",
                    schema: agentList.schema(of: [
                        "type": "object", "required": ["agentId", "agentName", "projectId"],
                        "properties": ["agentId": text, "agentName": text, "projectId": text],
                    ]))
            ], errors: [400, 401, 403, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let tenant = BranchKey(tenant: call.tenant, project: "")
            // A token of the playground shows what its holder may use, and nothing for the operator's own.
            let limitingAccount =
                call.caller.means == PlaygroundAccess.means ? call.caller.owner : call.requester.limitingAccount
            let found = try await store.readConfiguration(in: tenant) { transaction in
                var found: [(project: String, entry: Entry)] = []
                var page = 1
                while found.count < agentsMax {
                    var query = ListQuery(kind: Project.kind.name, page: page, limit: 100)
                    query.visibleTo = limitingAccount
                    let projects = try transaction.tenantPage(query)
                    found += try transaction.atTop(of: projects.entries.map(\.key.id), kind: Agent.kind.name)
                    if page * 100 >= projects.total { break }
                    page += 1
                }
                return found
            }
            let elements = found.prefix(agentsMax).map { agent in
                WholeList.Element(
                    agent.entry,
                    view: [
                        "agentId": .string(agent.entry.key.id),
                        "agentName": agent.entry.document["name"] ?? .string(agent.entry.key.id),
                        "projectId": .string(agent.project),
                    ])
            }
            return .json(agentList.answer(elements, call.query).body ?? .null)
        }
    }
}
