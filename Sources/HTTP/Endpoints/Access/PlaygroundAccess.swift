import Access
import Catalog
import Domain
import Store

/// The token with which somebody who works on an agent tries it out (manage spec §3.9).
enum PlaygroundAccess {
    /// By what a holder of such a token is recognised.
    static let means = "playground"

    /// The endpoint.
    static func endpoint(_ runners: Runners, _ store: Store) -> Endpoint {
        let text: JSONValue = ["type": "string"]
        let operation = Operation(
            "create-playground-token", .post, Scope.tenant.path + "/playground/token", tag: "API Keys",
            summary: "Generate temporary API key for playground", permission: .use, project: .body("projectId"),
            isVersioned: false,
            request: [
                "type": "object", "properties": ["projectId": text, "agentId": text],
                "required": ["projectId", "agentId"],
            ],
            responses: [
                Operation.Response(
                    200, "The token, which goes with the app.",
                    schema: [
                        "type": "object", "required": ["apiKey", "expiresAt", "appId"],
                        "properties": ["apiKey": text, "expiresAt": text, "appId": text],
                    ])
            ], errors: [400, 401, 403, 404, 413, 415, 500], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let names = try ["projectId", "agentId"].map { name in
                guard let id = call.body[name]?.string?.trimmed, !id.isEmpty, !id.utf8.contains(0) else {
                    throw Problem.invalid([.init([name], "Required")])
                }
                return id
            }
            let branch = BranchKey(tenant: call.tenant, project: names[0])
            guard try await store.head(of: branch) != nil else { throw Problem.notFound("Project") }
            guard try await store.resource(ResourceKey(kind: Agent.kind.name, id: names[1]), in: branch) != nil else {
                throw Problem.notFound("Agent")
            }
            let made = try await runners.playground.make(
                user: call.caller.account ?? call.caller.actor, account: call.caller.account, in: branch,
                agent: names[1])
            return .json([
                "apiKey": .string(made.token), "expiresAt": .string(Timestamp.text(made.expiresAt)),
                "appId": .string(PlaygroundTokens.app),
            ])
        }
    }
}
