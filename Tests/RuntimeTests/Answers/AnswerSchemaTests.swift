import Catalog
import Testing

@testable import Runtime

/// The schema of answers in components.
@Suite struct AnswerSchemaTests {
    private static let card = ComponentRules(
        id: "card", name: "Card", description: "A card.",
        schema: [
            "type": "object", "required": ["title"],
            "properties": [
                "title": ["type": "string", "description": "T", "minLength": 1],
                "kind": ["type": "string", "description": "K", "enum": ["a", "b"]],
                "rows": [
                    "type": "array", "description": "R",
                    "items": [
                        "type": "object", "description": "r",
                        "properties": ["n": ["type": "integer", "description": "N"]],
                    ],
                ],
                "either": ["anyOf": [["type": "string"], ["type": "number"]], "description": "E"],
            ],
        ])
    private static let doc = ArtifactRules(
        id: "doc", name: "My Doc",
        schema: ["type": "object", "properties": ["title": ["type": "string", "description": "T", "inPreview": true]]])

    private static func names(_ rules: AnswerRules) -> [String] {
        let alternatives = AnswerSchema.schema(rules)["properties"]?["dataComponents"]?["items"]?["anyOf"]?.array ?? []
        return alternatives.compactMap { $0["properties"]?["name"]?["enum"]?[0]?.string }
    }

    @Test func `an answer is a list of what the sub-agent may say`() {
        #expect(Self.names(AnswerRules(components: [Self.card])) == ["Text", "Card"])
        #expect(
            Self.names(AnswerRules(components: [Self.card], artifacts: [Self.doc]))
                == ["Text", "Card", "Artifact", "ArtifactCreate_My_Doc"])
        let strict = ContractRules(allowsText: false)
        #expect(Self.names(AnswerRules(components: [Self.card], contract: strict)) == ["Card"])
        #expect(AnswerRules(artifacts: [Self.doc], contract: strict).isStructured)
        #expect(!AnswerRules(artifacts: [Self.doc]).isStructured)
    }

    @Test func `every property is required, those that may be left out are nullable`() throws {
        let schema = AnswerSchema.normalized(Self.card.schema)
        #expect(schema["required"] == ["title", "kind", "rows", "either"])
        #expect(schema["additionalProperties"] == false)
        #expect(schema["properties"]?["title"] == ["description": "T", "type": "string"])
        #expect(schema["properties"]?["kind"]?["enum"] == ["a", "b", nil])
        #expect(schema["properties"]?["kind"]?["type"] == ["string", "null"])
        #expect(
            schema["properties"]?["either"]?["anyOf"] == [["type": "string"], ["type": "number"], ["type": "null"]])
        #expect(schema["properties"]?["rows"]?["items"]?["properties"]?["n"]?["type"] == ["integer", "null"])
        #expect(schema["properties"]?["rows"]?["items"]?["required"] == ["n"])
    }

    @Test func `what satisfies the schema satisfies the component's own when its nulls are gone`() throws {
        let normal = try JSONSchema(AnswerSchema.schema(AnswerRules(components: [Self.card], artifacts: [Self.doc])))
        let own = try JSONSchema(Self.card.schema)
        let props: JSONValue = ["title": "A", "kind": nil, "rows": [["n": nil]], "either": nil]
        let answer: JSONValue = [
            "dataComponents": [
                ["id": "1", "name": "Card", "props": props], ["id": "2", "name": "Text", "props": ["text": "Hi"]],
                [
                    "id": "3", "name": "ArtifactCreate_My_Doc",
                    "props": [
                        "artifact_id": "a", "tool_call_id": "c", "base_selector": "x",
                        "details_selector": ["title": nil],
                    ],
                ],
            ]
        ]
        #expect(normal.validate(answer).isEmpty)
        #expect(!own.accepts(props))
        #expect(own.validate(props.withoutNulls).isEmpty)
    }

    @Test func `a contract says what is missing`() {
        var given = ContractRules.Given(hasText: true)
        let contract = ContractRules(components: ["Card"], artifacts: ["Doc"])
        #expect(
            contract.violation(of: given)
                == "it must have the component 'Card'; it must make or cite an artifact of type 'Doc'")
        given.components = ["Card"]
        given.artifacts = ["Doc", "Other"]
        #expect(contract.violation(of: given) == nil)
        #expect(ContractRules(requiresTransfer: true).violation(of: given) != nil)
        #expect(ContractRules(allowsText: false).violation(of: given) == "plain text is not allowed in it")
        #expect(ContractRules(allowsText: false).violation(of: ContractRules.Given())?.contains("none") == true)
        #expect(ContractRules().violation(of: ContractRules.Given()) == nil)
    }
}
