import Catalog
import Events
import Models

/// How a run takes what a model gives.
extension Run {
    /// Whether what the frame says is logged once per model call instead of as it comes: where nobody reads along, and
    /// where it may yet turn out not to be as it must be.
    private func gathers(_ frame: Int) -> Bool {
        frame > 0 || !rules.streams || answerRules(of: frames[frame]).isGated
    }

    /// In which form the frame's sub-agent answers.
    func answerRules(of frame: RunFrame) -> AnswerRules { rules.subAgents[frame.subAgent]?.answer ?? AnswerRules() }

    mutating func takeModel(_ frame: Int, _ call: Int, _ given: [ModelEvent], _ events: inout [RunEvent]) {
        for event in given {
            guard frames.indices.contains(frame), frames[frame].phase == .asking, frames[frame].modelCall == call
            else { return }
            switch event {
            case .text(let text): takeText(frame, text)
            case .reasoning(let text):
                frames[frame].gathered.reasoning += text
            case .toolCall(let call):
                frames[frame].gathered.calls.append(call)
            case .usage(let usage):
                frames[frame].gathered.usage += usage
            case .finished(let stop):
                takeFinished(frame, stop, &events)
                continue
            }
            if isTooLong(frame) {
                takeFailure(frame, ModelFailure(.badRequest, "The model's answer is longer than allowed."), &events)
            }
        }
        if frames.indices.contains(frame), !gathers(frame) { flushText(frame, &events) }
    }

    private func isTooLong(_ frame: Int) -> Bool {
        frames[frame].gathered.reasoning.utf8.count > rules.answerBytesLimit
            || frames[frame].answer.givenBytes > rules.answerBytesLimit
    }

    private mutating func takeText(_ frame: Int, _ text: String) {
        let rules = answerRules(of: frames[frame])
        var reader = frames[frame].answer.reader ?? rules.reader
        frames[frame].answer.reader = nil  // so that the copy is the only owner of its buffers
        frames[frame].answer.givenBytes += text.utf8.count
        let pieces = reader.add(text)
        frames[frame].answer.reader = reader
        gather(pieces, frame, rules)
    }

    private mutating func gather(_ pieces: [AnswerReader.Piece], _ number: Int, _ rules: AnswerRules) {
        for piece in pieces {
            switch piece {
            case .text(let text):
                let separator = frames[number].separator
                frames[number].gathered.add(separator + text)
            case .create(let request):
                if let data = make(request, by: frames[number], rules) {
                    frames[number].gathered.parts.append(.data(data))
                }
            case .cite(let id, let call):
                if let data = cite(ArtifactKey(id: id, toolCall: call), in: frames[number]) {
                    frames[number].gathered.parts.append(.data(data))
                }
            case .component(let component):
                guard let form = rules.component(component.name) else { continue }
                do throws(ComponentRefusal) {
                    let props = try form.checked(component.props)
                    frames[number].gathered.parts.append(.data(Self.data(component, props, form, frames[number])))
                } catch {
                    frames[number].gathered.refused.append(error.reason)
                }
            }
        }
    }

    /// A component as clients get it.
    private static func data(
        _ component: ComponentReader.Component, _ props: JSONValue, _ form: ComponentRules, _ frame: RunFrame
    ) -> RunData {
        let place = frame.answer.spoken.count + frame.answer.open.count + frame.gathered.parts.count + 1
        let id = component.id.isEmpty ? "\(form.id)-\(place)" : component.id
        return RunData(.component, body: ["id": .string(id), "name": .string(form.name), "props": props])
    }

    /// Logs what the model call has given so far.
    private mutating func flushText(_ frame: Int, _ events: inout [RunEvent]) {
        let gathered = frames[frame].gathered
        if !gathered.reasoning.isEmpty {
            frames[frame].gathered.reasoning = ""
            emit(.reasoning(frame: frame, gathered.reasoning), &events)
        }
        frames[frame].gathered.parts = []
        frames[frame].gathered.refused = []
        for reason in gathered.refused {
            emit(.notice(frame: frame, RunNotice(.warning, code: "component_refused", message: reason)), &events)
        }
        for part in gathered.parts {
            switch part {
            case .text(let text): emit(.text(frame: frame, text), &events)
            case .data(let data): emit(.data(frame: frame, data), &events)
            }
        }
    }

    /// Logs what the user would otherwise lose when the run ends here.
    mutating func flush(_ events: inout [RunEvent]) {
        guard let frame = frames.first, frame.phase == .asking, !answerRules(of: frame).isGated else { return }
        flushText(0, &events)
    }

