/// Why a parser refuses a source.
struct SyntaxFault: Error, Equatable {
    /// The parser's words: `Unexpected token ':'`.
    let message: String
    /// The line, from 1.
    let line: Int
    /// Whether it gave up because of the nesting.
    let isTooDeep: Bool
}

/// Tells one function from other code by asking a parser about the source in several surroundings.
///
/// What holds it together: a source that parses both between `(` and `)` and as a computed name between `[` and `]`
/// has balanced brackets, so that it cannot break out of any other surrounding, and is one expression without a comma
/// beside it. That leaves the question which kind of expression it is, and there the first words say what must follow.
struct FunctionCheck {
    /// Source text, as the parser takes it.
    typealias Text = ArraySlice<UInt16>

    /// Whether a script parses; nil when it does.
    let parse: ([UInt16]) -> SyntaxFault?

    /// Tries at one of the places where the end of something is looked for from behind, and parentheses that may stand
    /// around the function: nobody writes more.
    private static let triesMax = 8
    /// Places that may be the end of the parameters of an arrow function: functions among the defaults have some.
    private static let parameterEndsMax = 32

    /// Why a source is refused.
    struct Refusal: Error {
        let reason: String
    }

    /// Why `source` is not exactly one function, or nil when it is one.
    func problem(in source: [UInt16]) -> String? {
        do throws(Refusal) {
            let expression = try expression(in: source[...])
            return isFunction(expression, parentheses: Self.triesMax) ? nil : JavaScript.notOne
        } catch {
            return error.reason
        }
    }

    /// The source without semicolons at its end, which is an expression.
    func expression(in source: Text) throws(Refusal) -> Text {
        var text = source
        for _ in 0..<Self.triesMax {
            if parse("(\n", text, "\n)") == nil { return text }
            guard let end = lastPlace(of: UInt16(ascii: ";"), in: text) else { break }
            text = text[..<end]
        }
        guard parse("", source, "") != nil, let fault = parse("(\n", source, "\n)") else {
            throw Refusal(reason: JavaScript.notOne)
        }
        if fault.isTooDeep { throw Refusal(reason: "is nested too deeply") }
        let lines = 1 + source.count { $0 == UInt16(ascii: "\n") }
        // Beyond the last line only what stands around the source can be meant.
        guard fault.line <= lines + 1 || !fault.message.hasPrefix("Unexpected") else {
            throw Refusal(reason: "is not valid JavaScript: it ends before it is complete")
        }
        let line = min(max(fault.line - 1, 1), lines)
        throw Refusal(reason: "is not valid JavaScript: \(fault.message) (line \(line))")
    }

    private func parse(_ before: String, _ text: Text, _ after: String) -> SyntaxFault? {
        parse(Array(before.utf16) + text + Array(after.utf16))
    }

    private func isOneExpression(_ text: Text) -> Bool {
        parse("(\n", text, "\n)") == nil && parse("({[\n", text, "\n]:0})") == nil
    }

    /// Whether a text that is one expression, or was taken for one, is a function.
    private func isFunction(_ text: Text, parentheses: Int) -> Bool {
        guard isOneExpression(text), let text = Trivia.dropped(from: text) else { return false }
        if text.first == UInt16(ascii: "(") {
            if hasParameters(text) { return true }
            guard parentheses > 0 else { return false }
            return unwrapped(text).contains { isFunction($0, parentheses: parentheses - 1) }
        }
        let (word, rest) = Trivia.word(of: text)
        guard let rest = Trivia.dropped(from: rest) else { return false }
        if word.elementsEqual("function".utf16) { return isNothingBehind(rest, isAsync: false) }
        if rest.isArrow { return true }
        guard word.elementsEqual("async".utf16) else { return false }
        if rest.first == UInt16(ascii: "(") { return hasParameters(rest) }
        let (parameter, end) = Trivia.word(of: rest)
        guard let end = Trivia.dropped(from: end) else { return false }
        return parameter.elementsEqual("function".utf16) ? isNothingBehind(end, isAsync: true) : end.isArrow
    }

