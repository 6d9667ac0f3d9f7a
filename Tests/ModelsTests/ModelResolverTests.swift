import Catalog
import Models
import Outbound
import Synchronization
import Testing

/// Model strings and `providerOptions` (run spec §8).
struct ModelResolverTests {
    private static let clock = ModelClock(timestamp: { "2026-01-31T12:00:00.000Z" }, sleep: { _ in })
    private static let keys = [
        "OPENAI_API_KEY": "k-openai", "ANTHROPIC_API_KEY": "k-anthropic", "GOOGLE_GENERATIVE_AI_API_KEY": "k-google",
        "OPENROUTER_API_KEY": "k-router", "NIM_API_KEY": "k-nim", "CUSTOM_LLM_API_KEY": "k-custom",
        "AZURE_OPENAI_API_KEY": "k-azure",
    ]

    private func resolver(_ client: HTTPClient = client(pieces: []), _ environment: [String: String] = keys)
        -> ModelResolver
    {
        ModelResolver(client: client, environment: environment, scripts: nil, clock: Self.clock)
    }

    struct Row: Sendable {
        let model: String
        var options: JSONObject = [:]
        let url: String
        let header: String
        let value: String
        let name: String
    }

    static let rows: [Row] = [
        Row(
            model: "openai/gpt-5", url: "https://api.openai.com/v1/chat/completions", header: "Authorization",
            value: "Bearer k-openai", name: "gpt-5"),
        Row(
            model: "OpenAI/gpt-5", options: ["baseURL": "http://h.example/v1/"],
            url: "http://h.example/v1/chat/completions", header: "Authorization", value: "Bearer k-openai",
            name: "gpt-5"),
        Row(
            model: "openai/x", options: ["baseUrl": "http://h.example"], url: "http://h.example/chat/completions",
            header: "Authorization", value: "Bearer k-openai", name: "x"),
        Row(
            model: "openrouter/anthropic/claude-x", url: "https://openrouter.ai/api/v1/chat/completions",
            header: "Authorization", value: "Bearer k-router", name: "anthropic/claude-x"),
        Row(
            model: "nim/meta/llama", url: "https://integrate.api.nvidia.com/v1/chat/completions",
            header: "Authorization", value: "Bearer k-nim", name: "meta/llama"),
        Row(
            model: "custom/m", options: ["baseURL": "http://h.example/v1", "headers": ["X-Team": "red"]],
            url: "http://h.example/v1/chat/completions", header: "X-Team", value: "red", name: "m"),
        Row(
            model: "custom/m", options: ["baseURL": "http://h.example/v1"], url: "http://h.example/v1/chat/completions",
            header: "Authorization", value: "Bearer k-custom", name: "m"),
        Row(
            model: "azure/dep", options: ["resourceName": "res"],
            url: "https://res.openai.azure.com/openai/v1/chat/completions", header: "api-key", value: "k-azure",
            name: "dep"),
        Row(
            model: "azure/my dep", options: ["resourceName": "res", "apiVersion": "2024-10-21"],
            url: "https://res.openai.azure.com/openai/deployments/my%20dep/chat/completions?api-version=2024-10-21",
            header: "api-key", value: "k-azure", name: "my dep"),
        Row(
            model: "azure/dep", options: ["baseURL": "https://h.example/openai/v1"],
            url: "https://h.example/openai/v1/chat/completions", header: "api-key", value: "k-azure", name: "dep"),
        Row(
            model: "anthropic/claude-x", url: "https://api.anthropic.com/v1/messages", header: "x-api-key",
            value: "k-anthropic", name: "claude-x"),
        Row(
            model: "google/gemini-x",
            url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
            header: "x-goog-api-key", value: "k-google", name: "gemini-x"),
    ]

    @Test(arguments: rows) func `a model string reaches its provider with its key`(_ row: Row) async throws {
        let seen = Mutex<HTTPRequest?>(nil)
        let stub = client(pieces: [], status: 500) { request in seen.withLock { $0 = request } }
        let (model, options) = try resolver(stub).resolve(row.model, providerOptions: row.options)
        #expect(options.model == row.name)
        _ = try await outcome(of: model, ModelRequest(messages: [.user("x")], options: options))
        let sent = try #require(seen.withLock { $0 })
        #expect(sent.url == row.url && sent.headers[row.header] == row.value)
    }

