import Catalog
import Events
import Models
import Store

/// A span as OTLP has it in JSON (opentelemetry-proto, `trace/v1`; ids in hexadecimal, 64-bit numbers as text), with
/// the names of the GenAI semantic conventions and those of run spec §30.
struct OTLPSpan {
    private let trace: RunTrace
    private let span: TraceSpan
    private let run: RunKey
    private var attributes: [JSONValue] = []

    init(_ trace: RunTrace, _ span: TraceSpan, _ run: RunKey) {
        self.trace = trace
        self.span = span
        self.run = run
        addIdentity()
        addWork()
        addContent()
    }

    /// A request for these spans.
    static func request(_ spans: [JSONValue], _ export: TraceExport) -> JSONValue {
        [
            "resourceSpans": [
                [
                    "resource": [
                        "attributes": [
                            attribute("service.name", .string(export.service)),
                            attribute("service.version", .string(export.version)),
                        ]
                    ],
                    "scopeSpans": [
                        ["scope": ["name": "covey", "version": .string(export.version)], "spans": .array(spans)]
                    ],
                ]
            ]
        ]
    }

    /// The span.
    var json: JSONValue {
        var object: JSONObject = ["traceId": .string(trace.trace), "spanId": .string(span.id)]
        object["parentSpanId"] = span.parent.map(JSONValue.string)
        object["name"] = .string(name)
        object["kind"] = .integer(kind)
        object["startTimeUnixNano"] = Self.nanoseconds(span.startedAt)
        object["endTimeUnixNano"] = Self.nanoseconds(span.endedAt ?? span.startedAt)
        object["attributes"] = .array(attributes)
        object["status"] = status
        return .object(object)
    }

    /// `{operation} {what}`, as the conventions have it.
    private var name: String {
        switch span.kind {
        case .run, .subAgent: "invoke_agent \(span.name)"
        case .modelCall: "chat \(span.call.map(Self.model) ?? span.name)"
        case .toolCall: "execute_tool \(span.name)"
        case .transfer: "transfer \(span.name)"
        case .delegation: "delegate \(span.name)"
        case .approval: "tool.approval_requested \(span.name)"
        }
    }

    /// `SPAN_KIND_SERVER` for a run, `CLIENT` for a model, else `INTERNAL`.
    private var kind: Int64 {
        switch span.kind {
        case .run: 2
        case .modelCall: 3
        default: 1
        }
    }

    private var status: JSONValue {
        switch span.status {
        case .ok, .running: ["code": 1]
        case .error, .cancelled:
            ["code": 2, "message": .string(span.failure?.message ?? (span.status == .cancelled ? "cancelled" : ""))]
        }
    }

    private static func nanoseconds(_ milliseconds: Int64) -> JSONValue { .string("\(max(0, milliseconds))000000") }

    /// The model without its provider.
    private static func model(_ call: RunModelCall) -> String {
        String(call.model.drop { $0 != "/" }.dropFirst())
    }

    // MARK: Attributes

    private static func attribute(_ name: String, _ value: JSONValue) -> JSONValue {
        let typed: JSONValue =
            switch value {
            case .bool: ["boolValue": value]
            case .integer(let number): ["intValue": .string(String(number))]
            case .number: ["doubleValue": value]
            case .array(let elements):
                ["arrayValue": ["values": .array(elements.map { ["stringValue": .string($0.string ?? $0.jsonText)] })]]
            case .string: ["stringValue": value]
            case .null, .object: ["stringValue": .string(value.jsonText)]
            }
        return ["key": .string(name), "value": typed]
    }

    private mutating func add(_ name: String, _ value: JSONValue?) {
        if let value { attributes.append(Self.attribute(name, value)) }
    }

    private mutating func add(_ name: String, _ text: String?) { add(name, text.map(JSONValue.string)) }

    private mutating func addIdentity() {
        let start = trace.start
        add("tenant.id", run.tenant)
        add("project.id", run.project)
        add("agent.id", start.agent)
        add("agent.name", start.agentName)
        add("subAgent.id", span.subAgent)
        add("conversation.id", start.conversation)
        add("gen_ai.conversation.id", start.conversation)
        add("covey.run.id", run.id)
        guard span.kind == .run else { return }
        add("message.id", start.userMessage)
        add("user.id", start.origin.user)
        add("covey.request.id", start.origin.request)
        if let first = trace.firstTokenMs {
            add("inkeep.agent.time_to_first_model_token", JSONValue(Double(first) / 1000).asDouble)
        }
    }

    private mutating func addWork() {
        if let failure = span.failure { add("error.type", failure.code) }
        switch span.kind {
        case .run, .subAgent:
            add("gen_ai.operation.name", "invoke_agent")
            add("gen_ai.agent.name", span.name)
        case .modelCall:
            add("gen_ai.operation.name", "chat")
            add("gen_ai.provider.name", span.call?.provider)
            add("gen_ai.request.provider", span.call?.provider)
            add("gen_ai.request.model", span.call.map(Self.model))
            add("gen_ai.response.finish_reasons", span.stop.map { [.string($0)] })
            addUsage()
        case .toolCall, .approval:
            add("gen_ai.operation.name", "execute_tool")
            add("gen_ai.tool.name", span.name)
            add("gen_ai.tool.call.id", span.callID)
            add("ai.toolCall.name", span.name)
            add("ai.toolCall.id", span.callID)
            add("ai.toolType", "tool")
        case .transfer:
            add("ai.toolType", "transfer")
            add("transfer.from_sub_agent_id", span.from)
            add("transfer.to_sub_agent_id", span.to)
        case .delegation:
            add("ai.toolType", "delegation")
            add("ai.toolCall.id", span.callID)
            add("delegation.from_sub_agent_id", span.from)
            add("delegation.to_sub_agent_id", span.to)
        }
    }

    private mutating func addUsage() {
        if let usage = span.usage {
            add("gen_ai.usage.input_tokens", .integer(Int64(usage.inputTokens)))
            add("gen_ai.usage.output_tokens", .integer(Int64(usage.outputTokens)))
            if usage.cachedInputTokens > 0 {
                add("gen_ai.usage.cache_read.input_tokens", .integer(Int64(usage.cachedInputTokens)))
            }
        }
        if let cost = span.call?.costMicros {
            add("gen_ai.cost.estimated_usd", JSONValue(Double(cost) / 1_000_000).asDouble)
        }
        if let first = span.call?.firstTokenMs {
            add("gen_ai.server.time_to_first_token", JSONValue(Double(first) / 1000).asDouble)
        }
    }

    private mutating func addContent() {
        for (name, value) in span.content { add(Self.contentNames[name] ?? "covey.\(name)", value) }
    }

    private static let contentNames = [
        "text": "ai.response.content", "input": "ai.toolCall.args", "output": "ai.toolCall.result",
    ]
}

extension JSONValue {
    /// The number as one that is no integer, as OTLP tells the two apart.
    fileprivate var asDouble: JSONValue {
        guard case .integer(let whole) = self, let number = JSONNumber(Double(whole)) else { return self }
        return .number(number)
    }
}
