import Catalog
import Outbound
import Synchronization

/// The transport of revision 2024-11-05: one stream of events carries all that the server says. Its first event names
/// the address that our messages are posted to.
final class EventStream: Sendable {
    private let address: MCPServerAddress
    private let endpoint: String
    private let http: HTTPClient
    private let limits: MCPLimits
    private let events: EventReader
    private let mailbox = Mailbox()

    private init(
        _ address: MCPServerAddress, _ endpoint: String, _ http: HTTPClient, _ limits: MCPLimits, _ events: EventReader
    ) {
        self.address = address
        self.endpoint = endpoint
        self.http = http
        self.limits = limits
        self.events = events
    }

    /// Opens the stream, and waits for the address to post to.
    static func open(
        _ address: MCPServerAddress, _ http: HTTPClient, _ limits: MCPLimits
    ) async throws(MCPFailure) -> EventStream {
        var headers = address.headers
        headers["Accept"] = "text/event-stream"
        var request = HTTPRequest(
            url: address.url, headers: headers,
            timeouts: HTTPTimeouts(
                connect: min(limits.request, .seconds(10)), idle: limits.session, total: limits.session),
            followsRedirects: true, bodyBytesMax: .max)
        request.scope = address.scope
        let response: HTTPResponse
        do throws(OutboundError) {
            response = try await http.send(request)
        } catch {
            throw MCPFailure(error)
        }
        if case .error(_, let code, let message, _)? = try await response.refusal(limits, hasSession: false) {
            throw .server(code: code, message: message)
        }
        guard response.mediaType == "text/event-stream" else {
            throw .malformed("its reply is of the type '\(response.mediaType.prefix(100))', not a stream of events")
        }
        var events = EventReader(response.body, limits)
        let endpoint = try await endpoint(&events, address, limits)
        return EventStream(address, endpoint, http, limits, events)
    }

    /// The address to post to. It must be of the same origin: credentials go there.
    private static func endpoint(
        _ events: inout EventReader, _ address: MCPServerAddress, _ limits: MCPLimits
    ) async throws(MCPFailure) -> String {
        for _ in 0..<limits.messagesMax {
            guard let event = try await events.next() else { break }
            guard event.name == "endpoint" else { continue }
            guard let target = HTTPRequest.address(event.text, at: address.url) else {
                throw .malformed("the address that it wants messages at is of another origin")
            }
            return target
        }
        throw .malformed("the stream does not name the address for messages")
    }

    var link: Link {
        Link(
            exchange: { outgoing async throws(MCPFailure) in try await self.exchange(outgoing) },
            tell: { message, time async throws(MCPFailure) in try await self.post(message, time: time) },
            adopt: { _ in }, close: {}, isOver: { self.mailbox.isClosed })
    }

    private func exchange(_ outgoing: Outgoing) async throws(MCPFailure) -> Message.Incoming {
        mailbox.expect(outgoing.id, outgoing.progressed)
        do throws(MCPFailure) {
            try await post(outgoing.message, time: outgoing.time, own: outgoing.headers)
        } catch {
            mailbox.forget(outgoing.id)
            throw error
        }
        return try await mailbox.take(outgoing.id)
    }

    private func post(
        _ message: JSONValue, time: Duration, own: HTTPHeaders = [:]
    ) async throws(MCPFailure) {
        var headers = address.headers
        for field in own.fields { headers[field.name] = field.value }
        headers["Content-Type"] = "application/json"
        var request = HTTPRequest(
            method: "POST", url: endpoint, headers: headers, body: message.jsonBytes,
            timeouts: HTTPTimeouts(connect: min(time, .seconds(10)), idle: time, total: time),
            bodyBytesMax: limits.messageBytesMax)
        request.scope = address.scope
        let response: HTTPResponse
        do throws(OutboundError) {
            response = try await http.send(request)
        } catch {
            throw MCPFailure(error)
        }
        if case .error(_, let code, let message, _)? = try await response.refusal(limits, hasSession: false) {
            throw .server(code: code, message: message)
        }
    }

    /// Puts answers where they are waited for, until the stream ends. Has one caller.
    func read() async {
        var events = events
        do throws(MCPFailure) {
            var unasked = 0
            while let event = try await events.next() {
                guard event.name.isEmpty || event.name == "message", !event.data.isEmpty else { continue }
                for message in try Message.read(event.data) {
                    if mailbox.deliver(message) {
                        unasked = 0
                        continue
                    }
                    unasked += 1
                    guard unasked <= limits.messagesMax else {
                        throw .tooMuch("\(limits.messagesMax) messages that nobody asked for")
                    }
                    guard case .request(let id, let method) = message else { continue }
                    try await post(Message.answer(to: id, method: method), time: limits.request)
                }
            }
            mailbox.end(.network(.cut("the stream of events ended")))
        } catch {
            mailbox.end(error)
        }
    }
}

/// Answers that are waited for, by the ids of their requests.
final class Mailbox: Sendable {
    private enum Slot {
        case expected
        case waiting(CheckedContinuation<Result<Message.Incoming, MCPFailure>, Never>)
        case here(Result<Message.Incoming, MCPFailure>)
    }

    private struct State {
        var slots: [Int: Slot] = [:]
        var progressed: [Int: @Sendable () -> Void] = [:]
        var failure: MCPFailure?
    }

    private let state = Mutex(State())

    /// Keeps what comes for a request from now on.
    func expect(_ id: Int, _ progressed: (@Sendable () -> Void)? = nil) {
        state.withLock { state in
            state.slots[id] = .expected
            state.progressed[id] = progressed
        }
    }

    /// Keeps it no longer.
    func forget(_ id: Int) {
        state.withLock { state in
            state.slots[id] = nil
            state.progressed[id] = nil
        }
    }

    /// Whether nothing comes any more.
    var isClosed: Bool { state.withLock { $0.failure != nil } }

    /// Waits for what comes for a request.
    func take(_ id: Int) async throws(MCPFailure) -> Message.Incoming {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Result<Message.Incoming, MCPFailure>? in
                    if case .here(let result)? = state.slots[id] { return result }
                    if let failure = state.failure { return .failure(failure) }
                    if Task.isCancelled { return .failure(.cancelled) }
                    state.slots[id] = .waiting(continuation)
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            settle(id, .failure(.cancelled))
        }
        forget(id)
        return try result.get()
    }

    /// Hands over what came; false when nobody asked for it.
    func deliver(_ message: Message.Incoming) -> Bool {
        switch message {
        case .result(let id, _), .error(.some(let id), _, _, _): return settle(id, .success(message))
        default:
            guard let id = message.progress, let progressed = state.withLock({ $0.progressed[id] }) else {
                return false
            }
            progressed()
            return true
        }
    }

    /// Fails all that is waited for, now and later.
    func end(_ failure: MCPFailure) {
        let ids = state.withLock { state in
            state.failure = failure
            return Array(state.slots.keys)
        }
        for id in ids { settle(id, .failure(failure)) }
    }

    @discardableResult private func settle(_ id: Int, _ result: Result<Message.Incoming, MCPFailure>) -> Bool {
        let (isKnown, waiter) = state.withLock {
            state -> (Bool, CheckedContinuation<Result<Message.Incoming, MCPFailure>, Never>?) in
            switch state.slots[id] {
            case nil, .here: return (false, nil)
            case .expected:
                state.slots[id] = .here(result)
                return (true, nil)
            case .waiting(let continuation):
                state.slots[id] = .here(result)
                return (true, continuation)
            }
        }
        waiter?.resume(returning: result)
        return isKnown
    }
}
