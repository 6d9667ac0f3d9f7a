import Catalog
public import Events
import Models

/// What the events of the log mean for the state.
extension Run {
    /// Folds one event of the log into the state. Events that name what is not there change nothing.
    public mutating func apply(_ event: RunEvent) {
        switch event {
        case .started(let start):
            self.start = start
            frames = [RunFrame(number: 0, depth: 0, subAgent: start.subAgent, delegation: nil)]
        case .text(let frame, let text):
            if frames.indices.contains(frame) { frames[frame].text += text }
        case .reasoning: break
        case .answered(let frame, let answer):
            if frames.indices.contains(frame) { applyAnswered(frame, answer) }
        case .retried(let frame, let failure, let attempt):
            usage += failure.usage
            if frames.indices.contains(frame) { applyRetried(frame, failure, attempt) }
        case .equipped(let frame, let equipment):
            if frames.indices.contains(frame) { frames[frame].equipment = equipment }
        case .notice: break
        case .data(let frame, let data):
            if frames.indices.contains(frame) { applyData(frame, data) }
        case .approvalRequested(let frame, let request):
            set(.awaiting(request.reason), request.callID, in: frame)
        case .approvalDecided(let frame, let decision): applyDecided(frame, decision)
        case .suspended: isSuspended = true
        case .compressed(let frame, let compression):
            if frames.indices.contains(frame) { applyCompressed(frame, compression) }
        case .toolStarted(let frame, let callID):
            called[callID]?.isStarted = true
            set(.started, callID, in: frame)
        case .toolEnded(let frame, let outcome):
            if let worker = outcome.worker { usage += worker.failure.usage }
            applyToolEnded(frame, outcome)
        case .transferred(let frame, _, let to, _):
            if frames.indices.contains(frame) { applyTransferred(frame, to) }
        case .delegated(let delegation):
            applyDelegated(delegation)
        case .delegationReturned(let delegation, let result):
            if let worker = delegation.workerFrame, frames.indices.contains(worker) {
                frames[worker].phase = .returned(result)
            }
        case .resumed: applyResumed()
        case .finished(let end):
            self.end = end
            isSuspended = false
            for number in frames.indices { frames[number].phase = .closed }
        }
    }

    private mutating func applyAnswered(_ number: Int, _ answer: RunAnswer) {
        usage += answer.usage
        let own = rules.subAgents[frames[number].subAgent]
        var frame = frames[number]
        frames[number].transcript = []  // so that the copy is the only owner of its arrays
        frame.answer.settle(frame.text, behind: frame.spoken.utf8.count)
        frame.lastText = frame.text
        let said = frame.said(isStructured: own?.answer.isStructured == true)
        frame.transcript.append(.assistant(text: said, calls: answer.calls))
        frame.spoken += frame.text
        frame.stop = answer.stop
        frame.steps += 1
        frame.failures = 0
        frame.beginCallAnew()
        frame.calls = answer.calls.map { RunFrame.Call(call: $0, state: .waiting) }
        frame.transfer = answer.calls.firstIndex { own?.transfers[$0.name] != nil }
        frame.phase = .answered
        frames[number] = frame
        frames[number].compression.lastUsage = answer.usage
        for call in answer.calls { called[call.id] = CalledTool(call, by: frames[number]) }
    }

    private mutating func applyRetried(_ frame: Int, _ failure: RunFailure, _ attempt: Int) {
        if failure.code == RunFailure.contractCode {
            frames[frame].answer.violations = attempt
            frames[frame].answer.correction = failure.message
            frames[frame].failures = 0
        } else {
            frames[frame].failures = attempt
        }
        frames[frame].beginCallAnew()
    }

    private mutating func applyData(_ frame: Int, _ data: RunData) {
        guard data.kind != .summary else {
            usage += Usage(
                inputTokens: data.kept?["inputTokens"]?.integer ?? 0,
                outputTokens: data.kept?["outputTokens"]?.integer ?? 0)
            return
        }
        if data.kind == .artifact, let kept = data.kept, kept["isNamed"] != true { hasUnnamed = true }
        frames[frame].answer.open.append(PlacedData(offset: frames[frame].text.utf8.count, data: data))
        if data.kind == .artifact { know(data.body) }
    }

    private mutating func set(_ state: RunFrame.Call.State, _ callID: String, in frame: Int) {
        guard frames.indices.contains(frame),
            let position = frames[frame].calls.firstIndex(where: { $0.call.id == callID })
        else { return }
        frames[frame].calls[position].state = state
        frames[frame].calls[position].isDispatched = false
    }

