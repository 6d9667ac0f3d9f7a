import Catalog
import Outbound
import Synchronization

/// The transport of revisions from 2025-03-26: every message is posted to one address, and what answers it comes as
/// the reply, alone or as the last of a stream.
final class StreamableHTTP: Sendable {
    private struct State {
        var sessionID: String?
        var revision: Revision?
        /// Whether the session was made by the server for us, so that we end it.
        var isOurs = false
    }

    private let address: MCPServerAddress
    private let http: HTTPClient
    private let limits: MCPLimits
    private let state: Mutex<State>

    init(_ address: MCPServerAddress, _ http: HTTPClient, _ limits: MCPLimits) {
        self.address = address
        self.http = http
        self.limits = limits
        // Who goes on with a session does not know its revision; the header says the newest that has sessions.
        let revision = address.sessionID == nil ? nil : Revision.newestWithHandshake
        state = Mutex(State(sessionID: address.sessionID, revision: revision))
    }

    var link: Link {
        Link(
            exchange: { outgoing async throws(MCPFailure) in try await self.exchange(outgoing) },
            tell: { message, time async throws(MCPFailure) in try await self.tell(message, time) },
            adopt: { revision in self.state.withLock { $0.revision = revision } }, close: { await self.close() },
            isOver: { false })
    }

    private func request(
        _ method: String, _ body: JSONValue?, time: Duration, own: HTTPHeaders = [:]
    ) -> HTTPRequest {
        let (session, revision) = state.withLock { ($0.sessionID, $0.revision) }
        var headers = address.headers
        for field in own.fields { headers[field.name] = field.value }
        headers["Accept"] = "application/json, text/event-stream"
        if body != nil { headers["Content-Type"] = "application/json" }
        headers["Mcp-Session-Id"] = session
        headers["MCP-Protocol-Version"] = revision?.rawValue
        if revision?.hasHandshake == false {
            headers["Mcp-Method"] = body?["method"]?.string
            headers["Mcp-Name"] = body?["params"]?["name"]?.string.map(ParameterHeaders.encoded)
        }
        var request = HTTPRequest(
            method: method, url: address.url, headers: headers, body: body?.jsonBytes,
            timeouts: HTTPTimeouts(connect: min(time, .seconds(10)), idle: time, total: time), followsRedirects: true,
            bodyBytesMax: limits.messageBytesMax)
        request.scope = address.scope
        return request
    }

    private func send(_ request: HTTPRequest) async throws(MCPFailure) -> HTTPResponse {
        do throws(OutboundError) {
            return try await http.send(request)
        } catch {
            throw MCPFailure(error)
        }
    }

    private func exchange(_ outgoing: Outgoing) async throws(MCPFailure) -> Message.Incoming {
        let response = try await send(
            request("POST", outgoing.message, time: outgoing.time, own: outgoing.headers))
        if let error = try await response.refusal(limits, hasSession: state.withLock { $0.sessionID != nil }) {
            return error
        }
        if outgoing.method == Handshake.method { try keepSession(response.headers) }
        switch response.mediaType {
        case "application/json":
            let bytes = try await response.whole(limits)
            for message in try Message.read(bytes) where message.answers(outgoing.id) { return message }
            throw .malformed("its reply does not answer the request")
        case "text/event-stream": return try await answer(to: outgoing, in: response.body)
        default: throw .malformed("its reply is of the type '\(response.mediaType.prefix(100))'")
        }
    }

    /// Reads the stream up to the answer. What the server asks meanwhile is answered, what it tells is passed over.
    private func answer(to outgoing: Outgoing, in body: HTTPBody) async throws(MCPFailure) -> Message.Incoming {
        var events = EventReader(body, limits)
        var others = 0
        while others < limits.messagesMax {
            guard let event = try await events.next() else { throw .malformed("the stream ends before the answer") }
            others += 1
            // Events of other names, and empty ones that only keep the connection, are no messages.
            guard event.name.isEmpty || event.name == "message", !event.data.isEmpty else { continue }
            for message in try Message.read(event.data) {
                if message.answers(outgoing.id) { return message }
                if message.progress == outgoing.id, let progressed = outgoing.progressed {
                    // How much of it there may be is bounded by the time of the request.
                    others -= 1
                    progressed()
                    continue
                }
                if case .request(let id, let method) = message {
                    try await tell(Message.answer(to: id, method: method), limits.request)
                }
            }
        }
        throw .tooMuch("\(limits.messagesMax) messages before the answer")
    }

    private func tell(_ message: JSONValue, _ time: Duration) async throws(MCPFailure) {
        let response = try await send(request("POST", message, time: time))
        let refusal = try await response.refusal(limits, hasSession: state.withLock { $0.sessionID != nil })
        if case .error(_, let code, let message, _)? = refusal { throw .server(code: code, message: message) }
    }

    /// Bytes of the longest session id that is taken.
    private static let sessionBytesMax = 1024

    private func keepSession(_ headers: HTTPHeaders) throws(MCPFailure) {
        guard let id = headers["Mcp-Session-Id"] else { return }
        guard (1...Self.sessionBytesMax).contains(id.utf8.count), id.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .malformed("its session id is not visible ASCII") }
        state.withLock { state in
            state.sessionID = id
            state.isOurs = true
        }
    }

    /// Tells the server that we are gone. Whether it hears that is its business.
    private func close() async {
        guard state.withLock({ $0.isOurs }) else { return }
        _ = try? await send(request("DELETE", nil, time: min(limits.request, .seconds(2))))
    }
}
