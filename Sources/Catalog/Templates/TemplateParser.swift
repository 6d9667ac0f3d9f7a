/// Cuts a text into what stands as it is and its placeholders.
enum TemplateParser {
    /// The longest placeholder, in bytes; what is longer is text.
    private static let placeholderBytesMax = 1_000
    /// How many `}}` are tried as the end of one placeholder: one in a path belongs to it.
    private static let endsMax = 4

    static func pieces(of source: String) -> [Template.Piece] {
        var pieces: [Template.Piece] = []
        var text = ""
        var rest = Substring(source)
        while let opening = rest.firstRange(of: "{{") {
            text += rest[..<opening.lowerBound]
            guard let (placeholder, after) = placeholder(in: rest, opening) else {
                text += "{{"
                rest = rest[opening.upperBound...]
                continue
            }
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
            pieces.append(.placeholder(placeholder))
            rest = rest[after...]
        }
        text += rest
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// The placeholder that begins at `opening`: it ends at the first `}}` that makes it mean something, else at the
    /// first of all.
    private static func placeholder(
        in text: Substring, _ opening: Range<Substring.Index>
    ) -> (Template.Placeholder, after: Substring.Index)? {
        var first: (Template.Placeholder, Substring.Index)?
        let limit =
            text.utf8.index(opening.upperBound, offsetBy: placeholderBytesMax, limitedBy: text.endIndex)
            ?? text.endIndex
        var from = opening.upperBound
        for _ in 0..<endsMax {
            guard let closing = text[from...].firstRange(of: "}}"), closing.lowerBound <= limit else { break }
            let source = String(text[opening.upperBound..<closing.lowerBound]).trimmed
            let placeholder = Template.Placeholder(
                source: source, written: String(text[opening.lowerBound..<closing.upperBound]), meaning: meaning(source)
            )
            guard case .nothing = placeholder.meaning else { return (placeholder, closing.upperBound) }
            first = first ?? (placeholder, closing.upperBound)
            from = text.index(after: closing.lowerBound)
        }
        return first
    }

    private static func meaning(_ source: String) -> Template.Meaning {
        if source.hasPrefix("$") {
            let name = source.dropFirst("$env.".count)
            if source == "$conversation.id" { return .conversation }
            if source.hasPrefix("$env."), !name.isEmpty, name.utf8.allSatisfy(\.isNameByte) {
                return .environment(String(name))
            }
            return .nothing("names nothing that there is")
        }
        do throws(JMESPathError) {
            return .path(try JMESPath(quoted(source)))
        } catch {
            return .nothing(error.reason)
        }
    }

    /// The path with quotes around the pieces that need them: words with dashes, and after a dot also what begins with
    /// a digit. JMESPath has no minus, so that nothing else can be meant.
    static func quoted(_ path: String) -> String {
        var result: [UInt8] = []
        let bytes = Array(path.utf8)
        var at = 0
        while at < bytes.count {
            let start = at
            if [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`")].contains(bytes[at]) {
                at = endOfQuoted(bytes, at)
                result += bytes[start..<at]
                continue
            }
            let startsWord = bytes[at].isNameByte && (!bytes[at].isDigit || result.last == UInt8(ascii: "."))
            guard startsWord else {
                // Digits elsewhere are numbers, whose digits begin no word.
                repeat {
                    result.append(bytes[at])
                    at += 1
                } while at < bytes.count && bytes[at - 1].isDigit && bytes[at].isDigit
                continue
            }
            while at < bytes.count, bytes[at].isNameByte || bytes[at] == UInt8(ascii: "-") { at += 1 }
            let word = bytes[start..<at]
            let isPlain = !bytes[start].isDigit && !word.contains(UInt8(ascii: "-"))
            let mark = isPlain ? [] : [UInt8(ascii: "\"")]
            result += mark + word + mark
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Just after the quoted text that begins at `start`, or the end where it is not closed.
    private static func endOfQuoted(_ bytes: [UInt8], _ start: Int) -> Int {
        var at = start + 1
        while at < bytes.count, bytes[at] != bytes[start] { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(at + 1, bytes.count)
    }
}

extension UInt8 {
    /// Whether it may stand in a name: a letter, a digit or `_`.
    fileprivate var isNameByte: Bool { isDigit || isLowercaseLetter || isUppercaseLetter || self == 0x5F }
}
