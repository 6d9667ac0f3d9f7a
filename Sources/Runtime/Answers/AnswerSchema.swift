import Catalog

/// The schema of an answer in components (run spec §16.1), in the part of JSON Schema that providers take for
/// structured output: every property required, those that may be left out nullable, no further ones, and no keywords
/// that only some of them know.
enum AnswerSchema {
    /// The schema for a sub-agent that answers in components.
    static func schema(_ rules: AnswerRules) -> JSONValue {
        object([
            "dataComponents": [
                "type": "array", "description": "The answer, piece by piece, in the order in which it is shown.",
                "items": ["anyOf": .array(alternatives(rules))],
            ]
        ])
    }

    private static func alternatives(_ rules: AnswerRules) -> [JSONValue] {
        var all = rules.components.map { component($0.name, normalized($0.schema), $0.description) }
        if rules.allowsText {
            all.insert(
                component(
                    ComponentReader.textName, object(["text": string("Plain text or Markdown.")]),
                    "Text for the user."), at: 0)
        }
        if rules.mayCite {
            all.append(
                component(
                    AnswerReader.citingName,
                    object([
                        "artifact_id": string("The id of an artifact that exists."),
                        "tool_call_id": string("The id of the tool call that it was made of."),
                    ]), "Cites an artifact."))
        }
        return all + rules.artifacts.map(creation)
    }

    private static func creation(_ form: ArtifactRules) -> JSONValue {
        let selector = "A JMESPath expression within the item that the base selector finds; null for the property "
        let details = form.fields.map { field in
            (key: field, value: nullable(string("\(selector)\(field).")))
        }
        return component(
            AnswerReader.makingPrefix + form.toolName,
            object([
                "artifact_id": string("A new id, chosen by you."),
                "tool_call_id": string("The id of the tool call whose result it is made of."),
                "base_selector": string("A JMESPath expression that finds one item in that result."),
                "details_selector": object(JSONObject(details)),
            ]), form.description ?? "Makes an artifact of type \(form.name).")
    }

    private static func component(_ name: String, _ props: JSONValue, _ description: String?) -> JSONValue {
        var schema =
            object([
                "id": string("An id that is unique in the answer."),
                "name": ["type": "string", "enum": [.string(name)]], "props": props,
            ]).object ?? [:]
        schema["description"] = description.map(JSONValue.string)
        return .object(schema)
    }

    private static func string(_ description: String) -> JSONValue {
        ["type": "string", "description": .string(description)]
    }

    private static func object(_ properties: JSONObject) -> JSONValue {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.map(JSONValue.string)), "additionalProperties": false,
        ]
    }

    // MARK: Normalizing

    /// How deep sub-schemas are followed; below, anything goes that is text.
    private static let depthMax = 24
    /// What providers take beside types, properties and alternatives.
    private static let kept: Set<String> = ["description", "enum", "const", "title"]

    /// A schema as providers take it.
    static func normalized(_ schema: JSONValue, depth: Int = 0) -> JSONValue {
        guard depth < depthMax, let source = schema.object else { return ["type": "string"] }
        var result = JSONObject()
        for (name, value) in source where kept.contains(name) { result[name] = value }
        if let alternatives = (source["anyOf"] ?? source["oneOf"])?.array, !alternatives.isEmpty {
            result["anyOf"] = .array(alternatives.map { normalized($0, depth: depth + 1) })
            return .object(result)
        }
        let type = source["type"] ?? (source["properties"] == nil ? "string" : "object")
        result["type"] = type
        let types = type.array?.compactMap(\.string) ?? [type.string ?? ""]
        if types.contains("object") { addProperties(of: source, to: &result, depth) }
        if types.contains("array") { result["items"] = items(source["items"], depth) }
        return .object(result)
    }

    private static func addProperties(of source: JSONObject, to result: inout JSONObject, _ depth: Int) {
        let required = Set((source["required"]?.array ?? []).compactMap(\.string))
        let properties = source["properties"]?.object ?? [:]
        let members = properties.map { name, property -> (key: String, value: JSONValue) in
            let inner = normalized(property, depth: depth + 1)
            return (name, required.contains(name) ? inner : nullable(inner))
        }
        result["properties"] = .object(JSONObject(members))
        result["required"] = .array(properties.keys.map(JSONValue.string))
        result["additionalProperties"] = false
    }

    /// One schema for all elements: of a tuple, which providers do not know, any of its schemas.
    private static func items(_ items: JSONValue?, _ depth: Int) -> JSONValue {
        guard let several = items?.array else {
            return items.map { normalized($0, depth: depth + 1) } ?? ["type": "string"]
        }
        guard several.count > 1 else {
            return several.first.map { normalized($0, depth: depth + 1) } ?? ["type": "string"]
        }
        return ["anyOf": .array(several.map { normalized($0, depth: depth + 1) })]
    }

    /// The schema with null as another value.
    private static func nullable(_ schema: JSONValue) -> JSONValue {
        guard var object = schema.object else { return schema }
        if let alternatives = object["anyOf"]?.array {
            if !alternatives.contains(where: { $0["type"] == "null" }) {
                object["anyOf"] = .array(alternatives + [["type": "null"]])
            }
            return .object(object)
        }
        if let values = object["enum"]?.array, !values.contains(.null) { object["enum"] = .array(values + [.null]) }
        if let value = object["const"] {
            object["const"] = nil
            object["enum"] = [value, .null]
        }
        switch object["type"] {
        case .string(let type) where type != "null": object["type"] = [.string(type), "null"]
        case .array(let types) where !types.contains("null"): object["type"] = .array(types + ["null"])
        default: break
        }
        return .object(object)
    }
}
