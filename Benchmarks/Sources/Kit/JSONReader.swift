extension JSON {
    /// Reads one JSON text. Throws a complaint with the position for anything that is not one, and beyond 64 levels.
    public init(reading bytes: UnsafeRawBufferPointer) throws(Complaint) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.document()
    }

    /// Reads one JSON text.
    public init(reading text: String) throws(Complaint) {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBytes { bytes in
            do throws(Complaint) { return Result<JSON, Complaint>.success(try JSON(reading: bytes)) } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}

/// A recursive-descent reader over bytes.
private struct JSONReader {
    static let depthMaximum = 64

    let bytes: UnsafeRawBufferPointer
    var position = 0

    mutating func document() throws(Complaint) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw broken("text after the value") }
        return value
    }

    private func broken(_ what: String) -> Complaint { Complaint("not JSON at byte \(position): \(what)") }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func word(_ text: StaticString, _ value: JSON) throws(Complaint) -> JSON {
        let length = text.utf8CodeUnitCount
        guard position + length <= bytes.count else { throw broken("a cut word") }
        for index in 0..<length where bytes[position + index] != text.utf8Start[index] {
            throw broken("an unknown word")
        }
        position += length
        return value
    }

    private mutating func value(depth: Int) throws(Complaint) -> JSON {
        guard depth <= Self.depthMaximum else { throw broken("nested too deeply") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(Complaint) -> JSON {
        position += 1
        var members: [(String, JSON)] = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw broken("a member without a name") }
            let name = try string()
            guard take(UInt8(ascii: ":")) else { throw broken("a member without a colon") }
            members.append((name, try value(depth: depth + 1)))
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw broken("an object without an end") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(Complaint) -> JSON {
        position += 1
        var values: [JSON] = []
        if take(UInt8(ascii: "]")) { return .array(values) }
        repeat { values.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw broken("an array without an end") }
        return .array(values)
    }

    private mutating func number() throws(Complaint) -> JSON {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte) { position += 1 }
        guard let value = Double(bytes.text(start..<position)) else { throw broken("an unknown value") }
        return .number(value)
    }

    private mutating func string() throws(Complaint) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw broken("a control character in a string")
            default: text.append(byte)
            }
        }
        throw broken("a string without an end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Complaint) {
        guard let byte = current else { throw broken("a cut escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            var code = try hex()
            if (0xD800..<0xDC00).contains(code), current == UInt8(ascii: "\\") {
                position += 2
                let low = try hex()
                guard (0xDC00..<0xE000).contains(low) else { throw broken("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw broken("half a surrogate pair") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw broken("an unknown escape")
        }
    }

    private mutating func hex() throws(Complaint) -> UInt32 {
        guard position + 4 <= bytes.count, let code = UInt32(bytes.text(position..<position + 4), radix: 16) else {
            throw broken("an escape without four hex digits")
        }
        position += 4
        return code
    }
}
