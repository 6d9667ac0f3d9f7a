/// A compiled schema: subschemas that name each other by position, so that a recursive schema needs no cycle.
struct SchemaProgram: Sendable {
    var nodes: [SchemaNode] = []
    var root = 0
    /// The dynamic anchors of each schema resource (JSON Schema core §8.2.2), by resource.
    var dynamicAnchors: [[String: Int]] = []
    /// Whether any `$dynamicRef` needs to know which resources were entered.
    var tracksScope = false
}

/// One subschema. A class so that a check passes it on without copying its rules.
final class SchemaNode: Sendable {
    let rules: SchemaRules

    init(_ rules: SchemaRules) { self.rules = rules }
}

/// What a subschema asks. Numbers are positions in `SchemaProgram.nodes`.
struct SchemaRules: Sendable {
    /// The boolean schema `false`.
    var never = false
    /// The schema resource that it belongs to.
    var resource = 0
    var types: SchemaTypes?
    var constant: JSONValue?
    var choices: SchemaChoices?
    var number: SchemaNumberRules?
    var text: SchemaTextRules?
    var list: SchemaListRules?
    var members: SchemaMemberRules?
    var combined: SchemaCombinedRules?
    var unevaluatedItems: Int?
    var unevaluatedProperties: Int?

    /// Whether it needs to know what its other keywords looked at.
    var tracksMarks: Bool { unevaluatedItems != nil || unevaluatedProperties != nil }
}

/// The types that `type` names.
struct SchemaTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let integer = SchemaTypes(rawValue: 4)
    static let number = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)

    /// The types by name, in the order in which messages name them.
    static let named: [(name: String, type: SchemaTypes)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
        ("array", .array), ("object", .object),
    ]

    /// Whether `value` is of one of the types. `1.0` is an integer.
    @inline(__always) func accept(_ value: JSONValue) -> Bool {
        switch value {
        case .null: contains(.null)
        case .bool: contains(.boolean)
        case .integer: !isDisjoint(with: [.integer, .number])
        case .number(let number):
            contains(.number) || (contains(.integer) && ExactDecimal(literal: number.text).isWhole)
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        }
    }

    /// The names, for a message: `string or null`.
    var phrase: String {
        Self.named.filter { contains($0.type) }.map(\.name).reversed().joined(separator: " or ")
    }
}

/// The values of `enum`.
struct SchemaChoices: Sendable {
    let values: [JSONValue]
    private let set: Set<JSONEquality>?

    init(_ values: [JSONValue]) {
        self.values = values
        set = values.count > 8 ? Set(values.map(JSONEquality.init)) : nil
    }

    func contains(_ value: JSONValue) -> Bool {
        if let set { return set.contains(JSONEquality(value)) }
        return values.contains { JSONEquality.equal($0, value) }
    }
}

struct SchemaNumberRules: Sendable {
    var minimum: NumberBound?
    var maximum: NumberBound?
    var exclusiveMinimum: NumberBound?
    var exclusiveMaximum: NumberBound?
    var multipleOf: NumberBound?
}

struct SchemaTextRules: Sendable {
    /// In code points.
    var minimum: Int?
    /// In code points.
    var maximum: Int?
    var pattern: SchemaPattern?
    var format: SchemaFormat?
}

struct SchemaPattern: Sendable {
    let source: String
    let regex: ECMARegex
}

struct SchemaListRules: Sendable {
    var minimum: Int?
    var maximum: Int?
    var unique = false
    var prefix: [Int] = []
    var items: Int?
    var contains: Int?
    var containsMinimum = 1
    var containsMaximum: Int?
}

struct SchemaMemberRules: Sendable {
    var minimum: Int?
    var maximum: Int?
    var required: [String] = []
    var properties: [String: Int] = [:]
    var patterns: [(pattern: SchemaPattern, node: Int)] = []
    var additional: Int?
    var names: Int?
    var dependentRequired: [(name: String, required: [String])] = []
    var dependentSchemas: [(name: String, node: Int)] = []
}

/// The keywords that apply other subschemas to the same value.
struct SchemaCombinedRules: Sendable {
    var reference: Int?
    /// A `$dynamicRef` that leads to a dynamic anchor: where it leads when no outer resource has the anchor.
    var dynamicReference: (anchor: String, fallback: Int)?
    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?
    var condition: Int?
    var then: Int?
    var otherwise: Int?
}

/// Which members and elements of a value some keyword has looked at (JSON Schema core §11).
struct SchemaMarks {
    /// Whether anybody asks.
    var tracking = false
    var members = Positions()
    var items = Positions()

    mutating func formUnion(_ other: SchemaMarks) {
        members.formUnion(other.members)
        items.formUnion(other.items)
    }

    /// A set of positions; the first 64 without a heap allocation.
    struct Positions {
        private var all = false
        private var low: UInt64 = 0
        private var high: Set<Int> = []

        mutating func insert(_ position: Int) {
            if position < 64 { low |= 1 << UInt64(position) } else if !all { high.insert(position) }
        }

        mutating func insertAll() { all = true }

        func contains(_ position: Int) -> Bool {
            if all { return true }
            return position < 64 ? low >> UInt64(position) & 1 == 1 : high.contains(position)
        }

        mutating func formUnion(_ other: Positions) {
            all = all || other.all
            low |= other.low
            if !other.high.isEmpty { high.formUnion(other.high) }
        }
    }
}
