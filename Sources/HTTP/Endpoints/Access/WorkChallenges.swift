import Access
import Catalog
import Domain
import HTTPTypes
import NIOCore

/// Challenges that a client has to work for before it gets an anonymous session (run spec §2.2, §2.3), issued and
/// checked here.
enum WorkChallenges {
    /// The endpoints; those of older clients are twins of the others.
    static func endpoints(_ door: AppDoor) -> [Endpoint] {
        var endpoints = [legacy(door.runners)]
        for (suffix, root) in [("", "/run/auth/challenge"), ("-sentinel", "/run/auth/sentinel/challenge")] {
            endpoints.append(challenge("get-challenge\(suffix)", .get, root, "Get Challenge", door))
            endpoints.append(
                challenge("post-challenge\(suffix)", .post, root, "Post Challenge Interaction Data", door))
        }
        endpoints.append(verify("verify-challenge", "/run/auth/challenge/verify", door))
        endpoints.append(verify("verify-challenge-sentinel", "/run/auth/sentinel/verify", door))
        return endpoints
    }

    private static let app = Operation.Parameter(
        "appId", in: .query, "The app for whose session the challenge is.", required: true)
    private static let anything: JSONObject = ["nullable": true]
    private static let refusal: JSONObject = [
        "type": "object", "required": ["error"],
        "properties": [
            "error": [
                "type": "object", "required": ["code", "message"],
                "properties": ["code": ["type": "string"], "message": ["type": "string"]],
            ]
        ],
    ]

    private static func legacy(_ runners: Runners) -> Endpoint {
        let operation = Operation(
            "get-pow-challenge", .get, "/run/auth/pow/challenge", tag: "Auth", summary: "Get PoW Challenge",
            permission: .none,
            responses: [
                Operation.Response(200, "A challenge of ALTCHA's first version.", schema: anything),
                Operation.Response(404, "There is no proof of work.", schema: refusal),
            ], errors: [429, 502], effect: .endpoint)
        // Widgets know this refusal in a form of its own.
        let refuse: @Sendable (Problem) -> Reply? = { problem in
            guard problem.code == .notFound else { return nil }
            return .json(
                ["error": ["code": .string(problem.code.rawValue), "message": .string(problem.detail)]], status: 404)
        }
        return Endpoint(operation: operation, refuse: refuse) { _ in
            guard let challenges = runners.challenges else { throw Problem(.notFound, "Legacy PoW is not enabled") }
            return fresh(.object(challenges.legacyChallenge()))
        }
    }

    private static func challenge(
        _ id: String, _ method: Operation.Method, _ path: String, _ summary: String, _ door: AppDoor
    ) -> Endpoint {
        var parameters = [app]
        if method == .get {
            parameters.append(
                Operation.Parameter(
                    "endpointClass", in: .query, "What the session is for.",
                    schema: ["type": "string", "maxLength": 32, "pattern": "^[a-z0-9-]+$"]))
        }
        let operation = Operation(
            id, method, path, tag: "Auth", summary: summary, permission: .none, parameters: parameters,
            responses: [Operation.Response(200, "A challenge of ALTCHA's second version.", schema: anything)],
            errors: [400, 403, 404, 429, 502], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let (challenges, app) = try asked(call, door.runners)
            return try await door.ask(call, of: app) { found in
                try admit(call, to: found)
                let verify = "/run/auth/challenge/verify?appId=\(PercentCoding.component(app))"
                return fresh(.object(challenges.challenge(for: app, verifyURL: verify)))
            }
        }
    }

    private static func verify(_ id: String, _ path: String, _ door: AppDoor) -> Endpoint {
        let operation = Operation(
            id, .post, path, tag: "Auth", summary: "Verify Challenge Solution", permission: .none, parameters: [app],
            request: ["type": "object", "properties": ["payload": ["type": "string"]], "required": ["payload"]],
            responses: [
                Operation.Response(
                    200, "Whether it is one, and a receipt to hand in for it once, or why it is not.",
                    schema: anything)
            ], errors: [400, 403, 404, 413, 415, 429, 502], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let (challenges, app) = try asked(call, door.runners)
            return try await door.ask(call, of: app) { found in
                try admit(call, to: found)
                guard let payload = call.body["payload"]?.string else {
                    throw Problem.invalid([.init(["payload"], "Required")])
                }
                let (receipt, reason) = try await challenges.receipt(for: payload, app: app)
                if let receipt { return fresh(["verified": true, "payload": .string(receipt)]) }
                door.refuse(call, at: found, app)
                return fresh(["verified": false, "reason": .string(reason ?? "invalid")])
            }
        }
    }

    /// The app that a call is for.
    private static func asked(_ call: Call, _ runners: Runners) throws(Problem) -> (Challenges, app: String) {
        guard let id = call.query["appId"], !id.isEmpty else { throw Problem.badRequest("appId is required") }
        guard let challenges = runners.challenges else {
            throw Problem(.notFound, "Challenge service is not enabled")
        }
        return (challenges, id)
    }

    /// Throws unless the app is for pages, and this page of them.
    private static func admit(_ call: Call, to found: Apps.Found) throws(Problem) {
        guard found.app.type == .webClient else {
            throw .badRequest("Challenge proxy is only available for web_client apps")
        }
        guard Apps.allows(call.headers[.origin], found.app) else { throw Problem(.forbidden, "Origin not allowed") }
    }

    /// An answer that nobody may keep for another time.
    private static func fresh(_ body: JSONValue) -> Reply {
        var reply = Reply.json(body)
        reply.headers.append((.cacheControl, "no-store"))
        return reply
    }
}
