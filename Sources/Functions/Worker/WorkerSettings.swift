/// What a worker is told on its command line.
struct WorkerSettings: Equatable {
    /// Bytes that it may take once it is warm.
    var memoryBytes: Int
    /// Seconds of processor time for its whole life.
    var processorSeconds: Int
    /// Bytes of result and console together.
    var outputBytes: Int
    /// Bytes of the console that are handed on.
    var consoleBytes: Int
    /// Timers at the same time.
    var timers: Int

    /// What follows from the limits. A worker is replaced once it has used the time of one call; the engine's helpers
    /// use some beside it.
    init(_ limits: FunctionLimits) {
        memoryBytes = limits.memoryBytes
        processorSeconds = 5 + 5 * max(1, limits.callMs / 1000)
        outputBytes = limits.outputBytes
        consoleBytes = limits.consoleBytes
        timers = limits.timers
    }

    /// Reads `text`; nil when it is something else.
    init?(text: String) {
        let numbers = text.split(separator: ",").map { Int($0) }
        guard numbers.count == 5, let memory = numbers[0], let seconds = numbers[1], let output = numbers[2],
            let console = numbers[3], let timers = numbers[4]
        else { return nil }
        (memoryBytes, processorSeconds, outputBytes, consoleBytes) = (memory, seconds, output, console)
        self.timers = timers
    }

    /// As it stands on the command line.
    var text: String {
        [memoryBytes, processorSeconds, outputBytes, consoleBytes, timers].map(String.init).joined(separator: ",")
    }
}
