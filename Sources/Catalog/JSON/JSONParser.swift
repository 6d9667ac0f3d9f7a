/// Why a text is not a JSON document that Covey takes.
public struct JSONParseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a phrase for people: `unexpected end of input`.
    public let reason: String
    /// Bytes before the fault.
    public let offset: Int
    /// The reason and where.
    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSONValue {
    /// How deeply arrays and objects may nest in what `init(parsing:)` takes.
    public static let depthMax = 512

    /// Reads one JSON document (RFC 8259) from UTF-8 bytes. Of doubled names the last value holds.
    ///
    /// - Throws: `JSONParseError` on anything else: invalid UTF-8, a byte order mark, lone surrogates, more than
    ///   `depthMax` levels, numbers beyond the range of doubles, text after the document.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONParseError) {
        try self.init(bytes, .plain)
    }

    /// Reads one JSON document as `init(parsing:)` does, but lets U+FFFD stand for a lone surrogate: for texts of
    /// others who cut theirs between two UTF-16 units.
    ///
    /// - Throws: `JSONParseError` on anything else that is wrong.
    public init(mending bytes: some Sequence<UInt8>) throws(JSONParseError) {
        try self.init(bytes, .mending)
    }

    /// Reads one JSON document as `init(parsing:)` does, but refuses doubled names: for what was signed, where two
    /// readers must not see two things (RFC 7519 §4).
    ///
    /// - Throws: `JSONParseError` on anything that is wrong.
    public init(strictly bytes: some Sequence<UInt8>) throws(JSONParseError) {
        try self.init(bytes, .strict)
    }

    private init(_ bytes: some Sequence<UInt8>, _ manner: JSONParser.Manner) throws(JSONParseError) {
        let result: Result<JSONValue, JSONParseError>? =
            bytes.withContiguousStorageIfAvailable { Self.parse($0, manner) }
        self = try (result ?? Array(bytes).withUnsafeBufferPointer { Self.parse($0, manner) }).get()
    }

    /// Reads one JSON document from text; see `init(parsing:)` for bytes.
    public init(parsing text: String) throws(JSONParseError) {
        var text = text
        self = try text.withUTF8 { Self.parse($0) }.get()
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, _ manner: JSONParser.Manner = .plain
    ) -> Result<JSONValue, JSONParseError> {
        var parser = JSONParser(bytes: bytes, manner: manner)
        do throws(JSONParseError) {
            return .success(try parser.document())
        } catch {
            return .failure(error)
        }
    }
}

/// A recursive-descent parser over bytes that stay alive for its whole life.
private struct JSONParser {
    enum Manner {
        case plain
        /// U+FFFD stands for lone surrogates.
        case mending
        /// Doubled names are refused.
        case strict
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let manner: Manner
    var at = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>, manner: Manner) {
        self.bytes = bytes
        self.manner = manner
    }

    func fault(_ reason: String) -> JSONParseError { JSONParseError(reason: reason, offset: at) }

