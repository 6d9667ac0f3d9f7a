import Testing

@testable import Catalog

/// Texts with placeholders (run spec §12.4).
@Suite struct TemplateTests {
    private static let values = TemplateValues(
        document: [
            "headers": ["x-user-id": "u-1", "plan": "gold", "2fa-code": "77", "empty": ""],
            "account": ["name": "Ada", "tags": ["a", "b"], "age": 36, "gone": .null, "isOpen": false],
            "order-list": [["id": 1], ["id": 2]],
        ],
        conversation: "c-9",
        environment: TemplateEnvironment(environment: [
            "COVEY_TEMPLATE_ENV_ALLOW": "REGION, MISSING", "REGION": "north", "OPENAI_API_KEY": "sk-secret",
        ]))

    private static func rendered(_ text: String, _ mode: Template.Mode = .lenient) -> String {
        Template(text).rendered(values, mode).text
    }

    @Test(arguments: [
        ("Hello {{account.name}}!", "Hello Ada!"), ("{{headers.plan}}{{ headers.plan }}", "goldgold"),
        ("{{account.tags}}", "[\"a\",\"b\"]"), ("{{account}}", values.document?["account"]?.jsonText ?? ""),
        ("{{account.age}} {{account.isOpen}}", "36 false"), ("{{account.tags[-1]}}", "b"),
        ("{{join(', ', account.tags)}}", "a, b"), ("{{headers.empty}}", ""),
        ("{{{a: headers.plan} | a}}", "gold"), ("{{[account.{b: {c: age}}]}}", "[{\"b\":{\"c\":36}}]"),
    ])
    func `paths are filled in, what is no text as JSON`(text: String, expected: String) {
        #expect(Self.rendered(text) == expected)
    }

    @Test(arguments: [
        ("{{headers.x-user-id}}", "u-1"), ("{{headers.\"x-user-id\"}}", "u-1"), ("{{headers.2fa-code}}", "77"),
        ("{{order-list[0].id}}", "1"), ("{{order-list[::-1].id}}", "[2,1]"),
        ("{{order-list[?id > `1`].id | [0]}}", "2"),
        ("{{not_null(headers.x-none, 'a-b')}}", "a-b"), ("{{length(order-list)}}", "2"), ("{{order-list[-1].id}}", "2"),
    ])
    func `pieces with dashes need no quotes`(text: String, expected: String) {
        #expect(Self.rendered(text) == expected)
    }

    @Test func `a missing value is nothing, stays, or is an error`() throws {
        let template = Template("a {{account.nick}} b {{account.gone}} c {{headers.plan}}")
        #expect(
            template.rendered(Self.values)
                == RenderedText(text: "a  b  c gold", missing: ["account.nick", "account.gone"]))
        #expect(
            template.rendered(Self.values, .preserving).text == "a {{account.nick}} b {{account.gone}} c gold")
        let error = #expect(throws: MissingPlaceholder.self) { try template.strictly(Self.values) }
        #expect(error?.placeholder == "account.nick")
        #expect(try Template("x {{headers.plan}}").strictly(Self.values) == "x gold")
    }

    @Test(arguments: [
        "{{abs(account.name)}}", "{{a b}}", "{{}}", "{{$other.x}}", "{{$conversation.owner}}", "{{a..b}}",
    ])
    func `what means nothing is missing`(text: String) {
        #expect(Template("<\(text)>").rendered(Self.values).text == "<>")
        let kept = text.hasPrefix("{{$") ? "<>" : "<\(text)>"
        #expect(Template("<\(text)>").rendered(Self.values, .preserving).text == kept)
        #expect(throws: MissingPlaceholder.self) { try Template(text).strictly(Self.values) }
    }

    @Test func `problems are told before anything is rendered`() {
        #expect(Template("{{a.b}} {{$env.X}} {{$conversation.id}} text").problems == [])
        #expect(Template("{{a b}} {{foo(a)}} {{$run}}").problems.count == 3)
    }

    @Test(arguments: ["{{", "}}", "a {{ b", "{ {a} }", "{{" + String(repeating: "a", count: 2_000) + "}}", "{"])
    func `what is no placeholder stays as it is`(text: String) {
        #expect(Self.rendered(text) == text)
        #expect(!Template(text).hasPlaceholders)
    }

    @Test func `only the variables of the environment that are open are seen`() {
        #expect(Self.rendered("{{$env.REGION}}") == "north")
        let closed = Template("[{{$env.OPENAI_API_KEY}}{{$env.MISSING}}]")
        #expect(closed.rendered(Self.values).text == "[]")
        #expect(closed.rendered(Self.values).missing == ["$env.OPENAI_API_KEY", "$env.MISSING"])
        #expect(closed.rendered(Self.values, .preserving).text == "[]")
        #expect(throws: MissingPlaceholder.self) { try closed.strictly(Self.values) }
        #expect(closed.environmentNames == ["OPENAI_API_KEY", "MISSING"])
        var none = Self.values
        none.environment = TemplateEnvironment(environment: ["REGION": "north"])
        #expect(Template("{{$env.REGION}}").rendered(none).text == "")
        // A path looks into what it is given and nowhere else.
        #expect(Self.rendered("{{env.REGION}}{{\"$env\".REGION}}") == "")
    }

    @Test func `the conversation is filled in, and nothing before there is one`() {
        #expect(Self.rendered("{{$conversation.id}}") == "c-9")
        #expect(
            Template("<{{ $conversation.id }}>").rendered(TemplateValues()) == RenderedText(text: "<>", missing: []))
    }

    @Test func `without anything to look into every path is missing`() {
        let values = TemplateValues(document: nil, conversation: "c")
        let text = "{{a}} {{'b'}} {{@}} {{$conversation.id}}"
        #expect(Template(text).rendered(values, .preserving).text == "{{a}} {{'b'}} {{@}} c")
    }

    @Test func `values are escaped where that is asked for`() {
        let rendered = Template("{{account.name}}/{{account.name}}").rendered(Self.values) { value, isFirst in
            isFirst ? value : value.uppercased()
        }
        #expect(rendered.text == "Ada/ADA")
    }

    @Test func `what is filled in is not read again`() {
        let values = TemplateValues(
            document: ["a": "{{b}} {{$env.REGION}}", "b": "secret"], environment: Self.values.environment)
        #expect(Template("{{a}}").rendered(values).text == "{{b}} {{$env.REGION}}")
    }

    @Test func `a text does not grow without end`() {
        let values = TemplateValues(document: ["a": .string(String(repeating: "x", count: 1 << 20))])
        let rendered = Template(String(repeating: "{{a}}", count: 100)).rendered(values)
        #expect(rendered.text.utf8.count == Template.textBytesMax)
        #expect(rendered.missing == ["a"])
        let costly = Template("{{" + String(repeating: "[@, @] | ", count: 90) + "to_string(@)}}")
        #expect(costly.rendered(values).text == "")
    }

    @Test func `any text can be read and rendered`() {
        var random = SystemRandomNumberGenerator()
        let parts = [
            "{{", "}}", "{", "}", "a", ".", "-", "\"", "'", "`", "$env.", "[", "]", "\\", "1", " ", "é", "headers",
        ]
        for _ in 0..<5_000 {
            let text = (0..<12).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            let template = Template(text)
            _ = template.rendered(Self.values)
            _ = try? template.strictly(Self.values)
            #expect(template.rendered(TemplateValues(), .preserving).text.utf8.count <= text.utf8.count, "\(text)")
        }
    }
}