    private mutating func takeFinished(_ number: Int, _ stop: StopReason, _ events: inout [RunEvent]) {
        let rules = answerRules(of: frames[number])
        if var reader = frames[number].answer.reader { gather(reader.finish(), number, rules) }
        let frame = frames[number]
        let gathered = frame.gathered
        let saysNothing = gathered.parts.isEmpty && frame.text.isEmpty && frame.answer.open.isEmpty && frame.saidNothing
        if saysNothing, gathered.calls.isEmpty {
            return takeFailure(number, Self.emptyAnswer(stop), &events)
        }
        if gathered.calls.isEmpty, let contract = rules.contract, let fault = contract.violation(of: frame.given) {
            guard contract.violation == .warn else { return takeViolation(number, fault, contract, &events) }
            emit(
                .notice(
                    frame: number,
                    RunNotice(.warning, code: RunFailure.contractCode, message: Self.broken(fault, frame))), &events)
        }
        // Words beside tool calls are no answer: where there may be none they are left out.
        if !rules.allowsText, rules.isGated { frames[number].gathered.dropText() }
        flushText(number, &events)
        let answer = RunAnswer(
            subAgent: frame.subAgent, calls: unique(gathered.calls), usage: gathered.usage, stop: stop
        )
        emit(.answered(frame: number, answer), &events)
    }

    // MARK: Contract

    /// Takes an answer that is not as it must be and that nobody has seen: the model is asked again, or the run fails.
    private mutating func takeViolation(
        _ frame: Int, _ fault: String, _ contract: ContractRules, _ events: inout [RunEvent]
    ) {
        frames[frame].gathered.parts = []
        let attempt = frames[frame].answer.violations + 1
        var failure = RunFailure(
            code: RunFailure.contractCode, message: fault, usage: frames[frame].gathered.usage)
        guard contract.violation == .retry, attempt <= contract.retries else {
            failure.message = Self.broken(fault, frames[frame])
            return fail(frame, failure, &events)
        }
        emit(.retried(frame: frame, failure, attempt: attempt), &events)
    }

    /// Why the frame may not end as it is: its steps are used up and its contract is not kept.
    func brokenContract(of frame: RunFrame) -> RunFailure? {
        let rules = answerRules(of: frame)
        guard rules.isGated, let fault = rules.contract?.violation(of: frame.answer.given) else { return nil }
        return RunFailure(code: RunFailure.contractCode, message: Self.broken(fault, frame))
    }

    static func broken(_ fault: String, _ frame: RunFrame) -> String {
        "The answer of '\(frame.subAgent)' breaks its output contract: \(fault)."
    }

    /// An answer without text and calls leaves a question open, so it counts as a failure.
    private static func emptyAnswer(_ stop: StopReason) -> ModelFailure {
        switch stop {
        case .refusal: ModelFailure(.refused, "The model declined to answer.")
        case .contentFilter: ModelFailure(.refused, "The provider's content filter stopped the answer.")
        case .maxTokens: ModelFailure(.badRequest, "The model reached its token limit before it said anything.")
        case .endTurn, .toolCalls, .other: ModelFailure(.malformed, "The model gave an empty answer.")
        }
    }

    /// The calls with ids that no other call of the run has: some providers count from one in each answer.
    private func unique(_ calls: [ToolCall]) -> [ToolCall] {
        var taken = Set(called.keys)
        return calls.map { call in
            var call = call
            let base = call.id.isEmpty ? "call" : call.id
            var id = base
            var suffix = 1
            while !taken.insert(id).inserted {
                suffix += 1
                id = "\(base)_\(suffix)"
            }
            call.id = id
            return call
        }
    }

    mutating func takeFailure(_ frame: Int, _ failure: ModelFailure, _ events: inout [RunEvent]) {
        let attempt = frames[frame].failures + 1
        let used = frames[frame].gathered.usage
        let isShown = frame == 0 && !(frames[frame].text.isEmpty && frames[frame].answer.open.isEmpty)
        if failure.isRetryable, !isShown, attempt < rules.modelAttempts {
            emit(.retried(frame: frame, RunFailure(failure, used: used), attempt: attempt), &events)
            frames[frame].retryAfter = failure.retryAfter
            return
        }
        fail(frame, RunFailure(failure, used: used), &events)
    }

    /// Ends the run, or, where a worker fails in a way that the one who asked can live with, tells that one.
    private mutating func fail(_ frame: Int, _ failure: RunFailure, _ events: inout [RunEvent]) {
        guard let delegation = frames[frame].delegation, !failure.needsBuilder else {
            flush(&events)
            ending = .failed(failure)
            return
        }
        let outcome = RunToolOutcome(
            callID: delegation.callID, output: .string("'\(delegation.to)' could not answer: \(failure.message)"),
            isError: true, worker: RunFrameFailure(frame: frame, failure: failure)
        )
        emit(.toolEnded(frame: delegation.frame, outcome), &events)
    }
}

extension RunFrame {
    /// What this stay's answers consist of, the one under way included.
    fileprivate var given: ContractRules.Given {
        var given = answer.given
        given.add(text)
        for one in answer.open { given.add(one.data) }
        for part in gathered.parts {
            switch part {
            case .text(let text): given.add(text)
            case .data(let data): given.add(data)
            }
        }
        return given
    }
}

extension RunFailure {
    /// The code of a failure because of an output contract (run spec §16.3).
    static let contractCode = "contract_violation"
}