    var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func document() throws(JSONParseError) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard at == bytes.count else { throw fault("unexpected text after the document") }
        return value
    }

    @inline(__always) mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }

    mutating func value() throws(JSONParseError) -> JSONValue {
        guard let byte = current else { throw fault("unexpected end of input") }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try nested { parser throws(JSONParseError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONParseError) in try parser.array() }
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fault("unexpected character")
        }
    }

    mutating func nested(
        _ body: (inout JSONParser) throws(JSONParseError) -> JSONValue
    ) throws(JSONParseError) -> JSONValue {
        guard depth < JSONValue.depthMax else { throw fault("more than \(JSONValue.depthMax) levels of nesting") }
        depth += 1
        defer { depth -= 1 }
        at += 1
        return try body(&self)
    }

    mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        guard at + text.utf8CodeUnitCount <= bytes.count else { throw fault("unexpected end of input") }
        for position in 0..<text.utf8CodeUnitCount where bytes[at + position] != text.utf8Start[position] {
            throw fault("unexpected character")
        }
        at += text.utf8CodeUnitCount
        return value
    }

    mutating func array() throws(JSONParseError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            at += 1
            return .array(elements)
        }
        while true {
            skipSpace()
            elements.append(try value())
            skipSpace()
            if try endsAfterSeparator(close: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    mutating func object() throws(JSONParseError) -> JSONValue {
        var object = JSONObject()
        skipSpace()
        if current == UInt8(ascii: "}") {
            at += 1
            return .object(object)
        }
        while true {
            skipSpace()
            try expect(UInt8(ascii: "\""), "expected a name")
            let name = try string()
            if manner == .strict, object.position(of: name) != nil { throw fault("a name that is there before") }
            skipSpace()
            try expect(UInt8(ascii: ":"), "expected a colon")
            at += 1
            skipSpace()
            object[name] = try value()
            skipSpace()
            if try endsAfterSeparator(close: UInt8(ascii: "}")) { return .object(object) }
        }
    }

    func expect(_ byte: UInt8, _ reason: String) throws(JSONParseError) {
        guard current == byte else { throw fault(current == nil ? "unexpected end of input" : reason) }
    }

    mutating func endsAfterSeparator(close: UInt8) throws(JSONParseError) -> Bool {
        guard let byte = current else { throw fault("unexpected end of input") }
        guard byte == close || byte == UInt8(ascii: ",") else { throw fault("expected a comma or the end") }
        at += 1
        return byte == close
    }

    mutating func number() throws(JSONParseError) -> JSONValue {
        let start = at
        if current == UInt8(ascii: "-") { at += 1 }
        let digitsStart = at
        try digits()
        if at - digitsStart > 1, bytes[digitsStart] == UInt8(ascii: "0") { throw fault("leading zero in a number") }
        var whole = true
        if current == UInt8(ascii: ".") {
            whole = false
            at += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            whole = false
            at += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        // Minus zero is a number of its own and would lose its sign as an integer.
        let isMinusZero = text.utf8.first == UInt8(ascii: "-") && Int64(text) == 0
        if whole, !isMinusZero, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw fault("number out of range") }
        return .number(JSONNumber(literal: text))
    }

    mutating func digits() throws(JSONParseError) {
        let start = at
        while let byte = current, byte >= 0x30, byte <= 0x39 { at += 1 }
        guard at > start else { throw fault(current == nil ? "unexpected end of input" : "expected a digit") }
    }

    mutating func string() throws(JSONParseError) -> String {
        at += 1
        let start = at
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                defer { at += 1 }
                return try text(start..<at)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw fault("control character in a string") }
            at += 1
        }
        throw fault("unexpected end of input")
    }

    func text(_ range: Range<Int>) throws(JSONParseError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw fault("invalid UTF-8") }
        return text
    }

    /// The slow way, taken from the first backslash on.
    mutating func escapedString(from start: Int) throws(JSONParseError) -> String {
        var decoded = Array(bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: decoded, as: UTF8.self) else { throw fault("invalid UTF-8") }
                at += 1
                return text
            case UInt8(ascii: "\\"):
                at += 1
                try escape(into: &decoded)
            case 0..<0x20: throw fault("control character in a string")
            default:
                decoded.append(byte)
                at += 1
            }
        }
        throw fault("unexpected end of input")
    }

    mutating func escape(into decoded: inout [UInt8]) throws(JSONParseError) {
        guard let byte = current else { throw fault("unexpected end of input") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(byte)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0C)
        case UInt8(ascii: "n"): decoded.append(0x0A)
        case UInt8(ascii: "r"): decoded.append(0x0D)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"): decoded.append(contentsOf: Array(String(try unicodeEscape()).utf8))
        default: throw fault("unknown escape")
        }
    }

    mutating func unicodeEscape() throws(JSONParseError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let behind = at
        do throws(JSONParseError) {
            return try lowSurrogate(after: first)
        } catch {
            guard manner == .mending else { throw error }
            at = behind
            return "\u{FFFD}"
        }
    }

    private mutating func lowSurrogate(after first: UInt32) throws(JSONParseError) -> Unicode.Scalar {
        guard (0xD800..<0xDC00).contains(first), current == UInt8(ascii: "\\") else { throw fault("lone surrogate") }
        at += 1
        guard current == UInt8(ascii: "u") else { throw fault("lone surrogate") }
        at += 1
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault("lone surrogate") }
        return scalar
    }

    mutating func hexadecimal() throws(JSONParseError) -> UInt32 {
        guard at + 4 <= bytes.count else { throw fault("unexpected end of input") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue, bytes[at] < 0x80 else {
                throw fault("expected a hexadecimal digit")
            }
            value = value << 4 + UInt32(digit)
            at += 1
        }
        return value
    }
}
