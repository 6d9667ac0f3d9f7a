import Catalog
public import Models

/// The tool calls of a run that wait for a person, from the run's log.
public struct PendingCalls: Sendable {
    /// One call that waits.
    public struct Pending: Sendable, Hashable {
        /// The call as the model made it.
        public let call: ToolCall
        /// The frame that made it; 0 is the one that talks to the user.
        public let frame: Int
        /// Why a person is asked.
        public let reason: RunApprovalRequest.Reason
        /// Since when it waits, milliseconds since 1970.
        public let at: Int64

        /// Whether a sub-agent made it that works for another one.
        public var isDelegated: Bool { frame != 0 }
    }

    /// Those that wait, in the order in which they began to.
    public private(set) var all: [Pending] = []
    /// What was decided on calls that once waited, by their ids; the last decision of each.
    public private(set) var decisions: [String: RunApprovalDecision] = [:]
    /// All calls of the run by their ids, also of those that never wait.
    private var calls: [String: ToolCall] = [:]

    /// Of no events.
    public init() {}

    /// Whether the run has a call of this id.
    public func has(_ id: String) -> Bool { calls[id] != nil }

    /// Takes the next events of the log.
    public mutating func add(_ events: [LoggedEvent]) {
        for logged in events {
            switch logged.event {
            case .answered(_, let answer):
                for call in answer.calls { calls[call.id] = call }
            case .approvalRequested(let frame, let request):
                guard let call = calls[request.callID] else { continue }
                decisions[request.callID] = nil
                all.append(Pending(call: call, frame: frame, reason: request.reason, at: logged.at))
            case .approvalDecided(_, let decision):
                all.removeAll { $0.call.id == decision.callID }
                decisions[decision.callID] = decision
                if let input = decision.input { calls[decision.callID]?.input = input }
            case .toolEnded(_, let outcome): all.removeAll { $0.call.id == outcome.callID }
            case .finished: all = []
            default: continue
            }
        }
    }
}
