public import Outbound

/// Where an agent says who it is, and what every request to it carries.
public struct A2AAddress: Sendable {
    /// Its http or https address; its card is below it.
    public var baseURL: String
    /// Header fields of every request, credentials among them. They go to the origin of `baseURL` and to no other.
    public var headers: HTTPHeaders
    /// For whom it is spoken to: where requests may go depends on it. Nil for nobody in particular.
    public var scope: EgressScope?

    /// An address from its parts.
    public init(baseURL: String, headers: HTTPHeaders = [:], scope: EgressScope? = nil) {
        self.baseURL = baseURL
        self.headers = headers
        self.scope = scope
    }

    /// The fields that a request to `url` may carry.
    func headers(for url: String) -> HTTPHeaders {
        HTTPRequest.address(url, at: baseURL) == nil ? [:] : headers
    }
}

/// The bounds of what is done with an agent.
public struct A2ALimits: Sendable, Equatable {
    /// The longest time of one request, connection included. An agent may answer no sooner than its work is done.
    public var request: Duration = .seconds(120)
    /// How long a card may take.
    public var card: Duration = .seconds(10)
    /// How long failing requests are made again, from the first of them.
    public var retry: Duration = .seconds(20)
    /// The wait before a task that goes on is asked for the first time; half as much more before each further one.
    public var pollInitial: Duration = .milliseconds(500)
    /// The longest such wait.
    public var pollMax: Duration = .seconds(10)
    /// Bytes of one reply.
    public var replyBytesMax = 4 * 1024 * 1024
    /// Bytes of a card.
    public var cardBytesMax = 1024 * 1024

    /// The defaults named at the fields.
    public init() {}
}

/// Time as the client sees it.
public struct A2AClock: Sendable {
    /// The time of day, milliseconds since 1970.
    public let now: @Sendable () -> Int64
    /// Time since some moment; never goes back.
    public let elapsed: @Sendable () -> Duration
    /// Waits. Throws when the task is cancelled.
    public let pause: @Sendable (Duration) async throws -> Void

    /// A clock from its functions.
    public init(
        now: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Duration,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.elapsed = elapsed
        self.pause = pause
    }
}
