/// Every bound of the HTTP server, with its unit, and the environment variable that sets it.
public struct ServerLimits: Sendable, Equatable {
    /// Bytes of a request's body. `COVEY_HTTP_BODY_BYTES_MAX`.
    public var bodyBytesMax = 10 * 1024 * 1024
    /// Bytes of the body of a request that may hold files: a turn. `COVEY_HTTP_TURN_BYTES_MAX`.
    public var turnBytesMax = 32 * 1024 * 1024
    /// Bytes of all header fields of a request, and of one of them. `COVEY_HTTP_HEADER_BYTES_MAX`.
    public var headerBytesMax = 32 * 1024
    /// Header fields of a request. `COVEY_HTTP_HEADER_COUNT_MAX`.
    public var headerCountMax = 100
    /// Connections at once; more wait in the system's backlog. `COVEY_HTTP_CONNECTIONS_MAX`.
    public var connectionsMax = 16_384
    /// Event streams at once; more are refused with 503. `COVEY_HTTP_STREAMS_MAX`.
    public var streamsMax = 8_192
    /// How long a connection may stay without a request. `COVEY_HTTP_IDLE_MS`.
    public var idle: Duration = .seconds(75)
    /// How long a request may take to arrive, from the first byte on the wire to the last of its body.
    /// `COVEY_HTTP_REQUEST_MS`.
    public var request: Duration = .seconds(30)
    /// How long a client may leave a write unread before it is cut off. `COVEY_HTTP_WRITE_MS`.
    public var write: Duration = .seconds(30)
    /// How long an event stream is silent before a comment keeps it alive. `COVEY_HTTP_PING_MS`.
    public var ping: Duration = .seconds(15)
    /// How long requests and runs may go on once the server is told to stop. `COVEY_HTTP_SHUTDOWN_MS`.
    public var shutdown: Duration = .seconds(25)

    /// The defaults named at the fields.
    public init() {}

    /// The defaults, with what the environment says otherwise.
    ///
    /// - Throws: `BadSetting` naming the variable whose value is not a whole number within its range.
    public init(environment: [String: String]) throws(BadSetting) {
        func number(_ name: String, _ range: ClosedRange<Int>) throws(BadSetting) -> Int? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            guard let value = Int(text), range.contains(value) else {
                throw BadSetting(
                    name: name, value: text, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        func duration(_ name: String) throws(BadSetting) -> Duration? {
            try number(name, 1...86_400_000).map { .milliseconds($0) }
        }
        bodyBytesMax = try number("COVEY_HTTP_BODY_BYTES_MAX", 1024...1024 * 1024 * 1024) ?? bodyBytesMax
        turnBytesMax = try number("COVEY_HTTP_TURN_BYTES_MAX", 1024...1024 * 1024 * 1024) ?? turnBytesMax
        headerBytesMax = try number("COVEY_HTTP_HEADER_BYTES_MAX", 1024...1024 * 1024) ?? headerBytesMax
        headerCountMax = try number("COVEY_HTTP_HEADER_COUNT_MAX", 8...10_000) ?? headerCountMax
        connectionsMax = try number("COVEY_HTTP_CONNECTIONS_MAX", 1...1_000_000) ?? connectionsMax
        streamsMax = try number("COVEY_HTTP_STREAMS_MAX", 1...1_000_000) ?? streamsMax
        idle = try duration("COVEY_HTTP_IDLE_MS") ?? idle
        request = try duration("COVEY_HTTP_REQUEST_MS") ?? request
        write = try duration("COVEY_HTTP_WRITE_MS") ?? write
        ping = try duration("COVEY_HTTP_PING_MS") ?? ping
        shutdown = try duration("COVEY_HTTP_SHUTDOWN_MS") ?? shutdown
    }
}

/// A setting whose value cannot be used.
public struct BadSetting: Error, Sendable, Equatable, CustomStringConvertible {
    /// The flag or environment variable.
    public let name: String
    /// What it was set to.
    public let value: String
    /// What it should be, as a phrase: `a whole number from 1 to 9`.
    public let expected: String

    /// A bad setting from its parts.
    public init(name: String, value: String, expected: String) {
        self.name = name
        self.value = value
        self.expected = expected
    }

    /// A sentence for the person who starts the server.
    public var description: String { "\(name) is '\(value)', but must be \(expected)." }
}
