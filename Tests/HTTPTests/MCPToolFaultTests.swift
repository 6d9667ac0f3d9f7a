import Catalog
import CoveyTesting
import Outbound
import Runtime
import Testing

/// Why the servers cannot be started, or nil when they can.
private let missingServers: Comment? = MCPTestServer.missing.map { "\($0)" }

/// Servers of tools that are dead, slow, die or lie: no chat fails or hangs for them (run spec §13.2, §31 no. 40, 43).
@Suite(.enabled(if: missingServers == nil, missingServers), .timeLimit(.minutes(8)), .serialized)
struct MCPToolFaultTests {
    typealias Server = ToolScene.Server

    /// Says whether the model was told that something is missing, and what it is offered.
    private static let asks = """
        turns:
          - when: {offers: echo, system: "<missing>"}
            say: "some are missing"
          - when: {offers: echo}
            say: "all there"
          - when: {system: "<missing>"}
            say: "missing"
          - say: "nothing said"
        """

    @Test(arguments: [
        ("http://127.0.0.1:9/mcp", "mcp_server_unavailable"), ("/down", "mcp_server_unavailable"),
        ("/auth", "mcp_credential_missing"), ("/many", "mcp_server_unavailable"), ("/huge", "mcp_server_unavailable"),
        ("/shapeless", "mcp_server_unavailable"), ("/junk", "mcp_server_unavailable"),
        ("/cut", "mcp_server_unavailable"), ("/private", "mcp_server_unavailable"),
    ])
    func `a server without tools is told to the model and to people, beside one that has some`(
        path: String, code: String
    ) async throws {
        try await ToolScene.run(Self.asks, [Server("bad", path), Server("good", "/tools")]) { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken == "some are missing")
            #expect(parts.notices.map(\.code) == [code], "\(parts.notices)")
            #expect(parts.notices.first?.severity == "error")
            #expect(parts.notices.first?.message.contains("'bad'") == true)
        }
    }

    @Test func `a server that does not answer is given up in its time`() async throws {
        try await ToolScene.run(Self.asks, [Server("slow", "/slow"), Server("good", "/tools")]) { options in
            options.usesLiveClock = true
            options.runtimeLimits.mcpConnectMs = 1500
        } _: { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken == "some are missing")
            #expect(parts.notices.map(\.code) == ["mcp_server_unavailable"])
        }
    }

    @Test func `a call that never ends is given up, and the server is told`() async throws {
        try await ToolScene.run(
            ToolScene.calling("forever", "{name: x}"), [Server("t", "/tools-legacy")]
        ) { options in
            options.usesLiveClock = true
            options.runtimeLimits.mcpCallMs = 500
        } _: { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("did not answer in time"), "\(parts.spoken)")
            #expect(parts.notices.map(\.code) == ["mcp_tool_error"])
            try await scene.servers.seen(["event": "cancelled", "name": "x"])
        }
    }

    @Test(arguments: [
        ("/dies", "cannot be reached"), ("/lie-content", "no content"), ("/lie-id", "does not answer the request"),
        ("/lie-huge", "too much"), ("/lie-round", "input_required"),
    ])
    func `a server that dies or lies in a call fails that call alone`(path: String, words: String) async throws {
        try await ToolScene.run(ToolScene.calling("only"), [Server("t", path)]) { scene in
            let parts = try await scene.parts()
            #expect(parts.spoken.contains("Tool \"only\" failed:") && parts.spoken.contains(words), "\(parts.spoken)")
            #expect(parts.notices.map(\.code) == ["mcp_tool_error"])
        }
    }

    @Test func `pieces that no text can hold are said to be there`() async throws {
        try await ToolScene.run(ToolScene.calling("picture"), [Server("t", "/tools")]) { scene in
            let answer = try await scene.answer()
            #expect(answer.contains("a dot") && answer.contains("image/png"), "\(answer)")
            #expect(!answer.contains("iVBORw0KGgo"))
        }
    }

    @Test func `a session that the server has ended is begun anew`() async throws {
        try await ToolScene.run(ToolScene.calling("only"), [Server("t", "/expiring")]) { scene in
            let answer = try await scene.answer()
            #expect(answer.contains("after a new session"), "\(answer)")
        }
    }

    @Test func `a server that fails again and again is left alone for a while, and then asked once`() async throws {
        try await ToolScene.run(Self.asks, [Server("bad", "/down")]) { options in
            options.runtimeLimits.mcpCircuitFailures = 2
            options.runtimeLimits.mcpCircuitRestMs = 30_000
        } _: { scene in
            for _ in 0..<2 { #expect(try await scene.answer() == "missing") }
            let asked = try await scene.servers.counts("/down").requests
            let parts = try await scene.parts()
            #expect(parts.spoken == "missing")
            #expect(parts.notices.first?.message.contains("2 times in a row") == true, "\(parts.notices)")
            #expect(try await scene.servers.counts("/down").requests == asked)
            scene.app.clock.advance(by: .seconds(31))
            _ = try await scene.answer()
            let probed = try await scene.servers.counts("/down").requests
            #expect(probed > asked)
            _ = try await scene.answer()
            #expect(try await scene.servers.counts("/down").requests == probed)
        }
    }

    @Test func `what a server lists is shared by runs as long as it holds`() async throws {
        try await ToolScene.run(ToolScene.calling("echo", "{text: a}"), [Server("t", "/kept")]) { scene in
            _ = try await scene.answer()
            let first = try await scene.servers.counts("/kept").requests
            _ = try await scene.answer()
            // A server of the newest revision is only called.
            #expect(try await scene.servers.counts("/kept").requests == first + 1)
            scene.app.clock.advance(by: .seconds(61))
            _ = try await scene.answer()
            #expect(try await scene.servers.counts("/kept").requests == first + 1 + first)
        }
    }
}
