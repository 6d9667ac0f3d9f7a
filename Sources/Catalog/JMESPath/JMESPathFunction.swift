/// The functions of JMESPath, with what each takes.
enum JMESPathFunction: String, CaseIterable, Sendable {
    case abs, avg, ceil, contains
    case endsWith = "ends_with"
    case floor, join, keys, length, map, max
    case maxBy = "max_by"
    case merge, min
    case minBy = "min_by"
    case notNull = "not_null"
    case reverse, sort
    case sortBy = "sort_by"
    case startsWith = "starts_with"
    case sum
    case toArray = "to_array"
    case toNumber = "to_number"
    case toString = "to_string"
    case type, values

    /// What an argument may be.
    enum Parameter: Sendable {
        case any, number, string, object, array, numbers, strings
        case arrayOrString, stringArrayOrObject, numbersOrStrings
        case expression

        /// What it is called in an error.
        var name: String {
            switch self {
            case .any: "any value"
            case .number: "a number"
            case .string: "a string"
            case .object: "an object"
            case .array: "an array"
            case .numbers: "an array of numbers"
            case .strings: "an array of strings"
            case .arrayOrString: "an array or a string"
            case .stringArrayOrObject: "a string, an array or an object"
            case .numbersOrStrings: "an array of numbers or of strings"
            case .expression: "an expression after &"
            }
        }

        func takes(_ value: JSONValue) -> Bool {
            switch self {
            case .any: true
            case .number: value.double != nil
            case .string: value.string != nil
            case .object: value.object != nil
            case .array: value.array != nil
            case .numbers: value.array?.allSatisfy { $0.double != nil } == true
            case .strings: value.array?.allSatisfy { $0.string != nil } == true
            case .arrayOrString: value.array != nil || value.string != nil
            case .stringArrayOrObject: value.array != nil || value.string != nil || value.object != nil
            case .numbersOrStrings: Self.numbers.takes(value) || Self.strings.takes(value)
            case .expression: false
            }
        }
    }

    /// What the arguments may be, in order. Of a function that takes any number, the last holds for all that follow.
    var parameters: [Parameter] {
        switch self {
        case .abs, .ceil, .floor: [.number]
        case .avg, .sum: [.numbers]
        case .contains: [.arrayOrString, .any]
        case .endsWith, .startsWith: [.string, .string]
        case .join: [.string, .strings]
        case .keys, .values, .merge: [.object]
        case .length: [.stringArrayOrObject]
        case .map: [.expression, .array]
        case .max, .min, .sort: [.numbersOrStrings]
        case .maxBy, .minBy, .sortBy: [.array, .expression]
        case .reverse: [.arrayOrString]
        case .notNull, .toArray, .toNumber, .toString, .type: [.any]
        }
    }

    /// Whether it can be called with this many arguments.
    func takes(_ count: Int) -> Bool {
        switch self {
        case .merge, .notNull: count >= 1
        default: count == parameters.count
        }
    }
}
