import Catalog
import Events
import Models
import Testing

/// One event and the form that the store has kept since the first version. A row may be added; a row that must change
/// means that older logs can no longer be read.
struct StoredForm: Sendable, CustomTestStringConvertible {
    let event: RunEvent
    let type: String
    let body: String
    var testDescription: String { "\(type) \(body)" }

    init(_ event: RunEvent, _ type: String, _ body: String) {
        self.event = event
        self.type = type
        self.body = body
    }
}

private let start = RunStart(
    conversation: "c1", requestID: "chatcmpl-1", agent: "helpdesk", agentName: "Help \"Desk\"", subAgent: "router",
    userMessage: "u1", answerMessage: "m1", emitOperations: false)

private var startWithOperations: RunStart {
    var start = start
    start.emitOperations = true
    return start
}

private let call = RunModelCall(model: "openai/gpt-5", startedAt: 1_767_607_200_000, firstTokenMs: 310, costMicros: 42)

private var startWithOrigin: RunStart {
    var start = start
    start.origin = RunOrigin(request: "req-1", traceparent: "00-ab-cd-01", user: "ann")
    return start
}

private let delegation = RunDelegation(
    id: "del_1", frame: 0, callID: "call_1", workerFrame: 2, from: "router", to: "orders", task: "Find order 7")

