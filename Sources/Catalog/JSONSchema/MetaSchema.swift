/// The schemas of draft 2020-12 itself, by which schemas are checked and to which they may refer
/// (JSON Schema core §9.3 and the published vocabularies).
enum MetaSchema {
    static let uri = "https://json-schema.org/draft/2020-12/schema"
    static let validationVocabulary = "https://json-schema.org/draft/2020-12/vocab/validation"

    /// The schema of schemas, ready to check one.
    static let compiled: JSONSchema = {
        do {
            return try JSONSchema(documents[uri] ?? .bool(true))
        } catch {
            preconditionFailure("MetaSchema holds a schema that does not compile: \(error)")
        }
    }()

    /// The documents by absolute URI.
    static let documents: [String: JSONValue] = {
        var documents: [String: JSONValue] = [uri: root]
        for (name, properties, definitions) in vocabularies {
            documents["https://json-schema.org/draft/2020-12/meta/\(name)"] = [
                "$schema": .string(uri),
                "$id": .string("https://json-schema.org/draft/2020-12/meta/\(name)"),
                "$vocabulary": .object(["https://json-schema.org/draft/2020-12/vocab/\(name)": true] as JSONObject),
                "$dynamicAnchor": "meta",
                "type": ["object", "boolean"],
                "properties": parsed(properties),
                "$defs": parsed(definitions),
            ]
        }
        return documents
    }()

    private static func parsed(_ text: String) -> JSONValue {
        do {
            return try JSONValue(parsing: text)
        } catch {
            preconditionFailure("MetaSchema holds text that is not JSON: \(error)")
        }
    }

    private static let root: JSONValue = [
        "$schema": .string(uri),
        "$id": .string(uri),
        "$vocabulary": .object(
            JSONObject(
                ["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"].map {
                    (key: "https://json-schema.org/draft/2020-12/vocab/\($0)", value: JSONValue.bool(true))
                })),
        "$dynamicAnchor": "meta",
        "allOf": [
            ["$ref": "meta/core"], ["$ref": "meta/applicator"], ["$ref": "meta/unevaluated"],
            ["$ref": "meta/validation"], ["$ref": "meta/meta-data"], ["$ref": "meta/format-annotation"],
            ["$ref": "meta/content"],
        ],
        "type": ["object", "boolean"],
        "properties": parsed(
            """
            {"definitions": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}},
             "dependencies": {"type": "object", "additionalProperties": {"anyOf": [
                {"$dynamicRef": "#meta"}, {"$ref": "meta/validation#/$defs/stringArray"}]}},
             "$recursiveAnchor": {"$ref": "meta/core#/$defs/anchorString"},
             "$recursiveRef": {"$ref": "meta/core#/$defs/uriReferenceString"}}
            """),
    ]

    private static let vocabularies: [(name: String, properties: String, definitions: String)] = [
        (
            "core",
            """
            {"$id": {"$ref": "#/$defs/uriReferenceString", "pattern": "^[^#]*#?$"},
             "$schema": {"$ref": "#/$defs/uriString"},
             "$ref": {"$ref": "#/$defs/uriReferenceString"},
             "$anchor": {"$ref": "#/$defs/anchorString"},
             "$dynamicRef": {"$ref": "#/$defs/uriReferenceString"},
             "$dynamicAnchor": {"$ref": "#/$defs/anchorString"},
             "$vocabulary": {"type": "object", "propertyNames": {"$ref": "#/$defs/uriString"},
                "additionalProperties": {"type": "boolean"}},
             "$comment": {"type": "string"},
             "$defs": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}}
            """,
            """
            {"anchorString": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
             "uriString": {"type": "string", "format": "uri"},
             "uriReferenceString": {"type": "string", "format": "uri-reference"}}
            """
        ),
        (
            "applicator",
            """
            {"prefixItems": {"$ref": "#/$defs/schemaArray"},
             "items": {"$dynamicRef": "#meta"}, "contains": {"$dynamicRef": "#meta"},
             "additionalProperties": {"$dynamicRef": "#meta"},
             "properties": {"$ref": "#/$defs/schemaMap"},
             "patternProperties": {"$ref": "#/$defs/schemaMap", "propertyNames": {"format": "regex"}},
             "dependentSchemas": {"$ref": "#/$defs/schemaMap"},
             "propertyNames": {"$dynamicRef": "#meta"},
             "if": {"$dynamicRef": "#meta"}, "then": {"$dynamicRef": "#meta"}, "else": {"$dynamicRef": "#meta"},
             "allOf": {"$ref": "#/$defs/schemaArray"}, "anyOf": {"$ref": "#/$defs/schemaArray"},
             "oneOf": {"$ref": "#/$defs/schemaArray"}, "not": {"$dynamicRef": "#meta"}}
            """,
            """
            {"schemaArray": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}},
             "schemaMap": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}}
            """
        ),
        (
            "unevaluated",
            """
            {"unevaluatedItems": {"$dynamicRef": "#meta"}, "unevaluatedProperties": {"$dynamicRef": "#meta"}}
            """,
            "{}"
        ),
        (
            "validation",
            """
            {"type": {"anyOf": [{"$ref": "#/$defs/simpleTypes"},
                {"type": "array", "items": {"$ref": "#/$defs/simpleTypes"}, "minItems": 1, "uniqueItems": true}]},
             "const": true, "enum": {"type": "array"},
             "multipleOf": {"type": "number", "exclusiveMinimum": 0},
             "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"},
             "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
             "maxLength": {"$ref": "#/$defs/count"}, "minLength": {"$ref": "#/$defs/count"},
             "pattern": {"type": "string", "format": "regex"},
             "maxItems": {"$ref": "#/$defs/count"}, "minItems": {"$ref": "#/$defs/count"},
             "uniqueItems": {"type": "boolean"},
             "maxContains": {"$ref": "#/$defs/count"}, "minContains": {"$ref": "#/$defs/count"},
             "maxProperties": {"$ref": "#/$defs/count"}, "minProperties": {"$ref": "#/$defs/count"},
             "required": {"$ref": "#/$defs/stringArray"},
             "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/stringArray"}}}
            """,
            """
            {"count": {"type": "integer", "minimum": 0},
             "simpleTypes": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]},
             "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": true}}
            """
        ),
        (
            "meta-data",
            """
            {"title": {"type": "string"}, "description": {"type": "string"}, "default": true,
             "deprecated": {"type": "boolean"}, "readOnly": {"type": "boolean"}, "writeOnly": {"type": "boolean"},
             "examples": {"type": "array"}}
            """,
            "{}"
        ),
        ("format-annotation", #"{"format": {"type": "string"}}"#, "{}"),
        ("format-assertion", #"{"format": {"type": "string"}}"#, "{}"),
        (
            "content",
            """
            {"contentEncoding": {"type": "string"}, "contentMediaType": {"type": "string"},
             "contentSchema": {"$dynamicRef": "#meta"}}
            """,
            "{}"
        ),
    ]
}
