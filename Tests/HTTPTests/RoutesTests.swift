import Catalog
import Testing

@testable import HTTP

/// Paths to operations, and what paths and queries carry.
struct RoutesTests {
    private static let routes: Routes<String> = {
        var routes = Routes<String>()
        routes.add(.get, "/things", "list")
        routes.add(.post, "/things", "create")
        routes.add(.get, "/things/{id}", "get")
        routes.add(.delete, "/things/{thingId}", "delete")
        routes.add(.get, "/things/special", "special")
        routes.add(.get, "/things/{id}/parts/{part}", "part")
        routes.add(.post, "/things/special/parts/new", "new")
        return routes
    }()

    struct Row: Sendable, CustomTestStringConvertible {
        let method: Operation.Method
        let path: String
        let target: String
        var values: [String] = []
        var testDescription: String { "\(method.rawValue) \(path)" }
    }

    @Test(arguments: [
        Row(method: .get, path: "/things", target: "list"),
        Row(method: .get, path: "/things/", target: "list"),
        Row(method: .post, path: "/things", target: "create"),
        Row(method: .get, path: "/things/7", target: "get", values: ["id=7"]),
        Row(method: .delete, path: "/things/7", target: "delete", values: ["thingId=7"]),
        Row(method: .get, path: "/things/special", target: "special"),
        Row(method: .get, path: "/things/special/parts/new", target: "part", values: ["id=special", "part=new"]),
        Row(method: .post, path: "/things/special/parts/new", target: "new"),
        Row(method: .get, path: "/things/a%2Fb/parts/x", target: "part", values: ["id=a%2Fb", "part=x"]),
    ])
    func `a path leads to its target, names before parameters`(_ row: Row) {
        guard case .found(let target, let parameters) = Self.routes.match(row.method, row.path[...]) else {
            Issue.record("nothing answers \(row.testDescription)")
            return
        }
        #expect(target == row.target)
        #expect(parameters.map { "\($0.name)=\($0.value)" } == row.values)
    }

    @Test func `a known path with another method says which are allowed`() {
        guard case .wrongMethod(let allowed) = Self.routes.match(.put, "/things/7") else {
            Issue.record("the path is known")
            return
        }
        #expect(allowed == [.delete, .get])
    }

    @Test(arguments: ["/", "", "/thing", "/things/1/2", String(repeating: "/a", count: 100)])
    func `an unknown path leads nowhere`(_ path: String) {
        guard case .none = Self.routes.match(.get, path[...]) else {
            Issue.record("something answers \(path.prefix(20))")
            return
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("a%20b", "a b"), ("%C3%A4%2f", "ä/"), ("a+b", "a+b"), ("%", nil), ("%4", nil),
        ("%zz", nil), ("%FF", nil), ("", ""),
    ])
    func `percent-encoding is resolved, or refused`(_ text: String, _ expected: String?) {
        #expect(PercentCoding.decode(text[...]) == expected)
    }

    @Test func `a query is read, the last of doubled names holds`() {
        #expect(PercentCoding.query("a=1&b=x+y&a=2&c&d=%3D=") == ["a": "2", "b": "x y", "c": "", "d": "=="])
        #expect(PercentCoding.query("") == [:])
        #expect(PercentCoding.query("a=%G0") == nil)
    }

    @Test func `a header value escapes what a header cannot carry`() {
        #expect(PercentCoding.headerValue("abc-1.2") == "abc-1.2")
        #expect(PercentCoding.headerValue("ä b%") == "%C3%A4%20b%25")
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_767_607_199, "Mon, 05 Jan 2026 09:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    ])
    func `dates have the form of RFC 9110`(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.text(seconds) == text)
    }

    @Test func `a request id is taken when it is well-formed, else made`() {
        #expect(RequestID.of("abc-1:2.3_4") == "abc-1:2.3_4")
        for bad in ["", "a b", "ä", "a\r\nb", String(repeating: "a", count: 129)] {
            let made = RequestID.of(bad)
            #expect(
                made != bad
                    && made.wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#)
                        != nil
            )
        }
        #expect(RequestID.random() != RequestID.random())
    }
}
