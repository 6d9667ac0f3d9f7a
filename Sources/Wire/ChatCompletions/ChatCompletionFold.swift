public import Catalog
public import Events
import Models

/// The same log as one `chat.completion` JSON: the reply of both chat endpoints when nothing is streamed (run spec
/// §3.5, §4.4). It holds the answer's text as the conversation stores it, the tokens that were used, and no tool data.
public struct ChatCompletionFold: Sendable {
    private var start: RunStart?
    private var startedAt: Int64 = 0
    private var answer = AnswerText()
    private var end: RunEnd?
    private var pending = PendingCalls()
    private var isSuspended = false

    /// A fold of no events.
    public init() {}

    /// Whether the run's end has been added, or that it waits for a person, so that `reply` is complete.
    public var isFinished: Bool { end != nil || isSuspended }

    /// Takes the next events of the log.
    public mutating func add(_ events: [LoggedEvent]) {
        pending.add(events)
        // What came after it was waited for already.
        isSuspended = events.last?.event == .suspended
        for logged in events {
            switch logged.event {
            case .started(let start):
                self.start = start
                startedAt = logged.at
            case .finished(let end): self.end = end
            default: answer.add(logged.event)
            }
        }
    }

    /// The reply's body.
    ///
    /// - Throws: The `Problem` to answer with instead when the run failed, was cancelled, or has not ended yet (503).
    public func reply() throws(Problem) -> [UInt8] {
        guard let start, isFinished else { throw Problem(.serviceUnavailable, "The run has not ended yet") }
        switch end?.outcome {
        case .completed, nil: break
        case .failed(let failure): throw failure.problem
        case .cancelled: throw RunFailure.cancelled.problem
        }
        let text = answer.text
        var writer = JSONWriter(capacity: text.utf8.count + 400)
        writer.raw("{\"id\":")
        writer.string(start.requestID)
        writer.raw(",\"object\":\"chat.completion\",\"created\":")
        writer.integer(startedAt / 1_000)
        writer.raw(",\"model\":")
        writer.string(start.agentName)
        writer.raw(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":")
        writer.string(text)
        if end == nil { writePending(&writer) }
        writer.raw("},\"finish_reason\":")
        writer.raw(end?.finishReason ?? "\"tool_calls\"")
        writer.raw("}],\"usage\":")
        writer.writeChatUsage(end?.usage ?? Usage())
        writer.raw("}")
        return writer.bytes
    }

    /// The calls that wait for a person, as those that are still to be made.
    private func writePending(_ writer: inout JSONWriter) {
        writer.raw(",\"tool_calls\":")
        writer.write(
            .array(
                pending.all.map { waiting in
                    [
                        "id": .string(waiting.call.id), "type": "function",
                        "function": [
                            "name": .string(waiting.call.name), "arguments": .string(waiting.call.argumentsText),
                        ],
                    ]
                }))
    }
}
