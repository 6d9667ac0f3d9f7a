import Outbound
import Testing

/// What goes wrong between a request and its reply, each class told from the others.
@Suite(.timeLimit(.minutes(8))) struct HTTPFailureTests {
    let client = HTTPClient.live(policy: .development)

    private func failure(_ request: HTTPRequest, with other: HTTPClient? = nil) async -> OutboundError? {
        do {
            let response = try await (other ?? client).send(request)
            _ = try await response.body.collect()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a port without a listener is told`() async {
        let server = LoopbackServer { _ in .text(200, "") }
        let url = server.url
        server.stop()
        // The listener is closed by its own thread.
        var error = await failure(HTTPRequest(url: url))
        while error == nil { error = await failure(HTTPRequest(url: url)) }
        guard case .cannotConnect? = error else { return #expect(error == .cannotConnect("")) }
    }

    @Test func `what is not an address, a header or http is refused before anything is sent`() async {
        for (url, isPolicy) in [
            ("", false), ("http://", false), ("nonsense", false), ("http://user:pass@127.0.0.1:1/", false),
            ("file:///etc/passwd", true), ("ftp://127.0.0.1/", true), ("gopher://127.0.0.1/", true),
        ] {
            switch await failure(HTTPRequest(url: url)) {
            case .refusedByPolicy where isPolicy, .invalidRequest where !isPolicy: continue
            // A word alone is a host name to libcurl.
            case .cannotResolve where url == "nonsense": continue
            case let other: Issue.record("\(url): \(String(describing: other))")
            }
        }
        for headers in [["X-A": "1\r\nX-B: 2"], ["X\nA": "1"], ["": "1"], ["X A": "1"], ["X-A": "\0"]] as [HTTPHeaders]
        {
            guard case .invalidRequest? = await failure(HTTPRequest(url: "http://127.0.0.1:1/", headers: headers))
            else {
                Issue.record("\(headers)")
                continue
            }
        }
    }

    @Test func `private addresses are refused at connect, whatever they are called`() async {
        let server = LoopbackServer { _ in .text(200, "secret") }
        defer { server.stop() }
        let guarded = HTTPClient.live(policy: .publicOnly)
        for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"] {
            let error = await failure(HTTPRequest(url: "http://\(host):\(server.port)/"), with: guarded)
            guard case .refusedByPolicy? = error else {
                Issue.record("\(host): \(String(describing: error))")
                continue
            }
        }
        #expect(server.connectionCount == 0)
        let named = HTTPClient.live(policy: EgressPolicy(allow: ["localhost"]))
        #expect(await failure(HTTPRequest(url: "http://localhost:\(server.port)/"), with: named) == nil)
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"), with: named) != nil)
    }

    @Test func `a server that does not speak TLS is told`() async {
        let server = LoopbackServer(greeting: Array("220 no TLS here\r\n".utf8)) { _ in .text(200, "") }
        defer { server.stop() }
        let error = await failure(HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
        guard case .tls? = error else { return #expect(error == .tls("")) }
    }

    @Test func `each phase has its own time`() async {
        let silent = LoopbackServer { _ in .init(ending: .hang, raw: []) }
        let stalled = LoopbackServer { _ in .init(pieces: [[1], [2]], ending: .hang) }
        defer {
            silent.stop()
            stalled.stop()
        }
        let short = Duration.milliseconds(80)
        for server in [silent, stalled] {
            #expect(
                await failure(HTTPRequest(url: server.url, timeouts: HTTPTimeouts(idle: short))) == .timedOut(.idle))
            #expect(
                await failure(HTTPRequest(url: server.url, timeouts: HTTPTimeouts(idle: nil, total: short)))
                    == .timedOut(.total))
        }
        // Nobody answers the handshake: that is connecting.
        let handshake = HTTPRequest(
            url: "https://127.0.0.1:\(silent.port)/", timeouts: HTTPTimeouts(connect: short, idle: short))
        #expect(await failure(handshake) == .timedOut(.connect))
    }

    @Test func `a reply that ends early is cut, after what came of it was read`() async throws {
        let server = LoopbackServer { _ in .init(pieces: [Array("half".utf8)], ending: .cut) }
        defer { server.stop() }
        let response = try await client.send(HTTPRequest(url: server.url))
        #expect(try await response.body.next() == Array("half".utf8))
        await #expect {
            _ = try await response.body.next()
        } throws: {
            if case .cut? = $0 as? OutboundError { true } else { false }
        }
    }

    @Test(arguments: [
        "", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-",
    ])
    func `a reply that is none or incomplete is cut`(_ raw: String) async {
        let server = LoopbackServer { _ in .init(raw: Array(raw.utf8)) }
        defer { server.stop() }
        let error = await failure(HTTPRequest(url: server.url))
        guard case .cut? = error else { return #expect(error == .cut("")) }
    }

    @Test func `informational replies are passed over`() async throws {
        let raw = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok"
        let server = LoopbackServer { _ in .init(raw: Array(raw.utf8)) }
        defer { server.stop() }
        let response = try await client.send(HTTPRequest(url: server.url))
        #expect(response.status == 200)
        #expect(response.headers["Link"] == nil && response.headers["x-a"] == "1")
        #expect(try await response.body.collect() == Array("ok".utf8))
    }

    @Test func `bodies and headers over the bound end the transfer`() async {
        let server = LoopbackServer { request in
            request.path == "/head"
                ? .init(headers: [("X-Long", String(repeating: "x", count: 70_000))], pieces: [])
                : .init(pieces: [[UInt8](repeating: 1, count: 600), [UInt8](repeating: 2, count: 600)])
        }
        defer { server.stop() }
        #expect(await failure(HTTPRequest(url: server.url, bodyBytesMax: 1200)) == nil)
        #expect(await failure(HTTPRequest(url: server.url, bodyBytesMax: 1199)) == .tooLarge(bytesMax: 1199))
        #expect(await failure(HTTPRequest(url: server.url + "/head")) == .tooLarge(bytesMax: 65536))
    }

    @Test func `more requests at once than the limit fail and the others go on`() async throws {
        var limits = HTTPLimits()
        limits.transfersMax = 1
        let narrow = HTTPClient.live(policy: .development, limits: limits)
        let server = LoopbackServer { _ in .init(pieces: [[1], [2]], isPaced: true) }
        defer { server.stop() }
        let first = try await narrow.send(HTTPRequest(url: server.url))
        #expect(await failure(HTTPRequest(url: server.url), with: narrow) == .tooManyTransfers(max: 1))
        server.advance()
        #expect(try await first.body.collect() == [1, 2])
    }

    @Test func `a body that nobody reads any more closes its connection`() async throws {
        let server = LoopbackServer { _ in .init(pieces: [[1]], ending: .hang) }
        defer { server.stop() }
        do {
            let response = try await client.send(HTTPRequest(url: server.url))
            _ = try await response.body.next()
        }
        await server.reaches { $0.closed == 1 }
        #expect(
            await failure(HTTPRequest(url: server.url, timeouts: HTTPTimeouts(idle: .milliseconds(50))))
                == .timedOut(.idle))
    }

    @Test func `redirects are followed only when asked, and keep or change the method as they should`() async throws {
        let server = LoopbackServer { request in
            switch request.path {
            case "/end": return .text(200, "\(request.method) \(request.text)")
            case "/loop": return .init(status: 302, headers: [("Location", "/loop")], pieces: [])
            default:
                let status = Int(request.path.dropFirst()) ?? 500
                return .init(status: status, headers: [("Location", "end")], pieces: [])
            }
        }
        defer { server.stop() }
        let unfollowed = try await client.send(HTTPRequest(url: server.url + "/302"))
        #expect(unfollowed.status == 302)
        for (status, expected) in [(301, "GET "), (302, "GET "), (303, "GET "), (307, "POST x"), (308, "POST x")] {
            let response = try await client.send(
                HTTPRequest(
                    method: "POST", url: server.url + "/\(status)", body: Array("x".utf8), followsRedirects: true))
            #expect(String(decoding: try await response.body.collect(), as: UTF8.self) == expected)
        }
        #expect(
            await failure(HTTPRequest(url: server.url + "/loop", followsRedirects: true)) == .tooManyRedirects(max: 5))
    }

    @Test func `a redirect elsewhere is checked again and takes no credential along`() async throws {
        let target = LoopbackServer { request in
            .text(
                200,
                ["authorization", "x-api-key", "accept"].map { request.headers[$0] ?? "-" }.joined(separator: " ")
            )
        }
        let server = LoopbackServer { request in
            let host = request.path == "/same" ? request.headers["host"] ?? "" : String(request.path.dropFirst())
            return request.path == "/"
                ? .text(200, request.headers["authorization"] ?? "-")
                : .init(status: 307, headers: [("Location", "http://\(host)/")], pieces: [])
        }
        defer {
            target.stop()
            server.stop()
        }
        func text(_ path: String) async throws -> String {
            let request = HTTPRequest(
                url: server.url + path,
                headers: ["Authorization": "Bearer t", "X-API-Key": "k", "Accept": "text/plain"],
                followsRedirects: true)
            return String(decoding: try await client.send(request).body.collect(), as: UTF8.self)
        }
        #expect(try await text("/same") == "Bearer t")
        #expect(try await text("/127.0.0.1:\(target.port)") == "- - text/plain")
        let error = await failure(HTTPRequest(url: server.url + "/10.0.0.1:\(target.port)", followsRedirects: true))
        guard case .refusedByPolicy? = error else { return #expect(error == .refusedByPolicy("")) }
    }
}
