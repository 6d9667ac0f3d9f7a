/// A JavaScript token, as far as telling functions from other code needs it.
enum JavaScriptToken: Equatable {
    case word(String)
    case number
    case string
    case template
    case regularExpression
    /// One of `( ) [ ] { } ; , =>`, `${` and `$}` around what a template puts in, or any other punctuator as `+`.
    case mark(String)

    /// Whether an expression can end with it.
    var endsExpression: Bool {
        switch self {
        case .word(let text): !JavaScriptLexer.operatorWords.contains(text)
        case .number, .string, .template, .regularExpression: true
        case .mark(let text): [")", "]", "}"].contains(text)
        }
    }

    /// Whether an expression that begins with it cannot be the continuation of another.
    var beginsExpression: Bool {
        switch self {
        case .word(let text): !["in", "of", "instanceof"].contains(text)
        case .number, .string, .regularExpression: true
        default: false
        }
    }
}

/// Splits JavaScript source into tokens and sees to it that strings, templates, comments, regular expressions and
/// brackets are closed. It knows the grammar only where a slash is a division or begins a regular expression.
struct JavaScriptLexer {
    /// A token, whether a line break stands before it, and the bytes of UTF-8 that it takes.
    struct Item {
        let token: JavaScriptToken
        let isOnNewLine: Bool
        let start: Int
        fileprivate(set) var end: Int
    }

    /// Why a source cannot be split.
    struct Fault: Error {
        let reason: String
    }

    /// Words that operate on what follows them.
    static let operatorWords: Set<String> = [
        "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "instanceof", "do", "else", "yield",
        "await", "async",
    ]

    private struct Opening {
        let mark: String
        /// Whether a slash after the closing bracket begins a regular expression.
        let regularExpressionFollows: Bool
    }

    private let bytes: [UInt8]
    private var position = 0
    private var items: [Item] = []
    private var openings: [Opening] = []
    private var isOnNewLine = false
    private var closedFor = false
    /// Where the token that is being read begins.
    private var start = 0

    private init(_ source: String) { bytes = Array(source.utf8) }

    /// The tokens of `source`.
    static func tokens(of source: String) throws(Fault) -> [Item] {
        var lexer = JavaScriptLexer(source)
        while try lexer.next() {}
        if let open = lexer.openings.last { throw Fault(reason: "has a \(open.mark) that is never closed") }
        return lexer.items
    }

    private func byte(at offset: Int = 0) -> UInt8? {
        bytes.indices.contains(position + offset) ? bytes[position + offset] : nil
    }

    private func isAt(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { wanted in bytes[position...].starts(with: wanted) }
    }

    private mutating func append(_ token: JavaScriptToken) {
        items.append(Item(token: token, isOnNewLine: isOnNewLine, start: start, end: start))
        isOnNewLine = false
    }

