import Catalog
import Testing

struct YAMLTests {
    @Test(arguments: [
        ("a: yes", #"{"a":"yes"}"#),
        ("a: on", #"{"a":"on"}"#),
        ("a: true", #"{"a":true}"#),
        ("a: \"true\"", #"{"a":"true"}"#),
        ("a: 1.10", #"{"a":1.10}"#),
        ("a: 12345678901234567890", #"{"a":12345678901234567890}"#),
        ("a: 1e", #"{"a":"1e"}"#),
        ("a: 012", #"{"a":"012"}"#),
        ("a:", #"{"a":null}"#),
        ("a: ~", #"{"a":null}"#),
        ("b: 1\na: 2", #"{"b":1,"a":2}"#),
        ("a: |\n  x\n  y\n", #"{"a":"x\ny\n"}"#),
        ("- 1\n- [2, {c: d}]", #"[1,[2,{"c":"d"}]]"#),
        ("{\"a\": [1, null]}", #"{"a":[1,null]}"#),
    ])
    func `plain scalars are read by the JSON schema`(_ yaml: String, _ json: String) throws {
        #expect(try YAML.parse(yaml).jsonText == json)
    }

    @Test func `what is written reads back as it was`() throws {
        let texts = [
            "", " ", "yes", "No", "null", "~", "1", "1.5", "-", "- a", "a: b", "# c", "x\ny", "x\ny\n", "x\n\n", "\n",
            " lead\nb", "trail \nb", "tab\tb", "tab\n\tb", "é🎉", "\u{1}", "\u{2028}", "'\"", "{a}", "[b", "*c", "&d",
            "!e",
            "%f", "@g", "`h", "|", ">", "a #b", "a:", ":", "?", "0x1F", "1_000", "2001-01-01", "=", "<<", "\r\n",
            "a\r\nb",
        ]
        for text in texts {
            let document: JSONValue = ["text": .string(text), "list": [.string(text)], "number": 3]
            let yaml = try YAML.text(document)
            #expect(try YAML.parse(yaml).jsonText == document.jsonText, "\(yaml)")
        }
    }

    @Test(arguments: ["a: 1\na: 2", "a: [", "? [k]\n: v", "a: b: c"])
    func `what is ambiguous is refused`(_ yaml: String) {
        #expect(throws: YAML.Fault.self) { try YAML.parse(yaml) }
    }
}
