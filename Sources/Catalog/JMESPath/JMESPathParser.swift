/// Reads the words of a JMESPath expression by their binding strength.
struct JMESPathParser {
    private typealias Node = JMESPath.Node
    private typealias Word = JMESPathLexer.Word

    private let tokens: [JMESPathLexer.Token]
    private var position = 0
    private var depth = 0
    private var links = 0

    init(_ tokens: [JMESPathLexer.Token]) { self.tokens = tokens }

    /// How strongly a mark binds what stands left of it; what is missing binds nothing.
    private static let strengths: [String: Int] = [
        "|": 1, "||": 2, "&&": 3, "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5, "[]": 9, "*": 20, "[?": 21,
        ".": 40, "!": 45, "{": 50, "[": 55, "(": 60,
    ]
    /// What a projection does not take along: anything that binds weaker.
    private static let projectionStop = 10

    mutating func parse() throws(JMESPathError) -> JMESPath.Node {
        let node = try expression(0)
        guard word == .end else { throw unexpected() }
        return node
    }

    // MARK: Words

    private var word: Word { tokens[position].word }
    private var strength: Int {
        if case .mark(let mark) = word { Self.strengths[mark] ?? 0 } else { 0 }
    }

    private func isMark(_ mark: String, _ ahead: Int = 0) -> Bool {
        let index = min(position + ahead, tokens.count - 1)
        return tokens[index].word == .mark(mark)
    }

    private mutating func advance() { position = min(position + 1, tokens.count - 1) }

    private mutating func take(_ mark: String) -> Bool {
        guard isMark(mark) else { return false }
        advance()
        return true
    }

    private mutating func require(_ mark: String) throws(JMESPathError) {
        if !take(mark) { throw unexpected() }
    }

    private func unexpected() -> JMESPathError {
        let what =
            switch word {
            case .name(let text), .quoted(let text), .mark(let text): text
            case .number(let number): String(number)
            case .raw, .literal: "literal"
            case .end: ""
            }
        guard word != .end else { return JMESPathError(reason: "ends too early") }
        return JMESPathError(reason: "has an unexpected \(what) at position \(tokens[position].position + 1)")
    }

    // MARK: Expressions

    private mutating func expression(_ bound: Int) throws(JMESPathError) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= JMESPath.depthMax else {
            throw JMESPathError(.bound, reason: "nests deeper than \(JMESPath.depthMax)")
        }
        var left = try prefix()
        while bound < strength { left = try infix(left) }
        return left
    }

    private mutating func prefix() throws(JMESPathError) -> Node {
        let first = word
        let at = position
        advance()
        switch first {
        case .name(let name): return isMark("(") ? try call(name) : .field(name)
        case .quoted(let name):
            if isMark("(") { throw unexpected() }
            return .field(name)
        case .raw(let text): return .literal(.string(text))
        case .literal(let value): return .literal(value)
        case .mark("@"): return .current
        case .mark("*"): return .values(.current, try projected(20))
        case .mark("!"): return .not(try expression(45))
        case .mark("&"): return .reference(try expression(0))
        case .mark("("):
            let inner = try expression(0)
            try require(")")
            return inner
        case .mark("[]"): return .flatten(.current, try projected(9))
        case .mark("[?"): return try filter(.current)
        case .mark("{"): return try multiHash()
        case .mark("["): return try bracketAtStart()
        default:
            position = at
            throw unexpected()
        }
    }

    private mutating func infix(_ left: Node) throws(JMESPathError) -> Node {
        guard case .mark(let mark) = word else { throw unexpected() }
        // A chain is as deep in the tree as it is long.
        links += 1
        guard links <= JMESPath.linksMax else { throw JMESPathError(.bound, reason: "has too many parts") }
        advance()
        if let sign = JMESPath.Operator(rawValue: mark) {
            return .binary(sign, left, try expression(Self.strengths[mark] ?? 0))
        }
        switch mark {
        case ".":
            if take("*") { return .values(left, try projected(20)) }
            return .sub(left, try afterDot())
        case "[]": return .flatten(left, try projected(9))
        case "[?": return try filter(left)
        case "[":
            if isMark("*"), isMark("]", 1) {
                advance()
                advance()
                return .list(left, try projected(20))
            }
            return try indexed(left)
        default:
            position -= 1
            throw unexpected()
        }
    }

