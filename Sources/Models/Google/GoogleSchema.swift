import Catalog

/// Cuts a JSON Schema down to the subset that Gemini takes (the `Schema` object of its API): other keywords are refused
/// with a 400, so they are left out, and what can be said in another way is.
enum GoogleSchema {
    /// How deeply references and sub-schemas are followed; below, anything goes.
    private static let depthMax = 24

    private static let kept: Set<String> = [
        "description", "title", "minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength",
        "minimum", "maximum", "pattern", "nullable", "required", "propertyOrdering",
    ]
    private static let formats: Set<String> = ["date-time", "enum", "int32", "int64", "float", "double"]

    /// The schema as Gemini takes it.
    static func cleaned(_ schema: JSONValue) -> JSONValue { clean(schema, root: schema, depth: 0) }

    private static func clean(_ schema: JSONValue, root: JSONValue, depth: Int) -> JSONValue {
        guard depth < depthMax, let source = schema.object else { return ["type": "string"] }
        if let reference = source["$ref"]?.string {
            guard let target = resolve(reference, root) else { return ["type": "object"] }
            return clean(target, root: root, depth: depth + 1)
        }
        var result = JSONObject()
        for (name, value) in merged(source) {
            switch name {
            case "type": setType(value, &result)
            case "properties":
                var properties = JSONObject()
                for (property, inner) in value.object ?? [:] {
                    properties[property] = clean(inner, root: root, depth: depth + 1)
                }
                result["properties"] = .object(properties)
            case "items": result["items"] = clean(value, root: root, depth: depth + 1)
            case "anyOf", "oneOf": setAlternatives(value.array ?? [], &result, root, depth)
            case "enum": setEnumeration(value.array ?? [], &result)
            case "const": setEnumeration([value], &result)
            case "format":
                if let format = value.string, formats.contains(format) { result["format"] = value }
            case _ where kept.contains(name): result[name] = value
            default: continue
            }
        }
        if result["type"]?.string == "array", result["items"] == nil { result["items"] = ["type": "string"] }
        if result["type"] == nil, result["properties"] != nil { result["type"] = "object" }
        dropUnknownRequired(&result)
        return .object(result)
    }

    /// `allOf` has no counterpart: its parts' members are taken together.
    private static func merged(_ source: JSONObject) -> JSONObject {
        guard let parts = source["allOf"]?.array else { return source }
        var result = source
        result["allOf"] = nil
        for part in parts {
            for (name, value) in part.object ?? [:] {
                switch (name, result[name]) {
                case ("properties", .object(var properties)?):
                    for (property, inner) in value.object ?? [:] { properties[property] = inner }
                    result[name] = .object(properties)
                case ("required", .array(let names)?): result[name] = .array(names + (value.array ?? []))
                case (_, nil): result[name] = value
                default: continue
                }
            }
        }
        return result
    }

    private static func setType(_ type: JSONValue, _ result: inout JSONObject) {
        guard let types = type.array else { return result["type"] = type }
        let others = types.filter { $0 != "null" }
        if others.count < types.count { result["nullable"] = true }
        if others.count == 1 {
            result["type"] = others[0]
        } else {
            result["anyOf"] = .array(others.map { ["type": $0] })
        }
    }

    private static func setAlternatives(
        _ alternatives: [JSONValue], _ result: inout JSONObject, _ root: JSONValue, _ depth: Int
    ) {
        let others = alternatives.filter { $0["type"] != "null" }
        if others.count < alternatives.count { result["nullable"] = true }
        let cleaned = others.map { clean($0, root: root, depth: depth + 1) }
        if cleaned.count == 1, let only = cleaned[0].object {
            for (name, value) in only where result[name] == nil { result[name] = value }
        } else if !cleaned.isEmpty {
            result["anyOf"] = .array(cleaned)
        }
    }

    /// Only strings may be enumerated.
    private static func setEnumeration(_ values: [JSONValue], _ result: inout JSONObject) {
        if values.contains(where: \.isNull) { result["nullable"] = true }
        let values = values.filter { !$0.isNull }
        guard !values.isEmpty, values.allSatisfy({ $0.string != nil }) else { return }
        result["type"] = "string"
        result["enum"] = .array(values)
    }

    private static func dropUnknownRequired(_ result: inout JSONObject) {
        guard let required = result["required"]?.array else { return }
        let known = required.filter { name in name.string.flatMap { result["properties"]?[$0] } != nil }
        result["required"] = known.isEmpty ? nil : .array(known)
    }

    private static func resolve(_ reference: String, _ root: JSONValue) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return reference == "#" ? root : nil }
        var value: JSONValue? = root
        for step in reference.dropFirst(2).split(separator: "/") {
            let name = step.replacing("~1", with: "/").replacing("~0", with: "~")
            value = value?[String(name)]
        }
        return value
    }
}
