import Testing

/// The official client of the Model Context Protocol, unchanged, against the built binary.
struct MCPClientTests {
    @Test(.enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(8)))
    func `the official MCP client asks the agent, with a session and without`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        try await server.makeProject("shop", model: "mock/echo")
        let result = try await Python.run("mcp_client.py", [server.address, "shop"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("checks passed"))
        #expect(server.stop() == 0)
    }
}
