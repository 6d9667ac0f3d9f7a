import Synchronization

/// How many requests one may make: a bucket of so many tokens that fills up again within the window.
public struct RateLimit: Sendable, Hashable {
    /// What it limits, as `RateLimit` fields name it: `person`.
    public let name: String
    /// Requests in a row from a full bucket, and in each window in the long run; 1–1,000,000.
    public let count: Int
    /// In how long an empty bucket is full again.
    public let window: Duration

    /// A limit from its parts.
    public init(_ name: String, _ count: Int, per window: Duration) {
        self.name = name
        self.count = min(max(count, 1), 1_000_000)
        self.window = max(window, .milliseconds(1))
    }

    /// The limit of a text like `120/60`, requests and seconds; nil in `limit` for `off`. Nil when it is neither.
    public static func parse(_ text: String, _ name: String) -> (limit: RateLimit?, isOff: Bool)? {
        if text == "off" { return (nil, true) }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let count = parts[0], let seconds = parts[1], (1...1_000_000).contains(count),
            (1...86_400).contains(seconds)
        else { return nil }
        return (RateLimit(name, count, per: .seconds(seconds)), false)
    }

    /// Milliseconds of the window.
    var windowMs: Int64 {
        let (seconds, attoseconds) = window.components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

/// The limits of a server; nil is none. They are each process's own: what guards a secret is counted in the database.
public struct RateLimits: Sendable, Equatable {
    /// Of an address: requests that sign in, make sessions or ask for challenges. `COVEY_RATE_SIGN_IN`.
    public var signIn: RateLimit? = RateLimit("sign-in", 120, per: .seconds(60))
    /// Of an address: requests whose credentials were refused; beyond, none are looked at. `COVEY_RATE_REFUSED`.
    public var refused: RateLimit? = RateLimit("refused", 120, per: .seconds(60))
    /// Of a person who manages. `COVEY_RATE_PERSON`.
    public var person: RateLimit? = RateLimit("person", 3000, per: .seconds(60))
    /// Of a visitor of an app: an anonymous session or an end user. `COVEY_RATE_VISITOR`.
    public var visitor: RateLimit? = RateLimit("visitor", 120, per: .seconds(60))
    /// Of all visitors of an app together. `COVEY_RATE_APP`.
    public var app: RateLimit?
    /// Of an API key. `COVEY_RATE_KEY`.
    public var key: RateLimit?

    /// The defaults named at the fields.
    public init() {}
}

/// The buckets of a process. What has a bucket is bounded: the one that has been full for longest gives way.
public final class RateLimiter: Sendable {
    /// What a request took from its bucket.
    public struct Verdict: Sendable, Equatable {
        /// The limit.
        public let limit: RateLimit
        /// Requests that are left at once.
        public let left: Int
        /// In how long there is one more; for a request that is refused, in how long it may come again.
        public let wait: Duration
        /// Whether the request may go on.
        public let isAdmitted: Bool
    }

    /// Buckets at most.
    static let bucketsMax = 65_536

    private struct Key: Hashable {
        let limit: String
        let subject: String
    }

    /// By key the time at which the bucket is full again, milliseconds: the virtual scheduling of GCRA (ITU-T I.371),
    /// which needs no more than that.
    private let fullAt = Mutex<[Key: Int64]>([:])

    /// Buckets that are all full.
    public init() {}

    /// Takes a token for a request of `subject`.
    ///
    /// - Parameters:
    ///   - now: milliseconds since any fixed time.
    ///   - isOnlyLook: whether the bucket is to stay as it is.
    public func take(
        _ limit: RateLimit, of subject: String, now: Int64, isOnlyLook: Bool = false
    ) -> Verdict {
        let key = Key(limit: limit.name, subject: subject)
        let window = limit.windowMs
        return fullAt.withLock { fullAt in
            let full = max(fullAt[key] ?? now, now)
            // In thousandths of milliseconds, so that short intervals are not rounded away.
            let interval = max(window * 1000 / Int64(limit.count), 1)
            let used = (full - now) * 1000
            let isAdmitted = used + interval <= window * 1000
            let after = isAdmitted && !isOnlyLook ? used + interval : used
            if isAdmitted, !isOnlyLook {
                if fullAt.count >= Self.bucketsMax, fullAt[key] == nil { Self.makeRoom(&fullAt, now) }
                fullAt[key] = now + (after + 999) / 1000
            }
            let free = max(window * 1000 - after, 0)
            let wait = isAdmitted ? (free >= interval ? 0 : interval - free) : used + interval - window * 1000
            return Verdict(
                limit: limit, left: Int(free / interval), wait: .microseconds(wait), isAdmitted: isAdmitted)
        }
    }

    /// Forgets buckets that are full, which are as good as none; if there are few, the half that is soonest full.
    private static func makeRoom(_ fullAt: inout [Key: Int64], _ now: Int64) {
        fullAt = fullAt.filter { $0.value > now }
        guard fullAt.count > bucketsMax / 2 else { return }
        let middle = fullAt.values.sorted()[fullAt.count / 2]
        fullAt = fullAt.filter { $0.value > middle }
    }
}
