import Catalog
public import Outbound

/// Google's Gemini API, `streamGenerateContent`.
public struct GoogleModel: Model {
    private let client: HTTPClient
    private let endpoint: ModelEndpoint
    private let makeID: @Sendable () -> String

    /// A model behind `endpoint`, whose base URL has the version in it:
    /// `https://generativelanguage.googleapis.com/v1beta`. `makeID` names the tool calls, which Gemini does not.
    public init(
        client: HTTPClient, endpoint: ModelEndpoint,
        makeID: @escaping @Sendable () -> String = { "call_" + String(UInt64.random(in: .min ... .max), radix: 36) }
    ) {
        self.client = client
        self.endpoint = endpoint
        self.makeID = makeID
    }

    /// Asks for one streamed reply; see `Model`.
    public func respond(
        to request: ModelRequest, each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        let body = try GoogleRequest(request).body()
        var headers = endpoint.headers
        headers.append("Content-Type", "application/json")
        let model = PercentCoding.component(request.options.model, keeping: "/")
        // Names with a slash are whole resource names, such as `tunedModels/x`.
        let path = model.contains("/") ? "/\(model)" : "/models/\(model)"
        let call = HTTPRequest(
            method: "POST", url: endpoint.url("\(path):streamGenerateContent?alt=sse"), headers: headers,
            body: body.jsonBytes, timeouts: HTTPTimeouts(idle: nil, total: request.options.timeout))
        try await StreamingCall(client: client, provider: endpoint.provider)
            .run(call, decoder: GoogleDecoder(provider: endpoint.provider, makeID: makeID), each: each)
    }
}
