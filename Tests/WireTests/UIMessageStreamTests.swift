import Catalog
import Events
import Models
import Testing
import Wire

/// A log, and the events it gives rise to: `sequence-part data`.
struct PartGolden: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let log: SampleLog
    let events: [String]
}

private let beginning = [
    #"1-1 {"type":"start","messageId":"m1"}"#,
    #"1-2 {"type":"data-operation","data":{"type":"agent_initializing","#
        + #""details":{"sessionId":"chatcmpl-1","agentId":"helpdesk"}}}"#,
]

private let firstText = [
    #"2-1 {"type":"start-step"}"#, #"2-2 {"type":"text-start","id":"m1-1"}"#,
    #"2-3 {"type":"text-delta","id":"m1-1","delta":"Hel"}"#,
]

private let asked =
    beginning + [
        #"2-1 {"type":"start-step"}"#, #"2-2 {"type":"tool-input-start","toolCallId":"p1","toolName":"pay"}"#,
        #"2-3 {"type":"tool-input-available","toolCallId":"p1","toolName":"pay","input":{"sum":7}}"#,
        #"5-1 {"type":"tool-approval-request","approvalId":"aitxt-p1","toolCallId":"p1"}"#,
        #"6-1 {"type":"tool-input-start","toolCallId":"w1","toolName":"mail"}"#,
        #"6-2 {"type":"tool-input-available","toolCallId":"w1","toolName":"mail","input":{"to":"Ann"}}"#,
        #"6-3 {"type":"tool-approval-request","approvalId":"aitxt-w1","toolCallId":"w1"}"#,
    ]

private let decided = [
    #"8-1 {"type":"tool-input-available","toolCallId":"p1","toolName":"pay","input":{"sum":5}}"#,
    #"10-1 {"type":"tool-output-available","toolCallId":"p1","output":"paid"}"#,
    #"12-1 {"type":"tool-output-denied","toolCallId":"w1"}"#, #"15-1 {"type":"finish-step"}"#,
    #"16-1 {"type":"start-step"}"#, #"16-2 {"type":"text-start","id":"m1-1"}"#,
    #"16-3 {"type":"text-delta","id":"m1-1","delta":"Paid."}"#, #"17-1 {"type":"text-end","id":"m1-1"}"#,
    #"17-2 {"type":"finish-step"}"#,
    #"18-1 {"type":"data-operation","data":{"type":"completion","details":{"agent":"router","iteration":1}}}"#,
    #"18-2 {"type":"finish"}"#, "18-3 [DONE]",
]

