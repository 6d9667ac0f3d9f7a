import Access
import Catalog
import Domain
import HTTPTypes
import Store

/// The sessions of an app's anonymous visitors: how they begin (run spec §2.1), and how they are taken back.
enum AppSessions {
    /// The endpoints.
    static func endpoints(_ door: AppDoor, _ store: Store) -> [Endpoint] {
        [create(door), revoke(door.runners, store)]
    }

    private static let solution = Operation.Parameter(
        "x-inkeep-challenge-solution", in: .header, "The solution of a challenge, in base64, where one is asked for.")

    private static func create(_ door: AppDoor) -> Endpoint {
        let operation = Operation(
            "create-anonymous-session", .post, "/run/auth/apps/{appId}/anonymous-session", tag: "Auth",
            summary: "Create Anonymous Session", permission: .none, parameters: [solution],
            responses: [
                Operation.Response(
                    200, "The token, and when it ends.", schema: OpenAPI.reference("AnonymousSessionResponse"))
            ], errors: [400, 401, 403, 404, 422, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let id = call.path["appId"] ?? ""
            return try await door.ask(call, of: id) { found in
                try admit(call, to: found)
                try await door.runners.challenges?.take(header: call.headers[.challengeSolution], for: id)
                let bearer = Credentials.bearer(call.headers[.authorization])
                let session = try await door.runners.sessions.issue(refreshing: bearer, app: id, in: found.branch)
                return .json([
                    "token": .string(session.token), "expiresAt": .string(Timestamp.text(session.expiresAt)),
                ])
            }
        }
    }

    /// Throws the refusals of run spec §2.1 that come before that of a solution.
    private static func admit(_ call: Call, to found: Apps.Found) throws(Problem) {
        guard found.app.type == .webClient, let config = found.app.config.webClient else {
            throw .badRequest("Anonymous sessions are only available for web_client apps")
        }
        guard config.allowAnonymous else {
            throw .unauthorized("Anonymous sessions are disabled for this app. Authentication is required.")
        }
        guard Apps.allows(call.headers[.origin], found.app) else { throw Problem(.forbidden, "Origin not allowed") }
    }

    private static func revoke(_ runners: Runners, _ store: Store) -> Endpoint {
        let operation = Operation(
            "revoke-anonymous-sessions", .delete, Scope.project.path + "/apps/{appId}/anonymous-sessions", tag: "Apps",
            summary: "Revoke Anonymous Sessions", permission: .edit, isVersioned: false,
            parameters: [
                Operation.Parameter(
                    "subject", in: .query, "Only those of this visitor, by the token's `sub`; all without it.")
            ],
            responses: [Operation.Response(204, "The tokens that were made until now open nothing any more.")],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let place = BranchKey(
                tenant: call.tenant, project: call.path["projectId"] ?? "", branch: BranchKey.unversioned)
            let key = ResourceKey(kind: App.kind.name, id: call.path["appId"] ?? "")
            guard try await store.resource(key, in: place) != nil else { throw Problem.notFound(App.kind.title) }
            let subject = call.query["subject"].flatMap { $0.isEmpty ? nil : $0 }
            if let subject, subject.utf8.count > 256 || subject.utf8.contains(0) {
                throw Problem.invalid([.init(["subject"], "must have at most 256 characters")])
            }
            try await runners.sessions.revoke(app: key.id, subject: subject)
            return .empty(204)
        }
    }

    /// The schemas that the operations refer to.
    static let schemas: [(name: String, schema: JSONObject)] = [
        (
            "AnonymousSessionResponse",
            [
                "type": "object", "required": ["expiresAt", "token"],
                "properties": ["expiresAt": ["type": "string"], "token": ["type": "string"]],
            ]
        )
    ]
}
