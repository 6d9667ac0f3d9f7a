import Testing

/// The pages of an app, with the official ALTCHA library and PyJWT, against the built binary.
struct AppClientTests {
    @Test(.enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(8)))
    func `challenges are solved and tokens understood by the libraries of others`() async throws {
        let folder = try DataFolder()
        let (work, tokens) = ("work-secret-of-at-least-32-characters", "token-secret-of-at-least-32-characters")
        let server = try await BuiltServer(
            folder: folder.url,
            environment: [
                "COVEY_POW_SECRET": work, "COVEY_POW_DIFFICULTY": "5000", "COVEY_ANON_JWT_SECRET": tokens,
            ])
        try await server.makeProject("shop", model: "mock/echo")
        let result = try await Python.run("app_client.py", [server.address, "shop", work, tokens])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("checks passed"))
        #expect(server.stop() == 0)
    }
}
