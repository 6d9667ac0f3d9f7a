import Catalog
import Models

/// The members of a stored body, and the type to name in errors.
struct Members {
    let type: String
    let object: JSONObject

    func fault(_ name: String, _ expected: String) -> RunEventCodingError {
        .malformed(type: type, reason: "'\(name)' \(expected)")
    }

    func text(_ name: String) throws(RunEventCodingError) -> String {
        guard let text = object[name]?.string else { throw fault(name, "must be text") }
        return text
    }

    /// The number `name`, 0 when it is absent.
    func number(_ name: String) throws(RunEventCodingError) -> Int {
        guard let value = object[name] else { return 0 }
        guard let number = value.integer else { throw fault(name, "must be an integer") }
        return number
    }

    /// The flag `name`, false when it is absent.
    func flag(_ name: String) throws(RunEventCodingError) -> Bool {
        guard let value = object[name] else { return false }
        guard let flag = value.bool else { throw fault(name, "must be true or false") }
        return flag
    }

    func members(_ name: String) throws(RunEventCodingError) -> Members {
        guard let object = object[name]?.object else { throw fault(name, "must be an object") }
        return Members(type: type, object: object)
    }

    func start() throws(RunEventCodingError) -> RunStart {
        RunStart(
            conversation: try text("conversation"), requestID: try text("requestId"), agent: try text("agent"),
            agentName: try text("agentName"), subAgent: try text("subAgent"), userMessage: try text("userMessage"),
            answerMessage: try text("answerMessage"), emitOperations: try flag("emitOperations"),
            isDurable: try flag("durable"),
            origin: RunOrigin(
                request: try optionalText("httpRequest"), traceparent: try optionalText("traceparent"),
                user: try optionalText("user")))
    }

    func answer() throws(RunEventCodingError) -> RunAnswer {
        var calls: [ToolCall] = []
        if let value = object["calls"] {
            guard let elements = value.array else { throw fault("calls", "must be an array") }
            for element in elements {
                guard let object = element.object else { throw fault("calls", "must hold objects") }
                calls.append(try Members(type: type, object: object).call())
            }
        }
        guard let stop = try stop() else { throw fault("stop", "is missing") }
        return RunAnswer(
            subAgent: try text("subAgent"), calls: calls, usage: try usage(), stop: stop,
            call: RunModelCall(stored: object["call"]))
    }

    private func call() throws(RunEventCodingError) -> ToolCall {
        guard let input = object["input"] else { throw fault("calls.input", "is missing") }
        return ToolCall(
            id: try text("id"), name: try text("name"), input: input, rawInput: try optionalText("rawInput"),
            signature: try optionalText("signature"))
    }

    func optionalText(_ name: String) throws(RunEventCodingError) -> String? {
        object[name] == nil ? nil : try text(name)
    }

    private func stop() throws(RunEventCodingError) -> StopReason? {
        guard let stored = try optionalText("stop") else { return nil }
        guard let stop = StopReason(stored: stored) else { throw fault("stop", "is an unknown reason '\(stored)'") }
        return stop
    }

    private func usage() throws(RunEventCodingError) -> Usage {
        let counts = try members("usage")
        return Usage(
            inputTokens: try counts.number("input"), outputTokens: try counts.number("output"),
            cachedInputTokens: try counts.number("cachedInput"), reasoningTokens: try counts.number("reasoning"))
    }

    func failure(_ name: String) throws(RunEventCodingError) -> RunFailure {
        let failure = try members(name)
        return RunFailure(
            code: try failure.text("code"), message: try failure.text("message"),
            call: RunModelCall(stored: failure.object["call"]),
            usage: failure.object["usage"] == nil ? Usage() : try failure.usage())
    }

    func outcome() throws(RunEventCodingError) -> RunToolOutcome {
        guard let output = object["output"] else { throw fault("output", "is missing") }
        return RunToolOutcome(
            callID: try text("callId"), output: output, isError: try flag("isError"),
            durationMs: Int64(try number("durationMs")), files: try outcomeFiles(),
            openTask: try optionalText("openTask"), worker: try worker())
    }

    private func worker() throws(RunEventCodingError) -> RunFrameFailure? {
        guard object["worker"] != nil else { return nil }
        let worker = try members("worker")
        return RunFrameFailure(frame: try worker.number("frame"), failure: try worker.failure("failure"))
    }

    private func outcomeFiles() throws(RunEventCodingError) -> RunOutcomeFiles? {
        guard object["files"] != nil else { return nil }
        let files = try members("files")
        return RunOutcomeFiles(message: try files.text("message"), parts: files.object["parts"]?.array ?? [])
    }

    func delegation() throws(RunEventCodingError) -> RunDelegation {
        let kind: RunDelegation.Kind
        switch try optionalText("kind") {
        case nil: kind = .internal
        case let name?:
            guard let known = RunDelegation.Kind(rawValue: name) else {
                throw fault("kind", "is none of internal, external, team")
            }
            kind = known
        }
        return RunDelegation(
            kind, id: try text("id"), frame: try number("frame"), callID: try text("callId"),
            workerFrame: kind == .internal ? try number("workerFrame") : nil, from: try text("from"),
            to: try text("to"), task: try text("task"))
    }

    func end() throws(RunEventCodingError) -> RunEnd {
        let outcome: RunEnd.Outcome
        switch try text("outcome") {
        case "completed": outcome = .completed
        case "cancelled": outcome = .cancelled
        case "failed": outcome = .failed(try failure("failure"))
        default: throw fault("outcome", "is none of completed, failed, cancelled")
        }
        return RunEnd(
            outcome: outcome, subAgent: try text("subAgent"), iteration: try number("iteration"), stop: try stop(),
            usage: try usage())
    }
}
