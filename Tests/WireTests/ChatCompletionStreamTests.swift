import Catalog
import Events
import Models
import Testing
import Wire

/// What every chunk of the sample logs begins with.
private let head =
    #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1730000000,"model":"Help Desk","choices":["#
private let tail = "}"

/// A log, and the chunks it gives rise to, without their common head.
struct ChunkGolden: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let log: SampleLog
    var includesUsage = false
    let chunks: [String]
}

private let role = #"{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]"#

private func text(_ text: String) -> String {
    #"{"index":0,"delta":{"content":\#(JSONValue.string(text).jsonText)},"finish_reason":null}]"#
}

private func stop(_ reason: String) -> String { #"{"index":0,"delta":{},"finish_reason":"\#(reason)"}]"# }

private func call(_ index: Int, _ id: String, _ name: String, _ arguments: String) -> String {
    #"{"index":0,"delta":{"tool_calls":[{"index":\#(index),"id":"\#(id)","type":"function","function":"#
        + #"{"name":"\#(name)","arguments":\#(JSONValue.string(arguments).jsonText)}}]},"finish_reason":null}]"#
}

private let goldens: [ChunkGolden] = [
    ChunkGolden(
        testDescription: "text alone", log: SampleLogs.plain,
        chunks: [role, text("Hello"), text(" \"you\" 👋\n"), stop("stop"), "[DONE]"]),
    ChunkGolden(
        testDescription: "with usage", log: SampleLogs.plain, includesUsage: true,
        chunks: [
            role + #","usage":null"#, text("Hello") + #","usage":null"#, text(" \"you\" 👋\n") + #","usage":null"#,
            stop("stop") + #","usage":null"#,
            #"],"usage":{"prompt_tokens":12,"completion_tokens":7,"total_tokens":19,"#
                + #""prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}"#,
            "[DONE]",
        ]),
    ChunkGolden(
        testDescription: "shown tools only, without operations", log: SampleLogs.everything(emitOperations: false),
        chunks: [
            role, text("One moment."), call(0, "s1", "search", #"{"q":"order 7"}"#), call(1, "s2", "odd", "{oops"),
            text("Your order"), text(" was sent."), stop("length"), "[DONE]",
        ]),
    ChunkGolden(
        testDescription: "failed", log: SampleLogs.failed,
        chunks: [
            role, text("Hel"),
            #"{"error":{"message":"The stream ended early.","type":"server_error","param":null,"code":"cut"}}"#,
            "[DONE]",
        ]),
    ChunkGolden(
        testDescription: "cancelled", log: SampleLogs.cancelled,
        chunks: [
            role, text("Hel"),
            #"{"error":{"message":"The run was cancelled","type":"invalid_request_error","param":null,"#
                + #""code":"cancelled"}}"#, "[DONE]",
        ]),
    ChunkGolden(
        testDescription: "picked up after a crash", log: SampleLogs.resumed,
        chunks: [role, text("Hel"), text("Hello"), stop("stop"), "[DONE]"]),
    ChunkGolden(
        testDescription: "no text", log: SampleLogs.silent, chunks: [role, stop("content_filter"), "[DONE]"]),
]

@Test(arguments: goldens) func `chunks are as written down`(golden: ChunkGolden) throws {
    let bytes = completionBytes(golden.log.events, includesUsage: golden.includesUsage)
    #expect(try Transcript(bytes).lines(without: head, tail: tail) == golden.chunks)
}

@Test func `a chunk is one data line and an empty one`() {
    var log = SampleLog()
    log.say("Hi")
    let bytes = completionBytes(log.events)
    #expect(
        String(decoding: bytes, as: UTF8.self) == "data: \(head)\(role)}\n\ndata: \(head)\(text("Hi"))}\n\n")
}

@Test func `operations and tool outcomes enter the content only when asked for`() throws {
    let transcript = try Transcript(completionBytes(SampleLogs.everything(emitOperations: true).events))
    let contents = try transcript.documents().compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string }
    let kinds = contents.map { content in
        guard let part = try? JSONValue(parsing: content) else { return content }
        return part["data"]?["type"]?.string ?? part["type"]?.string ?? content
    }
    #expect(
        kinds == [
            "", "agent_initializing", "transfer", "One moment.", "agent_reasoning", "agent_generate", "tool_call",
            "tool_call", "delegation_sent", "tool_call", "tool-output-available", "tool_result", "tool-output-error",
            "tool_result", "tool_result", "agent_generate", "delegation_returned", "error", "Your order", " was sent.",
            "agent_generate", "completion",
        ])
    #expect(contents.contains(#"{"type":"tool-output-error","toolCallId":"s2","errorText":"not JSON","output":null}"#))
}

@Test func `odd names stay JSON`() throws {
    let log = SampleLog(agentName: "A \"B\"\n</script>")
    let transcript = try Transcript(completionBytes(log.events))
    #expect(try transcript.documents().map { $0["model"] } == [.string("A \"B\"\n</script>")])
}

@Test(
    arguments: [
        (StopReason.endTurn, "stop"), (.toolCalls, "stop"), (.maxTokens, "length"), (.refusal, "content_filter"),
        (.contentFilter, "content_filter"), (.other("pause"), "stop"), (nil, "stop"),
    ] as [(StopReason?, String)])
func `the reason to stop is told in OpenAI's words`(stop: StopReason?, word: String) throws {
    var log = SampleLog()
    log.finish(stop: stop)
    let last = try Transcript(completionBytes(log.events)).documents().last
    #expect(last?["choices"]?[0]?["finish_reason"]?.string == word)
    var fold = ChatCompletionFold()
    fold.add(log.events)
    #expect(try JSONValue(parsing: fold.reply())["choices"]?[0]?["finish_reason"]?.string == word)
}

@Test func `nothing follows the end`() {
    var log = SampleLogs.plain
    let bytes = completionBytes(log.events)
    log.say("late")
    #expect(completionBytes(log.events) == bytes)
    var stream = ChatCompletionStream()
    var writer = JSONWriter()
    stream.encode(Array(log.events.prefix(2)), into: &writer)
    #expect(!stream.isFinished)
    stream.encode(Array(log.events.dropFirst(2)), into: &writer)
    #expect(stream.isFinished)
}
