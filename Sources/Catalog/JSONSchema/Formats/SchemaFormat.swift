/// A `format` that is checked (JSON Schema validation §7.3). Others are annotations: `idn-hostname`, which needs the
/// tables of IDNA, `uri-template`, and names that nobody defined.
enum SchemaFormat: String, Sendable, CaseIterable {
    case dateTime = "date-time"
    case date
    case time
    case duration
    case email
    case internationalEmail = "idn-email"
    case hostname
    case ipv4
    case ipv6
    case uri
    case uriReference = "uri-reference"
    case iri
    case iriReference = "iri-reference"
    case uuid
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex

    /// Whether `text` is of the format.
    func accepts(_ text: String) -> Bool {
        if self == .regex { return (try? ECMARegex(text)) != nil }
        if self == .jsonPointer { return JSONPointer.segments(of: text) != nil }
        let answer = text.utf8.withContiguousStorageIfAvailable { accepts(TextCursor($0)) }
        return answer ?? Array(text.utf8).withUnsafeBufferPointer { accepts(TextCursor($0)) }
    }

    private func accepts(_ start: TextCursor) -> Bool {
        var cursor = start
        let valid: Bool =
            switch self {
            case .dateTime: cursor.dateTime()
            case .date: cursor.date()
            case .time: cursor.time()
            case .duration: cursor.duration()
            case .email: cursor.email(international: false)
            case .internationalEmail: cursor.email(international: true)
            case .hostname: cursor.hostname(international: false)
            case .ipv4: cursor.ipv4()
            case .ipv6: cursor.ipv6()
            case .uri: cursor.uri(reference: false, international: false)
            case .uriReference: cursor.uri(reference: true, international: false)
            case .iri: cursor.uri(reference: false, international: true)
            case .iriReference: cursor.uri(reference: true, international: true)
            case .uuid: cursor.uuid()
            case .relativeJSONPointer: cursor.relativePointer()
            case .jsonPointer, .regex: false
            }
        return valid && cursor.isAtEnd
    }

    /// What a text of the format is, for messages.
    var phrase: String {
        switch self {
        case .dateTime: "a date and time as `2030-12-31T23:59:59Z`"
        case .date: "a date as `2030-12-31`"
        case .time: "a time with zone as `23:59:59Z`"
        case .duration: "an ISO 8601 duration as `P1DT2H`"
        case .email, .internationalEmail: "an e-mail address"
        case .hostname: "a host name"
        case .ipv4: "an IPv4 address"
        case .ipv6: "an IPv6 address"
        case .uri: "a URI with its scheme"
        case .uriReference: "a URI or a relative reference"
        case .iri: "an IRI with its scheme"
        case .iriReference: "an IRI or a relative reference"
        case .uuid: "a UUID"
        case .jsonPointer: "a JSON pointer"
        case .relativeJSONPointer: "a relative JSON pointer"
        case .regex: "a regular expression"
        }
    }
}

/// Reads forward through UTF-8 bytes that stay alive for its whole life.
struct TextCursor {
    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var at: Int
    private let end: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        at = 0
        end = bytes.count
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, from at: Int, to end: Int) {
        self.bytes = bytes
        self.at = at
        self.end = end
    }

    var isAtEnd: Bool { at == end }
    var remaining: Int { end - at }
    var current: UInt8? { at < end ? bytes[at] : nil }

    /// The bytes between two places as a cursor of their own.
    func part(_ range: Range<Int>) -> TextCursor { TextCursor(bytes, from: range.lowerBound, to: range.upperBound) }

    /// The rest as a cursor of its own.
    var rest: TextCursor { part(at..<end) }

    mutating func advance() { if at < end { at += 1 } }

    mutating func finish() { at = end }

    /// Takes `byte` if it is next.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: byte) else { return false }
        at += 1
        return true
    }

    /// Takes an ASCII letter if it is next, in either case; `letter` is in upper case.
    mutating func takeLetter(_ letter: Unicode.Scalar) -> Bool {
        guard let current, current & 0xDF == UInt8(ascii: letter) else { return false }
        at += 1
        return true
    }

    /// Takes bytes as long as `accepts` does; how many they were.
    @discardableResult
    mutating func takeWhile(_ accepts: (UInt8) -> Bool) -> Int {
        let start = at
        while let current, accepts(current) { at += 1 }
        return at - start
    }

    /// Takes exactly `count` digits; their value.
    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let current, ASCII.isDigit(current) else { return nil }
            value = value * 10 + Int(current - 0x30)
            at += 1
        }
        return value
    }

    /// The place of the last `byte` in what is left.
    func lastPlace(of byte: Unicode.Scalar) -> Int? {
        (at..<end).last { bytes[$0] == UInt8(ascii: byte) }
    }

    /// The place of the first `byte` in what is left.
    func firstPlace(of byte: Unicode.Scalar) -> Int? {
        (at..<end).first { bytes[$0] == UInt8(ascii: byte) }
    }
}

/// Classes of ASCII bytes.
enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte | 0x20) }

    /// Whether `byte` is one of `text`.
    static func isOne(of text: StaticString, _ byte: UInt8) -> Bool {
        text.withUTF8Buffer { $0.contains(byte) }
    }
}
