import Catalog

/// A tool's input schema as the model gets it: wide enough to pass data by reference (run spec §14). Every property may
/// also be null, and the optional `_refs` says for properties where their value comes from.
enum ReferenceSchema {
    /// The member that holds references.
    static let member = "_refs"

    /// The widened schema; `schema` itself where it has no properties to refer for, or one of that name already.
    static func widened(_ schema: JSONValue) -> JSONValue {
        guard var object = schema.object, let properties = object["properties"]?.object, !properties.isEmpty,
            properties[member] == nil
        else { return schema }
        var wide = JSONObject(properties.map { (key: $0.key, value: nullable($0.value)) })
        wide[member] = references
        object["properties"] = .object(wide)
        return .object(object)
    }

    /// `property` with null as another value.
    private static func nullable(_ property: JSONValue) -> JSONValue {
        guard var object = property.object else { return property }
        let isPlain = !object.keys.contains { Self.others.contains($0) }
        if isPlain {
            switch object["type"] {
            case .string("null")?: return property
            case .string(let type)?:
                object["type"] = .array([.string(type), "null"])
                return .object(object)
            case .array(let types)?:
                if !types.contains("null") { object["type"] = .array(types + ["null"]) }
                return .object(object)
            default: return property
            }
        }
        // The description stays where models look for it.
        let description = object["description"]
        object["description"] = nil
        var union: JSONObject = [:]
        union["description"] = description
        union["anyOf"] = .array([.object(object), ["type": "null"]])
        return .object(union)
    }

    /// What rules out null beside `type`.
    private static let others: Set<String> = ["enum", "const", "$ref", "anyOf", "oneOf", "allOf", "not", "if"]

    private static let references: JSONValue = [
        "type": ["object", "null"],
        "description": """
        Takes values of properties from the results of earlier tool calls instead of writing them out. Set the \
        property itself to null and name it here, for example {"document": {"_tool": "<_toolCallId>", "_select": \
        "items[0].body"}}. _select is a JMESPath into the result; without it the whole result is taken.
        """,
        "additionalProperties": [
            "type": "object",
            "properties": [
                "_tool": ["type": "string", "description": "The _toolCallId of an earlier call."],
                "_artifact": ["type": "string", "description": "The id of an artifact that the call made."],
                "_select": ["type": "string", "description": "A JMESPath, at most 1000 characters."],
            ],
            "required": ["_tool"], "additionalProperties": false,
        ],
    ]
}
