import Catalog
public import Logging

/// Writes each message as one line of JSON: `time`, `level`, `message`, `logger`, and what belongs to it (`run`,
/// `request`, …) as members of their own.
public struct JSONLogHandler: LogHandler {
    /// What every message has.
    public var metadata: Logger.Metadata = [:]
    /// What is passed over: less than this.
    public var logLevel = Logger.Level.info
    private let label: String
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void

    /// A handler.
    ///
    /// - Parameters:
    ///   - label: The logger's name.
    ///   - now: The time, milliseconds since 1970.
    ///   - write: Takes a line, its end included.
    public init(
        label: String, now: @escaping @Sendable () -> Int64, write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.now = now
        self.write = write
    }

    /// What every message has under this name.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a message.
    public func log(event: LogEvent) {
        var line: JSONObject = [
            "time": .string(Timestamp.text(now())), "level": .string(event.level.rawValue),
            "message": .string(event.message.description), "logger": .string(label),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) where line[name] == nil {
            line[name] = .string("\(value)")
        }
        write(JSONValue.object(line).jsonText + "\n")
    }
}