    @Test(arguments: [
        ("gpt-5", "No provider specified in model string: gpt-5"), ("/x", "No provider specified in model string: /x"),
        ("openai/", "No provider specified in model string: openai/"), ("", "No provider specified in model string: "),
        (
            "nobody/x",
            "Unknown provider nobody in model string: nobody/x. Known are anthropic, azure, openai, google, "
                + "openrouter, gateway, nim, custom, mock, scripted"
        ),
        ("custom/x", "custom models need providerOptions.baseURL"),
        ("azure/x", "azure models need providerOptions.resourceName or baseURL"),
        ("scripted/x", "scripted/x cannot be played: no folder of scripts is configured"),
    ]) func `a model string that is none says why`(_ model: String, _ message: String) {
        #expect(throws: ModelFailure(.configuration, message)) { _ = try resolver().resolve(model) }
    }

    @Test func `a missing key is named, but a server of one's own needs none`() throws {
        let keyless = resolver(client(pieces: []), [:])
        #expect(throws: ModelFailure(.configuration, "OPENAI_API_KEY is not set, so openai cannot be called")) {
            _ = try keyless.resolve("openai/x")
        }
        _ = try keyless.resolve("openai/x", providerOptions: ["baseURL": "http://h.example/v1"])
        _ = try keyless.resolve("custom/x", providerOptions: ["baseURL": "http://h.example/v1"])
    }

    @Test func `the gateway is refused with a way out`() {
        #expect {
            _ = try resolver().resolve("gateway/openai/gpt-5")
        } throws: {
            let failure = $0 as? ModelFailure
            return failure?.kind == .unsupported("gateway") && failure?.message.contains("openai/gpt-5") == true
        }
    }

    @Test func `providerOptions are split into parameters, provider options and what is ours`() {
        let options = ModelOptions(
            model: "m",
            providerOptions: [
                "temperature": JSONValue(0.5), "topP": 0, "stopSequences": ["a"], "apiKey": "sk",
                "baseUrl": "http://h.example",
                "resourceName": "r", "apiVersion": "v", "maxDuration": 30, "contextWindowSize": 1000, "nothing": nil,
                "headers": ["A": "b", "N": 1], "openai": ["x": 1], "gateway": [:],
            ])
        #expect(options.parameters == ["temperature": JSONValue(0.5), "topP": 0, "stopSequences": ["a"]])
        #expect(options.provider == ["openai": ["x": 1], "gateway": [:]])
        #expect(options.baseURL == "http://h.example" && options.resourceName == "r" && options.apiVersion == "v")
        #expect(options.headers == ["A": "b"] && options.contextWindowSize == 1000 && options.timeout == .seconds(30))
    }

    @Test(arguments: [
        (JSONValue.integer(30), Duration.seconds(30)), (JSONValue(0.5), .milliseconds(500)), (600, .seconds(600)),
        (6000, .seconds(600)), (0, .seconds(270)), (-1, .seconds(270)), ("30", .seconds(270)),
        (JSONValue(1e300), .seconds(600)),
    ]) func `the time of a call is bounded`(_ value: JSONValue, _ expected: Duration) {
        #expect(ModelOptions(model: "m", providerOptions: ["maxDuration": value]).timeout == expected)
        #expect(ModelOptions(model: "m", providerOptions: [:]).timeout == .seconds(270))
    }

    @Test func `the mock answers with the five lines`() async throws {
        let (model, options) = try resolver().resolve("Mock/fast")
        let long = String(repeating: "ž", count: 250)
        let request = ModelRequest(
            system: [SystemBlock("s"), SystemBlock("t")],
            messages: [.user("first"), .assistant(text: "ok", calls: []), .user(long)], options: options)
        let outcome = try await outcome(of: model, request)
        #expect(
            outcome.events.first
                == .text(
                    """
                    Mock response.
                    Model: mock/fast
                    Input messages: 4
                    Last user message: "\(long.prefix(200))"
                    Timestamp: 2026-01-31T12:00:00.000Z
                    """))
        #expect(outcome.events.last == .finished(.endTurn))
    }
}
