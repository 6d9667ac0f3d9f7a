import Catalog
import Synchronization

/// Calls over a link: gives out ids and keeps to the time.
final class Calls: Sendable {
    let limits: MCPLimits
    private let link: Link
    private let clock: MCPClock
    private let began: Duration
    private let last = Mutex(0)
    private let asides = Asides()

    init(link: Link, limits: MCPLimits, clock: MCPClock) {
        self.link = link
        self.limits = limits
        self.clock = clock
        began = clock.elapsed()
    }

    /// An id that no other request of the session has.
    func nextID() -> Int {
        last.withLock { last in
            last += 1
            return last
        }
    }

    /// What came for a request, good or bad.
    func exchange(
        _ method: String, _ parameters: JSONObject, within time: Duration? = nil
    ) async throws(MCPFailure) -> Message.Incoming {
        var time = time ?? limits.request
        if let session = limits.session { time = min(time, session - (clock.elapsed() - began)) }
        guard time > .zero else { throw .timedOut }
        return try await link.exchange(Outgoing(id: nextID(), method: method, parameters: parameters, time: time))
    }

    /// The result of a request. Throws the error that came instead.
    func result(_ method: String, _ parameters: JSONObject) async throws(MCPFailure) -> JSONObject {
        try Self.result(of: try await exchange(method, parameters))
    }

    /// The result in an answer. Throws the error that it holds instead.
    static func result(of answer: Message.Incoming) throws(MCPFailure) -> JSONObject {
        switch answer {
        case .result(_, let result): return result
        case .error(_, let code, let message, _): throw .server(code: code, message: message)
        case .request, .notification: throw .malformed("its answer is none")
        }
    }

    /// What came for a request whose time begins anew with each sign of progress.
    func watch(
        _ request: Outgoing, idle: Duration, _ onProgress: (@Sendable () -> Void)?
    ) async throws(MCPFailure) -> Message.Incoming {
        let heard = Heard(at: clock.elapsed())
        var request = request
        request.progressed = { [clock] in
            heard.note(clock.elapsed())
            onProgress?()
        }
        let outgoing = request
        return try await withTaskGroup(of: Result<Message.Incoming, MCPFailure>?.self) { [link, clock] group in
            group.addTask {
                do throws(MCPFailure) {
                    return .success(try await link.exchange(outgoing))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    let left = heard.at + idle - clock.elapsed()
                    guard left > .zero else { return .failure(.timedOut) }
                    try? await clock.pause(left)
                }
                return nil
            }
            var outcome: Result<Message.Incoming, MCPFailure>?
            while outcome == nil, let next = await group.next() { outcome = next }
            group.cancelAll()
            return outcome ?? .failure(.cancelled)
        }.get()
    }

    func tell(_ method: String) async throws(MCPFailure) {
        try await link.tell(Message.notification(method), limits.request)
    }

    /// Tells the server something beside what the task does, which may have been cancelled.
    func tellAside(_ method: String, _ parameters: JSONObject) {
        asides.start { [link, limits] in
            // Whether the server hears that is its business.
            try? await link.tell(Message.notification(method, parameters), min(limits.request, .seconds(2)))
        }
    }

    /// Ends the session once all that is told beside it is said, whatever becomes of the task.
    func close() async {
        await asides.finish()
        asides.start { [link] in await link.close() }
        await asides.finish()
    }

    var isOver: Bool { link.isOver() }

    func adopt(_ revision: Revision) { link.adopt(revision) }
}

/// When a server was last heard of.
private final class Heard: Sendable {
    private let moment: Mutex<Duration>

    init(at: Duration) { moment = Mutex(at) }

    var at: Duration { moment.withLock { $0 } }

    func note(_ at: Duration) { moment.withLock { $0 = at } }
}
