import Catalog
import Testing

@Suite struct FieldTests {
    private func problems<Value>(_ type: FieldType<Value>, _ json: JSONValue) -> [String] {
        var decoding = Decoding()
        let value = type.decode(json, &decoding)
        #expect((value == nil) == !decoding.broken.isEmpty, "a refusal has a reason, a value has none")
        return decoding.broken.map(\.reason)
    }

    @Test(
        arguments: [
            ("a", nil), ("A-Z_0.9", nil), (" a ", nil), ("", "must not be empty"),
            ("new", "must not be the reserved word new"),
            ("a b", "must contain only letters, numbers, hyphens, underscores, and dots"),
            ("ä", "must contain only letters, numbers, hyphens, underscores, and dots"),
            (.string(String(repeating: "a", count: 255)), nil),
            (.string(String(repeating: "a", count: 256)), "must have at most 255 characters"),
            (7, "must be a string, not integer"), (.null, "must be a string, not null"),
        ] as [(JSONValue, String?)])
    func `resource ids`(json: JSONValue, reason: String?) {
        #expect(problems(FieldType<String>.resourceID, json) == (reason.map { [$0] } ?? []))
    }

    @Test(arguments: [
        ("shop-bot", true), ("a", true), ("7", true), ("-a", false), ("a-", false), ("Shop", false), ("a_b", false),
        ("new", false), ("", false),
    ])
    func `project ids`(id: String, isTaken: Bool) {
        #expect(problems(FieldType<String>.projectID, .string(id)).isEmpty == isTaken)
    }

    @Test(arguments: [
        ("https://a.example/x?y#z", true), ("HTTP://a", true), ("ftp://a", false), ("https://", false),
        ("https:///x", false), ("//a", false), ("https://a b", false), ("https://a\nb", false),
    ])
    func `http addresses`(address: String, isTaken: Bool) {
        #expect(problems(FieldType<String>.httpURL, .string(address)).isEmpty == isTaken)
    }

    @Test func `numbers are counted by value`() {
        let type = FieldType.integer(1...10)
        #expect(problems(type, 3).isEmpty)
        #expect(problems(type, JSONValue(3.0)).isEmpty)
        #expect(problems(type, JSONValue(3.5)) == ["must be an integer, not number"])
        #expect(problems(type, 0) == ["must be at least 1"])
        #expect(problems(type, 11) == ["must be at most 10"])
        #expect(problems(type, "3") == ["must be an integer, not string"])
        #expect(problems(FieldType.number(0...1), JSONValue(0.5)).isEmpty)
        #expect(problems(FieldType.number(0...1), 2) == ["must be between 0.0 and 1.0"])
    }

    @Test(arguments: [
        ("X-Ok", "v", nil), ("Content-Length", "1", "is a reserved header name"),
        ("TE", "x", "is a reserved header name"),
        ("a b", "v", "is not a valid header name"), ("ü", "v", "is not a valid header name"),
        (String(repeating: "a", count: 129), "v", "is not a valid header name"),
        ("a", "", "must not be empty"), ("a", "x\ny", "must not contain line breaks or NUL"),
        ("a", String(repeating: "x", count: 1001), "must have at most 1000 characters"),
    ])
    func `header maps`(name: String, value: String, reason: String?) {
        let json = JSONValue.object(JSONObject([(name, .string(value))]))
        #expect(problems(FieldType<HeaderMap>.headerMap, json) == (reason.map { [$0] } ?? []))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_767_607_200_000, "2026-01-05T10:00:00.000Z"),
        (951_782_400_001, "2000-02-29T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (Int64.max, "9999-12-31T23:59:59.999Z"), (Int64.min, "0000-01-01T00:00:00.000Z"),
    ])
    func `moments as text`(milliseconds: Int64, text: String) { #expect(Timestamp.text(milliseconds) == text) }

    @Test func `moments read back as they were written`() {
        var day: Int64 = -719_162
        while day < 2_932_896 {
            let moment = day * 86_400_000 + (day.magnitude.isMultiple(of: 2) ? 12_345_678 : 0)
            #expect(Timestamp.milliseconds(Timestamp.text(moment)) == moment)
            day += 997
        }
    }

    @Test(
        arguments: [
            ("2026-01-05T10:00:00Z", 1_767_607_200_000), ("2026-01-05t12:30:00.5+02:30", 1_767_607_200_500),
            ("2026-01-05 05:00:00.1239-05:00", 1_767_607_200_123), ("2026-02-29T00:00:00Z", nil),
            ("2026-13-01T00:00:00Z", nil), ("2026-01-05", nil), ("2026-01-05T24:00:00Z", nil),
            ("2026-01-05T10:00:00", nil),
            ("2026-01-05T10:00:00.Z", nil), ("2026-01-05T10:00:00Zx", nil), ("", nil),
            ("2026-01-05T10:00:00+25:00", nil),
        ] as [(String, Int64?)])
    func `moments from text`(text: String, milliseconds: Int64?) {
        #expect(Timestamp.milliseconds(text) == milliseconds)
    }

    @Test func `null is taken only where it means something`() {
        struct Box: Structure {
            var a = ""
            var b: String?
            var c: JSONValue = [:]
            static let fields: [Field<Self>] = [
                field("a", \.a, .text(), "A."), field("b", \.b, .text(), "B."), field("c", \.c, .json, "C."),
            ]
        }
        var box = Box()
        box.b = "x"
        var decoding = Decoding()
        let isFine = box.assign(["a": .null, "b": .null, "c": .null], creating: true, &decoding)
        #expect(!isFine && decoding.broken.map(\.pointer) == ["/a"])
        #expect(box.b == nil && box.c == .null)
    }

    @Test func `maps keep their order and find by name`() {
        var map = OrderedMap([("b", 1), ("a", 2)])
        map.append("c", 3)
        map.append("a", 9)
        #expect(map.names == ["b", "a", "c"] && map.values == [1, 2, 3] && map["a"] == 2 && map["x"] == nil)
    }
}
