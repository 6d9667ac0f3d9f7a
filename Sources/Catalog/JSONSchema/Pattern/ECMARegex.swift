/// A regular expression of the dialect that JSON Schema asks for (ECMA-262 with Unicode on, JSON Schema core §6.4):
/// compiled once, matched over code points, and bounded, because both the pattern and the text come from strangers.
///
/// Lenient where written patterns are: an escaped punctuation mark stands for itself everywhere, and a lone `]`, `{`
/// or `}` is literal. Script properties (`\p{Script=Greek}`) are refused, as the standard library has no such table.
struct ECMARegex: Sendable {
    /// The longest pattern taken, in UTF-8 bytes.
    static let sourceBytesMax = 8_192
    /// The most instructions that a pattern may become once its counted repeats are written out.
    static let instructionsMax = 20_000
    /// The deepest nesting of groups.
    static let depthMax = 100
    /// The most choices that a match holds open at a time.
    static let openChoicesMax = 200_000

    let program: RegexProgram

    /// Compiles `source`.
    ///
    /// - Throws: `RegexError` when it is no pattern of the dialect, or beyond the bounds above.
    init(_ source: String) throws(RegexError) {
        guard source.utf8.count <= Self.sourceBytesMax else {
            throw RegexError(reason: "is longer than \(Self.sourceBytesMax) bytes")
        }
        var parser = RegexParser(source)
        let tree = try parser.parse()
        var compiler = RegexCompiler(hasBackreferences: parser.hasBackreferences, names: parser.names)
        program = try compiler.compile(tree, captures: parser.captureCount)
    }

    /// Whether the pattern occurs in `text`. Takes from `steps` what the search cost; nil when they ran out.
    func occurs(in text: String, steps: inout Int) -> Bool? {
        let ascii: Result<Bool?, NotASCII>? = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.allSatisfy { $0 < 0x80 } ? .success(search(bytes, &steps)) : .failure(NotASCII())
        }
        if case .success(let found) = ascii { return found }
        let scalars = text.unicodeScalars.map(\.value)
        return scalars.withUnsafeBufferPointer { search($0, &steps) }
    }

    private struct NotASCII: Error {}

    private func search<Unit>(_ input: UnsafeBufferPointer<Unit>, _ steps: inout Int) -> Bool?
    where Unit: FixedWidthInteger & UnsignedInteger & Sendable {
        var matcher = RegexMatcher(program: program, input: input, steps: steps)
        defer { steps = matcher.steps }
        for start in 0...(program.anchored ? 0 : input.count) {
            if let first = program.first, start < input.count, !first.contains(UInt32(input[start])) { continue }
            switch matcher.run(from: 0, at: start) {
            case .matched: return true
            case .failed: continue
            case .exhausted: return nil
            }
        }
        return false
    }
}

/// Why a pattern is not one that Covey takes.
struct RegexError: Error, Equatable {
    /// A phrase that follows "the pattern": `has an unclosed group`.
    let reason: String
}

/// What a pattern says, before it is made into instructions.
indirect enum RegexNode {
    case set(ScalarSet)
    case sequence([RegexNode])
    case alternation([RegexNode])
    case capture(Int, RegexNode)
    case look(RegexNode, ahead: Bool, negated: Bool)
    case start
    case end
    case wordBoundary(negated: Bool)
    case backreference(Int)
    case namedBackreference(String)
    case repeated(RegexNode, RegexRepeat)

    /// The fewest code points that it takes.
    var minimumWidth: Int {
        switch self {
        case .set: 1
        case .sequence(let nodes): nodes.reduce(0) { $0.addingClamped($1.minimumWidth) }
        case .alternation(let nodes): nodes.map(\.minimumWidth).min() ?? 0
        case .capture(_, let node): node.minimumWidth
        case .repeated(let node, let count): node.minimumWidth.multipliedClamped(by: count.minimum)
        default: 0
        }
    }

    /// Whether every match begins at the start of the text.
    var isAnchored: Bool {
        switch self {
        case .start: true
        case .sequence(let nodes): nodes.first?.isAnchored ?? false
        case .alternation(let nodes): !nodes.isEmpty && nodes.allSatisfy(\.isAnchored)
        case .capture(_, let node): node.isAnchored
        default: false
        }
    }

    /// The set that the first code point of every match is in, where that is plain to see.
    var firstSet: ScalarSet? {
        switch self {
        case .set(let set): set
        case .sequence(let nodes): nodes.first?.firstSet
        case .capture(_, let node): node.firstSet
        case .repeated(let node, let count): count.minimum > 0 ? node.firstSet : nil
        default: nil
        }
    }
}

/// How often an atom repeats.
struct RegexRepeat: Equatable {
    var minimum: Int
    /// Nil: without end.
    var maximum: Int?
    /// Whether it takes as much as it can first.
    var greedy: Bool
    /// The captures inside the atom, forgotten on every round (ECMA-262 §22.2.2.3.1).
    var captures: Range<Int>
}

extension Int {
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    func multipliedClamped(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
