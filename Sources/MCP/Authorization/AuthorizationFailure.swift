public import Outbound

/// Why a server of tools could not be signed in to.
public enum AuthorizationFailure: Error, Sendable, Equatable {
    /// It, or its authorization server, was not reached.
    case network(OutboundError)
    /// It does not say where people sign in, or says what does not fit. The text says what.
    case malformed(String)
    /// Nobody may register with its authorization server, and there is no client.
    case noRegistration
    /// The authorization server said no: a code of RFC 6749 §5.2 or RFC 7591 §3.2.2.
    case refused(code: String, description: String?)
}

extension AuthorizationFailure: CustomStringConvertible {
    /// A sentence for the person who signs in. It may quote the server, so it is no more to be trusted than that.
    public var description: String {
        switch self {
        case .network(let error): "\(error)"
        case .malformed(let what): "the server does not keep to the protocol: \(what)"
        case .noRegistration: "its authorization server lets no clients register"
        case .refused(let code, let description):
            "the authorization server refused: \(code)" + (description.map { " (\($0))" } ?? "")
        }
    }

    /// Whether the grant is not good any more (RFC 6749 §5.2), so that somebody has to sign in again.
    public var isGrantGone: Bool {
        if case .refused("invalid_grant", _) = self { return true }
        return false
    }
}
