/// Cuts a JMESPath expression into its words.
struct JMESPathLexer {
    /// A word.
    enum Word: Equatable {
        case name(String)
        case quoted(String)
        case raw(String)
        case literal(JSONValue)
        case number(Int)
        case mark(String)
        case end
    }

    /// A word and where it begins.
    struct Token: Equatable {
        let word: Word
        /// Bytes before it.
        let position: Int
    }

    private let bytes: [UInt8]
    private var position = 0

    /// The words of `source`, ended by `.end`.
    static func tokens(of source: String) throws(JMESPathError) -> [Token] {
        var lexer = JMESPathLexer(bytes: Array(source.utf8))
        var tokens: [Token] = []
        while let token = try lexer.next() { tokens.append(token) }
        tokens.append(Token(word: .end, position: lexer.bytes.count))
        return tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private static let marks = [
        "||", "&&", "==", "!=", "<=", ">=", "[?", "[]", ".", "*", "@", "!", "&", "|", "<", ">", "(", ")", "[", "]", "{",
        "}", ",", ":",
    ].map { Array($0.utf8) }

    private mutating func next() throws(JMESPathError) -> Token? {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        guard position < bytes.count else { return nil }
        let start = position
        let byte = bytes[position]
        if byte == 0x5F || byte.isLowercaseLetter || byte.isUppercaseLetter {
            while position < bytes.count, bytes[position] == 0x5F || bytes[position].isWordByte { position += 1 }
            return Token(word: .name(text(start..<position)), position: start)
        }
        if byte == UInt8(ascii: "-") || byte.isDigit { return Token(word: try number(start), position: start) }
        switch byte {
        case UInt8(ascii: "\""): return Token(word: try quoted(start), position: start)
        case UInt8(ascii: "'"): return Token(word: .raw(try delimited(by: byte, start)), position: start)
        case UInt8(ascii: "`"): return Token(word: try literal(start), position: start)
        default: break
        }
        for mark in Self.marks where bytes[position...].starts(with: mark) {
            position += mark.count
            return Token(word: .mark(text(start..<position)), position: start)
        }
        throw JMESPathError(reason: "has an unexpected character at position \(start + 1)")
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private mutating func number(_ start: Int) throws(JMESPathError) -> Word {
        position += 1
        while position < bytes.count, bytes[position].isDigit { position += 1 }
        guard let value = Int(text(start..<position)) else {
            throw JMESPathError(reason: "has a number at position \(start + 1) that is none")
        }
        return .number(value)
    }

    /// The text between two delimiters; a backslash takes the delimiter after it along.
    private mutating func delimited(by mark: UInt8, _ start: Int) throws(JMESPathError) -> String {
        position += 1
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == mark { return String(decoding: content, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), position < bytes.count, bytes[position] == mark {
                content.append(mark)
                position += 1
            } else {
                content.append(byte)
            }
        }
        throw JMESPathError(reason: "does not end what begins at position \(start + 1)")
    }

    /// A name in double quotes, with the escapes of JSON.
    private mutating func quoted(_ start: Int) throws(JMESPathError) -> Word {
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else {
            throw JMESPathError(reason: "does not end what begins at position \(start + 1)")
        }
        position += 1
        guard let name = (try? JSONValue(parsing: bytes[start..<position]))?.string else {
            throw JMESPathError(reason: "has a quoted name at position \(start + 1) that is none")
        }
        return .quoted(name)
    }

    private mutating func literal(_ start: Int) throws(JMESPathError) -> Word {
        let content = try delimited(by: UInt8(ascii: "`"), start)
        guard let value = try? JSONValue(parsing: content.trimmed) else {
            throw JMESPathError(reason: "has a literal at position \(start + 1) that is no JSON")
        }
        return .literal(value)
    }
}

extension UInt8 {
    fileprivate var isWordByte: Bool { isDigit || isLowercaseLetter || isUppercaseLetter }
}
