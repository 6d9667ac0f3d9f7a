public import Catalog
public import Events

/// How a failed run is told to a client whose reply has not begun.
///
/// | the run's code | status | why |
/// |---|---|---|
/// | `auth`, `bad_request`, `not_found`, `malformed`, `cut`, `network` | 502 | the provider did not do its part |
/// | `rate_limited`, `overloaded` | 503, `Retry-After` | it will later |
/// | `timed_out`, `interrupted` | 503 | it may now |
/// | `unsupported` | 501 | this version cannot do it |
/// | `configuration`, `context_length`, `refused`, `step_limit`, `transfer_limit` | 422 | asking again is in vain |
/// | `budget` | 429 | a budget is used up; the text names it |
/// | `cancelled` | 409 | someone stopped it |
/// | `internal` and any other | 500 | our fault; the text is not shown |
///
/// The body has the run's code as the member `failure`.
extension RunFailure {
    /// How long a client is asked to wait for a provider that has too much to do.
    static let busyWait = Duration.seconds(5)

    /// The end of a run that someone stopped, in the same words for every format.
    static let cancelled = RunFailure(code: "cancelled", message: "The run was cancelled")

    /// The refusal to answer with.
    public var problem: Problem {
        let busy = code == "rate_limited" || code == "overloaded"
        return Problem(
            problemCode, message, extras: ["failure": .string(code)], retryAfter: busy ? Self.busyWait : nil)
    }

    private var problemCode: Problem.Code {
        switch code {
        case "auth", "bad_request", "not_found", "malformed", "cut", "network": .badGateway
        case "rate_limited", "overloaded", "timed_out", "interrupted": .serviceUnavailable
        case "unsupported": .notImplemented
        case "configuration", "context_length", "refused", "step_limit", "transfer_limit": .unprocessableEntity
        case "budget": .tooManyRequests
        case "cancelled": .conflict
        default: .internalServerError
        }
    }

    /// The failure's class in OpenAI's words.
    var openAIType: String {
        switch problemCode {
        case .unprocessableEntity, .notImplemented, .conflict: "invalid_request_error"
        default: code == "rate_limited" ? "rate_limit_error" : code == "budget" ? "insufficient_quota" : "server_error"
        }
    }
}