    private mutating func bracketAtStart() throws(JMESPathError) -> Node {
        if case .number = word { return try indexed(.current) }
        if isMark(":") { return try indexed(.current) }
        if isMark("*"), isMark("]", 1) {
            advance()
            advance()
            return .list(.current, try projected(20))
        }
        return try multiList()
    }

    /// What may follow a dot: a name, a call, or a choice of several.
    private mutating func afterDot() throws(JMESPathError) -> Node {
        switch word {
        case .name, .quoted: return try expression(40)
        case .mark("["):
            advance()
            return try multiList()
        case .mark("{"):
            advance()
            return try multiHash()
        default: throw unexpected()
        }
    }

    /// What is applied to each element of a projection.
    private mutating func projected(_ bound: Int) throws(JMESPathError) -> Node {
        if strength < Self.projectionStop { return .current }
        if isMark("[") || isMark("[?") { return try expression(from: .current, bound) }
        guard take(".") else { throw unexpected() }
        if take("*") { return try expression(from: .values(.current, try projected(20)), bound) }
        return try expression(from: try afterDot(), bound)
    }

    private mutating func expression(from start: Node, _ bound: Int) throws(JMESPathError) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= JMESPath.depthMax else {
            throw JMESPathError(.bound, reason: "nests deeper than \(JMESPath.depthMax)")
        }
        var left = start
        while bound < strength { left = try infix(left) }
        return left
    }

    private mutating func filter(_ left: Node) throws(JMESPathError) -> Node {
        let condition = try expression(0)
        try require("]")
        return .filter(left, condition, try projected(21))
    }

    /// An index or a slice; the bracket is open.
    private mutating func indexed(_ left: Node) throws(JMESPathError) -> Node {
        var parts: [Int?] = [nil]
        while !isMark("]") {
            if case .number(let number) = word, parts[parts.count - 1] == nil {
                parts[parts.count - 1] = number
                advance()
            } else if isMark(":"), parts.count < 3 {
                advance()
                parts.append(nil)
            } else {
                throw unexpected()
            }
        }
        try require("]")
        if parts.count == 1 {
            guard let index = parts[0] else { throw unexpected() }
            return .sub(left, .index(index))
        }
        let step = parts.count == 3 ? parts[2] : nil
        if step == 0 { throw JMESPathError(.invalidValue, reason: "has a slice with step 0") }
        return .list(.sub(left, .slice(parts[0], parts[1], step)), try projected(20))
    }

    private mutating func multiList() throws(JMESPathError) -> Node {
        var nodes = [try expression(0)]
        while take(",") { nodes.append(try expression(0)) }
        try require("]")
        return .multiList(nodes)
    }

    private mutating func multiHash() throws(JMESPathError) -> Node {
        var names: [String] = []
        var nodes: [Node] = []
        repeat {
            switch word {
            case .name(let name), .quoted(let name): names.append(name)
            default: throw unexpected()
            }
            advance()
            try require(":")
            nodes.append(try expression(0))
        } while take(",")
        try require("}")
        return .multiHash(names, nodes)
    }

    private mutating func call(_ name: String) throws(JMESPathError) -> Node {
        try require("(")
        var arguments: [Node] = []
        if !isMark(")") {
            repeat { arguments.append(try expression(0)) } while take(",")
        }
        try require(")")
        guard let function = JMESPathFunction(rawValue: name) else {
            throw JMESPathError(.unknownFunction, reason: "calls \(name), which is no function of JMESPath")
        }
        guard function.takes(arguments.count) else {
            throw JMESPathError(.invalidArity, reason: "calls \(name) with \(arguments.count) arguments")
        }
        return .call(function, arguments)
    }
}
