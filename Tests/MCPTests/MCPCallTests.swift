import Catalog
import CoveyTesting
import MCP
import Outbound
import Runtime
import Testing

/// Why the servers cannot be started, or nil when they can.
private let missingServers: Comment? = MCPTestServer.missing.map { "\($0)" }

/// Calls of tools on servers of the official package in both eras, and on servers that do not keep to the protocol.
@Suite(.enabled(if: missingServers == nil, missingServers), .timeLimit(.minutes(8)), .serialized)
struct MCPCallTests {
    private static let addresses: [(String, MCPServerAddress.Transport)] = [
        ("/tools", .streamableHTTP), ("/kept", .streamableHTTP), ("/tools-legacy", .streamableHTTP),
        ("/tools-sse", .serverSentEvents),
    ]

    private let clock = StepClock()

    private var client: MCPClient {
        var limits = MCPLimits()
        limits.session = nil
        return MCPClient(
            http: .live(policy: .development), version: "0", limits: limits, clock: clock.runtime.mcp)
    }

    private func open(_ servers: MCPTestServer, _ path: String) async throws -> MCPSession {
        let transport = Self.addresses.first { $0.0 == path }?.1 ?? .streamableHTTP
        return try await client.open(MCPServerAddress(url: servers.url(path), transport: transport))
    }

    private func call(
        _ session: MCPSession, _ name: String, _ arguments: JSONObject = [:], key: String? = nil, inHeader: Bool = false
    ) async throws(MCPFailure) -> MCPCallResult {
        let tool = MCPToolDescription(name: name, inputSchema: ["type": "object"])
        return try await session.call(
            MCPCall(tool, arguments, idempotencyKey: key, sendsKeyAsHeader: inHeader))
    }

    @Test(arguments: ["/tools", "/kept", "/tools-legacy", "/tools-sse"])
    func `a tool is called, and its text, data, pictures and errors come back`(path: String) async throws {
        let servers = try await MCPTestServer.start()
        let session = try await open(servers, path)
        #expect(try await session.tools().tools.contains { $0.name == "echo" })
        let said = try await call(session, "echo", ["text": "höllo"])
        #expect(said == MCPCallResult(content: [.text("höllo")], structured: ["result": "höllo"]))
        let plain = try await call(session, "plain", ["text": "a"])
        #expect(plain.text == "a\nand that was it" && plain.structured == nil)
        let failed = try await call(session, "fail", ["reason": "no such city"])
        #expect(failed.isError && failed.text.contains("no such city"))
        let picture = try await call(session, "picture")
        guard case .image(let data, "image/png")? = picture.content.last else {
            Issue.record("\(picture)")
            return
        }
        #expect(data.hasPrefix("iVBORw0KGgo"))
        let unknown = try? await call(session, "nothing")
        #expect(unknown?.isError != false)
        await session.close()
    }

    @Test(arguments: ["/tools", "/tools-legacy", "/tools-sse"])
    func `a call carries its key among its metadata, and as a header field where that is wanted`(
        path: String
    ) async throws {
        let servers = try await MCPTestServer.start()
        let session = try await open(servers, path)
        let with = try await call(session, "inspect", key: "run-1", inHeader: true)
        #expect(with.structured?["meta"]?["idempotencyKey"] == "run-1", "\(with)")
        #expect(with.structured?["headers"]?["idempotency-key"] == "run-1")
        let without = try await call(session, "inspect", key: "run-2")
        #expect(without.structured?["meta"]?["idempotencyKey"] == "run-2")
        #expect(without.structured?["headers"]?["idempotency-key"] == nil)
        await session.close()
    }

