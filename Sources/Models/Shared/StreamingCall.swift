import Catalog
import Outbound

/// Turns one provider's event stream into model events. A value: it does no I/O.
protocol StreamDecoder {
    /// Takes the events of one network read and appends what they mean.
    mutating func decode(
        _ events: [ServerSentEvents.Event], into out: inout [ModelEvent]
    ) throws(ModelFailure)

    /// Whether the reply is complete: `.finished` has been appended.
    var isFinished: Bool { get }

    /// The stream is over. Appends what is still held back, `.finished` included, if the reply is complete after all.
    mutating func end(into out: inout [ModelEvent])
}

/// One call to a provider, from the request to the last event: the part that all adapters share.
struct StreamingCall {
    /// Bytes of an error reply that are looked at.
    private static let errorBytesMax = 64 * 1024

    let client: HTTPClient
    let provider: String

    /// Sends `request`, feeds the reply through `decoder` and hands on what comes of each network read.
    func run(
        _ request: HTTPRequest, decoder: some StreamDecoder,
        each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            throw translate(error, started: false)
        }
        guard (200..<300).contains(response.status) else { throw try await failure(of: response) }
        var decoder = decoder
        var parser = ServerSentEvents.Parser()
        var isEventStream = response.headers["Content-Type"]?.lowercased().hasPrefix("text/event-stream") ?? false
        while let bytes = try await read(response.body) {
            var events: [ModelEvent] = []
            let failure = decode(bytes, &parser, &decoder, into: &events, &isEventStream)
            if !events.isEmpty { try await each(events) }
            if let failure { throw failure }
            // The rest of the body is the end of the chunked coding; dropping the body lets the client read it.
            if decoder.isFinished { return }
        }
        var events: [ModelEvent] = []
        decoder.end(into: &events)
        guard decoder.isFinished else {
            throw isEventStream
                ? ModelFailure(.cut, "\(provider) ended the reply before it was complete")
                : ModelFailure(.malformed, "\(provider) answered something that is not an event stream")
        }
        try await each(events)
    }

    /// Decodes one read. What was understood before a failure is kept, so that it reaches the reader.
    private func decode(
        _ bytes: [UInt8], _ parser: inout ServerSentEvents.Parser, _ decoder: inout some StreamDecoder,
        into events: inout [ModelEvent], _ isEventStream: inout Bool
    ) -> ModelFailure? {
        do throws(ServerSentEvents.TooLong) {
            let parsed = try parser.feed(bytes)
            if !parsed.isEmpty { isEventStream = true }
            do throws(ModelFailure) {
                try decoder.decode(parsed, into: &events)
                return nil
            } catch {
                return error
            }
        } catch {
            return ModelFailure(.malformed, "\(provider) sent an event of more than \(error.bytesMax) bytes")
        }
    }

    private func read(_ body: HTTPBody) async throws -> [UInt8]? {
        do {
            return try await body.next()
        } catch {
            throw translate(error, started: true)
        }
    }

    /// What a transport error means for the caller. `started` tells whether the reply had begun.
    private func translate(_ error: OutboundError, started: Bool) -> any Error {
        switch error {
        case .cancelled:
            if Task.isCancelled { return CancellationError() }
            return ModelFailure(.network, "the connection to \(provider) was closed by this server")
        case .timedOut: return ModelFailure(.timedOut, "\(provider) took too long: \(error)")
        case .cut where started: return ModelFailure(.cut, "\(provider) broke off the reply: \(error)")
        case .tooLarge: return ModelFailure(.malformed, "\(provider) sent too much: \(error)")
        case .invalidRequest, .refusedByPolicy:
            return ModelFailure(.configuration, "\(provider) cannot be called: \(error)")
        default: return ModelFailure(.network, "\(provider) cannot be reached: \(error)")
        }
    }

    private func failure(of response: HTTPResponse) async throws -> ModelFailure {
        let body: [UInt8]
        do {
            body = try await response.body.collect(bytesMax: Self.errorBytesMax)
        } catch .cancelled where Task.isCancelled {
            throw CancellationError()
        } catch {
            // The status alone tells most of it.
            body = []
        }
        let detail = ProviderError(json: try? JSONValue(parsing: body))
        return detail.failure(
            provider: provider, status: response.status, retryAfter: Self.retryAfter(response.headers))
    }

    /// `retry-after-ms`, or `retry-after` in seconds (RFC 9110 §10.2.3). A date there counts as not said.
    static func retryAfter(_ headers: HTTPHeaders) -> Duration? {
        if let text = headers["retry-after-ms"], let milliseconds = Double(text),
            (0...86_400_000).contains(milliseconds)
        {
            return .milliseconds(milliseconds)
        }
        if let text = headers["retry-after"], let seconds = Double(text), (0...86_400).contains(seconds) {
            return .milliseconds(seconds * 1000)
        }
        return nil
    }
}
