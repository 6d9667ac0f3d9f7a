import Synchronization

/// Whether a server is asked, after how it did before: a value, so that its rules can be read in one place.
struct CircuitBreaker: Sendable {
    /// What is done with a request.
    enum Admission: Sendable, Equatable {
        /// It is made.
        case open
        /// It is made, alone, to see whether the server is back.
        case probe
        /// It is not made before this time.
        case refused(until: Duration)
    }

    /// Failures in a row.
    private(set) var failures = 0
    private var refusesUntil: Duration?
    private var isProbing = false

    /// Asks whether a request may be made now. Who is let through says afterwards how it went.
    mutating func admit(at now: Duration) -> Admission {
        guard let until = refusesUntil else { return .open }
        guard now >= until, !isProbing else { return .refused(until: max(until, now)) }
        isProbing = true
        return .probe
    }

    /// The server answered, well or not.
    mutating func succeeded() { self = CircuitBreaker() }

    /// The server was not there.
    mutating func failed(at now: Duration, threshold: Int, rest: Duration) {
        failures += 1
        isProbing = false
        if failures >= threshold { refusesUntil = now + rest }
    }

    /// Nothing was found out.
    mutating func abandoned() { isProbing = false }
}

/// The breakers of the servers that this process asks, shared by its runs.
final class CircuitBreakers: Sendable {
    private let breakers = Mutex<[ServerKey: CircuitBreaker]>([:])
    private let clock: RuntimeClock
    private let limits: RuntimeLimits

    /// Servers whose failures are remembered; with one more all begin anew.
    private static let countMax = 4096

    init(clock: RuntimeClock, limits: RuntimeLimits) {
        self.clock = clock
        self.limits = limits
    }

    /// Why a server is not asked; nil when it is, and then `note` is told how it went.
    func refusal(of server: ServerKey) -> ServerRests? {
        let now = clock.elapsed()
        return breakers.withLock { breakers in
            guard case .refused(let until)? = breakers[server]?.admit(at: now) else { return nil }
            return ServerRests(
                failures: breakers[server]?.failures ?? 0, seconds: Int((until - now).components.seconds) + 1)
        }
    }

    /// What became of a request.
    enum Outcome: Sendable {
        case answered
        case outage
        case abandoned
    }

    func note(_ outcome: Outcome, of server: ServerKey) {
        let now = clock.elapsed()
        breakers.withLock { breakers in
            switch outcome {
            case .answered: breakers[server] = nil
            case .abandoned: breakers[server]?.abandoned()
            case .outage:
                if breakers.count >= Self.countMax { breakers = [:] }
                breakers[server, default: CircuitBreaker()].failed(
                    at: now, threshold: limits.mcpCircuitFailures, rest: .milliseconds(limits.mcpCircuitRestMs))
            }
        }
    }
}

/// A server that failed too often is left alone for a while.
struct ServerRests: Error, Equatable {
    let failures: Int
    let seconds: Int
}

/// A server of a project's, or an agent on one.
struct ServerKey: Sendable, Hashable {
    let tenant: String
    let project: String
    /// The id of the tool or agent.
    let name: String
    let url: String
}
