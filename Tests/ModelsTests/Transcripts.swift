import Catalog
import Models
import Outbound
import Synchronization

/// Events as a test compares them: texts of one kind that follow each other are joined, because how they were cut is
/// not
/// part of what was said.
func joined(_ events: [ModelEvent]) -> [ModelEvent] {
    var result: [ModelEvent] = []
    for event in events {
        switch (result.last, event) {
        case (.text(let before), .text(let more)): result[result.count - 1] = .text(before + more)
        case (.reasoning(let before), .reasoning(let more)): result[result.count - 1] = .reasoning(before + more)
        default: result.append(event)
        }
    }
    return result
}

/// What one call gave: the events in order, and the failure that ended it, if one did.
struct Outcome {
    var events: [ModelEvent]
    var failure: ModelFailure?
}

/// Calls a model and collects everything.
func outcome(of model: any Model, _ request: ModelRequest) async throws -> Outcome {
    let events = Mutex<[ModelEvent]>([])
    do {
        try await model.respond(to: request) { more in events.withLock { $0 += more } }
        return Outcome(events: joined(events.withLock { $0 }), failure: nil)
    } catch let failure as ModelFailure {
        return Outcome(events: joined(events.withLock { $0 }), failure: failure)
    }
}

/// The adapters under test.
enum Adapter: String, CaseIterable, Sendable {
    case openai, anthropic, google

    func model(_ client: HTTPClient, _ baseURL: String = "http://127.0.0.1:1") -> any Model {
        let endpoint = ModelEndpoint(
            provider: rawValue, baseURL: baseURL, headers: ["Authorization": "Bearer sk-secret"])
        switch self {
        case .openai: return OpenAIModel(client: client, endpoint: endpoint)
        case .anthropic: return AnthropicModel(client: client, endpoint: endpoint)
        case .google: return GoogleModel(client: client, endpoint: endpoint, makeID: { "call_made" })
        }
    }
}

/// A reply as the provider's public documentation shows it, and what it means.
struct Transcript: Sendable, CustomStringConvertible {
    let adapter: Adapter
    let what: String
    let stream: String
    let events: [ModelEvent]

    var description: String { "\(adapter): \(what)" }
}

/// A client whose replies are these pieces, so that a test decides where the network cuts.
func client(
    pieces: [[UInt8]], status: Int = 200, headers: HTTPHeaders = ["Content-Type": "text/event-stream"],
    seen: (@Sendable (HTTPRequest) -> Void)? = nil
) -> HTTPClient {
    HTTPClient { request async throws(OutboundError) in
        seen?(request)
        let box = Pieces(pieces.filter { !$0.isEmpty })
        return HTTPResponse(
            status: status, headers: headers, body: HTTPBody { () async throws(OutboundError) in box.next() })
    }
}

private final class Pieces: Sendable {
    private let left: Mutex<ArraySlice<[UInt8]>>
    init(_ pieces: [[UInt8]]) { left = Mutex(pieces[...]) }
    func next() -> [UInt8]? { left.withLock { $0.popFirst() } }
}

private func call(_ id: String, _ name: String, _ input: JSONValue) -> ModelEvent {
    .toolCall(ToolCall(id: id, name: name, input: input))
}

extension Transcript {
    static let all = openAI + anthropic + google

    private static func chunk(_ delta: String, finish: String = "null") -> String {
        """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,\
        "delta":\(delta),"finish_reason":\(finish)}],"usage":null}\n\n
        """
    }

    private static let openAIUsage = """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":19,\
        "completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":7},\
        "completion_tokens_details":{"reasoning_tokens":3}}}\n\n
        """

    private static let done = "data: [DONE]\n\n"
    private static let counted = ModelEvent.usage(
        Usage(inputTokens: 19, outputTokens: 10, cachedInputTokens: 7, reasoningTokens: 3))

