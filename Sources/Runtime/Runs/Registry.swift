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

    private struct State {
        var runs: [String: ActiveRun] = [:]
        /// Conversations taken, with the run's id once there is one.
        var conversations: [ConversationKey: String?] = [:]
        var isClosing = false
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Takes the conversation for a run that is about to begin.
    func take(_ conversation: ConversationKey) throws(Refusal) {
        let refusal: Refusal? = state.withLock { state in
            if state.isClosing { return .closing }
            if state.conversations[conversation] != nil { return .busy }
            if state.conversations.count >= limit { return .full }
            state.conversations[conversation] = .some(nil)
            return nil
        }
        if let refusal { throw refusal }
    }

    func add(_ run: ActiveRun) {
        state.withLock { state in
            state.runs[run.key.id] = run
            state.conversations[run.conversation] = run.key.id
        }
    }

    /// Lets go of a conversation, and of its run.
    func release(_ conversation: ConversationKey) {
        let drained = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            if let run = state.conversations.removeValue(forKey: conversation) ?? nil { state.runs[run] = nil }
            guard state.isClosing, state.conversations.isEmpty else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in drained { continuation.resume() }
    }

    func run(_ id: String) -> ActiveRun? { state.withLock { $0.runs[id] } }

    func run(in conversation: ConversationKey) -> ActiveRun? {
        state.withLock { state in
            guard let id = state.conversations[conversation] ?? nil else { return nil }
            return state.runs[id]
        }
    }

    var all: [ActiveRun] { state.withLock { Array($0.runs.values) } }

    /// How many more runs may begin.
    var room: Int { state.withLock { $0.isClosing ? 0 : max(0, limit - $0.conversations.count) } }

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
