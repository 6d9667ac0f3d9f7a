import Catalog
import Events
import Models
import Runtime
import Store

extension RunTrace {
    /// As clients read it. Members that say nothing of a span are left out.
    func json(_ row: RunRow) -> JSONValue {
        var object: JSONObject = [
            "runId": .string(run), "traceId": .string(trace), "conversationId": .string(start.conversation),
            "agentId": .string(start.agent), "status": .string(row.status.rawValue),
            "startedAt": .string(Timestamp.text(root.startedAt)),
            "endedAt": root.endedAt.map { .string(Timestamp.text($0)) } ?? .null,
            "durationMs": root.endedAt.map { .integer($0 - root.startedAt) } ?? .null,
            "usage": total.json, "costMicros": costMicros.map(JSONValue.integer) ?? .null,
            "firstTokenMs": firstTokenMs.map(JSONValue.integer) ?? .null,
        ]
        object["requestId"] = start.origin.request.map(JSONValue.string)
        object["userId"] = start.origin.user.map(JSONValue.string)
        object["spans"] = .array(spans.map(\.json))
        return .object(object)
    }

    /// What all model calls that ended used.
    private var total: Usage { spans.filter { $0.kind == .modelCall }.compactMap(\.usage).reduce(Usage(), +) }
}

extension Usage {
    /// As clients read it.
    var json: JSONValue {
        [
            "inputTokens": .integer(Int64(inputTokens)), "outputTokens": .integer(Int64(outputTokens)),
            "cachedInputTokens": .integer(Int64(cachedInputTokens)),
            "reasoningTokens": .integer(Int64(reasoningTokens)),
        ]
    }
}

extension TraceSpan {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "parentId": parent.map(JSONValue.string) ?? .null, "kind": .string(kind.rawValue),
            "name": .string(name), "status": .string(status.rawValue),
            "startedAt": .string(Timestamp.text(startedAt)),
            "endedAt": endedAt.map { .string(Timestamp.text($0)) } ?? .null,
            "durationMs": endedAt.map { .integer($0 - startedAt) } ?? .null,
        ]
        object["subAgentId"] = subAgent.map(JSONValue.string)
        if let call {
            object["model"] = .string(call.model)
            object["provider"] = .string(call.provider)
            object["firstTokenMs"] = call.firstTokenMs.map(JSONValue.integer)
            object["costMicros"] = call.costMicros.map(JSONValue.integer)
        }
        if kind == .modelCall { object["usage"] = usage?.json }
        object["stop"] = stop.map(JSONValue.string)
        object["toolCallId"] = callID.map(JSONValue.string)
        object["fromSubAgentId"] = from.map(JSONValue.string)
        object["toSubAgentId"] = to.map(JSONValue.string)
        if let failure {
            object["error"] = ["code": .string(failure.code), "message": .string(failure.message)]
        }
        if !content.isEmpty { object["content"] = .object(content) }
        return .object(object)
    }
}

/// The schemas of runs and their traces.
enum RunTraceSchemas {
    private static let text: JSONValue = ["type": "string"]
    private static let nullableText: JSONValue = ["type": ["string", "null"]]
    private static let moment: JSONValue = ["type": "string", "format": "date-time"]
    private static let nullableMoment: JSONValue = ["type": ["string", "null"], "format": "date-time"]
    private static let number: JSONValue = ["type": "integer"]
    private static let nullableNumber: JSONValue = ["type": ["integer", "null"]]

    private static func object(_ properties: JSONObject, optional: Set<String> = []) -> JSONObject {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.filter { !optional.contains($0) }.map(JSONValue.string)),
        ]
    }

    private static func words(_ words: [String]) -> JSONValue {
        ["type": "string", "enum": .array(words.map(JSONValue.string))]
    }

    private static let run = object([
        "id": text, "conversationId": text, "agentId": text, "ref": text,
        "status": words(RunStatus.allCases.map(\.rawValue)), "attempts": number, "startedAt": moment,
        "finishedAt": nullableMoment,
    ])

    /// A page of runs.
    static let list = OpenAPI.envelope(
        object([
            "runs": ["type": "array", "items": .object(run)],
            "next": [
                "type": ["string", "null"],
                "description": "What `after` of the next page is; null after the last. Pages may be short or empty.",
            ],
        ]))

    /// Tokens.
    static let usage = JSONValue.object(
        object([
            "inputTokens": number, "outputTokens": number, "cachedInputTokens": number, "reasoningTokens": number,
        ]))

    private static let failure = JSONValue.object(object(["code": text, "message": text]))

    private static let span = object(
        [
            "id": text, "parentId": nullableText, "kind": words(TraceSpan.Kind.allCases.map(\.rawValue)),
            "name": text, "status": words(TraceSpan.Status.allCases.map(\.rawValue)), "startedAt": moment,
            "endedAt": nullableMoment, "durationMs": nullableNumber, "subAgentId": text, "model": text,
            "provider": text, "firstTokenMs": number, "costMicros": number, "usage": usage, "stop": text,
            "toolCallId": text, "fromSubAgentId": text, "toSubAgentId": text, "error": failure,
            "content": ["type": "object", "description": "Only with `content=true`."],
        ],
        optional: [
            "subAgentId", "model", "provider", "firstTokenMs", "costMicros", "usage", "stop", "toolCallId",
            "fromSubAgentId", "toSubAgentId", "error", "content",
        ])

    /// The trace of a run.
    static let trace = OpenAPI.envelope(
        object(
            [
                "runId": text,
                "traceId": ["type": "string", "description": "The caller's where it sent a `traceparent`."],
                "conversationId": text, "agentId": text, "status": words(RunStatus.allCases.map(\.rawValue)),
                "startedAt": moment, "endedAt": nullableMoment, "durationMs": nullableNumber, "usage": usage,
                "costMicros": [
                    "type": ["integer", "null"],
                    "description": "Millionths of the currency of the prices; null where no model has one.",
                ],
                "firstTokenMs": nullableNumber, "requestId": text, "userId": text,
                "spans": ["type": "array", "items": .object(span)],
            ], optional: ["requestId", "userId"]))
}
