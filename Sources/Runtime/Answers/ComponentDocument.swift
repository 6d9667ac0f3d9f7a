import Catalog

/// The inside of `{"dataComponents":[ … ]}`, byte by byte: each element when it is complete, and the text of a `Text`
/// whose name came before its props as it grows. What follows the list up to the end of the document says nothing.
struct ComponentDocument: Sendable {
    enum Step {
        case more
        /// The text under way is over; `takeText` has the rest of it.
        case text
        /// An element whose text was not given already.
        case component(JSONValue)
        /// The document is over.
        case complete
    }

    /// More of a text.
    struct Text: Sendable {
        var text: String
        /// Whether it is the beginning of one.
        var isNew: Bool
    }

    private enum Lexeme { case value, key, string, afterKey }

    /// Bytes of the element under way, from its `{`.
    private var raw: [UInt8] = []
    /// How deep in the element; 0 outside of elements.
    private var depth = 0
    /// For each level of the element whether it is an object, and the last name in it.
    private var levels: [(isObject: Bool, name: String)] = []
    private var lexeme = Lexeme.value
    private var isEscaped = false
    /// Where the string under way begins in `raw`, behind its quote.
    private var stringStart = 0
    private var isText = false
    /// Whether the list is over and only the end of the document is missing.
    private var isListOver = false
    private var tailDepth = 1
    private var isTailString = false

    private var isStreaming = false
    private var wasStreamed = false
    /// Decoded text that was not taken yet.
    private var text: [UInt8] = []
    private var isTextNew = false
    private var escape: [UInt8] = []
    private var highSurrogate: UInt32?

    /// The text since this was asked last; nil for none.
    mutating func takeText() -> Text? {
        let count = text.count - TextTail.missing(text)
        guard count > 0 else { return nil }
        defer {
            text.removeFirst(count)
            isTextNew = false
        }
        return Text(text: String(decoding: text.prefix(count), as: UTF8.self), isNew: isTextNew)
    }

    mutating func take(_ byte: UInt8) -> Step {
        if isListOver { return takeTail(byte) }
        if depth == 0 { return takeBetween(byte) }
        raw.append(byte)
        if lexeme == .string || lexeme == .key { return takeString(byte) }
        switch byte {
        case UInt8(ascii: "\""):
            let isKey = levels.last?.isObject == true && lexeme != .afterKey
            lexeme = isKey ? .key : .string
            stringStart = raw.count
            if !isKey, isText, isTextPlace, !wasStreamed {
                (isStreaming, wasStreamed, isTextNew) = (true, true, true)
            }
        case UInt8(ascii: ":"): lexeme = .afterKey
        case UInt8(ascii: ","): lexeme = .value
        case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte)
        case UInt8(ascii: "}"), UInt8(ascii: "]"): return close()
        default: break
        }
        return .more
    }

    /// Whether a string that begins here is the text of a `Text`: `props.text`.
    private var isTextPlace: Bool { depth == 2 && levels[0].name == "props" && levels[1].name == "text" }

    private mutating func takeBetween(_ byte: UInt8) -> Step {
        switch byte {
        case UInt8(ascii: "{"):
            raw = [byte]
            isText = false
            wasStreamed = false
            open(byte)
        case UInt8(ascii: "]"): isListOver = true
        default: break
        }
        return .more
    }

    private mutating func open(_ byte: UInt8) {
        depth += 1
        levels.append((byte == UInt8(ascii: "{"), ""))
        lexeme = .value
    }

    private mutating func close() -> Step {
        depth -= 1
        levels.removeLast()
        lexeme = .value
        guard depth == 0 else { return .more }
        defer { raw = [] }
        guard !wasStreamed, let json = try? JSONValue(mending: raw) else { return .more }
        return .component(json)
    }

    private mutating func takeString(_ byte: UInt8) -> Step {
        if isStreaming { stream(byte) }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            defer { isStreaming = false }
            endString()
            return isStreaming ? .text : .more
        }
        return .more
    }

    private mutating func endString() {
        endSurrogate()
        let wasKey = lexeme == .key
        lexeme = .value
        guard depth <= 2 else { return }
        let bytes = raw[stringStart..<(raw.count - 1)]
        // Longer ones are none of those that are looked for.
        let string = bytes.count <= 16 ? String(decoding: bytes, as: UTF8.self) : ""
        if wasKey {
            levels[depth - 1].name = string
        } else if depth == 1, levels[0].name == "name" {
            isText = string == ComponentReader.textName
        }
    }

    // MARK: Text

    private mutating func stream(_ byte: UInt8) {
        if !escape.isEmpty {
            escape.append(byte)
            endEscape()
        } else if byte == UInt8(ascii: "\\"), !isEscaped {
            escape = [byte]
        } else if byte != UInt8(ascii: "\"") {
            endSurrogate()
            text.append(byte)
        }
    }

    private mutating func endEscape() {
        guard escape.count > 1 else { return }
        if escape[1] == UInt8(ascii: "u") {
            guard escape.count == 6 else { return }
            let digits = String(decoding: escape[2...], as: UTF8.self)
            escape = []
            return unit(UInt32(digits, radix: 16) ?? 0xFFFD)
        }
        endSurrogate()
        switch escape[1] {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        default: text.append(escape[1])
        }
        escape = []
    }

    /// Takes a UTF-16 code unit; the first half of a pair waits for the second.
    private mutating func unit(_ unit: UInt32) {
        if let high = highSurrogate, (0xDC00...0xDFFF).contains(unit) {
            highSurrogate = nil
            return append(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00))
        }
        endSurrogate()
        if (0xD800...0xDBFF).contains(unit) { highSurrogate = unit } else { append(unit) }
    }

    /// Half a pair that stays alone is no character.
    private mutating func endSurrogate() {
        guard highSurrogate != nil else { return }
        highSurrogate = nil
        append(0xFFFD)
    }

    private mutating func append(_ scalar: UInt32) {
        text += Array(String(UnicodeScalar(scalar) ?? "\u{FFFD}").utf8)
    }

    // MARK: The end

    private mutating func takeTail(_ byte: UInt8) -> Step {
        if isTailString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isTailString = false
            }
            return .more
        }
        switch byte {
        case UInt8(ascii: "\""): isTailString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): tailDepth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): tailDepth -= 1
        default: break
        }
        return tailDepth == 0 ? .complete : .more
    }
}

/// Where a text is cut within a character.
enum TextTail {
    /// How many bytes at the end are the beginning of a character that is not complete, 0–3.
    static func missing(_ bytes: [UInt8]) -> Int {
        for (distance, byte) in bytes.suffix(3).reversed().enumerated() {
            switch byte {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return distance < 1 ? distance + 1 : 0
            case 0xE0...0xEF: return distance < 2 ? distance + 1 : 0
            case 0xF0...0xF4: return distance < 3 ? distance + 1 : 0
            default: return 0
            }
        }
        return 0
    }
}
