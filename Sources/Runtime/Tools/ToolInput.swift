import Catalog

/// Checks what a model gives a tool against the tool's own schema, mended where models go wrong (run spec §13.2).
struct ToolInput: Sendable {
    /// The schema as the tool has it, not widened; nil where it cannot be checked with, and the tool has to see for
    /// itself.
    private let schema: JSONSchema?
    /// Whether the tool has a property `_refs` of its own.
    let ownsRefs: Bool

    /// How often an input is mended: text may show up in text that was parsed.
    private static let roundsMax = 4
    /// How many things that are wrong a model is told of at once.
    private static let violationsMax = 5

    init(schema document: JSONValue) {
        // What `format` says is left to the tool: servers differ in how strict they are.
        schema = try? JSONSchema(document, formats: false)
        ownsRefs = document["properties"]?[ReferenceSchema.member] != nil
    }

    /// The input that the tool gets. Where the schema is not met, null members go, by which models say that they leave
    /// something out, and a string that is JSON text becomes what it says.
    ///
    /// - Throws: `ReferenceFailure` with a sentence that says what does not fit.
    func checked(_ input: JSONValue) throws(ReferenceFailure) -> JSONValue {
        let (mended, violations) = mended(input)
        guard violations.isEmpty else { throw Self.failure(violations) }
        return mended
    }

    /// The input mended as far as it can be, and what does not fit all the same.
    func mended(_ input: JSONValue) -> (value: JSONValue, violations: [JSONSchemaViolation]) {
        guard let schema else { return (input, []) }
        var input = input
        var violations = schema.validate(input)
        for _ in 0..<Self.roundsMax where !violations.isEmpty {
            var mended: JSONValue? = input
            for violation in violations { mended = mended.flatMap { Self.mended($0, at: violation.path[...]) } }
            guard let mended, mended != input else { break }
            input = mended
            violations = schema.validate(input)
        }
        return (input, violations)
    }

    /// `value` with what stands at `path` mended; nil where it is better left out.
    private static func mended(_ value: JSONValue, at path: ArraySlice<JSONSchemaViolation.Segment>) -> JSONValue? {
        switch (path.first, value) {
        case (nil, .null): return nil
        case (nil, .string(let text)): return (try? JSONValue(parsing: text)) ?? value
        case (.name(let name)?, .object(var object)):
            guard let member = object[name] else { return value }
            object[name] = mended(member, at: path.dropFirst())
            return .object(object)
        case (.index(let index)?, .array(var elements)):
            guard elements.indices.contains(index) else { return value }
            elements[index] = mended(elements[index], at: path.dropFirst()) ?? .null
            return .array(elements)
        default: return value
        }
    }

    private static func failure(_ violations: [JSONSchemaViolation]) -> ReferenceFailure {
        let told = violations.prefix(violationsMax).map(\.description).joined(separator: "; ")
        let more = violations.count > violationsMax ? "; and \(violations.count - violationsMax) more" : ""
        return ReferenceFailure(
            "Not run: the input does not fit the tool's schema: \(told)\(more). Mend this and call the tool again.")
    }
}
