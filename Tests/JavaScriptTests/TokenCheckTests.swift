import Testing

@testable import JavaScript

@Suite struct TokenCheckTests {
    @Test(arguments: [
        "async (a) => a.x + 1",
        "(a) => a.x + 1;",
        "a => ({ b: a })",
        "async a => { return a }",
        "() => {}",
        "async ({a,b}) => { return { sum: a + b } }",
        "function (a) { return a }",
        "function add(a, b = [1, 2], ...rest) { return a + b }",
        "async function f() {}",
        "function* numbers() { yield 1 }",
        "async function* numbers() { yield 1 }",
        "(async () => { return 1 })",
        "((a) => a);",
        "// says hello\n/* twice */ async () => 'hello' // done",
        "(s) => s.replace(/[/\"'`]\\/(\\d+)/g, '$1')",
        "(a, b) => a / b / 2",
        "(s) => `a ${s.map((x) => `<${x}>`).join('}')} b`",
        "(a) => { if (a) /}/.test(a); return 1 }",
        "() => { const o = { a: 1 } / 2; return o }",
        "(a) =>\n  a.map((x) => x * 2)\n    .filter(Boolean)",
        "(a) => a\n  ? 1\n  : 2",
        "() => '\\'' + \"\\\\\"",
        "async => async + 1",
        "(x) => x in {} && x\n instanceof Object",
        "(n) => 0x1e + 1 - 1e-3 + n",
        "({ é, $a, _b }) => é",
        "() => { label: for (;;) { break label } }",
    ])
    func `one function is taken`(source: String) {
        #expect(TokenCheck.problem(in: source) == nil)
    }

    @Test(arguments: [
        ("", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("1 + 1", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("return 1", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("const f = () => 1", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("export default () => 1", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("class A {}", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("(a, b)", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("function f { return 1 }", "must be exactly one JavaScript function, as in async (input) => { … }"),
        ("function f() {} function g() {}", "must have nothing after the function"),
        ("() => {} ; () => {}", "must have nothing after the function"),
        ("() => {}\n()", "must have nothing after the function"),
        ("() => 1; process.exit()", "must have nothing after the function"),
        ("() => 1, 2", "must have nothing after the function"),
        ("() => a\nprocess.exit()", "must have nothing after the function"),
        ("function f() {}\nf()", "must have nothing after the function"),
        ("() =>", "has no body"),
        ("() => {", "has a { that is never closed"),
        ("() => }", "has a } that was never opened"),
        ("() => ([)]", "closes [ with )"),
        ("() => 'abc", "has a string that is never closed"),
        ("() => 'a\nb'", "has a string that is never closed"),
        ("() => `abc ${1}", "has a template that is never closed"),
        ("() => `abc ${1", "has a ${ that is never closed"),
        ("() => 1 /* never", "has a comment that is never closed"),
        ("() => /never", "has a regular expression that is never closed"),
    ])
    func `anything else is refused with the reason`(source: String, reason: String) {
        #expect(TokenCheck.problem(in: source) == reason)
    }

    @Test func `no cut of a good source makes it crash`() {
        let source = "async (s) => `a ${s.map((x) => /[/]/.test(x) ? '}' : \"{\")} b` // end"
        for end in 0...source.utf8.count {
            _ = TokenCheck.problem(in: String(decoding: source.utf8.prefix(end), as: UTF8.self))
        }
    }
}
