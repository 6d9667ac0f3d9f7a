import Store

/// What every run of this process needs of the outside.
struct RuntimeWorld: Sendable {
    let store: Store
    let clock: RuntimeClock
    let limits: RuntimeLimits
    /// The files of users' messages.
    let files: MessageFiles
    /// This process, as its leases name it.
    let owner: String
    let makeID: @Sendable () -> String
    /// A random number in 0…1, for the waits between tries.
    let jitter: @Sendable () -> Double
    /// What administrators said of money and bounds.
    let terms: TermsCache
    /// What is counted.
    let metrics: Metrics
    /// Who is told of what people should find in the server's log.
    let report: RunReporter
    /// Hands traces of runs that ended to a collector; nil where there is none.
    let exporter: TraceExporter?

    /// When a lease that is taken now runs out, milliseconds since 1970.
    var leaseUntil: Int64 { clock.now() + Int64(limits.leaseMs) }
}
