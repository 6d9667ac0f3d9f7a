public import Catalog
public import Events
import Models

/// The answer to a `tools/call` that runs an agent, from the run's log: progress where the client wants to be told of
/// it, and at the end the result with the answer's text (run spec §24).
///
/// The bytes depend on the log alone, not on how it is cut into batches.
public struct MCPCallStream: Sendable {
    /// Whether the run's end has been encoded, so that nothing more will come.
    public var isFinished: Bool { response != nil }
    /// The answer, once the run is over.
    public private(set) var response: JSONValue?

    private let id: JSONValue
    private let isStateless: Bool
    private let progressToken: JSONValue?
    private let conversation: String
    private var answer = AnswerText()
    private var pending = PendingCalls()

    /// An encoder at the beginning of a log.
    ///
    /// - Parameters:
    ///   - id: The id of the request.
    ///   - isStateless: Whether the client has no session, so that it must be told the conversation.
    ///   - progressToken: What progress is told under; nil to tell of none.
    ///   - conversation: The conversation's id.
    public init(id: JSONValue, isStateless: Bool, progressToken: JSONValue?, conversation: String) {
        self.id = id
        self.isStateless = isStateless
        self.progressToken = progressToken
        self.conversation = conversation
    }

    /// Appends what the next events of the log give rise to, as server-sent events.
    public mutating func encode(_ events: [LoggedEvent], into writer: inout JSONWriter) {
        pending.add(events)
        for (index, logged) in events.enumerated() where !isFinished {
            answer.add(logged.event)
            if logged.event == .suspended, index == events.count - 1 {
                let response = JSONRPCMessage.reply(
                    Self.result(waiting, isError: true, isStateless, conversation), to: id)
                self.response = response
                Self.send(response, &writer)
            } else if case .finished(let end) = logged.event {
                let response = JSONRPCMessage.reply(result(end), to: id)
                self.response = response
                Self.send(response, &writer)
            } else if let progressToken, let text = Self.progress(logged.event) {
                Self.send(
                    [
                        "jsonrpc": "2.0", "method": "notifications/progress",
                        "params": [
                            "progressToken": progressToken, "progress": .integer(logged.sequence),
                            "message": .string(text),
                        ],
                    ], &writer)
            }
        }
    }

    private static func send(_ message: JSONValue, _ writer: inout JSONWriter) {
        writer.raw("event: message\ndata: ")
        writer.write(message)
        writer.raw("\n\n")
    }

    private static func progress(_ event: RunEvent) -> String? {
        switch event {
        case .started(let start): "\(start.agentName) is at work"
        case .transferred(frame: 0, _, let to, _): "\(to) goes on"
        case .delegated(let delegation): "\(delegation.to) works for \(delegation.from)"
        case .delegationReturned(let delegation, _): "\(delegation.to) is done"
        case .retried(frame: 0, _, _), .resumed: "The model is asked again"
        default: nil
        }
    }

    /// What a model may read of a run that waits for a person, whom this protocol cannot ask.
    private var waiting: String {
        let calls = pending.all.map { "'\($0.call.name)' (\($0.call.id))" }.joined(separator: ", ")
        return "The agent waits for a person to approve: \(calls). It goes on in conversation \(conversation) when "
            + "that is answered."
    }

    private func result(_ end: RunEnd) -> JSONObject {
        switch end.outcome {
        case .completed: Self.result(answer.text, answer.data, isError: false, isStateless, conversation)
        case .failed(let failure): Self.result(failure.message, isError: true, isStateless, conversation)
        case .cancelled: Self.result(RunFailure.cancelled.message, isError: true, isStateless, conversation)
        }
    }

    /// The answer to a call whose run could not begin: what a model may read and mend.
    ///
    /// - Parameter conversation: The conversation that was named; nil for none.
    public static func refusal(
        _ detail: String, id: JSONValue, isStateless: Bool, conversation: String?
    ) -> JSONValue {
        JSONRPCMessage.reply(result(detail, isError: true, isStateless, conversation), to: id)
    }

    private static func result(
        _ text: String, _ data: [RunData] = [], isError: Bool, _ isStateless: Bool, _ conversation: String?
    ) -> JSONObject {
        // Components and artifacts come as their JSON behind the text; an answer may consist of them alone.
        let texts = (text.isEmpty && !data.isEmpty ? [] : [text]) + data.map { $0.uiPart.jsonText }
        let content = texts.map { text -> JSONValue in ["type": "text", "text": .string(text)] }
        var result: JSONObject = ["content": .array(content), "isError": .bool(isError)]
        guard isStateless else { return result }
        result["resultType"] = "complete"
        if let conversation { result["structuredContent"] = ["conversationId": .string(conversation)] }
        return result
    }
}
