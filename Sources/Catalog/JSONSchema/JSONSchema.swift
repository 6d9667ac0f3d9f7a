/// A JSON Schema (draft 2020-12), compiled once and then used to check any number of values, from any thread.
///
/// All keywords of the core, applicator, unevaluated, validation and format vocabularies are checked; the rest are
/// annotations and have no effect. Of earlier drafts it also takes `definitions`, `dependencies` and an array as
/// `items`, because generators still write them.
///
/// Both the schema and the value may come from strangers, so every loop here is bounded: see `Limits`.
public struct JSONSchema: Sendable {
    /// The schema as it was given.
    public let document: JSONValue
    let program: SchemaProgram

    /// The bounds of compiling and checking.
    public enum Limits {
        /// The most violations that one check reports.
        public static let violationsMax = 100
        /// The deepest nesting of subschemas in one check, counted in subschemas entered: a third of a megabyte of
        /// stack.
        public static let depthMax = 256
        /// The most subschemas that one check enters.
        public static let stepsMax = 1_000_000
        /// The most steps that the patterns of one check take together.
        public static let patternStepsMax = 2_000_000
        /// The longest pattern, in UTF-8 bytes.
        public static let patternBytesMax = ECMARegex.sourceBytesMax
        /// The most subschemas of one schema, with what it refers to.
        public static let subschemasMax = 20_000
    }

    /// Compiles `document`, an object or a boolean.
    ///
    /// - Parameters:
    ///   - document: the schema.
    ///   - formats: whether `format` is checked, and not only an annotation. A format of an unknown name never fails.
    ///   - remotes: other schemas, by absolute URI without fragment, that `$ref` may name. Nothing is ever fetched; the
    ///     schemas of the draft itself are known.
    /// - Throws: `JSONSchemaError` for the first keyword that is malformed, reference that leads nowhere, pattern that
    ///   does not compile, or bound that is crossed.
    public init(
        _ document: JSONValue, formats: Bool = true, remotes: [String: JSONValue] = [:]
    ) throws(JSONSchemaError) {
        self.document = document
        var compiler = SchemaCompiler(document, formats: formats, remotes: remotes)
        program = try compiler.compile()
    }

    /// Everything that is wrong with `value`, in the order of the value, at most `Limits.violationsMax`; empty when
    /// the value is valid. A check that crosses another bound ends in a violation that says so.
    public func validate(_ value: JSONValue) -> [JSONSchemaViolation] {
        var evaluator = SchemaEvaluator(program, collecting: true)
        return evaluator.violations(of: value)
    }

    /// Whether `value` is valid. Stops at the first violation, so it is faster than `validate`.
    public func accepts(_ value: JSONValue) -> Bool {
        var evaluator = SchemaEvaluator(program, collecting: false)
        return evaluator.accepts(value)
    }

    /// What is wrong with `document` as a schema, for the person who wrote it: everything that the draft's own schema
    /// finds, and then what only compiling shows (references, patterns). Empty when `init` takes it.
    ///
    /// A document whose `$schema` names another draft is only compiled. The paths lead into the document.
    public static func problems(inDocument document: JSONValue) -> [JSONSchemaViolation] {
        let dialect = document["$schema"]?.string ?? MetaSchema.uri
        if URIReference(dialect).absolute == MetaSchema.uri {
            let found = MetaSchema.compiled.validate(document)
            if !found.isEmpty { return found }
        }
        return compileProblems(of: document)
    }

    /// What only compiling shows: none, or the first fault.
    static func compileProblems(of document: JSONValue) -> [JSONSchemaViolation] {
        do throws(JSONSchemaError) {
            _ = try JSONSchema(document)
            return []
        } catch {
            return [error.violation(in: document)]
        }
    }
}

/// Why a document is not a schema that Covey takes.
public struct JSONSchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the schema: a JSON pointer (RFC 6901), with the URI before a `#` when it is in another document.
    public let pointer: String
    /// The keyword at fault, or empty.
    public let keyword: String
    /// What is wrong, as a sentence without its subject: `must be an array`.
    public let reason: String
    /// Where and what.
    public var description: String { "\(pointer.isEmpty ? "the schema" : pointer) \(reason)" }

    func violation(in document: JSONValue) -> JSONSchemaViolation {
        var path: [JSONSchemaViolation.Segment] = []
        var value = document
        for segment in JSONPointer.segments(of: pointer) ?? [] {
            if let step = JSONPointer.step(segment, in: value) {
                path.append(step.segment)
                value = step.value
            } else {
                path.append(.name(segment))
            }
        }
        return JSONSchemaViolation(path: path, keyword: keyword, message: reason)
    }
}

/// One thing that is wrong with a value.
public struct JSONSchemaViolation: Sendable, Hashable, CustomStringConvertible {
    /// One step into a value.
    public enum Segment: Sendable, Hashable {
        /// The member of an object.
        case name(String)
        /// The element of an array, from 0.
        case index(Int)
    }

    /// Where in the value, from its root.
    public let path: [Segment]
    /// The keyword that was not met, for instance `minimum`.
    public let keyword: String
    /// What is wrong, as a sentence without its subject: `must be at least 1`.
    public let message: String

    /// A violation of `keyword` at `path`.
    public init(path: [Segment], keyword: String, message: String) {
        self.path = path
        self.keyword = keyword
        self.message = message
    }

    /// Where in the value, as a JSON pointer (RFC 6901); empty for the root.
    public var pointer: String {
        path.reduce(into: "") { text, segment in
            switch segment {
            case .name(let name): text += JSONPointer.segment(name)
            case .index(let index): text += "/\(index)"
            }
        }
    }

    /// Where and what, for people and models: `/guests/0/age must be at least 1`.
    public var description: String { "\(path.isEmpty ? "the value" : pointer) \(message)" }
}
