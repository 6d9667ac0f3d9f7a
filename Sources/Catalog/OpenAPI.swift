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

    /// What the server does for operations beside what they say themselves: parameters that it reads, answers that it
    /// gives.
    public struct Additions: Sendable {
        /// The parameters.
        public var parameters: [Operation.Parameter]
        /// The answers that are no problems; one whose status the operation has is another form of that answer.
        public var responses: [Operation.Response]
        /// The statuses of the problems.
        public var errors: [Int]

        /// Additions; none unless told.
        public init(
            parameters: [Operation.Parameter] = [], responses: [Operation.Response] = [], errors: [Int] = []
        ) {
            self.parameters = parameters
            self.responses = responses
            self.errors = errors
        }
    }

    /// The document.
    ///
    /// - Parameters:
    ///   - operations: What the server does; further methods of one are named in its `x-aliases`.
    ///   - schemas: The schemas that operations refer to, beside those of pages and problems.
    ///   - additions: What the server adds to an operation. Parameters that it adds are described once, so those of
    ///     one place and name must be the same everywhere.
    ///   - title: The name of the API.
    ///   - description: What holds for all operations, as Markdown; nil for nothing.
    ///   - version: Its version.
    ///   - server: The address as clients see it.
    public static func document(
        operations: [Operation], schemas: [(name: String, schema: JSONObject)], title: String,
        description: String? = nil, version: String, server: String,
        additions: (Operation) -> Additions = { _ in Additions() }
    ) -> JSONValue {
        var paths = JSONObject()
        var parameters = JSONObject()
        for operation in operations {
            let added = additions(operation)
            var item = paths[operation.path]?.object ?? JSONObject()
            item[operation.method.rawValue.lowercased()] = .object(Self.description(of: operation, added))
            paths[operation.path] = .object(item)
            for parameter in added.parameters { parameters[Self.name(of: parameter)] = Self.description(of: parameter) }
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
                "schemas": .object(components), "parameters": .object(parameters),
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

    private static func description(of operation: Operation, _ added: Additions) -> JSONObject {
        var object: JSONObject = [
            "operationId": .string(operation.id), "tags": .array(operation.tags.map(JSONValue.string)),
            "summary": .string(operation.summary),
        ]
        let own = operation.pathParameters.map(pathParameter) + operation.parameters
        let parameters = own.map(description) + added.parameters.map { ["$ref": .string(address(of: $0))] }
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let request = operation.request {
            object["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": .object(request)]],
            ]
        }
        object["responses"] = .object(responses(of: operation, added))
        object["x-authz"] = authorization(operation.permission)
        if !operation.aliases.isEmpty {
            object["x-aliases"] = .array(operation.aliases.map { .string($0.rawValue) })
        }
        if operation.permission == .none { object["security"] = [] }
        return object
    }

    private static func responses(of operation: Operation, _ added: Additions) -> JSONObject {
        var responses = JSONObject()
        let forms = Dictionary(grouping: operation.responses + added.responses, by: \.status)
        for (status, forms) in forms.sorted(by: { $0.key < $1.key }) {
            responses[String(status)] = .object(description(of: forms))
        }
        for status in Set(operation.errors + added.errors).sorted() { responses[String(status)] = problem(status) }
        return responses
    }

    /// The header by which a client knows a write, so that it is done once.
    public static let idempotencyKey = "Idempotency-Key"
    /// Characters of a key at most.
    public static let idempotencyKeyCharactersMax = 255

    /// The parameter as the document names it among those that many operations have.
    private static func name(of parameter: Operation.Parameter) -> String {
        "\(parameter.place.rawValue)-\(parameter.name.lowercased())"
    }

    private static func address(of parameter: Operation.Parameter) -> String {
        "#/components/parameters/\(name(of: parameter))"
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

    /// The forms of the answers with one status.
    private static func description(of forms: [Operation.Response]) -> JSONObject {
        var content = JSONObject()
        for type in Set(forms.map(\.mediaType)).sorted() {
            let schemas = forms.filter { $0.mediaType == type }.compactMap(\.schema)
            guard let first = schemas.first else { continue }
            let either: JSONObject = ["anyOf": .array(schemas.map(JSONValue.object))]
            content[type] = ["schema": .object(schemas.count == 1 ? first : either)]
        }
        let help = forms.map(\.help).filter { !$0.isEmpty }.joined(separator: " ")
        var object: JSONObject = ["description": .string(help)]
        if !content.isEmpty { object["content"] = .object(content) }
        var headers = JSONObject()
        for (name, help) in forms.flatMap(\.headers) {
            headers[name] = ["description": .string(help), "schema": ["type": "string"]]
        }
        if !headers.isEmpty { object["headers"] = .object(headers) }
        return object
    }

    private static func authorization(_ permission: Operation.Permission) -> JSONValue? {
        switch permission {
        case .none, .run: nil
        case .person: ["permission": .string(permission.rawValue), "resource": "user"]
        case .member, .admin, .operator: ["permission": .string(permission.rawValue), "resource": "organization"]
        case .own: ["permission": "member", "resource": "organization"]
        case .view, .use, .edit: ["permission": .string(permission.rawValue), "resource": "project"]
        }
    }
}
