import Catalog
import Outbound

/// How replies of HTTP are read, whatever the transport.
extension HTTPResponse {
    /// The error of the protocol that a reply without success holds; nil when it is a success.
    ///
    /// - Throws: What its status means when it holds none.
    func refusal(_ limits: MCPLimits, hasSession: Bool) async throws(MCPFailure) -> Message.Incoming? {
        if (200..<300).contains(status) { return nil }
        if status == 401 || (status == 403 && headers["WWW-Authenticate"] != nil) {
            throw .unauthorized(status: status)
        }
        if status == 404, hasSession { throw .sessionEnded }
        // A body that cannot be read says no more than the status.
        guard mediaType == "application/json", let bytes = try? await whole(limits),
            let message = try? Message.read(bytes).first, case .error = message
        else { throw .refused(status: status) }
        return message
    }

    /// The media type without its parameters, in lower case.
    var mediaType: String { String(headers["Content-Type"]?.prefix { $0 != ";" && $0 != " " } ?? "").lowercased() }

    /// The whole body.
    func whole(_ limits: MCPLimits) async throws(MCPFailure) -> [UInt8] {
        do throws(OutboundError) {
            return try await body.collect(bytesMax: limits.messageBytesMax)
        } catch {
            throw MCPFailure(error)
        }
    }
}

/// The events of a reply, one by one.
struct EventReader {
    private let body: HTTPBody
    private var parser: ServerSentEvents.Parser
    private var events: ArraySlice<ServerSentEvents.Event> = []

    init(_ body: HTTPBody, _ limits: MCPLimits) {
        self.body = body
        parser = ServerSentEvents.Parser(eventBytesMax: limits.messageBytesMax)
    }

    /// The next event; nil at the end.
    mutating func next() async throws(MCPFailure) -> ServerSentEvents.Event? {
        while events.isEmpty {
            let bytes: [UInt8]?
            do throws(OutboundError) {
                bytes = try await body.next()
            } catch {
                throw MCPFailure(error)
            }
            guard let bytes else { return nil }
            do throws(ServerSentEvents.TooLong) {
                events = try parser.feed(bytes)[...]
            } catch {
                throw .tooMuch("a message of more than \(error.bytesMax) bytes")
            }
        }
        return events.removeFirst()
    }
}
