import Access
import Catalog
import Store

/// What was done in a tenant, for its administrators.
enum AuditRecords {
    private static let path = Scope.tenant.path + "/audit"
    private static let text: JSONValue = ["type": "string"]

    /// The endpoint that lists records.
    static func endpoint(_ store: Store, _ trail: AuditTrail) -> Endpoint {
        let operation = Operation(
            "list-audit-records", .get, path, tag: "Audit", summary: "List audit records", permission: .admin,
            isVersioned: false, parameters: Page.parameters + order.parameters + filters,
            responses: [Operation.Response(200, "One page.", schema: OpenAPI.listEnvelope(record))],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let (page, query) = (Page(query: call.query), query(call.query))
            // Who asks sees what was done before.
            try await trail.flush()
            let (entries, total) = try await store.audit(of: call.tenant, query, page)
            return .json(page.answer(entries.map(\.view), total: total).body ?? .null)
        }
    }

    private static let outcomes = AuditRecord.Outcome.allCases.map { JSONValue.string($0.rawValue) }

    private static let filters = [
        Operation.Parameter("actor", in: .query, "Only what this account or machine did."),
        Operation.Parameter("action", in: .query, "Only this operation or event."),
        Operation.Parameter(
            "outcome", in: .query, "Only what ended so.", schema: ["type": "string", "enum": .array(outcomes)]),
        Operation.Parameter(
            "from", in: .query, "Not before this time.", schema: ["type": "string", "format": "date-time"]),
        Operation.Parameter(
            "until", in: .query, "Before this time.", schema: ["type": "string", "format": "date-time"]),
    ]

    // Records are told apart by their place in the chain alone; who and what is filtered by.
    private static let order = ListOrder([], otherwise: "by place in the chain, the newest first")

    /// What a request wants.
    private static func query(_ parameters: [String: String]) -> AuditQuery {
        AuditQuery(
            actor: parameters["actor"], action: parameters["action"],
            outcome: parameters["outcome"].flatMap(AuditRecord.Outcome.init),
            from: parameters["from"].flatMap(Timestamp.milliseconds),
            until: parameters["until"].flatMap(Timestamp.milliseconds),
            order: ListOrder.order(parameters) ?? .descending)
    }

    private static let record: JSONObject = [
        "type": "object",
        "properties": [
            "sequence": ["type": "integer", "description": "The place in the tenant's chain, from 1."],
            "at": ["type": "string", "format": "date-time"], "actor": text, "means": text, "action": text,
            "target": text, "outcome": ["type": "string", "enum": .array(outcomes)], "address": text,
            "requestId": text,
            "amount": ["type": "integer", "description": "How often; refusals and uses of keys are counted."],
            "digest": ["type": "string", "description": "Covers this record and all before."],
        ],
        "required": [
            "sequence", "at", "actor", "means", "action", "target", "outcome", "address", "requestId", "amount",
            "digest",
        ],
    ]
}

extension AuditEntry {
    /// As administrators read it.
    fileprivate var view: JSONValue {
        [
            "sequence": .integer(sequence), "at": .string(Timestamp.text(record.at)), "actor": .string(record.actor),
            "means": .string(record.means), "action": .string(record.action), "target": .string(record.target),
            "outcome": .string(record.outcome.rawValue), "address": .string(record.address),
            "requestId": .string(record.request), "amount": .integer(Int64(record.amount)), "digest": .string(digest),
        ]
    }
}
