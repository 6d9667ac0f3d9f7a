public import Outbound

/// OpenAI's chat completions, and every server that speaks them: by base URL OpenRouter, NVIDIA NIM, vLLM, Ollama,
/// Azure and others.
public struct OpenAIModel: Model {
    private let client: HTTPClient
    private let endpoint: ModelEndpoint

    /// A model behind `endpoint`, whose base URL has the version in it: `https://api.openai.com/v1`.
    public init(client: HTTPClient, endpoint: ModelEndpoint) {
        self.client = client
        self.endpoint = endpoint
    }

    /// Asks for one streamed chat completion; see `Model`.
    public func respond(
        to request: ModelRequest, each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        let body = try OpenAIRequest(request, provider: endpoint.provider).bytes()
        var headers = endpoint.headers
        headers.append("Content-Type", "application/json")
        headers.append("Accept", "text/event-stream")
        let call = HTTPRequest(
            method: "POST", url: endpoint.url("/chat/completions"), headers: headers, body: body,
            timeouts: HTTPTimeouts(idle: nil, total: request.options.timeout))
        try await StreamingCall(client: client, provider: endpoint.provider)
            .run(call, decoder: OpenAIDecoder(provider: endpoint.provider), each: each)
    }
}
