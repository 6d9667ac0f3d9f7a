/// A JSON document exactly as it came: key order, integers beyond 2^53 and decimals keep their written form (RFC 8259).
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number written as an integer that fits 64 bits.
    case integer(Int64)
    /// Every other number, kept as its text.
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// A number that is not a 64-bit integer: its literal, and its value where arithmetic is wanted.
public struct JSONNumber: Sendable, Hashable {
    /// The literal as it was read, for instance `1.10`, `12345678901234567890` or `1e-3`. Always a valid JSON number.
    public let text: String

    /// Takes a literal that is already known to be a valid JSON number.
    init(literal text: String) { self.text = text }

    /// The shortest literal that reads back as `value`. Nil when it is not finite, because JSON has no such number.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = "\(value)"
    }

    /// The nearest double. Finite: the parser refuses literals beyond the range of doubles.
    public var double: Double { Double(text) ?? 0 }
}

extension JSONValue {
    /// `value` as JSON: an integer where it is one exactly, null where it is not finite.
    public init(_ value: Double) {
        if let whole = Int64(exactly: value) {
            self = .integer(whole)
        } else {
            self = JSONNumber(value).map(JSONValue.number) ?? .null
        }
    }

    /// An object of `members` in the order given; of members with the same name the last value holds.
    public static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(JSONObject(members))
    }

    /// The member `name` when this is an object that has it, else nil. A member that is null is `.null`, not nil.
    public subscript(name: String) -> JSONValue? {
        if case .object(let object) = self { return object[name] }
        return nil
    }

    /// The element `index` when this is an array that has it, else nil.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text when this is a string, else nil.
    public var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The flag when this is true or false, else nil.
    public var bool: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    /// The integer when this is a whole number within 64 bits (`3`, `3.0`, `3e0`), else nil.
    public var integer: Int? {
        switch self {
        case .integer(let value): Int(value)
        case .number(let number): Int(exactly: number.double).flatMap { abs(number.double) < 9e15 ? $0 : nil }
        default: nil
        }
    }

    /// The nearest double when this is a number, else nil.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let number): number.double
        default: nil
        }
    }

    /// The elements when this is an array, else nil.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    /// The members when this is an object, else nil.
    public var object: JSONObject? {
        if case .object(let object) = self { return object }
        return nil
    }

    /// Whether this is the JSON null.
    public var isNull: Bool { self == .null }

    /// What a person calls this value's type: the names of JSON Schema, with `integer` for whole numbers.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A JSON string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A JSON flag.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A JSON integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// The JSON null.
    public init(nilLiteral: ()) { self = .null }
    /// A JSON array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// A JSON object with the members in the order written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}
