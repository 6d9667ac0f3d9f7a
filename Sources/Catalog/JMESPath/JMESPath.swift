/// A JMESPath expression (jmespath.org, specification of 2015 with slices, pipes and functions), read once and bounded,
/// because it comes from strangers.
public struct JMESPath: Sendable {
    /// The deepest nesting of expressions.
    public static let depthMax = 50
    /// The most parts that follow upon another.
    public static let linksMax = 500
    /// The longest expression taken, in UTF-8 bytes.
    public static let sourceBytesMax = 8_192

    /// The expression as it was written.
    public let source: String
    let root: Node

    /// Reads an expression.
    ///
    /// - Throws: `JMESPathError` when it is none, calls a function that there is not, or is beyond the bounds above.
    public init(_ source: String) throws(JMESPathError) {
        guard source.utf8.count <= Self.sourceBytesMax else {
            throw JMESPathError(.bound, reason: "is longer than \(Self.sourceBytesMax) bytes")
        }
        self.source = source
        var parser = JMESPathParser(try JMESPathLexer.tokens(of: source))
        root = try parser.parse()
    }

    /// A part of an expression.
    indirect enum Node: Sendable, Equatable {
        /// `@`, or what stands left of a part that says nothing of it.
        case current
        /// A member of an object.
        case field(String)
        /// `left.right`, and `left` with an index.
        case sub(Node, Node)
        /// `[n]`; from the end when negative.
        case index(Int)
        /// `[start:stop:step]`.
        case slice(Int?, Int?, Int?)
        /// `left[*].right`.
        case list(Node, Node)
        /// `left.*.right`.
        case values(Node, Node)
        /// `left[?condition].right`.
        case filter(Node, Node, Node)
        /// `left[].right`.
        case flatten(Node, Node)
        /// Two sides with `||`, `&&`, `|` or a comparison between them.
        case binary(Operator, Node, Node)
        /// `!part`.
        case not(Node)
        /// `[a, b]`.
        case multiList([Node])
        /// `{a: x, b: y}`.
        case multiHash([String], [Node])
        /// A literal value.
        case literal(JSONValue)
        /// `name(arguments)`.
        case call(JMESPathFunction, [Node])
        /// `&part`, an argument that a function evaluates itself.
        case reference(Node)
    }

    /// What stands between two parts.
    enum Operator: String, Sendable {
        case or = "||", and = "&&", pipe = "|"
        case equal = "==", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    }
}

/// Why a text is no JMESPath expression that Covey takes, or why one came to nothing.
public struct JMESPathError: Error, Equatable {
    /// The kinds of errors that the specification names, and Covey's own for its bounds.
    public enum Kind: String, Sendable {
        case syntax
        case unknownFunction = "unknown-function"
        case invalidArity = "invalid-arity"
        case invalidType = "invalid-type"
        case invalidValue = "invalid-value"
        /// A bound of the text, or one of `JMESPath.Bounds`, was met.
        case bound
    }

    /// What kind of error it is.
    public let kind: Kind
    /// The reason, to follow the name of what is refused: `has an unexpected ] at character 3`.
    public let reason: String

    init(_ kind: Kind = .syntax, reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

extension FieldType where Value == String {
    /// A JMESPath expression of at most `lengthMax` characters, checked where it is written.
    public static func jmespath(_ lengthMax: Int) -> FieldType {
        .text(1...lengthMax).checked { text in
            do throws(JMESPathError) {
                _ = try JMESPath(text)
                return nil
            } catch {
                return "is not a JMESPath expression: it \(error.reason)"
            }
        }
    }

    /// A regular expression (ECMA-262), checked where it is written.
    public static let regularExpression = FieldType.text(1...1000, format: "regex").checked { text in
        do throws(RegexError) {
            _ = try ECMARegex(text)
            return nil
        } catch {
            return "is not a regular expression: it \(error.reason)"
        }
    }
}
