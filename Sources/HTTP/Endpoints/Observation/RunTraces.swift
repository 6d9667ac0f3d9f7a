import Catalog
import Events
import HTTPTypes
import Runtime
import Store

/// What runs did, for those who manage the project: a list of them, and the trace of each, made of its log.
enum RunTraces {
    /// The endpoints.
    static func endpoints(_ turns: Turns) -> [Endpoint] { [list(turns.store), trace(turns)] }

    private static let path = "/manage/tenants/{tenantId}/projects/{projectId}/runs"

    private static func list(_ store: Store) -> Endpoint {
        let operation = Operation(
            "list-runs", .get, path, tag: "Runs", summary: "List runs, the newest first", permission: .view,
            parameters: filters, responses: [Operation.Response(200, "One page.", schema: RunTraceSchemas.list)],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let limit = call.query["limit"].flatMap { Int($0) } ?? limitDefault
            let page = try await store.runs(
                tenant: call.tenant, project: call.path["projectId"] ?? "", try query(call.query), limit: limit)
            return .json([
                "data": ["runs": .array(page.runs.map(\.listed)), "next": page.next.map { .string($0.text) } ?? .null]
            ])
        }
    }

    private static let limitDefault = 20

    private static let filters = [
        Operation.Parameter(
            "limit", in: .query, "Runs a page.",
            schema: ["type": "integer", "minimum": 1, "maximum": 200, "default": .integer(Int64(limitDefault))]),
        Operation.Parameter("after", in: .query, "The `next` of the page before.", schema: ["type": "string"]),
        Operation.Parameter("conversationId", in: .query, "Only those of this conversation."),
        Operation.Parameter("agentId", in: .query, "Only those of this agent."),
        Operation.Parameter(
            "status", in: .query, "Only those that stand so.",
            schema: ["type": "string", "enum": .array(RunStatus.allCases.map { .string($0.rawValue) })]),
        Operation.Parameter(
            "from", in: .query, "Not started before this time.", schema: ["type": "string", "format": "date-time"]),
        Operation.Parameter(
            "until", in: .query, "Started before this time.", schema: ["type": "string", "format": "date-time"]),
    ]

    private static func query(_ parameters: [String: String]) throws(Problem) -> RunQuery {
        func filled(_ name: String) -> String? { parameters[name].flatMap { $0.isEmpty ? nil : $0 } }
        var query = RunQuery(
            conversation: filled("conversationId"), agent: filled("agentId"),
            status: filled("status").flatMap(RunStatus.init), from: filled("from").flatMap(Timestamp.milliseconds),
            until: filled("until").flatMap(Timestamp.milliseconds))
        if let text = filled("after") {
            guard let place = RunQuery.Place(text: text) else {
                throw Problem.invalid([Problem.Broken(["after"], "must be the next of another page")])
            }
            query.after = place
        }
        return query
    }

    private static func trace(_ turns: Turns) -> Endpoint {
        let operation = Operation(
            "get-run-trace", .get, path + "/{id}/trace", tag: "Runs", summary: "Get the trace of a run",
            permission: .view,
            parameters: [
                Operation.Parameter(
                    "content", in: .query, "Whether also what was said: texts, arguments, outputs.",
                    schema: ["type": ["boolean", "null"], "default": false])
            ], responses: [Operation.Response(200, "The trace.", schema: RunTraceSchemas.trace)], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let key = RunKey(
                tenant: call.tenant, project: call.path["projectId"] ?? "", id: call.path["id"] ?? "")
            let keepsContent = call.query["content"] == "true"
            guard let row = try await turns.store.run(key),
                let trace = try await turns.runs.trace(of: row, keepsContent: keepsContent)
            else { throw Problem.notFound("Run") }
            return .json(["data": trace.json(row)])
        }
    }
}

extension RunQuery.Place {
    /// As clients hand it back.
    fileprivate var text: String { "\(startedAt).\(id)" }

    fileprivate init?(text: String) {
        guard let point = text.firstIndex(of: "."), let startedAt = Int64(text[..<point]) else { return nil }
        self.init(startedAt: startedAt, id: String(text[text.index(after: point)...]))
    }
}

extension RunRow {
    /// As the list shows it.
    fileprivate var listed: JSONValue {
        [
            "id": .string(key.id), "conversationId": .string(conversation), "agentId": .string(agent),
            "ref": .string(branch), "status": .string(status.rawValue), "attempts": .integer(attempt),
            "startedAt": .string(Timestamp.text(startedAt)),
            "finishedAt": finishedAt.map { .string(Timestamp.text($0)) } ?? .null,
        ]
    }
}
