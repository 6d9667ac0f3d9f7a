public import Outbound

/// Why an agent gave no answer. Who knows the case knows whom to tell.
public enum A2AFailure: Error, Sendable, Equatable {
    /// It was not reached, or the connection broke.
    case network(OutboundError)
    /// It answered with a status that says no.
    case refused(status: Int)
    /// It answered with an error of JSON-RPC.
    case agent(code: Int, message: String)
    /// Its task ended without an answer, or cannot go on; the text is the agent's own, empty where it said nothing.
    case task(A2ATaskState, String)
    /// What it said is not what the protocol asks for. The text says what is wrong.
    case malformed(String)
    /// The task was cancelled.
    case cancelled

    /// Whether the agent, or the way to it, is down, rather than at fault.
    public var isOutage: Bool {
        switch self {
        case .network(.refusedByPolicy), .network(.invalidRequest), .network(.tooLarge): false
        case .network: true
        case .refused(let status): status == 429 || status >= 500
        default: false
        }
    }

    /// Whether the same request may do better a little later: the agent says so by its status, or was not reached.
    /// After a connection that broke in the middle nobody knows what was done.
    var isWorthAnotherTry: Bool {
        switch self {
        case .refused(let status): [429, 500, 502, 503, 504].contains(status)
        case .network(.cannotResolve), .network(.cannotConnect), .network(.timedOut(.connect)): true
        default: false
        }
    }

    init(_ error: OutboundError) {
        if case .cancelled = error { self = .cancelled } else { self = .network(error) }
    }
}

extension A2AFailure: CustomStringConvertible {
    /// A sentence. It may quote the agent, so it is no more to be trusted than that.
    public var description: String {
        switch self {
        case .network(let error): "\(error)"
        case .refused(401), .refused(403): "the agent wants a credential, or another one"
        case .refused(let status): "the agent answered with status \(status)"
        case .agent(let code, let message): "the agent answered with error \(code): \(message)"
        case .task(.authRequired, let text): "the agent wants its user to sign in first" + Self.quoted(text)
        case .task(let state, let text): "the task is \(state.rawValue)" + Self.quoted(text)
        case .malformed(let what): "the agent does not keep to the protocol: \(what)"
        case .cancelled: "the request was cancelled"
        }
    }

    private static func quoted(_ text: String) -> String { text.isEmpty ? "" : ": \(text)" }
}

/// Where a task of an agent's stands (A2A 0.3 §6.3).
public enum A2ATaskState: String, Sendable, Equatable {
    /// It was taken.
    case submitted
    /// It is being done.
    case working
    /// It goes on when a question is answered.
    case inputRequired = "input-required"
    /// It is done.
    case completed
    /// It was stopped.
    case canceled
    /// It went wrong.
    case failed
    /// The agent does not do it.
    case rejected
    /// It goes on when somebody has signed in.
    case authRequired = "auth-required"
    /// Nobody knows.
    case unknown
}
