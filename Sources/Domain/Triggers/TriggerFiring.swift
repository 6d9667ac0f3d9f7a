import Catalog

/// The operations that make a trigger fire. Everything is checked; then they answer 501, because runs are not set off
/// by triggers in this version.
enum TriggerFiring {
    static let operations: [Operation] = [
        Operation(
            "rerun-trigger", .post, Scope.agent.path + "/triggers/{id}/rerun", tag: "Triggers",
            summary: "Rerun Trigger", permission: .use, request: OpenAPI.reference("TriggerRerunRequest"),
            responses: [
                .init(
                    202, "Under way.",
                    schema: success(["invocationId": ["type": "string"], "conversationId": ["type": "string"]]))
            ],
            errors: (Operation.commonErrors + [409, 501]).sorted(), effect: .read { try rerun($0, $1) }),
        Operation(
            "run-scheduled-trigger-now", .post, Scope.agent.path + "/scheduled-triggers/{id}/run",
            tag: "Scheduled Triggers", summary: "Run Scheduled Trigger Now", permission: .edit, isVersioned: false,
            parameters: [
                Operation.Parameter("userId", in: .query, "The one of its users as whom it is to run; all unless told.")
            ],
            responses: [
                .init(
                    200, "Under way.",
                    schema: success(["invocationIds": ["type": "array", "items": ["type": "string"]]]))
            ],
            errors: (Operation.commonErrors + [501]).sorted(), effect: .read { try run($0, $1) }),
        Operation(
            "rerun-scheduled-trigger-invocation", .post,
            Scope.agent.path + "/scheduled-triggers/{id}/invocations/{invocationId}/rerun", tag: "Scheduled Triggers",
            summary: "Rerun Scheduled Trigger Invocation", permission: .edit, isVersioned: false,
            responses: [
                .init(
                    200, "Under way.",
                    schema: success([
                        "newInvocationId": ["type": "string"], "originalInvocationId": ["type": "string"],
                    ]))
            ],
            errors: (Operation.commonErrors + [501]).sorted(), effect: .read { try rerunInvocation($0, $1) }),
    ]

    static let schemas: [(name: String, schema: JSONObject)] = [("TriggerRerunRequest", Rerun.schema)]

    private static func success(_ members: JSONObject) -> JSONObject {
        var properties: JSONObject = ["success": ["type": "boolean"]]
        for (name, schema) in members { properties[name] = schema }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.map(JSONValue.string)),
        ]
    }

    /// What `rerun-trigger` takes.
    private struct Rerun: Structure {
        var userMessage = ""
        var messageParts: [JSONObject]?
        var runAsUserId: String?

        static let fields: [Field<Self>] = [
            field("userMessage", \.userMessage, .text(1...200_000), "The message.", required: true),
            field("messageParts", \.messageParts, .list(of: .messagePart, countMax: 100), "Further parts of it."),
            field("runAsUserId", \.runAsUserId, .user, "The one of its users as whom it is to run."),
        ]
    }

    private static func rerun(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let trigger = Trigger(try Trigger.kind.entry(workspace, input))
        let body = try Rerun(body: input.body)
        guard trigger.enabled else { throw Problem.conflict("The trigger is disabled") }
        if trigger.runAsUserIds.count > 1, body.runAsUserId == nil {
            throw Problem.invalid([.init(["runAsUserId"], "Required, because the trigger runs as several users")])
        }
        try check(body.runAsUserId, named: "runAsUserId", of: trigger, workspace)
        throw Problem.notBuilt("rerun-trigger")
    }

    private static func run(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let trigger = ScheduledTrigger(try ScheduledTrigger.kind.entry(workspace, input))
        try check(input.query["userId"], named: "userId", of: trigger, workspace)
        let (tenant, project) = (workspace.branch.tenant, workspace.branch.project)
        let branch = try workspace.versions.branch(BranchKey.shortName(trigger.ref, tenant, project))
        guard try branch != nil || workspace.versions.commit(trigger.ref) != nil else {
            throw Problem.badRequest("The trigger runs on \(trigger.ref), which does not exist")
        }
        throw Problem.notBuilt("run-scheduled-trigger-now")
    }

    private static func rerunInvocation(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let invocation = try TriggerInvocations.invocation(ScheduledTrigger.kind, workspace, input)
        guard invocation.status != .pending, invocation.status != .running else {
            throw Problem.badRequest("The invocation is \(invocation.status.rawValue): wait for it, or cancel it")
        }
        throw Problem.notBuilt("rerun-scheduled-trigger-invocation")
    }

    /// Refuses a user as whom the caller may not let the trigger run.
    private static func check<Source: RunsAsUsers>(
        _ user: String?, named name: String, of trigger: Source, _ workspace: Workspace
    ) throws {
        guard let user else { return }
        guard trigger.runAsUserIds.contains(user) else {
            throw Problem.invalid([.init([name], "names \(user), as whom the trigger does not run")])
        }
        let caller = workspace.surroundings.caller
        guard user == caller.name || caller.isAdministrator else {
            throw Problem(.forbidden, "Only administrators may let a trigger run as somebody else")
        }
        guard try Membership.mayUse(user, workspace) else {
            throw Problem(.forbidden, "\(user) may not use this project")
        }
    }
}

extension Problem {
    /// 501: an operation whose request is good, and which this version cannot do.
    static func notBuilt(_ operation: String) -> Problem {
        Problem(.notImplemented, "\(operation) is not available in this version: nothing is sent or run")
    }
}

extension FieldType where Value == JSONObject {
    /// A part of a message: an object that says by `kind` whether it is text, a file or data.
    static let messagePart = FieldType(
        schema: [
            "type": "object", "properties": ["kind": ["type": "string", "enum": ["text", "file", "data"]]],
            "required": ["kind"], "additionalProperties": true,
        ],
        decode: { json, decoding in
            guard let part = FieldType<JSONObject>.jsonObject.decode(json, &decoding) else { return nil }
            guard let kind = part["kind"]?.string, ["text", "file", "data"].contains(kind) else {
                decoding.fail("must be one of text, file, data", at: "kind")
                return nil
            }
            let needed = kind == "text" ? part["text"]?.string != nil : part[kind]?.object != nil
            if !needed { decoding.fail("Required", at: kind) }
            return needed ? part : nil
        }, encode: { .object($0) })
}
