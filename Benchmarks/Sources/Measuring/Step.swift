import Kit

/// One load that is put on every target in turn.
public struct Step: Sendable, Equatable {
    /// What of a turn is measured against the same turn of Covey without it.
    public enum Extra: Sendable, Equatable {
        /// The API key.
        case key
        /// That the tool which the model calls exists: without it the model calls one that does not, is told so, and
        /// answers.
        case tool
    }

    /// The name in the results and for `--steps`.
    public let name: String
    /// What it is, for the table.
    public let title: String
    /// Whether the answers are server-sent events.
    public let isStreamed: Bool
    /// Turns at a time.
    public let connections: Int
    /// Milliseconds between two pieces of an answer.
    public var delayMilliseconds = 0
    /// Pieces of an answer.
    public let chunks = Self.standardChunks
    /// Turns, at most.
    public var requests = 1_000_000
    /// Seconds after which no turn begins.
    public let seconds: Double
    /// Seconds at the beginning that do not count.
    public var warmupSeconds = 0.0
    /// What is measured against turns without it; nil for whole turns alone.
    public var extra: Extra?
    /// The agent of Covey's that takes the turns.
    var agent = BenchAgent.plain
    /// The id of the conversations: each turn has its own unless it says otherwise.
    var conversation = "bench-{{run}}-{{n}}"
    /// Whether no turn may be lost: the table says how many were.
    public var losesNone = false
    /// The text at which the client goes; nil to read whole answers.
    var stopsAt: String?

    /// Pieces of every answer of the bench.
    public static let standardChunks = 20

    init(_ name: String, _ title: String, isStreamed: Bool, connections: Int, seconds: Double) {
        self.name = name
        self.title = title
        self.isStreamed = isStreamed
        self.connections = connections
        self.seconds = seconds
    }

    /// Whether the same turn without Covey would be another one: then there is nothing to compare with.
    public var isForCoveyAlone: Bool { agent != .plain }

    /// The steps of a run. Those that are bounded by time take `seconds` each.
    public static func all(seconds: Double) -> [Step] {
        [
            timed("plain_c1", "plain, 1 client", 1, seconds),
            timed("keyed_c1", "plain with an API key, 1 client", 1, seconds) { $0.extra = .key },
            timed("stream_c1", "streamed, 1 client", isStreamed: true, 1, seconds),
            timed("mcp_c1", "with an MCP call, 1 client", 1, seconds * 0.6) { $0.use(.mcp) },
            timed("function_c1", "with a function call, 1 client", 1, seconds * 0.6) { $0.use(.function) },
            timed("plain_c32", "plain, 32 clients", 32, seconds),
            timed("stream_c32", "streamed, 32 clients", isStreamed: true, 32, seconds),
            timed("mcp_c32", "with an MCP call, 32 clients", 32, seconds) { $0.use(.mcp) },
            timed("function_c32", "with a function call, 32 clients", 32, seconds) { $0.use(.function) },
            timed("plain_c256", "plain, 256 clients", 256, seconds),
            timed("stream_c256", "streamed, 256 clients", isStreamed: true, 256, seconds),
            paced("paced_c256", "256 streams, a piece every 10 ms", 256, 10, seconds, requests: Int(seconds * 256)),
            paced("paced_c1000", "1,000 streams, a piece every 100 ms", 1_000, 100, seconds, requests: 2_000) {
                $0.losesNone = true
            },
        ]
    }

    private static func timed(
        _ name: String, _ title: String, isStreamed: Bool = false, _ connections: Int, _ seconds: Double,
        _ change: (inout Step) -> Void = { _ in }
    ) -> Step {
        var step = Step(name, title, isStreamed: isStreamed, connections: connections, seconds: seconds)
        step.warmupSeconds = seconds / 10
        change(&step)
        return step
    }

    /// Whole rounds of all streams, at least two, so that none is left over at the end.
    private static func paced(
        _ name: String, _ title: String, _ connections: Int, _ delay: Int, _ seconds: Double, requests: Int,
        _ change: (inout Step) -> Void = { _ in }
    ) -> Step {
        var step = Step(name, title, isStreamed: true, connections: connections, seconds: max(seconds * 4, 10))
        step.delayMilliseconds = delay
        step.requests = max(2, requests / connections) * connections
        change(&step)
        return step
    }

    private mutating func use(_ agent: BenchAgent) {
        self.agent = agent
        if connections == 1 { extra = .tool }
    }

    /// The step without what it measures; nil where it measures whole turns.
    public var withoutExtra: Step? {
        guard extra != nil else { return nil }
        var step = self
        step.extra = nil
        step.hasTool = extra != .tool
        return step
    }

    /// Whether the model calls a tool that exists.
    private var hasTool = true

    /// The body of a turn, the same for every target.
    public var body: String {
        var directive = "chunks=\(chunks) delay_ms=\(delayMilliseconds)"
        if let tool = agent.tool {
            directive += " mode=tool argument=query:birds"
            directive += hasTool ? " tool=\(tool.name) result=\(tool.word)" : " tool=missing"
        }
        return Self.body(isStreamed: isStreamed, conversation: conversation, directive: directive)
    }

    /// A turn's body.
    static func body(isStreamed: Bool, conversation: String, directive: String) -> String {
        JSON.object([
            ("model", .text("bench")), ("stream", .flag(isStreamed)), ("conversationId", .text(conversation)),
            (
                "messages",
                .array([
                    .object([("role", .text("user")), ("content", .text("Say something. %bench \(directive)%"))])
                ])
            ),
        ]).line
    }
}
