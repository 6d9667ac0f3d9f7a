import Catalog
import Events
import Models

/// Makes the `data-operation` parts of run spec §5.1 from a log. Beginning, end and errors are for everyone; the rest
/// only for runs whose client asked for operations. Values hold what the wire names, so the members' names here are a
/// contract.
struct OperationLog: Sendable {
    private struct Call: Sendable, Hashable {
        let frame: Int
        let id: String
    }

    private var emitsAll = false
    private var subAgents: [Int: String] = [:]
    private var toolNames: [Call: String] = [:]
    private var texts: [Int: String] = [:]
    private var thoughts: [Int: String] = [:]
    /// What agents outside the run were asked.
    private var sent: [Call: RunDelegation] = [:]
    /// Calls that a person was asked about.
    private var approvals: Set<Call> = []

    /// The parts that this entry of the log gives rise to, each a whole JSON object.
    mutating func parts(for logged: LoggedEvent) -> [JSONValue] {
        switch logged.event {
        case .started(let start):
            emitsAll = start.emitOperations
            subAgents[0] = start.subAgent
            return [
                part([
                    "type": "agent_initializing",
                    "details": ["sessionId": .string(start.requestID), "agentId": .string(start.agent)],
                ])
            ]
        case .finished(let end): return finished(end, at: logged.at)
        case .equipped(let frame, let equipment):
            subAgents[frame] = equipment.subAgent
            return equipment.notices.map { notice($0, in: frame, at: logged.at) }
        case .notice(let frame, let one): return [notice(one, in: frame, at: logged.at)]
        default: return emitsAll ? gated(logged) : []
        }
    }

    private func part(_ data: JSONValue) -> JSONValue { ["type": "data-operation", "data": data] }

    /// Notices are for everyone, as errors are.
    private func notice(_ notice: RunNotice, in frame: Int, at: Int64) -> JSONValue {
        error(notice.message, notice.severity.rawValue, notice.code, subAgents[frame] ?? "system", at)
    }

    private func error(_ message: String, _ severity: String, _ code: String, _ agent: String, _ at: Int64) -> JSONValue
    {
        part([
            "type": "error", "message": .string(message), "agent": .string(agent), "severity": .string(severity),
            "code": .string(code), "timestamp": .integer(at),
        ])
    }

    private func finished(_ end: RunEnd, at: Int64) -> [JSONValue] {
        switch end.outcome {
        case .completed:
            let details: JSONValue = ["agent": .string(end.subAgent), "iteration": .integer(Int64(end.iteration))]
            return [part(["type": "completion", "details": details])]
        case .cancelled: return []
        case .failed(let failure):
            return [error(failure.message, "error", failure.code, end.subAgent, at)]
        }
    }

    private mutating func gated(_ logged: LoggedEvent) -> [JSONValue] {
        let at = logged.at
        switch logged.event {
        case .text(let frame, let text):
            texts[frame, default: ""] += text
            return []
        case .reasoning(let frame, let text):
            thoughts[frame, default: ""] += text
            return []
        case .answered(let frame, let answer): return answered(frame, answer, at: at)
        case .retried(let frame, let failure, _):
            forget(frame)
            return [
                operation(
                    "error", "Error: \(failure.message)", subAgents[frame], at,
                    ["message": .string(failure.message), "code": .string(failure.code), "severity": "warning"])
            ]
        case .toolEnded(let frame, let outcome): return toolEnded(frame, outcome, at: at)
        case .transferred(let frame, let from, let to, let reason):
            subAgents[frame] = to
            return [
                operation(
                    "transfer", "Agent transfer: \(from) → \(to)", from, at,
                    ["fromSubAgent": .string(from), "targetSubAgent": .string(to), "reason": .string(reason)])
            ]
        case .delegated(let delegation):
            if let worker = delegation.workerFrame {
                subAgents[worker] = delegation.to
            } else {
                sent[Call(frame: delegation.frame, id: delegation.callID)] = delegation
            }
            return [sent(delegation, at: at)]
        case .delegationReturned(let delegation, let result):
            return [returned(delegation, .string(result), by: delegation.to, at: at)]
        case .resumed:
            texts = [:]
            thoughts = [:]
            return []
        case .approvalRequested(let frame, let request):
            approvals.insert(Call(frame: frame, id: request.callID))
            return []
        case .compressed(let frame, let compression): return [compressed(compression, by: subAgents[frame], at: at)]
        case .data(let frame, let data): return saved(data, by: subAgents[frame], at: at)
        case .started, .finished, .toolStarted, .equipped, .notice, .approvalDecided, .suspended: return []
        }
    }

