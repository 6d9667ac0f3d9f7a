import Catalog
import Testing

@testable import Runtime

/// What models are told of the shape of a result.
@Suite struct StructureHintsTests {
    @Test func `paths, counts and selectors that find something`() throws {
        let output: JSONValue = [
            "items": [
                ["kind": "x", "title": "Alpha", "meta": ["by": "A"]],
                ["kind": "x", "title": "Beta", "meta": ["by": "B"]],
            ], "total count": 2,
        ]
        let hints = try #require(StructureHints.of(output))
        #expect(
            hints["terminalPaths"] == [
                "items[*].kind", "items[*].title", "items[*].meta.by", "\"total count\"",
            ])
        #expect(hints["arrayPaths"] == [["path": "items", "count": 2]])
        #expect(hints["commonFields"] == ["kind", "meta", "title", "by"] || hints["commonFields"]?.array?.count == 4)
        #expect(hints["recommendedBaseSelectors"] == ["items[0]", "items[?title=='Alpha'] | [0]"])
        for selector in hints["recommendedBaseSelectors"]?.array ?? [] {
            let path = try JMESPath(try #require(selector.string))
            #expect(try path.search(output)["title"] == "Alpha")
        }
        for path in hints["terminalPaths"]?.array ?? [] {
            #expect(try JMESPath(try #require(path.string)).search(output) != .null)
        }
    }

    @Test func `of a text that is JSON its members are told, of another text nothing`() {
        #expect(StructureHints.of("{\"a\":1}")?["terminalPaths"] == ["a"])
        #expect(StructureHints.of("words") == nil && StructureHints.of(7) == nil && StructureHints.of([:]) == nil)
    }

    @Test func `of a huge result as much is told as of a small one`() throws {
        let row: JSONValue = .object(JSONObject((0..<200).map { (key: "field \($0)'", value: .string("v'\($0)")) }))
        let hints = try #require(StructureHints.of(.array(Array(repeating: row, count: 5_000))))
        #expect(hints["terminalPaths"]?.array?.count == 30 && hints["commonFields"]?.array?.count == 15)
        #expect(hints["recommendedBaseSelectors"] == ["[0]"])
        #expect(hints.jsonText.utf8.count < 4_000)
    }
}
