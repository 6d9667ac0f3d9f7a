import Glibc
import Kit

/// A scripted OpenAI-compatible model and an MCP server on one thread: `POST …/chat/completions`, `POST /mcp`,
/// `GET /stats`, `POST /reset`.
public final class ModelServer {
    /// Answers that are kept ready, at most; a bench run uses a handful.
    static let cachedRepliesMaximum = 64
    /// Milliseconds after which an idle server looks whether it should stop.
    static let idleWaitMilliseconds: Int32 = 200

    let epoll: Epoll
    private let listener: Int32
    private let shouldStop: () -> Bool
    private var connections: [Connection?] = []
    private var timers = TimerQueue<(socket: Int32, generation: UInt64)>()
    private var replies: [ReplyPlan: Reply] = [:]
    private var generation: UInt64 = 0
    private var requests = 0
    private var streamed = 0
    private var toolCalls = 0
    private var servedCalls = 0
    private var inFlight = 0
    private var inFlightMaximum = 0

    /// A server on a bound, non-blocking `listener`, which it closes at the end. `shouldStop` is asked about five
    /// times a second.
    public init(listener: Int32, shouldStop: @escaping () -> Bool) throws {
        self.listener = listener
        self.shouldStop = shouldStop
        epoll = try Epoll()
        try epoll.add(listener, for: .reading)
    }

    /// Serves on the calling thread until `shouldStop` answers true.
    public func serve() {
        var nextCheck = Clock.now()
        while true {
            let ready = epoll.wait(milliseconds: waitMilliseconds())
            for index in 0..<ready {
                let socket = epoll.socket(at: index)
                if socket == listener { acceptAll() } else { connection(socket)?.isReady(self) }
            }
            let now = Clock.now()
            while let (socket, generation) = timers.take(dueAt: now) {
                guard let connection = connection(socket), connection.generation == generation else { continue }
                connection.isDue(self, now: now)
            }
            if now >= nextCheck {
                if shouldStop() { break }
                nextCheck = now + Int64(Self.idleWaitMilliseconds) * 1_000_000
            }
        }
        for connection in connections { connection?.close() }
        close(listener)
    }

    private func connection(_ socket: Int32) -> Connection? {
        Int(socket) < connections.count ? connections[Int(socket)] : nil
    }

    /// Until the next timer, rounded up so that it is due on waking.
    private func waitMilliseconds() -> Int32 {
        guard let due = timers.nextDue else { return Self.idleWaitMilliseconds }
        let left = due - Clock.now()
        return left <= 0 ? 0 : min(Self.idleWaitMilliseconds, Int32((left + 999_999) / 1_000_000))
    }

    private func acceptAll() {
        while let socket = Sockets.accept(from: listener) {
            do throws(SystemError) {
                try epoll.add(socket, for: .reading)
            } catch {
                close(socket)
                continue
            }
            while connections.count <= Int(socket) { connections.append(nil) }
            generation += 1
            connections[Int(socket)] = Connection(socket: socket, generation: generation)
        }
    }

    /// Forgets a connection that is over.
    func drop(_ connection: Connection) {
        if connection.isAnswering { inFlight -= 1 }
        connections[Int(connection.socket)] = nil
        connection.close()
    }

    /// Asks that `isDue` of the connection be called at `due`.
    func wake(_ connection: Connection, at due: Int64) {
        timers.add((connection.socket, connection.generation), due: due)
    }

    /// The answer to a complete request.
    func answer(_ method: String, _ path: String, _ body: UnsafeRawBufferPointer) -> Reply {
        if method == "POST", path.hasSuffix("/chat/completions") {
            let plan = ReplyPlan(body: body)
            requests += 1
            if plan.isStreamed { streamed += 1 }
            if plan.toolName != nil { toolCalls += 1 }
            if let ready = replies[plan] { return ready }
            let reply = Reply(plan)
            if replies.count >= Self.cachedRepliesMaximum { replies.removeAll() }
            replies[plan] = reply
            return reply
        }
        switch (method, path) {
        case ("POST", ToolAnswer.path):
            let (method, message) = ToolAnswer.message(to: body)
            if method == "tools/call" { servedCalls += 1 }
            return Reply(immediate: Reply.whole(message.line))
        case ("GET", "/stats"): return Reply(immediate: Reply.whole(stats))
        case ("POST", "/reset"):
            requests = 0
            streamed = 0
            toolCalls = 0
            servedCalls = 0
            inFlightMaximum = inFlight
            return Reply(immediate: Reply.whole(stats))
        default:
            let error = #"{"error":{"message":"no such path","type":"invalid_request_error"}}"#
            return Reply(immediate: Reply.whole(error, status: "404 Not Found"))
        }
    }

    /// Counts an answer that has begun.
    func began() {
        inFlight += 1
        inFlightMaximum = max(inFlightMaximum, inFlight)
    }

    /// Counts an answer that has left.
    func ended() { inFlight -= 1 }

    private var stats: String {
        JSON.object([
            ("requests", .count(requests)), ("streamed", .count(streamed)), ("tool_calls", .count(toolCalls)),
            ("served_calls", .count(servedCalls)),
            ("in_flight", .count(inFlight)), ("in_flight_max", .count(inFlightMaximum)),
        ]).line
    }
}

extension Reply {
    /// An answer that leaves at once.
    init(immediate bytes: [UInt8]) {
        pieces = [bytes]
        firstMilliseconds = 0
        delayMilliseconds = 0
    }
}
