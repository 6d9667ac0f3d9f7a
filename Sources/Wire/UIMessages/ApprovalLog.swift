import Catalog
import Events
import Models

/// Makes the parts by which clients see that a person is asked about a tool call, and what was decided (run spec §4.3,
/// §15). Calls of sub-agents that work for others are not shown otherwise, so they come whole with the request.
struct ApprovalLog: Sendable {
    /// The calls of answers, until they end.
    private var calls: [String: ToolCall] = [:]

    /// The id of the approval of a call.
    static func id(of call: String) -> String { "aitxt-" + call }

    /// Takes every event of the log, in order.
    mutating func note(_ event: RunEvent) {
        switch event {
        case .answered(_, let answer):
            for call in answer.calls { calls[call.id] = call }
        case .toolEnded(_, let outcome): calls[outcome.callID] = nil
        case .transferred(let frame, _, _, _): if frame == 0 { calls = [:] }
        default: break
        }
    }

    /// The parts of a request or a decision; none for another event.
    func parts(for event: RunEvent) -> [JSONValue] {
        switch event {
        case .approvalRequested(let frame, let request):
            let id = request.callID
            let ask: JSONValue = [
                "type": "tool-approval-request", "approvalId": .string(Self.id(of: id)), "toolCallId": .string(id),
            ]
            guard frame != 0, let call = calls[id] else { return [ask] }
            let start: JSONValue = [
                "type": "tool-input-start", "toolCallId": .string(id), "toolName": .string(call.name),
            ]
            return [start, input(call, call.shownInput), ask]
        case .approvalDecided(let frame, let decision):
            let id = JSONValue.string(decision.callID)
            if !decision.isApproved { return [["type": "tool-output-denied", "toolCallId": id]] }
            if frame != 0 {
                return [["type": "tool-output-available", "toolCallId": id, "output": ["status": "approved"]]]
            }
            guard let changed = decision.input, let call = calls[decision.callID] else { return [] }
            return [input(call, changed)]
        default: return []
        }
    }

    private func input(_ call: ToolCall, _ input: JSONValue) -> JSONValue {
        [
            "type": "tool-input-available", "toolCallId": .string(call.id), "toolName": .string(call.name),
            "input": input,
        ]
    }
}
