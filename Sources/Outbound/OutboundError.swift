/// Why a request got no complete reply.
public enum OutboundError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The phases of a request that have limits of their own.
    public enum Phase: String, Sendable, Hashable {
        /// Name look-up, connection and TLS handshake.
        case connect
        /// The wait for the next byte.
        case idle
        /// The request as a whole.
        case total
    }

    /// The address or a header is not one.
    case invalidRequest(String)
    /// The egress policy does not let the request go there.
    case refusedByPolicy(String)
    /// The host's name is not known.
    case cannotResolve(host: String)
    /// Nobody answers at the host's address.
    case cannotConnect(String)
    /// The TLS handshake or the certificate failed.
    case tls(String)
    /// A phase took longer than it may.
    case timedOut(Phase)
    /// The connection ended before the reply did.
    case cut(String)
    /// The body is larger than the request allows.
    case tooLarge(bytesMax: Int)
    /// More redirects than the limit.
    case tooManyRedirects(max: Int)
    /// More requests at once than the client's limit.
    case tooManyTransfers(max: Int)
    /// The task was cancelled, or the client went away.
    case cancelled

    /// A sentence for operators; it holds no header and no query.
    public var description: String {
        switch self {
        case .invalidRequest(let what): "the request is not valid: \(what)"
        case .refusedByPolicy(let what): "outbound requests to \(what) are not allowed"
        case .cannotResolve(let host): "the host name \(host) cannot be resolved"
        case .cannotConnect(let what): "cannot connect: \(what)"
        case .tls(let what): "TLS failed: \(what)"
        case .timedOut(.connect): "connecting took too long"
        case .timedOut(.idle): "no data came for too long"
        case .timedOut(.total): "the request took too long"
        case .cut(let what): "the connection ended early: \(what)"
        case .tooLarge(let bytesMax): "the reply is larger than \(bytesMax) bytes"
        case .tooManyRedirects(let max): "more than \(max) redirects"
        case .tooManyTransfers(let max): "more than \(max) outbound requests at once"
        case .cancelled: "the request was cancelled"
        }
    }
}
