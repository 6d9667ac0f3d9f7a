/// Everything a request can be refused for, with the words for the client. What caused it goes to the log beside the
/// request id, never in here. The wire shape is manage spec §0.8.
public struct Problem: Error, Sendable, Equatable {
    /// The closed list of refusals. A new case is a review question.
    public enum Code: String, Sendable, CaseIterable {
        case badRequest = "bad_request"
        case unauthorized
        case paymentRequired = "payment_required"
        case forbidden
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict
        case preconditionFailed = "precondition_failed"
        case payloadTooLarge = "payload_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case unprocessableEntity = "unprocessable_entity"
        case tooManyRequests = "too_many_requests"
        case internalServerError = "internal_server_error"
        case notImplemented = "not_implemented"
        case badGateway = "bad_gateway"
        case serviceUnavailable = "service_unavailable"
        case insufficientStorage = "insufficient_storage"
    }

    /// One field of the request that breaks a rule.
    public struct Broken: Sendable, Equatable {
        /// Where, as steps from the root of the body: `["subAgents", "router", "name"]`. Empty for the whole body.
        public let path: [String]
        /// The rule, for people: `must have at most 256 characters`.
        public let reason: String

        /// A rule broken at `path`.
        public init(_ path: [String], _ reason: String) {
            self.path = path
            self.reason = reason
        }

        /// The place and the rule in one: `messages.0.role: Required`.
        public var sentence: String { path.isEmpty ? reason : "\(path.joined(separator: ".")): \(reason)" }

        /// The path as a JSON pointer (RFC 6901).
        public var pointer: String {
            path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        }
    }

    /// What kind of refusal it is; decides the status.
    public let code: Code
    /// One sentence for the client. Never an internal cause.
    public let detail: String
    /// The fields at fault; empty unless the body, path or query was not as declared.
    public let broken: [Broken]
    /// Members added to the body as they are, for instance `details` of a conflict.
    public let extras: JSONObject
    /// When to try again, sent as `Retry-After` in whole seconds; nil where trying again does not help.
    public let retryAfter: Duration?

    /// A refusal of any kind; the named ones below read better.
    public init(
        _ code: Code, _ detail: String, broken: [Broken] = [], extras: JSONObject = [:], retryAfter: Duration? = nil
    ) {
        self.code = code
        self.detail = detail
        self.broken = broken
        self.extras = extras
        self.retryAfter = retryAfter
    }

    /// 400: the request is not as declared; every broken field at once.
    public static func invalid(_ broken: [Broken]) -> Problem {
        Problem(.badRequest, "Request validation failed", broken: broken)
    }

    /// 400 with a sentence of its own.
    public static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, detail) }

    /// 404: there is none, or the caller may not know of it. `title` is the kind's: `Agent not found`.
    public static func notFound(_ title: String) -> Problem { Problem(.notFound, "\(title) not found") }

    /// 409: it clashes with what is stored.
    public static func conflict(_ detail: String) -> Problem { Problem(.conflict, detail) }

    /// The HTTP status of the code.
    public var status: Int { code.status }
}

extension Problem.Code {
    /// The HTTP status.
    public var status: Int {
        switch self {
        case .badRequest: 400
        case .unauthorized: 401
        case .paymentRequired: 402
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .preconditionFailed: 412
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .unprocessableEntity: 422
        case .tooManyRequests: 429
        case .internalServerError: 500
        case .notImplemented: 501
        case .badGateway: 502
        case .serviceUnavailable: 503
        case .insufficientStorage: 507
        }
    }

    /// The title in the body: the code in words, `Not Found`.
    public var title: String {
        rawValue.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    }
}

extension Problem {
    /// Said to clients instead of the cause of any 500 (manage spec §0.8).
    public static let internalDetail = "An internal server error occurred. Please try again later."

    /// The problem document (RFC 9457 members, `error` as older clients read it, `message` and `details` as the seeds'
    /// conflict body has them).
    ///
    /// - Parameters:
    ///   - instance: The path of the request, or nil to leave it out.
    ///   - requestID: The request's id, or nil to leave it out.
    public func body(instance: String?, requestID: String?) -> JSONValue {
        let detail = status == 500 ? Self.internalDetail : detail
        var body = JSONObject()
        if !broken.isEmpty { body["type"] = "https://covey.invalid/errors#bad_request" }
        body["code"] = .string(code.rawValue)
        body["title"] = .string(broken.isEmpty ? code.title : "Validation Failed")
        body["status"] = .integer(Int64(status))
        body["detail"] = .string(detail)
        if let instance { body["instance"] = .string(instance) }
        if let requestID { body["requestId"] = .string(requestID) }
        // Older clients show this text alone, so it names the fields.
        let words = broken.isEmpty ? detail : broken.map(\.sentence).joined(separator: "; ")
        let message = words.count > 100 ? words.prefix(97) + "..." : words[...]
        body["error"] = ["code": .string(code.rawValue), "message": .string(String(message))]
        if code == .conflict || code == .notFound {
            body["message"] = .string(detail)
            body["details"] = .null
        }
        if !broken.isEmpty {
            body["errors"] = .array(
                broken.map {
                    [
                        "detail": .string($0.reason), "pointer": .string($0.pointer),
                        "name": .string($0.path.joined(separator: ".")), "reason": .string($0.reason),
                    ]
                })
        }
        for (name, value) in extras { body[name] = value }
        return .object(body)
    }
}
