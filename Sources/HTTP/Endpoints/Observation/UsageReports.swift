import Catalog
import HTTPTypes
import Runtime
import Store

/// What runs used, for those who manage a project and those who manage the tenant: totals by day, agent, model and
/// user, read from what runs add up as they end.
enum UsageReports {
    /// The endpoints.
    static func endpoints(_ store: Store, now: @escaping @Sendable () -> Int64) -> [Endpoint] {
        [
            endpoint(
                "get-project-usage", Scope.project.path + "/usage", "Get what a project's runs used", .view,
                store, now),
            endpoint("get-tenant-usage", Scope.tenant.path + "/usage", "Get what all runs used", .admin, store, now),
        ]
    }

    private static func endpoint(
        _ id: String, _ path: String, _ summary: String, _ permission: Operation.Permission, _ store: Store,
        _ now: @escaping @Sendable () -> Int64
    ) -> Endpoint {
        let operation = Operation(
            id, .get, path, tag: "Usage", summary: summary, permission: permission, isVersioned: false,
            parameters: parameters, responses: [Operation.Response(200, "The totals.", schema: schema)],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let query = try query(call, at: now())
            let (totals, isCut) = try await store.usage(of: call.tenant, query)
            var sum = UsageCounts()
            for total in totals { sum += total.counts }
            return .json([
                "data": [
                    "from": .string(date(query.from)), "through": .string(date(query.through)),
                    "totals": .array(totals.map { .object($0.json) }), "sum": .object(sum.json),
                    "isCut": .bool(isCut),
                ]
            ])
        }
    }

    /// Days that are told of unless a request says otherwise, today included.
    private static let daysDefault: Int64 = 30
    /// Days that one answer tells of at most: what a request costs has a bound.
    private static let daysMax: Int64 = 400

    private static let parameters = [
        Operation.Parameter(
            "by", in: .query, "By what totals are told apart: project, day, agent, model, user, with commas between.",
            schema: ["type": "string", "default": "day"]),
        Operation.Parameter(
            "from", in: .query, "The day that this time is in is the first (UTC).",
            schema: ["type": "string", "format": "date-time"]),
        Operation.Parameter(
            "until", in: .query, "The day that this time is in is the last (UTC).",
            schema: ["type": "string", "format": "date-time"]),
        Operation.Parameter("agentId", in: .query, "Only this agent's."),
        Operation.Parameter("model", in: .query, "Only this model's."),
        Operation.Parameter("userId", in: .query, "Only this end user's."),
    ]

    private static func query(_ call: Call, at now: Int64) throws(Problem) -> UsageQuery {
        func filled(_ name: String) -> String? { call.query[name].flatMap { $0.isEmpty ? nil : $0 } }
        func day(_ name: String) -> Int64? {
            filled(name).flatMap(Timestamp.milliseconds).map { max(0, $0) / UsageRow.dayMs }
        }
        let through = day("until") ?? now / UsageRow.dayMs
        let from = day("from") ?? max(0, through - daysDefault + 1)
        guard from <= through, through - from < daysMax else {
            throw Problem.invalid([Problem.Broken(["from"], "must be at most \(daysMax) days before the last one")])
        }
        var groups: Set<UsageQuery.Group> = []
        for word in (filled("by") ?? "day").split(separator: ",") {
            guard let group = UsageQuery.Group(rawValue: String(word)) else {
                let words = UsageQuery.Group.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid([Problem.Broken(["by"], "must name some of \(words)")])
            }
            groups.insert(group)
        }
        return UsageQuery(
            project: call.path["projectId"], from: from, through: through, groups: groups, agent: filled("agentId"),
            model: filled("model"), user: filled("userId"))
    }

    /// A day as clients read it: `2026-01-05`.
    fileprivate static func date(_ day: Int64) -> String { String(Timestamp.text(day * UsageRow.dayMs).prefix(10)) }

    private static let text: JSONValue = ["type": "string"]
    private static let number: JSONValue = ["type": "integer"]

    private static let counts: JSONObject = [
        "runs": number, "failedRuns": number, "runMs": number, "toolCalls": number, "modelCalls": number,
        "unpricedCalls": [
            "type": "integer", "description": "Calls of models without a price, which the cost knows nothing of.",
        ],
        "inputTokens": number, "outputTokens": number, "cachedInputTokens": number, "totalTokens": number,
        "costMicros": [
            "type": ["integer", "null"],
            "description": "Millionths of a US dollar; null where no call had a price.",
        ],
    ]

    private static func object(_ properties: JSONObject, required: [String]) -> JSONValue {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(required.map(JSONValue.string)),
        ]
    }

    private static let total = object(
        JSONObject(
            [
                ("projectId", text), ("day", text), ("agentId", text),
                (
                    "model",
                    ["type": "string", "description": "Empty for what is no model's: runs and tools."] as JSONValue
                ), ("userId", ["type": "string", "description": "Empty for nobody in particular."]),
            ].map { (key: $0.0, value: $0.1) }
        ).merging(counts), required: counts.keys)

    private static let schema = OpenAPI.envelope(
        object(
            [
                "from": text, "through": text, "totals": ["type": "array", "items": total],
                "sum": object(counts, required: counts.keys),
                "isCut": [
                    "type": "boolean", "description": "Whether there are more totals than an answer holds.",
                ],
            ], required: ["from", "through", "totals", "sum", "isCut"]
        ).object ?? [:])
}

extension UsageCounts {
    fileprivate var json: JSONObject {
        let hasPrice = costMicros > 0 || modelCalls == 0 || unpricedCalls == 0
        return [
            "runs": .integer(runs), "failedRuns": .integer(failedRuns), "runMs": .integer(runMs),
            "toolCalls": .integer(toolCalls), "modelCalls": .integer(modelCalls),
            "unpricedCalls": .integer(unpricedCalls), "inputTokens": .integer(inputTokens),
            "outputTokens": .integer(outputTokens), "cachedInputTokens": .integer(cachedTokens),
            "totalTokens": .integer(inputTokens + outputTokens),
            "costMicros": hasPrice ? .integer(costMicros) : .null,
        ]
    }
}

extension UsageTotal {
    fileprivate var json: JSONObject {
        var object: JSONObject = [:]
        object["projectId"] = project.map(JSONValue.string)
        object["day"] = day.map { .string(UsageReports.date($0)) }
        object["agentId"] = agent.map(JSONValue.string)
        object["model"] = model.map(JSONValue.string)
        object["userId"] = user.map(JSONValue.string)
        for (name, value) in counts.json { object[name] = value }
        return object
    }
}