    /// Reads one token or one piece of space; false at the end.
    private mutating func next() throws(Fault) -> Bool {
        guard let byte = byte() else { return false }
        start = position
        let count = items.count
        defer { if items.count > count { items[items.count - 1].end = position } }
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            isOnNewLine = true
            position += 1
        case 0x09, 0x0B, 0x0C, 0x20: position += 1
        case UInt8(ascii: "/"): try slash()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try string(byte)
        case UInt8(ascii: "`"):
            position += 1
            try template()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): open(byte)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): try close(byte)
        default: Self.isWordByte(byte) ? word() : punctuator()
        }
        return true
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "#"),
            UInt8(ascii: "\\"), 0x80...:
            true
        default: false
        }
    }

    private mutating func word() {
        let start = position
        while let byte = byte(), Self.isWordByte(byte) { position += 1 }
        append(.word(String(decoding: bytes[start..<position], as: UTF8.self)))
    }

    private mutating func number() {
        while let byte = byte() {
            let isExponentSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            if isExponentSign {
                let before = bytes[position - 1] | 0x20
                guard before == UInt8(ascii: "e"), !isAfterHexPrefix else { break }
            } else if byte != UInt8(ascii: "."), !Self.isWordByte(byte) {
                break
            }
            position += 1
        }
        append(.number)
    }

    private var isAfterHexPrefix: Bool {
        var start = position
        while start > 0, Self.isWordByte(bytes[start - 1]) { start -= 1 }
        return bytes[start...].starts(with: Array("0x".utf8)) || bytes[start...].starts(with: Array("0X".utf8))
    }

    private mutating func punctuator() {
        for text in ["=>", "++", "--", "?."] where bytes[position...].starts(with: text.utf8) {
            position += text.utf8.count
            return append(.mark(text))
        }
        append(.mark(String(UnicodeScalar(bytes[position]))))
        position += 1
    }

    // MARK: Brackets

    private mutating func open(_ byte: UInt8) {
        let mark = String(UnicodeScalar(byte))
        let before = items.last?.token
        let follows: Bool
        if mark == "(" {
            follows = ["if", "while", "for", "with"].contains { before == .word($0) }
        } else if mark == "{" {
            let blockStarts: [JavaScriptToken] = [.mark(")"), .mark(";"), .mark("{"), .mark("}"), .mark("=>")]
            let blockWords = ["else", "do", "try", "finally"]
            follows =
                before.map { blockStarts.contains($0) || blockWords.map(JavaScriptToken.word).contains($0) } ?? true
        } else {
            follows = false
        }
        openings.append(Opening(mark: mark, regularExpressionFollows: follows))
        append(.mark(mark))
        position += 1
    }

    private mutating func close(_ byte: UInt8) throws(Fault) {
        let mark = String(UnicodeScalar(byte))
        guard let opening = openings.popLast() else { throw Fault(reason: "has a \(mark) that was never opened") }
        if opening.mark == "${", mark == "}" {
            append(.mark("$}"))
            position += 1
            return try template()
        }
        let wanted = ["(": ")", "[": "]", "{": "}"][opening.mark]
        guard wanted == mark else { throw Fault(reason: "closes \(opening.mark) with \(mark)") }
        append(.mark(mark))
        closedFor = opening.regularExpressionFollows
        position += 1
    }

    // MARK: Texts

    private mutating func string(_ quote: UInt8) throws(Fault) {
        position += 1
        while let byte = byte(), byte != quote {
            if byte == UInt8(ascii: "\n") { throw Fault(reason: "has a string that is never closed") }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard byte() == quote else { throw Fault(reason: "has a string that is never closed") }
        position += 1
        append(.string)
    }

    /// Reads template text up to its end or to the next `${`, whose `}` comes back here.
    private mutating func template() throws(Fault) {
        while let byte = byte() {
            if byte == UInt8(ascii: "`") {
                position += 1
                return append(.template)
            }
            if isAt("${") {
                openings.append(Opening(mark: "${", regularExpressionFollows: false))
                append(.mark("${"))
                position += 2
                return
            }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw Fault(reason: "has a template that is never closed")
    }

    private mutating func slash() throws(Fault) {
        if isAt("//") {
            while let byte = byte(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { position += 1 }
        } else if isAt("/*") {
            try blockComment()
        } else if mayBeginRegularExpression {
            try regularExpression()
        } else {
            append(.mark("/"))
            position += 1
        }
    }

    private mutating func blockComment() throws(Fault) {
        position += 2
        while position < bytes.count, !isAt("*/") {
            if byte() == UInt8(ascii: "\n") { isOnNewLine = true }
            position += 1
        }
        guard position < bytes.count else { throw Fault(reason: "has a comment that is never closed") }
        position += 2
    }

    private var mayBeginRegularExpression: Bool {
        guard let before = items.last?.token else { return true }
        switch before {
        case .mark(")"), .mark("}"): return closedFor
        case .mark("++"), .mark("--"): return false
        default: return !before.endsExpression
        }
    }

    private mutating func regularExpression() throws(Fault) {
        position += 1
        var isInClass = false
        while let byte = byte(), byte != UInt8(ascii: "\n") {
            switch byte {
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "["): isInClass = true
            case UInt8(ascii: "]"): isInClass = false
            case UInt8(ascii: "/") where !isInClass:
                position += 1
                while let flag = self.byte(), Self.isWordByte(flag) { position += 1 }
                return append(.regularExpression)
            default: break
            }
            position += 1
        }
        throw Fault(reason: "has a regular expression that is never closed")
    }
}
