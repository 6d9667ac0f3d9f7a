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
            isVersioned: false, parameters: Page.parameters + filters,
            responses: [Operation.Response(200, "One page, newest first.", schema: OpenAPI.listEnvelope(record))],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let (page, query) = (try Page(query: call.query), try query(call.query))
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
            "outcome", in: .query, "Only what ended so.", schema: ["type": "string", "enum": .array(outcomes)],
            isChecked: true),
        Operation.Parameter(
            "from", in: .query, "Not before this time.", schema: ["type": "string", "format": "date-time"]),
        Operation.Parameter(
            "until", in: .query, "Before this time.", schema: ["type": "string", "format": "date-time"]),
    ]

    /// What a request wants; all that is wrong with it at once.
    private static func query(_ parameters: [String: String]) throws(Problem) -> AuditQuery {
        var broken: [Problem.Broken] = []
        func moment(_ name: String) -> Int64? {
            guard let text = parameters[name] else { return nil }
            if let at = Timestamp.milliseconds(text) { return at }
            broken.append(.init([name], "must be a time as RFC 3339 has it"))
            return nil
        }
        let outcome = parameters["outcome"].flatMap(AuditRecord.Outcome.init)
        if parameters["outcome"] != nil, outcome == nil {
            let words = AuditRecord.Outcome.allCases.map(\.rawValue).joined(separator: ", ")
            broken.append(.init(["outcome"], "must be one of \(words)"))
        }
        let query = AuditQuery(
            actor: parameters["actor"], action: parameters["action"], outcome: outcome, from: moment("from"),
            until: moment("until"))
        if !broken.isEmpty { throw Problem.invalid(broken) }
        return query
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
