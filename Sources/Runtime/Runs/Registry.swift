import Store
import Synchronization

/// The runs that this process drives, at most one in each conversation.
final class Registry: Sendable {
    /// Why a conversation cannot be taken.
    enum Refusal: Error, Sendable {
        /// A run is under way in it.
        case busy
        /// There are as many runs as allowed.
        case full
        /// The server is stopping.
        case closing
    }

    /// A conversation that is taken. Only who took it can let go of it.
    struct Hold: Sendable {
        let conversation: ConversationKey
        fileprivate let number: Int
    }

    private struct Holder {
        let number: Int
        /// The run's id; nil until it has begun.
        var run: String?
    }

    private struct State {
        var runs: [String: ActiveRun] = [:]
        /// Conversations taken.
        var conversations: [ConversationKey: Holder] = [:]
        var holds = 0
        var isClosing = false
        var drained: [CheckedContinuation<Void, Never>] = []
        /// Who looks out for a run to be driven here, by run and number.
        var expecting: [String: [Int: Lookout]] = [:]
    }

    /// Runs that persons begin. As many again may be under way of those that others wait for, or that were begun
    /// before: were they refused for want of room, who waits for them would keep it for nothing.
    private let limit: Int
    private var limitOfAll: Int { 2 * limit }
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Takes the conversation for a run that is about to begin.
    ///
    /// - Parameter isNew: Whether a person begins it; else another run waits for it, or it was begun before.
    func take(_ conversation: ConversationKey, isNew: Bool) throws(Refusal) -> Hold {
        let outcome: Result<Hold, Refusal> = state.withLock { state in
            if state.isClosing, isNew { return .failure(.closing) }
            if state.conversations[conversation] != nil { return .failure(.busy) }
            if state.conversations.count >= (isNew ? limit : limitOfAll) { return .failure(.full) }
            state.holds += 1
            state.conversations[conversation] = Holder(number: state.holds, run: nil)
            return .success(Hold(conversation: conversation, number: state.holds))
        }
        return try outcome.get()
    }

    func add(_ run: ActiveRun) {
        let expecting = state.withLock { state in
            state.runs[run.key.id] = run
            state.conversations[run.conversation]?.run = run.key.id
            return state.expecting[run.key.id] ?? [:]
        }
        for lookout in expecting.values { lookout.arrived.yield() }
    }

    /// Who looks out for a run, until it says that it does not any more.
    struct Lookout: Sendable {
        fileprivate let run: String
        fileprivate let number: Int
        private let arrivals: AsyncStream<Void>
        fileprivate let arrived: AsyncStream<Void>.Continuation

        fileprivate init(run: String, number: Int) {
            self.run = run
            self.number = number
            (arrivals, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        /// Returns when this process began to drive the run since the look-out began, or when the task is cancelled.
        func arrival() async {
            for await _ in arrivals { return }
        }
    }

    /// Begins to look out for a run. What arrives from here on is not missed.
    func lookOut(for run: String) -> Lookout {
        state.withLock { state in
            state.holds += 1
            let lookout = Lookout(run: run, number: state.holds)
            state.expecting[run, default: [:]][lookout.number] = lookout
            return lookout
        }
    }

    /// Ends a look-out.
    func end(_ lookout: Lookout) {
        state.withLock { state in
            state.expecting[lookout.run]?[lookout.number] = nil
            if state.expecting[lookout.run]?.isEmpty == true { state.expecting[lookout.run] = nil }
        }
    }

    /// Lets go of a conversation, and of its run. A second time does nothing.
    func release(_ hold: Hold) {
        let drained = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard let holder = state.conversations[hold.conversation], holder.number == hold.number else { return [] }
            state.conversations[hold.conversation] = nil
            if let run = holder.run { state.runs[run] = nil }
            guard state.isClosing, state.conversations.isEmpty else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in drained { continuation.resume() }
    }

    func run(_ id: String) -> ActiveRun? { state.withLock { $0.runs[id] } }

    func run(in conversation: ConversationKey) -> ActiveRun? {
        state.withLock { state in
            guard let id = state.conversations[conversation]?.run else { return nil }
            return state.runs[id]
        }
    }

    var all: [ActiveRun] { state.withLock { Array($0.runs.values) } }

    /// How many more runs that were begun before may go on here.
    var room: Int { state.withLock { $0.isClosing ? 0 : max(0, limitOfAll - $0.conversations.count) } }

    /// Refuses new runs from now on.
    func close() { state.withLock { $0.isClosing = true } }

    /// Returns when no run is under way any more; only once closed.
    func drain() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isDrained = state.withLock { state in
                if state.conversations.isEmpty { return true }
                state.drained.append(continuation)
                return false
            }
            if isDrained { continuation.resume() }
        }
    }

    /// Lets `drain` return although runs are under way.
    func stopDraining() {
        let drained = state.withLock { state in
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in drained { continuation.resume() }
    }
}