private let goldens: [PartGolden] = [
    PartGolden(
        testDescription: "text alone", log: SampleLogs.plain,
        events: beginning + [
            #"2-1 {"type":"start-step"}"#, #"2-2 {"type":"text-start","id":"m1-1"}"#,
            #"2-3 {"type":"text-delta","id":"m1-1","delta":"Hello"}"#,
            #"3-1 {"type":"text-delta","id":"m1-1","delta":" \"you\" 👋\n"}"#, #"4-1 {"type":"text-end","id":"m1-1"}"#,
            #"4-2 {"type":"finish-step"}"#,
            #"5-1 {"type":"data-operation","data":{"type":"completion","details":{"agent":"router","iteration":1}}}"#,
            #"5-2 {"type":"finish"}"#, "5-3 [DONE]",
        ]),
    PartGolden(
        testDescription: "shown tools only, without gated operations",
        log: SampleLogs.everything(emitOperations: false),
        events: beginning + [
            #"7-1 {"type":"start-step"}"#, #"7-2 {"type":"text-start","id":"m1-1"}"#,
            #"7-3 {"type":"text-delta","id":"m1-1","delta":"One moment."}"#, #"8-1 {"type":"text-end","id":"m1-1"}"#,
            #"8-2 {"type":"tool-input-start","toolCallId":"s1","toolName":"search"}"#,
            #"8-3 {"type":"tool-input-available","toolCallId":"s1","toolName":"search","input":{"q":"order 7"}}"#,
            #"8-4 {"type":"tool-input-start","toolCallId":"s2","toolName":"odd"}"#,
            #"8-5 {"type":"tool-input-available","toolCallId":"s2","toolName":"odd","input":"{oops"}"#,
            #"12-1 {"type":"tool-output-available","toolCallId":"s1","output":{"hits":1,"_structureHints":"x"}}"#,
            #"14-1 {"type":"tool-output-error","toolCallId":"s2","errorText":"not JSON"}"#,
            #"20-1 {"type":"finish-step"}"#, #"22-1 {"type":"start-step"}"#, #"22-2 {"type":"text-start","id":"m1-2"}"#,
            #"22-3 {"type":"text-delta","id":"m1-2","delta":"Your order"}"#,
            #"23-1 {"type":"text-delta","id":"m1-2","delta":" was sent."}"#, #"24-1 {"type":"text-end","id":"m1-2"}"#,
            #"24-2 {"type":"finish-step"}"#,
            #"25-1 {"type":"data-operation","data":{"type":"completion","details":{"agent":"orders","iteration":2}}}"#,
            #"25-2 {"type":"finish"}"#, "25-3 [DONE]",
        ]),
    PartGolden(
        testDescription: "failed", log: SampleLogs.failed,
        events: beginning + firstText + [
            #"3-1 {"type":"text-end","id":"m1-1"}"#, #"3-2 {"type":"finish-step"}"#,
            #"3-3 {"type":"data-operation","data":{"type":"error","message":"The stream ended early.","#
                + #""agent":"router","severity":"error","code":"cut","timestamp":1730000000123}}"#,
            #"3-4 {"type":"error","errorText":"The stream ended early."}"#, #"3-5 {"type":"finish"}"#, "3-6 [DONE]",
        ]),
    PartGolden(
        testDescription: "cancelled", log: SampleLogs.cancelled,
        events: beginning + firstText + [
            #"3-1 {"type":"text-end","id":"m1-1"}"#, #"3-2 {"type":"finish-step"}"#, #"3-3 {"type":"abort"}"#,
            "3-4 [DONE]",
        ]),
    PartGolden(
        testDescription: "picked up after a crash", log: SampleLogs.resumed,
        events: beginning + firstText + [
            #"3-1 {"type":"text-end","id":"m1-1"}"#, #"3-2 {"type":"data-reset-step","data":{"textIds":["m1-1"]}}"#,
            #"4-1 {"type":"text-start","id":"m1-2"}"#,
            #"4-2 {"type":"text-delta","id":"m1-2","delta":"Hello"}"#, #"5-1 {"type":"text-end","id":"m1-2"}"#,
            #"5-2 {"type":"finish-step"}"#,
            #"6-1 {"type":"data-operation","data":{"type":"completion","details":{"agent":"router","iteration":1}}}"#,
            #"6-2 {"type":"finish"}"#, "6-3 [DONE]",
        ]),
    PartGolden(
        testDescription: "people are asked", log: SampleLogs.approvals(isDurable: false), events: asked + decided),
    PartGolden(
        testDescription: "people are asked, read after it", log: SampleLogs.approvals(isDurable: true),
        events: asked + decided),
    PartGolden(
        testDescription: "no text", log: SampleLogs.silent,
        events: beginning + [
            #"2-1 {"type":"start-step"}"#, #"2-2 {"type":"finish-step"}"#,
            #"3-1 {"type":"data-operation","data":{"type":"completion","details":{"agent":"router","iteration":1}}}"#,
            #"3-2 {"type":"finish"}"#, "3-3 [DONE]",
        ]),
]

@Test(arguments: goldens) func `parts are as written down`(golden: PartGolden) throws {
    let transcript = try Transcript(uiBytes(golden.log.events))
    let events = transcript.events.map { "\($0.id?.dropFirst("r1-".count) ?? "") \($0.data)" }
    #expect(events == golden.events)
}

@Test func `an event is its id, one data line and an empty one`() {
    let bytes = uiBytes(Array(SampleLogs.plain.events.prefix(1)))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("id: r1-1-1\ndata: {\"type\":\"start\",\"messageId\":\"m1\"}\n\nid: r1-1-2\ndata: "))
    #expect(String(decoding: ServerSentEvents.keepAlive, as: UTF8.self) == ": ping\n\n")
}

