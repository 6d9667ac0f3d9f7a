/// Every bound of function tools, with its unit (run spec §13.3, §22). The environment names are in `RuntimeLimits`.
public struct FunctionLimits: Sendable, Hashable {
    /// The longest time of one call, milliseconds.
    public var callMs = 30_000
    /// Calls at the same time; others wait.
    public var parallelCalls = 4
    /// The longest wait for a place, milliseconds.
    public var queueMs = 30_000
    /// Calls that may wait; more are refused at once, in the words of the longest wait.
    public var queuedCalls = 1000
    /// How long a worker of a project is kept without work, milliseconds.
    public var idleMs = 300_000
    /// Calls after which a worker is replaced.
    public var useCount = 50
    /// How often workers without work are looked through, milliseconds.
    public var cleanupMs = 60_000
    /// Bytes of the result and of what is written to the console, together.
    public var outputBytes = 1_048_576
    /// Bytes of the console that are kept for the log.
    public var consoleBytes = 16_384
    /// Bytes that a worker may take beyond what its engine has when it is warm.
    public var memoryBytes = 134_217_728
    /// The longest time in which a worker must be ready, milliseconds.
    public var startMs = 10_000
    /// Workers that stand ready and belong to no project yet.
    public var spareWorkers = 1
    /// Timers that one call may have at the same time.
    public var timers = 1000
    /// Requests that one call may send.
    public var fetches = 50
    /// Requests of one call at the same time.
    public var parallelFetches = 8
    /// The longest time of one request, milliseconds.
    public var fetchMs = 10_000
    /// Bytes of the body of one request, and of one answer.
    public var fetchBytes = 1_048_576
    /// Modules that one call may load.
    public var modules = 2000
    /// Bytes of one module.
    public var moduleBytes = 4_194_304

    /// The defaults.
    public init() {}

    /// Bytes of the longest line that a worker may write: an answer, with the console in its longest spelling.
    var lineBytes: Int { max(outputBytes, fetchBytes * 2) + consoleBytes * 6 + 65_536 }
}