    private mutating func answered(_ frame: Int, _ answer: RunAnswer, at: Int64) -> [JSONValue] {
        var made: [JSONValue] = []
        func text(_ content: String) -> JSONValue { [["type": "text", "content": .string(content)]] }
        if let thought = thoughts[frame], !thought.isEmpty {
            made.append(
                operation(
                    "agent_reasoning", "Agent \(answer.subAgent) reasoning through request", answer.subAgent, at,
                    ["parts": text(thought)]))
        }
        if let said = texts[frame], !said.isEmpty {
            made.append(
                operation(
                    "agent_generate", "Agent \(answer.subAgent) generating response", answer.subAgent, at,
                    ["parts": text(said), "generationType": "text_generation"]))
        }
        forget(frame)
        for call in answer.calls where ToolVisibility.isOperation(call.name) {
            toolNames[Call(frame: frame, id: call.id)] = call.name
            made.append(
                operation(
                    "tool_call", "Tool call: \(call.name)", answer.subAgent, at,
                    [
                        "toolName": .string(call.name), "input": call.shownInput, "toolCallId": .string(call.id),
                        "inDelegatedAgent": .bool(frame != 0),
                    ]))
        }
        return made
    }

    private mutating func toolEnded(_ frame: Int, _ outcome: RunToolOutcome, at: Int64) -> [JSONValue] {
        let call = Call(frame: frame, id: outcome.callID)
        let neededApproval = approvals.remove(call) != nil
        if let delegation = sent.removeValue(forKey: call) {
            return outcome.isError ? [] : [returned(delegation, outcome.output, by: delegation.from, at: at)]
        }
        guard let name = toolNames.removeValue(forKey: call) else { return [] }
        var data: JSONObject = [
            "toolName": .string(name), "output": outcome.output.withoutPrivateMembers,
            "toolCallId": .string(outcome.callID), "duration": .integer(outcome.durationMs),
            "needsApproval": .bool(neededApproval), "inDelegatedAgent": .bool(frame != 0),
        ]
        if outcome.isError { data["error"] = .string(outcome.errorText) }
        let label = "Tool result: \(name) (\(outcome.isError ? "failed" : "completed"))"
        return [operation("tool_result", label, subAgents[frame], at, .object(data))]
    }

    private mutating func forget(_ frame: Int) {
        texts[frame] = nil
        thoughts[frame] = nil
    }

    /// One gated operation in its envelope.
    func operation(
        _ type: String, _ label: String, _ subAgent: String?, _ at: Int64, _ data: JSONValue
    ) -> JSONValue {
        part([
            "type": .string(type), "label": .string(label),
            "details": ["timestamp": .integer(at), "subAgentId": .string(subAgent ?? ""), "data": data],
        ])
    }
}

extension ToolCall {
    /// The input as clients see it: the JSON, or what the model wrote where that was none.
    var shownInput: JSONValue { rawInput.map(JSONValue.string) ?? input }

    /// The input as text, as the chat completions format carries it.
    var argumentsText: String { rawInput ?? input.jsonText }
}

extension RunToolOutcome {
    /// What went wrong, in words.
    var errorText: String { output.string ?? output.jsonText }
}

extension JSONValue {
    /// The value without members whose name begins with `_`, which are notes to ourselves (run spec §5.1).
    fileprivate var withoutPrivateMembers: JSONValue {
        guard case .object(let object) = self, object.keys.contains(where: { $0.hasPrefix("_") }) else { return self }
        return .object(JSONObject(object.filter { !$0.key.hasPrefix("_") }))
    }
}
