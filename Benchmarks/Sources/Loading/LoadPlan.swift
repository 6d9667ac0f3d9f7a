/// What a client is to do: which request, how often, how many at a time, and what counts as answered.
public struct LoadPlan: Sendable {
    /// Requests of one run, at most.
    public static let requestsMaximum = 10_000_000
    /// Connections of one run, at most.
    public static let connectionsMaximum = 4_096

    /// Where the server listens on loopback.
    public var port: UInt16
    /// Path and query; may hold places of `Template`.
    public var path: String
    /// The body; may hold places of `Template`.
    public var body: String
    /// Further header lines, each `name: value`.
    public var headers: [String] = []
    /// Connections, each with one request in flight.
    public var connections = 1
    /// Requests in all, warm-up included.
    public var requests = 1_000
    /// Seconds after which no request begins any more.
    public var seconds = 60.0
    /// Seconds from the start whose requests are sent but not counted.
    public var warmupSeconds = 0.0
    /// Seconds for one request.
    public var requestSeconds = 30.0
    /// The text whose first sight is the first token, and which is counted. Empty for none.
    public var marker = ""
    /// Markers that a complete answer holds, no more and no fewer; nil for any number.
    public var markers: Int?
    /// A text that a complete answer must hold; empty for none.
    public var required = ""
    /// Whether an answer is complete as soon as it holds that text: its connection is closed then, whatever more would
    /// have come.
    public var stopsAtRequired = false

    /// A plan with the standard numbers.
    public init(port: UInt16, path: String, body: String) {
        self.port = port
        self.path = path
        self.body = body
    }
}
