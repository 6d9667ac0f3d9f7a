import Kit

/// One load that is put on every target in turn.
public struct Step: Sendable, Equatable {
    /// The name in the results and for `--steps`.
    public let name: String
    /// What it is, for the table.
    public let title: String
    /// Whether the answers are server-sent events.
    public let isStreamed: Bool
    /// Turns at a time.
    public let connections: Int
    /// Milliseconds between two pieces of an answer.
    public let delayMilliseconds: Int
    /// Pieces of an answer.
    public let chunks: Int
    /// Turns, at most.
    public let requests: Int
    /// Seconds after which no turn begins.
    public let seconds: Double
    /// Seconds at the beginning that do not count.
    public let warmupSeconds: Double
    /// Whether Covey is called with an API key, and besides without one, to compare.
    public let isKeyed: Bool

    /// Pieces of every answer of the bench.
    public static let standardChunks = 20

    init(
        _ name: String, _ title: String, isStreamed: Bool, connections: Int, delayMilliseconds: Int = 0,
        requests: Int = 1_000_000, seconds: Double, warmupSeconds: Double, isKeyed: Bool = false
    ) {
        self.name = name
        self.title = title
        self.isStreamed = isStreamed
        self.connections = connections
        self.delayMilliseconds = delayMilliseconds
        self.requests = requests
        self.seconds = seconds
        self.warmupSeconds = warmupSeconds
        self.isKeyed = isKeyed
        chunks = Self.standardChunks
    }

    /// The steps of a run. Those that are bounded by time take `seconds` each.
    public static func all(seconds: Double) -> [Step] {
        let warmup = seconds / 10
        func timed(_ name: String, _ title: String, _ isStreamed: Bool, _ connections: Int) -> Step {
            Step(
                name, title, isStreamed: isStreamed, connections: connections, seconds: seconds, warmupSeconds: warmup
            )
        }
        return [
            timed("plain_c1", "plain, 1 client", false, 1),
            Step(
                "keyed_c1", "plain with an API key, 1 client", isStreamed: false, connections: 1, seconds: seconds,
                warmupSeconds: warmup, isKeyed: true
            ),
            timed("stream_c1", "streamed, 1 client", true, 1),
            timed("plain_c32", "plain, 32 clients", false, 32),
            timed("stream_c32", "streamed, 32 clients", true, 32),
            timed("plain_c256", "plain, 256 clients", false, 256),
            timed("stream_c256", "streamed, 256 clients", true, 256),
            Step(
                "paced_c256", "256 streams, a piece every 10 ms", isStreamed: true, connections: 256,
                delayMilliseconds: 10, requests: max(512, Int(seconds * 256) / 256 * 256), seconds: seconds * 4,
                warmupSeconds: 0
            ),
        ]
    }

    /// The body of a turn, the same for every target. Each turn is a conversation of its own.
    public var body: String { Self.body(isStreamed: isStreamed, chunks: chunks, delayMilliseconds: delayMilliseconds) }

    /// A turn's body with a place for the number of the request.
    static func body(isStreamed: Bool, chunks: Int, delayMilliseconds: Int) -> String {
        let directive = "%bench chunks=\(chunks) delay_ms=\(delayMilliseconds)%"
        return JSON.object([
            ("model", .text("bench")), ("stream", .flag(isStreamed)),
            ("conversationId", .text("bench-{{run}}-{{n}}")),
            (
                "messages",
                .array([.object([("role", .text("user")), ("content", .text("Say something. " + directive))])])
            ),
        ]).line
    }
}
