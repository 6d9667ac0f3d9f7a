import Catalog

/// The operations on what a trigger of either sort has set off (manage spec §2.18, §2.19).
enum TriggerInvocations {
    // MARK: Webhook triggers

    private static let ofTrigger = Scope.agent.path + "/triggers/{id}/invocations"
    private static let ofSchedule = Scope.agent.path + "/scheduled-triggers/{id}/invocations"

    /// The words of a webhook trigger's invocations: what is done is a success.
    private static let triggerStatuses: [(word: String, status: Invocation.Status)] = [
        ("pending", .pending), ("success", .completed), ("failed", .failed),
    ]
    private static let scheduleStatuses = Invocation.Status.allCases.map { (word: $0.rawValue, status: $0) }

    // Invocations have no names, and their ids are nobody's words: there is nothing to sort by but time.
    private static let order = ListOrder([], otherwise: "by when it was due, the latest first")
    private static let upcomingOrder = ListOrder([], otherwise: "by when it is due, the next first")

    static let operations: [Operation] = [
        listing(
            "list-trigger-invocations", ofTrigger, Trigger.kind, "List Trigger Invocations", "TriggerInvocation",
            triggerStatuses, view),
        single(
            "get-trigger-invocation-by-id", ofTrigger, Trigger.kind, "Get Trigger Invocation", "TriggerInvocation", view
        ),
        listing(
            "list-scheduled-trigger-invocations", ofSchedule, ScheduledTrigger.kind,
            "List Scheduled Trigger Invocations", "ScheduledTriggerInvocation", scheduleStatuses, scheduledView),
        single(
            "get-scheduled-trigger-invocation-by-id", ofSchedule, ScheduledTrigger.kind,
            "Get Scheduled Trigger Invocation", "ScheduledTriggerInvocation", scheduledView),
        Operation(
            "list-upcoming-scheduled-runs", .get, Scope.agent.path + "/scheduled-triggers/upcoming-runs",
            tag: "Scheduled Triggers", summary: "List Upcoming Runs", permission: .view, isVersioned: false,
            parameters: Page.parameters + upcomingOrder.parameters + [
                Operation.Parameter(
                    "includeRunning", in: .query, "Whether those that run already are shown too.",
                    schema: ["type": "string", "enum": ["true", "false"]])
            ],
            responses: [
                .init(200, "One page, next first.", schema: OpenAPI.reference("ScheduledTriggerInvocationListResponse"))
            ], effect: .read { try upcoming($0, $1) }),
        Operation(
            "cancel-scheduled-trigger-invocation", .post, ofSchedule + "/{invocationId}/cancel",
            tag: "Scheduled Triggers", summary: "Cancel Scheduled Trigger Invocation", permission: .edit,
            isVersioned: false, responses: [.init(200, "Cancelled.", schema: cancelledSchema)],
            effect: .write { try cancel($0, $1) }),
    ]

    static func view(_ invocation: Invocation) -> JSONValue {
        let status = triggerStatuses.first { $0.status == invocation.status }?.word ?? invocation.status.rawValue
        return [
            "id": .string(invocation.id), "triggerId": .string(invocation.source.id),
            "conversationId": text(invocation.conversations.first), "runAsUserId": text(invocation.runAsUser),
            "batchId": text(invocation.batch), "ref": invocation.ref ?? .null, "status": .string(status),
            "requestPayload": invocation.request ?? .null, "transformedPayload": invocation.payload ?? .null,
            "errorMessage": text(invocation.error), "createdAt": .string(Timestamp.text(invocation.createdAt)),
        ]
    }

    static func scheduledView(_ invocation: Invocation) -> JSONValue {
        [
            "id": .string(invocation.id), "scheduledTriggerId": .string(invocation.source.id),
            "ref": invocation.ref ?? .null, "status": .string(invocation.status.rawValue),
            "scheduledFor": .string(Timestamp.text(invocation.dueAt)),
            "startedAt": text(invocation.startedAt.map(Timestamp.text)),
            "completedAt": text(invocation.endedAt.map(Timestamp.text)),
            "resolvedPayload": invocation.payload ?? .null,
            "conversationIds": .array(invocation.conversations.map(JSONValue.string)),
            "attemptNumber": .integer(Int64(invocation.attempt)),
            "idempotencyKey": .string(invocation.idempotencyKey ?? invocation.id),
            "runAsUserId": text(invocation.runAsUser), "createdAt": .string(Timestamp.text(invocation.createdAt)),
        ]
    }

    private static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    // MARK: Reading

    private static func listing(
        _ id: String, _ path: String, _ kind: Kind, _ summary: String, _ schema: String,
        _ statuses: [(word: String, status: Invocation.Status)], _ view: @escaping @Sendable (Invocation) -> JSONValue
    ) -> Operation {
        let words = statuses.map(\.word)
        let moment: JSONObject = ["type": "string", "format": "date-time"]
        return Operation(
            id, .get, path, tags: kind.tags, summary: summary, permission: .view, isVersioned: kind.isVersioned,
            parameters: Page.parameters + order.parameters + [
                Operation.Parameter(
                    "status", in: .query, "Only those that are so far.",
                    schema: ["type": "string", "enum": .array(words.map(JSONValue.string))]),
                Operation.Parameter("from", in: .query, "Only those from this moment on.", schema: moment),
                Operation.Parameter("to", in: .query, "Only those up to this moment.", schema: moment),
            ],
            responses: [.init(200, "One page, latest first.", schema: OpenAPI.reference(schema + "ListResponse"))],
            effect: .read { workspace, input in
                let page = Page(query: input.query)
                let source = try kind.entry(workspace, input).key
                let status = input.query["status"].flatMap { word in statuses.first { $0.word == word }?.status }
                var query = InvocationQuery(.source(source, status: status), page: page)
                query.order = ListOrder.order(input.query)
                query.from = input.query["from"].flatMap(Timestamp.milliseconds)
                query.to = input.query["to"].flatMap(Timestamp.milliseconds)
                let (invocations, total) = try workspace.invocations.page(query)
                return page.answer(invocations.map(view), total: total)
            })
    }

