/// Something that people who operate the server should find in its log. It holds no secrets and nothing that was said.
public struct RunReport: Sendable {
    /// How much it matters.
    public enum Level: Sendable { case info, notice, warning, error }

    /// How much it matters.
    public let level: Level
    /// What happened.
    public let message: String
    /// What it happened to: `run`, `request`, `conversation`, `tool` and the like, with their ids.
    public let fields: [String: String]

    /// A report from its parts.
    public init(_ level: Level, _ message: String, _ fields: [String: String] = [:]) {
        self.level = level
        self.message = message
        self.fields = fields
    }
}

/// Where reports go: a function, so that the runtime knows no logger.
public struct RunReporter: Sendable {
    /// Takes a report. Must not block.
    public let say: @Sendable (RunReport) -> Void

    /// A reporter of this function.
    public init(_ say: @escaping @Sendable (RunReport) -> Void) { self.say = say }

    /// Nobody hears.
    public static let none = RunReporter { _ in }
}
