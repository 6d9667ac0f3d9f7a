import Testing

/// The official OpenAI client, unchanged, against the built binary.
struct OpenAIClientTests {
    @Test(.enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(8)))
    func `the official client chats, streamed and not`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        try await server.makeProject("shop", model: "mock/echo")
        let result = try await Python.run("openai_client.py", [server.address, "shop"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("checks passed"))
        #expect(server.stop() == 0)
    }
}