    static let openAI: [Transcript] = [
        Transcript(
            adapter: .openai, what: "text",
            stream: chunk("{\"role\":\"assistant\",\"content\":\"\"}") + chunk("{\"content\":\"Hel\"}")
                + chunk("{\"content\":\"lo \\\"you\\\"\"}") + chunk("{\"content\":\" 🦊 žluť\"}")
                + chunk("{\"content\":\"!\"}")
                + chunk("{}", finish: "\"stop\"") + openAIUsage + done,
            events: [.text("Hello \"you\" 🦊 žluť!"), counted, .finished(.endTurn)]),
        Transcript(
            adapter: .openai, what: "two tool calls, interleaved by index",
            stream: chunk(
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"call_a\","
                    + "\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"\"}}]}"
            )
                + chunk("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"city\\\":\"}}]}")
                + chunk(
                    "{\"tool_calls\":[{\"index\":1,\"id\":\"call_b\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"get_time\",\"arguments\":\"{\"}},{\"index\":0,"
                        + "\"function\":{\"arguments\":\"\\\"Brno\\\"}\"}}]}"
                )
                + chunk("{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"}\"}}]}")
                + chunk("{}", finish: "\"tool_calls\"") + openAIUsage + done,
            events: [
                call("call_a", "get_weather", ["city": "Brno"]), call("call_b", "get_time", [:]), counted,
                .finished(.toolCalls),
            ]),
        Transcript(
            adapter: .openai, what: "a tool call without index, whole arguments as an object, and stop as the reason",
            stream: chunk("{\"content\":\"So\"}")
                + chunk("{\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]}")
                + chunk("{\"tool_calls\":[{\"id\":\"c2\",\"function\":{\"name\":\"g\",\"arguments\":\"nonsense\"}}]}")
                + chunk("{}", finish: "\"stop\"") + done,
            events: [
                .text("So"), call("c1", "f", ["a": 1]),
                .toolCall(ToolCall(id: "c2", name: "g", input: nil, rawInput: "nonsense")), .finished(.toolCalls),
            ]),
        Transcript(
            adapter: .openai, what: "reasoning, spaces in the JSON, comments between",
            stream: ": keep-alive\n\ndata: {\"choices\": [{\"delta\": {\"reasoning_content\": \"Hm\"}}]}\n\n"
                + "data: {\"choices\": [{\"delta\": {\"content\": \"a\"}}]}\n\ndata: {\"choices\": [{\"delta\": "
                + "{\"content\": \"b\"}}]}\n\n"
                + "data: {\"choices\": [{\"delta\": {\"content\": \"\"}, \"finish_reason\": \"length\"}]}\n\ndata: "
                + "[DONE]\n\n",
            events: [.reasoning("Hm"), .text("ab"), .finished(.maxTokens)]),
        Transcript(
            adapter: .openai, what: "a refusal",
            stream: chunk("{\"refusal\":\"I can\"}") + chunk("{\"refusal\":\"not.\"}") + chunk("{}", finish: "\"stop\"")
                + done,
            events: [.text("I cannot."), .finished(.refusal)]),
        Transcript(
            adapter: .openai, what: "the filter", stream: chunk("{}", finish: "\"content_filter\"") + done,
            events: [.finished(.contentFilter)]),
    ]

    private static func event(_ name: String, _ data: String) -> String {
        "event: \(name)\ndata: {\"type\":\"\(name)\"\(data.isEmpty ? "" : ",")\(data)}\n\n"
    }

    private static let messageStart = event(
        "message_start",
        "\"message\":{\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,"
            + "\"usage\":{\"input_tokens\":25,"
            + "\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":70,\"output_tokens\":1}}")

    private static func messageEnd(_ reason: String) -> String {
        event(
            "message_delta",
            "\"delta\":{\"stop_reason\":\"\(reason)\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":15}")
            + event("message_stop", "")
    }

    private static let read = ModelEvent.usage(Usage(inputTokens: 100, outputTokens: 15, cachedInputTokens: 70))

    static let anthropic: [Transcript] = [
        Transcript(
            adapter: .anthropic, what: "text",
            stream: messageStart
                + event("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
                + event("ping", "")
                + event("content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}")
                + event("content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" 🦊!\"}")
                + event("content_block_stop", "\"index\":0") + messageEnd("end_turn"),
            events: [.text("Hello 🦊!"), read, .finished(.endTurn)]),
        Transcript(
            adapter: .anthropic, what: "thinking, text and two tool calls",
            stream: messageStart
                + event(
                    "content_block_start",
                    "\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
                + event(
                    "content_block_delta",
                    "\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Let me see\"}")
                + event(
                    "content_block_delta", "\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"SIG\"}")
                + event("content_block_stop", "\"index\":0")
                + event("content_block_start", "\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
                + event("content_block_delta", "\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"I look.\"}")
                + event("content_block_stop", "\"index\":1")
                + event(
                    "content_block_start",
                    "\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\","
                        + "\"name\":\"get_weather\",\"input\":{}}"
                )
                + event(
                    "content_block_delta", "\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\"}"
                )
                + event(
                    "content_block_delta",
                    "\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\": \\\"Br\"}")
                + event(
                    "content_block_delta",
                    "\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"no\\\"}\"}")
                + event("content_block_stop", "\"index\":2")
                + event(
                    "content_block_start",
                    "\"index\":3,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_2\",\"name\":\"now\","
                        + "\"input\":{}}"
                )
                + event("content_block_stop", "\"index\":3") + messageEnd("tool_use"),
            events: [
                .reasoning("Let me see"), .text("I look."),
                .toolCall(
                    ToolCall(
                        id: "toolu_1", name: "get_weather", input: ["city": "Brno"],
                        signature:
                            "anthropic:[{\"type\":\"thinking\",\"thinking\":\"Let me see\",\"signature\":\"SIG\"}]")),
                call("toolu_2", "now", [:]), read, .finished(.toolCalls),
            ]),
        Transcript(
            adapter: .anthropic, what: "a structured answer through the tool for it",
            stream: messageStart
                + event(
                    "content_block_start",
                    "\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\","
                        + "\"name\":\"give_final_answer\",\"input\":{}}"
                )
                + event(
                    "content_block_delta",
                    "\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"}")
                + event(
                    "content_block_delta",
                    "\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}")
                + event("content_block_stop", "\"index\":0") + messageEnd("tool_use"),
            events: [.text("{\"a\":1}"), read, .finished(.endTurn)]),
        Transcript(
            adapter: .anthropic, what: "a refusal", stream: messageStart + messageEnd("refusal"),
            events: [read, .finished(.refusal)]),
    ]

    private static let googleUsage =
        ",\"usageMetadata\":{\"promptTokenCount\":40,\"candidatesTokenCount\":9,\"thoughtsTokenCount\":6,"
        + "\"cachedContentTokenCount\":8,\"totalTokenCount\":55}"

    private static func parts(_ parts: String, _ rest: String = "", _ usage: String = "") -> String {
        "data: {\"candidates\": [{\"content\": {\"parts\": [\(parts)],\"role\": \"model\"}\(rest),\"index\": 0}]"
            + "\(usage)}\r\n\r\n"
    }

    private static let spent = ModelEvent.usage(
        Usage(inputTokens: 40, outputTokens: 15, cachedInputTokens: 8, reasoningTokens: 6))

    static let google: [Transcript] = [
        Transcript(
            adapter: .google, what: "thoughts and text",
            stream: parts("{\"text\": \"Hmm\",\"thought\": true}") + parts("{\"text\": \"Hel\"}")
                + parts("{\"text\": \"lo 🦊\"}")
                + parts("{\"text\": \"!\"}", ",\"finishReason\": \"STOP\"", googleUsage),
            events: [.reasoning("Hmm"), .text("Hello 🦊!"), spent, .finished(.endTurn)]),
        Transcript(
            adapter: .google, what: "tool calls, one with a thought signature",
            stream: parts(
                "{\"functionCall\": {\"name\": \"get_weather\",\"args\": {\"city\": \"Brno\"}},\"thoughtSignature\": "
                    + "\"Zm9\"},{\"functionCall\": {\"name\": \"now\",\"id\": \"x1\"}}"
            )
                + parts("", ",\"finishReason\": \"STOP\"", googleUsage),
            events: [
                .toolCall(
                    ToolCall(id: "call_made", name: "get_weather", input: ["city": "Brno"], signature: "google:Zm9")),
                call("x1", "now", [:]), spent, .finished(.toolCalls),
            ]),
        Transcript(
            adapter: .google, what: "a blocked prompt",
            stream: "data: {\"promptFeedback\": {\"blockReason\": \"SAFETY\"}\(googleUsage)}\r\n\r\n",
            events: [spent, .finished(.contentFilter)]),
        Transcript(
            adapter: .google, what: "the limit of tokens",
            stream: parts("{\"text\": \"a\"}", ",\"finishReason\": \"MAX_TOKENS\""),
            events: [.text("a"), .finished(.maxTokens)]),
    ]
}
