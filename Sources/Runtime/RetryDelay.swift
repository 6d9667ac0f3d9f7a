/// How long to wait before a model call is made again.
struct RetryDelay: Sendable {
    let initial: Duration
    let maximum: Duration
    let retryAfterMaximum: Duration

    init(_ limits: RuntimeLimits) {
        initial = .milliseconds(limits.retryInitialMs)
        maximum = .milliseconds(limits.retryMaxMs)
        retryAfterMaximum = .milliseconds(limits.retryAfterMaxMs)
    }

    /// The wait after `failures` failures in a row, from 1: doubling from `initial` to `maximum`, of which between
    /// half and all by `jitter` in 0…1; never less than the provider asked for, as far as that is allowed.
    func delay(failures: Int, retryAfter: Duration?, jitter: Double) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let full = min(initial * (1 << doublings), maximum)
        let jittered = full / 2 + full * min(max(jitter, 0), 1) / 2
        guard let retryAfter else { return jittered }
        return max(jittered, min(retryAfter, retryAfterMaximum))
    }
}
