import Outbound

/// When a request that failed is made again (run spec §7.2).
struct A2ARetry: Sendable {
    /// The longest wait that nobody asked for.
    static let waitMax = Duration.seconds(10)

    /// The wait before a further try.
    ///
    /// - Parameters:
    ///   - attempt: which try failed, from 0.
    ///   - jitter: a number in 0…1.
    ///   - asked: what the agent asked to wait; nil for nothing.
    static func wait(after attempt: Int, jitter: Double, asked: Duration?) -> Duration {
        let square = Int64(min(attempt, 100)) * Int64(min(attempt, 100))
        let own = min(.milliseconds(100) * square + .seconds(1) * min(max(jitter, 0), 1), waitMax)
        return max(own, asked ?? .zero)
    }
}
