import Kit

/// A text with places that differ from request to request: `{{n}}` the request's number, `{{run}}` a word that is
/// different in every run of the client, `{{uuid}}` a version-4-shaped identifier made of both, `{{connection}}` the
/// number of the connection that it goes over, from 1.
public struct Template: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case text([UInt8])
        case number
        case run
        case uuid
        case connection
    }

    private static let places: [(word: String, part: Part)] = [
        ("{{n}}", .number), ("{{run}}", .run), ("{{uuid}}", .uuid), ("{{connection}}", .connection),
    ]

    let parts: [Part]

    /// Splits `text` at its places. Unknown places stay as they are.
    public init(_ text: String) {
        var parts: [Part] = []
        var plain: [UInt8] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            plain += Array(rest[..<open].utf8)
            rest = rest[open...]
            if let (part, length) = Self.place(rest) {
                if !plain.isEmpty { parts.append(.text(plain)) }
                plain = []
                parts.append(part)
                rest = rest.dropFirst(length)
            } else {
                plain.append(UInt8(ascii: "{"))
                rest = rest.dropFirst()
            }
        }
        plain += Array(rest.utf8)
        if !plain.isEmpty { parts.append(.text(plain)) }
        self.parts = parts
    }

    private static func place(_ text: Substring) -> (Part, Int)? {
        places.first { text.hasPrefix($0.word) }.map { ($0.part, $0.word.count) }
    }

    /// The bytes for request `number` of the run named `run` (its lower 48 bits count) over the given connection.
    public func filled(number: Int, run: UInt64, connection: Int = 1) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let plain): bytes += plain
            case .number: bytes += Array(String(number).utf8)
            case .run: bytes += Self.hex(run & 0xFFFF_FFFF_FFFF, digits: 12)
            case .uuid: bytes += Self.uuid(number: number, run: run)
            case .connection: bytes += Array(String(connection).utf8)
            }
        }
        return bytes
    }

    private static func uuid(number: Int, run: UInt64) -> [UInt8] {
        let dash = [UInt8(ascii: "-")]
        let low = UInt64(number) & 0xFFF
        let high = UInt64(number) >> 12 & 0xFFFF_FFFF
        return hex(high, digits: 8) + dash + hex(run >> 32 & 0xFFFF, digits: 4) + dash + [UInt8(ascii: "4")]
            + hex(low, digits: 3) + dash + [UInt8(ascii: "8")] + hex(run >> 20 & 0xFFF, digits: 3) + dash
            + hex(run & 0xFFFF_FFFF_FFFF, digits: 12)
    }

    private static func hex(_ value: UInt64, digits: Int) -> [UInt8] {
        let text = Array(String(value, radix: 16).utf8.suffix(digits))
        return Array(repeating: UInt8(ascii: "0"), count: digits - text.count) + text
    }
}
