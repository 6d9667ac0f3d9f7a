/// Why a model gave no (complete) reply.
public struct ModelFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The classes that callers tell apart.
    public enum Kind: Sendable, Hashable {
        /// The provider did not accept the key.
        case auth
        /// Too many requests or too many tokens for now.
        case rateLimited
        /// The provider is over capacity or broken on its side.
        case overloaded
        /// The conversation is longer than the model can read.
        case contextLength
        /// The provider declined to answer because of the content.
        case refused
        /// The provider found the request faulty.
        case badRequest
        /// There is no such model or address.
        case notFound
        /// The provider could not be reached.
        case network
        /// The call took longer than allowed.
        case timedOut
        /// The provider answered something that its wire format does not allow.
        case malformed
        /// The stream ended before the reply did.
        case cut
        /// The adapter cannot do what was asked; the text names it.
        case unsupported(String)
        /// The model's configuration is incomplete or wrong.
        case configuration
    }

    /// The class of the failure.
    public let kind: Kind
    /// A sentence for the people who build the agent. It holds no key and no part of the conversation of ours.
    public let message: String
    /// How long the provider asked to wait; nil when it did not say.
    public let retryAfter: Duration?
    /// The HTTP status; nil when there was no reply or it was 200.
    public let status: Int?

    /// A failure of this kind.
    public init(_ kind: Kind, _ message: String, retryAfter: Duration? = nil, status: Int? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
        self.status = status
    }

    /// Whether the same call may succeed if it is made again, after `retryAfter` where that is given.
    public var isRetryable: Bool {
        switch kind {
        case .rateLimited, .overloaded, .network, .timedOut, .malformed, .cut: true
        case .auth, .contextLength, .refused, .badRequest, .notFound, .unsupported, .configuration: false
        }
    }

    /// The message.
    public var description: String { message }
}
