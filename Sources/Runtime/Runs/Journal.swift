import Catalog
import Events
import Store

/// How events of a run become rows.
struct Journal: Sendable {
    let key: RunKey
    let conversation: ConversationKey
    /// The id under which the answer is stored.
    let answerMessage: String
    /// This process, as its leases name it.
    let owner: String
    /// How long a call may wait for a person, milliseconds.
    let approvalMs: Int64
    let makeID: @Sendable () -> String

    /// What goes into one commit.
    struct Batch: Sendable {
        let events: [LoggedEvent]
        /// The answer of the run after the last of them, where that ends it.
        let answer: [AnswerPart]
        /// The tool calls of the run so far.
        let called: [String: CalledTool]
        /// Letters of the inbox that gave rise to them.
        let letters: [String]
        /// Since when the calls wait that the run now waits for and nothing else; nil when it goes on.
        let suspendedSince: [Int64]?
        /// What goes in beside them: totals of usage, charges of budgets.
        let additions: [RunChange]
    }

    /// The rows of a batch of events: the log, and what follows from it for conversation and run.
    func changes(_ batch: Batch) -> [RunChange] {
        var changes: [RunChange] = [
            .events(key, batch.events.map { Self.stored($0) })
        ]
        if let since = batch.suspendedSince, let last = batch.events.last {
            changes += suspension(since, batch.letters, at: last.at)
        } else if !batch.letters.isEmpty {
            changes.append(.lettersTaken(key, batch.letters))
        }
        for event in batch.events {
            switch event.event {
            case .delegated(let delegation):
                changes.append(.message(request(delegation, at: event.at)))
            case .delegationReturned(let delegation, let result):
                changes.append(.message(response(delegation, result, openTask: nil, at: event.at)))
            case .toolEnded(_, let outcome):
                guard let call = batch.called[outcome.callID] else { continue }
                if let sent = call.sent, !outcome.isError {
                    let result = outcome.output.string ?? outcome.output.jsonText
                    changes.append(
                        .message(response(sent, result, openTask: outcome.openTask, at: event.at)))
                } else if call.isRemembered {
                    changes.append(.message(message(call, outcome, at: event.at)))
                }
            case .compressed(_, let compression):
                if let row = message(compression, at: event.at) { changes.append(.message(row)) }
            case .data(_, let data):
                if let artifact = artifact(data, at: event.at) { changes.append(.artifact(artifact)) }
            case .transferred(frame: 0, _, let to, _):
                changes.append(.activeSubAgent(conversation, to, at: event.at))
            case .finished(let end):
                changes.append(.message(message(end, batch.answer, at: event.at)))
                changes.append(.runUpdated(key, end.outcome.status, lease: nil, heldBy: owner, at: event.at))
            default: continue
            }
        }
        return changes + batch.additions
    }

    /// That the run waits for a person, as some calls do since then.
    func suspension(_ since: [Int64], _ letters: [String], at time: Int64) -> [RunChange] {
        let wakeAt = since.min().map { $0 + approvalMs }
        return [.lettersTaken(key, letters), .runSuspended(key, wakeAt: wakeAt, heldBy: owner, at: time)]
    }

    /// What a batch has to survive: intents of calls and ends of runs a power loss, everything else the end of the
    /// process.
    static func durability(_ events: [LoggedEvent]) -> Durability {
        for event in events {
            switch event.event {
            case .toolStarted, .finished, .approvalDecided, .suspended: return .full
            default: continue
            }
        }
        return .process
    }

    static func stored(_ event: LoggedEvent) -> StoredEvent {
        StoredEvent(sequence: event.sequence, at: event.at, type: event.event.type, body: event.event.body)
    }

    /// The answer. There is one for each run that ended, however it did, so that no question stays without.
    private func message(_ end: RunEnd, _ answer: [AnswerPart], at time: Int64) -> MessageRow {
        MessageRow(
            conversation: conversation, id: answerMessage, role: "agent", fromSubAgent: end.subAgent,
            run: key.id, content: StoredContent.json(answer), metadata: end.outcome.metadata, createdAt: time)
    }
}

extension RunEnd.Outcome {
    var status: RunStatus {
        switch self {
        case .completed: .completed
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }

    /// Why an answer broke off, as its message keeps it; nil when it did not.
    var metadata: JSONValue? {
        switch self {
        case .completed: nil
        case .failed(let failure):
            ["error": ["code": .string(failure.code), "message": .string(failure.message)]]
        case .cancelled: ["error": ["code": "cancelled", "message": "It was cancelled."]]
        }
    }
}
