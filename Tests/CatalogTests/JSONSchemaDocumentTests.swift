import Catalog
import Testing

/// What is said about schemas themselves, when people save them.
@Suite struct JSONSchemaDocumentTests {
    static let problems: [(schema: String, findings: [String])] = [
        ("true", []),
        (#"{"type":"object","properties":{"a":{"type":"string"}},"x-own":[1]}"#, []),
        ("1", [": must be object or boolean, but is integer [type]"]),
        (
            #"{"type":"strin"}"#,
            [
                #"/type: must be one of "array", "boolean", "integer", "null", "number", "object", "string" [enum]"#
            ]
        ),
        (
            #"{"properties":{"age":{"minimum":"1","maxLength":-1}}}"#,
            [
                "/properties/age/minimum: must be number, but is string [type]",
                "/properties/age/maxLength: must be at least 0 [minimum]",
            ]
        ),
        (#"{"properties":[]}"#, ["/properties: must be object, but is array [type]"]),
        (#"{"anyOf":[]}"#, ["/anyOf: must have at least 1 element [minItems]"]),
        (#"{"pattern":"a("}"#, ["/pattern: must be a regular expression [format]"]),
        (##"{"items":{"$ref":"#/$defs/gone"}}"##, ["/items/$ref: leads nowhere: `#/$defs/gone` [$ref]"]),
        (
            #"{"$ref":"https://elsewhere.example/schema"}"#,
            ["/$ref: leads nowhere: `https://elsewhere.example/schema` [$ref]"]
        ),
        (
            #"{"multipleOf":1.2345678901234567890123456789012345678901}"#,
            ["/multipleOf: must have at most 37 significant digits [multipleOf]"]
        ),
        (#"{"multipleOf":3e-9999999999}"#, ["/multipleOf: must be above 0 [multipleOf]"]),
        // Another draft is only compiled: a tuple is right there.
        (#"{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}]}"#, []),
        (
            #"{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":1}]}"#,
            ["/items/0/type: must be one of null, boolean, integer, number, string, array, object [type]"]
        ),
    ]

    @Test(arguments: problems)
    func `a malformed schema is told where and why`(_ row: (schema: String, findings: [String])) throws {
        let document = try JSONValue(parsing: row.schema)
        #expect(JSONSchemaTests.findings(JSONSchema.problems(inDocument: document)) == row.findings)
    }

    static let refused: [(schema: String, pointer: String)] = [
        ("[]", ""), (#"{"type":[]}"#, "/type"), (#"{"minLength":1.5}"#, "/minLength"), (#"{"enum":1}"#, "/enum"),
        (#"{"required":"a"}"#, "/required"), (#"{"multipleOf":0}"#, "/multipleOf"),
        (#"{"allOf":[{"not":3}]}"#, "/allOf/0/not"), (#"{"patternProperties":{"[":true}}"#, "/patternProperties"),
        (#"{"$id":3}"#, "/$id"), (#"{"$anchor":3}"#, "/$anchor"), (##"{"$ref":"#%GG"}"##, "/$ref"),
        (##"{"$ref":"#/a~2"}"##, "/$ref"), (#"{"uniqueItems":1}"#, "/uniqueItems"), (#"{"format":1}"#, "/format"),
        (#"{"dependentRequired":{"a":"b"}}"#, "/dependentRequired"), (#"{"prefixItems":[]}"#, "/prefixItems"),
    ]

    @Test(arguments: refused)
    func `compiling names the keyword at fault`(_ row: (schema: String, pointer: String)) throws {
        let document = try JSONValue(parsing: row.schema)
        let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(document) }
        #expect(error?.pointer == row.pointer)
    }

    // MARK: schemas for models

    static let forModels: [(schema: String, findings: [String])] = [
        (
            #"""
            {"type":"object","properties":{
              "title":{"type":"string","description":"The title","inPreview":true},
              "tags":{"type":"array","description":"Tags","items":{"type":"string","description":"One tag"}},
              "size":{"type":"object","description":"Size","properties":{"w":{"type":"number","description":"Width"}},
                "required":["w"]},
              "pair":{"type":"array","description":"Two","items":[{"type":"null","description":"None"}]},
              "note":{"anyOf":[{"type":"string"},{"type":"null"}],"description":"A note"},
              "mark":{"anyOf":[{"type":"integer","description":"Points"},{"type":"null","description":"None"}]}},
             "required":["title"],"additionalProperties":false}
            """#, []
        ),
        ("null", [": must be an object [type]"]),
        (
            "{}", ["/type: must be \"object\" [type]", ": must have the member `properties` [properties]"]
        ),
        (
            #"""
            {"type":"object","properties":{
              "a":{"type":"string"},"b":{"description":"B"},"c":{"type":"date","description":""}}}
            """#,
            [
                "/properties/a: must have a `description` [description]",
                "/properties/b: must have a `type` [type]",
                "/properties/c/description: must be a string that is not empty [description]",
                "/properties/c/type: must be one of string, number, integer, boolean, null, array, object [type]",
            ]
        ),
        (
            #"{"type":"object","properties":{},"required":["x",1],"additionalProperties":{}}"#,
            [
                "/additionalProperties: must be true or false [additionalProperties]",
                "/required/0: must name one of the properties, not `x` [required]",
                "/required/1: must be a string [required]",
            ]
        ),
        (
            #"""
            {"type":"object","properties":{"a":{"type":"array","description":"A","items":
              {"type":"object","description":"B","properties":{"c":{"type":"string"}},"required":["d"]}}}}
            """#,
            [
                "/properties/a/items/properties/c: must have a `description` [description]",
                "/properties/a/items/required/0: must name one of the properties, not `d` [required]",
            ]
        ),
        (
            #"{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null","description":"N"}]}}}"#,
            ["/properties/a/anyOf/0: must have a `description` [description]"]
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"string","description":"A","pattern":"("}}}"#,
            ["/properties/a/pattern: has a pattern that has an unclosed group [pattern]"]
        ),
    ]

    @Test(arguments: forModels)
    func `a schema for models has types, descriptions and known names`(
        _ row: (schema: String, findings: [String])
    ) throws {
        let document = try JSONValue(parsing: row.schema)
        #expect(JSONSchemaTests.findings(LLMSchema.problems(in: document)) == row.findings)
    }
}
