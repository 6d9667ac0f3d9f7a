/// The subset of JSON Schema in which components tell a model what to fill in: the `props` of data and artifact
/// components (manage spec §0.12).
///
/// The root is an object schema. Every property, however deep, has a `description` and one `type`; an array may have
/// `items` (one schema, or several for a tuple), an object `properties`; a union is `anyOf`, where the description may
/// stand on the union or on each of its alternatives. Other keywords are left to `JSONSchema`.
public enum LLMSchema {
    /// What is wrong with `schema`, in its own order; empty when it is such a schema. Null is not one: where `props`
    /// may be null, ask only when it is not. At most `JSONSchema.Limits.violationsMax`.
    public static func problems(in schema: JSONValue) -> [JSONSchemaViolation] {
        var check = LLMSchemaCheck()
        check.root(schema)
        if check.violations.isEmpty { return JSONSchema.compileProblems(of: schema) }
        return Array(check.violations.prefix(JSONSchema.Limits.violationsMax))
    }
}

extension LLMSchema {
    /// The name of the schema of one property in the document.
    static let propertyName = "LLMSchemaProperty"

    /// The schema of such a schema, as far as a schema can say it.
    static let schema: JSONObject = [
        "type": "object", "required": ["type", "properties"], "additionalProperties": true,
        "properties": [
            "type": ["type": "string", "enum": ["object"]], "description": ["type": "string"],
            "properties": ["type": "object", "additionalProperties": .object(OpenAPI.reference(propertyName))],
            "required": ["type": "array", "items": ["type": "string"]], "additionalProperties": ["type": "boolean"],
        ],
    ]

    /// The schema of one property: a scalar, an array, an object, or a union, which may leave its description to its
    /// alternatives.
    static let propertySchema: JSONObject = {
        let property = JSONValue.object(OpenAPI.reference(propertyName))
        let list: JSONValue = ["type": "array", "items": property]
        func form(_ types: [String], _ members: JSONObject) -> JSONValue {
            let type: JSONValue = ["type": "string", "enum": .array(types.map(JSONValue.string))]
            let common: JSONObject = ["type": type, "description": description]
            return object(common.merging(members), ["type", "description"])
        }
        return [
            "anyOf": [
                form(LLMSchemaCheck.scalarTypes, [:]), form(["array"], ["items": ["anyOf": [property, list]]]),
                form(
                    ["object"],
                    [
                        "properties": ["type": "object", "additionalProperties": property],
                        "required": ["type": "array", "items": ["type": "string"]],
                    ]),
                object(
                    [
                        "anyOf": ["type": "array", "items": ["type": "object"], "minItems": 1],
                        "description": description,
                    ], ["anyOf"]),
            ]
        ]
    }()

    private static let description: JSONValue = ["type": "string", "minLength": 1]

    private static func object(_ members: JSONObject, _ required: [String]) -> JSONValue {
        let open: JSONObject = ["type": "object", "additionalProperties": true]
        return .object(open.adding(members, required: required))
    }
}

private struct LLMSchemaCheck {
    var violations: [JSONSchemaViolation] = []
    private var path: [JSONSchemaViolation.Segment] = []

    static let scalarTypes = ["string", "number", "integer", "boolean", "null"]

    private mutating func fault(_ keyword: String, _ message: String) {
        violations.append(JSONSchemaViolation(path: path, keyword: keyword, message: message))
    }

    private mutating func inside(
        _ segments: JSONSchemaViolation.Segment..., body: (inout LLMSchemaCheck) -> Void
    ) {
        path += segments
        body(&self)
        path.removeLast(segments.count)
    }

    mutating func root(_ schema: JSONValue) {
        guard case .object(let object) = schema else { return fault("type", "must be an object") }
        if object["type"] != "object" { inside(.name("type")) { $0.fault("type", "must be \"object\"") } }
        if object["properties"] == nil { fault("properties", "must have the member `properties`") }
        if let description = object["description"], description.string == nil {
            inside(.name("description")) { $0.fault("description", "must be a string") }
        }
        if let additional = object["additionalProperties"], additional.bool == nil {
            inside(.name("additionalProperties")) { $0.fault("additionalProperties", "must be true or false") }
        }
        members(object)
    }

    /// The `properties` and `required` of an object schema.
    private mutating func members(_ object: JSONObject) {
        var names: Set<String> = []
        if let properties = object["properties"] {
            guard case .object(let members) = properties else {
                return inside(.name("properties")) { $0.fault("properties", "must be an object") }
            }
            names = Set(members.keys)
            for (name, member) in members {
                inside(.name("properties"), .name(name)) { $0.property(member, isDescribed: false) }
            }
        }
        guard let required = object["required"] else { return }
        guard case .array(let elements) = required else {
            return inside(.name("required")) { $0.fault("required", "must be an array of strings") }
        }
        for (index, element) in elements.enumerated() {
            inside(.name("required"), .index(index)) { check in
                guard let name = element.string else { return check.fault("required", "must be a string") }
                if !names.contains(name) { check.fault("required", "must name one of the properties, not `\(name)`") }
            }
        }
    }

    /// One property, or one alternative of a union that `isDescribed` already.
    private mutating func property(_ schema: JSONValue, isDescribed: Bool) {
        guard case .object(let object) = schema else { return fault("type", "must be an object") }
        let hasDescription = described(object)
        if let alternatives = object["anyOf"] {
            return union(alternatives, isDescribed: isDescribed || hasDescription)
        }
        if !hasDescription, !isDescribed, object["description"] == nil {
            fault("description", "must have a `description`")
        }
        guard let type = object["type"] else { return fault("type", "must have a `type`") }
        switch type.string {
        case "array": items(object)
        case "object": members(object)
        case .some(let name) where Self.scalarTypes.contains(name): break
        default:
            inside(.name("type")) {
                $0.fault("type", "must be one of string, number, integer, boolean, null, array, object")
            }
        }
    }

    /// Whether there is a description; one that is there but empty or no string is a fault.
    private mutating func described(_ object: JSONObject) -> Bool {
        guard let description = object["description"] else { return false }
        if let text = description.string, !text.isEmpty { return true }
        inside(.name("description")) { $0.fault("description", "must be a string that is not empty") }
        return false
    }

    private mutating func union(_ alternatives: JSONValue, isDescribed: Bool) {
        guard case .array(let elements) = alternatives, !elements.isEmpty else {
            return inside(.name("anyOf")) { $0.fault("anyOf", "must be an array with at least one schema") }
        }
        for (index, element) in elements.enumerated() {
            inside(.name("anyOf"), .index(index)) { $0.property(element, isDescribed: isDescribed) }
        }
    }

    private mutating func items(_ object: JSONObject) {
        guard let items = object["items"] else { return }
        guard case .array(let elements) = items else {
            return inside(.name("items")) { $0.property(items, isDescribed: false) }
        }
        for (index, element) in elements.enumerated() {
            inside(.name("items"), .index(index)) { $0.property(element, isDescribed: false) }
        }
    }
}
