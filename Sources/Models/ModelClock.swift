/// The time as the models that make their replies themselves see it, handed in so that tests need not wait.
public struct ModelClock: Sendable {
    /// The present moment in ISO 8601, in UTC with milliseconds: `2026-01-31T12:00:00.000Z`.
    public let timestamp: @Sendable () -> String
    /// Waits; throws `CancellationError` when the task is cancelled meanwhile.
    public let sleep: @Sendable (Duration) async throws -> Void

    /// A clock of these functions.
    public init(
        timestamp: @escaping @Sendable () -> String, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.timestamp = timestamp
        self.sleep = sleep
    }

    /// Waits for `duration`, as `sleep` does.
    func wait(for duration: Duration) async throws { try await sleep(duration) }
}
