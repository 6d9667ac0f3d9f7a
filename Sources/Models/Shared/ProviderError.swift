import Catalog

/// An error object as providers send it, in the reply's body or amid a stream.
struct ProviderError {
    /// How much of a provider's sentence is handed on, in characters.
    private static let messageLengthMax = 500

    /// The provider's sentence; nil when it sent none.
    var message: String?
    /// The provider's words for the class: `type`, `code` and `status` of the various formats, in lower case.
    var words: [String] = []

    /// Reads `{"error":{…}}`, `{"error":"…"}`, `{"message":"…"}`, `{"detail":"…"}`, an array of the first, or the inner
    /// object itself.
    init(json: JSONValue?) {
        let outer = json?[0] ?? json
        let inner = outer?["error"] ?? outer
        if let text = inner?.string {
            message = text
        } else {
            message = inner?["message"]?.string ?? outer?["message"]?.string ?? outer?["detail"]?.string
        }
        for source in [inner, outer] {
            for name in ["type", "code", "status"] {
                if let word = source?[name]?.string { words.append(word.lowercased()) }
            }
        }
        for detail in inner?["details"]?.array ?? [] {
            if let reason = detail["reason"]?.string { words.append(reason.lowercased()) }
        }
    }

    /// The failure that this error means. `status` is nil amid a stream.
    func failure(provider: String, status: Int?, retryAfter: Duration? = nil) -> ModelFailure {
        let kind = kind(status: status)
        let text: String
        if kind == .auth, !has("insufficient_quota", "billing_error") {
            // Providers quote the key, or a part of it, in this message.
            text = "\(provider) did not accept the API key"
        } else if let message, !message.isEmpty {
            text = "\(provider): \(message.prefix(Self.messageLengthMax))"
        } else {
            text = status.map { "\(provider) answered with status \($0)" } ?? "\(provider) reported an error"
        }
        return ModelFailure(kind, text, retryAfter: retryAfter, status: status)
    }

    private func kind(status: Int?) -> ModelFailure.Kind {
        if isAboutLength { return .contextLength }
        if has(
            "insufficient_quota", "billing_error", "authentication_error", "permission_error", "invalid_api_key",
            "api_key_invalid", "unauthenticated", "permission_denied")
        {
            return .auth
        }
        if has("rate_limit_error", "rate_limit_exceeded", "resource_exhausted", "too_many_requests") {
            return .rateLimited
        }
        if has(
            "overloaded_error", "api_error", "server_error", "unavailable", "internal", "internal_server_error",
            "engine_overloaded")
        {
            return .overloaded
        }
        if has("content_filter", "content_policy_violation", "responsibleaipolicyviolation") { return .refused }
        if has("not_found_error", "model_not_found", "not_found", "deploymentnotfound") { return .notFound }
        if has("timeout_error", "deadline_exceeded") { return .timedOut }
        switch status {
        case 401, 402, 403: return .auth
        case 404: return .notFound
        case 408: return .timedOut
        case 413: return .contextLength
        case 429: return .rateLimited
        case .some(500...): return .overloaded
        case .some(300..<400): return .configuration
        case .some: return .badRequest
        case nil: return has("invalid_request_error", "invalid_argument") ? .badRequest : .overloaded
        }
    }

    private func has(_ candidates: String...) -> Bool { words.contains { candidates.contains($0) } }

    /// Some providers have a code for a conversation that is too long, others only a sentence.
    private var isAboutLength: Bool {
        if has("context_length_exceeded", "request_too_large", "string_above_max_length") { return true }
        guard let message = message?.lowercased() else { return false }
        return [
            "maximum context length", "context window", "prompt is too long", "input token count", "context length of",
        ]
        .contains { message.contains($0) }
    }
}
