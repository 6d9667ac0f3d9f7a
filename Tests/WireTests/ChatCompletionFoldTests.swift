import Catalog
import Events
import Models
import Testing
import Wire

private func fold(_ log: SampleLog) -> ChatCompletionFold {
    var fold = ChatCompletionFold()
    fold.add(log.events)
    return fold
}

@Test func `a reply holds the answer, the model's name and real usage`() throws {
    let reply = try fold(SampleLogs.plain).reply()
    #expect(
        String(decoding: reply, as: UTF8.self)
            == #"{"id":"chatcmpl-1","object":"chat.completion","created":1730000000,"model":"Help Desk","#
            + #""choices":[{"index":0,"message":{"role":"assistant","content":"Hello \"you\" 👋\n"},"#
            + #""finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":7,"total_tokens":19,"#
            + #""prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}"#)
}

@Test(arguments: [
    (SampleLogs.everything(emitOperations: true), "One moment.Your order was sent."),
    (SampleLogs.everything(emitOperations: false), "One moment.Your order was sent."),
    (SampleLogs.resumed, "Hello"), (SampleLogs.silent, ""),
])
func `the content is the stored answer, without tools and operations`(log: SampleLog, text: String) throws {
    let message = try JSONValue(parsing: fold(log).reply())["choices"]?[0]?["message"]
    #expect(message == ["role": "assistant", "content": .string(text)])
}

/// A failed run's code and the refusal that a client gets.
struct FailureRow: Sendable {
    let code: String
    let status: Int
    var retryAfter: Duration?
}

@Test(arguments: [
    FailureRow(code: "auth", status: 502), FailureRow(code: "bad_request", status: 502),
    FailureRow(code: "not_found", status: 502), FailureRow(code: "malformed", status: 502),
    FailureRow(code: "cut", status: 502), FailureRow(code: "network", status: 502),
    FailureRow(code: "rate_limited", status: 503, retryAfter: .seconds(5)),
    FailureRow(code: "overloaded", status: 503, retryAfter: .seconds(5)),
    FailureRow(code: "timed_out", status: 503), FailureRow(code: "interrupted", status: 503),
    FailureRow(code: "unsupported", status: 501), FailureRow(code: "configuration", status: 422),
    FailureRow(code: "context_length", status: 422), FailureRow(code: "refused", status: 422),
    FailureRow(code: "step_limit", status: 422), FailureRow(code: "transfer_limit", status: 422),
    FailureRow(code: "internal", status: 500), FailureRow(code: "unheard_of", status: 500),
])
func `a failed run is a problem whose status tells whose turn it is`(row: FailureRow) {
    var log = SampleLog()
    log.say("Hel")
    log.finish(.failed(RunFailure(code: row.code, message: "It did not work.")), stop: nil)
    let problem = #expect(throws: Problem.self) { try fold(log).reply() }
    #expect(problem?.status == row.status)
    #expect(problem?.detail == "It did not work.")
    #expect(problem?.retryAfter == row.retryAfter)
    #expect(problem?.extras["failure"] == .string(row.code))
}

@Test func `a cancelled run is a conflict`() {
    let problem = #expect(throws: Problem.self) { try fold(SampleLogs.cancelled).reply() }
    #expect(problem?.status == 409)
    #expect(problem?.detail == "The run was cancelled")
}

@Test func `there is no reply before the end`() {
    var log = SampleLog()
    log.say("Hel")
    #expect(!fold(log).isFinished)
    #expect(#expect(throws: Problem.self) { try fold(log).reply() }?.status == 503)
    #expect(fold(SampleLogs.failed).isFinished)
}
