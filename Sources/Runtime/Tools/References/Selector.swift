import Catalog

/// A JMESPath by which a model chooses from a result, mended where models go wrong.
struct Selector: Sendable {
    /// The longest selector, in characters (run spec §14).
    static let lengthMax = 1_000
    private static let bounds = JMESPath.Bounds(steps: 500_000)

    private let written: String
    private let path: JMESPath

    /// Reads a selector.
    ///
    /// - Throws: `ReferenceFailure` when it is too long, has what looks like code, or is no JMESPath.
    init(_ written: String) throws(ReferenceFailure) {
        guard written.count <= Self.lengthMax else {
            throw ReferenceFailure("A '_select' has at most \(Self.lengthMax) characters.")
        }
        let lowered = written.lowercased()
        if let pattern = Self.refused.first(where: { lowered.contains($0) }) {
            throw ReferenceFailure("A '_select' must not contain '\(pattern)'.")
        }
        self.written = written
        do throws(JMESPathError) {
            path = try JMESPath(Self.mended(written))
        } catch {
            throw ReferenceFailure("The '_select' \(written) is no JMESPath: it \(error.reason).")
        }
    }

    /// What looks like an attempt at templates, code or prototypes. None of it has a meaning in JMESPath; who writes it
    /// means something else than to choose.
    private static let refused = [
        "${", "{{", "<%", "__proto__", "constructor", "prototype", "eval(", "function(", "require(", "import(", "=>",
    ]

    /// What it finds in the first of `documents` in which it finds anything.
    ///
    /// - Throws: `ReferenceFailure`; where nothing is found, with the shape of the first one.
    func value(in documents: [JSONValue], of call: String) throws(ReferenceFailure) -> JSONValue {
        var failure: JMESPathError?
        for document in documents {
            do throws(JMESPathError) {
                let found = try path.search(document, bounds: Self.bounds)
                if !found.isNull { return found }
            } catch {
                failure = failure ?? error
            }
        }
        let shape = JSONShape.described(documents.count > 1 ? documents[1] : documents.first ?? .null)
        let why = failure.map { "it \($0.reason)" } ?? "nothing is there"
        throw ReferenceFailure(
            "The '_select' \(written) finds nothing in the result of '\(call)': \(why). The result is \(shape).")
    }

    // MARK: Mending

    /// The selector without a leading `result.`, with text in double quotes after a comparison as the text that was
    /// meant, and `x ~ contains(@, y)` as `contains(x, y)`.
    static func mended(_ written: String) -> String {
        var text = written.trimmed
        while text.hasPrefix("result.") { text.removeFirst("result.".count) }
        if text == "result" { text = "@" }
        return mendedContains(mendedQuotes(text))
    }

    private static func mendedQuotes(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let character = rest.first {
            if character == "'" || character == "`" || character == "\"" {
                let quoted = Self.quoted(rest)
                rest = rest[quoted.endIndex...]
                result += isCompared(result, rest) && character == "\"" ? literal(quoted) : String(quoted)
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// Whether a quoted text between these two is one side of a comparison, and no name of a longer path.
    private static func isCompared(_ before: String, _ after: Substring) -> Bool {
        let before = before.trimmed
        let next = after.first { !$0.isWhitespace }
        return (before.hasSuffix("==") || before.hasSuffix("!=")) && next != "." && next != "["
    }

    /// A text in quotes at the beginning, quotes included; all where it does not end.
    private static func quoted(_ text: Substring) -> Substring {
        var isEscaped = false
        for position in text.indices.dropFirst() {
            if isEscaped {
                isEscaped = false
            } else if text[position] == "\\" {
                isEscaped = true
            } else if text[position] == text.first {
                return text[...position]
            }
        }
        return text
    }

    private static func literal(_ quoted: Substring) -> String {
        guard let text = (try? JSONValue(parsing: String(quoted)))?.string else { return String(quoted) }
        return "'" + text.replacing("'", with: "\\'") + "'"
    }

    /// The operand of `~ contains` is a path: names, dots, `@` and brackets.
    private static func mendedContains(_ text: String) -> String {
        guard let sign = text.firstRange(of: #/\s*~\s*contains\s*\(/#) else { return text }
        let head = text[..<sign.lowerBound]
        let start = head.lastIndex { !($0.isLetter || $0.isNumber || "_.@\"-".contains($0)) }
        let operand = head[(start.map { head.index(after: $0) } ?? head.startIndex)...]
        let before = head[..<operand.startIndex]
        var arguments = text[sign.upperBound...].drop { $0.isWhitespace }
        if arguments.first == "@" {
            arguments = arguments.dropFirst().drop { $0.isWhitespace || $0 == "," }
        }
        return "\(before)contains(\(operand.isEmpty ? "@" : operand), \(arguments)"
    }
}