    @Test(arguments: ["/tools", "/tools-legacy", "/tools-sse"])
    func `a server learns that a call was given up`(path: String) async throws {
        let servers = try await MCPTestServer.start()
        let session = try await open(servers, path)
        let failure = await withTaskGroup(of: MCPFailure?.self) { group in
            group.addTask {
                do throws(MCPFailure) {
                    _ = try await call(session, "forever", ["name": .string(path)])
                    return nil
                } catch {
                    return error
                }
            }
            _ = try? await servers.seen(["event": "forever", "name": .string(path)])
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(failure == .cancelled)
        _ = try await servers.seen(["event": "cancelled", "name": .string(path)])
        await session.close()
    }

    @Test(arguments: ["/tools", "/tools-legacy", "/tools-sse"])
    func `progress begins the time anew, silence ends it, and the server is told`(path: String) async throws {
        let servers = try await MCPTestServer.start()
        let session = try await open(servers, path)
        let (signals, signal) = AsyncStream.makeStream(of: Void.self)
        var steady = MCPCall(
            MCPToolDescription(name: "steady", inputSchema: ["type": "object"]), ["name": .string(path)])
        steady.onProgress = { signal.yield() }
        async let outcome = session.call(steady)
        _ = try await servers.seen(["event": "steady", "name": .string(path)])
        var progress = signals.makeAsyncIterator()
        for _ in 0..<3 {
            await clock.waitForSleepers()
            clock.advance(by: .seconds(40))
            try await servers.say("on", to: path)
            await progress.next()
        }
        try await servers.say("end", to: path)
        #expect(try await outcome.text == "done")

        let silent = Task { try await call(session, "forever", ["name": .string("silent" + path)]) }
        _ = try await servers.seen(["event": "forever", "name": .string("silent" + path)])
        await clock.waitForSleepers()
        clock.advance(by: .seconds(61))
        await #expect(throws: MCPFailure.timedOut) { try await silent.value }
        _ = try await servers.seen(["event": "cancelled", "name": .string("silent" + path)])
        await session.close()
    }

    @Test(arguments: [
        ("/lie-content", "no content"), ("/lie-piece", "no text"), ("/lie-base64", "not base64"),
        ("/lie-flag", "neither true nor false"), ("/lie-nothing", "no content"), ("/lie-round", "input_required"),
        ("/lie-huge", "more than"), ("/lie-id", "does not answer"), ("/dies", ""),
    ])
    func `what a server does wrong in a call is named`(path: String, words: String) async throws {
        let servers = try await MCPTestServer.start()
        let session = try await open(servers, path)
        do throws(MCPFailure) {
            let result = try await call(session, "only")
            Issue.record("\(path) gave \(result)")
        } catch {
            #expect(error.description.contains(words), "\(path): \(error)")
            #expect(error.isOutage == (path == "/dies"), "\(path): \(error)")
        }
        await session.close()
    }

    @Test func `pieces of unknown kinds and links are kept as they came`() async throws {
        let servers = try await MCPTestServer.start()
        let session = try await open(servers, "/odd")
        let result = try await call(session, "only")
        #expect(result.content.first == .other(["type": "hologram", "size": 3]))
        #expect(result.content.last == .link(["type": "resource_link", "uri": "file:///a", "name": "a"]))
    }

    @Test func `a session that is over says so, and a stream that ended too`() async throws {
        let servers = try await MCPTestServer.start()
        let session = try await open(servers, "/expiring")
        await #expect(throws: MCPFailure.sessionEnded) { try await call(session, "only") }
        #expect(!session.isOver)
        let stream = try await open(servers, "/tools-sse")
        #expect(!stream.isOver)
        await stream.close()
    }

    @Test func `a server of the newest revision that is known is not asked again, and its list says how long it holds`()
        async throws
    {
        let servers = try await MCPTestServer.start()
        let address = MCPServerAddress(url: servers.url("/kept"))
        let first = try await client.open(address)
        #expect(try await first.tools().isFreshFor == .seconds(60))
        let before = try await servers.counts("/kept").requests
        let again = try await client.open(address, knowing: first.server)
        #expect(try await call(again, "echo", ["text": "a"]).text == "a")
        #expect(try await servers.counts("/kept").requests == before + 1)
        let short = try await open(servers, "/tools")
        #expect(try await short.tools().isFreshFor == .zero)
    }

    @Test func `who begins with a handshake is asked for the newest revision once`() async throws {
        let servers = try await MCPTestServer.start()
        let address = MCPServerAddress(url: servers.url("/tools-legacy"))
        let client = client
        await (try client.open(address)).close()
        let before = try await servers.counts("/tools-legacy").requests
        await (try client.open(address)).close()
        // initialize, initialized and the end of the session
        #expect(try await servers.counts("/tools-legacy").requests == before + 3)
    }
}
