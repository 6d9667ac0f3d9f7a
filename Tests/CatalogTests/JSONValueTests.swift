import Catalog
import Testing

@Suite struct JSONValueTests {
    // MARK: reading and writing

    /// Texts that come out as they went in.
    static let kept = [
        "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "123456789012345678901234567890", "1.10", "-0", "-0.0", "1e-3", "1E+2", "0.1", "1.7976931348623157e308",
        "0.30000000000000000001", "\"\"", "\"caf\u{E9} \u{1F409}\"", #""\"\\\n\r\t\u0000\u001f""#, "[]", "{}",
        "[1,[2,[]],{}]", #"{"z":1,"a":{"z":null,"a":[]},"m":"x"}"#, #"{"":0}"#, "\"\u{7F}\u{2028}\"",
    ]

    @Test(arguments: kept)
    func `a document keeps its order, its numbers and its text`(_ text: String) throws {
        #expect(try JSONValue(parsing: text).jsonText == text)
        #expect(try JSONValue(parsing: Array(text.utf8)).jsonText == text)
        #expect(try JSONValue(parsing: JSONValue(parsing: text).prettyText) == JSONValue(parsing: text))
    }

    static let read: [(text: String, value: JSONValue)] = [
        (" [ 1 ,\t2\r\n] ", [1, 2]), (#""\u0041\/\b\f""#, "A/\u{8}\u{C}"), (#""\ud83d\udc09""#, "\u{1F409}"),
        (#""\uD83D\uDC09\u00e9""#, "\u{1F409}\u{E9}"), (#""\u0000""#, "\0"),
        (#"{"a":1,"b":2,"a":3}"#, ["a": 3, "b": 2]),
        (#"{"\u0061":1}"#, ["a": 1]), ("\"\u{FEFF}\"", "\u{FEFF}"),
    ]

    @Test(arguments: read)
    func `escapes, white space and doubled names are read`(_ row: (text: String, value: JSONValue)) throws {
        #expect(try JSONValue(parsing: row.text) == row.value)
    }

    @Test func `of doubled names the last value stands at the first one's place`() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).jsonText == #"{"a":3,"b":2}"#)
    }

    @Test func `people get two spaces a level`() throws {
        let text = try JSONValue(parsing: #"{"a":[1,{}],"b":[]}"#).prettyText
        #expect(text == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}")
    }

    // MARK: refusing

    static let malformed: [(text: String, reason: String, offset: Int)] = [
        ("", "unexpected end of input", 0), ("  ", "unexpected end of input", 2), ("nul", "unexpected end of input", 0),
        ("nulL", "unexpected character", 0), ("tru e", "unexpected character", 0), ("[1,]", "unexpected character", 3),
        ("[1 2]", "expected a comma or the end", 3), ("{\"a\" 1}", "expected a colon", 5),
        ("{a:1}", "expected a name", 1),
        ("{\"a\":1,}", "expected a name", 7), ("1 2", "unexpected text after the document", 2),
        ("01", "leading zero in a number", 2),
        ("-", "unexpected end of input", 1), ("1.", "unexpected end of input", 2), ("1.e3", "expected a digit", 2),
        ("1e", "unexpected end of input", 2), ("+1", "unexpected character", 0), (".5", "unexpected character", 0),
        ("NaN", "unexpected character", 0), ("1e400", "number out of range", 5), ("'a'", "unexpected character", 0),
        (#""\x""#, "unknown escape", 3), (#""\u12g4""#, "expected a hexadecimal digit", 5),
        (#""\ud800""#, "lone surrogate", 7),
        (#""\udc00""#, "lone surrogate", 7), (#""\ud800\n""#, "lone surrogate", 8),
        (#""\ud800\u0041""#, "lone surrogate", 13),
        ("\"a\nb\"", "control character in a string", 2), ("\u{FEFF}1", "unexpected character", 0),
        ("[1}", "expected a comma or the end", 2),
        ("/**/1", "unexpected character", 0),
    ]

    @Test(arguments: malformed)
    func `a malformed document is refused with its fault and place`(
        _ row: (text: String, reason: String, offset: Int)
    ) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: row.text) }
        #expect(error?.reason == row.reason)
        #expect(error?.offset == row.offset)
    }

    @Test(arguments: [
        (#""\ud83d""#, "\u{FFFD}"), (#""a\ude00 ok""#, "a\u{FFFD} ok"), (#""\ud83d\n""#, "\u{FFFD}\n"),
        (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud83d\ude00""#, "😀"),
    ])
    func `a cut character can be mended`(_ text: String, _ mended: String) throws {
        #expect(try JSONValue(mending: text.utf8) == .string(mended))
    }

    @Test(arguments: [#""\ud83d"#, #""\ud83d\u12"#, #""\ud83d\x""#, "nul"])
    func `what is broken otherwise cannot`(_ text: String) {
        #expect(throws: JSONParseError.self) { try JSONValue(mending: text.utf8) }
    }

    static let notUTF8: [[UInt8]] = [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
        [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0xEF, 0xBB, 0xBF, 0x31], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
    ]

    @Test(arguments: notUTF8)
    func `bytes that are not UTF-8 are refused`(_ bytes: [UInt8]) {
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: bytes) }
    }

    @Test func `a document cut at any byte is refused and does not crash`() throws {
        let text = #"{"a":[1.5e3,-20,true,false,null,"x\u00e9\ud83d\udc09\n"],"\"":{"k":"é🐉"},"n":[[],{}]}"#
        let whole = Array(text.utf8)
        _ = try JSONValue(parsing: whole)
        for length in 0..<whole.count {
            #expect(throws: JSONParseError.self, "\(length) bytes") { try JSONValue(parsing: whole[..<length]) }
        }
    }

    @Test func `a document with any byte changed is read or refused and does not crash`() throws {
        let whole = Array(#"{"a":[1.5e3,true,"x\u00e9\ud83d\udc09"],"b":{"k":"é"}}"#.utf8)
        var readable = 0
        for position in whole.indices {
            for byte in [0, 0x22, 0x2C, 0x30, 0x5B, 0x5C, 0x7D, 0x80, 0xFF] as [UInt8] {
                var changed = whole
                changed[position] = byte
                guard let value = try? JSONValue(parsing: changed) else { continue }
                readable += 1
                #expect(try JSONValue(parsing: value.jsonBytes) == value)
            }
        }
        #expect((10..<whole.count * 9).contains(readable))
    }

    @Test func `nesting has a bound`() throws {
        let open = String(repeating: "[", count: JSONValue.depthMax)
        let close = String(repeating: "]", count: JSONValue.depthMax)
        #expect(try JSONValue(parsing: open + close).jsonText == open + close)
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: "[" + open + close + "]") }
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: String(repeating: "{\"a\":", count: 100_000)) }
    }

    // MARK: values

    @Test func `numbers are seen as integers only where they are whole and exact`() throws {
        #expect(try JSONValue(parsing: "3.0").integer == 3)
        #expect(try JSONValue(parsing: "3e2").integer == 300)
        #expect(try JSONValue(parsing: "3.5").integer == nil)
        #expect(try JSONValue(parsing: "1e300").integer == nil)
        #expect(try JSONValue(parsing: "9223372036854775808").integer == nil)
        #expect(JSONValue(2.0) == 2)
        #expect(JSONValue(2.5).jsonText == "2.5")
        #expect(JSONValue(.infinity) == .null)
        #expect(JSONValue(.nan).isNull)
    }

    @Test func `members are found, set and removed in small objects and large ones`() {
        for count in [3, 40] {
            var object = JSONObject()
            for number in 0..<count { object["k\(number)"] = .integer(Int64(number)) }
            object["k1"] = "changed"
            object["k0"] = nil
            object["gone"] = nil
            #expect(object.count == count - 1)
            #expect(object["k0"] == nil)
            #expect(object["k1"] == "changed")
            #expect(object["k\(count - 1)"] == .integer(Int64(count - 1)))
            #expect(object.keys.first == "k1")
        }
    }

    @Test func `objects are equal whatever their order`() {
        let left: JSONValue = ["a": 1, "b": [2]]
        let right: JSONValue = ["b": [2], "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": 2])
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `whatever is written is read back the same`(_ seed: UInt64) throws {
        var source = JSONSource(seed: seed)
        let value = source.value(depth: 0)
        #expect(try JSONValue(parsing: value.jsonBytes) == value)
        #expect(try JSONValue(parsing: value.jsonText).jsonText == value.jsonText)
        #expect(try JSONValue(parsing: value.prettyText).jsonText == value.jsonText)
    }
}

/// Makes values, the same ones for the same seed.
private struct JSONSource {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    /// A number from 0 up to `bound`, not included (xorshift).
    private mutating func next(_ bound: UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % bound
    }

    mutating func value(depth: Int) -> JSONValue {
        switch next(depth < 5 ? 9 : 6) {
        case 0: return .null
        case 1: return .bool(next(2) == 0)
        case 2: return .integer(Int64(bitPattern: next(.max)))
        case 3: return .integer(Int64(next(100)) - 50)
        case 4: return JSONValue(Double(Int64(bitPattern: next(.max))) / Double(next(1_000_000) + 1))
        case 5: return .string(text())
        case 6: return .array((0..<next(6)).map { _ in value(depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<next(30) { object[text()] = value(depth: depth + 1) }
            return .object(object)
        }
    }

    private mutating func text() -> String {
        var text = ""
        for _ in 0..<next(8) {
            let limit: UInt64 = [0x20, 0x80, 0x800, 0x11_0000][Int(next(4))]
            if let scalar = Unicode.Scalar(UInt32(next(limit))) { text.unicodeScalars.append(scalar) }
        }
        return text
    }
}
