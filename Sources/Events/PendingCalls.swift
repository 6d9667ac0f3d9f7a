public import Models

/// The tool calls of a run that a model has asked for and that were neither begun nor answered, from the run's log. In
/// a run that waits for a person they are what it waits for.
public struct PendingCalls: Sendable {
    /// One call that waits.
    public struct Pending: Sendable, Hashable {
        /// The call as the model made it.
        public let call: ToolCall
        /// The frame that made it; 0 is the one that talks to the user.
        public let frame: Int
        /// When it was made, milliseconds since 1970.
        public let at: Int64

        /// Whether a sub-agent made it that works for another one.
        public var isDelegated: Bool { frame != 0 }
    }

    /// Those that wait, in the order in which they were made.
    public private(set) var all: [Pending] = []
    /// Ids of all calls of the run, also of those that no longer wait.
    public private(set) var ids: Set<String> = []

    /// Of no events.
    public init() {}

    /// Takes the next events of the log.
    public mutating func add(_ events: [LoggedEvent]) {
        for logged in events {
            switch logged.event {
            case .answered(let frame, let answer):
                for call in answer.calls {
                    all.append(Pending(call: call, frame: frame, at: logged.at))
                    ids.insert(call.id)
                }
            case .toolStarted(_, let id): all.removeAll { $0.call.id == id }
            case .toolEnded(_, let outcome): all.removeAll { $0.call.id == outcome.callID }
            case .delegated(let delegation): all.removeAll { $0.call.id == delegation.callID }
            case .transferred(let frame, _, _, _): all.removeAll { $0.frame == frame }
            case .finished: all = []
            default: continue
            }
        }
    }
}
