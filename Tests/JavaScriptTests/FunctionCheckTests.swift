import Testing

@testable import JavaScript

/// Why the parser cannot be tested, or nil when it can.
private let missingParser: Comment? =
    switch JavaScript.parser {
    case .library: nil
    case .none(let reason): "there is no JavaScript parser: \(reason); Scripts/setup test installs it"
    }

/// The real parser, on what is one function and what is not.
@Suite(.enabled(if: missingParser == nil, missingParser))
struct FunctionCheckTests {
    @Test(arguments: [
        "async (a) => a.x + 1", "(a) => a.x + 1;", "a => ({ b: a })", "async a => { return a }", "() => {}",
        "async ({a,b}) => { return { sum: a + b } }", "async=>async", "async\u{A0}a => 1", "\\u0061bc => 1",
        "\\u{61}b => 1", "ünï => ünï", "𠮷 => 𠮷",
        "(a, b = (c) => c, ...d) => a", "(f = (x) => x, g = (y) => y) => f(g)",
        "({ a: { b = /\\) =>/ } = {}, c: [d] }) => b", "(a = \") => \") => a", "(a /* ) => */) => a",
        "(a // ) =>\n) => a", "(a = `${(() => 1)()}`) => a",
        "function (a) { return a }", "function add(a, b = [1, 2], ...rest) { return a + b }", "async function f() {}",
        "function* numbers() { yield 1 }", "async function* numbers() { yield* a; for await (const b of c) {} }",
        "function /* ( */ f /* ) */ () {}", "function\nf\n(\n)\n{\n}\n", "async function() { await 1 }",
        "(async () => { return 1 })", "((a) => a);", "(((function () {})))", "(() => {}) // )", "(() => 1);;",
        "() => {}; // a; b", "// says hello\n/* twice */ async () => 'hello' // done", "\u{FEFF}() => 1\u{2028}",
        "(s) => s.replace(/[/\"'`]\\/(\\d+)/g, '$1')", "(a, b) => a / b / 2",
        "(s) => `a ${s.map((x) => `<${x}>`).join('}')} b`", "(a) => { if (a) /}/.test(a); return 1 }",
        "(a) =>\n  a.map((x) => x * 2)\n    .filter(Boolean)", "(n) => 0x1e + 1 - 1e-3 + n + 1_000n",
        "() => { class A { #x = 1; static { } get x() { return this?.#x ?? 2 } static async *f() {} } return new A }",
        "() => { try { a?.[0]?.() } catch { b ||= c } finally { } }", "() => /(?<y>\\p{L})[a--b]/v",
        "(a) => a ** 2 ?? 1",
        "() => { label: for (;;) break label }", "async () => await import('x')",
        "(x) => x in {} && x\n instanceof Object",
        "function () { return new.target }", "x => y => z => x", "() => { return function () { return 1 }() }",
    ])
    func `one function is taken`(source: String) { #expect(JavaScript.functionProblem(source) == nil) }

    @Test(arguments: [
        "", "  // nothing\n", ";", "1 + 1", "a", "async", "function", "const f = () => 1", "class A {}", "(class {})",
        "(a, b)", "function f() {} function g() {}", "() => {} ; () => {}", "() => {}\n()", "() => 1; process.exit()",
        "() => 1, 2", "(() => 1, 2)", "() => a\nprocess.exit()", "function f() {}\nf()", "function f() {}(1)",
        "(function () {})()", "(() => {})()", "(() => {}).call()", "function () {}.call()", "function () {} + 1",
        "function () {} /'/;if(1)0//'", "function f() {} / 1 / 2", "function () {}`x`", "function () {}[0]",
        "function () {} ? 1 : 2", "function () {}, 1", "a = () => 1", "(a).b = (c) => 1", "[a] = () => 1",
        "({ a } = () => 1)", "a += () => 1", "a ||= () => 1", "(a) || (() => 1)", "!() => 1", "+function () {}",
        "a ? b : () => 1", "async (a)", "async (a)(b => 1)", "async [a] = 1", "new function () {}", "...a", "a) ; (b",
        "a) => 1, (b", "() => 1) ; (() => 2", "() => 1]:0,[() => 2", "() => {} }), ({ m() {}", "*/ () => 1 /*",
        "`${() => 1}`", "{ }", "{ a: () => 1 }", "[() => 1]", "function f() {}; f()", "() => { } //\n()",
        "throw () => 1",
        "x = async () => 1", "yield => 1, 0", "function f() {}\n/* a */ /b/g", "#!/usr/bin/env node\n() => 1",
    ])
    func `anything else is refused`(source: String) { #expect(JavaScript.functionProblem(source) != nil) }

    @Test(arguments: [
        ("(a: number) => a", "is not valid JavaScript: Unexpected token ':'"),
        ("function f<T>(a: T): T { return a }", "is not valid JavaScript: "),
        ("(a) => a as string", "is not valid JavaScript: "), ("(a) => { let x: string = a }", "(line 1)"),
        ("(a) => {\n  let b = 1\n  let = c d\n}", "(line 3)"), ("() => {", "it ends before it is complete"),
        ("() => { return await 1 }", "is not valid JavaScript: "), ("() => 'a\nb'", "is not valid JavaScript: "),
        ("() => /(/", "Invalid regular expression"), ("() => 1 /* never", "is not valid JavaScript: "),
        ("(a, a) => 1", "is not valid JavaScript: "), ("() => { import a from 'b' }", "is not valid JavaScript: "),
        ("return 1", "is not valid JavaScript: "), ("export default () => 1", "is not valid JavaScript: "),
        ("() => 1\0 + 1", "is not valid JavaScript: "), ("1 + 1", "must be exactly one JavaScript function"),
    ])
    func `the reason says what is wrong and where`(source: String, reason: String) throws {
        let problem = try #require(JavaScript.functionProblem(source))
        #expect(problem.contains(reason), "\(problem)")
    }

    @Test(arguments: [
        "(", "[", "{", "!", "(() => ", "`${", "a ? ", "[a, ", "{a: ", "function f() {", "a(", "async x => ",
    ])
    func `a hundred thousand nested brackets are refused, and the next source is checked as ever`(opening: String) {
        let deep = "() => {" + String(repeating: opening, count: 100_000) + "}"
        #expect(JavaScript.functionProblem(deep) != nil)
        #expect(JavaScript.functionProblem("() => 1") == nil)
    }

    @Test func `a source of a million characters is checked`() {
        let lines = String(repeating: "  let a = f(1, 'two', { three: [4] });\n", count: 24_000)
        #expect(JavaScript.functionProblem("() => {\n{" + lines.replacing("let a", with: "a") + "}\n}") == nil)
        #expect(JavaScript.functionProblem("() => {\n" + lines.replacing("let a", with: "a") + "\n)") != nil)
    }

    @Test func `nothing of a source is run`() {
        // Either would never come back if it were.
        #expect(JavaScript.functionProblem("() => { for (;;) {} }") == nil)
        #expect(JavaScript.functionProblem("(() => { for (;;) {} })()") != nil)
    }

    @Test func `many threads may ask at once`() async {
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    number.isMultiple(of: 2)
                        ? JavaScript.functionProblem("() => \(number)") == nil
                        : JavaScript.functionProblem("\(number)") != nil
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `no cut of a good source makes it crash`() {
        let source = "async (s) => `a ${s.map((x) => /[/]/.test(x) ? '}' : \"{\")} b` // end"
        for end in 0...source.utf8.count {
            _ = JavaScript.functionProblem(String(decoding: source.utf8.prefix(end), as: UTF8.self))
        }
    }
}

/// What happens where the library cannot be used.
@Suite struct MissingParserTests {
    @Test func `a library that is none is told of, and not asked again`() {
        let thread = ParserThread(.library("/proc/self/status"))
        #expect(thread.problem(in: "() => 1") == .noParser)
        guard case .none(let reason) = thread.parser else {
            Issue.record("the parser is \(thread.parser)")
            return
        }
        #expect(!reason.isEmpty)
        #expect(thread.problem(in: "() => 1") == .noParser)
    }

    @Test func `a library without the functions is told of`() {
        let thread = ParserThread(.library("libc.so.6"))
        #expect(thread.problem(in: "() => 1") == .noParser)
        #expect(thread.parser == .none("the library has no JSGlobalContextCreate"))
    }
}
