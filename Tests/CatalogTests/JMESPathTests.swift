import Testing

@testable import Catalog

/// Which texts are JMESPath expressions (jmespath.org), and how they are read.
@Suite struct JMESPathTests {
    @Test(arguments: [
        "a", "a.b.c", "\"a b\".c", "a[0]", "a[-1].b", "a[*].b", "a[].b", "a.*.b", "*", "[*]", "[]", "[0]", "@",
        "a[1:3]", "a[::-1]", "a[:2].b", "a[?b > `1`].c", "a[?b == 'x' && c]", "a[?!(b || c)]", "{x: a, \"y\": b.c}",
        "[a, b[0], c]", "a.{x: b}", "a.[b, c]", "length(a)", "sort_by(a, &b)", "max_by(a[*], &b.c).d",
        "join(', ', a[*].name)", "a | b[0]", "not_null(a, b, `null`)", "`{\"a\": [1, 2]}`", "'it\\'s'", "a || b && c",
        "a[?contains(b, 'c')] | [0]", "to_string(@)", "*.*", "a[*][0]", "[?a]", "issue.title", "\"\\u00e9\"",
        "a[*].*.b", "foo[].bar[].baz",
    ])
    func `expressions are read`(text: String) throws { _ = try JMESPath(text) }

    @Test(arguments: [
        "", " ", "a.", ".a", "a..b", "a[", "a]", "a[b", "a b", "a[0", "a[1:2:3:4]", "a[::0]", "{a}", "{a: }", "[a,]",
        "'open", "\"open", "`open", "`{a}`", "a ==", "&&", "foo(", "foo(a)", "length()", "length(a, b)", "a[?b",
        "a{b: c}", "a.0", "#", "a$", "!", "@.", "a[*]b", "(a", "a)", "\"a\"(b)", "-", "a[0 1]", "a[?]",
    ])
    func `other texts are refused with a reason`(text: String) throws {
        let error = #expect(throws: JMESPathError.self) { try JMESPath(text) }
        #expect(error?.reason.isEmpty == false)
    }

    @Test func `parts bind as the standard says`() throws {
        #expect(try JMESPath("a || b && c").root == JMESPath("a || (b && c)").root)
        #expect(try JMESPath("a | b || c").root == JMESPath("a | (b || c)").root)
        #expect(try JMESPath("!a && b").root == JMESPath("(!a) && b").root)
        #expect(try JMESPath("a == b && c").root == JMESPath("(a == b) && c").root)
        #expect(
            try JMESPath("a[*].b").root == .list(.field("a"), .field("b")), "what follows a projection is projected")
        #expect(try JMESPath("a[*] | b").root == .binary(.pipe, .list(.field("a"), .current), .field("b")))
    }

    @Test func `what strangers send is bounded`() throws {
        #expect(throws: JMESPathError.self) { try JMESPath(String(repeating: "(", count: 4000)) }
        #expect(throws: JMESPathError.self) { try JMESPath(String(repeating: "!", count: 4000) + "a") }
        #expect(throws: JMESPathError.self) { try JMESPath(String(repeating: "a.", count: 4000) + "a") }
        #expect(throws: JMESPathError.self) { try JMESPath(String(repeating: "[*]", count: 2000)) }
        #expect(throws: JMESPathError.self) { try JMESPath(String(repeating: "a", count: 9000)) }
    }
}