    /// Whether the text begins with the parameters of an arrow function: with what a parser takes for parameters, and
    /// an arrow behind it. Nothing follows an arrow function but what is its body.
    private func hasParameters(_ text: Text) -> Bool {
        var tries = Self.parameterEndsMax
        for (place, unit) in zip(text.indices, text) where unit == UInt16(ascii: ")") {
            guard let rest = Trivia.dropped(from: text[(place + 1)...]), rest.isArrow else { continue }
            if parse("(function\n", text[...place], "\n{})") == nil { return true }
            tries -= 1
            if tries == 0 { return false }
        }
        return false
    }

    /// Whether nothing comes after a function, of which `rest` is what follows the word. As a method of an object it
    /// can have only a comma behind it, and a comma was ruled out.
    private func isNothingBehind(_ rest: Text, isAsync: Bool) -> Bool {
        var rest = rest
        let isGenerator = rest.first == UInt16(ascii: "*")
        if isGenerator, let name = Trivia.dropped(from: rest.dropFirst()) { rest = name }
        guard let body = Trivia.dropped(from: Trivia.word(of: rest).rest), body.first == UInt16(ascii: "(") else {
            return false
        }
        return parse("({\(isAsync ? "async " : "")\(isGenerator ? "*" : "")m\n", body, "\n})") == nil
    }

    /// What may stand within the parentheses that are around all of the text.
    private func unwrapped(_ text: Text) -> [Text] {
        var candidates: [Text] = []
        var end = text
        while candidates.count < Self.triesMax, let place = lastPlace(of: UInt16(ascii: ")"), in: end) {
            end = text[..<place]
            candidates.append(end.dropFirst())
        }
        return candidates
    }

    /// The last place of a mark behind which there is nothing but space and comments.
    private func lastPlace(of mark: UInt16, in text: Text) -> Int? {
        var before = text
        for _ in 0..<Self.triesMax {
            guard let place = before.lastIndex(of: mark) else { return nil }
            if Trivia.dropped(from: text[(place + 1)...]) == nil { return place }
            before = before[..<place]
        }
        return nil
    }
}

/// Space and comments, which stand between the words of a source.
enum Trivia {
    /// The text without what stands before its first word; nil when there is none.
    static func dropped(from text: ArraySlice<UInt16>) -> ArraySlice<UInt16>? {
        var text = text
        while let first = text.first {
            if isSpace(first) {
                text = text.dropFirst()
            } else if text.starts(with: "//".utf16) {
                text = text.drop { !isLineEnd($0) }
            } else if text.starts(with: "/*".utf16) {
                guard let rest = afterComment(text.dropFirst(2)) else { return nil }
                text = rest
            } else {
                return text
            }
        }
        return nil
    }

    private static func afterComment(_ text: ArraySlice<UInt16>) -> ArraySlice<UInt16>? {
        var text = text
        while let star = text.firstIndex(of: UInt16(ascii: "*")) {
            text = text[(star + 1)...]
            if text.first == UInt16(ascii: "/") { return text.dropFirst() }
        }
        return nil
    }

    private static func isLineEnd(_ unit: UInt16) -> Bool {
        unit == 0x0A || unit == 0x0D || unit == 0x2028 || unit == 0x2029
    }

    private static func isSpace(_ unit: UInt16) -> Bool {
        switch unit {
        case 0x09...0x0D, 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF: true
        default: false
        }
    }

    /// The word at the beginning, empty when there is none, and what follows it. Escapes are part of it.
    static func word(of text: ArraySlice<UInt16>) -> (word: ArraySlice<UInt16>, rest: ArraySlice<UInt16>) {
        var rest = text
        while let unit = rest.first, isWordUnit(unit) {
            rest = rest.dropFirst()
            if unit == UInt16(ascii: "\\"), rest.starts(with: "u{".utf16) {
                rest = rest.drop { $0 != UInt16(ascii: "}") }.dropFirst()
            }
        }
        return (text[..<rest.startIndex], rest)
    }

    private static func isWordUnit(_ unit: UInt16) -> Bool {
        switch unit {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x24, 0x5F, 0x5C: true
        default: unit >= 0x80 && !isSpace(unit)
        }
    }
}

extension UInt16 {
    /// The unit of an ASCII character.
    init(ascii scalar: Unicode.Scalar) { self = UInt16(UInt8(ascii: scalar)) }
}

extension ArraySlice<UInt16> {
    /// Whether an arrow stands at the beginning.
    fileprivate var isArrow: Bool { starts(with: "=>".utf16) }
}
