/// Reads the attributes of a tag, byte by byte, up to and including its `>`.
///
/// Models put selectors into attributes, and selectors have quotes of their own (`base='items[?kind=='x'] | [0]'`). So
/// a quote ends a value only where what follows it can follow a value: the end of the tag, or white space and another
/// attribute. A quote behind a backslash ends none.
struct ArtifactTagAttributes: Sendable {
    enum Step { case more, complete, broken }

    private(set) var attributes: [String: String] = [:]

    private enum State {
        case between
        case name
        case afterName
        case beforeValue
        case bare
        case quoted
        /// Behind a quote that may have ended the value.
        case afterQuote(AfterQuote)
        /// Behind a `/` that does not belong to a value.
        case slash
    }

    private enum AfterQuote { case space, slash, name, afterName, beforeValue }

    private var state = State.between
    private var quote: UInt8 = 0
    private var isEscaped = false
    private var name: [UInt8] = []
    private var value: [UInt8] = []
    /// How long the value is if the last quote ends it.
    private var valueEnd = 0
    /// The name of the next attribute, if the last quote ended the value.
    private var nextName: [UInt8] = []

    /// Whether the name of a tag ends before this byte.
    static func endsName(_ byte: UInt8) -> Bool { isSpace(byte) || byte == slash || byte == greater }

    private static let slash = UInt8(ascii: "/")
    private static let greater = UInt8(ascii: ">")
    private static let equals = UInt8(ascii: "=")

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    mutating func take(_ byte: UInt8) -> Step {
        switch state {
        case .between: return takeBetween(byte)
        case .name: return takeName(byte)
        case .afterName:
            if byte == Self.equals { state = .beforeValue } else if !Self.isSpace(byte) { return .broken }
        case .beforeValue:
            if Self.isQuote(byte) { begin(byte) } else if !Self.isSpace(byte) { return takeBare(byte) }
        case .bare: return takeBare(byte)
        case .quoted: takeQuoted(byte)
        case .afterQuote(let place): return takeAfterQuote(byte, place)
        case .slash:
            if byte == Self.greater { return .complete }
            if !Self.isSpace(byte) { return .broken }
        }
        return .more
    }

    private mutating func takeBetween(_ byte: UInt8) -> Step {
        if byte == Self.greater { return .complete }
        if byte == Self.slash {
            state = .slash
        } else if Self.isName(byte) {
            name = [byte]
            state = .name
        } else if !Self.isSpace(byte) {
            return .broken
        }
        return .more
    }

    private mutating func takeName(_ byte: UInt8) -> Step {
        if Self.isName(byte) {
            name.append(byte)
        } else if byte == Self.equals {
            state = .beforeValue
        } else if Self.isSpace(byte) {
            state = .afterName
        } else {
            return byte == Self.greater ? .complete : .broken
        }
        return .more
    }

    /// A value without quotes, up to white space or the end of the tag.
    private mutating func takeBare(_ byte: UInt8) -> Step {
        state = .bare
        if Self.isSpace(byte) || byte == Self.greater {
            let isClosed = byte == Self.greater && value.last == Self.slash
            finish(value.count - (isClosed ? 1 : 0))
            return byte == Self.greater ? .complete : .more
        }
        value.append(byte)
        return .more
    }

    private mutating func begin(_ byte: UInt8) {
        quote = byte
        value = []
        isEscaped = false
        state = .quoted
    }

    private mutating func takeQuoted(_ byte: UInt8) {
        if byte == quote, !isEscaped {
            valueEnd = value.count
            state = .afterQuote(.space)
        }
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        value.append(byte)
    }

    /// Looks at what follows a quote. As soon as it cannot follow a value, the quote belonged to the value.
    private mutating func takeAfterQuote(_ byte: UInt8, _ place: AfterQuote) -> Step {
        if Self.isSpace(byte) {
            if case .name = place { state = .afterQuote(.afterName) }
            value.append(byte)
            return .more
        }
        switch place {
        case .space where byte == Self.greater, .slash where byte == Self.greater:
            finish(valueEnd)
            return .complete
        case .space where byte == Self.slash: state = .afterQuote(.slash)
        case .space where Self.isName(byte) && Self.isSpace(value.last ?? 0):
            nextName = [byte]
            state = .afterQuote(.name)
        case .name where Self.isName(byte): nextName.append(byte)
        case .name where byte == Self.equals, .afterName where byte == Self.equals: state = .afterQuote(.beforeValue)
        case .beforeValue where Self.isQuote(byte):
            finish(valueEnd)
            name = nextName
            begin(byte)
            return .more
        case .beforeValue where Self.isName(byte):
            finish(valueEnd)
            name = nextName
            return takeBare(byte)
        default:
            state = .quoted
            takeQuoted(byte)
            return .more
        }
        value.append(byte)
        return .more
    }

    private mutating func finish(_ count: Int) {
        let key = String(decoding: name, as: UTF8.self)
        if attributes[key] == nil { attributes[key] = Self.decoded(value.prefix(count), quote) }
        value = []
        quote = 0
        state = .between
    }

    /// The value with XML's entities and escaped quotes as what they stand for.
    private static func decoded(_ value: ArraySlice<UInt8>, _ quote: UInt8) -> String {
        var text = String(decoding: value, as: UTF8.self)
        if quote != 0, value.contains(UInt8(ascii: "\\")) {
            let mark = String(UnicodeScalar(quote))
            text = text.replacing("\\" + mark, with: mark)
        }
        guard value.contains(UInt8(ascii: "&")) else { return text }
        for (entity, character) in [("&quot;", "\""), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")] {
            text = text.replacing(entity, with: character)
        }
        return text
    }
}
