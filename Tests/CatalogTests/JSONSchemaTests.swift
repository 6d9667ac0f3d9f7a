import Catalog
import Testing

@Suite struct JSONSchemaTests {
    /// A schema, a value, and what is found wrong, as `pointer: message [keyword]`.
    struct Case: Sendable, CustomTestStringConvertible {
        let schema: String
        let value: String
        let findings: [String]

        init(_ schema: String, _ value: String, _ findings: String...) {
            self.schema = schema
            self.value = value
            self.findings = findings
        }

        var testDescription: String { "\(schema) with \(value)" }
    }

    static func findings(_ violations: [JSONSchemaViolation]) -> [String] {
        violations.map { "\($0.pointer): \($0.message) [\($0.keyword)]" }
    }

    static let values: [Case] = [
        Case("true", #"{"a":1}"#),
        Case("false", "1", ": is not allowed [false]"),
        Case(#"{"type":"string"}"#, "1", ": must be string, but is integer [type]"),
        Case(#"{"type":["null","string"]}"#, "[]", ": must be string or null, but is array [type]"),
        Case(#"{"type":"integer"}"#, "1.0"),
        Case(#"{"type":"integer"}"#, "1.5", ": must be integer, but is number [type]"),
        Case(#"{"type":"integer"}"#, "123456789012345678901234567890"),
        Case(#"{"const":1}"#, "1.0"),
        Case(#"{"const":{"a":[1]}}"#, #"{"a":[1e0]}"#),
        Case(#"{"const":0}"#, "false", ": must be 0 [const]"),
        Case(#"{"const":0}"#, "-0.0"),
        Case(#"{"enum":["red","green"]}"#, #""blue""#, #": must be one of "red", "green" [enum]"#),
        Case(#"{"enum":[1,2,3,4,5,6,7,8,9,"x"]}"#, "9.0"),
        Case(#"{"enum":["\u00e9"]}"#, #""e\u0301""#, ": must be one of \"\u{E9}\" [enum]"),
        Case(#"{"enum":["\u00e9",1,2,3,4,5,6,7,8,9]}"#, #""\u00e9""#),
    ]

    static let numbers: [Case] = [
        Case(#"{"minimum":1}"#, "0", ": must be at least 1 [minimum]"),
        Case(#"{"minimum":1}"#, "0.99999999999999999999", ": must be at least 1 [minimum]"),
        Case(#"{"exclusiveMinimum":1.50}"#, "1.5", ": must be above 1.50 [exclusiveMinimum]"),
        Case(#"{"maximum":9007199254740993}"#, "9007199254740993"),
        Case(
            #"{"maximum":9007199254740992.5}"#, "9007199254740993",
            ": must be at most 9007199254740992.5 [maximum]"),
        Case(#"{"exclusiveMaximum":-1e2}"#, "-100", ": must be below -1e2 [exclusiveMaximum]"),
        Case(#"{"maximum":-1}"#, "-1e-300", ": must be at most -1 [maximum]"),
        Case(#"{"minimum":18446744073709551616}"#, "18446744073709551616.0"),
        Case(#"{"multipleOf":0.01}"#, "19.99"),
        Case(#"{"multipleOf":0.0001}"#, "0.00751", ": must be a multiple of 0.0001 [multipleOf]"),
        Case(#"{"multipleOf":3}"#, "1e100", ": must be a multiple of 3 [multipleOf]"),
        Case(#"{"multipleOf":2.5}"#, "1e308"),
        Case(#"{"multipleOf":7}"#, "770000000000000000000000000000"),
        Case(#"{"multipleOf":10}"#, "5", ": must be a multiple of 10 [multipleOf]"),
        Case(#"{"multipleOf":10}"#, "0.0"),
        Case(#"{"minimum":1}"#, #""0""#),
    ]

    static let texts: [Case] = [
        Case(#"{"minLength":1}"#, #""""#, ": must have at least 1 character [minLength]"),
        Case(#"{"maxLength":2}"#, "\"\u{1F409}\u{1F409}\u{1F409}\"", ": must have at most 2 characters [maxLength]"),
        Case(#"{"maxLength":2.0}"#, "\"\u{1F409}\u{1F409}\""),
        Case(#"{"maxLength":1}"#, #""e\u0301""#, ": must have at most 1 character [maxLength]"),
        Case(#"{"pattern":"^[a-z]+$"}"#, #""abc""#),
        Case(#"{"pattern":"^[a-z]+$"}"#, #""aBc""#, ": must match the pattern `^[a-z]+$` [pattern]"),
        Case(#"{"format":"email"}"#, "\"a@\"", ": must be an e-mail address [format]"),
        Case(#"{"format":"nobody-knows"}"#, #""anything""#),
        Case(#"{"format":"date"}"#, "5"),
    ]

    static let lists: [Case] = [
        Case(#"{"minItems":2}"#, "[1]", ": must have at least 2 elements [minItems]"),
        Case(#"{"maxItems":0}"#, "[1]", ": must have at most 0 elements [maxItems]"),
        Case(
            #"{"items":{"type":"string"}}"#, #"["a",1,"b",null]"#,
            "/1: must be string, but is integer [type]", "/3: must be string, but is null [type]"),
        Case(
            #"{"prefixItems":[true,{"type":"null"}],"items":false}"#, "[1,null,2]",
            "/2: is not expected here [items]"),
        Case(
            #"{"items":[{"type":"string"}],"additionalItems":false}"#, #"["a",1]"#,
            "/1: is not expected here [items]"),
        Case(
            #"{"uniqueItems":true}"#, "[1,2,1.0]",
            ": must not repeat an element, but 0 and 2 are equal [uniqueItems]"),
        Case(
            #"{"uniqueItems":true}"#, "[0,1,2,3,4,5,6,7,8,9,10,3e0]",
            ": must not repeat an element, but 3 and 11 are equal [uniqueItems]"),
        Case(#"{"uniqueItems":true}"#, #"[1,true,"1",[1],{"a":1},0,false,"\u00e9","e\u0301",null,[],{}]"#),
        Case(
            #"{"uniqueItems":true}"#, #"[{"a":1,"b":2},{"b":2,"a":1.0}]"#,
            ": must not repeat an element, but 0 and 1 are equal [uniqueItems]"),
        Case(
            #"{"contains":{"type":"null"}}"#, "[1]",
            ": must have at least 1 element of the kind asked for [contains]"),
        Case(
            #"{"contains":{"type":"null"},"minContains":2,"maxContains":2}"#, "[null]",
            ": must have at least 2 elements of the kind asked for [minContains]"),
        Case(
            #"{"contains":{"type":"null"},"maxContains":1}"#, "[null,null]",
            ": must have at most 1 element of the kind asked for [maxContains]"),
        Case(
            #"{"prefixItems":[true],"contains":{"type":"null"},"unevaluatedItems":false}"#, "[1,null,2]",
            "/2: is not expected here [unevaluatedItems]"),
    ]

    static let members: [Case] = [
        Case(
            #"{"required":["a","b"]}"#, #"{"c":1}"#,
            ": must have the member `a` [required]", ": must have the member `b` [required]"),
        Case(
            #"{"properties":{"a/b":{"minimum":1},"~":{"type":"null"}}}"#, #"{"~":1,"a/b":0}"#,
            "/~0: must be null, but is integer [type]", "/a~1b: must be at least 1 [minimum]"),
        Case(
            #"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1,"b":2}"#,
            "/b: is not expected here [additionalProperties]"),
        Case(
            #"{"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":{"type":"null"}}"#,
            #"{"x-a":1,"b":2}"#,
            "/x-a: must be string, but is integer [type]", "/b: must be null, but is integer [type]"),
        Case(
            #"{"propertyNames":{"maxLength":2}}"#, #"{"abc":1}"#,
            ": must not have a member named `abc` [propertyNames]"),
        Case(#"{"minProperties":1}"#, "{}", ": must have at least 1 member [minProperties]"),
        Case(#"{"maxProperties":1}"#, #"{"a":1,"b":2}"#, ": must have at most 1 member [maxProperties]"),
        Case(
            #"{"dependentRequired":{"card":["address"]}}"#, #"{"card":1}"#,
            ": must have the member `address`, because it has `card` [dependentRequired]"),
        Case(
            #"{"dependentSchemas":{"a":{"required":["b"]}}}"#, #"{"a":1}"#,
            ": must have the member `b` [required]"),
        Case(
            #"{"dependencies":{"a":["b"],"c":{"required":["d"]}}}"#, #"{"a":1,"c":1}"#,
            ": must have the member `b`, because it has `a` [dependentRequired]",
            ": must have the member `d` [required]"),
        Case(
            #"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#, #"{"a":1,"b":2}"#,
            "/b: is not expected here [unevaluatedProperties]"),
        Case(
            #"{"anyOf":[{"properties":{"a":{"const":0}}},{"properties":{"b":true}}],"unevaluatedProperties":false}"#,
            #"{"a":1,"b":2}"#, "/a: is not expected here [unevaluatedProperties]"),
    ]

    static let combinations: [Case] = [
        Case(
            #"{"anyOf":[{"type":"string","minLength":1},{"type":"null"}]}"#, #""""#,
            ": must have at least 1 character [minLength]"),
        Case(
            #"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "1",
            ": must match at least one of the alternatives [anyOf]"),
        Case(
            #"{"oneOf":[{"properties":{"k":{"const":"a"},"n":{"minimum":1}}},{"properties":{"k":{"const":"b"}}}]}"#,
            #"{"k":"a","n":0}"#, "/n: must be at least 1 [minimum]"),
        Case(
            #"{"oneOf":[{"minimum":1},{"maximum":5}]}"#, "3",
            ": must match only one of the alternatives, but matches several [oneOf]"),
        Case(#"{"not":{"type":"null"}}"#, "null", ": must not match what the schema rules out [not]"),
        Case(
            #"{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"maximum":5}}"#, "15",
            ": must be a multiple of 10 [multipleOf]"),
        Case(
            #"{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"maximum":5}}"#, "7",
            ": must be at most 5 [maximum]"),
        Case(
            ##"{"$defs":{"n":{"$anchor":"count","minimum":0}},"items":{"$ref":"#count"}}"##, "[-1]",
            "/0: must be at least 0 [minimum]"),
        Case(
            ##"{"definitions":{"a b":{"type":"null"}},"$ref":"#/definitions/a%20b"}"##, "1",
            ": must be null, but is integer [type]"),
        Case(
            ##"{"properties":{"next":{"$ref":"#"}},"required":["id"]}"##, #"{"id":1,"next":{"id":2,"next":{}}}"#,
            "/next/next: must have the member `id` [required]"),
        Case(
            ##"{"$id":"https://a.example/t","$dynamicAnchor":"n","items":{"$dynamicRef":"#n"},"type":"array"}"##,
            "[[],[1]]", "/1/0: must be array, but is integer [type]"),
    ]

    @Test(arguments: [values, numbers, texts, lists, members, combinations].flatMap { $0 })
    func `a value meets its schema or is told why not`(_ row: Case) throws {
        let schema = try JSONSchema(JSONValue(parsing: row.schema))
        let value = try JSONValue(parsing: row.value)
        #expect(Self.findings(schema.validate(value)) == row.findings)
        #expect(schema.accepts(value) == row.findings.isEmpty)
        #expect(JSONSchema.problems(inDocument: schema.document).isEmpty || row.schema.contains(#""items":["#))
    }

    @Test func `formats are not checked when they are annotations`() throws {
        let schema = try JSONSchema(["format": "ipv4"], formats: false)
        #expect(schema.accepts("999.1.1.1"))
        #expect(try !JSONSchema(["format": "ipv4"]).accepts("999.1.1.1"))
    }

    @Test func `a reference leads into the remotes and nowhere else`() throws {
        let document: JSONValue = ["$id": "https://a.example/b/c", "$ref": "../d#/$defs/e"]
        let remotes: [String: JSONValue] = ["https://a.example/d": ["$defs": ["e": ["type": "null"]]]]
        #expect(try JSONSchema(document, remotes: remotes).accepts(nil))
        #expect(try !JSONSchema(document, remotes: remotes).accepts(1))
        #expect(throws: JSONSchemaError.self) { try JSONSchema(document) }
    }

    // MARK: bounds

    @Test func `no more than a hundred violations are reported`() throws {
        let schema = try JSONSchema(["items": ["type": "string", "minLength": 1]])
        #expect(schema.validate(.array(Array(repeating: 1, count: 500))).count == 100)
    }

    @Test func `a schema that refers to itself in place is given up with a reason`() throws {
        let schema = try JSONSchema(["$ref": "#"])
        #expect(Self.findings(schema.validate(1)) == [": or its schema nests too deep to be checked []"])
        #expect(!schema.accepts(1))
        // Nothing that fails by a bound may pass by being negated.
        #expect(try !JSONSchema(["not": ["$ref": "#"]]).accepts(1))
    }

    @Test func `a deep value is given up with a reason and not with a crash`() throws {
        let schema = try JSONSchema(["items": ["$ref": "#"]])
        var value: JSONValue = []
        for _ in 0..<120 { value = [value] }
        #expect(schema.accepts(value))
        for _ in 0..<350 { value = [value] }
        #expect(Self.findings(schema.validate(value)).last == ": or its schema nests too deep to be checked []")
    }

    @Test func `a schema that doubles at every level is given up with a reason`() throws {
        var definitions = JSONObject()
        for level in 0..<40 {
            let next: JSONValue = ["$ref": .string("#/$defs/\(level + 1)")]
            definitions["\(level)"] = ["allOf": [next, next]]
        }
        definitions["40"] = true
        let schema = try JSONSchema(["$defs": .object(definitions), "$ref": "#/$defs/0"])
        #expect(Self.findings(schema.validate(1)) == [": takes too long to check against its schema []"])
    }

    @Test func `a schema with too many subschemas is refused`() throws {
        let document: JSONValue = ["prefixItems": .array(Array(repeating: [:] as JSONValue, count: 20_001))]
        #expect(throws: JSONSchemaError.self) { try JSONSchema(document) }
    }
}
