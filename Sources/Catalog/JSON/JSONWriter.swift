/// Writes JSON text as UTF-8 bytes. `write` takes whole values; the smaller pieces serve hot paths that know their
/// shape.
public struct JSONWriter: Sendable {
    /// What has been written so far.
    public private(set) var bytes: [UInt8] = []

    /// A writer with room for `capacity` bytes before it grows.
    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Appends text that is already JSON (punctuation, names in quotes, whole documents) as it stands.
    @inline(__always) public mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes that are already JSON as they stand.
    public mutating func raw(_ json: some Collection<UInt8>) { bytes.append(contentsOf: json) }

    /// Appends bytes that are already JSON as they stand; the same for arrays, without the cost of any collection.
    public mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

    /// Appends `text` as a JSON string, in quotes and escaped.
    public mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var clean = 0
            for position in 0..<utf8.count {
                let byte = utf8[position]
                if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
                bytes.append(contentsOf: utf8[clean..<position])
                escape(byte)
                clean = position + 1
            }
            bytes.append(contentsOf: utf8[clean...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        default:
            raw("\\u00")
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }

    /// Appends an integer.
    public mutating func integer(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let first = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[first...].reverse()
    }

    /// Appends a whole value.
    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: raw("null")
        case .bool(let flag): flag ? raw("true") : raw("false")
        case .integer(let value): integer(value)
        case .number(let number): bytes.append(contentsOf: number.text.utf8)
        case .string(let text): string(text)
        case .array(let elements):
            raw("[")
            for (position, element) in elements.enumerated() {
                if position > 0 { raw(",") }
                write(element)
            }
            raw("]")
        case .object(let object): write(object)
        }
    }

    /// Appends a whole object.
    public mutating func write(_ object: JSONObject) {
        raw("{")
        for position in object.keys.indices {
            if position > 0 { raw(",") }
            string(object.keys[position])
            raw(":")
            write(object.values[position])
        }
        raw("}")
    }
}

extension JSONValue {
    /// This document as UTF-8 text without needless white space.
    public var jsonBytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// This document as text without needless white space.
    public var jsonText: String { String(decoding: jsonBytes, as: UTF8.self) }

    /// This document as text for people: two spaces a level, one member a line.
    public var prettyText: String { pretty(indent: "") }

    private func pretty(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .array(let elements) where !elements.isEmpty:
            return "[\n" + elements.map { inner + $0.pretty(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let object) where !object.isEmpty:
            let members = object.map {
                inner + JSONValue.string($0.key).jsonText + ": " + $0.value.pretty(indent: inner)
            }
            return "{\n" + members.joined(separator: ",\n") + "\n\(indent)}"
        default:
            return jsonText
        }
    }
}
