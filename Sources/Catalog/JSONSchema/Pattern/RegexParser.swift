/// Reads a pattern of ECMA-262 §22.2.1 with the Unicode flag into a tree.
struct RegexParser {
    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    /// How many capturing groups there are.
    private(set) var captureCount = 0
    /// The numbers of the named groups.
    private(set) var names: [String: Int] = [:]
    /// Whether any capture is ever read.
    private(set) var hasBackreferences = false

    init(_ source: String) { scalars = Array(source.unicodeScalars) }

    /// The largest count in `{n,m}`; larger ones are refused.
    private static let countMax = 1_000_000

    mutating func parse() throws(RegexError) -> RegexNode {
        let tree = try alternation()
        guard at == scalars.count else { throw RegexError(reason: "has an unmatched `)`") }
        return tree
    }

    private var current: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    private func peek(_ text: String) -> Bool {
        let wanted = text.unicodeScalars
        return at + wanted.count <= scalars.count && scalars[at..<at + wanted.count].elementsEqual(wanted)
    }

    private mutating func skip(_ text: String) -> Bool {
        guard peek(text) else { return false }
        at += text.unicodeScalars.count
        return true
    }

    private mutating func alternation() throws(RegexError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ECMARegex.depthMax else {
            throw RegexError(reason: "nests groups more than \(ECMARegex.depthMax) deep")
        }
        var branches = [try sequence()]
        while skip("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func sequence() throws(RegexError) -> RegexNode {
        var nodes: [RegexNode] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            let capturesBefore = captureCount
            let (node, quantifiable) = try term()
            nodes.append(try quantified(node, quantifiable, captures: capturesBefore..<captureCount))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func term() throws(RegexError) -> (node: RegexNode, quantifiable: Bool) {
        let scalar = scalars[at]
        switch scalar {
        case "^":
            at += 1
            return (.start, false)
        case "$":
            at += 1
            return (.end, false)
        case ".":
            at += 1
            return (.set(.anything), true)
        case "(": return try group()
        case "[":
            at += 1
            return (.set(try bracket()), true)
        case "\\":
            at += 1
            return try escape()
        case "*", "+", "?": throw RegexError(reason: "has a `\(scalar)` with nothing to repeat")
        case "{":
            if try counts() != nil { throw RegexError(reason: "has a repeat count with nothing to repeat") }
            fallthrough
        default:
            at += 1
            return (.set(.scalar(scalar.value)), true)
        }
    }

    private mutating func quantified(
        _ node: RegexNode, _ quantifiable: Bool, captures: Range<Int>
    ) throws(RegexError) -> RegexNode {
        let minimum: Int
        let maximum: Int?
        if skip("*") {
            (minimum, maximum) = (0, nil)
        } else if skip("+") {
            (minimum, maximum) = (1, nil)
        } else if skip("?") {
            (minimum, maximum) = (0, 1)
        } else if current == "{", let counts = try counts() {
            (minimum, maximum) = counts
        } else {
            return node
        }
        guard quantifiable else { throw RegexError(reason: "repeats an assertion") }
        let greedy = !skip("?")
        return .repeated(
            node, RegexRepeat(minimum: minimum, maximum: maximum, greedy: greedy, captures: captures))
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; nil, and nothing read, when the brace is a literal one.
    private mutating func counts() throws(RegexError) -> (Int, Int?)? {
        let start = at
        at += 1
        guard let minimum = try count() else {
            at = start
            return nil
        }
        var maximum: Int? = minimum
        if skip(",") { maximum = try count() }
        guard skip("}") else {
            at = start
            return nil
        }
        if let maximum, maximum < minimum { throw RegexError(reason: "has repeat counts out of order") }
        return (minimum, maximum)
    }

    private mutating func count() throws(RegexError) -> Int? {
        var value: Int?
        while let digit = current, ("0"..."9").contains(digit) {
            value = (value ?? 0) * 10 + Int(digit.value - 0x30)
            guard value ?? 0 <= Self.countMax else {
                throw RegexError(reason: "has a repeat count above \(Self.countMax)")
            }
            at += 1
        }
        return value
    }

    private mutating func group() throws(RegexError) -> (node: RegexNode, quantifiable: Bool) {
        at += 1
        if skip("?:") { return (try closed(), true) }
        if skip("?=") { return (.look(try closed(), ahead: true, negated: false), false) }
        if skip("?!") { return (.look(try closed(), ahead: true, negated: true), false) }
        if skip("?<=") { return (.look(try closed(), ahead: false, negated: false), false) }
        if skip("?<!") { return (.look(try closed(), ahead: false, negated: true), false) }
        let number = captureCount
        captureCount += 1
        if skip("?<") {
            let name = try groupName()
            guard names.updateValue(number, forKey: name) == nil else {
                throw RegexError(reason: "has two groups named `\(name)`")
            }
        } else if current == "?" {
            throw RegexError(reason: "has a group of an unknown kind")
        }
        return (.capture(number, try closed()), true)
    }

    private mutating func closed() throws(RegexError) -> RegexNode {
        let node = try alternation()
        guard skip(")") else { throw RegexError(reason: "has an unclosed group") }
        return node
    }

    private mutating func groupName() throws(RegexError) -> String {
        var name = ""
        while let scalar = current, scalar != ">" {
            let valid = scalar == "$" || scalar == "_" || scalar.properties.isIDContinue
            guard valid, !name.isEmpty || !("0"..."9").contains(scalar) else { break }
            name.unicodeScalars.append(scalar)
            at += 1
        }
        guard !name.isEmpty, skip(">") else { throw RegexError(reason: "has a bad group name") }
        return name
    }

    /// An escape outside brackets, after the backslash.
    private mutating func escape() throws(RegexError) -> (node: RegexNode, quantifiable: Bool) {
        guard let scalar = current else { throw RegexError(reason: "ends in a backslash") }
        switch scalar {
        case "b", "B":
            at += 1
            return (.wordBoundary(negated: scalar == "B"), false)
        case "1"..."9":
            hasBackreferences = true
            return (.backreference((try count() ?? 1) - 1), true)
        case "k":
            at += 1
            guard skip("<") else { throw RegexError(reason: "has a bad group name") }
            hasBackreferences = true
            return (.namedBackreference(try groupName()), true)
        default:
            switch try classEscape() {
            case .scalar(let value): return (.set(.scalar(value)), true)
            case .set(let ranges, let items): return (.set(ScalarSet(ranges: ranges, properties: items)), true)
            }
        }
    }

    private enum ClassAtom {
        case scalar(UInt32)
        case set([ClosedRange<UInt32>], [ScalarSet.Item])
    }

    /// What a bracket holds, after its `[`.
    private mutating func bracket() throws(RegexError) -> ScalarSet {
        let negated = skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        var items: [ScalarSet.Item] = []
        while !skip("]") {
            let low = try classAtom()
            if peek("-"), at + 1 < scalars.count, scalars[at + 1] != "]" {
                at += 1
                let high = try classAtom()
                guard case .scalar(let first) = low, case .scalar(let last) = high else {
                    throw RegexError(reason: "has a range that starts or ends with a class")
                }
                guard first <= last else { throw RegexError(reason: "has a range out of order") }
                ranges.append(first...last)
                continue
            }
            switch low {
            case .scalar(let value): ranges.append(value...value)
            case .set(let more, let moreItems):
                ranges += more
                items += moreItems
            }
        }
        return ScalarSet(ranges: ranges, properties: items, negated: negated)
    }

    private mutating func classAtom() throws(RegexError) -> ClassAtom {
        guard let scalar = current else { throw RegexError(reason: "has an unclosed `[`") }
        at += 1
        guard scalar == "\\" else { return .scalar(scalar.value) }
        guard let escaped = current else { throw RegexError(reason: "ends in a backslash") }
        if escaped == "b" {
            at += 1
            return .scalar(0x08)
        }
        return try classEscape()
    }

    /// An escape that means the same inside and outside of brackets, after the backslash.
    private mutating func classEscape() throws(RegexError) -> ClassAtom {
        let scalar = scalars[at]
        at += 1
        switch scalar {
        case "d": return .set(ScalarSet.digits, [])
        case "D": return .set(ScalarSet.complement(of: ScalarSet.digits), [])
        case "w": return .set(ScalarSet.wordCharacters, [])
        case "W": return .set(ScalarSet.complement(of: ScalarSet.wordCharacters), [])
        case "s": return .set(ScalarSet.spaces, [])
        case "S": return .set(ScalarSet.complement(of: ScalarSet.spaces), [])
        case "p", "P": return .set([], [ScalarSet.Item(property: try property(), negated: scalar == "P")])
        case "t": return .scalar(0x09)
        case "n": return .scalar(0x0A)
        case "v": return .scalar(0x0B)
        case "f": return .scalar(0x0C)
        case "r": return .scalar(0x0D)
        case "0":
            if let next = current, ("0"..."9").contains(next) { throw RegexError(reason: "has an octal escape") }
            return .scalar(0)
        case "c":
            guard let letter = current, letter.isASCII, letter.properties.isAlphabetic else {
                throw RegexError(reason: "has a bad control escape")
            }
            at += 1
            return .scalar(letter.value & 31)
        case "x": return .scalar(try hexadecimal(digits: 2))
        case "u": return .scalar(try unicodeEscape())
        default:
            guard !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
                throw RegexError(reason: "has the unknown escape `\\\(scalar)`")
            }
            return .scalar(scalar.value)
        }
    }

    private mutating func property() throws(RegexError) -> ScalarProperty {
        guard skip("{"), let close = scalars[at...].firstIndex(of: "}") else {
            throw RegexError(reason: "has a bad property escape")
        }
        var name = ""
        name.unicodeScalars.append(contentsOf: scalars[at..<close])
        at = close + 1
        guard let property = ScalarProperty(name[...]) else {
            throw RegexError(reason: "names the property `\(name)`, which is unknown or not supported")
        }
        return property
    }

    private mutating func unicodeEscape() throws(RegexError) -> UInt32 {
        if skip("{") {
            var value: UInt32?
            while let digit = current.flatMap({ Character($0).hexDigitValue }) {
                value = (value ?? 0) << 4 + UInt32(digit)
                at += 1
                guard value ?? 0 <= 0x10FFFF else { break }
            }
            guard let value, value <= 0x10FFFF, skip("}") else { throw RegexError(reason: "has a bad Unicode escape") }
            return value
        }
        let first = try hexadecimal(digits: 4)
        guard (0xD800..<0xDC00).contains(first), peek("\\u"), at + 2 < scalars.count, scalars[at + 2] != "{" else {
            return first
        }
        let start = at
        at += 2
        let second = try hexadecimal(digits: 4)
        if (0xDC00..<0xE000).contains(second) { return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00) }
        at = start
        return first
    }

    private mutating func hexadecimal(digits: Int) throws(RegexError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let scalar = current, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                throw RegexError(reason: "has a bad hexadecimal escape")
            }
            value = value << 4 + UInt32(digit)
            at += 1
        }
        return value
    }
}
