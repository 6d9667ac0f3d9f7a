import Catalog
import Testing

@testable import Runtime

/// Data that is passed between tool calls by reference (run spec §14).
@Suite struct ToolReferencesTests {
    private static let outcomes: [String: ToolReferences.Outcome] = [
        "call_7": .init(output: [
            "items": [["id": 1, "body": "first", "kind": "a b"], ["id": 2, "body": "second", "kind": "it's"]],
            "total": 2,
        ]),
        "text": .init(output: "plain words"), "json": .init(output: "{\"rows\":[{\"n\":1},{\"n\":2}]}"),
        "mcp": .init(output: [
            "content": [
                ["type": "image", "data": "aGk=", "mimeType": "image/png"], ["type": "text", "text": "hello"],
            ]
        ]),
        "picture": .init(output: ["content": [["type": "image", "data": "aGk=", "mimeType": "image/png"]]]),
        "function": .init(output: ["type": "text", "value": ["a": 1]]),
        "list": .init(output: [10, 20]), "failed": .init(output: "no", isError: true),
        "sly": .init(output: ["doc": ["_tool": "text"]]),
    ]
    private static let references = ToolReferences(
        outcome: { outcomes[$0] },
        artifact: { artifact, call in artifact == "a1" && call == "call_7" ? ["summary": ["title": "T"]] : nil },
        known: { ["call_7", "text"] })

    private static func resolved(_ input: JSONValue, bytesMax: Int = 10_000) async throws -> JSONValue {
        try await references.resolved(input, bytesMax: bytesMax)
    }

    private static func failure(_ input: JSONValue) async throws -> String {
        do {
            return "resolved: \(try await references.resolved(input, bytesMax: 1_000).jsonText)"
        } catch let failure as ReferenceFailure {
            return failure.message
        }
    }

    @Test func `references by property are put in place`() async throws {
        let input: JSONValue = [
            "doc": .null, "lang": "en", "_refs": ["doc": ["_tool": "call_7", "_select": "items[0].body"]],
        ]
        #expect(try await Self.resolved(input) == ["doc": "first", "lang": "en"])
        #expect(try await Self.resolved(["a": 1, "_refs": .null]) == ["a": 1])
        #expect(try await Self.resolved(["_refs": "{\"doc\":{\"_tool\":\"text\"}}"]) == ["doc": "plain words"])
    }

    @Test func `a result is unwrapped where all of it is taken`() async throws {
        for (call, value) in [
            ("text", "plain words"), ("mcp", "hello"), ("picture", "aGk="), ("function", ["a": 1]), ("list", [10, 20]),
        ] as [(String, JSONValue)] {
            #expect(try await Self.resolved(["x": ["_tool": .string(call)]]) == ["x": value], "\(call)")
        }
    }

