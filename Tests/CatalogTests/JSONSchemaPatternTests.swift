import Catalog
import Testing

/// The dialect of `pattern`, from outside.
@Suite struct JSONSchemaPatternTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let pattern: String
        let matches: [String]
        let others: [String]

        init(_ pattern: String, _ matches: [String], not others: [String] = []) {
            self.pattern = pattern
            self.matches = matches
            self.others = others
        }

        var testDescription: String { pattern }
    }

    static let cases: [Case] = [
        Case("", ["", "a"]),
        Case("b", ["abc"], not: ["ac", ""]),
        Case("^a.c$", ["abc", "a\u{1F409}c"], not: ["a\nc", "a\u{2028}c", "abc\n", "xabc"]),
        Case("a|^$", ["", "xa"], not: ["x"]),
        Case("^(?:a|ab)(?:c|bcd)$", ["ac", "abc", "abcd", "abbcd"], not: ["ab", "abd"]),
        Case("^a*?b+?$", ["b", "aabb"], not: ["a"]),
        Case("^a{2,3}$", ["aa", "aaa"], not: ["a", "aaaa"]),
        Case("^(ab){2}$", ["abab"], not: ["ab", "ababab"]),
        Case("^(ab){1,}$", ["ab", "ababab"], not: ["", "aba"]),
        Case("^(?:a?){3}a{3}$", ["aaa", "aaaaaa"], not: ["aa", "aaaaaaa"]),
        Case("^(a*)*$", ["", "aaa"], not: ["b"]),
        Case("^(a|b*)+c$", ["c", "abbac"], not: ["abd"]),
        Case("^[a-f\\d_-]+$", ["a-f_9"], not: ["g", ""]),
        Case("^[^a-c]$", ["d", "\u{1F409}", "\n"], not: ["a", ""]),
        Case("^[]$", [], not: ["", "a"]),
        Case("^[^]$", ["a", "\n"], not: [""]),
        Case("^[\\b]$", ["\u{8}"], not: ["b"]),
        Case("^[\\w.\\-+]+@[\\w-]+\\.\\w{2,}$", ["a.b-c+d@e-f.gh"], not: ["a@b", "a@b.c"]),
        Case("^\\d{3}-\\d{4}$", ["555-1234"], not: ["555-123", "\u{666}55-1234"]),
        Case("^\\x41\\u0042\\u{43}\\u{1F409}\\ud83d\\udc09$", ["ABC\u{1F409}\u{1F409}"], not: ["ABC"]),
        Case("^\\0\\cJ\\t\\v\\f\\r\\n$", ["\0\n\t\u{B}\u{C}\r\n"]),
        Case("^\\p{Lu}\\P{L}\\p{L}$", ["\u{C9}1\u{E9}"], not: ["\u{E9}1\u{E9}", "\u{C9}aa"]),
        Case("^[\\p{Nd}\\P{ASCII}]$", ["5", "\u{E9}", "\u{663}"], not: ["a"]),
        Case("^\\p{General_Category=Decimal_Number}$", ["5"], not: ["a"]),
        Case("\\bcat\\b", ["a cat!", "cat"], not: ["concat", "cats"]),
        Case("\\Bcat", ["concat"], not: ["cat", "a cat"]),
        Case("^(?=.*\\d)(?=.*[a-z]).{4,}$", ["abc1", "1x__"], not: ["abcd", "1234", "a1"]),
        Case("^(?!admin$)\\w+$", ["admins", "user"], not: ["admin"]),
        Case("(?<=\\$)\\d+", ["$42"], not: ["42"]),
        Case("(?<!\\d)\\d{2}(?!\\d)", ["a12b", "12"], not: ["123", "1"]),
        Case("(?<=a(\\d+))b", ["a12b"], not: ["ab"]),
        Case("^(['\"])[^'\"]*\\1$", ["'a'", "\"\""], not: ["'a\"", "'a"]),
        Case("^(?<tag>\\w+)=\\k<tag>$", ["ab=ab"], not: ["ab=ac"]),
        Case("^(?:(a)|b)*\\1$", ["b", "ab", "aa"], not: ["bc"]),
        Case("^\\1(a)$", ["a"], not: ["aa"]),
        Case("(?<=\\1(a))b", ["aab"], not: ["ab"]),
        Case("^(?=(a+))\\1b$", ["aaab"], not: ["b"]),
        Case("^(?!(a))\\1b$", ["b"], not: ["ab"]),
        Case("^{a}]$", ["{a}]"], not: ["a"]),
        Case("^x{,2}$", ["x{,2}"], not: ["xx"]),
        Case("^\\/\\-\\@\\\"$", ["/-@\""]),
        Case("^.{0,5000}$", [String(repeating: "a", count: 5_000)], not: [String(repeating: "a", count: 5_001)]),
    ]

    @Test(arguments: cases)
    func `a pattern matches what ECMA-262 says`(_ row: Case) throws {
        let schema = try JSONSchema(["pattern": .string(row.pattern)])
        for text in row.matches { #expect(schema.accepts(.string(text)), "\(text.debugDescription)") }
        for text in row.others { #expect(!schema.accepts(.string(text)), "\(text.debugDescription)") }
        // The same over text that is not ASCII, which takes another path, where the pattern does not mind.
        guard !row.pattern.contains("$"), !row.pattern.contains("^") else { return }
        for text in row.matches { #expect(schema.accepts(.string(text + " \u{1F409}"))) }
    }

    static let malformed: [(pattern: String, reason: String)] = [
        ("(", "has an unclosed group"), (")", "has an unmatched `)`"), ("[a", "has an unclosed `[`"),
        ("*", "has a `*` with nothing to repeat"), ("a**", "has a `*` with nothing to repeat"),
        ("{2}", "has a repeat count with nothing to repeat"), ("a{2,1}", "has repeat counts out of order"),
        ("a{9999999}", "has a repeat count above 1000000"), ("[z-a]", "has a range out of order"),
        ("[\\d-z]", "has a range that starts or ends with a class"), ("\\", "ends in a backslash"),
        ("\\a", "has the unknown escape `\\a`"), ("a\\Z", "has the unknown escape `\\Z`"),
        ("\\1", "refers to a group that it has not"), ("\\k<x>", "refers to a group that it has not"),
        ("(?<a>x)(?<a>y)", "has two groups named `a`"), ("(?<1>x)", "has a bad group name"),
        ("(?i)x", "has a group of an unknown kind"), ("(?=a)*", "repeats an assertion"), ("^*", "repeats an assertion"),
        ("\\x4", "has a bad hexadecimal escape"), ("\\u{110000}", "has a bad Unicode escape"),
        ("\\c1", "has a bad control escape"), ("\\01", "has an octal escape"),
        ("\\p{Nonsense}", "names the property `Nonsense`, which is unknown or not supported"),
        ("\\p{Script=Greek}", "names the property `Script=Greek`, which is unknown or not supported"),
        ("\\pL", "has a bad property escape"),
        ("((a{200}b){200}){200}", "is too large once its repeats are written out"),
        (String(repeating: "(", count: 200), "nests groups more than 100 deep"),
        (String(repeating: "a", count: 8_193), "is longer than 8192 bytes"),
    ]

    @Test(arguments: malformed)
    func `a malformed pattern is refused with its fault`(_ row: (pattern: String, reason: String)) {
        let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(["pattern": .string(row.pattern)]) }
        #expect(error?.reason == "has a pattern that \(row.reason)")
    }

    static let hostile: [(pattern: String, text: String)] = [
        ("^(a+)+$", String(repeating: "a", count: 40) + "!"),
        ("^(.*a){20}$", String(repeating: "a", count: 60) + "!"),
        ("\\s+$", String(repeating: " ", count: 100_000) + "x"),
        ("(?=(a*)*b)c", String(repeating: "a", count: 40)),
    ]

    /// The time limit is far above what the bound costs and far below what the pattern would.
    @Test(.timeLimit(.minutes(8)), arguments: hostile)
    func `a hostile pattern costs its budget and fails closed`(_ row: (pattern: String, text: String)) throws {
        // Negated, so that giving up must not count as a pattern that does not match.
        let schema = try JSONSchema(["not": ["pattern": .string(row.pattern)]])
        let findings = JSONSchemaTests.findings(schema.validate(.string(row.text)))
        #expect(findings == [": takes too long to match against patterns []"])
    }
}
