import Catalog
import Models
import Outbound
import Testing

/// Errors as the providers send them, and what class each is.
struct FailureTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let adapter: Adapter
        let status: Int
        let body: String
        let kind: ModelFailure.Kind

        var testDescription: String { "\(adapter) \(status) \(kind)" }
    }

    static let rows: [Row] = [
        Row(
            adapter: .openai, status: 401,
            body:
                #"{"error":{"message":"Incorrect API key provided: sk-secret.","type":"invalid_request_error","#
                + #""code":"invalid_api_key"}}"#,
            kind: .auth),
        Row(
            adapter: .openai, status: 429,
            body: #"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#,
            kind: .rateLimited),
        Row(
            adapter: .openai, status: 429,
            body:
                #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","#
                + #""code":"insufficient_quota"}}"#,
            kind: .auth),
        Row(
            adapter: .openai, status: 400,
            body:
                #"{"error":{"message":"This model's maximum context length is 8192 tokens.","#
                + #""type":"invalid_request_error","code":"context_length_exceeded"}}"#,
            kind: .contextLength),
        Row(
            adapter: .openai, status: 400,
            body: #"{"error":{"message":"Unknown parameter","type":"invalid_request_error","code":null}}"#,
            kind: .badRequest),
        Row(
            adapter: .openai, status: 404,
            body:
                #"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","#
                + #""code":"model_not_found"}}"#,
            kind: .notFound),
        Row(
            adapter: .openai, status: 500,
            body: #"{"error":{"message":"The server had an error","type":"server_error"}}"#, kind: .overloaded),
        Row(adapter: .openai, status: 503, body: "<html>busy</html>", kind: .overloaded),
        Row(
            adapter: .openai, status: 400, body: #"{"error":{"message":"filtered","code":"content_filter"}}"#,
            kind: .refused),
        Row(adapter: .openai, status: 422, body: #"{"detail":"no such field"}"#, kind: .badRequest),
        Row(
            adapter: .openai, status: 400,
            body: #"{"object":"error","message":"maximum context length is 10","code":400}"#, kind: .contextLength),
        Row(adapter: .openai, status: 404, body: #"{"error":"model 'x' not found"}"#, kind: .notFound),
        Row(adapter: .openai, status: 302, body: "", kind: .configuration),
        Row(
            adapter: .anthropic, status: 401,
            body: #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-secret"}}"#,
            kind: .auth),
        Row(
            adapter: .anthropic, status: 429,
            body: #"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#, kind: .rateLimited),
        Row(
            adapter: .anthropic, status: 529,
            body: #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, kind: .overloaded),
        Row(
            adapter: .anthropic, status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 "#
                + #"tokens > 200000 maximum"}}"#,
            kind: .contextLength),
        Row(
            adapter: .anthropic, status: 413,
            body: #"{"type":"error","error":{"type":"request_too_large","message":"big"}}"#, kind: .contextLength),
        Row(
            adapter: .anthropic, status: 404,
            body: #"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#, kind: .notFound),
        Row(
            adapter: .google, status: 400,
            body:
                #"[{"error":{"code":400,"message":"API key not valid. sk-secret","status":"INVALID_ARGUMENT","#
                + #""details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            kind: .auth),
        Row(
            adapter: .google, status: 429,
            body: #"{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}"#, kind: .rateLimited),
        Row(
            adapter: .google, status: 503,
            body: #"{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#, kind: .overloaded),
        Row(
            adapter: .google, status: 400,
            body:
                #"{"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum","#
                + #""status":"INVALID_ARGUMENT"}}"#,
            kind: .contextLength),
        Row(
            adapter: .google, status: 504,
            body: #"{"error":{"code":504,"message":"slow","status":"DEADLINE_EXCEEDED"}}"#, kind: .timedOut),
    ]

    private let request = ModelRequest(messages: [.user("Hi")], options: ModelOptions(model: "m"))

    @Test(arguments: rows) func `an error reply has its class, and never shows the key`(_ row: Row) async throws {
        let client = client(pieces: [Array(row.body.utf8)], status: row.status, headers: ["Retry-After": "7"])
        let failure = try #require(try await outcome(of: row.adapter.model(client), request).failure)
        #expect(failure.kind == row.kind)
        #expect(failure.status == row.status && failure.retryAfter == .seconds(7))
        #expect(!failure.message.contains("sk-secret"))
        let retryable: Set<ModelFailure.Kind> = [.rateLimited, .overloaded, .timedOut]
        #expect(failure.isRetryable == retryable.contains(row.kind))
    }

    @Test(arguments: [
        (
            Adapter.openai, "data: {\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}}\n\n",
            ModelFailure.Kind.overloaded
        ),
        (.openai, "data: {\"error\":{\"message\":\"slow\",\"code\":\"rate_limit_exceeded\"}}\n\n", .rateLimited),
        (
            .anthropic,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
                + "\"message\":\"Overloaded\"}}\n\n",
            .overloaded
        ),
        (
            .anthropic,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                + "\"message\":\"no\"}}\n\n",
            .badRequest
        ),
        (.google, "data: {\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}\n\n", .overloaded),
        (.google, "data: {\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\"}]}\n\n", .malformed),
    ]) func `an error amid the stream has its class, and what came before it is delivered`(
        _ adapter: Adapter, _ stream: String, _ kind: ModelFailure.Kind
    ) async throws {
        let before =
            switch adapter {
            case .openai: "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"
            case .anthropic:
                "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
                    + "\"text\":\"Hel\"}}\n\n"
            case .google: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hel\"}]}}]}\n\n"
            }
        let outcome = try await outcome(of: adapter.model(client(pieces: [Array((before + stream).utf8)])), request)
        #expect(outcome.failure?.kind == kind)
        #expect(outcome.events == [.text("Hel")])
    }

    @Test(arguments: [
        ("retry-after-ms", "1500", Duration?.some(.milliseconds(1500))), ("Retry-After", "2.5", .milliseconds(2500)),
        ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT", nil), ("Retry-After", "-1", nil), ("Retry-After", "nan", nil),
    ]) func `the wait that a provider asks for is read`(_ name: String, _ value: String, _ expected: Duration?)
        async throws
    {
        var headers = HTTPHeaders()
        headers[name] = value
        let outcome = try await outcome(
            of: Adapter.openai.model(client(pieces: [], status: 429, headers: headers)), request)
        #expect(outcome.failure?.retryAfter == expected)
    }

    @Test(arguments: [
        (OutboundError.cannotResolve(host: "h"), ModelFailure.Kind.network), (.cannotConnect("h"), .network),
        (.tls("x"), .network), (.timedOut(.connect), .timedOut), (.timedOut(.total), .timedOut), (.cut("x"), .network),
        (.refusedByPolicy("h"), .configuration), (.invalidRequest("x"), .configuration),
        (.tooManyTransfers(max: 1), .network),
        (.cancelled, .network),
    ]) func `what the network does wrong has its class`(_ error: OutboundError, _ kind: ModelFailure.Kind) async throws
    {
        let broken = HTTPClient { _ async throws(OutboundError) in throw error }
        #expect(try await outcome(of: Adapter.openai.model(broken), request).failure?.kind == kind)
    }

    @Test func `an endpoint shows no header when it is printed`() {
        let endpoint = ModelEndpoint(
            provider: "p", baseURL: "https://h.example/v1/", headers: ["Authorization": "sk-secret"])
        var dumped = ""
        dump(endpoint, to: &dumped)
        #expect("\(endpoint)" == "p at https://h.example/v1" && !dumped.contains("sk-secret"))
        #expect(!String(reflecting: endpoint).contains("sk-secret"))
    }
}
