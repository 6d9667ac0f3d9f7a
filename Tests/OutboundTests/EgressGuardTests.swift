import Outbound
import Synchronization
import Testing

/// The ways in which an address of the inside can be written, and in which a request can be led there.
@Suite(.timeLimit(.minutes(4))) struct EgressGuardTests {
    private func failure(_ request: HTTPRequest, _ client: HTTPClient) async -> OutboundError? {
        do {
            _ = try await client.send(request).body.collect()
            return nil
        } catch {
            return error
        }
    }

    private static func isRefused(_ error: OutboundError?) -> Bool {
        switch error {
        case .refusedByPolicy, .invalidRequest, .cannotResolve: true
        default: false
        }
    }

    /// Forms of 127.0.0.1, 10.0.0.1 and 169.254.169.254.
    static let forms = [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7F.0x0.0x0.0x1", "017700000001", "0177.0.0.01", "127.1", "127.0.1",
        "0", "0.0.0.0", "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "sub.localhost", "10.1", "167772161",
        "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[fe80::1%25eth0]",
        "[fd00:ec2::254]",
        "%31%32%37.0.0.1", "127%2E0%2E0%2E1", "\u{FF11}\u{FF12}\u{FF17}.0.0.1", "127\u{3002}0\u{3002}0\u{3002}1",
        "\u{2460}\u{2461}\u{2466}.0.0.1",
    ]

    @Test(arguments: forms) func `an address of the inside is refused however it is written`(form: String) async {
        let server = LoopbackServer { _ in .text(200, "secret") }
        defer { server.stop() }
        let guarded = HTTPClient.live(policy: .publicOnly)
        let error = await failure(HTTPRequest(url: "http://\(form):\(server.port)/"), guarded)
        #expect(Self.isRefused(error), "\(String(describing: error))")
        #expect(server.connectionCount == 0)
    }

    @Test(arguments: [
        "http://user@example.com/", "http://user:password@example.com/", "http://:password@example.com/",
        "http://example.com@127.0.0.1/", "http://localhost./", "http://127.0.0.1./", "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1%25eth0]/", "https://0251.0376.0251.0376/", "gopher://example.com/", "file:///etc/passwd",
        "javascript:alert(1)", "dict://example.com:11211/", "//example.com/x", "http://",
    ]) func `addresses that people write are refused before they are kept`(url: String) {
        #expect(EgressPolicy.publicOnly.refusal(of: url) != nil)
    }

    @Test func `credentials in an address, and redirects to such, are refused`() async {
        let server = LoopbackServer { request in
            request.path == "/"
                ? .init(
                    status: 302, headers: [("Location", "http://u:p@\(request.headers["host"] ?? "")/x")], pieces: [])
                : .text(200, "")
        }
        defer { server.stop() }
        let client = HTTPClient.live(policy: .development)
        let own = await failure(HTTPRequest(url: "http://u:p@127.0.0.1:\(server.port)/x"), client)
        #expect(Self.isRefused(own))
        let led = await failure(HTTPRequest(url: server.url, followsRedirects: true), client)
        #expect(Self.isRefused(led), "\(String(describing: led))")
        #expect(server.connectionCount == 1)
    }

    @Test(arguments: [
        "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "//192.168.0.1/",
        "http://2886729729/", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/",
    ]) func `a redirect to the inside or to another scheme is refused`(location: String) async {
        let server = LoopbackServer { _ in .init(status: 307, headers: [("Location", location)], pieces: []) }
        defer { server.stop() }
        let client = HTTPClient.live(policy: .development)
        let error = await failure(HTTPRequest(url: server.url, followsRedirects: true), client)
        #expect(Self.isRefused(error), "\(String(describing: error))")
    }

    @Test func `a name that resolves to another address the second time is asked about the address it has`() async {
        let server = LoopbackServer { _ in .text(200, "ok") }
        defer { server.stop() }
        let asked = Mutex(0)
        let resolver: @Sendable (String) -> [String] = { _ in
            asked.withLock {
                $0 += 1
                return [$0 == 1 ? "127.0.0.1" : "10.0.0.1"]
            }
        }
        let request = HTTPRequest(url: "http://rebind.example:\(server.port)/")
        func client() -> HTTPClient { HTTPClient.live(policy: .development, resolver: resolver) }
        #expect(await failure(request, client()) == nil)
        let second = await failure(request, client())
        #expect(second == .refusedByPolicy("rebind.example (10.0.0.1)"))
        #expect(server.connectionCount == 1)
    }

    @Test func `of several addresses only those that may be are connected to, and each decision is told`() async throws
    {
        let server = LoopbackServer { _ in .text(200, "ok") }
        defer { server.stop() }
        let client = HTTPClient.live(policy: .development) { _ in ["10.0.0.1", "127.0.0.1"] }
        let request = HTTPRequest(url: "http://both.example:\(server.port)/")
        let response = try await client.send(request)
        #expect(
            response.decisions.map(\.description) == [
                "both.example (10.0.0.1): not public", "both.example (127.0.0.1): allowed range",
            ])
        #expect(try await response.body.collect() == Array("ok".utf8))
        let strict = HTTPClient.live(policy: .publicOnly) { _ in ["10.0.0.1", "127.0.0.1"] }
        let error = await failure(request, strict)
        #expect(error == .refusedByPolicy("both.example (127.0.0.1)"))
    }

    @Test func `what redirects connect to is told as well`() async throws {
        let target = LoopbackServer { _ in .text(200, "") }
        let server = LoopbackServer { _ in .init(status: 302, headers: [("Location", target.url)], pieces: []) }
        defer {
            target.stop()
            server.stop()
        }
        let client = HTTPClient.live(policy: .development)
        let response = try await client.send(HTTPRequest(url: server.url, followsRedirects: true))
        #expect(response.decisions.map(\.reason) == [.allowedRange, .allowedRange])
    }

    // MARK: Projects and tools

    @Test func `an allow-list names everybody, projects and tools`() throws {
        let rules = try EgressRules(allow: " tools.internal, acme/shop=10.0.0.0/8 ,acme/shop/crm = crm.internal. ,")
        func permits(_ address: String, _ host: String, _ scope: EgressScope?) throws -> Bool {
            rules.policy(for: scope).permits(try #require(IPAddress(address)), host: host)
        }
        let shop = EgressScope(tenant: "acme", project: "shop")
        let tool = EgressScope(tenant: "acme", project: "shop", tool: "crm")
        let foreign = EgressScope(tenant: "acme", project: "other", tool: "crm")
        for scope in [nil, shop, tool, foreign] {
            #expect(try permits("192.168.0.1", "tools.internal", scope))
            #expect(try permits("10.0.0.1", "x", scope) == (scope == shop || scope == tool))
            #expect(try permits("192.168.0.1", "crm.internal", scope) == (scope == tool))
        }
        let error = #expect(throws: EgressRulesError.self) {
            try EgressRules(allow: "ok.example,http://x,acme=1.1.1.1,a/b/c/d=x,a/b=,10.0.0.0/99")
        }
        #expect(error?.entries == ["http://x", "acme=1.1.1.1", "a/b/c/d=x", "a/b=", "10.0.0.0/99"])
    }

    @Test func `a connection that one project may have is not another's`() async throws {
        let server = LoopbackServer { _ in .text(200, "ok") }
        defer { server.stop() }
        let client = HTTPClient.live(rules: try EgressRules(allow: "acme/shop=127.0.0.0/8"))
        var request = HTTPRequest(url: server.url)
        request.scope = EgressScope(tenant: "acme", project: "shop", tool: "crm")
        #expect(await failure(request, client) == nil)
        request.scope = EgressScope(tenant: "acme", project: "other")
        #expect(Self.isRefused(await failure(request, client)))
        request.scope = nil
        #expect(Self.isRefused(await failure(request, client)))
        #expect(server.connectionCount == 1)
    }
}
