import Catalog
import Store

/// Whether the server is up, and whether it can work (manage spec §0.2).
enum Health {
    /// The endpoints.
    static func endpoints(store: Store) -> [Endpoint] { [health, ready(store)] }

    private static let health = Endpoint(
        operation: Operation(
            "health", .get, "/health", tag: "Health", summary: "Health check", permission: .none,
            responses: [Operation.Response(204, "It is.")], errors: [], effect: .endpoint)
    ) { _ in .empty(204) }

    private static func ready(_ store: Store) -> Endpoint {
        Endpoint(
            operation: Operation(
                "ready", .get, "/ready", tag: "Health", summary: "Readiness check",
                permission: .none,
                responses: [
                    Operation.Response(200, "It can.", schema: readySchema),
                    Operation.Response(
                        503, "It cannot.", schema: notReadySchema, mediaType: "application/problem+json"),
                ], errors: [], effect: .endpoint)
        ) { _ in
            do throws(StoreError) {
                try await store.ping()
                return .json(["status": "ok", "manageDb": true, "runDb": true])
            } catch {
                throw Problem(
                    .serviceUnavailable, error.description,
                    extras: ["type": "about:blank", "checks": ["manageDb": false, "runDb": false]],
                    retryAfter: .seconds(1))
            }
        }
    }

    private static let notReadySchema: JSONObject = {
        let flag: JSONValue = ["type": "boolean"]
        let checks = JSONObject([("type", "object")]).adding(
            ["manageDb": flag, "runDb": flag], required: ["manageDb", "runDb"])
        let more = JSONObject([("type", "object")]).adding(
            ["type": ["type": "string"], "checks": .object(checks)], required: ["type", "checks"])
        return ["allOf": [.object(OpenAPI.reference("ServiceUnavailable")), .object(more)]]
    }()

    private static let readySchema: JSONObject = [
        "type": "object",
        "properties": [
            "status": ["type": "string", "enum": ["ok"]], "manageDb": ["type": "boolean"],
            "runDb": ["type": "boolean"],
        ],
        "required": ["status", "manageDb", "runDb"],
    ]
}
