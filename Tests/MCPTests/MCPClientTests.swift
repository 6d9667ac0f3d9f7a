import Catalog
import CoveyTesting
import MCP
import Outbound
import Runtime
import Testing

/// Why the servers cannot be started, or nil when they can.
private let missingServers: Comment? = MCPTestServer.missing.map { "\($0)" }

@Suite(.enabled(if: missingServers == nil, missingServers), .timeLimit(.minutes(8)), .serialized)
struct MCPClientTests {
    private func client(
        _ limits: MCPLimits = MCPLimits(), policy: EgressPolicy = .development
    ) -> MCPClient {
        MCPClient(
            http: .live(policy: policy), version: "0", limits: limits,
            clock: RuntimeClock.live.mcp)
    }

    private typealias Found = (server: MCPServerDescription, tools: [MCPToolDescription])

    private func find(_ client: MCPClient, _ address: MCPServerAddress) async throws(MCPFailure) -> Found {
        try await client.session(with: address) { session async throws(MCPFailure) in
            (session.server, try await session.tools().tools)
        }
    }

    private func failure(_ client: MCPClient, _ address: MCPServerAddress) async -> MCPFailure? {
        do throws(MCPFailure) {
            _ = try await find(client, address)
            return nil
        } catch {
            return error
        }
    }

    @Test func `servers of the official package are found out about, whatever their transport and revision`()
        async throws
    {
        let servers = try await MCPTestServer.start()
        let rows: [(String, MCPServerAddress.Transport, String)] = [
            ("/mcp", .streamableHTTP, "2026-07-28"), ("/json", .streamableHTTP, "2026-07-28"),
            ("/legacy", .streamableHTTP, "2025-11-25"), ("/sse", .serverSentEvents, "2025-11-25"),
        ]
        for (path, transport, revision) in rows {
            let address = MCPServerAddress(url: servers.url(path), transport: transport)
            let (server, tools) = try await find(client(), address)
            #expect(server.revision == revision, "\(path)")
            #expect(server.name == "weather", "\(path)")
            #expect(server.version == "1.2.3", "\(path)")
            #expect(server.instructions == "Ask for one city at a time.", "\(path)")
            #expect(server.capabilities["tools"] != nil, "\(path)")
            #expect(tools.map(\.name) == ["get_forecast", "add"], "\(path)")
            #expect(tools.first?.description == "The weather of tomorrow")
            #expect(tools.first?.inputSchema["properties"]?["city"]?["type"] == "string")
        }
    }

    @Test func `older revisions, streams with other messages, and redirects on the same server are understood`()
        async throws
    {
        let servers = try await MCPTestServer.start()
        let old = try await find(client(), MCPServerAddress(url: servers.url("/old")))
        #expect(old.server.revision == "2025-03-26")
        #expect(old.tools.map(\.name) == ["only"])
        #expect(try await find(client(), MCPServerAddress(url: servers.url("/chatty"))).tools.map(\.name) == ["only"])
        #expect(try await find(client(), MCPServerAddress(url: servers.url("/moved"))).tools.count == 2)
    }

    @Test func `a session that is named is gone on with, and made anew when it is over`() async throws {
        let servers = try await MCPTestServer.start()
        var address = MCPServerAddress(url: servers.url("/plain"), sessionID: "session-plain")
        let kept = try await find(client(), address)
        #expect(kept.server.revision == nil && kept.tools.map(\.name) == ["only"])
        #expect(try await servers.counts("/plain").requests == 1)
        address.sessionID = "session-of-yesterday"
        #expect(try await find(client(), address).server.version == "7")
    }

    @Test func `a wanted credential is told from every other failure`() async throws {
        let servers = try await MCPTestServer.start()
        #expect(await failure(client(), MCPServerAddress(url: servers.url("/auth"))) == .unauthorized(status: 401))
        #expect(await failure(client(), MCPServerAddress(url: servers.url("/forbidden"))) == .unauthorized(status: 403))
        let sse = MCPServerAddress(url: servers.url("/auth"), transport: .serverSentEvents)
        #expect(await failure(client(), sse) == .unauthorized(status: 401))
        let headers: HTTPHeaders = ["Authorization": "Bearer good-token"]
        let found = try await find(client(), MCPServerAddress(url: servers.url("/auth"), headers: headers))
        #expect(found.tools.map(\.name) == ["only"])
    }

    @Test(arguments: [
        ("/pages", "more than 100 pages"), ("/loop", "has no end"), ("/huge", "more than"), ("/many", "1000 tools"),
        ("/deep", "nests deeper"), ("/twins", "two tools one"), ("/nameless", "no name"), ("/shapeless", "is none"),
        ("/page", "text/html"), ("/junk", "not JSON"), ("/bare", "not JSON-RPC"), ("/future", "2099-01-01"),
        ("/wordy", "instructions"), ("/cut", "ends before the answer"), ("/error", "-32000"),
        ("/down", "status 503"),
    ])
    func `what a server does wrong is named`(path: String, words: String) async throws {
        let servers = try await MCPTestServer.start()
        let failure = try #require(await failure(client(), MCPServerAddress(url: servers.url(path))))
        #expect(failure.description.contains(words), "\(path): \(failure)")
        #expect(failure.isOutage == (path == "/down"))
        #expect(failure.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }

    @Test func `no server leads to a private address`() async throws {
        let servers = try await MCPTestServer.start()
        let redirected = await failure(client(), MCPServerAddress(url: servers.url("/private")))
        guard case .network(.refusedByPolicy) = redirected else {
            Issue.record("\(String(describing: redirected))")
            return
        }
        let direct = await failure(client(policy: .publicOnly), MCPServerAddress(url: servers.url("/mcp")))
        guard case .network(.refusedByPolicy) = direct else {
            Issue.record("\(String(describing: direct))")
            return
        }
    }

    @Test func `a server that is not there is an outage, and one that is slow is given up`() async throws {
        let servers = try await MCPTestServer.start()
        let nobody = try #require(await failure(client(), MCPServerAddress(url: "http://127.0.0.1:9/mcp")))
        #expect(nobody.isOutage)
        var limits = MCPLimits()
        limits.discovery = .milliseconds(200)
        limits.request = .milliseconds(300)
        limits.session = .seconds(1)
        #expect(await failure(client(limits), MCPServerAddress(url: servers.url("/slow"))) == .timedOut)
        let sse = MCPServerAddress(url: servers.url("/slow"), transport: .serverSentEvents)
        #expect(await failure(client(limits), sse) == .timedOut)
    }

    @Test func `a cancelled session ends at once`() async throws {
        let servers = try await MCPTestServer.start()
        let address = MCPServerAddress(url: servers.url("/slow"))
        let client = client()
        let failure = await withTaskGroup(of: MCPFailure?.self) { group in
            group.addTask { await self.failure(client, address) }
            while (try? await servers.counts("/slow").requests) == 0 { await Task.yield() }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(failure == .cancelled)
    }
}
