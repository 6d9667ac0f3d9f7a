import Outbound
import Testing

/// The live client against a real server on a loopback port.
@Suite(.timeLimit(.minutes(8))) struct HTTPClientTests {
    let client = HTTPClient.live(policy: .development)

    @Test func `a request reaches the server and the reply comes back`() async throws {
        let server = LoopbackServer { request in
            .text(201, "\(request.method) \(request.path) \(request.headers["x-team"] ?? "-") \(request.text)")
        }
        defer { server.stop() }
        let response = try await client.send(
            HTTPRequest(
                method: "PUT", url: server.url + "/a?b=c", headers: ["X-Team": "red"], body: Array("hello".utf8)))
        #expect(response.status == 201)
        #expect(response.headers["content-TYPE"] == "application/json")
        #expect(String(decoding: try await response.body.collect(), as: UTF8.self) == "PUT /a?b=c red hello")
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func `every method goes out with and without a body`(_ method: String) async throws {
        let server = LoopbackServer { request in .text(200, "\(request.method) \(request.body.count)") }
        defer { server.stop() }
        for body in [nil, [], Array("12345".utf8)] as [[UInt8]?] where method != "HEAD" || body == nil {
            let response = try await client.send(HTTPRequest(method: method, url: server.url, body: body))
            let text = String(decoding: try await response.body.collect(), as: UTF8.self)
            #expect(text == (method == "HEAD" ? "" : "\(method) \(body?.count ?? 0)"))
        }
        #expect(server.requests.last?.headers["expect"] == nil)
    }

    @Test func `one connection serves requests one after the other, also when a finished stream is dropped`()
        async throws
    {
        let server = LoopbackServer { _ in .init(pieces: [Array("data: 1\n\n".utf8), Array("data: [DONE]\n\n".utf8)]) }
        defer { server.stop() }
        for _ in 0..<20 {
            let response = try await client.send(HTTPRequest(url: server.url))
            var seen: [UInt8] = []
            while !seen.suffix(8).elementsEqual("[DONE]\n\n".utf8), let bytes = try await response.body.next() {
                seen += bytes
            }
        }
        #expect(server.connectionCount <= 2)
    }

    @Test func `three hundred streams run side by side`() async throws {
        let server = LoopbackServer { _ in .init(pieces: [[1], [2], [3]], isPaced: true) }
        defer { server.stop() }
        let client = client
        // The first one waits for the last to connect: beside all other tests that may be longer than a minute.
        let patient = HTTPTimeouts(connect: .seconds(300), idle: nil)
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(url: server.url, timeouts: patient))
                    var count = 0
                    while let bytes = try await response.body.next() { count += bytes.count }
                    return count
                }
            }
            // Nobody gets a second piece before everybody is connected: no cap on connections to one host.
            group.addTask {
                await server.reaches { $0.accepted == 300 }
                for _ in 0..<600 { server.advance() }
                return 0
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 900)
    }

    @Test func `a slow reader holds the sender back and loses nothing`() async throws {
        var limits = HTTPLimits()
        limits.bufferBytesMax = 64 * 1024
        let narrow = HTTPClient.live(policy: .development, limits: limits)
        let size = 32 * 1024 * 1024
        let whole = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
            for position in 0..<size { bytes[position] = UInt8(truncatingIfNeeded: position &* 31 ^ position >> 8) }
            count = size
        }
        let server = LoopbackServer { _ in .init(pieces: [whole, [7]]) }
        defer { server.stop() }
        let response = try await narrow.send(HTTPRequest(url: server.url, bodyBytesMax: size + 1))
        var received: [UInt8] = []
        var largest = 0
        while let bytes = try await response.body.next() {
            largest = max(largest, bytes.count)
            received += bytes
            await Task.yield()
        }
        #expect(received == whole + [7])
        #expect(largest <= 64 * 1024 + 32 * 1024, "a read of \(largest) bytes is more than the buffer may hold")
    }

    @Test func `cancelling while waiting for the head or the body ends the request at once`() async throws {
        for ending in [true, false] {
            let server = LoopbackServer { _ in
                ending ? .init(pieces: [[1]], ending: .hang) : .init(ending: .hang, raw: [])
            }
            let client = client
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                let response = try await client.send(HTTPRequest(url: server.url))
                _ = try await response.body.next()
                start.yield()
                if ending { _ = try await response.body.next() }
            }
            if ending {
                for await _ in started { break }
            } else {
                await server.reaches { $0.requests == 1 }
            }
            task.cancel()
            let result = await task.result
            #expect(throws: OutboundError.cancelled) { try result.get() }
            await server.reaches { $0.closed == 1 }
            server.stop()
        }
    }

    @Test func `a task cancelled before it starts sends nothing`() async throws {
        let server = LoopbackServer { _ in .text(200, "") }
        defer { server.stop() }
        let client = client
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(HTTPRequest(url: server.url)).status
        }
        let result = await task.result
        #expect(throws: OutboundError.cancelled) { try result.get() }
        #expect(server.requests.isEmpty)
    }

    @Test func `a client that nobody holds any more closes its connections`() async throws {
        let server = LoopbackServer { _ in .text(200, "") }
        defer { server.stop() }
        func use() async throws {
            let short = HTTPClient.live(policy: .development)
            _ = try await short.send(HTTPRequest(url: server.url)).body.collect()
        }
        try await use()
        await server.reaches { $0.closed == 1 }
    }

    @Test func `cancelling at any moment neither hangs nor leaves a request behind`() async throws {
        let server = LoopbackServer { _ in .init(pieces: [[1]], ending: .hang) }
        defer { server.stop() }
        let client = client
        await withTaskGroup(of: Void.self) { group in
            for round in 0..<200 {
                group.addTask {
                    let task = Task {
                        let response = try await client.send(HTTPRequest(url: server.url))
                        while try await response.body.next() != nil {}
                    }
                    for _ in 0..<round { await Task.yield() }
                    task.cancel()
                    let result = await task.result
                    #expect(throws: OutboundError.cancelled) { try result.get() }
                }
            }
        }
        await server.reaches { $0.accepted == $0.closed }
    }
}
