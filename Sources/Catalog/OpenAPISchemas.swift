extension OpenAPI {
    /// The members that say when a resource was made and last changed.
    public static let times: JSONObject = [
        "createdAt": ["type": "string", "format": "date-time"], "updatedAt": ["type": "string", "format": "date-time"],
    ]

    /// The schemas that all documents share: of pages, and of each refusal.
    static let shared: [(name: String, schema: JSONObject)] =
        [("Pagination", pagination), ("BrokenField", brokenField)]
        + [(LLMSchema.propertyName, LLMSchema.propertySchema)]
        + Problem.Code.allCases.map { (name(of: $0), schema(of: $0)) }

    /// The answer with the problem of a status.
    static func problem(_ status: Int) -> JSONValue {
        let code = Problem.Code.allCases.first { $0.status == status }
        let schema = code.map { reference(name(of: $0)) } ?? ["type": "object"]
        return [
            "description": .string(code?.title ?? "Problem"),
            "content": ["application/problem+json": ["schema": .object(schema)]],
        ]
    }

    private static let text: JSONValue = ["type": "string"]

    private static let pagination: JSONObject = [
        "type": "object",
        "properties": [
            "page": ["type": "number", "minimum": 1], "limit": ["type": "number", "minimum": 0],
            "total": ["type": "number"], "pages": ["type": "number"],
        ],
        "required": ["page", "limit", "total", "pages"],
    ]

    private static let brokenField: JSONObject = [
        "type": "object", "properties": ["detail": text, "pointer": text, "name": text, "reason": text],
        "required": ["detail", "pointer", "name", "reason"],
    ]

    /// The title in one word: `NotFound`.
    private static func name(of code: Problem.Code) -> String { code.title.filter { $0 != " " } }

    /// The problem document of a code, as `Problem.body` writes it. What is missing and what clashes also satisfies
    /// the older shape with `message` and `details` (manage spec §1.21, 10).
    private static func schema(of code: Problem.Code) -> JSONObject {
        let codeSchema: JSONValue = ["type": "string", "enum": [.string(code.rawValue)]]
        let schema: JSONObject = [
            "type": "object",
            "properties": [
                "code": codeSchema, "title": text,
                "status": ["type": "integer", "enum": [.integer(Int64(code.status))]], "detail": text, "instance": text,
                "requestId": text,
                "error": [
                    "type": "object", "properties": ["code": codeSchema, "message": text],
                    "required": ["code", "message"],
                ],
            ],
            "required": ["code", "title", "status", "detail", "instance", "requestId", "error"],
        ]
        switch code {
        case .badRequest:
            let errors: JSONValue = [
                "type": "array", "description": "Every broken field, when fields are at fault.",
                "items": .object(reference("BrokenField")),
            ]
            return schema.adding(["type": text, "errors": errors])
        case .notFound, .conflict:
            return schema.adding(
                ["message": text, "details": ["description": "More on it; null for nothing."]],
                required: ["message", "details"])
        default: return schema
        }
    }
}
