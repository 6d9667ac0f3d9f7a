import Catalog
import Testing

@testable import Runtime

/// What of a tool's outcome becomes an artifact.
@Suite struct ArtifactExtractionTests {
    private static let form = ArtifactRules(
        id: "doc", name: "Doc",
        schema: [
            "type": "object",
            "properties": [
                "title": ["type": "string", "description": "T", "inPreview": true],
                "body": ["type": "string", "description": "B"],
            ],
        ])
    private static let output: JSONValue = [
        "items": [
            ["kind": "x", "meta": ["title": "First"], "body": "Long text", "secret": 1],
            ["kind": "y", "title": "Second"],
        ]
    ]

    private static func parts(
        _ output: JSONValue = output, base: String, details: [String: String] = [:], form: ArtifactRules? = form,
        bytesMax: Int = 10_000
    ) -> ArtifactExtraction.Parts? {
        ArtifactExtraction(form: form, bytesMax: bytesMax).parts(
            of: output, ArtifactRequest(id: "a", toolCall: "c", type: "Doc", base: base, details: details))
    }

    @Test func `fields come from selectors or by their names, and those in preview are the summary`() {
        let parts = Self.parts(base: "items[?kind=='x'] | [0]", details: ["title": "meta.title"])
        #expect(parts?.summary == ["title": "First"])
        #expect(parts?.full == ["title": "First", "body": "Long text"])
        #expect(Self.parts(base: "result.items[?kind=='y']")?.full == ["title": "Second"], "the first of several")
    }

    @Test func `without a form the whole item is kept`() {
        let parts = Self.parts(base: "items[1]", form: nil)
        #expect(parts?.full == ["kind": "y", "title": "Second"])
        #expect(parts?.summary == parts?.full)
        #expect(Self.parts(base: "items[0].body", form: nil)?.full == ["value": "Long text"])
    }

    @Test func `where no field is found the item is kept under its selector`() {
        #expect(Self.parts(base: "items[0].meta", form: Self.form)?.full == ["title": "First"])
        #expect(Self.parts(base: "nothing")?.full == ["nothing": [:]])
        #expect(Self.parts(base: "items[0].body")?.full == ["items[0].body": "Long text"])
    }

    @Test(arguments: ["items[", "items[?x==", "nofunction(@)", String(repeating: "a", count: 1001)])
    func `a selector that is none makes nothing`(_ selector: String) {
        #expect(Self.parts(base: selector) == nil)
    }

    @Test func `data within a text is data`() {
        #expect(Self.parts(.string(Self.output.jsonText), base: "items[1]")?.full == ["title": "Second"])
        let content: JSONValue = ["content": [["type": "text", "text": .string(Self.output.jsonText)]]]
        #expect(Self.parts(content, base: "items[1]")?.full == ["title": "Second"])
        #expect(Self.parts("just words", base: "text", form: nil)?.full == ["value": "just words"])
        #expect(Self.parts("{broken", base: "text", form: nil)?.full == ["value": "{broken"])
    }

    @Test func `what models write for selectors is mended`() {
        #expect(
            Self.parts(base: "items[?kind==\"x\"]", details: ["title": "result.meta.title"])?.summary == [
                "title": "First"
            ])
    }

    @Test func `texts that were escaped once too often are as they were meant, others as they are`() {
        let texts: JSONValue = ["body": "one\\ntwo\\nthree", "title": "C:\\new"]
        #expect(Self.parts(texts, base: "@")?.full == ["title": "C:\\new", "body": "one\ntwo\nthree"])
    }

    @Test func `what is too large says so in its summary`() {
        let long = String(repeating: "x", count: 500)
        let parts = Self.parts(["title": "T", "body": .string(long)], base: "@", bytesMax: 400)
        #expect(parts?.isOversized == true)
        #expect(parts?.summary["title"] == "T")
        #expect(parts?.summary["_oversizedWarning"]?.string?.contains("400") == true)
        #expect(parts?.summary["_structureInfo"] == "an object of {title: string, body: string}")
        #expect(parts?.full["body"] == .string(long))
    }
}
