/// Waiting, for commands that ask a server again.
enum Clock {
    /// Waits so long. Throws when the command is cancelled.
    static let pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
}