/// Every gated operation as run spec §5.1 has it: type, label, sub-agent, data.
@Test func `operations are as written down when they are asked for`() throws {
    let documents = try Transcript(uiBytes(SampleLogs.everything(emitOperations: true).events)).documents()
    let operations = documents.compactMap { $0["type"] == "data-operation" ? $0["data"] : nil }.dropFirst().dropLast()
    let rows = operations.map { operation in
        let details = operation["details"]
        return [operation["type"], operation["label"], details?["subAgentId"]].map { $0?.string ?? "?" }
            .joined(separator: " | ") + " | " + (details?["data"]?.jsonText ?? "?")
    }
    let delegation = #"{"delegationId":"del_1","fromSubAgent":"#
    #expect(
        rows == [
            #"transfer | Agent transfer: router → orders | router | "#
                + #"{"fromSubAgent":"router","targetSubAgent":"orders","reason":"about an order"}"#,
            #"agent_reasoning | Agent orders reasoning through request | orders | "#
                + #"{"parts":[{"type":"text","content":"Look it up."}]}"#,
            #"agent_generate | Agent orders generating response | orders | "#
                + #"{"parts":[{"type":"text","content":"One moment."}],"generationType":"text_generation"}"#,
            #"tool_call | Tool call: search | orders | "#
                + #"{"toolName":"search","input":{"q":"order 7"},"toolCallId":"s1","inDelegatedAgent":false}"#,
            #"tool_call | Tool call: odd | orders | "#
                + #"{"toolName":"odd","input":"{oops","toolCallId":"s2","inDelegatedAgent":false}"#,
            #"delegation_sent | Task delegated: orders → lookup | orders | "# + delegation
                + #""orders","targetSubAgent":"lookup","taskDescription":"order 7"}"#,
            #"tool_call | Tool call: find | lookup | "#
                + #"{"toolName":"find","input":{"id":7},"toolCallId":"w1","inDelegatedAgent":true}"#,
            #"tool_result | Tool result: search (completed) | orders | {"toolName":"search","output":{"hits":1},"#
                + #""toolCallId":"s1","duration":40,"needsApproval":false,"inDelegatedAgent":false}"#,
            #"tool_result | Tool result: odd (failed) | orders | {"toolName":"odd","output":"not JSON","#
                + #""toolCallId":"s2","duration":40,"needsApproval":false,"#
                + #""inDelegatedAgent":false,"error":"not JSON"}"#,
            #"tool_result | Tool result: find (completed) | lookup | {"toolName":"find","output":"sent","#
                + #""toolCallId":"w1","duration":40,"needsApproval":false,"inDelegatedAgent":true}"#,
            #"agent_generate | Agent lookup generating response | lookup | "#
                + #"{"parts":[{"type":"text","content":"It was sent."}],"generationType":"text_generation"}"#,
            #"delegation_returned | Task completed: orders → lookup | lookup | "# + delegation
                + #""lookup","targetSubAgent":"orders","result":"It was sent."}"#,
            #"error | Error: The provider is busy. | orders | "#
                + #"{"message":"The provider is busy.","code":"overloaded","severity":"warning"}"#,
            #"agent_generate | Agent orders generating response | orders | "#
                + #"{"parts":[{"type":"text","content":"Your order was sent."}],"generationType":"text_generation"}"#,
        ])
}

@Test(arguments: [
    ("search", true), ("transfer_to_billing", false), ("delegate_to_orders", false), ("load_skill", false),
    ("get_reference_artifact", false), ("save_tool_result", false), ("my_save_tool_result_2", false),
    ("bank_transfer", true), ("load_skills", true),
])
func `house-keeping tools are hidden`(name: String, isShown: Bool) throws {
    var log = SampleLog()
    log.answer(calls: [ToolCall(id: "c", name: name, input: [:])])
    log.end("c", "done")
    let types = try Transcript(uiBytes(log.events)).documents().compactMap { $0["type"]?.string }
    let shown = ["start-step", "tool-input-start", "tool-input-available", "tool-output-available", "finish-step"]
    #expect(types == ["start", "data-operation"] + (isShown ? shown : []))
    let chunks = try Transcript(completionBytes(log.events)).documents()
    #expect(chunks.contains { $0["choices"]?[0]?["delta"]?["tool_calls"] != nil } == isShown)
}