    private static func single(
        _ id: String, _ path: String, _ kind: Kind, _ summary: String, _ schema: String,
        _ view: @escaping @Sendable (Invocation) -> JSONValue
    ) -> Operation {
        Operation(
            id, .get, path + "/{invocationId}", tags: kind.tags, summary: summary, permission: .view,
            isVersioned: kind.isVersioned,
            responses: [.init(200, "The invocation.", schema: OpenAPI.reference(schema + "Response"))],
            effect: .read { workspace, input in .data(view(try invocation(kind, workspace, input))) })
    }

    /// The invocation that a path names; throws a 404 that names the outermost thing missing.
    static func invocation(_ kind: Kind, _ workspace: Workspace, _ input: OperationInput) throws -> Invocation {
        let source = try kind.entry(workspace, input).key
        guard let found = try workspace.invocations.get(source, input.parameter("invocationId")) else {
            throw Problem.notFound("Invocation")
        }
        return found
    }

    private static func upcoming(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        let page = Page(query: input.query)
        try workspace.requireContainers(of: .agent, input.path)
        var query = InvocationQuery(
            .open(
                kind: ScheduledTrigger.kind.name, parent: input.parameter("agentId"),
                includesRunning: input.query["includeRunning"] == "true"), page: page)
        query.order = ListOrder.order(input.query)
        let (invocations, total) = try workspace.invocations.page(query)
        return page.answer(invocations.map(scheduledView), total: total)
    }

    // MARK: Cancelling

    /// What waits or runs is cancelled; the run that it may be doing sees so before it goes on.
    private static func cancel(_ workspace: Workspace, _ input: OperationInput) throws -> OperationOutput {
        var found = try invocation(ScheduledTrigger.kind, workspace, input)
        let previous = found.status
        switch previous {
        case .completed, .failed: throw Problem.badRequest("The invocation is \(previous.rawValue) already")
        case .cancelled: break
        case .pending, .running:
            found.status = .cancelled
            found.endedAt = workspace.now
            try workspace.invocations.update(found)
        }
        return OperationOutput(
            200,
            [
                "success": true, "invocationId": .string(found.id), "previousStatus": .string(previous.rawValue),
            ])
    }

    private static let cancelledSchema: JSONObject = [
        "type": "object",
        "properties": [
            "success": ["type": "boolean"], "invocationId": ["type": "string"], "previousStatus": ["type": "string"],
        ],
        "required": ["success", "invocationId"],
    ]

    // MARK: Schemas

    static let schemas: [(name: String, schema: JSONObject)] = [
        ("TriggerInvocation", invocationSchema),
        ("TriggerInvocationResponse", OpenAPI.envelope(OpenAPI.reference("TriggerInvocation"))),
        ("TriggerInvocationListResponse", OpenAPI.listEnvelope(OpenAPI.reference("TriggerInvocation"))),
        ("ScheduledTriggerInvocation", scheduledSchema),
        ("ScheduledTriggerInvocationResponse", OpenAPI.envelope(OpenAPI.reference("ScheduledTriggerInvocation"))),
        (
            "ScheduledTriggerInvocationListResponse",
            OpenAPI.listEnvelope(OpenAPI.reference("ScheduledTriggerInvocation"))
        ),
    ]

    private static let textSchema: JSONValue = ["type": "string"]
    private static let optionalText: JSONValue = ["type": ["string", "null"]]
    private static let optionalRef: JSONValue = [
        "anyOf": [.object(OpenAPI.reference("ResolvedRef")), ["type": "null"]]
    ]

    private static let invocationSchema: JSONObject = [
        "type": "object",
        "properties": [
            "id": textSchema, "triggerId": textSchema, "conversationId": optionalText, "runAsUserId": optionalText,
            "batchId": optionalText, "ref": optionalRef,
            "status": ["type": "string", "enum": .array(triggerStatuses.map { .string($0.word) })],
            "requestPayload": [:], "transformedPayload": [:], "errorMessage": optionalText, "createdAt": textSchema,
        ],
        "required": [
            "id", "triggerId", "conversationId", "batchId", "status", "requestPayload", "transformedPayload",
            "errorMessage", "createdAt",
        ],
    ]

    private static let scheduledSchema: JSONObject = [
        "type": "object",
        "properties": [
            "id": textSchema, "scheduledTriggerId": textSchema, "ref": optionalRef,
            "status": ["type": "string", "enum": .array(scheduleStatuses.map { .string($0.word) })],
            "scheduledFor": textSchema, "startedAt": optionalText, "completedAt": optionalText,
            "resolvedPayload": ["type": ["object", "null"], "additionalProperties": true],
            "conversationIds": ["type": "array", "items": textSchema], "attemptNumber": ["type": "integer"],
            "idempotencyKey": textSchema, "runAsUserId": optionalText, "createdAt": textSchema,
        ],
        "required": [
            "id", "scheduledTriggerId", "status", "scheduledFor", "startedAt", "completedAt", "conversationIds",
            "attemptNumber", "idempotencyKey", "runAsUserId", "createdAt",
        ],
    ]
}
