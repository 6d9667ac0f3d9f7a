import Catalog
import Events
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Runtime
public import ServiceLifecycle

/// The HTTP server: listens, hands each request to the dispatcher, and writes what it answers.
public struct HTTPServer: Service {
    /// Where to listen.
    public struct Address: Sendable, Equatable {
        /// The host name or address.
        public var host: String
        /// The port; 0 for any that is free.
        public var port: Int

        /// An address from its parts.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    let address: Address
    let dispatcher: Dispatcher
    /// Who is believed about the addresses of clients.
    let proxies: TrustedProxies
    /// Which pages may read answers.
    let crossOrigin: CrossOrigin
    /// With what it proves who it is; nil where connections are not encrypted.
    let certificates: Certificates?
    /// Whether clients reach it encrypted, by itself or a proxy.
    let isSecure: Bool
    let streams: StreamRegistry
    let date: HTTPDate
    let clock: RuntimeClock
    /// How long event streams may go on once the server is told to stop.
    let streamGrace: Duration
    let logger: Logger
    let onListening: @Sendable (_ port: Int) async -> Void

    /// Serves until it is told to stop, then lets open requests finish; event streams may go on as long as runs may.
    public func run() async throws {
        let limits = dispatcher.limits
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(limits: limits)],
            idleTimeout: TimeAmount(limits.idle),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytesMax, maxHeaderListSize: limits.headerBytesMax,
                maxHeaderFieldCount: limits.headerCountMax))
        let responder: HTTPChannelHandler.Responder = { request, writer, channel in
            try await respond(to: request, writer, channel)
        }
        let builder = HTTPServerBuilder { [certificates] responder in
            let plain = HTTP1Channel(responder: responder, configuration: configuration)
            guard let certificates else { return plain }
            return EncryptedChannel(base: plain, certificates: certificates)
        }
        let server = try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionsMax)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger, responder: responder,
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? address.port) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await stopStreams() }
            if let certificates { group.addTask { await certificates.watch(clock, logger) } }
            try await server.run()
        }
    }

    /// Ends the streams that are still open a while after the server was told to stop.
    private func stopStreams() async {
        do {
            try await gracefulShutdown()
            if streamGrace > .zero { try await clock.pause(for: streamGrace) }
            streams.stop()
        } catch {
            // Cancelled: no request is open any more, or they all are being cut off.
        }
    }

    private func respond(
        to request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        let id = RequestID.of(request.headers[.requestID])
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let address = proxies.client(of: channel.remoteAddress, request.headers)
        var reply = try await dispatcher.answer(request, id: id, from: address)
        let path = request.head.path ?? "/"
        reply.headers += crossOrigin.reply(request.headers, path[...])
        if case .events(let stream) = reply.body {
            if let signal = streams.begin() {
                defer { streams.end(signal) }
                let head = head(reply, id, mediaType: ServerSentEvent.mediaType, length: nil)
                return try await write(stream, head, writer, signal, channel)
            }
            let problem = Problem(.serviceUnavailable, "Too many open event streams", retryAfter: .seconds(1))
            reply = .problem(problem, instance: String(path.prefix { $0 != "?" }), requestID: id)
        }
        try await write(reply, id, writer, isHead: request.method == .head)
    }

    private func write(
        _ reply: Reply, _ id: String, _ writer: consuming ResponseWriter, isHead: Bool
    ) async throws {
        guard case .bytes(let buffer, let mediaType) = reply.body else {
            let length = reply.status == 204 || reply.status == 304 ? nil : 0
            return try await writer.writeResponse(head(reply, id, mediaType: nil, length: length))
        }
        let head = head(reply, id, mediaType: mediaType, length: buffer.readableBytes)
        if isHead { return try await writer.writeResponse(head) }
        try await writer.write(response: head, body: ResponseBody(byteBuffer: buffer))
    }

    /// The header fields that every reply has (manage spec §0.9), and the reply's own.
    private func head(_ reply: Reply, _ id: String, mediaType: String?, length: Int?) -> HTTPResponse {
        var fields = Self.common
        fields[.requestID] = id
        fields[.date] = date.value
        if isSecure { fields[.strictTransportSecurity] = "max-age=31536000" }
        if let mediaType { fields[.contentType] = mediaType }
        if let length { fields[.contentLength] = String(length) }
        for (name, value) in reply.headers {
            // The only field that may come several times and cannot be put into one.
            if name == .setCookie {
                fields.append(HTTPField(name: name, value: value))
            } else {
                fields[name] = value
            }
        }
        return HTTPResponse(status: .init(code: reply.status), headerFields: fields)
    }

    private static let common: HTTPFields = [
        .contentTypeOptions: "nosniff", .referrerPolicy: "strict-origin-when-cross-origin", .xssProtection: "0",
        .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'", .frameOptions: "DENY",
    ]

    // MARK: Event streams

    private enum Step: Sendable {
        case events([LoggedEvent])
        case stopped
    }

    /// Writes a run's events as they come: one write for all that are there. Ends with the run, when the client goes,
    /// or when the server stops; the run itself goes on whatever happens here.
    private func write(
        _ stream: RunStream, _ head: HTTPResponse, _ writer: consuming ResponseWriter, _ signal: StreamSignal,
        _ channel: any Channel
    ) async throws {
        channel.triggerUserOutboundEvent(ConnectionGuard.StreamOpened(signal: signal), promise: nil)
        var body: any ResponseBodyWriter = try await writer.writeHead(head)
        var stream = stream
        do {
            try await write(&stream, signal, &body)
        } catch {
            await leave(stream)
            throw error
        }
        await leave(stream)
        try await body.finish(nil)
    }

    /// Does what is to be done when a client goes before the end. A server that stops is not such a client.
    private func leave(_ stream: RunStream) async {
        guard let onLeave = stream.onLeave, !stream.isFinished, !streams.isStopping else { return }
        await onLeave()
    }

    private func write(
        _ stream: inout RunStream, _ signal: StreamSignal, _ body: inout any ResponseBodyWriter
    ) async throws {
        try await withThrowingTaskGroup(of: Step.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                await signal.wait()
                return .stopped
            }
            while true {
                group.addTask { [pull = stream.pull, sequence = stream.sequence] in
                    .events(try await pull(sequence))
                }
                guard case .events(let events)? = try await group.next() else { break }
                if events.isEmpty {
                    let end = stream.leave()
                    if end.readableBytes > 0 { try await body.write(end) }
                    break
                }
                let buffer = stream.encode(events)
                if buffer.readableBytes > 0 { try await body.write(buffer) }
                if stream.isFinished { break }
            }
        }
    }
}