@Test(
    arguments: [
        ("r1-1-1", EventID(run: "r1", sequence: 1, part: 1)),
        ("run-with-hyphens-12-3", EventID(run: "run-with-hyphens", sequence: 12, part: 3)),
        ("r1-9223372036854775807-1", EventID(run: "r1", sequence: .max, part: 1)),
        ("", nil), ("r1", nil), ("r1-1", nil), ("-1-1", nil), ("r1-0-1", nil), ("r1-1-0", nil), ("r1-01-1", nil),
        ("r1-+1-1", nil), ("r1-1-1 ", nil), ("r1-1-x", nil), ("r1-9223372036854775808-1", nil), ("r1-1-१", nil),
        (String(repeating: "r", count: 400) + "-1-1", nil),
    ] as [(String, EventID?)])
func `an event id is read as it was written`(text: String, id: EventID?) {
    #expect(EventID(text) == id)
    if let id { #expect(id.text == text) }
}

@Test func `an operation tells of its own model call only`() throws {
    var log = SampleLog(emitOperations: true)
    log.add(.reasoning(frame: 0, "first"))
    log.say("One.")
    log.answer(calls: [ToolCall(id: "c", name: "search", input: [:])])
    log.end("c", "done")
    log.say("void")
    log.add(.resumed(attempt: 1))
    log.say("void too")
    log.add(.retried(frame: 0, RunFailure(code: "cut", message: "Cut."), attempt: 1))
    log.say("Two.")
    log.answer()
    let documents = try Transcript(uiBytes(log.events)).documents()
    let said = documents.compactMap { document -> String? in
        guard let type = document["data"]?["type"]?.string, type.hasPrefix("agent_") else { return nil }
        return document["data"]?["details"]?["data"]?["parts"]?[0]?["content"]?.string
    }
    #expect(said == ["first", "One.", "Two."])
}

@Test func `a durable stream ends with the question, and what comes after an answer is its rest`() throws {
    let log = SampleLogs.approvals(isDurable: true).events
    var stream = UIMessageStream(run: SampleLog.run)
    var writer = JSONWriter()
    stream.encode(Array(log.prefix(7)), into: &writer)
    #expect(stream.isFinished)
    let first = try Transcript(writer.bytes).events.map { "\($0.id?.dropFirst("r1-".count) ?? "") \($0.data)" }
    #expect(first == asked + [#"7-1 {"type":"finish-step"}"#, #"7-2 {"type":"finish"}"#, "7-3 [DONE]"])
    var rest = UIMessageStream(after: EventID(run: SampleLog.run, sequence: 7, part: 3))
    writer = JSONWriter()
    rest.encode(Array(log.prefix(7)), into: &writer)
    #expect(writer.bytes.isEmpty && !rest.isFinished, "it waits for the answer")
    rest.encode(Array(log.dropFirst(7)), into: &writer)
    let second = try Transcript(writer.bytes).events.map { "\($0.id?.dropFirst("r1-".count) ?? "") \($0.data)" }
    #expect(second == decided)
}

@Test func `what cannot ask a person says what it waits for`() throws {
    let log = Array(SampleLogs.approvals(isDurable: false).events.prefix(7))
    var fold = ChatCompletionFold()
    fold.add(log)
    #expect(fold.isFinished)
    let reply = try JSONValue(parsing: fold.reply())
    #expect(reply["choices"]?[0]?["finish_reason"] == "tool_calls")
    let calls = reply["choices"]?[0]?["message"]?["tool_calls"]?.array ?? []
    #expect(calls.compactMap { $0["function"]?["name"]?.string } == ["pay", "mail"])
    var tool = MCPCallStream(id: 1, isStateless: false, progressToken: nil, conversation: "c1")
    var writer = JSONWriter()
    tool.encode(log, into: &writer)
    let text = tool.response?["result"]?["content"]?[0]?["text"]?.string ?? ""
    #expect(tool.isFinished && text.contains("'pay' (p1), 'mail' (w1)") && text.contains("c1"))
}
