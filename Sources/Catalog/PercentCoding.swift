/// Reads and writes what addresses carry (RFC 3986 §2.1).
public enum PercentCoding {
    /// The text with `%xx` resolved; nil when an escape is incomplete or the bytes are not UTF-8.
    ///
    /// - Parameter plusIsSpace: whether `+` stands for a space, as in forms and queries.
    public static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        let special = plusIsSpace ? text.utf8.contains { $0 == 0x25 || $0 == 0x2B } : text.utf8.contains(0x25)
        guard special else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == 0x2B, plusIsSpace {
                bytes.append(0x20)
            } else if byte != 0x25 {
                bytes.append(byte)
            } else {
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The parameters of a query; of doubled names the last holds. Nil when a part is not decodable.
    public static func query(_ text: Substring) -> [String: String]? {
        var parameters: [String: String] = [:]
        for part in text.split(separator: "&") {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(pieces[0], plusIsSpace: true),
                let value = pieces.count == 2 ? decode(pieces[1], plusIsSpace: true) : ""
            else { return nil }
            parameters[name] = value
        }
        return parameters
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

extension PercentCoding {
    /// Text as a header may carry it: what is no visible ASCII character, and `%`, escaped.
    public static func headerValue(_ text: String) -> String {
        escaped(text) { $0 > 0x20 && $0 < 0x7F && $0 != 0x25 }
    }

    /// Text as one segment of a path, a name or value of a query or form, or a parameter of a header (RFC 8187): all
    /// but unreserved characters (RFC 3986 §2.3) escaped.
    ///
    /// - Parameter kept: further ASCII characters that stay as they are.
    public static func component(_ text: String, keeping kept: String = "") -> String {
        escaped(text) { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
            default: kept.utf8.contains(byte)
            }
        }
    }

    /// Names and values as a query or a form carries them (WHATWG URL, `application/x-www-form-urlencoded`).
    public static func form(_ members: [(String, String)]) -> String {
        members.map { "\(component($0.0))=\(component($0.1))" }.joined(separator: "&")
    }

    private static func escaped(_ text: String, unless isPlain: (UInt8) -> Bool) -> String {
        if text.utf8.allSatisfy(isPlain) { return text }
        return text.utf8.map { byte in
            if isPlain(byte) { return String(Unicode.Scalar(byte)) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
