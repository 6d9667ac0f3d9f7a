import Catalog
public import Outbound

/// Anthropic's Messages API.
public struct AnthropicModel: Model {
    private let client: HTTPClient
    private let endpoint: ModelEndpoint
    private let cachesPrompts: Bool

    /// A model behind `endpoint`, whose base URL has the version in it: `https://api.anthropic.com/v1`.
    /// `cachesPrompts` tells whether cache marks are set on the system prompt and the history (run spec §8).
    public init(client: HTTPClient, endpoint: ModelEndpoint, cachesPrompts: Bool = true) {
        self.client = client
        self.endpoint = endpoint
        self.cachesPrompts = cachesPrompts
    }

    /// Asks for one streamed message; see `Model`. A `responseSchema` becomes a tool that the model must call with its
    /// answer, and the tool's input is the text.
    public func respond(
        to request: ModelRequest, each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        let body = try AnthropicRequest(request, cachesPrompts: cachesPrompts).body()
        var headers = endpoint.headers
        headers.append("Content-Type", "application/json")
        headers.append("Accept", "text/event-stream")
        let call = HTTPRequest(
            method: "POST", url: endpoint.url("/messages"), headers: headers, body: body.jsonBytes,
            timeouts: HTTPTimeouts(idle: nil, total: request.options.timeout))
        try await StreamingCall(client: client, provider: endpoint.provider)
            .run(call, decoder: AnthropicDecoder(provider: endpoint.provider), each: each)
    }
}