    @Test func `what stands for a value anywhere is put in place`() async throws {
        let input: JSONValue = [
            "a": [["_tool": "text"], ["b": ["_tool": "call_7", "_select": "total"]]],
            "c": ["_tool": "text", "other": 1],
        ]
        #expect(
            try await Self.resolved(input) == ["a": ["plain words", ["b": 2]], "c": ["_tool": "text", "other": 1]])
    }

    @Test func `what was put in is not looked through again`() async throws {
        #expect(try await Self.resolved(["x": ["_tool": "sly"]]) == ["x": ["doc": ["_tool": "text"]]])
        #expect(try await Self.resolved(["_refs": ["x": ["_tool": "sly"]]]) == ["x": ["doc": ["_tool": "text"]]])
    }

    @Test(
        arguments: [
            ("result.items[1].id", 2), ("result", outcomes["call_7"]!.output), ("items[?body==\"second\"].id | [0]", 2),
            ("items[?kind == \"it's\"].id | [0]", 2), ("items[?body ~ contains(@, 'irs')].id | [0]", 1),
            ("items[?body ~ contains('irs')].id | [0]", 1), ("length(items[?body != \"first\"])", 1),
            ("items[?\"kind\"=='a b'].id | [0]", 1), ("items[?id==`2`].body | [0]", "second"),
        ] as [(String, JSONValue)])
    func `selectors choose, also where they are written wrongly`(select: String, expected: JSONValue) async throws {
        #expect(try await Self.resolved(["x": ["_tool": "call_7", "_select": .string(select)]]) == ["x": expected])
    }

    @Test func `selectors look into JSON text and into what the model was shown`() async throws {
        func chosen(_ call: String, _ select: String) async throws -> JSONValue? {
            try await Self.resolved(["x": ["_tool": .string(call), "_select": .string(select)]])["x"]
        }
        #expect(try await chosen("json", "rows[1].n") == 2)
        #expect(try await chosen("text", "text") == "plain words")
        #expect(try await chosen("list", "value[1]") == 20)
        #expect(try await chosen("list", "[1]") == 20)
        #expect(try await chosen("mcp", "content[1].text") == "hello")
    }

    @Test func `artifacts are referred to by call and id`() async throws {
        let all: JSONValue = ["x": ["_artifact": "a1", "_tool": "call_7"]]
        #expect(try await Self.resolved(all) == ["x": ["summary": ["title": "T"]]])
        let part: JSONValue = ["x": ["_artifact": "a1", "_tool": "call_7", "_select": "summary.title"]]
        #expect(try await Self.resolved(part) == ["x": "T"])
        #expect(try await Self.failure(["x": ["_artifact": "a2", "_tool": "call_7"]]).contains("no artifact 'a2'"))
    }

    @Test func `what leads nowhere says what there is`() async throws {
        #expect(try await Self.failure(["x": ["_tool": "call_1"]]).contains("There are: call_7, text."))
        #expect(try await Self.failure(["x": ["_tool": "failed"]]).contains("failed"))
        let shape = try await Self.failure(["x": ["_tool": "call_7", "_select": "item[0]"]])
        #expect(
            shape.contains(
                "{items: an array of 2, the first being an object of {id: integer, body: string, kind: string},"
            ),
            "\(shape)")
        #expect(!shape.contains("second"), "shapes tell nothing of what is there")
        #expect(try await Self.failure(["_refs": ["x": 1]]).contains("_tool"))
        #expect(try await Self.failure(["_refs": [1]]).contains("must be an object"))
    }

    @Test(arguments: [
        "${items}", "{{items}}", "__proto__.x", "items.constructor", "eval(items)", "items[",
        String(repeating: "a", count: 1_001),
    ])
    func `selectors that are code, broken or too long are refused`(select: String) async throws {
        #expect(
            try await Self.failure(["x": ["_tool": "call_7", "_select": .string(select)]]).contains("_select"),
            "\(select)")
    }

    @Test func `references are bounded in number and size`() async throws {
        let many = JSONValue.array(Array(repeating: ["_tool": "text"], count: 51))
        #expect(try await Self.failure(["x": many]).contains("at most 50"))
        let large = JSONValue.array(Array(repeating: ["_tool": "call_7"], count: 20))
        #expect(try await Self.failure(["x": large]).contains("more than 1000 bytes"))
        var deep: JSONValue = ["_tool": "text"]
        for _ in 0..<400 { deep = [deep] }
        #expect(try await Self.failure(["x": deep]).hasPrefix("resolved"), "too deep to be looked at")
    }

    // MARK: Schemas

    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "doc": ["type": "string", "description": "The text."], "size": ["type": ["integer", "null"]],
            "lang": ["type": "string", "enum": ["en", "de"], "description": "Language."],
            "any": ["$ref": "#/$defs/thing"], "free": [:],
        ],
        "required": ["doc"], "additionalProperties": false, "$defs": ["thing": ["type": "object"]],
    ]

    @Test func `a widened schema takes nulls and references, and all that it took before`() throws {
        let wide = ReferenceSchema.widened(Self.schema)
        let schema = try JSONSchema(wide)
        for input: JSONValue in [
            ["doc": "a"], ["doc": "a", "size": 1, "lang": "de", "any": [:]],
            ["doc": .null, "lang": .null, "any": .null, "size": .null, "free": .null],
            ["doc": .null, "_refs": ["doc": ["_tool": "c", "_select": "a"]]], ["doc": "a", "_refs": .null],
        ] { #expect(schema.accepts(input), "\(input.jsonText)") }
        for input: JSONValue in [[:], ["doc": 1], ["doc": "a", "lang": "fr"], ["doc": "a", "_refs": ["x": 1]]] {
            #expect(!schema.accepts(input), "\(input.jsonText)")
        }
        #expect(wide["properties"]?["lang"]?["description"] == "Language.")
        #expect(ReferenceSchema.widened(wide) == wide, "a tool may have the property itself")
        #expect(ReferenceSchema.widened(["type": "object"]) == ["type": "object"])
    }

    // MARK: Inputs

    private static func checked(_ input: JSONValue, _ schema: JSONValue = schema) throws -> JSONValue {
        try ToolInput(schema: schema).checked(input)
    }

    @Test func `inputs are mended where that makes them fit`() throws {
        #expect(try Self.checked(["doc": "a", "lang": .null, "size": .null]) == ["doc": "a", "size": .null])
        #expect(try Self.checked(["doc": "{\"a\":1}", "any": "{\"a\":1}"]) == ["doc": "{\"a\":1}", "any": ["a": 1]])
        #expect(try Self.checked("{\"doc\":\"a\",\"size\":\"3\"}") == ["doc": "a", "size": 3])
        let nested: JSONValue = [
            "type": "object",
            "properties": [
                "list": ["type": "array", "items": ["type": "object", "properties": ["n": ["type": "integer"]]]]
            ],
        ]
        #expect(
            try Self.checked(["list": "[{\"n\":\"1\"},\"{\\\"n\\\":2}\"]"], nested) == ["list": [["n": 1], ["n": 2]]])
    }

    @Test func `inputs that do not fit are told of in a sentence`() throws {
        for (input, words) in [
            ([:], "doc"), (["doc": .null], "doc"), (["doc": 3], "/doc"), (["doc": "a", "lang": "fr"], "/lang"),
            (["doc": "a", "extra": 1], "extra"), ("words", "the value"),
        ] as [(JSONValue, String)] {
            let failure = #expect(throws: ReferenceFailure.self) { try Self.checked(input) }
            #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
            #expect(failure?.message.hasPrefix("Not run:") == true)
        }
        let many = JSONValue.object(JSONObject((0..<20).map { (key: "m\($0)", value: 1) }))
        #expect(throws: ReferenceFailure.self) { try Self.checked(many) }
    }

    @Test func `a schema that is none checks nothing`() throws {
        #expect(try Self.checked(["a": 1], ["type": "nonsense"]) == ["a": 1])
    }

    @Test func `results are shown with the id by which they are referred to`() throws {
        #expect(ToolResultView("words").shown(as: "c1") == ["text": "words", "_toolCallId": "c1"])
        #expect(ToolResultView([1]).shown(as: "c1") == ["value": [1], "_toolCallId": "c1"])
        #expect(ToolResultView(["a": 1]).shown(as: "c1") == ["a": 1, "_toolCallId": "c1"])
    }
}
