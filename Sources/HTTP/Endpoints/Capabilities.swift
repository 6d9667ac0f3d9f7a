import Catalog
import JavaScript

/// What this server can do that not every one can (manage spec §0.2).
enum Capabilities {
    /// The endpoint.
    static let endpoint = Endpoint(
        operation: Operation(
            "capabilities", .get, "/manage/capabilities", tags: [], summary: "Get server capabilities",
            permission: .member, responses: [Operation.Response(200, "What it can do.", schema: schema)],
            errors: [401, 403, 500], effect: .endpoint)
    ) { _ in .json(answer(JavaScript.parser)) }

    /// Whether function tools may be made: only where what they run can be checked. Falling back to other models and
    /// the tracking of costs are services of a gateway between Covey and the providers, and Covey uses none.
    static func answer(_ parser: JavaScript.Parser) -> JSONValue {
        let sandbox: JSONValue =
            switch parser {
            case .library: ["configured": true, "provider": "native"]
            case .none: ["configured": false]
            }
        return ["sandbox": sandbox, "modelFallback": ["enabled": false], "costTracking": ["enabled": false]]
    }

    private static let flag: JSONValue = [
        "type": "object", "properties": ["enabled": ["type": "boolean"]], "required": ["enabled"],
    ]

    private static let schema: JSONObject = [
        "type": "object",
        "properties": [
            "sandbox": [
                "type": "object",
                "properties": [
                    "configured": ["type": "boolean"],
                    "provider": ["type": "string", "enum": ["native", "vercel"]],
                    "runtime": ["type": "string", "enum": ["node22", "typescript"]],
                ],
                "required": ["configured"],
            ],
            "modelFallback": flag, "costTracking": flag,
        ],
        "required": ["sandbox", "modelFallback", "costTracking"],
    ]
}