private let storedForms: [StoredForm] = [
    StoredForm(
        .compressed(
            frame: 0,
            RunCompression(
                .conversation, summary: ["overview": "words"], messages: 4, before: 500, after: 20, upTo: 7,
                usage: Usage(inputTokens: 3, outputTokens: 2))), "compressed",
        #"{"kind":"conversation_level","reason":"automatic","kept":0,"messages":4,"outcomes":0,"before":500,"#
            + #""after":20,"count":"estimate","inputTokens":3,"outputTokens":2,"#
            + #""summary":{"overview":"words"},"upTo":7}"#
    ),
    StoredForm(
        .compressed(
            frame: 2,
            RunCompression(
                .run, reason: .manual, kept: 2, messages: 6, outcomes: 3, before: 900, after: 400, count: .provider)),
        "compressed",
        #"{"frame":2,"kind":"mid_generation","reason":"manual","kept":2,"messages":6,"outcomes":3,"before":900,"#
            + #""after":400,"count":"provider","inputTokens":0,"outputTokens":0}"#),
    StoredForm(
        .started(start), "started",
        #"{"conversation":"c1","requestId":"chatcmpl-1","agent":"helpdesk","agentName":"Help \"Desk\"","#
            + #""subAgent":"router","userMessage":"u1","answerMessage":"m1"}"#),
    StoredForm(
        .started(startWithOperations), "started",
        #"{"conversation":"c1","requestId":"chatcmpl-1","agent":"helpdesk","agentName":"Help \"Desk\"","#
            + #""subAgent":"router","userMessage":"u1","answerMessage":"m1","emitOperations":true}"#),
    StoredForm(
        .started(startWithOrigin), "started",
        #"{"conversation":"c1","requestId":"chatcmpl-1","agent":"helpdesk","agentName":"Help \"Desk\"","#
            + #""subAgent":"router","userMessage":"u1","answerMessage":"m1","httpRequest":"req-1","#
            + #""traceparent":"00-ab-cd-01","user":"ann"}"#),
    StoredForm(
        .answered(frame: 0, RunAnswer(subAgent: "router", stop: .endTurn, call: call)), "answered",
        #"{"subAgent":"router","usage":{},"stop":"end_turn","call":{"model":"openai/gpt-5","#
            + #""startedAt":1767607200000,"firstTokenMs":310,"costMicros":42}}"#),
    StoredForm(
        .retried(
            frame: 0,
            RunFailure(code: "overloaded", message: "Busy.", call: RunModelCall(model: "m", startedAt: 5)), attempt: 1),
        "retried",
        #"{"attempt":1,"failure":{"code":"overloaded","message":"Busy.","call":{"model":"m","startedAt":5}}}"#),
    StoredForm(.text(frame: 0, "Hello"), "text", #"{"text":"Hello"}"#),
    StoredForm(.text(frame: 3, " wörld"), "text", #"{"frame":3,"text":" wörld"}"#),
    StoredForm(.reasoning(frame: 0, "hm"), "reasoning", #"{"text":"hm"}"#),
    StoredForm(
        .answered(frame: 0, RunAnswer(subAgent: "router", stop: .endTurn)), "answered",
        #"{"subAgent":"router","usage":{},"stop":"end_turn"}"#),
    StoredForm(
        .answered(
            frame: 1,
            RunAnswer(
                subAgent: "orders",
                calls: [
                    ToolCall(id: "call_1", name: "search", input: ["q": "a", "n": 12_345_678_901]),
                    ToolCall(id: "call_2", name: "odd", input: nil, rawInput: "{oops", signature: "c2ln"),
                ],
                usage: Usage(inputTokens: 10, outputTokens: 5, cachedInputTokens: 2, reasoningTokens: 1),
                stop: .toolCalls)), "answered",
        #"{"frame":1,"subAgent":"orders","calls":[{"id":"call_1","name":"search","input":{"q":"a","n":12345678901}},"#
            + #"{"id":"call_2","name":"odd","input":null,"rawInput":"{oops","signature":"c2ln"}],"#
            + #""usage":{"input":10,"output":5,"cachedInput":2,"reasoning":1},"stop":"tool_calls"}"#),
    StoredForm(
        .retried(frame: 0, RunFailure(code: "overloaded", message: "Busy."), attempt: 2), "retried",
        #"{"attempt":2,"failure":{"code":"overloaded","message":"Busy."}}"#),
    StoredForm(.toolStarted(frame: 0, callID: "call_1"), "tool_started", #"{"callId":"call_1"}"#),
    StoredForm(
        .toolEnded(frame: 0, RunToolOutcome(callID: "call_1", output: "fine")), "tool_ended",
        #"{"callId":"call_1","output":"fine"}"#),
    StoredForm(
        .toolEnded(
            frame: 2, RunToolOutcome(callID: "call_1", output: ["code": 7], isError: true, durationMs: 1_250)),
        "tool_ended", #"{"frame":2,"callId":"call_1","output":{"code":7},"isError":true,"durationMs":1250}"#),
    StoredForm(
        .toolEnded(
            frame: 0,
            RunToolOutcome(
                callID: "call_1", output: "fine",
                files: RunOutcomeFiles(message: "m1", parts: [["kind": "file", "data": "blob://x"]]))),
        "tool_ended",
        #"{"callId":"call_1","output":"fine","files":{"message":"m1","parts":[{"kind":"file","data":"blob://x"}]}}"#),
    StoredForm(
        .toolEnded(frame: 0, RunToolOutcome(callID: "call_1", output: ["question": "When?"], openTask: "t7")),
        "tool_ended", #"{"callId":"call_1","output":{"question":"When?"},"openTask":"t7"}"#),
    StoredForm(
        .toolEnded(
            frame: 0,
            RunToolOutcome(
                callID: "call_1", output: "no", isError: true,
                worker: RunFrameFailure(frame: 1, failure: RunFailure(code: "refused", message: "No.")))),
        "tool_ended",
        #"{"callId":"call_1","output":"no","isError":true,"#
            + #""worker":{"frame":1,"failure":{"code":"refused","message":"No."}}}"#
    ),
    StoredForm(
        .transferred(frame: 0, from: "router", to: "billing", reason: ""), "transferred",
        #"{"from":"router","to":"billing","reason":""}"#),
    StoredForm(
        .delegated(delegation), "delegated",
        #"{"id":"del_1","callId":"call_1","workerFrame":2,"from":"router","to":"orders","task":"Find order 7"}"#),
    StoredForm(
        .delegationReturned(delegation, result: "Sent."), "delegation_returned",
        #"{"id":"del_1","callId":"call_1","workerFrame":2,"from":"router","to":"orders","task":"Find order 7","#
            + #""result":"Sent."}"#),
    StoredForm(
        .delegated(
            RunDelegation(
                .team, id: "del_2", frame: 0, callID: "call_2", workerFrame: nil, from: "router", to: "books",
                task: "Sum up")), "delegated",
        #"{"id":"del_2","callId":"call_2","kind":"team","from":"router","to":"books","task":"Sum up"}"#),
    StoredForm(.resumed(attempt: 1), "resumed", #"{"attempt":1}"#),
    StoredForm(
        .finished(
            RunEnd(
                outcome: .completed, subAgent: "billing", iteration: 2, stop: .endTurn,
                usage: Usage(inputTokens: 3, outputTokens: 4))), "finished",
        #"{"outcome":"completed","subAgent":"billing","iteration":2,"stop":"end_turn","#
            + #""usage":{"input":3,"output":4}}"#),
    StoredForm(
        .finished(RunEnd(outcome: .cancelled, subAgent: "billing", iteration: 1, stop: nil, usage: Usage())),
        "finished", #"{"outcome":"cancelled","subAgent":"billing","iteration":1,"usage":{}}"#),
    StoredForm(
        .finished(
            RunEnd(
                outcome: .failed(RunFailure(code: "auth", message: "No.")), subAgent: "router", iteration: 1,
                stop: .other("pause"), usage: Usage())), "finished",
        #"{"outcome":"failed","failure":{"code":"auth","message":"No."},"subAgent":"router","iteration":1,"#
            + #""stop":"other:pause","usage":{}}"#),
]

@Test(arguments: storedForms) func `an event is stored in the form that was frozen`(row: StoredForm) {
    #expect(row.event.type == row.type)
    #expect(String(decoding: row.event.body, as: UTF8.self) == row.body)
}

@Test(arguments: storedForms) func `a stored event reads back as it was`(row: StoredForm) throws {
    #expect(try RunEvent(type: row.type, body: row.body.utf8) == row.event)
    let logged = try LoggedEvent(sequence: 9, at: 1_730_000_000_123, type: row.type, body: row.event.body)
    #expect(logged == LoggedEvent(sequence: 9, at: 1_730_000_000_123, event: row.event))
}

@Test(arguments: storedForms) func `members that a reader does not know are passed over`(row: StoredForm) throws {
    let newer = #"{"addedLater":{"deep":[1,2]},"# + row.body.dropFirst()
    #expect(try RunEvent(type: row.type, body: newer.utf8) == row.event)
}

@Test(arguments: [
    "", " ", "two\nlines\r\n",
    "\u{0}\u{1}\u{1F}\u{7F}", "\"quoted\\\"", "👩‍👩‍👧‍👦 family", "e\u{301}", "\u{2028}\u{2029}",
    "{\"type\":\"text\"}", "</script>", "ﷺ日本語", String(repeating: "x", count: 70_000),
])
func `any text survives`(text: String) throws {
    let events: [RunEvent] = [
        .text(frame: 0, text), .reasoning(frame: 1, text),
        .toolEnded(frame: 0, RunToolOutcome(callID: text, output: .string(text))),
        .transferred(frame: 0, from: text, to: text, reason: text),
        .answered(frame: 0, RunAnswer(subAgent: text, stop: .other(text))),
    ]
    for event in events {
        let read = try RunEvent(type: event.type, body: event.body)
        #expect(read == event)
        // Swift compares texts by meaning; the log must keep the very scalars.
        #expect(read.body == event.body)
    }
}

@Test(arguments: [StopReason.endTurn, .toolCalls, .maxTokens, .refusal, .contentFilter, .other(""), .other("end_turn")])
func `every stop reason survives`(stop: StopReason) throws {
    let event = RunEvent.answered(frame: 0, RunAnswer(subAgent: "a", stop: stop))
    #expect(try RunEvent(type: event.type, body: event.body) == event)
}

@Test func `an event of a newer version is named in the error`() {
    #expect(throws: RunEventCodingError.unknownType("teleported")) {
        try RunEvent(type: "teleported", body: "{}".utf8)
    }
}

@Test(arguments: [
    ("text", "{}", "'text' must be text"),
    ("text", #"{"text":1}"#, "'text' must be text"),
    ("text", #"{"frame":"0","text":""}"#, "'frame' must be an integer"),
    ("text", #"["text"]"#, "not an object"),
    ("text", #"{"text":"#, "unexpected end of input at byte 8"),
    ("answered", #"{"subAgent":"a","usage":{}}"#, "'stop' is missing"),
    ("answered", #"{"subAgent":"a","usage":{},"stop":"bored"}"#, "'stop' is an unknown reason 'bored'"),
    ("answered", #"{"subAgent":"a","calls":{},"usage":{},"stop":"end_turn"}"#, "'calls' must be an array"),
    ("answered", #"{"subAgent":"a","calls":[1],"usage":{},"stop":"end_turn"}"#, "'calls' must hold objects"),
    ("tool_ended", #"{"callId":"c"}"#, "'output' is missing"),
    ("retried", #"{"attempt":1,"failure":null}"#, "'failure' must be an object"),
    ("started", #"{"emitOperations":1}"#, "'conversation' must be text"),
    ("finished", #"{"outcome":"vanished"}"#, "'outcome' is none of completed, failed, cancelled"),
])
func `a broken body is refused with the member at fault`(type: String, body: String, reason: String) {
    #expect(throws: RunEventCodingError.malformed(type: type, reason: reason)) {
        try RunEvent(type: type, body: body.utf8)
    }
}

@Test func `a coding error reads as a sentence`() {
    #expect("\(RunEventCodingError.unknownType("x"))" == "unknown run event type 'x'")
    #expect("\(RunEventCodingError.malformed(type: "text", reason: "no"))" == "malformed run event of type 'text': no")
}

@Test(arguments: [0, 7, 10, -1, 1_234_567_890, Int64.max, Int64.min]) func `every integer is written as it is`(
    number: Int64
) {
    var writer = JSONWriter()
    writer.integer(number)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "\(number)")
}
