import Catalog

/// The operations on the users as whom a trigger of either sort runs (manage spec §2.18, §2.19).
struct TriggerUsers<Source: RunsAsUsers> {
    /// The operations' names in the contract.
    let list: String
    let set: String
    let add: String
    let remove: String
    /// The name of the schemas: `TriggerUsers`.
    let schemaName: String
    /// Whether a removal answers with those that are left; else with 204.
    let removalShowsRest: Bool

    private static var users: WholeList {
        WholeList(ListOrder([.id], otherwise: "as they were given", searched: "id"))
    }

    private var kind: Kind { Source.kind }
    private var collection: String { "\(kind.scope.path)/\(kind.plural)/{id}/users" }

    /// The four operations.
    var operations: [Operation] {
        [
            operation(
                list, .get, collection, "List \(kind.label) Users", .view, parameters: Self.users.parameters,
                responses: [
                    .init(200, "The users.", schema: Self.users.schema(of: FieldType<String>.user.schema))
                ]
            ) {
                .read { workspace, input in
                    let users = try value(workspace, input).runAsUserIds
                    return Self.users.answer(
                        users.map { WholeList.Element(id: $0, view: .string($0)) }, input.query)
                }
            },
            operation(
                set, .put, collection, "Set \(kind.label) Users", .edit, request: "Set\(schemaName)Request",
                responses: [shown(200)]
            ) {
                .write { workspace, input in
                    let users = try Self.read("userIds", .users(countMax: Source.usersMax), of: input.body)
                    return Self.answer(try change(workspace, input) { _ in users }, status: 200)
                }
            },
            operation(
                add, .post, collection, "Add User to \(kind.label)", .edit,
                request: "Add\(schemaName.dropLast())Request", responses: [shown(201)]
            ) {
                .write { workspace, input in
                    let user = try Self.read("userId", .user, of: input.body)
                    return Self.answer(try change(workspace, input) { ($0 + [user]).unique }, status: 201)
                }
            },
            operation(
                remove, .delete, collection + "/{userId}", "Remove User from \(kind.label)", .edit,
                responses: [removalShowsRest ? shown(200) : Operation.Response(204, "Removed.")]
            ) {
                .write { workspace, input in
                    let user = input.parameter("userId")
                    let left = try change(workspace, input) { users in
                        guard users.contains(user) else { throw Problem.notFound("User of the trigger") }
                        return users.filter { $0 != user }
                    }
                    return removalShowsRest ? Self.answer(left, status: 200) : OperationOutput(204)
                }
            },
        ]
    }

    /// The schemas of the operations.
    var schemas: [(name: String, schema: JSONObject)] {
        let users = FieldType<[String]>.users(countMax: Source.usersMax).schema
        return [
            ("\(schemaName)Response", OpenAPI.envelope(users)),
            (
                "Set\(schemaName)Request",
                ["type": "object", "properties": ["userIds": .object(users)], "required": ["userIds"]]
            ),
            (
                "Add\(schemaName.dropLast())Request",
                [
                    "type": "object", "properties": ["userId": .object(FieldType<String>.user.schema)],
                    "required": ["userId"],
                ]
            ),
        ]
    }

    private func shown(_ status: Int) -> Operation.Response {
        Operation.Response(status, "The users.", schema: OpenAPI.reference("\(schemaName)Response"))
    }

    private func operation(
        _ id: String, _ method: Operation.Method, _ path: String, _ summary: String, _ permission: Operation.Permission,
        parameters: [Operation.Parameter] = [], request: String? = nil, responses: [Operation.Response],
        _ effect: () -> Operation.Effect
    ) -> Operation {
        Operation(
            id, method, path, tags: kind.tags, summary: summary, permission: permission, isVersioned: kind.isVersioned,
            parameters: parameters, request: request.map(OpenAPI.reference), responses: responses, effect: effect())
    }

    private static func read<Value>(_ name: String, _ type: FieldType<Value>, of body: JSONValue) throws -> Value {
        var decoding = Decoding()
        let value = decoding.within(name) { decoding -> Value? in
            guard let json = body[name] else {
                decoding.fail("Required")
                return nil
            }
            return type.decode(json, &decoding)
        }
        try decoding.finish()
        guard let value else { throw Problem.invalid([.init([name], "Required")]) }
        return value
    }

    private static func answer(_ value: Source, status: Int) -> OperationOutput {
        .data(.array(value.runAsUserIds.map(JSONValue.string)), status: status)
    }

    private func value(_ workspace: Workspace, _ input: OperationInput) throws -> Source {
        Source(try kind.entry(workspace, input))
    }

    private func change(
        _ workspace: Workspace, _ input: OperationInput, _ change: ([String]) throws -> [String]
    ) throws -> Source {
        let old = try value(workspace, input)
        var new = old
        new.runAsUserIds = try change(old.runAsUserIds)
        guard new.runAsUserIds.count <= Source.usersMax else {
            throw Problem.badRequest("A trigger runs as at most \(Source.usersMax) users")
        }
        try new.settleUsers(over: old, workspace)
        try workspace.put(new, in: input.parameter("agentId"))
        return new
    }
}
