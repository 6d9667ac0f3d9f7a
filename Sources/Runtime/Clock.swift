import Glibc
public import MCP

/// Time as the runtime sees it: a struct of functions, so that tests step it.
public struct RuntimeClock: Sendable {
    /// The time of day, milliseconds since 1970.
    public let now: @Sendable () -> Int64
    /// Time since some moment before the first call; never goes back.
    public let elapsed: @Sendable () -> Duration
    /// Waits. Throws `CancellationError` when the task is cancelled.
    public let sleep: @Sendable (Duration) async throws -> Void

    /// A clock from its functions.
    public init(
        now: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.elapsed = elapsed
        self.sleep = sleep
    }

    /// Lets this much time pass. Throws `CancellationError` when the task is cancelled.
    public func pause(for duration: Duration) async throws { try await sleep(duration) }

    /// The machine's clock.
    public static let live: RuntimeClock = {
        let clock = ContinuousClock()
        let origin = clock.now
        return RuntimeClock(
            now: { wallMilliseconds() },
            elapsed: { origin.duration(to: clock.now) },
            sleep: { try await Task.sleep(for: $0, clock: .continuous) }
        )
    }()
}

private func wallMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

extension Duration {
    /// Whole milliseconds.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

extension RuntimeClock {
    /// This clock as MCP clients take it.
    public var mcp: MCPClock {
        let pause = sleep
        return MCPClock(elapsed: elapsed, pause: pause)
    }
}
