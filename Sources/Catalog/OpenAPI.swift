/// The OpenAPI 3.1 document of a list of operations. Order is that of the list, so the same list gives the same bytes.
public enum OpenAPI {
    /// A reference to a schema of the document.
    public static func reference(_ name: String) -> JSONObject { ["$ref": .string("#/components/schemas/\(name)")] }

    /// The schema of `{"data": …}`.
    public static func envelope(_ data: JSONObject) -> JSONObject {
        ["type": "object", "properties": ["data": .object(data)], "required": ["data"]]
    }

    /// The schema of a list of `element` with its pagination.
    public static func listEnvelope(_ element: JSONObject) -> JSONObject {
        [
            "type": "object",
            "properties": [
                "data": ["type": "array", "items": .object(element)], "pagination": .object(reference("Pagination")),
            ],
            "required": ["data", "pagination"],
        ]
    }

    /// The document.
    ///
    /// - Parameters:
    ///   - operations: What the server does; aliases are not shown.
    ///   - schemas: The schemas that operations refer to, beside those of pages and problems.
    ///   - title: The name of the API.
    ///   - description: What holds for all operations, as Markdown; nil for nothing.
    ///   - version: Its version.
    ///   - server: The address as clients see it.
    public static func document(
        operations: [Operation], schemas: [(name: String, schema: JSONObject)], title: String,
        description: String? = nil, version: String, server: String
    ) -> JSONValue {
        var paths = JSONObject()
        for operation in operations {
            var item = paths[operation.path]?.object ?? JSONObject()
            item[operation.method.rawValue.lowercased()] = .object(Self.description(of: operation))
            paths[operation.path] = .object(item)
        }
        var components = JSONObject()
        for (name, schema) in schemas + shared { components[name] = .object(schema) }
        var information: JSONObject = ["title": .string(title)]
        if let description { information["description"] = .string(description) }
        information["version"] = .string(version)
        return [
            "openapi": "3.1.0",
            "info": .object(information),
            "servers": [["url": .string(server)]],
            "tags": .array(tags(of: operations).map { ["name": .string($0)] }),
            "security": [["bearerAuth": []], ["cookieAuth": []]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(components),
                "securitySchemes": [
                    "bearerAuth": ["type": "http", "scheme": "bearer", "bearerFormat": "Token"],
                    "cookieAuth": ["type": "apiKey", "in": "cookie", "name": "better-auth.session_token"],
                ],
            ],
        ]
    }

    private static func tags(of operations: [Operation]) -> [String] {
        var seen: Set<String> = []
        return operations.flatMap(\.tags).filter { seen.insert($0).inserted }
    }

    private static func description(of operation: Operation) -> JSONObject {
        var object: JSONObject = [
            "operationId": .string(operation.id), "tags": .array(operation.tags.map(JSONValue.string)),
            "summary": .string(operation.summary),
        ]
        let parameters = operation.pathParameters.map(pathParameter) + operation.parameters
        if !parameters.isEmpty { object["parameters"] = .array(parameters.map(description)) }
        if let request = operation.request {
            object["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": .object(request)]],
            ]
        }
        var responses = JSONObject()
        for response in operation.responses { responses[String(response.status)] = .object(description(of: response)) }
        for status in operation.errors { responses[String(status)] = problem(status) }
        object["responses"] = .object(responses)
        object["x-authz"] = authorization(operation.permission)
        if operation.permission == .none { object["security"] = [] }
        return object
    }

    private static func pathParameter(_ name: String) -> Operation.Parameter {
        let anyText: JSONObject = ["type": "string", "minLength": 1]
        let schema =
            switch name {
            case "tenantId": anyText
            case "branchName": FieldType<String>.branchName.schema
            default: FieldType<String>.resourceID.schema
            }
        return Operation.Parameter(name, in: .path, "", schema: schema)
    }

    private static func description(of parameter: Operation.Parameter) -> JSONValue {
        var object: JSONObject = [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.required), "schema": .object(parameter.schema),
        ]
        if !parameter.help.isEmpty { object["description"] = .string(parameter.help) }
        return .object(object)
    }

    private static func description(of response: Operation.Response) -> JSONObject {
        var object: JSONObject = ["description": .string(response.help)]
        if let schema = response.schema {
            let content: JSONObject = [response.mediaType: ["schema": .object(schema)]]
            object["content"] = .object(content)
        }
        return object
    }

    private static func problem(_ status: Int) -> JSONValue {
        let code = Problem.Code.allCases.first { $0.status == status }
        let saysMore = status == 404 || status == 409
        let schema = status == 400 ? "ValidationProblem" : saysMore ? "MissingOrConflictProblem" : "Problem"
        return [
            "description": .string(code?.title ?? "Problem"),
            "content": ["application/problem+json": ["schema": .object(reference(schema))]],
        ]
    }

    private static func authorization(_ permission: Operation.Permission) -> JSONValue? {
        switch permission {
        case .none, .run: nil
        case .member, .admin: ["permission": .string(permission.rawValue), "resource": "organization"]
        case .view, .use, .edit: ["permission": .string(permission.rawValue), "resource": "project"]
        }
    }

    // MARK: Schemas that all share

    private static let shared: [(name: String, schema: JSONObject)] = [
        ("Pagination", pagination), ("Problem", problem(adding: [:])),
        (
            "ValidationProblem",
            problem(adding: ["type": text, "errors": ["type": "array", "items": .object(brokenField)]])
        ),
        ("MissingOrConflictProblem", problem(adding: ["message": text, "details": [:]])),
    ]

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

    private static func problem(adding members: JSONObject) -> JSONObject {
        let codes = Problem.Code.allCases.map { JSONValue.string($0.rawValue) }
        var properties: JSONObject = [
            "code": ["type": "string", "enum": .array(codes)], "title": text, "status": ["type": "integer"],
            "detail": text, "instance": text, "requestId": text,
            "error": [
                "type": "object", "properties": ["code": text, "message": text], "required": ["code", "message"],
            ],
        ]
        for (name, schema) in members { properties[name] = schema }
        return [
            "type": "object", "properties": .object(properties),
            "required": ["code", "title", "status", "detail", "error"],
        ]
    }
}
