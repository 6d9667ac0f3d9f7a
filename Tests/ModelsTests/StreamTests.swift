import Catalog
import Models
import Outbound
import Synchronization
import Testing

/// Replies as they come from the network: whole, cut anywhere, cut off, hanging, nonsense.
@Suite(.timeLimit(.minutes(8))) struct StreamTests {
    private let request = ModelRequest(messages: [.user("Hi")], options: ModelOptions(model: "m"))

    @Test(arguments: Transcript.all) func `a reply means the same wherever the network cuts it`(_ sample: Transcript)
        async throws
    {
        let bytes = Array(sample.stream.utf8)
        for cut in 0...bytes.count {
            let client = client(pieces: [Array(bytes[..<cut]), Array(bytes[cut...])])
            let outcome = try await outcome(of: sample.adapter.model(client), request)
            #expect(outcome.failure == nil, "cut at byte \(cut)")
            #expect(outcome.events == sample.events, "cut at byte \(cut)")
        }
        let single = client(pieces: bytes.map { [$0] })
        #expect(try await outcome(of: sample.adapter.model(single), request).events == sample.events, "byte by byte")
    }

    @Test(arguments: Adapter.allCases) func `a reply means the same when a real server cuts it`(_ adapter: Adapter)
        async throws
    {
        let sample = try #require(Transcript.all.first { $0.adapter == adapter })
        let bytes = Array(sample.stream.utf8)
        let server = LoopbackServer { request in
            let cut = Int(request.path.split(separator: "/").first ?? "") ?? 0
            return .init(pieces: [Array(bytes[..<cut]), Array(bytes[cut...])], isPaced: true)
        }
        defer { server.stop() }
        let live = HTTPClient.live(policy: .development)
        // The second piece leaves the server only when the client has read the first.
        let paced = HTTPClient { request async throws(OutboundError) in
            let response = try await live.send(request)
            return HTTPResponse(
                status: response.status, headers: response.headers,
                body: HTTPBody { () async throws(OutboundError) in
                    let bytes = try await response.body.next()
                    server.advance()
                    return bytes
                })
        }
        for cut in stride(from: 1, to: bytes.count, by: 3) {
            let outcome = try await outcome(of: adapter.model(paced, "\(server.url)/\(cut)"), request)
            #expect(outcome.failure == nil && outcome.events == sample.events, "cut at byte \(cut)")
        }
    }

    @Test(arguments: Transcript.all) func `a reply that is cut off is a failure or complete, never silently short`(
        _ sample: Transcript
    ) async throws {
        let bytes = Array(sample.stream.utf8)
        // Every third byte: what matters is the event that the end falls into.
        for end in stride(from: 0, to: bytes.count, by: 3) {
            let outcome = try await outcome(of: sample.adapter.model(client(pieces: [Array(bytes[..<end])])), request)
            if let failure = outcome.failure {
                #expect(failure.kind == .cut && failure.isRetryable, "cut at byte \(end)")
                #expect(!outcome.events.contains { if case .finished = $0 { true } else { false } })
            } else {
                // Only what comes after the reason to stop may be missing: the counts, the mark at the end.
                #expect(
                    outcome.events.filter { if case .usage = $0 { false } else { true } }
                        == sample.events.filter { if case .usage = $0 { false } else { true } }, "cut at byte \(end)")
            }
        }
    }

    @Test(arguments: Adapter.allCases) func `one read gives one text event`(_ adapter: Adapter) async throws {
        let sample = try #require(Transcript.all.first { $0.adapter == adapter })
        let batches = Mutex<[[ModelEvent]]>([])
        try await adapter.model(client(pieces: [Array(sample.stream.utf8)])).respond(to: request) { events in
            batches.withLock { $0.append(events) }
        }
        #expect(batches.withLock { $0 } == [sample.events])
    }

    @Test(arguments: Adapter.allCases, ["data: nonsense\n\n", "data: [1,2]\n\n", "data: \n\n"])
    func `nonsense is told as such`(_ adapter: Adapter, _ stream: String) async throws {
        let outcome = try await outcome(of: adapter.model(client(pieces: [Array(stream.utf8)])), request)
        #expect(outcome.failure?.kind == .malformed)
    }

    @Test(arguments: Adapter.allCases, ["<html>Welcome</html>", "{\"choices\":[]}", ""])
    func `a reply that is no event stream is malformed`(_ adapter: Adapter, _ body: String) async throws {
        let client = client(pieces: [Array(body.utf8)], headers: ["Content-Type": "text/html"])
        #expect(try await outcome(of: adapter.model(client), request).failure?.kind == .malformed)
    }

    @Test(arguments: Adapter.allCases) func `a model that says nothing runs into the time limit`(_ adapter: Adapter)
        async throws
    {
        let server = LoopbackServer { _ in .events(": hello\n\n", ending: .hang) }
        defer { server.stop() }
        var slow = request
        slow.options.timeout = .milliseconds(80)
        let outcome = try await outcome(of: adapter.model(.live(policy: .development), server.url), slow)
        #expect(outcome.failure?.kind == .timedOut)
    }

    @Test(arguments: Adapter.allCases) func `cancelling drops the connection`(_ adapter: Adapter) async throws {
        let server = LoopbackServer { _ in .events(": hello\n\n", ending: .hang) }
        defer { server.stop() }
        let request = request
        let task = Task {
            try await adapter.model(.live(policy: .development), server.url).respond(to: request) { _ in }
        }
        await server.reaches { $0.requests == 1 }
        task.cancel()
        let result = await task.result
        #expect(throws: CancellationError.self) { try result.get() }
        await server.reaches { $0.closed == 1 }
    }

    @Test func `a reader that takes its time holds the provider back`() async throws {
        let text = String(repeating: "x", count: 1000)
        let chunk = Array("data: {\"choices\":[{\"delta\":{\"content\":\"\(text)\"}}]}\n\n".utf8)
        let count = 4000
        let end = Array("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".utf8)
        let server = LoopbackServer { _ in .init(pieces: [[UInt8](repeatElement(chunk, count: count).joined()), end]) }
        defer { server.stop() }
        let sizes = Mutex<[Int]>([])
        try await Adapter.openai.model(.live(policy: .development), server.url).respond(to: request) { events in
            sizes.withLock { $0.append(events.reduce(0) { $0 + ($1.textCount) }) }
            await Task.yield()
        }
        #expect(sizes.withLock { $0.reduce(0, +) } == 1000 * count)
        #expect(sizes.withLock { $0.max() ?? 0 } < 400_000, "more than the buffer came at once")
    }

    @Test func `what the reader throws ends the call and reaches the caller`() async {
        struct Enough: Error {}
        let sample = Transcript.openAI[0]
        await #expect(throws: Enough.self) {
            try await Adapter.openai.model(client(pieces: [Array(sample.stream.utf8)])).respond(to: request) { _ in
                throw Enough()
            }
        }
    }
}

extension ModelEvent {
    fileprivate var textCount: Int {
        if case .text(let text) = self { return text.utf8.count }
        return 0
    }
}
