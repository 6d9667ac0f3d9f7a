/// Bytes as lower-case hexadecimal digits, two each.
public enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The digits of `bytes`.
    public static func text(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (position, byte) in bytes.enumerated() {
                buffer[position * 2] = digits[Int(byte >> 4)]
                buffer[position * 2 + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// The bytes of a text of digits in either case; nil when it is none.
    public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for position in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[position]), let low = value(digits[position + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}

/// Bytes as text (RFC 4648). Reading is strict: no white space, and each sequence of bytes has one text.
public struct Base64: Sendable {
    /// The alphabet of §4, with padding.
    public static let standard = Base64(last: "+/", isPadded: true)
    /// The alphabet of §5, for addresses and file names, without padding.
    public static let url = Base64(last: "-_", isPadded: false)

    private let digits: [UInt8]
    private let values: [UInt8]
    private let isPadded: Bool

    private static let none: UInt8 = 0xFF
    private static let pad = UInt8(ascii: "=")

    private init(last: String, isPadded: Bool) {
        digits = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var values = [UInt8](repeating: Self.none, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        self.values = values
        self.isPadded = isPadded
    }

    /// The text of `bytes`.
    public func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
            for position in 0...count { text.append(digits[Int(group >> (18 - 6 * UInt32(position)) & 63)]) }
            if isPadded { text += [UInt8](repeating: Self.pad, count: 3 - count) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text; nil when it is not one that `text(_:)` makes.
    public func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var digits = Array(text.utf8)[...]
        if isPadded {
            guard digits.count.isMultiple(of: 4) else { return nil }
            for _ in 0..<2 where digits.last == Self.pad { digits.removeLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            let value = values[Int(digit)]
            guard value != Self.none else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // Bits that are left over belong to no byte; were they free, many texts would mean the same bytes.
        return bits & ((1 << UInt32(count)) - 1) == 0 ? bytes : nil
    }
}