    private mutating func applyDecided(_ number: Int, _ decision: RunApprovalDecision) {
        isSuspended = false
        guard frames.indices.contains(number),
            let position = frames[number].calls.firstIndex(where: { $0.call.id == decision.callID }),
            let asked = frames[number].calls[position].awaited
        else { return }
        frames[number].calls[position].state =
            decision.isApproved ? .approved : .denied(asked, reason: decision.reason)
        guard decision.isApproved, let input = decision.input else { return }
        frames[number].calls[position].call.input = input
        // The model reads back what was really called.
        guard case .assistant(let text, var calls)? = frames[number].transcript.last,
            let position = calls.firstIndex(where: { $0.id == decision.callID })
        else { return }
        calls[position].input = input
        frames[number].transcript[frames[number].transcript.count - 1] = .assistant(text: text, calls: calls)
    }

    private mutating func applyToolEnded(_ number: Int, _ outcome: RunToolOutcome) {
        guard frames.indices.contains(number),
            let position = frames[number].calls.firstIndex(where: { $0.call.id == outcome.callID })
        else { return }
        if case .delegated(let worker) = frames[number].calls[position].state { close(worker) }
        frames[number].calls[position].state = .ended(outcome)
        if !outcome.isError {
            outcomes[outcome.callID] = outcome.output
            let name = frames[number].calls[position].call.name
            if name == CompressionTool.name { frames[number].compression.isWanted = true }
        }
        if frames[number].transfer == position {
            if outcome.isError, transfers >= rules.transferLimit, ending == nil {
                ending = .failed(transferLimitReached)
            }
            return
        }
        guard frames[number].transfer == nil, frames[number].calls.allSatisfy(\.isEnded),
            frames[number].steps < stepLimit(of: frames[number])
        else { return }
        frames[number].transcript.append(.toolResults(results(of: frames[number])))
        frames[number].calls = []
        frames[number].phase = .asking
    }

    private func results(of frame: RunFrame) -> [ToolResult] {
        frame.calls.compactMap { call in
            guard case .ended(let outcome) = call.state else { return nil }
            return ToolResult(
                callID: call.call.id, name: call.call.name, output: outcome.output, isError: outcome.isError,
                files: (outcome.files?.parts ?? []).compactMap { StoredFile($0)?.named })
        }
    }

    /// Closes a worker, and with it those who work for it.
    private mutating func close(_ worker: Int) {
        guard frames.indices.contains(worker) else { return }
        frames[worker].phase = .closed
        for call in frames[worker].calls {
            if case .delegated(let next) = call.state { close(next) }
        }
    }

    private mutating func applyTransferred(_ number: Int, _ to: String) {
        transfers += 1
        if number == 0 { answerTransfers += 1 }
        var frame = frames[number]
        // Without the answer that asked for the transfer: its call belongs to a sub-agent that is gone.
        let said =
            frame.transcript.dropLast() + [.assistant(text: frame.said(isStructured: false), calls: [])]
        frame.earlier.append(RunFrame.Stay(subAgent: frame.subAgent, transcript: Array(said)))
        frame.subAgent = to
        frame.transcript = []
        frame.answer.beginStay()
        frame.compression = FrameCompression()
        frame.calls = []
        frame.transfer = nil
        frame.equipment = nil
        frame.isEquipping = false
        frame.steps = 0
        frame.phase = .asking
        frames[number] = frame
    }

    private mutating func applyDelegated(_ delegation: RunDelegation) {
        guard let worker = delegation.workerFrame else { return applySent(delegation) }
        guard worker == frames.count, frames.indices.contains(delegation.frame) else { return }
        set(.delegated(worker), delegation.callID, in: delegation.frame)
        frames.append(
            RunFrame(
                number: worker, depth: frames[delegation.frame].depth + 1, subAgent: delegation.to,
                delegation: delegation
            )
        )
    }

    private mutating func applySent(_ delegation: RunDelegation) {
        guard frames.indices.contains(delegation.frame),
            let position = frames[delegation.frame].calls.firstIndex(where: { $0.call.id == delegation.callID })
        else { return }
        frames[delegation.frame].calls[position].sent = delegation
        called[delegation.callID]?.sent = delegation
        sent += 1
    }

    private mutating func applyResumed() {
        for number in frames.indices where frames[number].phase == .asking { frames[number].beginCallAnew() }
    }
}
