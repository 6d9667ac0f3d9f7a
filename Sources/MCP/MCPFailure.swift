public import Outbound

/// Why a server could not be spoken to. Who knows the case knows whom to tell.
public enum MCPFailure: Error, Sendable, Equatable {
    /// It wants a credential, or another one: 401, or a refusal with a challenge (RFC 9110 §11.6.1).
    case unauthorized(status: Int)
    /// It was not reached, or the connection broke.
    case network(OutboundError)
    /// It did not answer in time.
    case timedOut
    /// It answered with a status that says no.
    case refused(status: Int)
    /// It answered with an error of the protocol.
    case server(code: Int, message: String)
    /// What it said is not what the protocol asks for. The text says what is wrong.
    case malformed(String)
    /// It sent more than a bound allows. The text names the bound.
    case tooMuch(String)
    /// The session that was to be gone on with is over.
    case sessionEnded
    /// The task was cancelled.
    case cancelled

    /// Whether the server, or the way to it, is down, rather than at fault.
    public var isOutage: Bool {
        switch self {
        case .network, .timedOut: true
        case .refused(let status): status >= 502 && status <= 504
        default: false
        }
    }
}

extension MCPFailure: CustomStringConvertible {
    /// A sentence for the person who configured the server. It may quote the server, so it is no more to be trusted
    /// than that.
    public var description: String {
        switch self {
        case .unauthorized(let status): "\(status): the server wants a credential"
        case .network(let error): "\(error)"
        case .timedOut: "the server did not answer in time"
        case .refused(let status): "the server answered with status \(status)"
        case .server(let code, let message): "the server answered with error \(code): \(message)"
        case .malformed(let what): "the server does not keep to the protocol: \(what)"
        case .tooMuch(let what): "the server sent too much: \(what)"
        case .sessionEnded: "the session is over"
        case .cancelled: "the request was cancelled"
        }
    }

    /// The failure that an error of the connection is.
    init(_ error: OutboundError) {
        switch error {
        case .timedOut(.idle), .timedOut(.total): self = .timedOut
        case .cancelled: self = .cancelled
        case .tooLarge(let bytesMax): self = .tooMuch("a message of more than \(bytesMax) bytes")
        default: self = .network(error)
        }
    }
}
