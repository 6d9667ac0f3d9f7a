import Logging
import Synchronization

/// Everything that an app logs, at every level, for a test to look through.
public final class LogCapture: Sendable {
    private let lines = Mutex<[String]>([])

    /// One that has nothing yet.
    public init() {}

    /// What was logged so far: a line each, with its level and metadata.
    public var text: String { lines.withLock { $0.joined(separator: "\n") } }

    /// What writes here.
    var logger: Logger {
        var logger = Logger(label: "covey.test") { _ in Handler(capture: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let capture: LogCapture
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let error = event.error.map { " \($0)" } ?? ""
            capture.lines.withLock { $0.append("\(event.level) \(event.message) \(all)\(error)") }
        }
    }
}
