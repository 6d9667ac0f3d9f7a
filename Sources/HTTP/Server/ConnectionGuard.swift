import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches one connection on its event loop: cuts off clients that send or read too slowly, keeps silent event streams
/// alive, and tells an open stream when its client has gone.
///
/// One timer a connection, whose ticks look at time stamps: a request costs no timer of its own.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Sent outbound by a stream that begins, so that it is told when the client goes.
    struct StreamOpened {
        let signal: StreamSignal
    }

    private let limits: ServerLimits
    private let tick: TimeAmount
    private var timer: RepeatedTask?
    private var requestBegan: NIODeadline?
    private var unwritableSince: NIODeadline?
    private var lastWrite = NIODeadline.now()
    private var isStreaming = false
    private var requestsBegun = 0
    private var requestsAnswered = 0
    private var closesAfterResponse = false
    /// Whether the answer that closes the connection is out.
    private var isAnswered = false
    /// Whether all has been read that may be: after such an answer no other request is (RFC 9112, section 9.6).
    private var isOver = false
    private var signal: StreamSignal?
    private var inputIsClosed = false

    /// The comment that keeps a stream alive.
    static let ping = ByteBuffer(string: ": ping\n\n")

    init(limits: ServerLimits) {
        self.limits = limits
        let shortest = min(limits.request, limits.write, limits.ping)
        tick = TimeAmount(min(max(shortest / 4, .milliseconds(5)), .seconds(5)))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
            let (handler, context) = bound.value
            handler.look(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        gone()
    }

    private func look(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        if let requestBegan, now - requestBegan > TimeAmount(limits.request) { return context.close(promise: nil) }
        if let unwritableSince, now - unwritableSince > TimeAmount(limits.write) { return context.close(promise: nil) }
        if isStreaming, unwritableSince == nil, now - lastWrite > TimeAmount(limits.ping) {
            lastWrite = now
            context.writeAndFlush(wrapOutboundOut(.body(Self.ping)), promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        switch unwrapInboundIn(data) {
        case .head:
            requestBegan = .now()
            requestsBegun += 1
        case .body: break
        case .end:
            requestBegan = nil
            isOver = closesAfterResponse
        }
        context.fireChannelRead(data)
        if isOver, isAnswered { context.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if head.status.kind == .informational { break }
            isStreaming = head.headerFields[.contentType]?.hasPrefix(ServerSentEvent.mediaType) == true
            lastWrite = .now()
            requestsAnswered += 1
            // Answered before it was all here: nobody will read the rest (RFC 9112, section 9.3).
            closesAfterResponse = requestBegan != nil && requestsAnswered == requestsBegun
            if closesAfterResponse {
                head.headerFields[.connection] = "close"
                return context.write(wrapOutboundOut(.head(head)), promise: promise)
            }
        case .body:
            if isStreaming { lastWrite = .now() }
        case .end:
            isStreaming = false
            signal = nil
            if closesAfterResponse {
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                let written = promise ?? context.eventLoop.makePromise()
                written.futureResult.whenComplete { _ in
                    let (handler, context) = bound.value
                    handler.closeAnswered(context)
                }
                return context.writeAndFlush(data, promise: written)
            }
        }
        context.write(data, promise: promise)
    }

    /// Closes the connection once the rest of the request is here, for which is not waited longer than `request` (see
    /// `look`): closed at once, it might be reset before the client has read the answer.
    private func closeAnswered(_ context: ChannelHandlerContext) {
        isAnswered = true
        context.close(mode: isOver ? .all : .output, promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = context.channel.isWritable ? nil : .now()
        context.fireChannelWritabilityChanged()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let opened = event as? StreamOpened else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        if inputIsClosed { opened.signal.fire() } else { signal = opened.signal }
        promise?.succeed()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { gone() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        gone()
        context.fireChannelInactive()
    }

    private func gone() {
        inputIsClosed = true
        signal?.fire()
        signal = nil
    }
}

/// The form of event streams (HTML Living Standard, "Server-sent events").
enum ServerSentEvent {
    static let mediaType = "text/event-stream"
}
